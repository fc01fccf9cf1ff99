//! The host from outside: what guests may do, and what becomes of those that do more.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod address_space;
mod bombs;
mod budgets;
#[cfg(unix)]
mod compile_cache;
mod denied;
mod direct;
mod effects;
mod executions;
mod executor;
mod exports;
mod features;
mod fixtures;
mod fuel;
mod interrupts;
mod isolation;
mod manifests;
#[path = "../../../protocol/tests/all/memory.rs"]
mod memory;
mod modules;
mod names;
mod random;
mod results;
mod room;
mod stack;
mod start_up;
mod support;
mod tiers;
mod traps;
mod warm;
mod wasi;
