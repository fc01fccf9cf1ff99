use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, LazyLock, OnceLock};

use crate::compile_cache::{CompileCache, KeptManifest};
use crate::engine::{self, Allocation};
use crate::error::Fault;
use crate::executor::Executor;
use crate::limits::Limits;
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
    digest: blake3::Hash,
    cache: Option<CompileCache>,
    short_calls: Arc<Program>,
    computation: OnceLock<Arc<Program>>,
    /// Whether the tier for computation has been asked for.
    improving: AtomicBool,
    /// Whether the last execution used much fuel.
    long: AtomicBool,
}

/// Where code that was just loaded came from.
pub(crate) enum Origin {
    Compiled,
    /// From the cache, with what its guest said of itself when it was compiled.
    Cache(Option<KeptManifest>),
}

impl Code {
    /// Takes a module's code from the cache, or compiles it, which takes tens of milliseconds.
    pub(crate) fn load(
        wasm: &[u8],
        digest: blake3::Hash,
        cache: Option<&CompileCache>,
    ) -> Result<(Self, Origin), Fault> {
        let cached = cache.and_then(|cache| Program::cached(cache, &digest, Tier::ShortCalls));
        let (program, origin) = match cached {
            Some((program, manifest)) => (program, Origin::Cache(manifest)),
            None => (Program::compile(wasm, Tier::ShortCalls)?, Origin::Compiled),
        };
        let tiers = Tiers {
            id: NEXT_ID.fetch_add(1, Ordering::Relaxed),
            wasm: wasm.into(),
            digest,
            cache: cache.cloned(),
            short_calls: Arc::new(program),
            computation: OnceLock::new(),
            improving: AtomicBool::new(false),
            long: AtomicBool::new(false),
        };
        Ok((Self(Arc::new(tiers)), origin))
    }

    /// Has the cache keep this code, now that its guest has said what it is under these limits.
    pub(crate) fn keep(&self, manifest: Box<[u8]>, limits: &Limits) {
        let Tiers {
            cache,
            digest,
            short_calls,
            ..
        } = &*self.0;
        if let Some(cache) = cache {
            short_calls.keep(cache, digest, Some(KeptManifest::new(manifest, limits)));
        }
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
            if let Some(program) = tiers.load_for_computation() {
                let _ = tiers.computation.set(Arc::new(program));
            }
        });
    }
}

impl Tiers {
    fn load_for_computation(&self) -> Option<Program> {
        let cache = self.cache.as_ref();
        let cached =
            cache.and_then(|cache| Program::cached(cache, &self.digest, Tier::Computation));
        if let Some((program, _)) = cached {
            return Some(program);
        }
        // What compiled once compiles again; where it does not, the code that there is serves.
        let program = Program::compile(&self.wasm, Tier::Computation).ok()?;
        if let Some(cache) = cache {
            program.keep(cache, &self.digest, None);
        }
        Some(program)
    }
}
