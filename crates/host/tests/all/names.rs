//! Names of commands: one plain word, or refused.

use sen_host::FaultKind;

use crate::support::*;

#[test]
fn a_plain_word_is_a_name_even_if_every_javascript_object_knows_it() {
    for (guest_name, command) in [
        ("name-constructor", "constructor".to_owned()),
        ("name-longest", "a".repeat(64)),
    ] {
        let plugin = plugin(guest_name);
        assert_eq!(plugin.manifest().command.name, command);
        assert_usable(&plugin, &[], "ok");
    }
}

#[test]
fn any_other_name_is_refused_and_quoted_short_and_inert() {
    for name in [
        "name-too-long",
        "name-proto",
        "name-empty",
        "name-nul",
        "name-parent",
        "name-space",
        "name-rtl",
        "name-zero-width",
        "name-megabyte",
    ] {
        let fault = promptly(|| refusal(&guest(name)));
        let text = fault.to_string();
        let FaultKind::InvalidManifest { field, reason } = fault.kind else {
            panic!("{name}: {text}")
        };
        assert_eq!(field, "command.name", "{name}");
        assert!(
            reason.len() < 1000 && is_inert(&reason) && is_inert(&text),
            "{name}: {text}"
        );
    }
}

#[test]
fn names_of_subcommands_are_held_to_the_same_rule() {
    let fine = describing(b"\x92\x02\x96\xa4test\xa1a\xc0\xc0\x90\x91\x92\xa5inner\xa1a");
    assert_eq!(load(&fine).manifest().command.subcommands[0].name, "inner");
    let wrong = describing(b"\x92\x02\x96\xa4test\xa1a\xc0\xc0\x90\x91\x92\xa5in er\xa1a");
    let FaultKind::InvalidManifest { field, .. } = refusal(&wrong).kind else {
        panic!("not refused as invalid")
    };
    assert_eq!(field, "command.subcommands[0].name");
}

#[test]
fn no_name_of_a_command_is_taken_for_a_property_of_an_object() {
    for name in ["__proto__", "toString", "hasOwnProperty", "valueOf"] {
        let mut manifest = b"\x92\x02\x92".to_vec();
        manifest.push(0xa0 | name.len() as u8);
        manifest.extend(name.as_bytes());
        manifest.extend(b"\xa1a");
        let wasm = describing(&manifest);
        if name.starts_with('_') {
            assert_eq!(refusal(&wasm).code(), "ERR_INVALID_MANIFEST");
        } else {
            assert_eq!(load(&wasm).manifest().command.name, name);
        }
    }
}
