use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::thread::{self, Thread};
use std::time::Duration;

use crate::engine;

/// How often running guests look at the clock and at their interrupts.
const TICK: Duration = Duration::from_millis(1);

/// Ticks without a guest after which the ticker goes to sleep. Long enough that a program which
/// executes plugins one after the other does not wake it for each.
const IDLE_TICKS: u32 = 100;

/// Moves the engines' epochs while guests run, and sleeps otherwise.
///
/// An epoch tick makes running guests look at their deadline and interrupts. The thread is started
/// by the first execution; entering costs two atomic operations after that. With no guest inside
/// it parks, so that an idle host never wakes up.
struct Ticker {
    inside: AtomicUsize,
    parked: AtomicBool,
    thread: OnceLock<Thread>,
    /// Held while the thread is started.
    starting: Mutex<()>,
}

static TICKER: Ticker = Ticker {
    inside: AtomicUsize::new(0),
    parked: AtomicBool::new(false),
    thread: OnceLock::new(),
    starting: Mutex::new(()),
};

/// Counts a guest as running until the returned guard is dropped.
pub(crate) fn enter() -> Inside {
    // Sequentially consistent, as in `run`: either this sees `parked`, or the ticker sees `inside`.
    TICKER.inside.fetch_add(1, Ordering::SeqCst);
    match TICKER.thread.get() {
        Some(thread) => {
            if TICKER.parked.swap(false, Ordering::SeqCst) {
                thread.unpark();
            }
        }
        None => TICKER.start(),
    }
    Inside(())
}

/// Where there is no room for the ticker's thread: moves the epochs for it. To be called wherever a
/// guest is suspended, which its fuel sees to.
pub(crate) fn stand_in() {
    if TICKER.thread.get().is_none() {
        engine::advance_epoch();
    }
}

impl Ticker {
    #[cold]
    fn start(&self) {
        let _starting = self.starting.lock().unwrap_or_else(PoisonError::into_inner);
        if self.thread.get().is_some() {
            return;
        }
        let spawned = thread::Builder::new()
            .name("sen-epoch".into())
            .stack_size(64 << 10)
            .spawn(|| TICKER.run());
        // Without a ticker, whoever runs a guest stands in for it, and interrupts move the epoch
        // themselves. The next guest that enters tries again.
        if let Ok(handle) = spawned {
            let _ = self.thread.set(handle.thread().clone());
        }
    }

    fn run(&self) {
        let mut idle = 0;
        loop {
            thread::sleep(TICK);
            if self.inside.load(Ordering::SeqCst) > 0 {
                idle = 0;
                engine::advance_epoch();
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
pub(crate) struct Inside(());

impl Drop for Inside {
    fn drop(&mut self) {
        TICKER.inside.fetch_sub(1, Ordering::SeqCst);
    }
}
