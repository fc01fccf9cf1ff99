use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use sen_host_protocol::ExecuteResult;

use super::Plugin;
use crate::clock::Clock;
use crate::code::{COMPUTATION, LONG};
use crate::drive;
use crate::error::{Fault, FaultKind};
use crate::execution::Execution;
use crate::guest::{Call, FUEL_CHECKPOINT, Guest, Lifetime, Mode};
use crate::instance::Instance;
use crate::interrupt::Interrupts;
use crate::limits::Limits;
use crate::output::Captured;
use crate::program::{Program, Tier};
use crate::room::{Kind, Room, Taken};
use crate::runner::Runner;
use crate::sandbox::World;
use crate::usage::Usage;

/// How long an execution may take that is tried on the caller's stack, which may be an event
/// loop's: by time and, since the time is looked at once in a millisecond, by fuel.
const SHORT: Duration = Duration::from_micros(50);
const SHORT_FUEL: u64 = LONG;

/// What an execution came to.
struct Executed {
    result: ExecuteResult,
    usage: Usage,
    output: Captured,
    /// The instance itself, where it waits for the result of an effect.
    suspended: Option<Guest>,
}

/// Why an execution has not ended on the caller's stack.
enum Unsettled {
    /// It was not tried, or is to be run where it can be suspended.
    NotShort,
    /// It ended with what only the tier that decides can tell.
    Undecided,
}

/// An execution that can be suspended.
struct Suspendable<'a> {
    world: &'a World,
    args: &'a [String],
    limits: &'a Limits,
    runner: Option<Runner>,
}

/// What an execution ends with.
pub struct Reply {
    /// The guest's answer.
    pub result: ExecuteResult,
    /// What this call used.
    pub usage: Usage,
    /// What the guest wrote to standard streams that are captured: all of it, once it is done.
    pub output: Captured,
    /// The instance that waits for the effect's result, where the answer is an effect.
    pub suspended: Option<Instance>,
}

impl Reply {
    /// As it is, with its instance counted as an execution for as long as that waits.
    pub(crate) fn counting_as(self, taken: Option<Taken>) -> Self {
        if let Some(instance) = &self.suspended {
            instance.count_as(taken);
        }
        self
    }
}

impl Program {
    /// Whether an execution that ended like this has to be run again in the tier that decides: for a
    /// fault that it may not meet there, and where it goes on after an effect, which only there has
    /// all of its stack.
    fn leaves_open(&self, executed: &Result<Executed, Fault>) -> bool {
        match executed {
            Ok(Executed { suspended, .. }) => suspended.is_some() && self.tier != Tier::Computation,
            Err(fault) => self.may_be_spared(fault),
        }
    }
}

impl Plugin {
    /// Runs the plugin's command on a pristine instance of its own: nothing of earlier executions
    /// is visible to it, and nothing of it to later ones. Any number may run at the same time.
    ///
    /// # Errors
    /// The faults of a guest: over a limit, trapped, interrupted, or an answer that is none.
    pub fn execute(
        &self,
        args: &[String],
        limits: &Limits,
        interrupts: &Interrupts,
    ) -> Result<Reply, Fault> {
        self.execute_in(&World::default(), args, limits, interrupts)
    }

    /// As [`Plugin::execute`], with something for a WASI guest to find outside of itself.
    ///
    /// # Errors
    /// As [`Plugin::execute`], and `WrongGrant` for a grant that was made for another plugin.
    pub fn execute_in(
        &self,
        world: &World,
        args: &[String],
        limits: &Limits,
        interrupts: &Interrupts,
    ) -> Result<Reply, Fault> {
        let clock = Clock::start(limits.timeout, None);
        let taken = self.0.share.take();
        let reply = drive::run(pin!(self.execution(
            world,
            args,
            limits,
            clock,
            interrupts.clone(),
            None
        )))?;
        Ok(reply.counting_as(Some(taken)))
    }

    /// As [`Plugin::execute_in`], to be run a little at a time.
    pub fn start(
        &self,
        world: World,
        args: Vec<String>,
        limits: Limits,
        interrupts: Interrupts,
    ) -> Execution {
        let plugin = self.clone();
        let runner = Runner::default();
        let clock = Clock::start(limits.timeout, Some(runner.clone()));
        let (heard, told) = (interrupts.clone(), runner.clone());
        let running = async move {
            let execution = plugin.execution(&world, &args, &limits, clock, heard, Some(told));
            execution.await
        };
        let share = self.0.share.clone();
        Execution::new(Box::pin(running), runner, interrupts, Some(share))
    }

