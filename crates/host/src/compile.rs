//! From wasm to code. Bytes from outside are only ever treated as wasm, never as an artefact.

use std::sync::OnceLock;

use wasmtime::Module;

use crate::engine::{self, Engine, Purpose};
use crate::error::{Fault, FaultKind};
use crate::program::Tier;

/// What compiling may take of the machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Effort {
    /// Somebody waits: all cores, as far as the system lets there be threads.
    Foreground,
    /// Nobody does: one core.
    Background,
}

/// What a compiler needs of a stack, as much as threads have that are made for compiling.
const STACK_BYTES: usize = 2 << 20;

/// Compiles a module for a tier. Where the caller's stack has too little room, on another one.
///
/// # Errors
/// `InvalidModule`.
pub(crate) fn compile(wasm: &[u8], tier: Tier, effort: Effort) -> Result<Module, Fault> {
    stacker::maybe_grow(STACK_BYTES, STACK_BYTES, || {
        compile_here(wasm, tier, effort)
    })
}

fn compile_here(wasm: &[u8], tier: Tier, effort: Effort) -> Result<Module, Fault> {
    let engine = tier.engine()?;
    if effort == Effort::Foreground && has_threads() {
        return Module::from_binary(&engine.wasmtime, wasm).map_err(invalid);
    }
    let artefact = in_background(tier.purpose(), engine)?.precompile_module(wasm);
    // What the engine has no room for, it says only when it is mapped.
    artefact
        .and_then(|artefact| map(&engine.wasmtime, &artefact))
        .map_err(invalid)
}

/// Whether the threads that compile on all cores are there; the first call starts them. Where the
/// system allows no more, wasmtime would panic when it needs them.
fn has_threads() -> bool {
    static STARTED: OnceLock<bool> = OnceLock::new();
    *STARTED.get_or_init(|| {
        rayon_core::ThreadPoolBuilder::new()
            .thread_name(|_| "sen-compile".into())
            .build_global()
            .is_ok()
    })
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

/// The compiler for an engine that leaves the other cores alone, made by its first use.
fn in_background(purpose: Purpose, engine: &Engine) -> Result<&'static wasmtime::Engine, Fault> {
    static COMPILERS: [OnceLock<Result<wasmtime::Engine, String>>; 3] =
        [const { OnceLock::new() }; 3];
    let [baseline, short_calls, computation] = &COMPILERS;
    let compiler = match purpose {
        Purpose::Baseline => baseline,
        Purpose::ShortCalls => short_calls,
        Purpose::Computation => computation,
    };
    let compiler = compiler.get_or_init(|| engine::background_compiler(purpose, engine.allocation));
    compiler.as_ref().map_err(|reason| {
        let reason = reason.clone();
        FaultKind::Internal { reason }.into()
    })
}
