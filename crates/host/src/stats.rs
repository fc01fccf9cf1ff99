use crate::engine::{self, Allocation};
use crate::error::Fault;
use crate::meter;
use crate::room::Kind;

/// What the process holds for guests at the moment, all plugins together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stats {
    /// Instances that execute, or wait for the result of an effect; those included that wait to be
    /// made in better code. One with several memories or tables counts for several, here and below.
    pub executing: usize,
    /// Live instances that have been made.
    pub live: usize,
    /// Instances that are asked for their manifest.
    pub loading: usize,
    /// Pristine instances that stand by for executions.
    pub warm: usize,
    /// Bytes that the linear memories of all these have together. They take up less: pages that no
    /// guest has touched cost nothing.
    pub memory_bytes: usize,
    /// How guest memory is reserved.
    pub allocation: Allocation,
}

/// What the process holds for guests at the moment.
///
/// # Errors
/// `Unsupported` where guests cannot run at all.
pub fn stats() -> Result<Stats, Fault> {
    Ok(Stats {
        executing: Kind::Execution.taken(),
        live: Kind::Live.taken(),
        loading: Kind::Loading.taken(),
        warm: Kind::Warm.taken(),
        memory_bytes: meter::guest_memory(),
        allocation: engine::allocation()?,
    })
}
