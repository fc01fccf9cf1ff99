use wasmtime::{PoolConcurrencyLimitError, Trap, WasmBacktrace};

use crate::error::{FaultKind, Frame};
use crate::text::shown;

/// A guest was stopped by the host's own epoch callback, for this reason.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Stopped(pub(crate) FaultKind);

/// What a failed call into a guest means. `fuel` is what the call had, `refused` the limit that the
/// host held the guest to, if it did.
pub(crate) fn classify(error: &wasmtime::Error, fuel: u64, refused: Option<usize>) -> FaultKind {
    if let Some(Stopped(kind)) = error.downcast_ref() {
        return kind.clone();
    }
    if error.is::<PoolConcurrencyLimitError>() {
        return FaultKind::Busy {
            limit: u64::from(crate::engine::MAX_INSTANCES),
        };
    }
    let trap = error.downcast_ref::<Trap>().copied();
    match (trap, refused) {
        (Some(Trap::OutOfFuel), _) => FaultKind::FuelExhausted { limit: fuel },
        (Some(Trap::StackOverflow), _) => FaultKind::StackOverflow,
        // A guest that is refused room most often aborts, as Rust's and Zig's allocators do.
        (_, Some(limit)) => FaultKind::MemoryLimit {
            limit: limit as u64,
        },
        (Some(trap), None) => {
            let backtrace = error
                .downcast_ref::<WasmBacktrace>()
                .map(frames)
                .unwrap_or_default();
            let function = backtrace.first().and_then(|frame| frame.function.clone());
            FaultKind::Trap {
                trap: name(trap),
                function,
                backtrace,
            }
        }
        (None, None) => FaultKind::Instantiation {
            import: None,
            reason: format!("{:#}", error.root_cause()),
        },
    }
}

/// The trap in the words of the specification.
fn name(trap: Trap) -> String {
    match trap {
        Trap::UnreachableCodeReached => "unreachable".into(),
        Trap::TableOutOfBounds => "out of bounds table access".into(),
        other => {
            let text = other.to_string();
            text.strip_prefix("wasm trap: ")
                .map(str::to_owned)
                .unwrap_or(text)
        }
    }
}

fn frames(backtrace: &WasmBacktrace) -> Vec<Frame> {
    let frames = backtrace.frames().iter();
    frames
        .map(|frame| Frame {
            function: frame.func_name().map(shown),
            index: frame.func_index(),
            offset: frame.module_offset().map(|offset| offset as u64),
        })
        .collect()
}
