use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use sen_host_protocol::{ExecuteResult, PluginManifest};

use crate::clock::Clock;
use crate::code::{Code, LONG, Origin};
use crate::compile_cache::CompileCache;
use crate::drive;
use crate::error::{Fault, FaultKind};
use crate::execution::Execution;
use crate::guest::{Call, Guest, Lifetime, Mode, read_manifest};
use crate::instance::Instance;
use crate::interrupt::Interrupts;
use crate::limits::Limits;
use crate::output::Captured;
use crate::program::{Program, Tier};
use crate::room::{Kind, Share};
use crate::runner::Runner;
use crate::sandbox::World;
use crate::usage::Usage;
use crate::warm_pool::WarmPool;

/// What a plugin is loaded for: which of the kinds of code that a cache may have is taken.
/// Everything works either way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LoadFor {
    /// Executions on pristine instances.
    Executions,
    /// A live instance, which keeps the code that it was made with.
    LiveInstance,
}

/// A loaded plugin: a cheap handle (an `Arc`) on compiled code and its manifest. It holds no
/// instance, so that thousands of idle plugins cost little more than their code.
#[derive(Clone)]
pub struct Plugin(Arc<Loaded>);

struct Loaded {
    code: Code,
    manifest: Arc<PluginManifest>,
    digest: Arc<str>,
    limits: Limits,
    /// For executions within `limits`.
    warm: Arc<WarmPool>,
    share: Share,
}

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

impl Plugin {
    /// Compiles a module, starts it once and asks for its manifest, within `limits`, which are
    /// also the limits of its executions where they do not say otherwise. Takes tens of
    /// milliseconds: not for a thread that others wait for.
    ///
    /// A plugin without imports can do nothing but compute. One that imports preview 1 of WASI
    /// finds nothing there until an execution comes with a [`World`] that holds something.
    ///
    /// # Errors
    /// Every kind of [`FaultKind`](crate::FaultKind) that says what is wrong with a module or its
    /// manifest, and those for running over a limit meanwhile.
    pub fn load(bytes: &[u8], limits: &Limits) -> Result<Self, Fault> {
        Self::load_cached(bytes, limits, None, LoadFor::Executions)
    }

    /// As [`Plugin::load`], with a cache of compiled code: a module that it has is not compiled,
    /// and its guest not asked again if the limits are those that it was asked under. A module
    /// that it has not is kept there once it is loaded, and so is what better code is made of it
    /// later on. Nothing that goes wrong with the cache is a fault.
    ///
    /// # Errors
    /// As [`Plugin::load`].
    pub fn load_cached(
        bytes: &[u8],
        limits: &Limits,
        cache: Option<&CompileCache>,
        load_for: LoadFor,
    ) -> Result<Self, Fault> {
        let digest = blake3::hash(bytes);
        let (code, origin) = Code::load(bytes, digest, cache, load_for)?;
        let kept = match &origin {
            Origin::Cache(Some(kept)) => kept.under(limits),
            _ => None,
        };
        let manifest = match kept.and_then(|bytes| read_manifest(bytes).ok()) {
            Some(manifest) => {
                manifest.validate().map_err(FaultKind::from)?;
                manifest
            }
            None => {
                let (manifest, bytes) = ask(&code, limits)?;
                manifest.validate().map_err(FaultKind::from)?;
                if matches!(origin, Origin::Compiled) {
                    code.keep(bytes, limits);
                }
                manifest
            }
        };
        let loaded = Loaded {
            warm: WarmPool::new(limits),
            share: Share::default(),
            code,
            manifest: Arc::new(manifest),
            digest: named(digest).into(),
            limits: *limits,
        };
        Ok(Self(Arc::new(loaded)))
    }

