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
pub(crate) const COMPUTATION: u64 = 1_000_000;

/// An execution that uses this much fuel is no short one.
pub(crate) const LONG: u64 = 100_000;

/// As many executions, and a plugin is worth code for short calls. A program that executes a plugin
/// once and ends would only be kept busy by it.
const OFTEN: u32 = 3;

static NEXT_ID: AtomicU64 = AtomicU64::new(1);

/// Compiles in the background, one module at a time.
static IMPROVER: LazyLock<Executor> = LazyLock::new(|| Executor::new(1, usize::MAX));

/// A plugin's code: a cheap handle (an `Arc`).
///
/// A module that no cache knows begins with baseline code, which is there soonest. When it is
/// executed more than now and then, it is compiled for short calls, in the background, and runs that
/// code until an execution turns out to compute much: then it is compiled for computation. Fuel,
/// limits and results are the same.
///
/// How deep calls can nest depends on the size of compiled frames, and so on the tier. The tier
/// for computation decides: whoever overflows the smaller stack of another one is run again in it,
/// and what cannot be run again runs in it only: live instances, and executions that reach outside.
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
    baseline: Mutex<Option<Arc<Program>>>,
    short_calls: OnceLock<Arc<Program>>,
    computation: OnceLock<Arc<Program>>,
    /// Whether the cache has just got better code than baseline code.
    is_kept: AtomicBool,
    /// Held while code for computation is made: whoever needs it then waits for it.
    compiling: Mutex<()>,
    /// Executions so far, as far as it matters.
    executions: AtomicU32,
    /// Whether an execution computed much.
    computes: AtomicBool,
    /// Whether the last execution used more fuel than a short one.
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
        wasm: Box<[u8]>,
        digest: blake3::Hash,
        cache: Option<&CompileCache>,
        load_for: LoadFor,
    ) -> Result<(Self, Origin), Fault> {
        let known: &[Tier] = match load_for {
            LoadFor::Executions => &[Tier::ShortCalls, Tier::Computation, Tier::Baseline],
            LoadFor::LiveInstance => &[Tier::Computation],
        };
        let cached = cache.and_then(|cache| Program::cached(cache, &digest, known));
        let (program, origin) = match cached {
            Some((program, manifest)) => (program, Origin::Cache(manifest)),
            None => {
                let module = precheck(&wasm)?;
                let tier = match load_for {
                    // What can reach outside will, and runs where it need not be run again.
                    LoadFor::Executions if !module.has_imports && has_baseline() => Tier::Baseline,
                    _ => Tier::Computation,
                };
                let program = Program::compile(&wasm, tier, Effort::Foreground)?;
                (program, Origin::Compiled)
            }
        };
        let program = Arc::new(program);
        let manifest = match &origin {
            Origin::Cache(Some(manifest)) => OnceLock::from(manifest.clone()),
            _ => OnceLock::new(),
        };
        let tiers = Tiers {
            id: NEXT_ID.fetch_add(1, Ordering::Relaxed),
            wasm,
            digest,
            cache: cache.cloned(),
            manifest,
            short_calls: once(place(&program, Tier::ShortCalls)),
            computation: once(place(&program, Tier::Computation)),
            baseline: Mutex::new(place(&program, Tier::Baseline)),
            is_kept: AtomicBool::new(false),
            compiling: Mutex::new(()),
            executions: AtomicU32::new(0),
            computes: AtomicBool::new(false),
            long: AtomicBool::new(false),
        };
        Ok((Self(Arc::new(tiers)), origin))
    }

    /// Has the cache keep this code, now that its guest has said what it is under these limits, and
    /// uses it from there. Before there are other handles.
    pub(crate) fn keep(&mut self, manifest: Box<[u8]>, limits: &Limits) {
        let best = self.best().into_owned();
        let Some(tiers) = Arc::get_mut(&mut self.0) else {
            return;
        };
        let manifest = KeptManifest::new(manifest, limits);
        tiers.manifest = OnceLock::from(manifest.clone());
        let Some(cache) = &tiers.cache else {
            return;
        };
        let Some(kept) = best.keep(cache, &tiers.digest, Some(manifest)) else {
            return;
        };
        match kept.tier {
            Tier::Baseline => *tiers.baseline() = Some(Arc::new(kept)),
            Tier::ShortCalls => tiers.short_calls = OnceLock::from(Arc::new(kept)),
            Tier::Computation => tiers.computation = OnceLock::from(Arc::new(kept)),
        }
        if best.tier != Tier::Baseline {
            // An earlier load, for executions, may have left it.
            cache.forget(&tiers.digest, Tier::Baseline);
        }
    }

    /// A number that tells this code from all others of the process.
    pub(crate) fn id(&self) -> u64 {
        self.0.id
    }

    /// Bytes of the images of compiled code, in all tiers that there are now.
    pub(crate) fn bytes(&self) -> usize {
        let bytes = |program: Option<&Arc<Program>>| program.map_or(0, |program| program.bytes());
        bytes(self.0.short_calls.get())
            + bytes(self.0.computation.get())
            + bytes(self.0.baseline().as_ref())
    }

    /// The best program for executions that there is now.
    pub(crate) fn best(&self) -> Cow<'_, Arc<Program>> {
        loop {
            if let Some(program) = self.0.optimised() {
                return Cow::Borrowed(program);
            }
            if let Some(program) = &*self.0.baseline() {
                return Cow::Owned(program.clone());
            }
            // It was let go in between, for better code that is there now.
        }
    }

    /// The program that decides, if there is one already.
    pub(crate) fn has_deciding(&self) -> bool {
        self.0.computation.get().is_some()
    }

    /// The program that decides: made now, where there is none yet. Not for a thread that others
    /// wait for.
    ///
    /// # Errors
    /// What loading would have ended with: what compiled once compiles again.
    pub(crate) fn deciding(&self) -> Result<&Arc<Program>, Fault> {
        self.0.deciding(Effort::Foreground)
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
        if fuel >= COMPUTATION && !self.0.computes.load(Ordering::Relaxed) {
            self.compute();
        }
        if !self.0.computes.load(Ordering::Relaxed)
            && self.0.short_calls.get().is_none()
            && self.0.executions.fetch_add(1, Ordering::Relaxed) + 1 == OFTEN
        {
            self.shorten();
        }
    }

    /// Has code for short calls made in the background.
    #[cold]
    fn shorten(&self) {
        self.improve(Tiers::shorten);
    }

    /// Has code for computation used from now on, and made in the background if there is none.
    #[cold]
    pub(crate) fn compute(&self) {
        if !self.0.computes.swap(true, Ordering::Relaxed) {
            self.prepare_deciding();
        }
    }

    /// Has the program that decides made in the background, if there is none yet.
    pub(crate) fn prepare_deciding(&self) {
        if !self.has_deciding() {
            self.improve(|tiers| {
                let _ = tiers.deciding(Effort::Background);
            });
        }
    }

    fn improve(&self, work: impl FnOnce(&Tiers) + Send + 'static) {
        // A plugin that is gone by then is not compiled.
        let code = Arc::downgrade(&self.0);
        IMPROVER.run(0, move |admitted| {
            // Where the system has no thread for it, this is the caller's.
            if admitted.is_ok()
                && let Some(tiers) = code.upgrade()
            {
                work(&tiers);
            }
        });
    }
}

