use std::future::poll_fn;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::Poll;
use std::time::Duration;

/// What whoever runs an execution, a little at a time, tells it: a cheap handle (an `Arc`).
#[derive(Debug, Clone, Default)]
pub(crate) struct Runner(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    /// Nanoseconds spent outside the guest, waiting for a thread.
    paused: AtomicU64,
    /// Whether the thread that runs it now may be kept waiting.
    patient: AtomicBool,
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
                Poll::Pending
            }
        })
        .await;
    }
}
