use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Time that an execution spent outside the guest, waiting for a thread: a cheap handle (an
/// `Arc`), shared by the guest and whoever runs it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Pauses(Arc<AtomicU64>);

impl Pauses {
    pub(crate) fn add(&self, pause: Duration) {
        let nanos = u64::try_from(pause.as_nanos()).unwrap_or(u64::MAX);
        self.0.fetch_add(nanos, Ordering::Relaxed);
    }

    fn total(&self) -> Duration {
        Duration::from_nanos(self.0.load(Ordering::Relaxed))
    }
}

/// The time inside a guest, and how much of it is allowed.
#[derive(Debug, Clone)]
pub(crate) struct Clock {
    began: Instant,
    timeout: Duration,
    pauses: Option<Pauses>,
    /// Time inside the guest before this started.
    earlier: Duration,
    /// Time since then that is not counted.
    forgiven: Duration,
}

impl Clock {
    /// Starts now. Pauses do not count, where there can be any.
    pub(crate) fn start(timeout: Duration, pauses: Option<Pauses>) -> Self {
        Self {
            began: Instant::now(),
            timeout,
            pauses,
            earlier: Duration::ZERO,
            forgiven: Duration::ZERO,
        }
    }

    /// The same clock, that much ahead: what the guest did before counts too.
    pub(crate) fn ahead(self, earlier: Duration) -> Self {
        Self { earlier, ..self }
    }

    /// The same clock, begun anew: what was done until now was in vain.
    pub(crate) fn restart(self) -> Self {
        let forgiven = self.forgiven + self.elapsed();
        Self { forgiven, ..self }
    }

    /// The time inside the guest so far.
    pub(crate) fn elapsed(&self) -> Duration {
        let paused = self.pauses.as_ref().map_or(Duration::ZERO, Pauses::total);
        (self.earlier + self.began.elapsed()).saturating_sub(paused + self.forgiven)
    }

    pub(crate) fn is_over(&self) -> bool {
        self.elapsed() >= self.timeout
    }

    pub(crate) fn timeout(&self) -> Duration {
        self.timeout
    }
}