impl Tiers {
    fn optimised(&self) -> Option<&Arc<Program>> {
        let (short_calls, computation) = (self.short_calls.get(), self.computation.get());
        if self.computes.load(Ordering::Relaxed) {
            computation.or(short_calls)
        } else {
            short_calls.or(computation)
        }
    }

    fn baseline(&self) -> MutexGuard<'_, Option<Arc<Program>>> {
        self.baseline.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn deciding(&self, effort: Effort) -> Result<&Arc<Program>, Fault> {
        if let Some(program) = self.computation.get() {
            return Ok(program);
        }
        let _compiling = self
            .compiling
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(program) = self.computation.get() {
            return Ok(program);
        }
        let program = self.load(Tier::Computation, effort)?;
        let program = self.computation.get_or_init(|| Arc::new(program));
        self.supersede_baseline();
        Ok(program)
    }

    fn shorten(&self) {
        // What compiled once compiles again; where it does not, the code that there is serves.
        if engine::allocation() != Ok(Allocation::Pooling) {
            // Where memory is mapped for each instance, short calls gain nothing by code of their own.
            let _ = self.deciding(Effort::Background);
        } else if let Ok(program) = self.load(Tier::ShortCalls, Effort::Background) {
            let _ = self.short_calls.set(Arc::new(program));
            self.supersede_baseline();
        }
    }

    /// Lets baseline code go, now that there is better; from the cache too, if that keeps the better.
    fn supersede_baseline(&self) {
        *self.baseline() = None;
        if self.is_kept.swap(false, Ordering::Relaxed)
            && let Some(cache) = &self.cache
        {
            cache.forget(&self.digest, Tier::Baseline);
        }
    }

    /// An optimised tier, from the cache or compiled and kept there.
    fn load(&self, tier: Tier, effort: Effort) -> Result<Program, Fault> {
        let cache = self.cache.as_ref();
        let cached = cache.and_then(|cache| Program::cached(cache, &self.digest, &[tier]));
        if let Some((program, _)) = cached {
            return Ok(program);
        }
        let program = Program::compile(&self.wasm, tier, effort)?;
        // Of a module that has not loaded wholly yet, nothing is kept: `Code::keep` does when it has.
        if let (Some(cache), Some(manifest)) = (cache, self.manifest.get()) {
            let kept = program.keep(cache, &self.digest, Some(manifest.clone()));
            self.is_kept.store(kept.is_some(), Ordering::Relaxed);
            return Ok(kept.unwrap_or(program));
        }
        Ok(program)
    }
}

/// Whether there is room for what baseline code needs.
fn has_baseline() -> bool {
    Tier::Baseline.engine().is_ok()
}

/// This program, if it is of that tier.
fn place(program: &Arc<Program>, tier: Tier) -> Option<Arc<Program>> {
    (program.tier == tier).then(|| program.clone())
}

fn once<T>(value: Option<T>) -> OnceLock<T> {
    value.map_or_else(OnceLock::new, OnceLock::from)
}
