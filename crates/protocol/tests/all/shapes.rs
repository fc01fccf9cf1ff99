//! Which shapes of a value are accepted, and which are not: maps and arrays, what may be missing, what is
//! too much.

use rmp::encode as write;
use sen_host_protocol::{
    Capabilities, DecodeErrorKind, Effect, ExecuteError, ExecuteResult, NetProtocol,
    decode_manifest, decode_result, peek_api_version,
};

/// A value of MessagePack as a test writes it down.
pub enum Value {
    Nil,
    Bool(bool),
    Int(u64),
    Str(&'static str),
    Array(Vec<Value>),
    Map(Vec<(&'static str, Value)>),
}

use Value::{Array, Bool, Int, Map, Nil, Str};

impl Value {
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Vec::new();
        self.write(&mut out);
        out
    }

    fn write(&self, out: &mut Vec<u8>) {
        match self {
            Nil => write::write_nil(out).unwrap(),
            Bool(value) => write::write_bool(out, *value).unwrap(),
            Int(value) => {
                write::write_uint(out, *value).unwrap();
            }
            Str(text) => write::write_str(out, text).unwrap(),
            Array(values) => {
                write::write_array_len(out, values.len().try_into().unwrap()).unwrap();
                for value in values {
                    value.write(out);
                }
            }
            Map(pairs) => {
                write::write_map_len(out, pairs.len().try_into().unwrap()).unwrap();
                for (key, value) in pairs {
                    write::write_str(out, key).unwrap();
                    value.write(out);
                }
            }
        }
    }
}

fn command() -> Value {
    Map(vec![("name", Str("hello")), ("about", Str("Greets"))])
}

#[test]
fn whatever_has_a_default_may_be_missing_from_a_map() {
    let bytes = Map(vec![("api_version", Int(2)), ("command", command())]).encode();
    let manifest = decode_manifest(&bytes).unwrap();
    assert_eq!(manifest.capabilities, Capabilities::default());
    assert_eq!(manifest.command.name, "hello");
    assert_eq!(manifest.command.version, None);
    assert!(manifest.command.args.is_empty() && manifest.command.subcommands.is_empty());
}

#[test]
fn whatever_has_a_default_may_be_missing_from_the_end_of_an_array() {
    let arg = Array(vec![Str("file"), Nil, Str("f"), Bool(true)]);
    let bytes = Array(vec![
        Int(2),
        Array(vec![
            Str("hello"),
            Str("Greets"),
            Nil,
            Str("me"),
            Array(vec![arg]),
        ]),
        Array(vec![
            Array(vec![Array(vec![Str("./data")])]),
            Array(vec![]),
            Array(vec![]),
            Array(vec![Array(vec![Str("example.com")])]),
        ]),
    ])
    .encode();
    let manifest = decode_manifest(&bytes).unwrap();
    assert_eq!(manifest.command.author.as_deref(), Some("me"));
    let [arg] = &manifest.command.args[..] else {
        panic!("{manifest:?}")
    };
    assert_eq!(
        (arg.short, arg.required, arg.help.as_str()),
        (Some('f'), true, "")
    );
    assert!(!manifest.capabilities.fs_read[0].recursive);
    assert_eq!(manifest.capabilities.net[0].port, None);
    assert_eq!(manifest.capabilities.net[0].protocol, NetProtocol::Https);
}

#[test]
fn maps_and_arrays_may_be_mixed() {
    let bytes = Array(vec![
        Int(2),
        command(),
        Map(vec![(
            "net",
            Array(vec![Array(vec![Str("localhost"), Int(80), Str("http")])]),
        )]),
    ])
    .encode();
    let manifest = decode_manifest(&bytes).unwrap();
    assert_eq!(manifest.capabilities.net[0].protocol, NetProtocol::Http);
}

#[test]
fn unknown_keys_of_a_map_are_ignored_with_everything_in_them() {
    let bytes = Map(vec![
        ("homepage", Array(vec![Map(vec![("x", Nil)]), Bool(false)])),
        ("api_version", Int(2)),
        ("command", command()),
        ("homepage", Str("twice")),
    ])
    .encode();
    assert_eq!(decode_manifest(&bytes).unwrap().api_version, 2);
}

#[test]
fn a_manifest_of_version_one_decodes_so_that_the_version_can_be_refused() {
    for manifest in [
        Map(vec![("api_version", Int(1)), ("command", command())]),
        Array(vec![Int(1), command()]),
    ] {
        let bytes = manifest.encode();
        assert_eq!(decode_manifest(&bytes).unwrap().api_version, 1);
        assert_eq!(peek_api_version(&bytes), Some(1));
    }
}

#[test]
fn the_version_of_a_manifest_is_found_even_if_its_shape_is_unknown() {
    for manifest in [
        Map(vec![("commands", Array(vec![])), ("api_version", Int(3))]),
        Array(vec![Int(3), Str("?"), Nil, Nil, Nil]),
    ] {
        let bytes = manifest.encode();
        assert!(decode_manifest(&bytes).is_err());
        assert_eq!(peek_api_version(&bytes), Some(3));
    }
}

#[test]
fn results_are_accepted_with_their_fields_by_name_or_in_order() {
    let effect = |name, fields| Map(vec![("Effect", Map(vec![(name, fields)]))]);
    let sleep = ExecuteResult::Effect(Effect::Sleep {
        id: 3,
        duration_ms: 1500,
    });
    let error = ExecuteResult::Error(ExecuteError {
        code: 101,
        message: "broken".to_owned(),
    });
    let get = ExecuteResult::Effect(Effect::HttpGet {
        id: 7,
        url: "https://a.example".to_owned(),
        headers: vec![("a".to_owned(), "b".to_owned())],
    });
    let headers = || Array(vec![Array(vec![Str("a"), Str("b")])]);
    let cases = [
        (
            Map(vec![("Success", Str("hi"))]),
            ExecuteResult::Success("hi".to_owned()),
        ),
        (
            Map(vec![(
                "Error",
                Map(vec![("message", Str("broken")), ("code", Int(101))]),
            )]),
            error.clone(),
        ),
        (
            Map(vec![("Error", Array(vec![Int(101), Str("broken")]))]),
            error,
        ),
        (
            effect(
                "Sleep",
                Map(vec![("id", Int(3)), ("duration_ms", Int(1500))]),
            ),
            sleep.clone(),
        ),
        (effect("Sleep", Array(vec![Int(3), Int(1500)])), sleep),
        (
            effect(
                "HttpGet",
                Array(vec![Int(7), Str("https://a.example"), headers()]),
            ),
            get.clone(),
        ),
        (
            effect(
                "HttpGet",
                Map(vec![
                    ("id", Int(7)),
                    ("url", Str("https://a.example")),
                    ("headers", headers()),
                ]),
            ),
            get,
        ),
    ];
    for (sent, expected) in cases {
        assert_eq!(decode_result(&sent.encode()), Ok(expected));
    }
}

#[test]
fn an_optional_field_may_be_nil_and_any_other_may_not() {
    let with = |field, value| {
        let command = Map(vec![("name", Str("x")), ("about", Str("")), (field, value)]);
        Array(vec![Int(2), command]).encode()
    };
    assert!(decode_manifest(&with("version", Nil)).is_ok());
    assert!(decode_manifest(&with("author", Nil)).is_ok());
    assert!(decode_manifest(&with("args", Nil)).is_err());
    assert!(decode_manifest(&with("subcommands", Nil)).is_err());
}

#[test]
fn a_result_of_another_shape_is_refused() {
    let cases = [
        (Nil, "nothing"),
        (Str("Success"), "a variant without its value"),
        (Int(2), "a variant by a number that does not exist"),
        (Map(vec![]), "no variant"),
        (
            Map(vec![("Success", Str("a")), ("Error", Str("b"))]),
            "two variants",
        ),
        (Map(vec![("Failure", Str("a"))]), "an unknown variant"),
        (Map(vec![("Success", Nil)]), "nil for a text"),
        (Map(vec![("Success", Int(1))]), "a number for a text"),
        (
            Array(vec![Str("Success"), Str("a")]),
            "a variant as an array",
        ),
        (Map(vec![("Error", Str("a"))]), "a text for a struct"),
        (
            Map(vec![("Error", Array(vec![Int(256), Str("a")]))]),
            "a number out of range",
        ),
        (
            Map(vec![("Error", Array(vec![Int(1)]))]),
            "a field missing from an array",
        ),
        (
            Map(vec![("Error", Map(vec![("code", Int(1))]))]),
            "a field missing from a map",
        ),
        (
            Map(vec![("Error", Array(vec![Int(1), Str("a"), Nil]))]),
            "an array that is too long",
        ),
        (
            Map(vec![(
                "Error",
                Map(vec![
                    ("code", Int(1)),
                    ("message", Str("a")),
                    ("code", Int(0)),
                ]),
            )]),
            "a field that is there twice",
        ),
        (
            Map(vec![("Effect", Str("SleepComplete"))]),
            "an effect that is none",
        ),
    ];
    for (sent, what) in cases {
        let error = decode_result(&sent.encode()).expect_err(what);
        assert_eq!(error.kind, DecodeErrorKind::UnexpectedShape, "{what}");
        assert!(error.offset.is_some(), "{what}");
    }
}

#[test]
fn a_manifest_of_another_shape_is_refused() {
    let manifest = |capabilities| Array(vec![Int(2), command(), capabilities]);
    let arg = |arg| {
        let command = Array(vec![Str("x"), Str(""), Nil, Nil, Array(vec![arg])]);
        Array(vec![Int(2), command])
    };
    let cases = [
        (Array(vec![]), "an empty array"),
        (Map(vec![]), "an empty map"),
        (Map(vec![("api_version", Int(2))]), "no command"),
        (Map(vec![("command", command())]), "no version"),
        (
            Array(vec![Int(2), command(), Map(vec![]), Nil]),
            "an array that is too long",
        ),
        (
            Map(vec![
                ("api_version", Int(2)),
                ("command", command()),
                ("api_version", Int(2)),
            ]),
            "a field that is there twice",
        ),
        (
            Array(vec![Int(1 << 32), command()]),
            "a version out of range",
        ),
        (
            arg(Map(vec![("name", Str("x")), ("short", Str("xy"))])),
            "two characters for one",
        ),
        (
            arg(Map(vec![("name", Str("x")), ("short", Str(""))])),
            "no character for one",
        ),
        (
            manifest(Map(vec![("env_read", Array(vec![Int(1)]))])),
            "a number for a variable",
        ),
        (
            manifest(Map(vec![(
                "net",
                Array(vec![Array(vec![Str("x"), Int(65_536)])]),
            )])),
            "a port out of range",
        ),
        (
            manifest(Map(vec![(
                "net",
                Array(vec![Array(vec![Str("x"), Nil, Str("ftp")])]),
            )])),
            "an unknown protocol",
        ),
        (
            manifest(Map(vec![(
                "stdio",
                Array(vec![Bool(true), Bool(true), Bool(true), Bool(true)]),
            )])),
            "a fourth stream",
        ),
    ];
    for (sent, what) in cases {
        let error = decode_manifest(&sent.encode()).expect_err(what);
        assert_eq!(error.kind, DecodeErrorKind::UnexpectedShape, "{what}");
    }
}

#[test]
fn an_error_says_where_and_what_in_words() {
    let unknown = Map(vec![("Failure", Str("x"))]).encode();
    assert_eq!(
        decode_result(&unknown).unwrap_err().to_string(),
        "unknown variant `Failure`, expected one of `Success`, `Error`, `Effect` at byte 1"
    );
    let missing = Map(vec![("Error", Map(vec![("code", Int(1))]))]).encode();
    assert_eq!(
        decode_result(&missing).unwrap_err().to_string(),
        "missing field `message` at byte 13"
    );
}
