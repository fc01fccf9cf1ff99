use std::borrow::Cow;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, OnceLock, PoisonError};

use crate::compile::Effort;
use crate::compile_cache::{CompileCache, KeptManifest};
use crate::engine::{self, Allocation};
use crate::error::Fault;
use crate::executor::Executor;
use crate::limits::Limits;
use crate::plugin::LoadFor;
use crate::precheck::precheck;
use crate::program::{Program, Tier};

/// An execution that uses this much fuel, some hundred microseconds of it, is worth a slower start
/// for faster memory accesses. Fuel rather than time: a busy machine makes no plugin a long one.
const COMPUTATION: u64 = 1_000_000;

/// An execution that uses this much fuel is no short one.
pub(crate) const LONG: u64 = 100_000;

/// As many executions, and the plugin is worth optimised code. A program that executes a plugin
/// once and ends would only be kept busy by it.
const OFTEN: u32 = 3;

static NEXT_ID: AtomicU64 = AtomicU64::new(1);

/// Compiles in the background, one module at a time.
static IMPROVER: LazyLock<Executor> = LazyLock::new(|| Executor::new(1, usize::MAX));

/// A plugin's code: a cheap handle (an `Arc`).
///
/// A module that no cache knows is compiled quickly. When it is executed more than now and then,
/// it is compiled for short calls as well, with optimisations; and when an execution turns out to
/// compute much, for computation: in the background, and later executions run that. Fuel, limits
/// and results are the same.
///
/// How deep calls can nest depends on the size of compiled frames, and so on the tier. The tier
/// for short calls decides: whoever overflows the stack in another one is run again in it.
#[derive(Clone)]
pub(crate) struct Code(Arc<Tiers>);

