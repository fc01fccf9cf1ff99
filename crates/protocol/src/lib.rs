//! What is on the wire between a plugin host and its guests, and what a grant of permissions covers.
//!
//! A guest is a WebAssembly module that exports a few functions ([`abi`]) and answers in MessagePack: once
//! with a [`PluginManifest`], and for every call with an [`ExecuteResult`]. This crate names the exports,
//! decodes the answers, encodes what the host sends, and decides whether a grant covers a request
//! ([`Capabilities::covers`]). It knows neither wasmtime nor Node, opens no file and reads no environment.
//!
//! ```text
//! guest memory ─ PackedSlice ─▶ bytes ─ decode_manifest ─▶ PluginManifest ─ validate ─▶ Capabilities
//!                                 └──── decode_result ───▶ ExecuteResult ─▶ Effect        │ covers,
//! guest memory ◀─ encode_args, encode_effect_result ◀───────────────────── EffectResult   ▼ allows_…
//!                                                                                        grant
//! ```
//!
//! Everything that comes from a guest is hostile until checked. [`decode_manifest`] and [`decode_result`]
//! look at the whole structure before they build anything (see [`check_structure`]), never panic, and their
//! errors quote a guest only escaped and shortened. A decoded manifest is well-formed, not yet acceptable:
//! call [`PluginManifest::validate`] before its names and patterns are used.

#![forbid(unsafe_code)]
#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        reason = "a test fails by panicking"
    )
)]

pub mod abi;
mod capability;
mod effect;
mod encoding;
mod manifest;
mod outcome;
mod text;

pub use abi::{API_VERSION, PackedSlice};
pub use capability::{
    Anchor, Anchors, Capabilities, InvalidCapabilities, InvalidPattern, MAX_ENV_PATTERN_BYTES,
    MAX_PATH_PATTERN_BYTES, MAX_PATTERNS, NetPattern, NetProtocol, NormalPath, PathPattern, Stdio,
};
pub use effect::{Effect, EffectResult, HttpResponse};
pub use encoding::{
    Bounds, DecodeError, DecodeErrorKind, MAX_DEPTH, MAX_MANIFEST_VALUES, MAX_RESULT_VALUES,
    check_structure, decode_manifest, decode_result, encode_args, encode_effect_result,
    peek_api_version,
};
pub use manifest::{
    ArgSpec, CommandSpec, InvalidManifest, MAX_COMMAND_NAME_CHARS, PluginManifest, is_command_name,
};
pub use outcome::{ExecuteError, ExecuteResult};
