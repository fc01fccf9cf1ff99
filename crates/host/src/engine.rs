//! The only file that names `wasmtime::Config`: which of wasmtime's freedoms guests do not have.

use std::hash::{Hash, Hasher};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use wasmtime::{
    Config, Enabled, InstanceAllocationStrategy, PoolingAllocationConfig, WasmFeatures,
};

use crate::epoch::EpochTicker;
use crate::error::{Fault, FaultKind};
use crate::limits::Limits;

/// Instances that can exist at the same time: running, suspended by an effect, or live.
pub(crate) const MAX_INSTANCES: u32 = 4096;

/// Guests that can be in the middle of a call at the same time: of the instances, those that
/// execute. Each is a stack that has to be guarded when the process starts to load plugins.
const MAX_STACKS: u32 = MAX_INSTANCES / 2;

/// Stacks of those that are asked for their manifest, and of live instances.
const OTHER_STACKS: u32 = 64;

/// Fewer would leave no room between those that are under way and those that are done at once.
const LEAST_EXECUTIONS: u32 = 16;

static EXECUTIONS: AtomicU32 = AtomicU32::new(MAX_STACKS);

/// Says how many executions this process will have begun at most at the same time, before it loads
/// anything: 2,048 if nobody does. A program that runs one and ends spares itself milliseconds by
/// it. More than this wait for one that ends. At least 16.
pub fn expect_executions(at_once: u32) {
    let at_once = at_once.clamp(LEAST_EXECUTIONS, MAX_STACKS);
    EXECUTIONS.store(at_once, Ordering::Relaxed);
}

/// The most executions that can have begun at the same time.
pub(crate) fn executions() -> usize {
    EXECUTIONS.load(Ordering::Relaxed) as usize
}

/// Memories, and tables, that one module may have.
pub(crate) const MAX_MEMORIES_PER_MODULE: u32 = 8;
pub(crate) const MAX_TABLES_PER_MODULE: u32 = 8;

/// Room on a guest's stack above the wasm stack, for the host's frames that it calls into.
pub(crate) const HOST_STACK_BYTES: usize = 1 << 20;

/// Bytes of a guest's memory and tables that are wiped in place when it ends, rather than given
/// back to the system and faulted in again by the next guest.
const KEEP_RESIDENT_BYTES: usize = 1 << 20;

/// How guest memory is reserved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Allocation {
    /// Slots reserved once, wiped and used again: a fresh instance costs microseconds. Takes
    /// terabytes of address space, which cost nothing where the system allows them.
    Pooling,
    /// Memory mapped for each instance: where address space is limited.
    OnDemand,
}

/// What an engine is best at. Guests get the same fuel, limits and results on both.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Bounds are checked by code. A fresh instance, and its memory's first growth, need no change
    /// of the address space, and the process no signal handler: half the cost of a short call.
    ShortCalls,
    /// Bounds are guarded by unmapped pages and signals. Memory accesses are a third faster; each
    /// execution pays for changing the address space.
    Computation,
}

/// An engine of the process, shared by every loader, registry and thread, so that a plugin
/// compiled once runs everywhere.
pub(crate) struct Engine {
    pub(crate) wasmtime: wasmtime::Engine,
    pub(crate) ticker: EpochTicker,
    pub(crate) allocation: Allocation,
    fingerprint: OnceLock<[u8; 32]>,
}

static SHORT_CALLS: OnceLock<Result<Engine, String>> = OnceLock::new();
static COMPUTATION: OnceLock<Result<Engine, String>> = OnceLock::new();

impl Engine {
    /// The engine for a purpose, made by the first call.
    pub(crate) fn get(purpose: Purpose) -> Result<&'static Self, Fault> {
        let engine = match purpose {
            Purpose::ShortCalls => &SHORT_CALLS,
            Purpose::Computation => &COMPUTATION,
        };
        let engine = engine.get_or_init(|| Self::create(purpose));
        engine.as_ref().map_err(|reason| unsupported(reason))
    }

    fn create(purpose: Purpose) -> Result<Self, String> {
        let pooled = wasmtime::Engine::new(&config(purpose, Allocation::Pooling));
        let (engine, allocation) = match pooled {
            Ok(engine) => (engine, Allocation::Pooling),
            Err(_) => {
                let config = config(Purpose::ShortCalls, Allocation::OnDemand);
                let engine =
                    wasmtime::Engine::new(&config).map_err(|error| format!("{error:#}"))?;
                (engine, Allocation::OnDemand)
            }
        };
        Ok(Self {
            ticker: EpochTicker::new(engine.clone()),
            wasmtime: engine,
            allocation,
            fingerprint: OnceLock::new(),
        })
    }

    /// What compiled code depends on besides the module: wasmtime's version, the settings, and
    /// the features of this processor. The same in every process.
    pub(crate) fn fingerprint(&self) -> &[u8; 32] {
        self.fingerprint.get_or_init(|| fingerprint(&self.wasmtime))
    }

    /// What [`Engine::fingerprint`] of the engine for a purpose will most likely be, for a tenth of
    /// the time that it takes to make the engine. Nothing where that has been made.
    pub(crate) fn presumed_fingerprint(purpose: Purpose) -> Option<[u8; 32]> {
        let made = match purpose {
            Purpose::ShortCalls => SHORT_CALLS.get(),
            Purpose::Computation => COMPUTATION.get(),
        };
        if made.is_some() {
            return None;
        }
        let compiler = background_compiler(purpose, Allocation::Pooling).ok()?;
        Some(fingerprint(&compiler))
    }
}

