//! Compiled code as bytes. Loading forged bytes is arbitrary code execution: nothing from outside
//! ever comes here.

#![allow(
    unsafe_code,
    reason = "wasmtime trusts artefacts, and asks its caller to vouch for them"
)]

use wasmtime::{Engine, Module};

/// Compiles on one engine for another.
pub(crate) fn compile(compiler: &Engine, engine: &Engine, wasm: &[u8]) -> wasmtime::Result<Module> {
    let artefact = compiler.precompile_module(wasm)?;
    // SAFETY: the bytes were made by this very wasmtime in the line above and have been nowhere
    // since. wasmtime itself checks that the two engines' settings fit together.
    unsafe { Module::deserialize(engine, artefact) }
}
