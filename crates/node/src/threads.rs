use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use napi::Result;
use napi::bindgen_prelude::{Either, Float64ArraySlice, FnArgs, ToNapiValue};
use napi::sys::{napi_env, napi_value};
use sen_host as host;

use crate::event_loop::EventLoopFunction;
use crate::grant::{CannotOpen, Grant};
use crate::interrupt::Interrupt;
use crate::outcome::Outcome;
use crate::plugin::Plugin;
use crate::receipt::brief;

/// What a piece of work ended with.
#[allow(
    clippy::large_enum_variant,
    reason = "moved once, to where it is converted: a box would only add an allocation"
)]
pub enum Settled {
    Executed(Outcome),
    Loaded(Plugin),
    Opened(Either<Grant, CannotOpen>),
}

impl ToNapiValue for Settled {
    unsafe fn to_napi_value(env: napi_env, value: Self) -> Result<napi_value> {
        // SAFETY: the caller guarantees a valid environment on its own thread, which is all that
        // the conversions of the parts ask for.
        unsafe {
            match value {
                Self::Executed(outcome) => Outcome::to_napi_value(env, outcome),
                Self::Loaded(plugin) => Plugin::to_napi_value(env, plugin),
                Self::Opened(grant) => Either::to_napi_value(env, grant),
            }
        }
    }
}

/// Called on the event loop, with a ticket and what it is settled with.
pub(crate) type OnSettled = EventLoopFunction<(u32, Settled), FnArgs<(u32, Settled)>>;

/// What a call is that was done at once, in the brief form where it has one.
pub(crate) type Begun = Option<Either<String, Outcome>>;

/// How a call begins.
pub(crate) struct Beginning<'a> {
    /// What it is settled with where it is not done at once.
    pub(crate) ticket: u32,
    /// How long it may run on the calling thread.
    pub(crate) slice_ms: f64,
    pub(crate) receipt: Float64ArraySlice<'a>,
}

/// The host's threads, and whom in JavaScript to tell what they have done.
#[derive(Clone)]
pub(crate) struct Threads {
    executor: host::Executor,
    on_settled: Arc<OnSettled>,
    /// Triggered when nobody waits any more.
    environment: host::Interrupt,
}

impl Threads {
    pub(crate) fn new(executor: host::Executor, on_settled: OnSettled) -> Self {
        Self {
            executor,
            on_settled: Arc::new(on_settled),
            environment: host::Interrupt::default(),
        }
    }

    pub(crate) fn stats(&self) -> host::ExecutorStats {
        self.executor.stats()
    }

    pub(crate) fn retire(&self) {
        self.executor.retire();
    }

    /// Stops all that was begun here: the JavaScript environment is torn down, or nobody waits.
    pub(crate) fn close(&self) {
        self.environment.trigger(host::InterruptReason::Closed);
    }

    /// What a call listens to that `call` may stop.
    pub(crate) fn interrupts(&self, call: Option<&Interrupt>) -> host::Interrupts {
        host::Interrupts {
            owner: None,
            call: call.map(|call| call.handle.clone()),
            environment: Some(self.environment.clone()),
        }
    }

    /// Runs an execution here for as long as it may. What is not done by then goes on on the
    /// executor's threads.
    pub(crate) fn begin(
        &self,
        lane: host::Lane,
        mut execution: host::Execution,
        Beginning {
            ticket,
            slice_ms,
            mut receipt,
        }: Beginning<'_>,
    ) -> Begun {
        if slice_ms > 0.0 && execution.claim() {
            let slice = Duration::try_from_secs_f64(slice_ms / 1000.0).unwrap_or_default();
            if let Some(reply) = execution.run_without_waiting(slice) {
                return Some(brief(Outcome::of_plugin(reply), &mut receipt));
            }
        }
        let settler = self.settler(ticket);
        let work = ExecutionWork { execution, settler };
        self.executor.submit(lane, Box::new(work));
        None
    }

    /// Runs work of a lane in one go.
    pub(crate) fn run(
        &self,
        lane: host::Lane,
        ticket: u32,
        work: impl FnOnce() -> Settled + Send + 'static,
    ) {
        let mut settler = self.settler(ticket);
        self.executor.run(lane, move |admitted| match admitted {
            Ok(()) => {
                settler.settle_with(|| Some(work()));
            }
            Err(fault) => settler.settle(Settled::Executed(fault.into())),
        });
    }

    fn settler(&self, ticket: u32) -> Settler {
        let on_settled = self.on_settled.clone();
        Settler { ticket, on_settled }
    }
}

/// Tells JavaScript what came of a ticket.
struct Settler {
    ticket: u32,
    on_settled: Arc<OnSettled>,
}

impl Settler {
    fn settle(&self, settled: Settled) {
        self.on_settled.call((self.ticket, settled));
    }

    /// Settles with what the work gives, if it gives anything, or with a fault if it panics.
    fn settle_with(&mut self, work: impl FnOnce() -> Option<Settled>) -> bool {
        let settled = catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| {
            let reason = "it panicked".into();
            let fault = host::Fault::from(host::FaultKind::Internal { reason });
            Some(Settled::Executed(fault.into()))
        });
        settled.map(|settled| self.settle(settled)).is_some()
    }
}

/// An execution on the executor's threads.
struct ExecutionWork {
    execution: host::Execution,
    settler: Settler,
}

impl host::Work for ExecutionWork {
    fn run_for(&mut self, slice: Duration) -> bool {
        let Self { execution, settler } = self;
        settler.settle_with(|| {
            execution
                .run_for(slice)
                .map(|reply| Settled::Executed(Outcome::of_plugin(reply)))
        })
    }

    fn abandoned(&self) -> Option<host::Fault> {
        self.execution.abandoned()
    }

    fn is_ready(&self) -> bool {
        self.execution.is_ready()
    }

    fn claim(&mut self) -> bool {
        self.execution.claim()
    }

    fn sleeps(&self) -> bool {
        self.execution.sleeps()
    }

    fn refuse(self: Box<Self>, fault: host::Fault) {
        self.settler.settle(Settled::Executed(fault.into()));
    }
}