fn fingerprint(engine: &wasmtime::Engine) -> [u8; 32] {
    let mut hasher = Blake3(blake3::Hasher::new());
    engine.precompile_compatibility_hash().hash(&mut hasher);
    *hasher.0.finalize().as_bytes()
}

/// A compiler for an engine that leaves the other cores alone. Only compiles: it reserves nothing.
pub(crate) fn background_compiler(
    purpose: Purpose,
    allocation: Allocation,
) -> Result<wasmtime::Engine, String> {
    // As `create` decides.
    let purpose = match allocation {
        Allocation::Pooling => purpose,
        Allocation::OnDemand => Purpose::ShortCalls,
    };
    let mut config = config(purpose, allocation);
    config
        .parallel_compilation(false)
        .allocation_strategy(InstanceAllocationStrategy::OnDemand);
    wasmtime::Engine::new(&config).map_err(|error| format!("{error:#}"))
}

/// How the process reserves guest memory: decided once, by what the system allows.
pub fn allocation() -> Result<Allocation, Fault> {
    Engine::get(Purpose::ShortCalls).map(|engine| engine.allocation)
}

/// Makes running guests look at their interrupts now. Nothing to do where no guest has run yet.
pub(crate) fn advance_epoch() {
    for engine in [&SHORT_CALLS, &COMPUTATION] {
        if let Some(Ok(engine)) = engine.get() {
            engine.wasmtime.increment_epoch();
        }
    }
}

/// Feeds what describes itself to `std`'s hashers to one whose result is the same everywhere.
struct Blake3(blake3::Hasher);

impl Hasher for Blake3 {
    fn write(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// Not asked for: the whole digest is taken.
    fn finish(&self) -> u64 {
        0
    }
}

fn unsupported(reason: &str) -> Fault {
    FaultKind::Unsupported {
        reason: reason.to_owned(),
    }
    .into()
}

fn config(purpose: Purpose, allocation: Allocation) -> Config {
    let mut config = Config::new();
    config.consume_fuel(true);
    config.epoch_interruption(true);
    // For debuggers of this process only, but on Windows, where wasmtime needs it. Without it code
    // is made faster, and thousands of modules do not burden the process's own unwinder.
    config.native_unwind_info(cfg!(windows));

    // Guests run on stacks of their own, never on the caller's: a Worker's small stack or deep
    // JavaScript recursion takes nothing away from the promised wasm stack.
    config.max_wasm_stack(Limits::STACK_BYTES);
    config.async_stack_size(Limits::STACK_BYTES + HOST_STACK_BYTES);

    // Their memory would escape the limits on an instance.
    config.wasm_features(WasmFeatures::THREADS, false);
    config.wasm_features(WasmFeatures::MEMORY64, false);
    config.wasm_features(WasmFeatures::GC, false);

    match purpose {
        Purpose::ShortCalls => {
            config.signals_based_traps(false);
            config
                .memory_reservation(0)
                .memory_guard_size(0)
                .memory_reservation_for_growth(16 << 20);
        }
        Purpose::Computation => {}
    }
    match allocation {
        Allocation::Pooling => {
            let mut pool = PoolingAllocationConfig::new();
            pool.total_core_instances(MAX_INSTANCES)
                .total_memories(MAX_INSTANCES)
                .total_tables(MAX_INSTANCES)
                .total_stacks((EXECUTIONS.load(Ordering::Relaxed) + OTHER_STACKS).min(MAX_STACKS))
                .max_memories_per_module(MAX_MEMORIES_PER_MODULE)
                .max_tables_per_module(MAX_TABLES_PER_MODULE)
                .max_memory_size(Limits::MAX_MEMORY_BYTES)
                .table_elements(Limits::MAX_TABLE_ELEMENTS)
                .linear_memory_keep_resident(KEEP_RESIDENT_BYTES)
                .table_keep_resident(KEEP_RESIDENT_BYTES)
                .pagemap_scan(Enabled::Auto);
            config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool));
            config.memory_reservation(Limits::MAX_MEMORY_BYTES as u64);
        }
        Allocation::OnDemand => {
            config.allocation_strategy(InstanceAllocationStrategy::OnDemand);
            // What a guest may have unless somebody says otherwise: growing to it moves nothing.
            config.memory_reservation(Limits::default().memory_bytes as u64);
        }
    }
    config
}

#[cfg(test)]
mod tests {
    use super::{Allocation, Engine, Purpose, background_compiler, fingerprint};

    #[test]
    fn what_is_presumed_of_an_engine_is_so_once_it_is_made() {
        for purpose in [Purpose::ShortCalls, Purpose::Computation] {
            let presumed = fingerprint(&background_compiler(purpose, Allocation::Pooling).unwrap());
            let engine = Engine::get(purpose).unwrap();
            assert_eq!(engine.allocation, Allocation::Pooling);
            assert_eq!(engine.fingerprint(), &presumed);
            assert_eq!(Engine::presumed_fingerprint(purpose), None);
        }
    }
}
