use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, Weak};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

use crossbeam_queue::ArrayQueue;

use crate::drive::THREAD_STACK_BYTES;
use crate::executor::Executor;
use crate::guest::Guest;
use crate::warm_pool::WarmPool;

/// Instances that wait to be thrown away. When there are more, whoever has one does it himself.
const DISCARDED: usize = 12;

/// As many as this, and the warmer is woken for them.
const MANY: usize = 4;

/// How long it stays awake without work. Waking a thread costs its caller more than the call that it is
/// spared; without this, calls that come a little slower than it works would each time pay for that.
const LINGER: Duration = Duration::from_micros(50);

/// How often plugins are looked at that are not called any more.
const LOOK: Duration = Duration::from_secs(1);

/// The warmer works, and sees for itself what there is to do.
const AWAKE: u8 = 0;
/// It will look at the latest after [`LOOK`]: not worth waking for little.
const NAPPING: u8 = 1;
/// It has nothing left to look after.
const ASLEEP: u8 = 2;

/// A thread of the process that does before and after calls what they need not wait for: it makes
/// instances that stand by, and wipes those that were used. With nothing to look after it sleeps
/// without a wake-up.
pub(crate) struct Warmer {
    discarded: ArrayQueue<Guest>,
    asked: Mutex<Vec<Weak<WarmPool>>>,
    state: AtomicU8,
    thread: OnceLock<Thread>,
}

static WARMER: OnceLock<Option<Arc<Warmer>>> = OnceLock::new();

impl Warmer {
    /// The warmer, started by the first call; none where the machine has no second core for it.
    pub(crate) fn get() -> Option<&'static Self> {
        let warmer = WARMER.get_or_init(|| {
            if Executor::default_concurrency() < 2 {
                return None;
            }
            let warmer = Arc::new(Self {
                discarded: ArrayQueue::new(DISCARDED),
                asked: Mutex::default(),
                state: AtomicU8::new(AWAKE),
                thread: OnceLock::new(),
            });
            let thread = thread::Builder::new()
                .name("sen-warm".into())
                .stack_size(THREAD_STACK_BYTES);
            let worker = warmer.clone();
            let thread = thread.spawn(move || worker.run()).ok()?;
            let _ = warmer.thread.set(thread.thread().clone());
            Some(warmer)
        });
        warmer.as_deref()
    }

    /// Throws an instance away, here if too many wait for it already.
    pub(crate) fn discard(&self, guest: Guest) {
        // One that finds no room is dropped by this.
        let _ = self.discarded.push(guest);
        match self.state.load(Ordering::SeqCst) {
            AWAKE => {}
            NAPPING if self.discarded.len() < MANY => {}
            _ => self.wake(),
        }
    }

    /// Makes instances for this pool until it is full.
    pub(crate) fn ask(&self, pool: &Arc<WarmPool>) {
        let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        asked.push(Arc::downgrade(pool));
        drop(asked);
        self.wake();
    }

    fn wake(&self) {
        if self.state.swap(AWAKE, Ordering::SeqCst) != AWAKE
            && let Some(thread) = self.thread.get()
        {
            thread.unpark();
        }
    }

    fn run(&self) {
        // Pools that have instances standing by.
        let mut warm: Vec<Weak<WarmPool>> = Vec::new();
        let mut looked = Instant::now();
        loop {
            let mut worked = self.discarded.pop().is_some();
            let asked = {
                let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
                std::mem::take(&mut *asked)
            };
            for pool in asked {
                worked = true;
                if !warm.iter().any(|known| known.ptr_eq(&pool)) {
                    warm.push(pool.clone());
                }
                self.fill(&pool);
            }
            if looked.elapsed() >= LOOK {
                looked = Instant::now();
                warm.retain(|pool| pool.upgrade().is_some_and(|pool| !pool.cool_down()));
            }
            if worked || self.linger() {
                continue;
            }
            let idle = warm.is_empty();
            self.state
                .store(if idle { ASLEEP } else { NAPPING }, Ordering::SeqCst);
            if !self.has_work() {
                if idle {
                    thread::park();
                } else {
                    thread::park_timeout(LOOK);
                }
            }
            self.state.store(AWAKE, Ordering::SeqCst);
        }
    }

    fn fill(&self, pool: &Weak<WarmPool>) {
        // The pool is let go in between: a plugin that is gone by then is not kept by this.
        while pool.upgrade().is_some_and(|pool| pool.warm_one()) {
            // A slot that has just been wiped is the cheapest to start in.
            drop(self.discarded.pop());
        }
    }

    /// Waits a little for work, without sleeping: whether some came.
    fn linger(&self) -> bool {
        let began = Instant::now();
        while !self.has_work() {
            if began.elapsed() >= LINGER {
                return false;
            }
            // To whoever else wants this core, the caller included.
            thread::yield_now();
        }
        true
    }

    fn has_work(&self) -> bool {
        let asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        !asked.is_empty() || !self.discarded.is_empty()
    }
}
