use std::future::poll_fn;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Poll;
use std::time::{Duration, Instant};

/// What whoever runs an execution, a little at a time, tells it: a cheap handle (an `Arc`).
#[derive(Debug, Clone, Default)]
pub(crate) struct Runner(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    /// Nanoseconds spent outside the guest, waiting for a thread.
    paused: AtomicU64,
    /// Whether the thread that runs it now may be kept waiting.
    patient: AtomicBool,
    /// What it waits for, where going on would find nothing new.
    awaited: Mutex<Option<Awaited>>,
}

/// What an execution waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Awaited {
    /// A thread that may be kept waiting.
    Patience,
    /// A point in time.
    Time(Instant),
}

impl Runner {
    pub(crate) fn paused_for(&self, pause: Duration) {
        let nanos = u64::try_from(pause.as_nanos()).unwrap_or(u64::MAX);
        self.0.paused.fetch_add(nanos, Ordering::Relaxed);
    }

    /// All pauses so far.
    pub(crate) fn paused(&self) -> Duration {
        Duration::from_nanos(self.0.paused.load(Ordering::Relaxed))
    }

    pub(crate) fn set_patient(&self, patient: bool) {
        self.0.patient.store(patient, Ordering::Relaxed);
    }

    /// Comes to an end on a thread that may be kept waiting.
    pub(crate) async fn patience(&self) {
        poll_fn(|_| {
            if self.0.patient.load(Ordering::Relaxed) {
                Poll::Ready(())
            } else {
                self.wait_for(Awaited::Patience);
                Poll::Pending
            }
        })
        .await;
    }

    /// Comes to an end when the execution goes on, which is at this time or when somebody stops it.
    pub(crate) async fn sleep_until(&self, time: Instant) {
        let mut slept = false;
        poll_fn(|_| {
            if std::mem::replace(&mut slept, true) {
                Poll::Ready(())
            } else {
                self.wait_for(Awaited::Time(time));
                Poll::Pending
            }
        })
        .await;
    }

    /// What the execution waits for since it was last run, if it does.
    pub(crate) fn take_awaited(&self) -> Option<Awaited> {
        self.awaited().take()
    }

    fn wait_for(&self, awaited: Awaited) {
        *self.awaited() = Some(awaited);
    }

    fn awaited(&self) -> std::sync::MutexGuard<'_, Option<Awaited>> {
        // Nothing that could panic happens under the lock.
        self.0
            .awaited
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}
