use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use sen_host_protocol::{EffectResult, ExecuteResult};

use crate::clock::Clock;
use crate::drive;
use crate::error::{Fault, FaultKind};
use crate::execution::Execution;
use crate::guest::{Call, Guest, Lifetime, Mode};
use crate::interrupt::{Interrupt, InterruptReason, Interrupts};
use crate::limits::Limits;
use crate::output::Captured;
use crate::plugin::{Plugin, Reply};
use crate::room::{Kind, Taken};
use crate::runner::Runner;
use crate::sandbox::World;
use crate::usage::Usage;

/// One live instance of a plugin, whose memory persists from call to call.
///
/// The instance is made by the first call. One call runs at a time; others wait for it. A call
/// that traps, runs over a limit or is interrupted leaves the guest in the middle of something:
/// that instance is thrown away, and the next call begins with a fresh one.
pub struct Instance {
    plugin: Plugin,
    slot: Mutex<Slot>,
    closed: Interrupt,
}

/// Where the guest is.
enum Slot {
    /// Here, if it has been made.
    Free(Option<Box<Guest>>),
    /// With the call that runs.
    Taken,
}

/// What a call hands to the guest.
pub enum Input {
    /// Arguments for the plugin's command.
    Execute(Vec<String>),
    /// The result of the effect with this id, for the guest that asked for it.
    Resume(u32, EffectResult),
}

impl Instance {
    /// A live instance, to be made by its first call.
    pub fn new(plugin: Plugin) -> Self {
        plugin.prepare_live();
        Self::with(plugin, None)
    }

    /// The instance of an execution that waits for the result of an effect.
    pub(crate) fn suspended(plugin: Plugin, guest: Guest) -> Self {
        Self::with(plugin, Some(guest))
    }

    /// Has it count as an execution until it is closed.
    pub(crate) fn count_as(&self, taken: Option<Taken>) {
        if let Slot::Free(Some(guest)) = &mut *self.slot() {
            guest.count_as(taken);
        }
    }

    fn with(plugin: Plugin, guest: Option<Guest>) -> Self {
        Self {
            plugin,
            slot: Mutex::new(Slot::Free(guest.map(Box::new))),
            closed: Interrupt::default(),
        }
    }

    /// Runs the plugin's command on this instance.
    ///
    /// # Errors
    /// The faults of a guest, and `Closed`.
    pub fn execute(
        &self,
        args: impl Into<Vec<String>>,
        limits: &Limits,
        interrupts: impl Into<Interrupts>,
    ) -> Result<(ExecuteResult, Usage), Fault> {
        self.run(Input::Execute(args.into()), limits, interrupts.into())
    }

    /// Hands the result of an effect to this instance, which asked for it.
    ///
    /// # Errors
    /// The faults of a guest, `MissingExport` for one that cannot be resumed, and `Closed`.
    pub fn resume(
        &self,
        effect_id: u32,
        result: &EffectResult,
        limits: &Limits,
        interrupts: impl Into<Interrupts>,
    ) -> Result<(ExecuteResult, Usage), Fault> {
        let input = Input::Resume(effect_id, result.clone());
        self.run(input, limits, interrupts.into())
    }

    /// A function of this crate's own, that no caller has a copy of: calls into guests compiled twice
    /// need not leave them the same stack.
    #[inline(never)]
    fn run(
        &self,
        input: Input,
        limits: &Limits,
        interrupts: Interrupts,
    ) -> Result<(ExecuteResult, Usage), Fault> {
        let reply = drive::run(pin!(self.call(input, limits, interrupts, None)))?;
        Ok((reply.result, reply.usage))
    }

    /// As [`Instance::execute`] and [`Instance::resume`], to be run a little at a time.
    pub fn start(
        self: &Arc<Self>,
        input: Input,
        limits: Limits,
        interrupts: Interrupts,
    ) -> Execution {
        let instance = self.clone();
        let runner = Runner::default();
        let (heard, told) = (interrupts.clone(), runner.clone());
        let running = async move { instance.call(input, &limits, heard, Some(told)).await };
        Execution::new(Box::pin(running), runner, interrupts, None)
    }

