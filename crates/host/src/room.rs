use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::engine::{MAX_INSTANCES, executions};
use crate::error::{Fault, FaultKind};

/// What instances are for. Each kind has room of its own, so that ones that are held for long
/// (suspended by an effect, or live) leave room for loading and for calls that are done at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Executions, those included that wait for the result of an effect.
    Execution,
    /// Live instances.
    Live,
    /// Asking for a manifest.
    Loading,
    /// Instances that stand by for executions.
    Warm,
}

static COUNTS: [AtomicUsize; 4] = [const { AtomicUsize::new(0) }; 4];

impl Kind {
    fn limit(self) -> usize {
        let all = MAX_INSTANCES as usize;
        match self {
            Self::Execution => executions(),
            Self::Live => all / 8 * 3,
            Self::Loading => all / 64 * 7,
            Self::Warm => all / 64,
        }
    }

    /// How much room of this kind is taken.
    pub(crate) fn taken(self) -> usize {
        self.count().load(Ordering::Relaxed)
    }

    fn count(self) -> &'static AtomicUsize {
        let [execution, live, loading, warm] = &COUNTS;
        match self {
            Self::Execution => execution,
            Self::Live => live,
            Self::Loading => loading,
            Self::Warm => warm,
        }
    }

    /// Whether there is room for more than those who ask at the same moment.
    pub(crate) fn has_room(self) -> bool {
        self.taken() < self.limit() / 3 * 2
    }
}

/// How many executions one plugin has begun that are not over: a cheap handle (an `Arc`).
#[derive(Debug, Clone, Default)]
pub(crate) struct Share(Arc<AtomicUsize>);

impl Share {
    /// Whether another one leaves an eighth of the room for executions that can begin to others:
    /// what waits for something outside may wait for long.
    pub(crate) fn has_room(&self) -> bool {
        Self::leaves_room(self.0.load(Ordering::Relaxed))
    }

    fn leaves_room(begun: usize) -> bool {
        let all = Kind::Execution.limit() / 3 * 2;
        begun < all / 8 * 7
    }

    /// Counts an execution if [`Share::has_room`] holds for it, whoever else asks meanwhile.
    pub(crate) fn claim(&self) -> Option<Taken> {
        let more = |begun| Self::leaves_room(begun).then_some(begun + 1);
        let claimed = (self.0).fetch_update(Ordering::Relaxed, Ordering::Relaxed, more);
        claimed.ok().map(|_| Taken(self.clone()))
    }

    /// Counts an execution in any case, until what this returns is dropped.
    pub(crate) fn take(&self) -> Taken {
        self.0.fetch_add(1, Ordering::Relaxed);
        Taken(self.clone())
    }
}

/// An execution that counts.
#[derive(Debug)]
pub(crate) struct Taken(Share);

impl Drop for Taken {
    fn drop(&mut self) {
        self.0.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Room for one instance, until it is dropped. An instance with several memories or tables takes as
/// much as several instances do.
#[derive(Debug)]
pub(crate) struct Room {
    kind: Kind,
    size: usize,
}

impl Room {
    /// # Errors
    /// `Busy` when there is none left.
    pub(crate) fn take(kind: Kind, size: usize) -> Result<Self, Fault> {
        let taken = kind.count().fetch_add(size, Ordering::Relaxed);
        // Made first, so that dropping it takes the count back.
        let room = Self { kind, size };
        if taken + size <= kind.limit() {
            return Ok(room);
        }
        let limit = kind.limit() as u64;
        Err(FaultKind::Busy { limit }.into())
    }

    /// Has the instance count as another kind from now on.
    ///
    /// # Errors
    /// `Busy` when there is no room for that kind.
    pub(crate) fn move_to(&mut self, kind: Kind) -> Result<(), Fault> {
        *self = Self::take(kind, self.size)?;
        Ok(())
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        self.kind.count().fetch_sub(self.size, Ordering::Relaxed);
    }
}
