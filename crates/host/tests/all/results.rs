//! What a guest answers: where it says the answer is, and what is there.

use sen_host::protocol::{Effect, ExecuteError, ExecuteResult};
use sen_host::{FaultKind, Limits};

use crate::memory::peak_of;
use crate::support::*;

fn error(code: u8, message: &str) -> ExecuteResult {
    ExecuteResult::Error(ExecuteError {
        code,
        message: message.to_owned(),
    })
}

#[test]
fn a_guest_gets_its_arguments_and_the_host_its_answer() {
    let plugin = plugin("echo");
    assert_eq!(answer(&plugin, &[]), success(""));
    for length in [0, 1, 31, 32, 255, 256, 65_535, 65_536, 1 << 20] {
        let text = "é".repeat(length / 2) + &"x".repeat(length % 2);
        assert_eq!(
            answer(&plugin, &[&text, "and more"]),
            success(&text),
            "{length}"
        );
    }
    for text in [
        "\0",
        "a\0b",
        "🦀",
        "\u{202e}rtl",
        "\r\n",
        "e\u{301}",
        "\u{10ffff}",
    ] {
        assert_eq!(answer(&plugin, &[text]), success(text));
    }
}

#[test]
fn an_error_of_the_plugin_is_an_answer_and_no_fault() {
    for (name, expected) in [
        ("error-user", error(1, "bad input")),
        ("error-code-42", error(42, "forty-two")),
        ("result-positional-error", error(1, "m")),
    ] {
        assert_eq!(answer(&plugin(name), &[]), expected, "{name}");
    }
}

#[test]
fn allocators_may_give_any_block_that_lies_in_the_memory() {
    for name in ["same-block-alloc", "result-overlaps-arguments"] {
        assert_usable(&plugin(name), &[], "ok");
        assert_usable(&plugin(name), &["some", "arguments"], "ok");
    }
}

#[test]
fn allocators_that_give_anything_else_are_out_of_bounds() {
    for name in ["lying-alloc", "zero-alloc", "negative-alloc"] {
        let fault = fault(&plugin(name), &["text"]);
        let FaultKind::AbiBounds { what, len, .. } = fault.kind else {
            panic!("{name}: {fault:?}")
        };
        assert_eq!((what, len), ("arguments", 6), "{name}");
        assert!(fault.usage.is_some(), "{name}");
    }
}

#[test]
fn arguments_that_the_allocator_has_no_room_for_are_out_of_bounds() {
    let plugin = load(&module(&execute("")));
    // An array of one string with a header of three bytes.
    assert_usable(&plugin, &[&"x".repeat(64_512 - 4)], "ok");
    let fault = fault(&plugin, &[&"x".repeat(64_512 - 3)]);
    assert_eq!(
        fault.kind,
        FaultKind::AbiBounds {
            what: "arguments",
            ptr: 0,
            len: 64_513
        }
    );
}

#[test]
fn results_that_do_not_lie_in_the_memory_are_out_of_bounds_and_cost_nothing() {
    for (name, pointer, length) in [
        ("result-beyond-memory", None, None),
        ("result-max-length", Some(0), Some(u32::MAX)),
        ("result-overflow", Some(u32::MAX), Some(u32::MAX)),
        ("result-high-pointer", None, None),
    ] {
        let plugin = plugin(name);
        let (fault, peak) = peak_of(|| fault(&plugin, &[]));
        let FaultKind::AbiBounds {
            what: "result",
            ptr,
            len,
        } = fault.kind
        else {
            panic!("{name}: {fault:?}")
        };
        assert!(
            pointer.is_none_or(|pointer| pointer == ptr),
            "{name}: {ptr}"
        );
        assert!(length.is_none_or(|length| length == len), "{name}: {len}");
        assert!(peak < 256 << 10, "{name} took {peak} bytes");
        assert_eq!(
            fault.usage.map(|usage| usage.peak_memory_bytes),
            Some(65_536)
        );
    }
}

