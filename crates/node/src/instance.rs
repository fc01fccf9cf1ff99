use std::sync::Arc;

use napi::bindgen_prelude::{Either, Float64ArraySlice, Function};
use napi::{Env, Result};
use napi_derive::napi;
use sen_host as host;

use crate::call::{Words, optional};
use crate::effect::EffectResult;
use crate::limits::LimitOverrides;
use crate::outcome::Outcome;
use crate::receipt::brief;

/// A live instance of a plugin. See the host's `Instance`.
#[napi]
pub struct Instance {
    pub(crate) instance: Arc<host::Instance>,
}

impl From<host::Instance> for Instance {
    fn from(instance: host::Instance) -> Self {
        Self {
            instance: Arc::new(instance),
        }
    }
}

type SyncCalls<'env> = Function<'env, (), Either<String, Outcome>>;

#[napi]
impl Instance {
    /// What executes on this instance, on the calling thread. Waits for a call that runs on it. The
    /// output of a success is returned as it is, its fuel, milliseconds and bytes written to the
    /// receipt.
    #[napi(
        catch_unwind,
        ts_return_type = "(args: string | string[], receipt: Float64Array, limits?: LimitOverrides) => string | Outcome"
    )]
    pub fn sync_calls<'env>(&self, env: &'env Env) -> Result<SyncCalls<'env>> {
        let instance = self.instance.clone();
        env.create_function_from_closure("executeSync", move |context| {
            let Words(args) = context.get(0)?;
            let mut receipt: Float64ArraySlice<'_> = context.get(1)?;
            let limits: Option<LimitOverrides> = optional(&context, 2)?;
            let limits = limits_of(&instance, limits.as_ref());
            let outcome = Outcome::of_instance(instance.execute(args, &limits, None));
            Ok(brief(outcome, &mut receipt))
        })
    }

    /// Resumes this instance, on this thread. Waits for a call that runs on it.
    #[napi(catch_unwind)]
    pub fn resume_sync(
        &self,
        effect_id: u32,
        result: EffectResult,
        limits: Option<LimitOverrides>,
    ) -> Outcome {
        Outcome::of_instance(self.instance.resume(
            effect_id,
            &result.into(),
            &self.limits(limits.as_ref()),
            None,
        ))
    }

    /// Throws the instance away and stops a call that runs on it. Does not wait.
    #[napi(catch_unwind)]
    pub fn close(&self) {
        self.instance.close();
    }
}

impl Instance {
    pub(crate) fn limits(&self, limits: Option<&LimitOverrides>) -> host::Limits {
        limits_of(&self.instance, limits)
    }
}

/// The limits of a call: these over the plugin's own.
pub(crate) fn limits_of(
    instance: &host::Instance,
    limits: Option<&LimitOverrides>,
) -> host::Limits {
    LimitOverrides::over(limits, instance.plugin().limits())
}
