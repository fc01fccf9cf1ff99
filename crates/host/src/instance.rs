use std::sync::{Mutex, MutexGuard, TryLockError};
use std::thread;
use std::time::Duration;

use sen_host_protocol::{EffectResult, ExecuteResult};

use crate::clock::Clock;
use crate::drive;
use crate::error::{Fault, FaultKind};
use crate::guest::{Call, Guest, Lifetime, Mode};
use crate::interrupt::{Interrupt, InterruptReason, Interrupts};
use crate::limits::Limits;
use crate::plugin::Plugin;
use crate::room::Kind;
use crate::usage::Usage;

/// One live instance of a plugin, whose memory persists from call to call.
///
/// The instance is made by the first call. One call runs at a time; others wait for it. A call
/// that traps, runs over a limit or is interrupted leaves the guest in the middle of something:
/// that instance is thrown away, and the next call begins with a fresh one.
pub struct Instance {
    plugin: Plugin,
    guest: Mutex<Option<Guest>>,
    closed: Interrupt,
}

impl Instance {
    /// A live instance, to be made by its first call.
    pub fn new(plugin: Plugin) -> Self {
        plugin.prepare_live();
        Self {
            plugin,
            guest: Mutex::new(None),
            closed: Interrupt::default(),
        }
    }

    /// The instance of an execution that waits for the result of an effect.
    pub(crate) fn suspended(plugin: Plugin, guest: Guest) -> Self {
        Self {
            plugin,
            guest: Mutex::new(Some(guest)),
            closed: Interrupt::default(),
        }
    }

    /// Runs the plugin's command on this instance.
    ///
    /// # Errors
    /// The faults of a guest, and `Closed`.
    pub fn execute(
        &self,
        args: &[String],
        limits: &Limits,
        interrupts: impl Into<Interrupts>,
    ) -> Result<(ExecuteResult, Usage), Fault> {
        self.enter(limits, interrupts.into(), async |guest: &mut Guest| {
            guest.execute(args, limits, Lifetime::Persistent).await
        })
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
        self.enter(limits, interrupts.into(), async |guest: &mut Guest| {
            guest
                .resume(effect_id, result, limits, Lifetime::Persistent)
                .await
        })
    }

    /// Throws the instance away; a call that runs is stopped, and later ones are refused. Does not
    /// wait.
    pub fn close(&self) {
        self.closed.trigger(InterruptReason::Closed);
        // A running call holds the lock, and throws the guest away itself when it is stopped.
        if let Ok(mut guest) = self.guest.try_lock() {
            *guest = None;
        }
    }

    /// The plugin that this is an instance of.
    pub fn plugin(&self) -> &Plugin {
        &self.plugin
    }

    fn enter(
        &self,
        limits: &Limits,
        interrupts: Interrupts,
        work: impl AsyncFnOnce(&mut Guest) -> Result<(ExecuteResult, Usage), Fault>,
    ) -> Result<(ExecuteResult, Usage), Fault> {
        let interrupts = Interrupts {
            owner: Some(self.closed.clone()),
            ..interrupts
        };
        let mut slot = self.wait(&interrupts)?;
        let call = Call {
            clock: Clock::start(limits.timeout, None),
            interrupts,
            mode: Mode::Suspendable,
        };
        let mut guest = match slot.take() {
            Some(mut guest) => {
                guest.begin_call(limits, call)?;
                guest
            }
            None => {
                let (program, fuel) = (self.plugin.program()?, self.plugin.limits().fuel);
                drive::run(Guest::start(Kind::Live, program, fuel, limits, call))?
            }
        };
        let result = drive::run(work(&mut guest));
        if guest.is_intact() && self.closed.reason().is_none() {
            *slot = Some(guest);
        }
        result
    }

    /// Waits for the call that runs, unless there is a reason not to.
    fn wait(&self, interrupts: &Interrupts) -> Result<MutexGuard<'_, Option<Guest>>, Fault> {
        loop {
            if let Some(reason) = interrupts.reason() {
                return Err(FaultKind::Interrupted(reason).into());
            }
            match self.guest.try_lock() {
                Ok(slot) => return Ok(slot),
                // A panic inside left `None` behind: the next call begins afresh.
                Err(TryLockError::Poisoned(slot)) => return Ok(slot.into_inner()),
                // Rare: asynchronous calls of one instance come one after the other.
                Err(TryLockError::WouldBlock) => thread::sleep(Duration::from_millis(1)),
            }
        }
    }
}
