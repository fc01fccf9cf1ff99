//! Manifests: which are understood, which are refused, and with what.

use sen_host::protocol::{Capabilities, NetProtocol};
use sen_host::{FaultKind, Limits, Plugin};

use crate::memory::peak_of;
use crate::support::*;

#[test]
fn a_manifest_may_be_maps_with_keys_that_nobody_knows() {
    let plugin = plugin("manifest-map");
    assert_eq!(plugin.manifest().command.name, "manifest-map");
    assert_eq!(plugin.manifest().command.about, "A test guest");
    assert_eq!(plugin.manifest().capabilities, Capabilities::default());
    assert_usable(&plugin, &[], "ok");
}

#[test]
fn a_manifest_may_be_arrays_that_end_early() {
    let plugin = plugin("echo");
    let command = &plugin.manifest().command;
    assert_eq!(
        (plugin.manifest().api_version, command.name.as_str()),
        (2, "echo")
    );
    assert_eq!((&command.version, &command.author), (&None, &None));
    assert!(command.args.is_empty() && command.subcommands.is_empty());
}

#[test]
fn the_manifest_of_a_plugin_made_with_the_sdk_is_understood() {
    let plugin = load(&example("greet"));
    let command = &plugin.manifest().command;
    assert_eq!(command.name, "greet");
    assert_eq!(command.subcommands[0].name, "morning");
    let style = command
        .args
        .iter()
        .find(|arg| arg.long.as_deref() == Some("style"))
        .unwrap();
    assert_eq!(style.short, Some('s'));
    assert_eq!(style.default_value.as_deref(), Some("plain"));
    assert_eq!(style.possible_values.as_ref().map(Vec::len), Some(3));
}

#[test]
fn a_manifest_of_another_version_is_refused_with_both_numbers() {
    for (name, actual) in [("api-version-1", 1), ("api-version-3", 3)] {
        let fault = refusal(&guest(name));
        assert_eq!(
            fault.kind,
            FaultKind::ApiVersion {
                expected: 2,
                actual
            },
            "{name}"
        );
        assert!(fault.to_string().contains(&actual.to_string()));
    }
    // Whatever the shape of the rest.
    for (bytes, actual) in [
        (&b"\x81\xabapi_version\x01"[..], 1),
        (b"\x91\x00", 0),
        (b"\x93\xce\xff\xff\xff\xff\xc0\xc0", u32::MAX),
        (b"\x82\xa1x\xc0\xabapi_version\x09", 9),
    ] {
        let fault = refusal(&describing(bytes));
        assert_eq!(
            fault.kind,
            FaultKind::ApiVersion {
                expected: 2,
                actual
            }
        );
    }
}

#[test]
fn a_manifest_that_is_none_is_refused_at_once_and_for_little_memory() {
    for name in [
        "manifest-not-msgpack",
        "manifest-truncated",
        "manifest-trailing-bytes",
        "manifest-lying-length",
        "manifest-huge-string",
        "manifest-bad-utf8",
        "manifest-extension-type",
        "manifest-duplicate-keys",
        "manifest-deep",
        "manifest-million-subcommands",
    ] {
        let wasm = guest(name);
        // What compiling takes on this thread counts as well; the least bomb has 200 KB.
        let (fault, peak) = peak_of(|| promptly(|| refusal(&wasm)));
        assert!(
            matches!(
                fault.kind,
                FaultKind::Decode {
                    what: "manifest",
                    ..
                }
            ),
            "{name}: {fault:?}"
        );
        assert!(
            fault.to_string().len() < 1000 && is_inert(&fault.to_string()),
            "{name}: {fault}"
        );
        assert!(peak < 6_000_000, "{name} took {peak} bytes");
        assert!(fault.usage.is_some(), "{name}");
    }
}

