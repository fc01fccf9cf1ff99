//! Bytes of the published crates: `sen-plugin-api` 0.8.1 and `rmp_serde::to_vec_named`, as its SDK uses it.

use sen_host_protocol::{
    ArgSpec, Capabilities, CommandSpec, Effect, EffectResult, ExecuteError, ExecuteResult,
    HttpResponse, NetPattern, NetProtocol, PathPattern, PluginManifest, Stdio, decode_manifest,
    decode_result, encode_effect_result,
};

fn bytes(hexadecimal: &str) -> Vec<u8> {
    (0..hexadecimal.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&hexadecimal[at..at + 2], 16).unwrap())
        .collect()
}

fn command(name: &str, about: &str) -> CommandSpec {
    CommandSpec {
        name: name.to_owned(),
        about: about.to_owned(),
        version: None,
        author: None,
        args: vec![],
        subcommands: vec![],
    }
}

#[test]
fn a_manifest_of_the_sdk_is_understood() {
    let sent = bytes(concat!(
        "83ab6170695f76657273696f6e02a7636f6d6d616e6486a46e616d65a26462a561626f7574a9446174616261736573",
        "a776657273696f6ea5312e302e30a6617574686f72c0a4617267739188a46e616d65a66f7574707574a46c6f6e67a6",
        "6f7574707574a573686f7274a16fa87265717569726564c3a468656c70a8576865726520746faa76616c75655f6e61",
        "6d65c0ad64656661756c745f76616c7565a12daf706f737369626c655f76616c756573c0ab737562636f6d6d616e64",
        "739186a46e616d65a6637265617465a561626f7574a94d616b6573206f6e65a776657273696f6ec0a6617574686f72",
        "c0a46172677390ab737562636f6d6d616e647390ac6361706162696c697469657384a766735f726561649182a77061",
        "747465726ea62e2f64617461a9726563757273697665c3a8656e765f7265616492a4484f4d45a44d595f2aa36e6574",
        "9282a4686f7374ad2a2e6578616d706c652e636f6da870726f746f636f6ca5687474707383a4686f7374a96c6f6361",
        "6c686f7374a4706f7274cd1f90a870726f746f636f6ca3746370a5737464696f83a5737464696ec2a67374646f7574",
        "c3a6737464657272c3",
    ));
    let manifest = decode_manifest(&sent).unwrap();
    let net = |host: &str, port, protocol| NetPattern {
        host: host.to_owned(),
        port,
        protocol,
    };
    let expected = PluginManifest {
        api_version: 2,
        command: CommandSpec {
            version: Some("1.0.0".to_owned()),
            args: vec![ArgSpec {
                name: "output".to_owned(),
                long: Some("output".to_owned()),
                short: Some('o'),
                required: true,
                help: "Where to".to_owned(),
                value_name: None,
                default_value: Some("-".to_owned()),
                possible_values: None,
            }],
            subcommands: vec![command("create", "Makes one")],
            ..command("db", "Databases")
        },
        capabilities: Capabilities {
            fs_read: vec![PathPattern {
                pattern: "./data".to_owned(),
                recursive: true,
            }],
            fs_write: vec![],
            env_read: vec!["HOME".to_owned(), "MY_*".to_owned()],
            net: vec![
                net("*.example.com", None, NetProtocol::Https),
                net("localhost", Some(8080), NetProtocol::Tcp),
            ],
            stdio: Stdio {
                stdin: false,
                stdout: true,
                stderr: true,
            },
        },
    };
    assert_eq!(manifest, expected);
    assert_eq!(manifest.validate(), Ok(()));
}

#[test]
fn a_manifest_of_the_sdk_without_capabilities_is_understood() {
    let sent = bytes(concat!(
        "82ab6170695f76657273696f6e02a7636f6d6d616e6486a46e616d65a568656c6c6fa561626f7574a6477265657473",
        "a776657273696f6ec0a6617574686f72c0a46172677390ab737562636f6d6d616e647390",
    ));
    let expected = PluginManifest {
        api_version: 2,
        command: command("hello", "Greets"),
        capabilities: Capabilities::default(),
    };
    assert_eq!(decode_manifest(&sent), Ok(expected));
}

#[test]
fn results_and_effects_of_the_sdk_are_understood() {
    let url = || "https://a.example".to_owned();
    let cases = [
        (
            "81a753756363657373a26869",
            ExecuteResult::Success("hi".to_owned()),
        ),
        (
            "81a54572726f7282a4636f646565a76d657373616765a662726f6b656e",
            ExecuteResult::Error(ExecuteError {
                code: 101,
                message: "broken".to_owned(),
            }),
        ),
        (
            "81a645666665637481a74874747047657482a2696407a375726cb168747470733a2f2f612e6578616d706c65",
            ExecuteResult::Effect(Effect::HttpGet {
                id: 7,
                url: url(),
                headers: vec![],
            }),
        ),
        (
            concat!(
                "81a645666665637481a848747470506f737485a2696408a375726cb168747470733a2f2f612e6578616d706c65",
                "a4626f6479a27b7dac636f6e74656e745f74797065aa746578742f706c61696ea7686561646572739192a161a162",
            ),
            ExecuteResult::Effect(Effect::HttpPost {
                id: 8,
                url: url(),
                body: "{}".to_owned(),
                content_type: Some("text/plain".to_owned()),
                headers: vec![("a".to_owned(), "b".to_owned())],
            }),
        ),
        (
            "81a645666665637481a5536c65657082a2696409ab6475726174696f6e5f6d73cd05dc",
            ExecuteResult::Effect(Effect::Sleep {
                id: 9,
                duration_ms: 1500,
            }),
        ),
    ];
    for (sent, expected) in cases {
        assert_eq!(decode_result(&bytes(sent)), Ok(expected));
    }
}

#[test]
fn effect_results_reach_a_guest_as_from_the_rust_host() {
    let cases = [
        (
            EffectResult::Http(HttpResponse {
                status: 200,
                body: "ok".to_owned(),
                headers: vec![],
            }),
            "81a44874747082a6737461747573ccc8a4626f6479a26f6b",
        ),
        (
            EffectResult::Http(HttpResponse {
                status: 404,
                body: String::new(),
                headers: vec![("a".to_owned(), "b".to_owned())],
            }),
            "81a44874747083a6737461747573cd0194a4626f6479a0a7686561646572739192a161a162",
        ),
        (EffectResult::Error("no".to_owned()), "81a54572726f72a26e6f"),
    ];
    for (result, sent) in cases {
        assert_eq!(encode_effect_result(&result), bytes(sent));
    }
}