    /// The same plugin with other default limits. Nothing is compiled again.
    #[must_use]
    pub fn with_limits(&self, limits: &Limits) -> Self {
        let Loaded {
            code,
            manifest,
            digest,
            share,
            ..
        } = &*self.0;
        Self(Arc::new(Loaded {
            warm: WarmPool::new(limits),
            share: share.clone(),
            code: code.clone(),
            manifest: manifest.clone(),
            digest: digest.clone(),
            limits: *limits,
        }))
    }

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
        drive::run(self.execution(world, args, limits, clock, interrupts.clone(), None))
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
        let room = (Kind::Execution, self.0.share.clone());
        Execution::new(Box::pin(running), runner, interrupts, Some(room))
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
            Some(executed) => executed,
            None => {
                let call = Call {
                    clock: clock.restart(),
                    interrupts,
                    mode: Mode::Suspendable,
                };
                let execution = self.execute_suspendable(world, args, limits, call, runner);
                execution.await
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
    ) -> Option<Result<Executed, Fault>> {
        let code = &self.0.code;
        let program = code.best();
        let may_be_repeated = !program.is_wasi || !world.reaches_outside();
        let is_short = code.is_short() && program.tier == Tier::ShortCalls;
        if !is_short || !may_be_repeated || !drive::stack_has_room() {
            return None;
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
        let executed = self.execute_on(program, world, args, fuel, &limits, call);
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
                None
            }
            Ok(Executed {
                suspended: Some(_), ..
            }) if program.may_sleep => {
                code.used(SHORT_FUEL);
                None
            }
            // Another tier decides.
            Err(fault) if fault.kind == FaultKind::StackOverflow => None,
            executed => Some(executed),
        }
    }

    async fn execute_suspendable(
        &self,
        world: &World,
        args: &[String],
        limits: &Limits,
        call: Call,
        runner: Option<Runner>,
    ) -> Result<Executed, Fault> {
        let Loaded {
            code, limits: own, ..
        } = &*self.0;
        let program = code.best();
        if program.is_wasi && world.reaches_outside() {
            // What it does outside cannot be done again: it runs where the stack decides at once.
            let call = self.wait_for_deciding(call, runner).await;
            let program = code.deciding()?;
            return self
                .execute_on(program, world, args, own.fuel, limits, call)
                .await;
        }
        let executed = self.execute_on(program, world, args, own.fuel, limits, call.clone());
        let executed = executed.await;
        let overflowed = matches!(&executed, Err(fault) if fault.kind == FaultKind::StackOverflow);
        if !overflowed || program.tier == Tier::Computation {
            return executed;
        }
        // Nothing has come of it yet, so that it can simply be run again.
        let call = self.wait_for_deciding(call, runner).await;
        let program = code.deciding()?;
        self.execute_on(program, world, args, own.fuel, limits, call)
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
        guest.count_for(&self.0.share);
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

    /// A number that tells this plugin's code from all others of the process.
    pub fn id(&self) -> u64 {
        self.0.code.id()
    }

    /// What the plugin says of itself.
    pub fn manifest(&self) -> &PluginManifest {
        &self.0.manifest
    }

    /// `blake3:` and the digest of the module's bytes in hexadecimal: what grants are bound to.
    pub fn digest(&self) -> &str {
        &self.0.digest
    }

    /// Bytes of the images of compiled code, in all tiers that there are now.
    pub fn code_bytes(&self) -> usize {
        self.0.code.bytes()
    }

    /// Whether the plugin calls preview 1 of WASI, so that a [`World`] means something to it.
    pub fn is_wasi(&self) -> bool {
        self.0.code.best().is_wasi
    }

    /// Whether the plugin can be resumed after an effect.
    pub fn supports_effects(&self) -> bool {
        self.0.code.best().exports.resume.is_some()
    }

    /// The limits that this plugin was loaded with.
    pub fn limits(&self) -> &Limits {
        &self.0.limits
    }

    /// The program of live instances, which keep it: always the same. Compiled now, where there is
    /// none yet.
    pub(crate) fn program(&self) -> Result<Arc<Program>, Fault> {
        self.0.code.deciding().cloned()
    }

    /// Whether there is no such program yet.
    pub(crate) fn must_compile_live(&self) -> bool {
        !self.0.code.has_deciding()
    }

    /// Has the program of live instances made in the background, if there is none yet.
    pub(crate) fn prepare_live(&self) {
        self.0.code.prepare_deciding();
    }
}

/// `blake3:` and the digest of a module's bytes in hexadecimal: [`Plugin::digest`] of what is loaded
/// from them.
pub fn module_digest(module: &[u8]) -> String {
    named(blake3::hash(module))
}

fn named(digest: blake3::Hash) -> String {
    format!("blake3:{}", digest.to_hex())
}

/// Starts a guest to ask it what it is: its manifest, and the bytes that it was decoded from.
fn ask(code: &Code, limits: &Limits) -> Result<(PluginManifest, Box<[u8]>), Fault> {
    match ask_on(code.best(), limits) {
        Err(fault) if fault.kind == FaultKind::StackOverflow => ask_on(code.deciding()?, limits),
        answer => answer,
    }
}

fn ask_on(program: &Arc<Program>, limits: &Limits) -> Result<(PluginManifest, Box<[u8]>), Fault> {
    let call = Call {
        clock: Clock::start(limits.timeout, None),
        interrupts: Interrupts::default(),
        mode: Mode::Suspendable,
    };
    drive::run(async {
        let (kind, world) = (Kind::Loading, World::default());
        let program = program.clone();
        let start = Guest::start(kind, program, limits.fuel, limits, call, &world, &[]);
        start.await?.manifest(limits).await
    })
}

impl fmt::Debug for Plugin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Plugin")
            .field("command", &self.manifest().command.name)
            .field("digest", &self.digest())
            .finish_non_exhaustive()
    }
}
