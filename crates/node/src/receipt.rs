use napi::bindgen_prelude::{Either, Float64ArraySlice};

use crate::outcome::Outcome;

/// The largest whole number that a JavaScript number tells from its neighbours.
const MAX_SAFE_INTEGER: u64 = (1 << 53) - 1;

/// Puts an answer in the brief form, where it has one.
pub(crate) fn brief(
    outcome: Outcome,
    receipt: &mut Float64ArraySlice<'_>,
) -> Either<String, Outcome> {
    match outcome {
        Outcome::Success {
            output,
            usage,
            stdout: None,
            stderr: None,
        } if usage.fuel_consumed <= MAX_SAFE_INTEGER => {
            // SAFETY: JavaScript is not running while this does, and nobody else has the array.
            let slots = unsafe { receipt.as_mut() };
            let figures = [
                usage.fuel_consumed as f64,
                usage.duration_ms,
                usage.peak_memory_bytes,
            ];
            for (slot, figure) in slots.iter_mut().zip(figures) {
                *slot = figure;
            }
            Either::A(output)
        }
        other => Either::B(other),
    }
}
