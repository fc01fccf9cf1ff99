//! The WASI tier: preview 1, within what a [`Grant`](crate::Grant) opened. Own code above
//! `cap-std`, which walks paths: a descriptor of a directory granted without what is below it, a
//! bound on descriptors, and a deadline that holds while a call waits, are nothing that a ready
//! implementation of preview 1 offers.

mod context;
mod descriptor;
mod descriptor_calls;
mod directory;
mod errno;
mod file;
mod held;
mod linker;
mod listing;
mod memory;
mod path_calls;
mod poll;
mod process_calls;
mod rights;
mod stat;
mod stdin;
mod waiting;

pub use context::World;

pub(crate) use context::Context;
pub(super) use linker::link;

use errno::Errno;

use crate::error::FaultKind;
use crate::trap::Stopped;

/// How a call of preview 1 ends that does not succeed.
enum Refusal {
    /// The guest is told why, and goes on.
    Errno(Errno),
    /// The guest is stopped.
    Stop(FaultKind),
}

impl From<Errno> for Refusal {
    fn from(errno: Errno) -> Self {
        Self::Errno(errno)
    }
}

impl From<FaultKind> for Refusal {
    fn from(kind: FaultKind) -> Self {
        Self::Stop(kind)
    }
}

/// What the guest gets: 0 or an errno; or an error that stops it.
fn answered(result: Result<(), Refusal>) -> wasmtime::Result<i32> {
    match result {
        Ok(()) => Ok(0),
        Err(Refusal::Errno(errno)) => Ok(i32::from(errno as u16)),
        Err(Refusal::Stop(kind)) => Err(Stopped(kind).into()),
    }
}
