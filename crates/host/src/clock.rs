use std::time::{Duration, Instant};

use crate::runner::Runner;

/// The time inside a guest, and how much of it is allowed.
#[derive(Debug, Clone)]
pub(crate) struct Clock {
    began: Instant,
    timeout: Duration,
    runner: Option<Runner>,
    /// Time inside the guest before this started.
    earlier: Duration,
    /// Time since then that is not counted.
    forgiven: Duration,
}

impl Clock {
    /// Starts now. Pauses do not count, where there can be any.
    pub(crate) fn start(timeout: Duration, runner: Option<Runner>) -> Self {
        Self {
            began: Instant::now(),
            timeout,
            runner,
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

    /// Takes this time for none of the guest's.
    pub(crate) fn forgive(&mut self, time: Duration) {
        self.forgiven += time;
    }

    /// Whoever counts pauses.
    pub(crate) fn runner(&self) -> Option<&Runner> {
        self.runner.as_ref()
    }

    /// The time inside the guest so far.
    pub(crate) fn elapsed(&self) -> Duration {
        let paused = self.runner.as_ref().map_or(Duration::ZERO, Runner::paused);
        (self.earlier + self.began.elapsed()).saturating_sub(paused + self.forgiven)
    }

    pub(crate) fn is_over(&self) -> bool {
        self.elapsed() >= self.timeout
    }

    pub(crate) fn timeout(&self) -> Duration {
        self.timeout
    }
}
