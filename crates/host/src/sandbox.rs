//! What a guest may import. A tier is a linker; there is one loader for all.

mod bare;

use wasmtime::{InstancePre, Module};

use crate::error::Fault;
use crate::guest::State;

/// Links a module to what its tier provides.
///
/// # Errors
/// `Instantiation`, naming the import that no tier provides.
pub(crate) fn link(module: &Module) -> Result<InstancePre<State>, Fault> {
    bare::link(module)
}
