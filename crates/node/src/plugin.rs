use napi::bindgen_prelude::{Either, Float64ArraySlice};
use napi::{Error, Result};
use napi_derive::napi;
use sen_host as host;

use crate::instance::Instance;
use crate::interrupt::Interrupt;
use crate::limits::LimitOverrides;
use crate::manifest::PluginManifest;
use crate::outcome::Outcome;
use crate::receipt::brief;
use crate::world::{World, given};

/// A loaded plugin: compiled code and its manifest. See the host's `Plugin`.
#[napi]
pub struct Plugin {
    /// Absent once released.
    plugin: Option<host::Plugin>,
}

impl From<host::Plugin> for Plugin {
    fn from(plugin: host::Plugin) -> Self {
        Self {
            plugin: Some(plugin),
        }
    }
}

impl Plugin {
    pub(crate) fn get(&self) -> Result<&host::Plugin> {
        let released = || Error::from_reason("the plugin was released");
        self.plugin.as_ref().ok_or_else(released)
    }
}

#[napi]
impl Plugin {
    /// What the plugin says of itself. Converted at each call: keep it.
    #[napi(catch_unwind)]
    pub fn manifest(&self) -> Result<PluginManifest> {
        Ok(self.get()?.manifest().into())
    }

    /// `blake3:` and the digest of the module's bytes in hexadecimal.
    #[napi(catch_unwind)]
    pub fn digest(&self) -> Result<String> {
        Ok(self.get()?.digest().into())
    }

    /// Bytes of compiled code, constants and tables for unwinding, in all tiers that there are.
    #[napi(catch_unwind)]
    pub fn code_bytes(&self) -> Result<f64> {
        Ok(self.get()?.code_bytes() as f64)
    }

    /// Whether the plugin calls preview 1 of WASI, so that a `World` means something to it.
    #[napi(catch_unwind)]
    pub fn is_wasi(&self) -> Result<bool> {
        Ok(self.get()?.is_wasi())
    }

    /// Whether the plugin can be resumed after an effect.
    #[napi(catch_unwind)]
    pub fn supports_effects(&self) -> Result<bool> {
        Ok(self.get()?.supports_effects())
    }

    /// The same plugin with these limits over the host's defaults. Nothing is compiled again.
    #[napi(catch_unwind)]
    pub fn with_limits(&self, limits: LimitOverrides) -> Result<Self> {
        let limits = LimitOverrides::over(Some(&limits), &host::Limits::default());
        Ok(self.get()?.with_limits(&limits).into())
    }

    /// Gives up the code and instances that stand by, without waiting for the garbage collector,
    /// which does not know how much that is. Executions that have begun go on; nothing else can be
    /// done with the plugin.
    #[napi(catch_unwind)]
    pub fn release(&mut self) {
        self.plugin = None;
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
        world: Option<&World>,
    ) -> Result<Either<String, Outcome>> {
        let plugin = self.get()?;
        let limits = LimitOverrides::over(limits.as_ref(), plugin.limits());
        let interrupts = host::Interrupts {
            owner: owner.map(|owner| owner.handle.clone()),
            ..host::Interrupts::default()
        };
        let reply = plugin.execute_in(&given(world)?, &args, &limits, &interrupts);
        Ok(brief(Outcome::of_plugin(reply), &mut receipt))
    }

    /// A live instance, to be made by its first call.
    #[napi(catch_unwind)]
    pub fn instantiate(&self) -> Result<Instance> {
        Ok(host::Instance::new(self.get()?.clone()).into())
    }
}
