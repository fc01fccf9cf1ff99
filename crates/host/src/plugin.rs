mod executing;

use std::fmt;
use std::pin::pin;
use std::sync::Arc;

use sen_host_protocol::PluginManifest;

use crate::clock::Clock;
use crate::code::{Code, Origin};
use crate::compile_cache::CompileCache;
use crate::drive;
use crate::error::{Fault, FaultKind};
use crate::guest::{Call, Guest, Mode, read_manifest};
use crate::interrupt::Interrupts;
use crate::limits::Limits;
use crate::program::Program;
use crate::room::{Kind, Share};
use crate::sandbox::World;
use crate::warm_pool::WarmPool;

pub use executing::Reply;

/// What a plugin is loaded for: which kind of code it begins with. Everything works either way.
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
        bytes: impl Into<Box<[u8]>>,
        limits: &Limits,
        cache: Option<&CompileCache>,
        load_for: LoadFor,
    ) -> Result<Self, Fault> {
        let bytes = bytes.into();
        let digest = blake3::hash(&bytes);
        let (mut code, origin) = Code::load(bytes, digest, cache, load_for)?;
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
    let program = code.best();
    match ask_on(&program, limits) {
        Err(fault) if program.may_be_spared(&fault) => ask_on(code.deciding()?, limits),
        answer => answer,
    }
}

fn ask_on(program: &Arc<Program>, limits: &Limits) -> Result<(PluginManifest, Box<[u8]>), Fault> {
    let call = Call {
        clock: Clock::start(limits.timeout, None),
        interrupts: Interrupts::default(),
        mode: Mode::Suspendable,
    };
    drive::run(pin!(async {
        let (kind, world) = (Kind::Loading, World::default());
        let program = program.clone();
        let start = Guest::start(kind, program, limits.fuel, limits, call, &world, &[]);
        start.await?.manifest(limits).await
    }))
}

impl fmt::Debug for Plugin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Plugin")
            .field("command", &self.manifest().command.name)
            .field("digest", &self.digest())
            .finish_non_exhaustive()
    }
}
