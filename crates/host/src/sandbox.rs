//! What a guest may import. A tier is a linker; there is one loader for all.

mod bare;
mod wasi;

use wasmtime::{ImportType, InstancePre, Module};

use crate::error::{Fault, FaultKind};
use crate::guest::State;
use crate::text::shown;

pub use wasi::World;

pub(crate) use wasi::Context;

/// A module linked to what its tier provides.
pub(crate) struct Linked {
    /// For a guest on a stack of its own, which can wait for something.
    pub(crate) suspendable: InstancePre<State>,
    /// For one on the caller's stack.
    pub(crate) in_one_go: InstancePre<State>,
    /// Whether guests need a [`Context`].
    pub(crate) is_wasi: bool,
    /// Whether guests may ask to sleep, which one that is linked to run in one go never can.
    pub(crate) may_sleep: bool,
}

/// Links a module to what its tier provides: nothing, or preview 1 of WASI.
///
/// # Errors
/// `Instantiation`, naming the import that no tier provides.
pub(crate) fn link(module: &Module) -> Result<Linked, Fault> {
    if module.imports().len() == 0 {
        bare::link(module)
    } else {
        wasi::link(module)
    }
}

fn not_provided(import: &ImportType<'_>) -> Fault {
    let kind = FaultKind::Instantiation {
        import: Some(shown(&format!("{}.{}", import.module(), import.name()))),
        reason: "unknown import".into(),
    };
    kind.into()
}

/// An import of the right name and of another type, for one.
fn refused(error: &wasmtime::Error) -> Fault {
    let kind = FaultKind::Instantiation {
        import: None,
        reason: format!("{error:#}"),
    };
    kind.into()
}
