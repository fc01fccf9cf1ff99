//! One plugin in both hosts, and what they say of it in the same words.

use std::cell::Cell;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use sen_host::protocol::{EffectResult, ExecuteResult, PluginManifest};
use sen_host::{FaultKind, Instance, Interrupts, Limits, Plugin};
use sen_plugin_host as published;
use sen_plugin_host::{LoadedPlugin, LoaderError, PluginLoader};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// The fuel that the published host gives each call, which is the default of this one.
const FUEL: u64 = 10_000_000;

/// Why a plugin could not answer, as far as both hosts tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    OutOfFuel,
    StackOverflow,
    /// Another trap, or what a guest does that was refused memory.
    Trap,
    /// Bytes that are not what they should be.
    Decode,
    /// A pointer that leads nowhere.
    Bounds,
    /// There is no such function.
    Missing,
    ApiVersion,
    Invalid,
}

pub type Answer = Result<ExecuteResult, Failure>;

/// A plugin, loaded by both hosts.
pub struct Both {
    wasm: Vec<u8>,
    ours: Plugin,
    loader: PluginLoader,
    theirs: Cell<Option<LoadedPlugin>>,
}

/// A path below the project's root.
pub fn project(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .join(path)
}

/// The example plugin that provides this command.
pub fn example(command: &str) -> Vec<u8> {
    let path = project("examples/plugins/build")
        .join(command)
        .with_extension("wasm");
    fs::read(&path).unwrap_or_else(|error| {
        panic!(
            "{}: {error}. Run `npm run build:plugins`, which builds the example plugins",
            path.display()
        )
    })
}

