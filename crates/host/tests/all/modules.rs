//! Bytes that are no module, or hardly one.

use std::time::{Duration, Instant};

use sen_host::{FaultKind, Limits, MAX_MODULE_BYTES, Plugin};
use wasmtime::{Config, Engine};

use crate::random::Random;
use crate::support::*;

/// Limits that keep a module that happens to be valid from taking its time.
fn strict() -> Limits {
    Limits {
        fuel: 100_000,
        timeout: Duration::from_millis(250),
        ..Limits::default()
    }
}

/// Loads bytes that may be anything, and executes them if they are a plugin. The code, if they are
/// refused.
fn try_out(bytes: &[u8]) -> Option<&'static str> {
    let began = Instant::now();
    let outcome = Plugin::load(bytes, &strict());
    let loaded = began.elapsed();
    // Compiling is most of it, which a busy machine may let wait.
    assert!(loaded < 5 * HANG, "{loaded:?}");
    match outcome {
        Ok(plugin) => {
            let outcome = promptly(|| run(&plugin, &["text"], &strict()));
            if let Err(fault) = outcome {
                assert_coded(fault.code());
            }
            None
        }
        Err(fault) => {
            assert_coded(fault.code());
            Some(fault.code())
        }
    }
}

/// Anything that a module may be to blame for, which neither the host nor the system is.
fn assert_coded(code: &str) {
    assert!(code.starts_with("ERR_"), "{code}");
    let never = [
        "ERR_INTERNAL",
        "ERR_UNSUPPORTED_PLATFORM",
        "ERR_BUSY",
        "ERR_ABORTED",
    ];
    assert!(!never.contains(&code), "{code}");
}

#[test]
fn what_is_no_module_at_all_is_not_valid() {
    let component = b"\0asm\x0d\0\x01\0";
    let gzip = b"\x1f\x8b\x08\0\0\0\0\0\0\x03";
    let cases: [&[u8]; 12] = [
        b"",
        b"\0",
        b"\0asm",
        b"\0asm\x01\0\0",
        b"\0asm\x02\0\0\0",
        b"\0asm\xff\xff\xff\xff",
        b"\0ASM\x01\0\0\0",
        b"MZ\x90\0",
        b"(module)",
        b"#!/bin/sh\nexit 0\n",
        component,
        gzip,
    ];
    for bytes in cases {
        let code = refusal(bytes).code();
        assert_eq!(code, "ERR_INVALID_MODULE", "{}", bytes.escape_ascii());
    }
    // A module, but no plugin.
    assert_eq!(refusal(b"\0asm\x01\0\0\0").code(), "ERR_MISSING_EXPORT");
}