    /// Throws the instance away; a call that runs is stopped, and later ones are refused. Does not
    /// wait.
    pub fn close(&self) {
        self.closed.trigger(InterruptReason::Closed);
        // A running call has the guest, and throws it away itself when it is stopped.
        if let Slot::Free(guest) = &mut *self.slot() {
            *guest = None;
        }
    }

    /// The plugin that this is an instance of.
    pub fn plugin(&self) -> &Plugin {
        &self.plugin
    }

    async fn call(
        &self,
        input: Input,
        limits: &Limits,
        interrupts: Interrupts,
        runner: Option<Runner>,
    ) -> Result<Reply, Fault> {
        let interrupts = Interrupts {
            owner: Some(self.closed.clone()),
            ..interrupts
        };
        let mut turn = self.turn(&interrupts, runner.as_ref(), limits).await?;
        // Neither waiting nor compiling is the guest's time.
        let begin = |runner| Call {
            clock: Clock::start(limits.timeout, runner),
            interrupts,
            mode: Mode::Suspendable,
        };
        let mut guest = match turn.guest.take() {
            Some(mut guest) => {
                guest.begin_call(limits, begin(runner))?;
                guest
            }
            None => {
                if let Some(runner) = runner.as_ref().filter(|_| self.plugin.must_compile_live()) {
                    runner.patience().await;
                }
                let (program, fuel) = (self.plugin.program()?, self.plugin.limits().fuel);
                // Nobody grants a live instance anything.
                let (kind, world, call) = (Kind::Live, World::default(), begin(runner));
                let start = Guest::start(kind, program, fuel, limits, call, &world, &[]);
                Box::new(start.await?)
            }
        };
        let result = match input {
            Input::Execute(args) => {
                guest.set_args(&args);
                guest.execute(&args, limits, Lifetime::Persistent).await
            }
            Input::Resume(id, result) => {
                let resumed = guest.resume(id, &result, limits, Lifetime::Persistent);
                resumed.await
            }
        };
        // A conversation's output belongs to what it ends with.
        let output = match &result {
            Ok((ExecuteResult::Effect(_), _)) => Captured::default(),
            _ => guest.take_output(),
        };
        if guest.is_intact() && self.closed.reason().is_none() {
            turn.guest = Some(guest);
        }
        match result {
            Ok((result, usage)) => Ok(Reply {
                result,
                usage,
                output,
                suspended: None,
            }),
            Err(fault) => Err(fault.with_output(output)),
        }
    }

    /// Waits for the call that runs, unless there is a reason not to. Where this thread does the
    /// waiting, no longer than the guest would have.
    async fn turn(
        &self,
        interrupts: &Interrupts,
        runner: Option<&Runner>,
        limits: &Limits,
    ) -> Result<Turn<'_>, Fault> {
        let began = Instant::now();
        loop {
            if let Some(reason) = interrupts.reason() {
                return Err(FaultKind::Interrupted(reason).into());
            }
            if let Slot::Free(guest) = std::mem::replace(&mut *self.slot(), Slot::Taken) {
                let instance = self;
                return Ok(Turn { instance, guest });
            }
            // Rare: asynchronous calls of one instance come one after the other.
            if let Some(runner) = runner {
                runner.patience().await;
            } else if began.elapsed() >= limits.timeout {
                let timeout = limits.timeout;
                let fault = Fault::from(FaultKind::DeadlineExceeded { timeout });
                return Err(fault.with_usage(Usage::default()));
            }
            thread::sleep(Duration::from_millis(1));
        }
    }

    fn slot(&self) -> MutexGuard<'_, Slot> {
        // Nothing that could panic happens under the lock.
        self.slot.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The right to call the guest, until it is dropped.
struct Turn<'a> {
    instance: &'a Instance,
    guest: Option<Box<Guest>>,
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        // After a panic inside, or when the call is given up, `None`: the next begins afresh.
        let guest = self.guest.take();
        let mut slot = self.instance.slot();
        let guest = guest.filter(|_| self.instance.closed.reason().is_none());
        *slot = Slot::Free(guest);
    }
}