#[test]
fn a_guest_that_could_not_make_a_result_and_answers_0_is_out_of_bounds() {
    let fault = fault(&plugin("result-null"), &[]);
    assert_eq!(fault.code(), "ERR_ABI_BOUNDS", "{fault}");
}

#[test]
fn a_guest_that_was_refused_room_for_a_result_and_answers_0_meets_the_limit() {
    let wasm = module(
        r#"(func (export "plugin_execute") (param i32 i32) (result i64)
            (drop (memory.grow (i32.const 65535)))
            (i64.const 0))"#,
    );
    let fault = fault(&load(&wasm), &[]);
    assert_eq!(fault.kind, FaultKind::MemoryLimit { limit: 64 << 20 });
}

/// A guest whose result is this packed slice; `ok` stands in the last 12 bytes of its one page.
fn packed(ptr: u32, len: u32) -> Vec<u8> {
    module(&format!(
        r#"(data (i32.const 65524) "\81\a7Success\a2ok")
        (func (export "plugin_execute") (param i32 i32) (result i64) (i64.const 0x{ptr:08x}_{len:08x}))"#
    ))
}

#[test]
fn a_result_may_end_where_the_memory_ends_and_not_a_byte_further() {
    assert_usable(&load(&packed(65_524, 12)), &[], "ok");
    for (ptr, len) in [(65_524, 13), (65_525, 12), (65_536, 1), (65_537, 0)] {
        let expected = FaultKind::AbiBounds {
            what: "result",
            ptr,
            len,
        };
        assert_eq!(fault(&load(&packed(ptr, len)), &[]).kind, expected);
    }
    // In the memory, but no value.
    for ptr in [256, 65_536] {
        assert_eq!(fault(&load(&packed(ptr, 0)), &[]).code(), "ERR_DECODE");
    }
}

#[test]
fn a_pointer_above_2_gib_is_as_good_as_any_other() {
    let limits = Limits {
        memory_bytes: 3 << 30,
        ..Limits::default()
    };
    let wasm = module_with_memory(
        r#"(memory (export "memory") 32769)
        (func (export "plugin_execute") (param i32 i32) (result i64)
            (memory.copy (i32.const 0x80000000) (i32.const 256) (i32.const 12))
            (i64.const 0x80000000_0000000c))"#,
    );
    let plugin = sen_host::Plugin::load(&wasm, &limits).unwrap();
    assert_eq!(run(&plugin, &[], &limits).unwrap().0, success("ok"));

    let arguments = assemble(&format!(
        r#"(module
            (memory (export "memory") 32769)
            (data (i32.const 16) "\92\02\92\a4test\acA test guest")
            (data (i32.const 256) "\81\a7Success\a2ok")
            (func (export "plugin_alloc") (param i32) (result i32) (i32.const 0x80000000))
            (func (export "plugin_dealloc") (param i32 i32))
            (func (export "plugin_manifest") (result i64) (i64.const 0x10_00000015))
            {})"#,
        // The array's header and that of a string of four bytes.
        execute(
            "(if (i32.ne (i32.load16_u (i32.const 0x80000000)) (i32.const 0xa491)) (then (unreachable)))"
        )
    ));
    let plugin = sen_host::Plugin::load(&arguments, &limits).unwrap();
    assert_eq!(run(&plugin, &["text"], &limits).unwrap().0, success("ok"));
}

#[test]
fn a_result_may_have_4_mib_and_not_a_byte_more() {
    let ExecuteResult::Success(text) = answer(&plugin("result-largest"), &[]) else {
        panic!("not a success")
    };
    assert_eq!(text.len(), 4_194_290);
    let plugin = plugin("result-too-large");
    let (fault, peak) = peak_of(|| fault(&plugin, &[]));
    let (limit, actual) = (4 << 20, (4 << 20) + 1);
    assert_eq!(
        fault.kind,
        FaultKind::ResultTooLarge {
            what: "result",
            limit,
            actual
        }
    );
    assert!(peak < 256 << 10, "it took {peak} bytes");
}

