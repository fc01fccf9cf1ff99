use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use napi::bindgen_prelude::{ClassInstance, Either, Float64ArraySlice, Function};
use napi::{Env, Error, Result};
use napi_derive::napi;
use sen_host as host;

use crate::call::{Words, optional};
use crate::instance::Instance;
use crate::interrupt::Interrupt;
use crate::limits::LimitOverrides;
use crate::manifest::PluginManifest;
use crate::outcome::Outcome;
use crate::receipt::brief;
use crate::world::{World, given};

/// A loaded plugin: compiled code and its manifest. See the host's `Plugin`.
#[napi]
pub struct Plugin(Held);

/// A plugin, until it is released: shared by the functions that execute it.
#[derive(Clone)]
pub(crate) struct Held(Arc<Mutex<Option<host::Plugin>>>);

impl Held {
    pub(crate) fn get(&self) -> Result<host::Plugin> {
        let released = || Error::from_reason("the plugin was released");
        self.lock().clone().ok_or_else(released)
    }

    fn lock(&self) -> MutexGuard<'_, Option<host::Plugin>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl From<host::Plugin> for Plugin {
    fn from(plugin: host::Plugin) -> Self {
        Self(Held(Arc::new(Mutex::new(Some(plugin)))))
    }
}

impl Plugin {
    pub(crate) fn get(&self) -> Result<host::Plugin> {
        self.0.get()
    }

    pub(crate) fn held(&self) -> &Held {
        &self.0
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
    pub fn release(&self) {
        let released = self.0.lock().take();
        drop(released);
    }

    /// What executes on a pristine instance, on the calling thread, until `owner` is triggered. The
    /// output of a success is returned as it is, its fuel, milliseconds and bytes written to the
    /// receipt. Without a `world`, a WASI plugin finds nothing outside of itself.
    #[napi(
        catch_unwind,
        ts_return_type = "(args: string | string[], receipt: Float64Array, limits?: LimitOverrides, world?: World) => string | Outcome"
    )]
    pub fn sync_calls<'env>(
        &self,
        env: &'env Env,
        owner: Option<&Interrupt>,
    ) -> Result<Function<'env, (), Either<String, Outcome>>> {
        let held = self.0.clone();
        let interrupts = host::Interrupts {
            owner: owner.map(|owner| owner.handle.clone()),
            ..host::Interrupts::default()
        };
        env.create_function_from_closure("executeSync", move |context| {
            let Words(args) = context.get(0)?;
            let mut receipt: Float64ArraySlice<'_> = context.get(1)?;
            let limits: Option<LimitOverrides> = optional(&context, 2)?;
            let world: Option<ClassInstance<'_, World>> = optional(&context, 3)?;
            let plugin = held.get()?;
            let limits = LimitOverrides::over(limits.as_ref(), plugin.limits());
            let world = given(world.as_deref())?;
            let reply = plugin.execute_in(&world, &args, &limits, &interrupts);
            Ok(brief(Outcome::of_plugin(reply), &mut receipt))
        })
    }

    /// A live instance, to be made by its first call.
    #[napi(catch_unwind)]
    pub fn instantiate(&self) -> Result<Instance> {
        Ok(host::Instance::new(self.get()?).into())
    }
}
