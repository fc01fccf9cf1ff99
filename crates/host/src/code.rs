use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, LazyLock, OnceLock};

use crate::engine::{self, Allocation};
use crate::error::Fault;
use crate::executor::Executor;
use crate::program::{Program, Tier};

/// An execution that uses this much fuel, some hundred microseconds of it, is worth a slower start
/// for faster memory accesses. Fuel rather than time: a busy machine makes no plugin a long one.
const COMPUTATION: u64 = 1_000_000;

/// An execution that uses this much fuel is no short one.
pub(crate) const LONG: u64 = 100_000;

static NEXT_ID: AtomicU64 = AtomicU64::new(1);

/// Compiles in the background, one module at a time.
static IMPROVER: LazyLock<Executor> = LazyLock::new(|| Executor::new(1, usize::MAX));

/// A plugin's code: a cheap handle (an `Arc`).
///
/// It is loaded for short calls. When an execution turns out to compute much, it is compiled for
/// computation as well, in the background, and later executions run that. Fuel, limits and results
/// are the same. (How deep calls can nest depends on the size of compiled frames, and so on the
/// tier: whoever overflows the stack is run again for short calls, which decides.)
#[derive(Clone)]
pub(crate) struct Code(Arc<Tiers>);

struct Tiers {
    id: u64,
    wasm: Box<[u8]>,
    short_calls: Arc<Program>,
    computation: OnceLock<Arc<Program>>,
    /// Whether the tier for computation has been asked for.
    improving: AtomicBool,
    /// Whether the last execution used much fuel.
    long: AtomicBool,
}

impl Code {
    /// Compiles a module. Takes tens of milliseconds.
    pub(crate) fn compile(wasm: &[u8]) -> Result<Self, Fault> {
        Ok(Self(Arc::new(Tiers {
            id: NEXT_ID.fetch_add(1, Ordering::Relaxed),
            wasm: wasm.into(),
            short_calls: Arc::new(Program::compile(wasm, Tier::ShortCalls)?),
            computation: OnceLock::new(),
            improving: AtomicBool::new(false),
            long: AtomicBool::new(false),
        })))
    }

    /// A number that tells this code from all others of the process.
    pub(crate) fn id(&self) -> u64 {
        self.0.id
    }

    /// Bytes of the images of compiled code, in all tiers that there are now.
    pub(crate) fn bytes(&self) -> usize {
        let computation = self.0.computation.get().map_or(0, |code| code.bytes());
        self.0.short_calls.bytes() + computation
    }

    /// The best program for executions that there is now.
    pub(crate) fn best(&self) -> &Arc<Program> {
        self.0.computation.get().unwrap_or(&self.0.short_calls)
    }

    /// The program that the plugin was loaded with.
    pub(crate) fn short_calls(&self) -> &Arc<Program> {
        &self.0.short_calls
    }

    /// Whether executions have been short of late.
    pub(crate) fn is_short(&self) -> bool {
        !self.0.long.load(Ordering::Relaxed)
    }

    /// Takes note of how much fuel an execution used.
    pub(crate) fn used(&self, fuel: u64) {
        let long = fuel >= LONG;
        // Looked at first: a store would take the cache line from other threads each time.
        if self.0.long.load(Ordering::Relaxed) != long {
            self.0.long.store(long, Ordering::Relaxed);
        }
        if fuel >= COMPUTATION && !self.0.improving.load(Ordering::Relaxed) {
            self.improve();
        }
    }

    #[cold]
    fn improve(&self) {
        // Without guard pages and signals there is nothing to be gained.
        let pooling = engine::allocation() == Ok(Allocation::Pooling);
        if self.0.improving.swap(true, Ordering::Relaxed) || !pooling {
            return;
        }
        // A plugin that is gone by then is not compiled.
        let code = Arc::downgrade(&self.0);
        IMPROVER.run(0, move |_| {
            let Some(tiers) = code.upgrade() else { return };
            // What compiled once compiles again; where it does not, the code that there is serves.
            if let Ok(program) = Program::compile(&tiers.wasm, Tier::Computation) {
                let _ = tiers.computation.set(Arc::new(program));
            }
        });
    }
}
