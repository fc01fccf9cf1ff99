use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::thread::{self, Thread};
use std::time::Duration;

/// How often running guests look at the clock and at their interrupts.
const TICK: Duration = Duration::from_millis(1);

/// Ticks without a guest after which the ticker goes to sleep. Long enough that a program which
/// executes plugins one after the other does not wake it for each.
const IDLE_TICKS: u32 = 100;

/// Moves the engine's epoch while guests run, and sleeps otherwise.
///
/// An epoch tick makes running guests look at their deadline and interrupts. The thread is started
/// by the first execution; entering costs two atomic operations after that. With no guest inside
/// it parks, so that an idle host never wakes up.
pub(crate) struct EpochTicker {
    shared: Arc<Shared>,
    thread: OnceLock<Thread>,
    /// Held while the thread is started.
    starting: Mutex<()>,
}

struct Shared {
    engine: wasmtime::Engine,
    inside: AtomicUsize,
    parked: AtomicBool,
}

impl EpochTicker {
    pub(crate) fn new(engine: wasmtime::Engine) -> Self {
        let shared = Shared {
            engine,
            inside: AtomicUsize::new(0),
            parked: AtomicBool::new(false),
        };
        Self {
            shared: Arc::new(shared),
            thread: OnceLock::new(),
            starting: Mutex::new(()),
        }
    }

    /// Counts a guest as running until the returned guard is dropped.
    pub(crate) fn enter(&self) -> Inside<'_> {
        // Sequentially consistent, as in `run`: either this sees `parked`, or the ticker sees `inside`.
        self.shared.inside.fetch_add(1, Ordering::SeqCst);
        match self.thread.get() {
            Some(thread) => {
                if self.shared.parked.swap(false, Ordering::SeqCst) {
                    thread.unpark();
                }
            }
            None => self.start(),
        }
        Inside(&self.shared.inside)
    }

    #[cold]
    fn start(&self) {
        let _starting = self.starting.lock().unwrap_or_else(PoisonError::into_inner);
        if self.thread.get().is_some() {
            return;
        }
        let shared = self.shared.clone();
        let spawned = thread::Builder::new()
            .name("sen-epoch".into())
            .stack_size(64 << 10)
            .spawn(move || shared.run());
        // Without a ticker, fuel still bounds every guest, and interrupts move the epoch themselves.
        // The next guest that enters tries again.
        if let Ok(handle) = spawned {
            let _ = self.thread.set(handle.thread().clone());
        }
    }
}

impl Shared {
    fn run(&self) {
        let mut idle = 0;
        loop {
            thread::sleep(TICK);
            if self.inside.load(Ordering::SeqCst) > 0 {
                idle = 0;
                self.engine.increment_epoch();
                continue;
            }
            idle += 1;
            if idle < IDLE_TICKS {
                continue;
            }
            idle = 0;
            self.parked.store(true, Ordering::SeqCst);
            while self.parked.load(Ordering::SeqCst) && self.inside.load(Ordering::SeqCst) == 0 {
                thread::park();
            }
            self.parked.store(false, Ordering::SeqCst);
        }
    }
}

/// A guest is inside while this lives.
pub(crate) struct Inside<'a>(&'a AtomicUsize);

impl Drop for Inside<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}
