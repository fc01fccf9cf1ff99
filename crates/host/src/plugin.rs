use std::fmt;
use std::sync::Arc;
use std::time::Instant;

use sen_host_protocol::{ExecuteResult, PluginManifest};

use crate::drive;
use crate::error::Fault;
use crate::guest::{Guest, Lifetime};
use crate::instance::Instance;
use crate::interrupt::Interrupts;
use crate::limits::Limits;
use crate::program::Program;
use crate::usage::Usage;

/// A loaded plugin: a cheap handle (an `Arc`) on compiled code and its manifest. It holds no
/// instance, so that thousands of idle plugins cost little more than their code.
#[derive(Clone)]
pub struct Plugin(Arc<Loaded>);

struct Loaded {
    program: Arc<Program>,
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
        let digest = format!("blake3:{}", blake3::hash(bytes).to_hex());
        let program = Arc::new(Program::compile(bytes)?);
        let manifest = drive::run(async {
            let mut guest = Guest::start(&program, limits, &Interrupts::default()).await?;
            guest.manifest(&program, limits).await
        })?;
        manifest.validate().map_err(crate::error::FaultKind::from)?;
        let loaded = Loaded {
            program,
            manifest: Arc::new(manifest),
            digest: digest.into(),
            limits: *limits,
        };
        Ok(Self(Arc::new(loaded)))
    }

    /// The same plugin with other default limits. Nothing is compiled again.
    #[must_use]
    pub fn with_limits(&self, limits: &Limits) -> Self {
        let Loaded {
            program,
            manifest,
            digest,
            ..
        } = &*self.0;
        let (program, manifest, digest) = (program.clone(), manifest.clone(), digest.clone());
        Self(Arc::new(Loaded {
            program,
            manifest,
            digest,
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
        let began = Instant::now();
        // Start-up has the plugin's own fuel: how much it needs has nothing to do with this call.
        let start_up = Limits {
            fuel: self.0.limits.fuel,
            ..*limits
        };
        let program = &self.0.program;
        let executed = drive::run(async {
            let mut guest = Guest::start(program, &start_up, interrupts).await?;
            let (result, usage) = guest
                .execute(program, args, limits, Lifetime::OneExecution)
                .await?;
            Ok::<_, Fault>((result, usage, guest))
        });
        let (result, mut usage, guest) = executed?;
        usage.duration = began.elapsed();
        let suspended = matches!(result, ExecuteResult::Effect(_))
            .then(|| Instance::suspended(self.clone(), guest));
        Ok(Reply {
            result,
            usage,
            suspended,
        })
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
        self.0.program.exports.resume.is_some()
    }

    /// The limits that this plugin was loaded with.
    pub fn limits(&self) -> &Limits {
        &self.0.limits
    }

    pub(crate) fn program(&self) -> &Program {
        &self.0.program
    }
}

impl fmt::Debug for Plugin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Plugin")
            .field("command", &self.manifest().command.name)
            .field("digest", &self.digest())
            .finish_non_exhaustive()
    }
}
