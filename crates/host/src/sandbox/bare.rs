use wasmtime::{Linker, Module};

use crate::error::Fault;

use super::{Linked, refused};

/// The plain tier: no imports at all. Nothing that a guest does can reach the system.
pub(super) fn link(module: &Module) -> Result<Linked, Fault> {
    let linked = Linker::new(module.engine()).instantiate_pre(module);
    let linked = linked.map_err(|error| refused(&error))?;
    Ok(Linked {
        suspendable: linked.clone(),
        in_one_go: linked,
        is_wasi: false,
        may_sleep: false,
    })
}