#[test]
fn a_manifest_of_any_other_shape_is_refused() {
    let cases: [&[u8]; 13] = [
        b"",
        b"\xc0",
        b"\x02",
        b"\x90",
        b"\x80",
        b"\x91\x02",
        b"\x92\x02\x91\xa4test",
        b"\x92\x02\x92\xa4test\xc0",
        b"\x92\x02\x92\x01\xa1a",
        b"\x94\x02\x92\xa4test\xa1a\x90\xc0",
        b"\x92\xa12\x92\xa4test\xa1a",
        b"\x82\xabapi_version\x02\xa7command\xc0",
        b"\x92\x02\x96\xa4test\xa1a\xc0\xc0\x91\x93\xa1x\xc0\xa2xy\x90",
    ];
    for bytes in cases {
        let shown = bytes.escape_ascii();
        let Err(fault) = Plugin::load(&describing(bytes), &Limits::default()) else {
            panic!("{shown} is a manifest")
        };
        assert!(
            matches!(
                fault.kind,
                FaultKind::Decode {
                    what: "manifest",
                    ..
                }
            ),
            "{shown}: {fault:?}"
        );
    }
}

#[test]
fn a_manifest_that_does_not_lie_in_the_memory_is_out_of_bounds() {
    let fault = refusal(&guest("manifest-beyond-memory"));
    assert!(
        matches!(
            fault.kind,
            FaultKind::AbiBounds {
                what: "manifest",
                ..
            }
        ),
        "{fault:?}"
    );
    for packed in [
        "0xffffffff_ffffffff",
        "0x00000000_ffffffff",
        "0x80000000_00000010",
    ] {
        let wasm = assemble(&format!(
            r#"(module
                (memory (export "memory") 1)
                (func (export "plugin_alloc") (param i32) (result i32) (i32.const 1024))
                (func (export "plugin_dealloc") (param i32 i32))
                (func (export "plugin_manifest") (result i64) (i64.const {packed}))
                {})"#,
            execute("")
        ));
        let (fault, peak) = peak_of(|| refusal(&wasm));
        assert!(
            matches!(
                fault.kind,
                FaultKind::AbiBounds {
                    what: "manifest",
                    ..
                }
            ),
            "{fault:?}"
        );
        assert!(peak < 2 << 20, "it took {peak} bytes");
    }
}

#[test]
fn a_manifest_may_have_4_mib_and_not_a_byte_more() {
    let (limit, actual) = (4 << 20, (4 << 20) + 1);
    let expected = FaultKind::ResultTooLarge {
        what: "manifest",
        limit,
        actual,
    };
    assert_eq!(refusal(&guest("manifest-too-large")).kind, expected);

    let limits = |result_bytes| Limits {
        result_bytes,
        ..Limits::default()
    };
    // The manifest of `echo` has 21 bytes.
    assert!(Plugin::load(&guest("echo"), &limits(21)).is_ok());
    let fault = Plugin::load(&guest("echo"), &limits(20)).unwrap_err();
    let expected = FaultKind::ResultTooLarge {
        what: "manifest",
        limit: 20,
        actual: 21,
    };
    assert_eq!(fault.kind, expected);
}

#[test]
fn capabilities_are_read_from_the_manifest() {
    let fs = plugin("capabilities-fs");
    let [path] = &fs.manifest().capabilities.fs_read[..] else {
        panic!("{:?}", fs.manifest())
    };
    assert_eq!((path.pattern.as_str(), path.recursive), ("./data", false));
    let net = plugin("capabilities-net");
    let [pattern] = &net.manifest().capabilities.net[..] else {
        panic!("{:?}", net.manifest())
    };
    assert_eq!(
        (pattern.host.as_str(), pattern.port),
        ("example.test", None)
    );
    assert_eq!(pattern.protocol, NetProtocol::Http);
}

#[test]
fn capabilities_that_are_too_wide_are_refused_by_the_name_of_the_field() {
    let FaultKind::InvalidManifest { field, .. } = refusal(&guest("env-too-wide")).kind else {
        panic!("not refused as invalid")
    };
    assert!(field.starts_with("capabilities.env_read"), "{field}");
}

#[test]
fn terminal_escapes_in_a_manifest_are_kept_as_they_are() {
    let plugin = plugin("escape-about");
    assert!(plugin.manifest().command.about.contains("\u{1b}]8;;"));
    assert_usable(&plugin, &[], "ok");
}

#[test]
fn a_plugin_knows_the_digest_of_its_bytes() {
    let (echo, hello) = (plugin("echo"), load(&example("hello")));
    let expected = format!("blake3:{}", blake3::hash(&guest("echo")).to_hex());
    assert_eq!(echo.digest(), expected);
    assert_eq!(load(&guest("echo")).digest(), expected);
    assert_ne!(hello.digest(), expected);
    assert_eq!(echo.with_limits(&with_fuel(1)).digest(), expected);
}