    async fn execution(
        &self,
        world: &World,
        args: &[String],
        limits: &Limits,
        clock: Clock,
        interrupts: Interrupts,
        runner: Option<Runner>,
    ) -> Result<Reply, Fault> {
        let code = &self.0.code;
        self.check_grant(world)?;
        let attempt = self.attempt(world, args, limits, &clock, &interrupts);
        let executed = match attempt.await {
            Ok(executed) => executed,
            Err(unsettled) => {
                let call = Call {
                    clock: clock.restart(),
                    interrupts,
                    mode: Mode::Suspendable,
                };
                let execution = Suspendable {
                    world,
                    args,
                    limits,
                    runner,
                };
                match unsettled {
                    Unsettled::NotShort => self.execute_suspendable(execution, call).await,
                    Unsettled::Undecided => self.decide(execution, call).await,
                }
            }
        };
        let usage = match &executed {
            Ok(Executed { usage, .. }) => Some(*usage),
            Err(fault) => fault.usage,
        };
        code.used(usage.unwrap_or_default().fuel_consumed);
        let Executed {
            result,
            usage,
            output,
            suspended,
        } = executed?;
        let suspended = suspended.map(|guest| Instance::suspended(self.clone(), guest));
        Ok(Reply {
            result,
            usage,
            output,
            suspended,
        })
    }

    /// A grant is one for certain code.
    fn check_grant(&self, world: &World) -> Result<(), Fault> {
        match &world.grant {
            Some(grant) if grant.digest() != self.digest() => {
                let (granted, actual) = (grant.digest().into(), self.digest().into());
                Err(FaultKind::WrongGrant { granted, actual }.into())
            }
            _ => Ok(()),
        }
    }

    /// Most executions are short, and a short one is the faster for it on the caller's own stack:
    /// an execution of a plugin whose last ones were short is tried there. One that turns out long
    /// is given up, and run again from the start where it can be suspended. Nothing has come of it
    /// until then (it reaches nothing outside), and nothing tells it from one that was run only
    /// once.
    async fn attempt(
        &self,
        world: &World,
        args: &[String],
        limits: &Limits,
        clock: &Clock,
        interrupts: &Interrupts,
    ) -> Result<Result<Executed, Fault>, Unsettled> {
        let code = &self.0.code;
        let program = code.best();
        let may_be_repeated = !program.is_wasi || !world.reaches_outside();
        let is_short = code.is_short() && program.tier == Tier::ShortCalls;
        if !is_short || !may_be_repeated || !drive::stack_has_room() {
            return Err(Unsettled::NotShort);
        }
        let call = Call {
            clock: clock.clone(),
            interrupts: interrupts.clone(),
            mode: Mode::InOneGo(SHORT),
        };
        let limits = Limits {
            fuel: limits.fuel.min(SHORT_FUEL),
            ..*limits
        };
        let fuel = self.0.limits.fuel.min(SHORT_FUEL);
        let executed = self.execute_on(&program, world, args, fuel, &limits, call);
        match executed.await {
            // Whatever stopped it: only where it can be suspended is the receipt exact.
            Err(Fault {
                kind:
                    FaultKind::FuelExhausted { .. }
                    | FaultKind::DeadlineExceeded { .. }
                    | FaultKind::Interrupted(_),
                ..
            }) => {
                code.used(SHORT_FUEL);
                Err(Unsettled::NotShort)
            }
            executed if program.leaves_open(&executed) => Err(Unsettled::Undecided),
            executed => Ok(executed),
        }
    }

    async fn execute_suspendable(
        &self,
        execution: Suspendable<'_>,
        call: Call,
    ) -> Result<Executed, Fault> {
        let Suspendable {
            world,
            args,
            limits,
            ..
        } = &execution;
        let program = self.0.code.best();
        // What reaches outside cannot be done again: it runs where the stack decides at once.
        if !(program.is_wasi && world.reaches_outside()) {
            let fuel = self.0.limits.fuel;
            let executed = self.execute_on(&program, world, args, fuel, limits, call.clone());
            let executed = match program.tier {
                Tier::Baseline => self.until_there_is_better(executed).await,
                Tier::ShortCalls | Tier::Computation => Some(executed.await),
            };
            match executed {
                Some(executed) if !program.leaves_open(&executed) => return executed,
                // Nothing has come of it yet, so that it can simply be run again, in its room.
                undecided => drop(undecided),
            }
        }
        // It may be that nothing else needs this code any more.
        drop(program);
        self.decide(execution, call).await
    }

    /// Runs an execution in the tier that decides, which is waited for where it is not there yet.
    async fn decide(&self, execution: Suspendable<'_>, call: Call) -> Result<Executed, Fault> {
        let Suspendable {
            world,
            args,
            limits,
            runner,
        } = execution;
        // Others that begin while it waits leave it room.
        let room = Room::take(Kind::Execution, self.0.code.best().room)?;
        let call = self.wait_for_deciding(call, runner).await;
        let program = self.0.code.deciding()?;
        drop(room);
        let fuel = self.0.limits.fuel;
        self.execute_on(program, world, args, fuel, limits, call)
            .await
    }

