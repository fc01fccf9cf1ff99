use wasmtime::{InstancePre, Linker, Module};

use crate::error::{Fault, FaultKind};
use crate::guest::State;
use crate::text::shown;

/// The plain tier: no imports at all. Nothing that a guest does can reach the system.
pub(super) fn link(module: &Module) -> Result<InstancePre<State>, Fault> {
    if let Some(import) = module.imports().next() {
        let name = shown(&format!("{}.{}", import.module(), import.name()));
        let kind = FaultKind::Instantiation {
            import: Some(name),
            reason: "unknown import".into(),
        };
        return Err(kind.into());
    }
    Linker::new(module.engine())
        .instantiate_pre(module)
        .map_err(|error| {
            FaultKind::Instantiation {
                import: None,
                reason: format!("{error:#}"),
            }
            .into()
        })
}
