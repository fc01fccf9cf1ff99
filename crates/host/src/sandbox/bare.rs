use wasmtime::{InstancePre, Linker, Module};

use crate::error::{Fault, FaultKind};
use crate::guest::State;

/// The plain tier: no imports at all. Nothing that a guest does can reach the system.
pub(super) fn link(module: &Module) -> Result<InstancePre<State>, Fault> {
    if let Some(import) = module.imports().next() {
        let name = bounded(&format!("{}.{}", import.module(), import.name()));
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

/// Import names are the guest's: kept short.
fn bounded(name: &str) -> String {
    name.chars().take(256).collect()
}
