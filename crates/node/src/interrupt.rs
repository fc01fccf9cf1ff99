use napi_derive::napi;
use sen_host as host;

/// Why guests are to stop.
#[napi(string_enum = "lowercase")]
pub enum InterruptReason {
    Aborted,
    Unloaded,
    Closed,
}

/// Stops guests from outside. See the host's `Interrupt`.
#[napi]
#[derive(Default)]
pub struct Interrupt {
    pub(crate) handle: host::Interrupt,
}

#[napi]
impl Interrupt {
    /// A handle that has not been triggered.
    #[napi(constructor)]
    pub fn new() -> Self {
        Self::default()
    }

    /// Stops what runs under this handle, and what would. The first reason stays.
    #[napi(catch_unwind)]
    pub fn trigger(&self, reason: InterruptReason) {
        self.handle.trigger(match reason {
            InterruptReason::Aborted => host::InterruptReason::Aborted,
            InterruptReason::Unloaded => host::InterruptReason::Unloaded,
            InterruptReason::Closed => host::InterruptReason::Closed,
        });
    }
}
