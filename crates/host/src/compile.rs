//! From wasm to code. Bytes from outside are only ever treated as wasm, never as an artefact.

use std::sync::OnceLock;

use wasmtime::Module;

use crate::engine::{self, Allocation};
use crate::error::{Fault, FaultKind};
use crate::program::Tier;

/// What compiling may take of the machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Effort {
    /// Somebody waits: all cores.
    Foreground,
    /// Nobody does: one core.
    Background,
}

/// Compiles a module for a tier.
///
/// # Errors
/// `InvalidModule`.
pub(crate) fn compile(wasm: &[u8], tier: Tier, effort: Effort) -> Result<Module, Fault> {
    let engine = tier.engine()?;
    let compiler = match (tier, effort) {
        (Tier::Quick, _) => quick(engine.allocation),
        (Tier::ShortCalls, Effort::Background) => in_background(engine.allocation),
        _ => return Module::from_binary(&engine.wasmtime, wasm).map_err(invalid),
    };
    let compiler = compiler.as_ref().map_err(|reason| FaultKind::Internal {
        reason: reason.clone(),
    })?;
    let artefact = compiler.precompile_module(wasm).map_err(invalid)?;
    // What the engine has no room for, it says only here.
    map(&engine.wasmtime, &artefact).map_err(invalid)
}

/// Maps what a compiler of this file has just made.
#[allow(
    unsafe_code,
    reason = "wasmtime's only way from a compiler to an engine with other settings"
)]
fn map(engine: &wasmtime::Engine, artefact: &[u8]) -> wasmtime::Result<Module> {
    // SAFETY: wasmtime asks for the unmodified output of `Engine::precompile_module`. It is: the
    // only caller passes what that returned, from memory that nobody else has seen. That its
    // settings agree with the engine's, as far as they have to, wasmtime checks by itself.
    unsafe { Module::deserialize(engine, artefact) }
}

fn invalid(error: wasmtime::Error) -> Fault {
    FaultKind::InvalidModule {
        reason: format!("{:#}", error.root_cause()),
    }
    .into()
}

type Compiler = Result<wasmtime::Engine, String>;

fn quick(allocation: Allocation) -> &'static Compiler {
    static QUICK: OnceLock<Compiler> = OnceLock::new();
    QUICK.get_or_init(|| engine::quick_compiler(allocation))
}

fn in_background(allocation: Allocation) -> &'static Compiler {
    static BACKGROUND: OnceLock<Compiler> = OnceLock::new();
    BACKGROUND.get_or_init(|| engine::background_compiler(allocation))
}
