use napi::bindgen_prelude::{Either, Float64ArraySlice};
use napi_derive::napi;
use sen_host as host;

use crate::instance::Instance;
use crate::interrupt::Interrupt;
use crate::limits::LimitOverrides;
use crate::manifest::PluginManifest;
use crate::outcome::Outcome;
use crate::receipt::brief;

/// A loaded plugin: compiled code and its manifest. See the host's `Plugin`.
#[napi]
pub struct Plugin {
    pub(crate) plugin: host::Plugin,
}

#[napi]
impl Plugin {
    /// What the plugin says of itself. Converted at each call: keep it.
    #[napi(catch_unwind)]
    pub fn manifest(&self) -> PluginManifest {
        self.plugin.manifest().into()
    }

    /// `blake3:` and the digest of the module's bytes in hexadecimal.
    #[napi(catch_unwind)]
    pub fn digest(&self) -> String {
        self.plugin.digest().into()
    }

    /// Bytes of compiled code, constants and tables for unwinding, in all tiers that there are.
    #[napi(catch_unwind)]
    pub fn code_bytes(&self) -> f64 {
        self.plugin.code_bytes() as f64
    }

    /// Whether the plugin can be resumed after an effect.
    #[napi(catch_unwind)]
    pub fn supports_effects(&self) -> bool {
        self.plugin.supports_effects()
    }

    /// The same plugin with these limits over the host's defaults. Nothing is compiled again.
    #[napi(catch_unwind)]
    pub fn with_limits(&self, limits: LimitOverrides) -> Self {
        let limits = LimitOverrides::over(Some(&limits), &host::Limits::default());
        Self {
            plugin: self.plugin.with_limits(&limits),
        }
    }

    /// Executes on a pristine instance, on this thread. The output of a success is returned as it
    /// is, its fuel, milliseconds and bytes written to `receipt`.
    #[napi(catch_unwind)]
    pub fn execute_sync(
        &self,
        args: Vec<String>,
        mut receipt: Float64ArraySlice<'_>,
        limits: Option<LimitOverrides>,
        owner: Option<&Interrupt>,
    ) -> Either<String, Outcome> {
        let limits = LimitOverrides::over(limits.as_ref(), self.plugin.limits());
        let interrupts = host::Interrupts {
            owner: owner.map(|owner| owner.handle.clone()),
            ..host::Interrupts::default()
        };
        brief(
            Outcome::of_plugin(self.plugin.execute(&args, &limits, &interrupts)),
            &mut receipt,
        )
    }

    /// A live instance, to be made by its first call.
    #[napi(catch_unwind)]
    pub fn instantiate(&self) -> Instance {
        host::Instance::new(self.plugin.clone()).into()
    }
}
