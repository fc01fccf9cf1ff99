use std::time::Duration;

use napi::bindgen_prelude::BigInt;
use napi_derive::napi;
use sen_host as host;

/// Limits that differ from those they are applied to. TypeScript has checked types and ranges.
#[napi(object, object_to_js = false)]
pub struct LimitOverrides {
    pub fuel: Option<BigInt>,
    pub memory_bytes: Option<f64>,
    pub table_elements: Option<f64>,
    pub timeout_ms: Option<f64>,
    pub result_bytes: Option<f64>,
}

impl LimitOverrides {
    /// These limits over the given ones.
    pub(crate) fn over(this: Option<&Self>, base: &host::Limits) -> host::Limits {
        let Some(this) = this else { return *base };
        // Saturating casts: what is out of range is held to the nearest bound.
        host::Limits {
            fuel: this
                .fuel
                .as_ref()
                .map_or(base.fuel, |fuel| fuel.get_u64().1),
            memory_bytes: this
                .memory_bytes
                .map_or(base.memory_bytes, |bytes| bytes as usize),
            table_elements: this
                .table_elements
                .map_or(base.table_elements, |elements| elements as usize),
            timeout: this
                .timeout_ms
                .and_then(|ms| Duration::try_from_secs_f64(ms / 1000.0).ok())
                .unwrap_or(base.timeout),
            result_bytes: this
                .result_bytes
                .map_or(base.result_bytes, |bytes| bytes as usize),
        }
    }
}
