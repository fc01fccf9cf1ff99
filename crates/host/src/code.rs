use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::sync::{Arc, LazyLock};

use arc_swap::ArcSwap;

use crate::engine::{self, Allocation};
use crate::error::Fault;
use crate::executor::Executor;
use crate::program::{Program, Tier};

/// An execution that uses this much fuel, some hundred microseconds of it, is worth a slower start
/// for faster memory accesses. Fuel rather than time: a busy machine makes no plugin a long one.
const COMPUTATION: u64 = 1_000_000;

static NEXT_ID: AtomicU64 = AtomicU64::new(1);

/// Compiles in the background, one module at a time.
static IMPROVER: LazyLock<Executor> = LazyLock::new(|| Executor::new(1, usize::MAX));

/// A plugin's code, which gets better while it is used: a cheap handle (an `Arc`).
///
/// ```text
/// Quick ──first execution──► Optimised ──a long execution──► Computation
///   └──────────────────────a long execution──────────────────────┘
/// ```
///
/// Compilation happens in the background. Executions that have begun end on the code they began
/// on; fuel, limits and results are the same in every tier.
#[derive(Clone)]
pub(crate) struct Code(Arc<Tiers>);

struct Tiers {
    id: u64,
    wasm: Box<[u8]>,
    current: ArcSwap<Program>,
    /// The best tier that was asked for.
    wanted: AtomicU8,
}

impl Code {
    /// Compiles a module so that it can run soonest. Takes tens of milliseconds.
    pub(crate) fn compile(wasm: &[u8]) -> Result<Self, Fault> {
        let program = Program::compile(wasm, Tier::Quick)?;
        let wanted = AtomicU8::new(program.tier as u8);
        let current = ArcSwap::from_pointee(program);
        let id = NEXT_ID.fetch_add(1, Ordering::Relaxed);
        Ok(Self(Arc::new(Tiers {
            id,
            wasm: wasm.into(),
            current,
            wanted,
        })))
    }

    /// A number that tells this code from all others of the process.
    pub(crate) fn id(&self) -> u64 {
        self.0.id
    }

    /// The best program that there is now.
    pub(crate) fn program(&self) -> Arc<Program> {
        self.0.current.load_full()
    }

    /// Takes note of how much fuel an execution used.
    pub(crate) fn used(&self, fuel: u64) {
        let tier = if fuel < COMPUTATION {
            Tier::Optimised
        } else {
            Tier::Computation
        };
        if self.0.wanted.load(Ordering::Relaxed) < tier as u8 {
            self.improve(tier);
        }
    }

    #[cold]
    fn improve(&self, tier: Tier) {
        // Without guard pages and signals there is nothing to be gained.
        if tier == Tier::Computation && engine::allocation() != Ok(Allocation::Pooling) {
            return self.used(0);
        }
        if self.0.wanted.fetch_max(tier as u8, Ordering::Relaxed) >= tier as u8 {
            return;
        }
        // A plugin that is gone by then is not compiled.
        let code = Arc::downgrade(&self.0);
        IMPROVER.run(0, move |_| {
            let Some(tiers) = code.upgrade() else { return };
            if tiers.current.load().tier >= tier {
                return;
            }
            // What compiled once compiles again; where it does not, the code that there is serves.
            if let Ok(program) = Program::compile(&tiers.wasm, tier) {
                tiers.current.store(Arc::new(program));
            }
        });
    }
}