    /// An execution on baseline code. Once it has computed for as long as that is worth, better code
    /// is in the making: it may be all that its process does, and the next one finds that code in
    /// the cache. It ends with nothing when that code is there, to be run again on it.
    async fn until_there_is_better<T>(&self, execution: impl Future<Output = T>) -> Option<T> {
        let mut execution = pin!(execution);
        let mut checkpoints = 0;
        poll_fn(|context| {
            let polled = execution.as_mut().poll(context);
            if let Poll::Ready(executed) = polled {
                return Poll::Ready(Some(executed));
            }
            checkpoints += 1;
            if checkpoints < COMPUTATION / FUEL_CHECKPOINT {
                return Poll::Pending;
            }
            self.0.code.compute();
            if self.0.code.has_deciding() {
                return Poll::Ready(None);
            }
            Poll::Pending
        })
        .await
    }

    /// Comes to an end where code that decides is there, or can be waited for: with a call whose
    /// time begins then.
    async fn wait_for_deciding(&self, call: Call, runner: Option<Runner>) -> Call {
        if let Some(runner) = runner.filter(|_| !self.0.code.has_deciding()) {
            runner.patience().await;
        }
        // A thread that was waited for, or code that is there now, is none of the guest's time.
        let _ = self.0.code.deciding();
        Call {
            clock: call.clock.restart(),
            ..call
        }
    }

    /// One execution on a pristine instance, whose start-up has `fuel` of its own: how much it
    /// needs has nothing to do with this call.
    async fn execute_on(
        &self,
        program: &Arc<Program>,
        world: &World,
        args: &[String],
        fuel: u64,
        limits: &Limits,
        call: Call,
    ) -> Result<Executed, Fault> {
        let warm = &self.0.warm;
        let mut guest = match warm.take(program, limits, &call, world, args)? {
            Some(guest) => guest,
            None => {
                let (kind, program) = (Kind::Execution, program.clone());
                let start = Guest::start(kind, program, fuel, limits, call, world, args);
                start.await?
            }
        };
        let executed = guest.execute(args, limits, Lifetime::OneExecution).await;
        if let Ok((result @ ExecuteResult::Effect(_), usage)) = executed {
            return Ok(Executed {
                result,
                usage,
                output: Captured::default(),
                suspended: Some(guest),
            });
        }
        let output = guest.take_output();
        warm.discard(guest);
        match executed {
            Ok((result, usage)) => Ok(Executed {
                result,
                usage,
                output,
                suspended: None,
            }),
            Err(fault) => Err(fault.with_output(output)),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::pending;

    use super::*;
    use crate::interrupt::{Interrupt, InterruptReason};

    /// A guest that counts down from its argument, just loaded.
    fn busy() -> Plugin {
        let text = include_str!("../../../../test/guests/busy.wat");
        let plugin = Plugin::load(&wat::parse_str(text).unwrap(), &Limits::default()).unwrap();
        assert_eq!(plugin.0.code.best().tier, Tier::Baseline);
        plugin
    }

    #[test]
    fn what_computes_on_baseline_code_is_given_up_when_there_is_better_code() {
        let plugin = busy();
        let endless = pending::<()>();
        let ended = drive::run(pin!(plugin.until_there_is_better(endless)));
        assert_eq!(ended, None);
        assert!(plugin.0.code.has_deciding());
    }

    #[test]
    fn a_first_execution_that_computes_for_long_moves_to_better_code_in_its_middle() {
        let plugin = busy();
        let code = &plugin.0.code;
        let limits = Limits {
            fuel: u64::MAX,
            // Where it does not move, it ends by this.
            timeout: Duration::from_secs(60),
            ..Limits::default()
        };
        let stop = Interrupt::default();
        let mut execution = plugin.start(
            World::default(),
            vec!["999999999999999999".into()],
            limits,
            Interrupts::from(Some(stop.clone())),
        );
        let mut run_for = |slice| {
            let ended = execution.run_for(slice);
            ended.map(|reply| reply.map(|reply| reply.result))
        };
        let baseline = code.best().into_owned();
        // One checkpoint: too little to be worth better code.
        assert_eq!(run_for(Duration::ZERO), None);
        let mut run_on = || run_for(Duration::from_millis(1));
        // Held here, by the plugin, and where it is executed.
        assert!(Arc::strong_count(&baseline) > 2);
        while Arc::strong_count(&baseline) > 1 {
            assert_eq!(run_on(), None);
        }
        let computation = code.deciding().unwrap();
        while Arc::strong_count(computation) == 1 {
            assert_eq!(run_on(), None);
        }
        stop.trigger(InterruptReason::Aborted);
        let fault = run_on().unwrap().unwrap_err();
        assert_eq!(fault.kind, FaultKind::Interrupted(InterruptReason::Aborted));
        assert!(fault.usage.unwrap().fuel_consumed > 0);
    }
}
