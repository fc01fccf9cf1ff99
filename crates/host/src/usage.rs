use std::time::Duration;

/// The receipt of an execution: what it used, whether it succeeded or not.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Usage {
    /// Units of fuel. The same module, arguments and wasmtime version use the same on every
    /// machine and in every thread. Start-up of a fresh instance is not part of it.
    pub fuel_consumed: u64,
    /// Time from entering the guest to leaving it, start-up of a fresh instance included, waiting
    /// in a queue not.
    pub duration: Duration,
    /// The most that the instance's linear memories had together, in bytes.
    pub peak_memory_bytes: usize,
}
