//! What a guest may ask the host to do on its behalf, and what it gets back.

use serde::{Deserialize, Serialize};

/// A request that suspends the guest's call until the host has carried it out.
///
/// On the wire `{"HttpGet": {…}}`, `{"HttpPost": {…}}` or `{"Sleep": {…}}`. Nothing in it is checked here:
/// whether a URL may be fetched is decided by whoever fetches it, with
/// [`Capabilities::allows_net`](crate::Capabilities::allows_net), for each redirect again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Effect {
    /// An HTTP GET.
    HttpGet {
        /// The guest's own number for this request, passed back to `plugin_resume`.
        id: u32,
        /// What to fetch, unchecked.
        url: String,
        /// Names and values of request headers in the guest's order, unchecked. Default: none.
        #[serde(default)]
        headers: Vec<(String, String)>,
    },
    /// An HTTP POST.
    HttpPost {
        /// The guest's own number for this request, passed back to `plugin_resume`.
        id: u32,
        /// Where to post to, unchecked.
        url: String,
        /// The request's body.
        body: String,
        /// The body's media type, unchecked. The SDK documents `application/json` for a missing one.
        #[serde(default)]
        content_type: Option<String>,
        /// Names and values of request headers in the guest's order, unchecked. Default: none.
        #[serde(default)]
        headers: Vec<(String, String)>,
    },
    /// A wait.
    Sleep {
        /// The guest's own number for this request, passed back to `plugin_resume`.
        id: u32,
        /// How long, in milliseconds; up to 2^64 - 1, so the host must bound it.
        duration_ms: u64,
    },
}

impl Effect {
    /// The number under which the guest expects the result: the first argument of `plugin_resume`.
    #[must_use]
    pub fn id(&self) -> u32 {
        match self {
            Self::HttpGet { id, .. } | Self::HttpPost { id, .. } | Self::Sleep { id, .. } => *id,
        }
    }
}

/// What became of an [`Effect`]; sent to the guest by
/// [`encode_effect_result`](crate::encode_effect_result).
///
/// On the wire `{"Http": {…}}`, `"SleepComplete"` or `{"Error": str}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum EffectResult {
    /// A response arrived, of whatever status.
    Http(HttpResponse),
    /// The wait is over.
    SleepComplete,
    /// The host refused or could not do it; the text says why.
    Error(String),
}

/// The response to [`Effect::HttpGet`] or [`Effect::HttpPost`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HttpResponse {
    /// The HTTP status, 100 to 599.
    pub status: u16,
    /// The body as text; the protocol has no binary bodies.
    pub body: String,
    /// Names and values of response headers. An empty list is left out of the encoding, as the Rust host
    /// does, so that guests get the same bytes from either.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub headers: Vec<(String, String)>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_effect_of_any_kind_tells_its_id() {
        let get = Effect::HttpGet {
            id: 1,
            url: String::new(),
            headers: vec![],
        };
        let post = Effect::HttpPost {
            id: 2,
            url: String::new(),
            body: String::new(),
            content_type: None,
            headers: vec![],
        };
        let sleep = Effect::Sleep {
            id: u32::MAX,
            duration_ms: 0,
        };
        assert_eq!([get.id(), post.id(), sleep.id()], [1, 2, u32::MAX]);
    }
}
