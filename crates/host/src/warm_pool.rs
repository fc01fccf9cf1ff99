use std::pin::pin;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU32, Ordering};
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
    limits: Limits,
    /// For executions that are tried on the caller's stack.
    in_one_go: Deck,
    /// For those that reach outside, which run where they can wait, in the tier that decides.
    suspendable: OnceLock<Box<Deck>>,
    /// Calls since the plugin was last idle.
    calls: AtomicU32,
    /// Calls at the last look of the warmer.
    seen: AtomicU32,
}

/// Instances of one program, all started in the same way.
struct Deck {
    mode: Mode,
    /// The program, once it has been asked for.
    program: OnceLock<Arc<Program>>,
    ready: ArrayQueue<Ready>,
    state: AtomicU8,
    /// Whether start-up looks for something outside, which is another in another [`World`].
    looks_outside: AtomicBool,
}

/// A deck has what it needs.
const CONTENT: u8 = 0;
/// The warmer has been asked for more.
const ASKED: u8 = 1;
/// None can stand by: calls start what they need themselves, and are told why where that fails.
const GIVEN_UP: u8 = 2;

/// An instance, and the time that its start-up took.
struct Ready {
    guest: Guest,
    start_up: Duration,
}

impl WarmPool {
    /// For executions of one plugin within `limits`.
    pub(crate) fn new(limits: &Limits) -> Arc<Self> {
        Arc::new(Self {
            limits: *limits,
            in_one_go: Deck::new(Mode::InOneGo(Duration::MAX)),
            suspendable: OnceLock::new(),
            calls: AtomicU32::new(0),
            seen: AtomicU32::new(0),
        })
    }

    /// An instance of `program` that is as if it had been started now in this world, if one stands
    /// by. Its start-up counts for the execution's clock and receipt.
    ///
    /// # Errors
    /// As [`Guest::start`].
    pub(crate) fn take(
        self: &Arc<Self>,
        program: &Arc<Program>,
        limits: &Limits,
        call: &Call,
        world: &World,
        args: &[String],
    ) -> Result<Option<Guest>, Fault> {
        // Its start-up ran under the pool's limits.
        let same_room = limits.memory_bytes == self.limits.memory_bytes
            && limits.table_elements == self.limits.table_elements;
        let deck = self.deck(program, call, world).filter(|_| same_room);
        let Some(deck) = deck else {
            return Ok(None);
        };
        let calls = self.calls.fetch_add(1, Ordering::Relaxed);
        if calls < WORTH_IT {
            return Ok(None);
        }
        let ready = deck.ready.pop();
        if deck.ready.len() <= LOW && deck.state.load(Ordering::Relaxed) == CONTENT {
            self.ask(deck);
        }
        let Some(Ready {
            mut guest,
            start_up,
        }) = ready.filter(|ready| ready.fits(world))
        else {
            return Ok(None);
        };
        let call = Call {
            clock: call.clock.clone().ahead(start_up),
            ..call.clone()
        };
        guest.begin_execution(limits, call, world, args)?;
        Ok(Some(guest))
    }

    /// Where instances for such an execution stand by, if there is such a place.
    fn deck(&self, program: &Arc<Program>, call: &Call, world: &World) -> Option<&Deck> {
        let deck = match program.tier {
            // Its imports are those of guests that never wait.
            Tier::ShortCalls if program.may_sleep && call.mode == Mode::Suspendable => return None,
            Tier::ShortCalls => &self.in_one_go,
            Tier::Computation if program.is_wasi && world.reaches_outside() => {
                let deck = || Box::new(Deck::new(Mode::Suspendable));
                self.suspendable.get_or_init(deck)
            }
            // An execution that computes for long gains nothing, and what is new will have better code.
            Tier::Computation | Tier::Baseline => return None,
        };
        if program.is_wasi && !world.is_empty() && deck.looks_outside.load(Ordering::Relaxed) {
            return None;
        }
        deck.program.get_or_init(|| program.clone());
        Some(deck)
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
    fn ask(self: &Arc<Self>, deck: &Deck) {
        // A fresh mapping for each instance is not worth keeping.
        let pooling = engine::allocation() == Ok(Allocation::Pooling);
        if let Some(warmer) = Warmer::get().filter(|_| pooling)
            && deck.state.swap(ASKED, Ordering::Relaxed) == CONTENT
        {
            warmer.ask(self);
        }
    }

    fn decks(&self) -> impl Iterator<Item = &Deck> {
        let suspendable = self.suspendable.get().map(|deck| &**deck);
        std::iter::once(&self.in_one_go).chain(suspendable)
    }

    /// Makes another instance, on the warmer's thread: whether more are wanted after it.
    pub(crate) fn warm_one(&self) -> bool {
        self.decks().any(|deck| deck.warm_one(&self.limits))
    }

    /// Gives back what stands by when there were no calls since the last look: whether it did.
    pub(crate) fn cool_down(&self) -> bool {
        let calls = self.calls.load(Ordering::Relaxed);
        if self.seen.swap(calls, Ordering::Relaxed) != calls {
            return false;
        }
        self.decks().for_each(Deck::clear);
        self.calls.store(0, Ordering::Relaxed);
        self.seen.store(0, Ordering::Relaxed);
        true
    }
}

impl Ready {
    /// Whether this world is to the guest as the empty one in which it was started.
    fn fits(&self, world: &World) -> bool {
        world.is_empty() || !self.guest.has_looked_outside()
    }
}

impl Deck {
    fn new(mode: Mode) -> Self {
        Self {
            mode,
            program: OnceLock::new(),
            ready: ArrayQueue::new(CAPACITY),
            state: AtomicU8::new(CONTENT),
            looks_outside: AtomicBool::new(false),
        }
    }

    /// Makes another instance: whether more are wanted after it.
    fn warm_one(&self, limits: &Limits) -> bool {
        if self.state.load(Ordering::Relaxed) != ASKED {
            return false;
        }
        let Some(program) = self.program.get().filter(|_| !self.ready.is_full()) else {
            self.state.store(CONTENT, Ordering::Relaxed);
            return false;
        };
        let clock = Clock::start(limits.timeout, None);
        let call = Call {
            clock: clock.clone(),
            interrupts: Interrupts::default(),
            mode: self.mode,
        };
        let (program, kind, world) = (program.clone(), Kind::Warm, World::default());
        let start = Guest::start(kind, program, limits.fuel, limits, call, &world, &[]);
        let started = drive::run(pin!(start)).and_then(|mut guest| {
            guest.prepare()?;
            Ok(guest)
        });
        match started {
            Ok(guest) if self.is_ready(&guest) => {
                // Only this thread pushes, so that there is room.
                let start_up = clock.elapsed();
                let _ = self.ready.push(Ready { guest, start_up });
                true
            }
            // Until the plugin has been idle.
            _ => {
                self.state.store(GIVEN_UP, Ordering::Relaxed);
                false
            }
        }
    }

    /// Whether this instance, just started, is one that can stand by.
    fn is_ready(&self, guest: &Guest) -> bool {
        let looked = guest.has_looked_outside();
        if looked {
            self.looks_outside.store(true, Ordering::Relaxed);
        }
        let may_stand_by = match self.mode {
            Mode::InOneGo(_) => guest.is_untouched(),
            Mode::Suspendable => !looked,
        };
        may_stand_by && guest.peak_memory() <= MAX_MEMORY_BYTES
    }

    fn clear(&self) {
        while self.ready.pop().is_some() {}
        self.state.store(CONTENT, Ordering::Relaxed);
    }
}
