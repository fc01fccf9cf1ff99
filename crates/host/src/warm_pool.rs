use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use crossbeam_queue::ArrayQueue;

use crate::clock::Clock;
use crate::drive;
use crate::engine::{self, Allocation};
use crate::error::Fault;
use crate::guest::{Call, Guest, Mode};
use crate::interrupt::Interrupts;
use crate::limits::Limits;
use crate::program::{Program, Tier};
use crate::room::Kind;
use crate::sandbox::World;
use crate::warmer::Warmer;

/// Instances of one plugin that stand by.
const CAPACITY: usize = 8;

/// As many as this, or fewer, and more are made.
const LOW: usize = CAPACITY / 2;

/// Calls that a plugin gets before instances are made ahead for it: a program that calls it now
/// and then pays for no other thread.
const WORTH_IT: u32 = 32;

/// Memory of an instance that is made ahead, or wiped on another thread: above, what waits would
/// take more room than the time that is saved is worth.
const MAX_MEMORY_BYTES: usize = 4 << 20;

/// Pristine instances of a plugin that is called often: started ahead of its calls by an idle
/// thread, which wipes those that calls have left behind as well. A call that finds one ready is
/// spared most of what its isolation costs.
///
/// What stands by has run its start-up and nothing else, and is used for one execution. Bounded
/// for each plugin and, by [`Kind::Warm`], for the process; given back when there are no calls.
pub(crate) struct WarmPool {
    /// The plugin's program for short calls, once there is one.
    program: OnceLock<Arc<Program>>,
    limits: Limits,
    ready: ArrayQueue<Ready>,
    /// Calls since the plugin was last idle.
    calls: AtomicU32,
    /// Calls at the last look of the warmer.
    seen: AtomicU32,
    /// Whether the warmer has been asked for more.
    asked: AtomicBool,
}

/// An instance, and the time that its start-up took.
struct Ready {
    guest: Guest,
    start_up: Duration,
}

impl WarmPool {
    /// For executions of one plugin within `limits`.
    pub(crate) fn new(limits: &Limits) -> Arc<Self> {
        Arc::new(Self {
            program: OnceLock::new(),
            limits: *limits,
            ready: ArrayQueue::new(CAPACITY),
            calls: AtomicU32::new(0),
            seen: AtomicU32::new(0),
            asked: AtomicBool::new(false),
        })
    }

    /// An instance of `program` that is as if it had been started now, if one stands by. Its
    /// start-up counts for the execution's clock and receipt.
    ///
    /// # Errors
    /// As [`Guest::start`].
    pub(crate) fn take(
        self: &Arc<Self>,
        program: &Arc<Program>,
        limits: &Limits,
        call: &Call,
        args: &[String],
    ) -> Result<Option<Guest>, Fault> {
        let same_room = limits.memory_bytes == self.limits.memory_bytes
            && limits.table_elements == self.limits.table_elements;
        // Its start-up ran under the pool's limits, on the program for short calls.
        if !same_room || program.tier != Tier::ShortCalls {
            return Ok(None);
        }
        self.program.get_or_init(|| program.clone());
        let calls = self.calls.fetch_add(1, Ordering::Relaxed);
        if calls < WORTH_IT {
            return Ok(None);
        }
        let ready = self.ready.pop();
        if self.ready.len() <= LOW && !self.asked.load(Ordering::Relaxed) {
            self.ask();
        }
        let Some(Ready {
            mut guest,
            start_up,
        }) = ready
        else {
            return Ok(None);
        };
        let call = Call {
            clock: call.clock.clone().ahead(start_up),
            ..call.clone()
        };
        guest.begin_execution(limits, call, args)?;
        Ok(Some(guest))
    }

    /// Throws an instance away that is not needed any more: elsewhere, where that is worth it.
    pub(crate) fn discard(&self, guest: Guest) {
        let busy = self.calls.load(Ordering::Relaxed) >= WORTH_IT;
        if let Some(warmer) = Warmer::get().filter(|_| busy)
            && guest.peak_memory() <= MAX_MEMORY_BYTES
        {
            warmer.discard(guest);
        }
    }

    #[cold]
    fn ask(self: &Arc<Self>) {
        // A fresh mapping for each instance is not worth keeping.
        let pooling = engine::allocation() == Ok(Allocation::Pooling);
        if let Some(warmer) = Warmer::get().filter(|_| pooling)
            && !self.asked.swap(true, Ordering::Relaxed)
        {
            warmer.ask(self);
        }
    }

    /// Makes another instance, on the warmer's thread: whether more are wanted after it.
    pub(crate) fn warm_one(&self) -> bool {
        let Some(program) = self.program.get().filter(|_| !self.ready.is_full()) else {
            self.asked.store(false, Ordering::Relaxed);
            return false;
        };
        let clock = Clock::start(self.limits.timeout, None);
        let call = Call {
            clock: clock.clone(),
            interrupts: Interrupts::default(),
            mode: Mode::InOneGo(Duration::MAX),
        };
        let (program, limits) = (program.clone(), &self.limits);
        let (kind, world) = (Kind::Warm, World::default());
        let start = Guest::start(kind, program, limits.fuel, limits, call, &world, &[]);
        let started = drive::run(start).and_then(|mut guest| {
            guest.prepare()?;
            Ok(guest)
        });
        match started {
            Ok(guest) if guest.peak_memory() <= MAX_MEMORY_BYTES && guest.is_untouched() => {
                // Only this thread pushes, so that there is room.
                let start_up = clock.elapsed();
                let _ = self.ready.push(Ready { guest, start_up });
                true
            }
            // Nothing of this plugin stands by until it has been idle: calls start what they need
            // themselves, and are told why where that fails. `asked` stays.
            _ => false,
        }
    }

    /// Gives back what stands by when there were no calls since the last look: whether it did.
    pub(crate) fn cool_down(&self) -> bool {
        let calls = self.calls.load(Ordering::Relaxed);
        if self.seen.swap(calls, Ordering::Relaxed) != calls {
            return false;
        }
        while self.ready.pop().is_some() {}
        self.calls.store(0, Ordering::Relaxed);
        self.seen.store(0, Ordering::Relaxed);
        self.asked.store(false, Ordering::Relaxed);
        true
    }
}