#[test]
fn a_result_may_have_as_many_bytes_as_the_call_allows() {
    let plugin = load(&answering(b"\x81\xa7Success\xa2ok"));
    let with = |result_bytes| Limits {
        result_bytes,
        ..Limits::default()
    };
    assert_eq!(run(&plugin, &[], &with(12)).unwrap().0, success("ok"));
    let fault = run(&plugin, &[], &with(11)).unwrap_err();
    let expected = FaultKind::ResultTooLarge {
        what: "result",
        limit: 11,
        actual: 12,
    };
    assert_eq!(fault.kind, expected);
}

#[test]
fn answers_decode_with_structs_as_maps_and_as_arrays() {
    let sleep = |duration_ms| ExecuteResult::Effect(Effect::Sleep { id: 7, duration_ms });
    let get = |headers: &[(&str, &str)]| {
        ExecuteResult::Effect(Effect::HttpGet {
            id: 7,
            url: "u".into(),
            headers: headers
                .iter()
                .map(|&(name, value)| (name.to_owned(), value.to_owned()))
                .collect(),
        })
    };
    let post = |content_type: Option<&str>| {
        ExecuteResult::Effect(Effect::HttpPost {
            id: 7,
            url: "u".into(),
            body: "b".into(),
            content_type: content_type.map(str::to_owned),
            headers: vec![],
        })
    };
    let cases: Vec<(&[u8], ExecuteResult)> = vec![
        (b"\x81\xa7Success\xa0", success("")),
        (b"\x81\xa7Success\xd9\x02ok", success("ok")),
        (b"\x81\xa7Success\xda\0\x02ok", success("ok")),
        (b"\x81\xa7Success\xdb\0\0\0\x02ok", success("ok")),
        (b"\x81\xa5Error\x82\xa4code\x01\xa7message\xa1m", error(1, "m")),
        (b"\x81\xa5Error\x82\xa7message\xa1m\xa4code\xcc\xff", error(255, "m")),
        (b"\x81\xa5Error\x92\x00\xa1m", error(0, "m")),
        (b"\x81\xa5Error\x83\xa4code\x65\xa7message\xa1m\xa4more\x93\x01\xc0\x80", error(101, "m")),
        (b"\x81\xa6Effect\x81\xa5Sleep\x82\xa2id\x07\xabduration_ms\x05", sleep(5)),
        (b"\x81\xa6Effect\x81\xa5Sleep\x92\x07\xcf\xff\xff\xff\xff\xff\xff\xff\xff", sleep(u64::MAX)),
        (b"\x81\xa6Effect\x81\xa7HttpGet\x82\xa2id\x07\xa3url\xa1u", get(&[])),
        (b"\x81\xa6Effect\x81\xa7HttpGet\x93\x07\xa1u\x91\x92\xa1a\xa1b", get(&[("a", "b")])),
        (b"\x81\xa6Effect\x81\xa8HttpPost\x93\x07\xa1u\xa1b", post(None)),
        (b"\x81\xa6Effect\x81\xa8HttpPost\x94\x07\xa1u\xa1b\xc0", post(None)),
        (b"\x81\xa6Effect\x81\xa8HttpPost\x84\xa2id\x07\xa3url\xa1u\xa4body\xa1b\xaccontent_type\xa1t", post(Some("t"))),
    ];
    for (bytes, expected) in cases {
        assert_eq!(
            answer(&load(&answering(bytes)), &[]),
            expected,
            "{}",
            bytes.escape_ascii()
        );
    }
}

