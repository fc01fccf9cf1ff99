use napi_derive::napi;
use sen_host::protocol;

/// What a guest asks the host to do.
#[napi(
    discriminant = "type",
    discriminant_case = "camelCase",
    object_from_js = false
)]
pub enum Effect {
    HttpGet {
        id: u32,
        url: String,
        headers: Vec<(String, String)>,
    },
    HttpPost {
        id: u32,
        url: String,
        body: String,
        content_type: Option<String>,
        headers: Vec<(String, String)>,
    },
    /// `durationMs` beyond 2^53 is rounded.
    Sleep { id: u32, duration_ms: f64 },
}

impl From<protocol::Effect> for Effect {
    fn from(effect: protocol::Effect) -> Self {
        match effect {
            protocol::Effect::HttpGet { id, url, headers } => Self::HttpGet { id, url, headers },
            protocol::Effect::HttpPost {
                id,
                url,
                body,
                content_type,
                headers,
            } => Self::HttpPost {
                id,
                url,
                body,
                content_type,
                headers,
            },
            protocol::Effect::Sleep { id, duration_ms } => Self::Sleep {
                id,
                duration_ms: duration_ms as f64,
            },
        }
    }
}

/// What came of an effect.
#[napi(
    discriminant = "type",
    discriminant_case = "camelCase",
    object_to_js = false
)]
pub enum EffectResult {
    Http {
        status: u16,
        body: String,
        headers: Vec<(String, String)>,
    },
    SleepComplete,
    Error {
        message: String,
    },
}

impl From<EffectResult> for protocol::EffectResult {
    fn from(result: EffectResult) -> Self {
        match result {
            EffectResult::Http {
                status,
                body,
                headers,
            } => Self::Http(protocol::HttpResponse {
                status,
                body,
                headers,
            }),
            EffectResult::SleepComplete => Self::SleepComplete,
            EffectResult::Error { message } => Self::Error(message),
        }
    }
}
