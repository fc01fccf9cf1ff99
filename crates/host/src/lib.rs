//! A plugin host on wasmtime: runs other people's code within limits, and nothing else.
//!
//! ```text
//! Plugin::load ── precheck ── program (compile, link) ── guest (start, manifest)
//!              └─ compile_cache ┘ (map)
//!
//! Plugin::execute ──► Guest::start ──► Guest::execute ──► result + Usage     a pristine instance
//! Instance::execute ─────────────────► Guest::execute ──► result + Usage     one that persists
//!
//! engine: limits of the process       meter: memory and tables of an instance
//! epoch:  deadlines, interrupts       executor: threads, queue
//! watch:  says when something may have changed in directories
//! ```
//!
//! A [`Plugin`] is compiled code with a manifest; every [`Plugin::execute`] gets an instance of its
//! own. An [`Instance`] is the other thing: one live guest that keeps its memory. Calls block; an
//! [`Executor`] runs them on threads of its own.
//!
//! By default a guest can compute and nothing more. One that imports preview 1 of WASI finds
//! nothing there but what a [`Grant`] opened for it.

#![deny(missing_docs)]
#![deny(unsafe_code)]
#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        reason = "a test fails by panicking"
    )
)]

mod clock;
mod code;
mod compile;
mod compile_cache;
mod denied;
mod drive;
mod engine;
mod epoch;
mod error;
mod execution;
mod executor;
mod grant;
mod guest;
mod host_path;
mod instance;
mod interrupt;
mod limits;
mod lineage;
mod meter;
mod mounts;
mod output;
mod plugin;
mod precheck;
mod procfs;
mod program;
mod room;
mod runner;
mod sandbox;
mod stats;
mod text;
mod trap;
mod usage;
mod warm_pool;
mod warmer;
mod watch;

pub use compile_cache::{
    CacheEntry, CacheEntryContents, CacheStats, CacheUnusable, CacheVerification, CompileCache,
};
pub use engine::{Allocation, allocation, expect_executions};
pub use error::{Fault, FaultKind, Frame};
pub use execution::Execution;
pub use executor::{Executor, ExecutorStats, Lane, Work};
pub use grant::{CannotOpen, Grant, Surroundings};
pub use instance::{Input, Instance};
pub use interrupt::{Interrupt, InterruptReason, Interrupts};
pub use limits::Limits;
pub use output::{Captured, Sink, Stdio, Stream};
pub use plugin::{LoadFor, Plugin, Reply, module_digest};
pub use precheck::MAX_MODULE_BYTES;
pub use program::Tier;
pub use sandbox::World;
pub use sen_host_protocol as protocol;
pub use stats::{Stats, stats};
pub use usage::Usage;
pub use watch::{CannotWatch, Interest, Signals, Watch, WatchedDirectory};