struct Tiers {
    id: u64,
    wasm: Box<[u8]>,
    digest: blake3::Hash,
    cache: Option<CompileCache>,
    /// What the guest said of itself, for the cache.
    manifest: OnceLock<KeptManifest>,
    /// Until there is better code.
    quick: Mutex<Option<Arc<Program>>>,
    short_calls: OnceLock<Arc<Program>>,
    /// Held while code for short calls is made: whoever needs it then waits for it.
    compiling: Mutex<()>,
    computation: OnceLock<Arc<Program>>,
    /// Executions so far, as far as it matters.
    executions: AtomicU32,
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
        load_for: LoadFor,
    ) -> Result<(Self, Origin), Fault> {
        let tiers: &[Tier] = match load_for {
            LoadFor::Executions => &[Tier::ShortCalls, Tier::Quick],
            LoadFor::LiveInstance => &[Tier::ShortCalls],
        };
        let cached = cache.and_then(|cache| Program::cached(cache, &digest, tiers));
        let (program, origin) = match cached {
            Some((program, manifest)) => (program, Origin::Cache(manifest)),
            None => {
                precheck(wasm)?;
                let tier = match load_for {
                    LoadFor::Executions => Tier::Quick,
                    LoadFor::LiveInstance => Tier::ShortCalls,
                };
                let program = Program::compile(wasm, tier, Effort::Foreground)?;
                (program, Origin::Compiled)
            }
        };
        let program = Arc::new(program);
        let is_quick = program.tier == Tier::Quick;
        let manifest = match &origin {
            Origin::Cache(Some(manifest)) => OnceLock::from(manifest.clone()),
            _ => OnceLock::new(),
        };
        let tiers = Tiers {
            id: NEXT_ID.fetch_add(1, Ordering::Relaxed),
            wasm: wasm.into(),
            digest,
            cache: cache.cloned(),
            manifest,
            quick: Mutex::new(is_quick.then(|| program.clone())),
            short_calls: if is_quick {
                OnceLock::new()
            } else {
                OnceLock::from(program)
            },
            compiling: Mutex::new(()),
            computation: OnceLock::new(),
            executions: AtomicU32::new(0),
            improving: AtomicBool::new(false),
            long: AtomicBool::new(false),
        };
        Ok((Self(Arc::new(tiers)), origin))
    }

    /// Has the cache keep this code, now that its guest has said what it is under these limits.
    pub(crate) fn keep(&self, manifest: Box<[u8]>, limits: &Limits) {
        let tiers = &*self.0;
        let manifest = tiers
            .manifest
            .get_or_init(|| KeptManifest::new(manifest, limits));
        if let Some(cache) = &tiers.cache {
            let program = self.best();
            program.keep(cache, &tiers.digest, Some(manifest.clone()));
        }
    }

    /// A number that tells this code from all others of the process.
    pub(crate) fn id(&self) -> u64 {
        self.0.id
    }

    /// Bytes of the images of compiled code, in all tiers that there are now.
    pub(crate) fn bytes(&self) -> usize {
        let bytes = |program: Option<&Arc<Program>>| program.map_or(0, |program| program.bytes());
        let quick = bytes(self.0.quick().as_ref());
        quick + bytes(self.0.short_calls.get()) + bytes(self.0.computation.get())
    }

    /// The best program for executions that there is now.
    pub(crate) fn best(&self) -> Cow<'_, Arc<Program>> {
        loop {
            let optimised = self.0.computation.get().or(self.0.short_calls.get());
            if let Some(program) = optimised {
                return Cow::Borrowed(program);
            }
            // It goes when there is better, which the next round finds.
            if let Some(program) = &*self.0.quick() {
                return Cow::Owned(program.clone());
            }
        }
    }

    /// The program for short calls: compiled now, where there is none yet. Not for a thread that
    /// others wait for.
    ///
    /// # Errors
    /// What loading would have ended with: what compiled once compiles again.
    pub(crate) fn short_calls(&self) -> Result<&Arc<Program>, Fault> {
        self.0.short_calls(Effort::Foreground)
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
            self.compute();
        }
        if self.0.short_calls.get().is_none()
            && self.0.executions.fetch_add(1, Ordering::Relaxed) + 1 == OFTEN
        {
            self.optimise();
        }
    }

    /// Has the code for short calls made in the background.
    #[cold]
    pub(crate) fn optimise(&self) {
        self.improve(|tiers| {
            let _ = tiers.short_calls(Effort::Background);
        });
    }

    /// Has code for computation made in the background.
    #[cold]
    fn compute(&self) {
        // Without guard pages and signals there is nothing to be gained.
        let pooling = engine::allocation() == Ok(Allocation::Pooling);
        if !self.0.improving.swap(true, Ordering::Relaxed) && pooling {
            self.improve(Tiers::compute);
        }
    }

    fn improve(&self, work: impl FnOnce(&Tiers) + Send + 'static) {
        // A plugin that is gone by then is not compiled.
        let code = Arc::downgrade(&self.0);
        IMPROVER.run(0, move |_| {
            if let Some(tiers) = code.upgrade() {
                work(&tiers);
            }
        });
    }
}

impl Tiers {
    fn quick(&self) -> MutexGuard<'_, Option<Arc<Program>>> {
        self.quick.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn short_calls(&self, effort: Effort) -> Result<&Arc<Program>, Fault> {
        if let Some(program) = self.short_calls.get() {
            return Ok(program);
        }
        let _compiling = self
            .compiling
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(program) = self.short_calls.get() {
            return Ok(program);
        }
        let program = Program::compile(&self.wasm, Tier::ShortCalls, effort)?;
        let program = self.short_calls.get_or_init(|| Arc::new(program));
        *self.quick() = None;
        if let (Some(cache), Some(manifest)) = (&self.cache, self.manifest.get()) {
            program.keep(cache, &self.digest, Some(manifest.clone()));
            cache.forget(&self.digest, Tier::Quick, program.engine());
        }
        Ok(program)
    }

    fn compute(&self) {
        if let Some(program) = self.load_for_computation() {
            let _ = self.computation.set(Arc::new(program));
        }
    }

    fn load_for_computation(&self) -> Option<Program> {
        let cache = self.cache.as_ref();
        let cached =
            cache.and_then(|cache| Program::cached(cache, &self.digest, &[Tier::Computation]));
        if let Some((program, _)) = cached {
            return Some(program);
        }
        // What compiled once compiles again; where it does not, the code that there is serves.
        let program = Program::compile(&self.wasm, Tier::Computation, Effort::Background).ok()?;
        if let Some(cache) = cache {
            program.keep(cache, &self.digest, None);
        }
        Some(program)
    }
}
