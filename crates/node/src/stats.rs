use napi::bindgen_prelude::Result;
use napi_derive::napi;
use sen_host as host;

/// What the process holds for guests at the moment, all registries together. See the host's `Stats`.
#[napi(object, object_from_js = false)]
pub struct ProcessStats {
    /// Instances that execute, or wait for the result of an effect or for code.
    pub executing: u32,
    /// Live instances that have been made.
    pub live: u32,
    /// Instances that are asked for their manifest.
    pub loading: u32,
    /// Pristine instances that stand by for executions.
    pub warm: u32,
    /// Bytes that the linear memories of all these have together.
    pub memory_bytes: f64,
    /// `pooling` or `on-demand`.
    #[napi(ts_type = "'pooling' | 'on-demand'")]
    pub allocation: String,
}

/// Says how many executions this process will have begun at most at the same time, before anything
/// is loaded. See the host's `expect_executions`.
#[napi(catch_unwind)]
pub fn expect_executions(at_once: u32) {
    host::expect_executions(at_once);
}

/// What the process holds for guests at the moment; nothing where guests cannot run at all.
#[napi(catch_unwind)]
pub fn process_stats() -> Result<Option<ProcessStats>> {
    let count = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
    Ok(host::stats().ok().map(|stats| ProcessStats {
        executing: count(stats.executing),
        live: count(stats.live),
        loading: count(stats.loading),
        warm: count(stats.warm),
        memory_bytes: stats.memory_bytes as f64,
        allocation: match stats.allocation {
            host::Allocation::Pooling => "pooling",
            host::Allocation::OnDemand => "on-demand",
        }
        .into(),
    }))
}

/// How an executor is doing.
#[napi(object, object_from_js = false)]
pub struct ExecutorStats {
    /// Pieces of work that wait for a thread.
    pub waiting: u32,
    /// Pieces of work that run on a thread.
    pub running: u32,
    /// Threads that there are now.
    pub threads: u32,
}

impl From<host::ExecutorStats> for ExecutorStats {
    fn from(stats: host::ExecutorStats) -> Self {
        let count = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        Self {
            waiting: count(stats.waiting),
            running: count(stats.running),
            threads: count(stats.threads),
        }
    }
}
