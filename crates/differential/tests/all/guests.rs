//! The hand-written guests, as far as both hosts promise the same of them.

use sen_host::protocol::{EffectResult, HttpResponse};

use crate::both::{Both, Failure, assert_refused_alike, guest, strings};

#[test]
fn obedient_guests_are_read_and_answer_the_same_in_both_hosts() {
    for name in [
        "echo",
        "error-user",
        "error-code-42",
        "result-positional-error",
        "manifest-map",
        "same-block-alloc",
        "result-overlaps-arguments",
        "escape-about",
        "escape-output",
        "escape-error",
        "name-constructor",
        "name-longest",
        "result-largest",
        "capabilities-fs",
        "capabilities-net",
        "effect-sleep",
        "effect-http",
    ] {
        let both = Both::load(guest(name));
        assert_eq!(both.our_manifest(), both.their_manifest(), "{name}");
        for args in [
            strings(&[]),
            strings(&["text"]),
            strings(&["größer", "", "🦀\0"]),
        ] {
            assert!(both.assert_same(&args).is_ok(), "{name}");
        }
    }
}

#[test]
fn guests_that_trap_do_so_in_both_hosts() {
    for (name, failure) in [
        ("trap-unreachable", Failure::Trap),
        ("divide-by-zero", Failure::Trap),
        ("integer-overflow", Failure::Trap),
        ("out-of-bounds", Failure::Trap),
        ("indirect-call-null", Failure::Trap),
        ("bad-signature", Failure::Trap),
        ("table-out-of-bounds", Failure::Trap),
        ("recurse", Failure::StackOverflow),
        ("recurse-mutual", Failure::StackOverflow),
        ("recurse-table", Failure::StackOverflow),
        ("forever", Failure::OutOfFuel),
        ("forever-in-alloc", Failure::OutOfFuel),
    ] {
        assert_eq!(
            Both::load(guest(name)).assert_same(&[]),
            Err(failure),
            "{name}"
        );
    }
}

#[test]
fn answers_that_are_none_are_refused_by_both_hosts() {
    for (name, failure) in [
        ("result-unknown-variant", Failure::Decode),
        ("result-not-utf8", Failure::Decode),
        ("result-huge-string", Failure::Decode),
        ("result-beyond-memory", Failure::Bounds),
        ("result-max-length", Failure::Bounds),
        ("result-overflow", Failure::Bounds),
        ("result-high-pointer", Failure::Bounds),
        ("lying-alloc", Failure::Bounds),
        ("negative-alloc", Failure::Bounds),
    ] {
        assert_eq!(
            Both::load(guest(name)).assert_same(&[]),
            Err(failure),
            "{name}"
        );
    }
}

#[test]
fn modules_that_are_no_plugins_are_refused_by_both_hosts() {
    for (name, failure) in [
        ("missing-memory", Failure::Missing),
        ("missing-alloc", Failure::Missing),
        ("missing-dealloc", Failure::Missing),
        ("missing-manifest", Failure::Missing),
        ("unknown-import", Failure::Invalid),
        ("memory64", Failure::Invalid),
        ("trap-in-start", Failure::Invalid),
        ("trap-in-manifest", Failure::Trap),
        ("forever-in-manifest", Failure::OutOfFuel),
        ("api-version-1", Failure::ApiVersion),
        ("api-version-3", Failure::ApiVersion),
        ("manifest-truncated", Failure::Decode),
        ("manifest-bad-utf8", Failure::Decode),
        ("manifest-huge-string", Failure::Decode),
        ("manifest-beyond-memory", Failure::Bounds),
    ] {
        assert_eq!(assert_refused_alike(&guest(name)), failure, "{name}");
    }
}

#[test]
fn effects_are_asked_for_and_resumed_the_same_in_both_hosts() {
    let page = EffectResult::Http(HttpResponse {
        status: 200,
        body: "a page 🦀".into(),
        headers: vec![("content-type".into(), "text/plain".into())],
    });
    let bare = EffectResult::Http(HttpResponse {
        status: 404,
        body: String::new(),
        headers: vec![],
    });
    let results = [
        (7, page),
        (7, bare),
        (1, EffectResult::SleepComplete),
        (u32::MAX, EffectResult::Error("refused".into())),
    ];
    for name in [
        "effect-sleep",
        "effect-http",
        "effect-forever",
        "capabilities-net",
    ] {
        let both = Both::load(guest(name));
        let answers = both.assert_same_conversation(&[], &results);
        assert!(answers.iter().all(Result::is_ok), "{name}");
    }
}

#[test]
fn a_live_instance_remembers_the_same_in_both_hosts() {
    for name in ["counter", "dirty"] {
        let wasm = guest(name);
        let ours =
            sen_host::Instance::new(sen_host::Plugin::load(&wasm, &Default::default()).unwrap());
        let mut theirs = sen_plugin_host::PluginLoader::new()
            .unwrap()
            .load(&wasm)
            .unwrap()
            .instance;
        for call in 0..12 {
            let (our_result, _) = ours.execute(&[], &Default::default(), None).unwrap();
            let their_result = theirs.execute(&[]).unwrap();
            assert_eq!(
                serde_json::to_value(our_result).unwrap(),
                serde_json::to_value(their_result).unwrap(),
                "{name}, call {call}"
            );
        }
    }
}