/// The guest of this name in `test/guests`, compiled from its text.
pub fn guest(name: &str) -> Vec<u8> {
    let path = project("test/guests").join(name).with_extension("wat");
    wat::parse_file(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

impl Both {
    pub fn load(wasm: Vec<u8>) -> Self {
        Self {
            ours: Plugin::load(&wasm, &limits(FUEL)).unwrap(),
            loader: PluginLoader::new().unwrap(),
            theirs: Cell::new(None),
            wasm,
        }
    }

    pub fn our_manifest(&self) -> PluginManifest {
        self.ours.manifest().clone()
    }

    pub fn their_manifest(&self) -> PluginManifest {
        ours_from(&self.their_plugin().manifest)
    }

    fn their_plugin(&self) -> LoadedPlugin {
        self.loader.load(&self.wasm).unwrap()
    }

    /// What both answer to these arguments, which must be the same.
    pub fn assert_same(&self, args: &[String]) -> Answer {
        let theirs = self.their_answer(args);
        let mut ours = self.our_answer(args, FUEL);
        // Versions of wasmtime differ in what they charge: the one host may run out first.
        if ours == Err(Failure::OutOfFuel) && theirs != ours {
            ours = self.our_answer(args, u64::MAX);
        }
        assert_eq!(ours, theirs, "{}", shown(args));
        ours
    }

    /// The published host keeps one instance alive, which is not meant to matter here: what failed
    /// on one that was called before is done again on a fresh one.
    fn their_answer(&self, args: &[String]) -> Answer {
        let used = self.theirs.take();
        if let Some(mut used) = used
            && let Ok(answer) = their_answer(used.instance.execute(args))
        {
            self.theirs.set(Some(used));
            return Ok(answer);
        }
        let mut fresh = self.their_plugin();
        let answer = their_answer(fresh.instance.execute(args))?;
        self.theirs.set(Some(fresh));
        Ok(answer)
    }

    fn our_answer(&self, args: &[String], fuel: u64) -> Answer {
        let reply = self
            .ours
            .execute(args, &limits(fuel), &Interrupts::default());
        reply
            .map(|reply| reply.result)
            .map_err(|fault| our_failure(&fault.kind))
    }

    /// What both answer to these arguments, and then to these results of effects, on one instance.
    pub fn assert_same_conversation(
        &self,
        args: &[String],
        results: &[(u32, EffectResult)],
    ) -> Vec<Answer> {
        let mut theirs = self.their_plugin().instance;
        let ours = Instance::new(self.ours.clone());
        assert_eq!(self.ours.supports_effects(), theirs.supports_effects());

        let limits = limits(FUEL);
        let our_answer = |answer: Result<(ExecuteResult, _), sen_host::Fault>| {
            answer
                .map(|(result, _)| result)
                .map_err(|fault| our_failure(&fault.kind))
        };
        let mut answers = vec![our_answer(ours.execute(args, &limits, None))];
        assert_eq!(answers[0], their_answer(theirs.execute(args)));
        for (id, result) in results {
            let answer = our_answer(ours.resume(*id, result, &limits, None));
            let their_result: published::EffectResult = theirs_from(result);
            assert_eq!(
                answer,
                their_answer(theirs.resume(*id, &their_result)),
                "{result:?}"
            );
            answers.push(answer);
        }
        answers
    }
}

/// What both hosts say to a module that they do not load, which must be the same.
pub fn assert_refused_alike(wasm: &[u8]) -> Failure {
    let ours = Plugin::load(wasm, &limits(FUEL))
        .err()
        .map(|fault| our_failure(&fault.kind));
    let theirs = PluginLoader::new()
        .unwrap()
        .load(wasm)
        .err()
        .map(|error| their_failure(&error));
    assert_eq!(ours, theirs);
    ours.expect("a module that must be refused was loaded")
}

/// Time enough for a busy machine.
fn limits(fuel: u64) -> Limits {
    Limits {
        fuel,
        timeout: Duration::from_secs(60),
        ..Limits::default()
    }
}

fn our_failure(kind: &FaultKind) -> Failure {
    match kind {
        FaultKind::FuelExhausted { .. } => Failure::OutOfFuel,
        FaultKind::StackOverflow => Failure::StackOverflow,
        FaultKind::Trap { .. } | FaultKind::MemoryLimit { .. } => Failure::Trap,
        FaultKind::Decode { .. } => Failure::Decode,
        FaultKind::AbiBounds { .. } => Failure::Bounds,
        FaultKind::MissingExport { .. } => Failure::Missing,
        FaultKind::ApiVersion { .. } => Failure::ApiVersion,
        FaultKind::InvalidModule { .. } | FaultKind::Instantiation { .. } => Failure::Invalid,
        other => panic!("{other:?}"),
    }
}

fn their_answer(answer: Result<published::ExecuteResult, LoaderError>) -> Answer {
    answer
        .map(|result| ours_from(&result))
        .map_err(|error| their_failure(&error))
}

fn their_failure(error: &LoaderError) -> Failure {
    match error {
        LoaderError::FuelExhausted => Failure::OutOfFuel,
        LoaderError::FunctionCall { source, .. } => {
            let trap = source.root_cause().to_string();
            if trap.contains("all fuel consumed") {
                Failure::OutOfFuel
            } else if trap.contains("call stack exhausted") {
                Failure::StackOverflow
            } else {
                assert!(trap.contains("wasm trap"), "{trap}");
                Failure::Trap
            }
        }
        LoaderError::Deserialization(_) => Failure::Decode,
        LoaderError::MemoryAccess(_) => Failure::Bounds,
        LoaderError::FunctionNotFound(_) => Failure::Missing,
        LoaderError::ApiVersionMismatch { .. } => Failure::ApiVersion,
        LoaderError::ModuleCompilation(_) | LoaderError::Instantiation(_) => Failure::Invalid,
        other => panic!("{other:?}"),
    }
}

/// A value of the published types as one of this project's: both have the names of the protocol.
fn ours_from<T: DeserializeOwned>(theirs: &impl Serialize) -> T {
    serde_json::from_value(serde_json::to_value(theirs).unwrap()).unwrap()
}

fn theirs_from<T: DeserializeOwned>(ours: &impl Serialize) -> T {
    serde_json::from_value(serde_json::to_value(ours).unwrap()).unwrap()
}

/// Arguments as a message can show them.
fn shown(args: &[String]) -> String {
    let text = format!("{} arguments: {args:?}", args.len());
    text.chars().take(300).collect()
}

pub fn strings(args: &[&str]) -> Vec<String> {
    args.iter().map(|&arg| arg.to_owned()).collect()
}
