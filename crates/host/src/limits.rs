use std::time::Duration;

/// What one execution may use. Every bound is wasmtime's own: none of them can be talked around by
/// a guest.
///
/// Fuel alone is no bound on time (a failing `memory.grow` costs as much fuel as an addition), and
/// time alone is not repeatable, so both are enforced together with memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Units of fuel, by wasmtime's own rules, for each call into the guest: allocating the
    /// arguments, the call itself, and giving the memory back where that is called. Start-up and
    /// the manifest together have the same budget. Default: 10,000,000.
    pub fuel: u64,
    /// Bytes of all linear memories of an instance together. A guest that asks for more is told
    /// no, by `memory.grow` returning -1. Default: 64 MiB.
    pub memory_bytes: usize,
    /// Elements of all tables of an instance together. Default: 100,000.
    pub table_elements: usize,
    /// Time inside the guest for each call. Time spent waiting in a queue or for an effect is not
    /// the guest's. Default: 1 s.
    pub timeout: Duration,
    /// Bytes of an encoded result or manifest. Checked before anything is read or copied.
    /// Default: 4 MiB.
    pub result_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            fuel: 10_000_000,
            memory_bytes: 64 << 20,
            table_elements: 100_000,
            timeout: Duration::from_secs(1),
            result_bytes: 4 << 20,
        }
    }
}

impl Limits {
    /// The wasm stack of every guest, in bytes. Part of the engine, hence the same for all.
    pub const STACK_BYTES: usize = 1 << 20;

    /// The largest `memory_bytes` that can be asked for: all that a 32-bit memory can address.
    pub const MAX_MEMORY_BYTES: usize = 1 << 32;

    /// The largest `table_elements` that can be asked for: what the engine reserves room for.
    pub const MAX_TABLE_ELEMENTS: usize = 1_000_000;
}
