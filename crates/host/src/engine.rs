//! The only file that names `wasmtime::Config`: which of wasmtime's freedoms guests do not have.

mod fingerprint;

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use wasmtime::{
    Config, Enabled, InstanceAllocationStrategy, Memory, MemoryType, OptLevel,
    PoolingAllocationConfig, Store, WasmFeatures,
};

use crate::error::{Fault, FaultKind};
use crate::limits::Limits;

pub(crate) use fingerprint::{Fingerprint, possible_fingerprints};

/// Instances that can exist at the same time: running, suspended by an effect, or live.
pub(crate) const MAX_INSTANCES: u32 = 4096;

/// Of the instances, those that execute, or wait for an effect.
const MAX_EXECUTIONS: u32 = MAX_INSTANCES / 2;

/// Stacks of those that are asked for their manifest, and of live instances, in a program that has
/// said how few executions it will have begun.
const OTHER_STACKS: u32 = 64;

/// Fewer would leave no room between those that are under way and those that are done at once.
const LEAST_EXECUTIONS: u32 = 16;

static EXECUTIONS: AtomicU32 = AtomicU32::new(MAX_EXECUTIONS);

/// Says how many executions this process will have begun at most at the same time, before it loads
/// anything: 2,048 if nobody does. A program that runs one and ends spares itself milliseconds by
/// it. More than this wait for one that ends. At least 16.
pub fn expect_executions(at_once: u32) {
    let at_once = at_once.clamp(LEAST_EXECUTIONS, MAX_EXECUTIONS);
    EXECUTIONS.store(at_once, Ordering::Relaxed);
}

/// The most executions that can have begun at the same time.
pub(crate) fn executions() -> usize {
    EXECUTIONS.load(Ordering::Relaxed) as usize
}

/// As many memories have to fit at once into the address space, and it is not taken for limited.
const AMPLE_MEMORIES: usize = 256;

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

/// What an engine is best at. Guests get the same fuel, limits and results on all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Code that is there soon: it is not optimised. Bounds are guarded as for computation, which
    /// takes half the code. Nothing is reserved: memory is mapped for each instance.
    Baseline,
    /// Bounds are checked by code. A fresh instance, and its memory's first growth, need no change
    /// of the address space, and the process no signal handler: half the cost of a short call.
    ShortCalls,
    /// Bounds are guarded by unmapped pages and signals. Memory accesses are a third faster; each
    /// execution pays for changing the address space.
    Computation,
}

impl Purpose {
    /// The stack that guests have there.
    ///
    /// How deep calls can nest depends on the frames of compiled functions, which are of another
    /// size on each engine: on some modules larger on one, on some on the other. So that it does not
    /// depend on the engine that a guest happens to run on, the one for computation has the stack
    /// that was promised and decides. The others have a quarter: who needs more runs there instead,
    /// and who needs no more there would have to have frames four times as large to need more than
    /// all of it here.
    fn stack_bytes(self) -> usize {
        match self {
            Self::Computation => Limits::STACK_BYTES,
            Self::Baseline | Self::ShortCalls => Limits::STACK_BYTES / 4,
        }
    }

    fn place(self) -> &'static OnceLock<Result<Engine, String>> {
        static ENGINES: [OnceLock<Result<Engine, String>>; 3] = [const { OnceLock::new() }; 3];
        let [baseline, short_calls, computation] = &ENGINES;
        match self {
            Self::Baseline => baseline,
            Self::ShortCalls => short_calls,
            Self::Computation => computation,
        }
    }
}

/// An engine of the process, shared by every loader, registry and thread, so that a plugin
/// compiled once runs everywhere.
pub(crate) struct Engine {
    pub(crate) wasmtime: wasmtime::Engine,
    pub(crate) allocation: Allocation,
    fingerprint: OnceLock<Fingerprint>,
}

