use std::fmt;
use std::sync::Arc;

use sen_host_protocol::{ExecuteResult, PluginManifest};

use crate::clock::{Clock, Pauses};
use crate::code::{Code, Origin};
use crate::compile_cache::CompileCache;
use crate::drive;
use crate::error::{Fault, FaultKind};
use crate::execution::Execution;
use crate::guest::{Guest, Lifetime, read_manifest};
use crate::instance::Instance;
use crate::interrupt::Interrupts;
use crate::limits::Limits;
use crate::program::{Program, Tier};
use crate::room::Kind;
use crate::usage::Usage;

/// A loaded plugin: a cheap handle (an `Arc`) on compiled code and its manifest. It holds no
/// instance, so that thousands of idle plugins cost little more than their code.
#[derive(Clone)]
pub struct Plugin(Arc<Loaded>);

struct Loaded {
    code: Code,
    manifest: Arc<PluginManifest>,
    digest: Arc<str>,
    limits: Limits,
}

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
        Self::load_cached(bytes, limits, None)
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
    ) -> Result<Self, Fault> {
        let digest = blake3::hash(bytes);
        let (code, origin) = Code::load(bytes, digest, cache)?;
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
            code,
            manifest: Arc::new(manifest),
            digest: format!("blake3:{}", digest.to_hex()).into(),
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
        drive::run(self.execution(args, limits, clock, interrupts.clone()))
    }

    /// As [`Plugin::execute`], to be run a little at a time.
    pub fn start(&self, args: Vec<String>, limits: Limits, interrupts: Interrupts) -> Execution {
        let plugin = self.clone();
        let pauses = Pauses::default();
        let clock = Clock::start(limits.timeout, Some(pauses.clone()));
        let heard = interrupts.clone();
        let running = async move { plugin.execution(&args, &limits, clock, heard).await };
        Execution::new(Box::pin(running), pauses, interrupts)
    }

    async fn execution(
        &self,
        args: &[String],
        limits: &Limits,
        clock: Clock,
        interrupts: Interrupts,
    ) -> Result<Reply, Fault> {
        let code = &self.0.code;
        let program = code.best();
        let first = self.execute_on(program, args, limits, clock.clone(), interrupts.clone());
        let executed = match first.await {
            Err(fault)
                if fault.kind == FaultKind::StackOverflow && program.tier != Tier::ShortCalls =>
            {
                // Nothing has come of it yet, so that it can simply be run again.
                self.execute_on(code.short_calls(), args, limits, clock, interrupts)
                    .await
            }
            executed => executed,
        };
        let usage = match &executed {
            Ok((_, usage, _)) => Some(*usage),
            Err(fault) => fault.usage,
        };
        code.used(usage.unwrap_or_default().fuel_consumed);
        let (result, usage, guest) = executed?;
        let effect = matches!(result, ExecuteResult::Effect(_));
        let suspended = effect.then(|| Instance::suspended(self.clone(), guest));
        Ok(Reply {
            result,
            usage,
            suspended,
        })
    }

    async fn execute_on(
        &self,
        program: &Arc<Program>,
        args: &[String],
        limits: &Limits,
        clock: Clock,
        interrupts: Interrupts,
    ) -> Result<(ExecuteResult, Usage, Guest), Fault> {
        // Start-up has the plugin's own fuel: how much it needs has nothing to do with this call.
        let fuel = self.0.limits.fuel;
        let start = Guest::start(
            Kind::Execution,
            program.clone(),
            fuel,
            limits,
            clock,
            interrupts,
        );
        let mut guest = start.await?;
        let (result, usage) = guest.execute(args, limits, Lifetime::OneExecution).await?;
        Ok((result, usage, guest))
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

    /// Whether the plugin can be resumed after an effect.
    pub fn supports_effects(&self) -> bool {
        self.0.code.short_calls().exports.resume.is_some()
    }

    /// The limits that this plugin was loaded with.
    pub fn limits(&self) -> &Limits {
        &self.0.limits
    }

    /// The program of live instances, which keep it: always the same.
    pub(crate) fn program(&self) -> Arc<Program> {
        self.0.code.short_calls().clone()
    }
}

/// Starts a guest to ask it what it is: its manifest, and the bytes that it was decoded from.
fn ask(code: &Code, limits: &Limits) -> Result<(PluginManifest, Box<[u8]>), Fault> {
    drive::run(async {
        let clock = Clock::start(limits.timeout, None);
        let mut guest = Guest::start(
            Kind::Loading,
            code.short_calls().clone(),
            limits.fuel,
            limits,
            clock,
            Interrupts::default(),
        )
        .await?;
        guest.manifest(limits).await
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
