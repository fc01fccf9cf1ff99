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
use crate::program::{Program, Tier};
use crate::room::Kind;
use crate::runner::Runner;
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
}

/// How long an execution may take that is tried on the caller's stack, which may be an event
/// loop's: by time and, since the time is looked at once in a millisecond, by fuel.
const SHORT: Duration = Duration::from_micros(50);
const SHORT_FUEL: u64 = LONG;

/// A result, what it took, and the instance itself where it waits for the result of an effect.
type Executed = (ExecuteResult, Usage, Option<Guest>);

/// What an execution ends with.
pub struct Reply {
    /// The guest's answer.
    pub result: ExecuteResult,
    /// What this call used.
    pub usage: Usage,
    /// The instance that waits for the effect's result, where the answer is an effect.
    pub suspended: Option<Instance>,
}

impl Plugin {
    /// Compiles a module, starts it once and asks for its manifest, within `limits`, which are
    /// also the limits of its executions where they do not say otherwise. Takes tens of
    /// milliseconds: not for a thread that others wait for.
    ///
    /// By default a plugin can do nothing but compute: no imports, hence no files, network,
    /// clock, randomness or environment.
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
            ..
        } = &*self.0;
        Self(Arc::new(Loaded {
            warm: WarmPool::new(limits),
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
        let clock = Clock::start(limits.timeout, None);
        drive::run(self.execution(args, limits, clock, interrupts.clone(), None))
    }

    /// As [`Plugin::execute`], to be run a little at a time.
    pub fn start(&self, args: Vec<String>, limits: Limits, interrupts: Interrupts) -> Execution {
        let plugin = self.clone();
        let runner = Runner::default();
        let clock = Clock::start(limits.timeout, Some(runner.clone()));
        let (heard, told) = (interrupts.clone(), runner.clone());
        let running = async move {
            let execution = plugin.execution(&args, &limits, clock, heard, Some(told));
            execution.await
        };
        Execution::new(Box::pin(running), runner, interrupts, Some(Kind::Execution))
    }

    async fn execution(
        &self,
        args: &[String],
        limits: &Limits,
        clock: Clock,
        interrupts: Interrupts,
        runner: Option<Runner>,
    ) -> Result<Reply, Fault> {
        let code = &self.0.code;
        let executed = match self.attempt(args, limits, &clock, &interrupts).await {
            Some(executed) => executed,
            None => {
                let call = Call {
                    clock: clock.restart(),
                    interrupts,
                    mode: Mode::Suspendable,
                };
                self.execute_suspendable(args, limits, call, runner).await
            }
        };
        let usage = match &executed {
            Ok((_, usage, _)) => Some(*usage),
            Err(fault) => fault.usage,
        };
        code.used(usage.unwrap_or_default().fuel_consumed);
        let (result, usage, suspended) = executed?;
        let suspended = suspended.map(|guest| Instance::suspended(self.clone(), guest));
        Ok(Reply {
            result,
            usage,
            suspended,
        })
    }

    /// Most executions are short, and a short one is the faster for it on the caller's own stack:
    /// an execution of a plugin whose last ones were short is tried there. One that turns out long
    /// is given up, and run again from the start where it can be suspended. Nothing has come of it
    /// until then (a plugin of this tier reaches nothing outside), and nothing tells it from one
    /// that was run only once.
    async fn attempt(
        &self,
        args: &[String],
        limits: &Limits,
        clock: &Clock,
        interrupts: &Interrupts,
    ) -> Option<Result<Executed, Fault>> {
        let code = &self.0.code;
        let program = code.best();
        if !code.is_short() || program.tier != Tier::ShortCalls || !drive::stack_has_room() {
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
        let executed = self.execute_on(program, args, fuel, &limits, call).await;
        match executed {
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
            // Another tier decides.
            Err(fault) if fault.kind == FaultKind::StackOverflow => None,
            executed => Some(executed),
        }
    }

    async fn execute_suspendable(
        &self,
        args: &[String],
        limits: &Limits,
        call: Call,
        runner: Option<Runner>,
    ) -> Result<Executed, Fault> {
        let Loaded {
            code, limits: own, ..
        } = &*self.0;
        let program = code.best();
        let executed = self.execute_on(program, args, own.fuel, limits, call.clone());
        let executed = executed.await;
        let overflowed = matches!(&executed, Err(fault) if fault.kind == FaultKind::StackOverflow);
        if !overflowed || program.tier == Tier::Computation {
            return executed;
        }
        // Nothing has come of it yet, so that it can simply be run again: where the code for it
        // is there, or can be waited for.
        if let Some(runner) = runner.filter(|_| !code.has_deciding()) {
            runner.patience().await;
        }
        let program = code.deciding()?;
        let call = Call {
            clock: call.clock.restart(),
            ..call
        };
        self.execute_on(program, args, own.fuel, limits, call).await
    }

    /// One execution on a pristine instance, whose start-up has `fuel` of its own: how much it
    /// needs has nothing to do with this call.
    async fn execute_on(
        &self,
        program: &Arc<Program>,
        args: &[String],
        fuel: u64,
        limits: &Limits,
        call: Call,
    ) -> Result<Executed, Fault> {
        let warm = &self.0.warm;
        let mut guest = match warm.take(program, limits, &call)? {
            Some(guest) => guest,
            None => Guest::start(Kind::Execution, program.clone(), fuel, limits, call).await?,
        };
        let executed = guest.execute(args, limits, Lifetime::OneExecution).await;
        if let Ok((result @ ExecuteResult::Effect(_), usage)) = executed {
            return Ok((result, usage, Some(guest)));
        }
        warm.discard(guest);
        executed.map(|(result, usage)| (result, usage, None))
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
        let start = Guest::start(Kind::Loading, program.clone(), limits.fuel, limits, call);
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
