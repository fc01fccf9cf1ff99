//! Any value of the protocol.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use sen_host_protocol::{
    ArgSpec, Capabilities, CommandSpec, Effect, EffectResult, ExecuteError, ExecuteResult,
    HttpResponse, NetPattern, NetProtocol, PathPattern, PluginManifest, Stdio,
};

/// Four times as many cases as usual, for properties that are cheap to check. `PROPTEST_CASES` scales it.
pub fn many_cases() -> ProptestConfig {
    let usual = ProptestConfig::default();
    ProptestConfig {
        cases: usual.cases.saturating_mul(4),
        ..usual
    }
}

/// Texts of all lengths that have a head of their own, with all characters.
pub fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        8 => ".{0,12}",
        1 => any::<String>(),
        1 => (0_usize..70_000).prop_map(|len| "x".repeat(len)),
    ]
}

fn short_text() -> impl Strategy<Value = String> {
    prop_oneof![".{0,8}", any::<String>()]
}

fn arg_spec() -> impl Strategy<Value = ArgSpec> {
    (
        short_text(),
        option::of(short_text()),
        option::of(any::<char>()),
        any::<bool>(),
        short_text(),
        option::of(short_text()),
        option::of(short_text()),
        option::of(vec(short_text(), 0..3)),
    )
        .prop_map(
            |(name, long, short, required, help, value_name, default_value, possible_values)| {
                ArgSpec {
                    name,
                    long,
                    short,
                    required,
                    help,
                    value_name,
                    default_value,
                    possible_values,
                }
            },
        )
}

fn command_spec() -> impl Strategy<Value = CommandSpec> {
    let parts = || {
        (
            short_text(),
            short_text(),
            option::of(short_text()),
            option::of(short_text()),
            vec(arg_spec(), 0..3),
        )
    };
    let leaf = parts().prop_map(|(name, about, version, author, args)| CommandSpec {
        name,
        about,
        version,
        author,
        args,
        subcommands: vec![],
    });
    leaf.prop_recursive(4, 12, 3, move |inner| {
        (parts(), vec(inner, 0..3)).prop_map(
            |((name, about, version, author, args), subcommands)| CommandSpec {
                name,
                about,
                version,
                author,
                args,
                subcommands,
            },
        )
    })
}

pub fn manifest() -> impl Strategy<Value = PluginManifest> {
    (any::<u32>(), command_spec(), capabilities()).prop_map(
        |(api_version, command, capabilities)| PluginManifest {
            api_version,
            command,
            capabilities,
        },
    )
}

/// Paths of few and confusable parts, so that some contain others.
pub fn path_text() -> impl Strategy<Value = String> {
    let part = prop::sample::select(vec!["a", "b", "a-b", "..", ".", "", "~", "A"]);
    let start = prop::sample::select(vec!["", "./", "/", "~/", "../"]);
    (start, vec(part, 0..6)).prop_map(|(start, parts)| format!("{start}{}", parts.join("/")))
}

pub fn path_pattern() -> impl Strategy<Value = PathPattern> {
    (path_text(), any::<bool>()).prop_map(|(pattern, recursive)| PathPattern { pattern, recursive })
}

fn host_text() -> impl Strategy<Value = String> {
    let part = prop::sample::select(vec!["a", "B", "ab", "com", "7", "0x7f", "*", ""]);
    prop_oneof![
        8 => vec(part, 1..4).prop_map(|parts| parts.join(".")),
        1 => any::<std::net::IpAddr>().prop_map(|address| address.to_string()),
        1 => short_text(),
    ]
}

fn net_pattern() -> impl Strategy<Value = NetPattern> {
    let protocol = prop::sample::select(vec![
        NetProtocol::Https,
        NetProtocol::Http,
        NetProtocol::Tcp,
    ]);
    let port = option::of(prop_oneof![Just(443), any::<u16>()]);
    (host_text(), port, protocol).prop_map(|(host, port, protocol)| NetPattern {
        host,
        port,
        protocol,
    })
}

fn env_pattern() -> impl Strategy<Value = String> {
    prop_oneof!["[AB]{1,5}", "[AB]{1,5}\\*", "[AB*=]{0,5}"]
}

pub fn capabilities() -> impl Strategy<Value = Capabilities> {
    (
        vec(path_pattern(), 0..4),
        vec(path_pattern(), 0..4),
        vec(env_pattern(), 0..4),
        vec(net_pattern(), 0..4),
        any::<[bool; 3]>(),
    )
        .prop_map(
            |(fs_read, fs_write, env_read, net, [stdin, stdout, stderr])| Capabilities {
                fs_read,
                fs_write,
                env_read,
                net,
                stdio: Stdio {
                    stdin,
                    stdout,
                    stderr,
                },
            },
        )
}

fn headers() -> impl Strategy<Value = Vec<(String, String)>> {
    vec((short_text(), short_text()), 0..20)
}

pub fn effect() -> impl Strategy<Value = Effect> {
    prop_oneof![
        (any::<u32>(), text(), headers()).prop_map(|(id, url, headers)| Effect::HttpGet {
            id,
            url,
            headers
        }),
        (
            any::<u32>(),
            text(),
            text(),
            option::of(short_text()),
            headers()
        )
            .prop_map(|(id, url, body, content_type, headers)| Effect::HttpPost {
                id,
                url,
                body,
                content_type,
                headers
            }),
        (any::<u32>(), any::<u64>())
            .prop_map(|(id, duration_ms)| Effect::Sleep { id, duration_ms }),
    ]
}

pub fn execute_result() -> impl Strategy<Value = ExecuteResult> {
    prop_oneof![
        text().prop_map(ExecuteResult::Success),
        (any::<u8>(), text())
            .prop_map(|(code, message)| ExecuteResult::Error(ExecuteError { code, message })),
        effect().prop_map(ExecuteResult::Effect),
    ]
}

pub fn effect_result() -> impl Strategy<Value = EffectResult> {
    prop_oneof![
        (any::<u16>(), text(), headers()).prop_map(|(status, body, headers)| EffectResult::Http(
            HttpResponse {
                status,
                body,
                headers
            }
        )),
        Just(EffectResult::SleepComplete),
        text().prop_map(EffectResult::Error),
    ]
}