#[test]
fn a_component_is_refused_as_such() {
    let component =
        wat::parse_str(r#"(component (core module (memory (export "memory") 1)))"#).unwrap();
    let fault = refusal(&component);
    assert_eq!(fault.code(), "ERR_INVALID_MODULE");
    assert!(fault.to_string().contains("component"), "{fault}");
}

#[test]
fn a_compiled_artefact_is_not_taken_for_a_module() {
    let wasm = guest("echo");
    for epochs in [true, false] {
        let mut config = Config::new();
        config
            .consume_fuel(true)
            .epoch_interruption(epochs)
            .max_wasm_stack(1 << 20);
        let engine = Engine::new(&config).unwrap();
        let artefact = engine.precompile_module(&wasm).unwrap();
        assert_eq!(refusal(&artefact).code(), "ERR_INVALID_MODULE");
        // Behind the header of a module, too.
        let disguised = [&b"\0asm\x01\0\0\0"[..], &artefact].concat();
        assert_eq!(refusal(&disguised).code(), "ERR_INVALID_MODULE");
    }
}

#[test]
fn a_module_that_was_cut_off_anywhere_is_refused() {
    let wasm = example("hello");
    for step in 0..200 {
        let end = wasm.len() * step / 200;
        let code =
            try_out(&wasm[..end]).unwrap_or_else(|| panic!("{end} bytes of it were a plugin"));
        assert!(
            matches!(code, "ERR_INVALID_MODULE" | "ERR_MISSING_EXPORT"),
            "{end}: {code}"
        );
    }
    let wasm = guest("echo");
    for end in 0..wasm.len() {
        // Without its last section, which holds the names, it is as good as before.
        let _ = try_out(&wasm[..end]);
    }
}

#[test]
fn random_bytes_are_refused() {
    let mut random = Random::from_seed(1);
    for _ in 0..2_000 {
        let length = random.below(300);
        let bytes: Vec<u8> = (0..length).map(|_| random.byte()).collect();
        assert_eq!(try_out(&bytes), Some("ERR_INVALID_MODULE"));
        let with_header = [&b"\0asm\x01\0\0\0"[..], &bytes].concat();
        assert!(try_out(&with_header).is_some());
    }
}

/// A few changes of bytes, and of where they are.
fn mutate(original: &[u8], random: &mut Random) -> Vec<u8> {
    const LIKELY: [u8; 12] = [
        0x00, 0x01, 0x0b, 0x10, 0x40, 0x41, 0x7e, 0x7f, 0x80, 0xc0, 0xfc, 0xff,
    ];
    let mut bytes = original.to_vec();
    for _ in 0..=random.below(4) {
        // Never the header, which would make all further changes idle.
        let at = 8 + random.below(bytes.len() - 8);
        match random.below(10) {
            0..=2 => bytes[at] = random.byte(),
            3..=4 => bytes[at] = *random.pick(&LIKELY),
            5..=6 => bytes[at] ^= 1 << random.below(8),
            7 => bytes[at] = bytes[at].wrapping_add(1),
            8 => {
                let other = 8 + random.below(bytes.len() - 8);
                bytes.swap(at, other);
            }
            _ => {
                let length = random.below(8).min(bytes.len() - at);
                let from = 8 + random.below(bytes.len() - 8 - length);
                bytes.copy_within(from..from + length, at);
            }
        }
    }
    bytes
}

#[test]
fn ten_thousand_modules_that_are_nearly_right_do_no_harm() {
    const MUTATIONS: usize = 10_000;
    let small: Vec<Vec<u8>> = [
        "echo",
        "counter",
        "dirty",
        "busy",
        "recurse-table",
        "grow-memory",
        "effect-sleep",
        "manifest-map",
        "initialize-twice",
        "capabilities-net",
        "two-memories",
        "bad-signature",
    ]
    .map(guest)
    .into();
    let big = [example("hello"), example("greet")];
    let mut random = Random::from_seed(2);
    let (mut loaded, mut invalid) = (0, 0);
    for number in 0..MUTATIONS {
        let original = if number % 100 == 0 {
            random.pick(&big)
        } else {
            random.pick(&small)
        };
        match try_out(&mutate(original, &mut random)) {
            None => loaded += 1,
            Some("ERR_INVALID_MODULE") => invalid += 1,
            Some(_) => {}
        }
    }
    // Neither so gentle that nothing happens, nor so rough that nothing gets past the first check.
    assert!(
        loaded > MUTATIONS / 100 && invalid > MUTATIONS / 10,
        "{loaded} loaded, {invalid} invalid"
    );
    assert_usable(&plugin("echo"), &["text"], "text");
}

#[test]
fn a_module_may_have_16_mib_and_not_a_byte_more() {
    let wasm = guest("echo");
    // A custom section: its id, the length of the rest in five bytes, a name of one letter, bytes.
    let padded = |total: usize| {
        let rest = total - wasm.len() - 6;
        let length: Vec<u8> = (0..5)
            .map(|byte| (rest >> (7 * byte)) as u8 & 0x7f | if byte < 4 { 0x80 } else { 0 })
            .collect();
        let mut bytes = [&wasm[..], b"\0", &length, b"\x01x"].concat();
        bytes.resize(total, 0);
        bytes
    };
    let limit = usize::try_from(MAX_MODULE_BYTES).unwrap();
    assert_usable(&load(&padded(limit)), &["text"], "text");
    let (what, limit, actual) = ("a size in bytes", MAX_MODULE_BYTES, MAX_MODULE_BYTES + 1);
    let fault = promptly(|| refusal(&padded(actual as usize)));
    assert_eq!(
        fault.kind,
        FaultKind::ModuleTooComplex {
            what,
            limit,
            actual
        }
    );
    // Before it is looked at.
    assert_eq!(refusal(&vec![0; 64 << 20]).code(), "ERR_MODULE_TOO_COMPLEX");
}
