//! `fetch URL [BODY]`: asks its host for a page, by GET or, with a body, by POST.
//!
//! A plugin reaches nothing itself. It answers with an effect instead of a result, its host carries that out within
//! what was granted, and calls `resume` with what came of it, on the same instance: what was kept in between is still
//! there. A server that is busy is asked again after a while, which is an effect too.

use std::cell::RefCell;

use sen_plugin_sdk::NetProtocol;
use sen_plugin_sdk::prelude::*;

/// How often a server that is busy is asked.
const ATTEMPTS: u32 = 3;
const PAUSE_MS: u64 = 100;

struct Request {
    url: String,
    body: Option<String>,
    /// The number of the attempt, which is the effect's too.
    attempt: u32,
}

impl Request {
    fn send(&self) -> ExecuteResult {
        match &self.body {
            None => ExecuteResult::http_get(self.attempt, &self.url),
            Some(body) => ExecuteResult::Effect(Effect::HttpPost {
                id: self.attempt,
                url: self.url.clone(),
                body: body.clone(),
                content_type: Some("text/plain; charset=utf-8".into()),
                headers: vec![],
            }),
        }
    }
}

thread_local! {
    static REQUEST: RefCell<Option<Request>> = const { RefCell::new(None) };
}

struct Fetch;

impl Plugin for Fetch {
    fn manifest() -> PluginManifest {
        let any = |protocol| NetPattern {
            host: "*".into(),
            port: None,
            protocol,
        };
        let command = CommandSpec::new("fetch", "Fetches a page")
            .version(env!("CARGO_PKG_VERSION"))
            .arg(ArgSpec::positional("url").required().help("What to fetch"))
            .arg(ArgSpec::positional("body").help("What to send, by POST"));
        let capabilities =
            Capabilities::none().with_net(vec![any(NetProtocol::Https), any(NetProtocol::Http)]);
        PluginManifest::with_capabilities(command, capabilities)
    }

    fn execute(args: Vec<String>) -> ExecuteResult {
        let mut args = args.into_iter();
        let Some(url) = args.next() else {
            return ExecuteResult::user_error("a URL is missing");
        };
        let request = Request {
            url,
            body: args.next(),
            attempt: 1,
        };
        let effect = request.send();
        REQUEST.set(Some(request));
        effect
    }

    fn resume(_effect_id: u32, result: EffectResult) -> ExecuteResult {
        let Some(mut request) = REQUEST.take() else {
            return ExecuteResult::system_error("resumed without a request");
        };
        let answer = match result {
            EffectResult::Http(HttpResponse { status: 503, .. }) if request.attempt < ATTEMPTS => {
                let pause = PAUSE_MS * u64::from(request.attempt);
                ExecuteResult::sleep(request.attempt, pause)
            }
            EffectResult::SleepComplete => {
                request.attempt += 1;
                request.send()
            }
            EffectResult::Http(response) if response.is_success() => {
                return ExecuteResult::success(response.body);
            }
            EffectResult::Http(response) => {
                return ExecuteResult::user_error(format!(
                    "the server answered {}",
                    response.status
                ));
            }
            EffectResult::Error(message) => return ExecuteResult::user_error(message),
        };
        REQUEST.set(Some(request));
        answer
    }
}

export_plugin!(Fetch);
