use std::sync::Arc;

use napi_derive::napi;
use sen_host as host;

use crate::effect::EffectResult;
use crate::limits::LimitOverrides;
use crate::outcome::Outcome;

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
    /// Executes on this instance, on this thread. Waits for a call that runs on it.
    #[napi(catch_unwind)]
    pub fn execute_sync(&self, args: Vec<String>, limits: Option<LimitOverrides>) -> Outcome {
        Outcome::of_instance(
            self.instance
                .execute(&args, &self.limits(limits.as_ref()), None),
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
