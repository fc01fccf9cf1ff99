//! The plugin host as a Node addon: napi classes and conversions, nothing else. Each class holds
//! one handle of the host's, and its methods only convert.
//!
//! Faults cross the border as values (`Outcome` of type `fault`), not as exceptions: they keep
//! their code and details on every path, and TypeScript throws them where the caller's stack is.

#![cfg_attr(
    test,
    allow(dead_code, reason = "exports are registered outside of tests only")
)]

mod call;
mod capability;
mod compile_cache;
mod effect;
mod event_loop;
mod executor;
mod fault;
mod file_lock;
mod grant;
mod instance;
mod interrupt;
mod limits;
mod manifest;
mod outcome;
mod plugin;
mod receipt;
#[cfg_attr(
    test,
    allow(dead_code, reason = "what registers functions is left out of tests")
)]
mod stats;
mod threads;
mod version;
mod watch;
mod world;