impl Engine {
    /// The engine for a purpose, made by the first call.
    pub(crate) fn get(purpose: Purpose) -> Result<&'static Self, Fault> {
        let engine = purpose.place().get_or_init(|| Self::create(purpose));
        engine.as_ref().map_err(|reason| unsupported(reason))
    }

    fn create(purpose: Purpose) -> Result<Self, String> {
        let new = |allocation| wasmtime::Engine::new(&config(purpose, allocation));
        let pooled = match purpose {
            Purpose::Baseline => None,
            Purpose::ShortCalls | Purpose::Computation => new(Allocation::Pooling).ok(),
        };
        let (engine, allocation) = match pooled {
            Some(engine) => (engine, Allocation::Pooling),
            None => {
                let engine = new(Allocation::OnDemand).map_err(|error| format!("{error:#}"))?;
                (engine, Allocation::OnDemand)
            }
        };
        if purpose == Purpose::Baseline {
            has_ample_room(&engine).map_err(|error| format!("{error:#}"))?;
        }
        Ok(Self {
            wasmtime: engine,
            allocation,
            fingerprint: OnceLock::new(),
        })
    }

    /// What compiled code depends on besides the module: wasmtime's version, the settings, and
    /// the features of this processor. The same in every process.
    pub(crate) fn fingerprint(&self) -> &Fingerprint {
        self.fingerprint
            .get_or_init(|| fingerprint::of(&self.wasmtime))
    }
}

/// A compiler for an engine that leaves the other cores alone. Only compiles: it reserves nothing.
pub(crate) fn background_compiler(
    purpose: Purpose,
    allocation: Allocation,
) -> Result<wasmtime::Engine, String> {
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
    for purpose in [Purpose::Baseline, Purpose::ShortCalls, Purpose::Computation] {
        if let Some(Ok(engine)) = purpose.place().get() {
            engine.wasmtime.increment_epoch();
        }
    }
}

/// Stacks of an engine's guests. Each has to be guarded when the engine is made, and an instance that
/// is kept holds on to its own between calls: those that live or wait for an effect, which are all on
/// the engine for computation.
fn stacks(purpose: Purpose) -> u32 {
    let executions = EXECUTIONS.load(Ordering::Relaxed);
    if purpose == Purpose::Computation && executions == MAX_EXECUTIONS {
        MAX_INSTANCES
    } else {
        executions + OTHER_STACKS
    }
}

/// Whether the address space has room for many memories as this engine maps them, each of which
/// takes some 4 GiB: where it has not, none is taken away from the rest of the process.
fn has_ample_room(engine: &wasmtime::Engine) -> wasmtime::Result<()> {
    let mut store = Store::new(engine, ());
    let memory = MemoryType::new(0, None);
    (0..AMPLE_MEMORIES).try_for_each(|_| Memory::new(&mut store, memory.clone()).map(drop))
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
    config.max_wasm_stack(purpose.stack_bytes());
    config.async_stack_size(Limits::STACK_BYTES + HOST_STACK_BYTES);

    // Their memory would escape the limits on an instance.
    config.wasm_features(WasmFeatures::THREADS, false);
    config.wasm_features(WasmFeatures::MEMORY64, false);
    config.wasm_features(WasmFeatures::GC, false);

    let bounds_by_code = match purpose {
        Purpose::Baseline => {
            config.cranelift_opt_level(OptLevel::None);
            config.allocation_strategy(InstanceAllocationStrategy::OnDemand);
            return config;
        }
        Purpose::ShortCalls => true,
        // What guards reserve is what there is too little of.
        Purpose::Computation => allocation == Allocation::OnDemand,
    };
    if bounds_by_code {
        config
            .signals_based_traps(false)
            .memory_reservation(0)
            .memory_guard_size(0)
            .memory_reservation_for_growth(16 << 20);
    }
    match allocation {
        Allocation::Pooling => {
            let mut pool = PoolingAllocationConfig::new();
            pool.total_core_instances(MAX_INSTANCES)
                .total_memories(MAX_INSTANCES)
                .total_tables(MAX_INSTANCES)
                .total_stacks(stacks(purpose))
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