#[test]
fn answers_of_any_other_shape_are_no_answers() {
    let cases: [&[u8]; 17] = [
        b"",
        b"\xc0",
        b"\xc1",
        b"\xa7Success",
        b"\x80",
        b"\x81\xa7Success",
        b"\x81\xa7Success\xc0",
        b"\x81\xa7success\xa2ok",
        b"\x82\xa7Success\xa2ok\xa4more\xa2ok",
        b"\x81\xa5Error\x91\x01",
        b"\x81\xa5Error\x93\x01\xa1m\xa1m",
        b"\x81\xa5Error\x82\xa4code\xcd\x01\x00\xa7message\xa1m",
        b"\x81\xa5Error\x82\xa4code\xff\xa7message\xa1m",
        b"\x81\xa6Effect\xa5Sleep",
        b"\x81\xa6Effect\x81\xa5Sleep\x91\x07",
        b"\x81\xa6Effect\x81\xa5Sleep\x92\xcf\x00\x00\x00\x01\x00\x00\x00\x00\x05",
        b"{\"Success\":\"ok\"}",
    ];
    for bytes in cases {
        let fault = fault(&load(&answering(bytes)), &[]);
        let shown = bytes.escape_ascii();
        assert!(
            matches!(fault.kind, FaultKind::Decode { what: "result", .. }),
            "{shown}: {fault:?}"
        );
        assert!(fault.usage.is_some(), "{shown}");
    }
}

#[test]
fn guests_whose_answers_are_no_message_pack_are_refused_at_once_and_for_little_memory() {
    for name in [
        "result-unknown-variant",
        "result-not-utf8",
        "result-ext",
        "result-trailing",
        "result-duplicate-keys",
        "result-huge-string",
        "result-lying-length",
        "result-nested-deep",
    ] {
        let plugin = plugin(name);
        let (fault, peak) = peak_of(|| promptly(|| fault(&plugin, &[])));
        assert!(
            matches!(fault.kind, FaultKind::Decode { what: "result", .. }),
            "{name}: {fault:?}"
        );
        assert!(
            fault.to_string().len() < 1000 && is_inert(&fault.to_string()),
            "{name}: {fault}"
        );
        assert!(peak < 512 << 10, "{name} took {peak} bytes");
    }
}

#[test]
fn bombs_of_message_pack_take_no_more_memory_than_twice_their_bytes() {
    let nothing = peak_of(|| load(&answering(b"\x81\xa7Success\xa2ok")));
    drop(nothing);
    let deep = [&[0x91; 4_000_000][..], &[0xc0]].concat();
    let wide = [
        &b"\x81\xa7Success\xdd\x00\x3d\x09\x00"[..],
        &[0x90; 4_000_000],
    ]
    .concat();
    let empty_texts = [
        &b"\x81\xa6Effect\x81\xa7HttpGet\x93\x07\xa1u\xdd\x00\x0f\x42\x40"[..],
        &b"\x92\xa0\xa0".repeat(1_000_000),
    ]
    .concat();
    let maps = [
        &b"\x81\xa5Error\xdf\x00\x1e\x84\x80"[..],
        &b"\xa0\xc0".repeat(2_000_000),
    ]
    .concat();
    for (name, bytes) in [
        ("deep", deep),
        ("wide", wide),
        ("empty texts", empty_texts),
        ("maps", maps),
    ] {
        let plugin = load(&answering(&bytes));
        let (fault, peak) = peak_of(|| promptly(|| fault(&plugin, &[])));
        assert_eq!(fault.code(), "ERR_DECODE", "{name}");
        assert!(peak < 2 * bytes.len(), "{name} took {peak} bytes");
    }
}

#[test]
fn terminal_escapes_in_an_answer_are_kept_as_they_are() {
    for (name, text) in [
        ("escape-output", answer(&plugin("escape-output"), &[])),
        ("escape-error", answer(&plugin("escape-error"), &[])),
    ] {
        let (ExecuteResult::Success(text)
        | ExecuteResult::Error(ExecuteError { message: text, .. })) = text
        else {
            panic!("{name}")
        };
        assert!(
            text.contains("\u{1b}[31m") && text.contains("\u{1b}]52;c;"),
            "{name}: {text:?}"
        );
    }
}
