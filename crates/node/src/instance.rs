use std::sync::Arc;

use napi::bindgen_prelude::{Either, Float64ArraySlice};
use napi_derive::napi;
use sen_host as host;

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

#[napi]
impl Instance {
    /// Executes on this instance, on this thread. Waits for a call that runs on it. The output of a
    /// success is returned as it is, its fuel, milliseconds and bytes written to `receipt`.
    #[napi(catch_unwind)]
    pub fn execute_sync(
        &self,
        args: Vec<String>,
        mut receipt: Float64ArraySlice<'_>,
        limits: Option<LimitOverrides>,
    ) -> Either<String, Outcome> {
        let limits = self.limits(limits.as_ref());
        brief(
            Outcome::of_instance(self.instance.execute(&args, &limits, None)),
            &mut receipt,
        )
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
        LimitOverrides::over(limits, self.instance.plugin().limits())
    }
}
