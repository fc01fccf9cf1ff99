//! The example plugins.

use std::fs;

use sen_host::protocol::ExecuteResult;

use crate::arguments::{general, generated, numbers, of_fail, of_greet};
use crate::both::{Answer, Both, Failure, example, project, strings};

/// The command of every example plugin that imports nothing.
const COMMANDS: [&str; 8] = [
    "fail", "fetch", "greet", "hello", "rev", "rot13", "spin", "wc",
];

/// Those that import WASI, which the Rust crate has behind a feature that would bring a second
/// implementation of all of it: `test/wasi/` has them run unchanged.
const OF_WASI: [&str; 3] = ["cat", "env", "tee"];

fn both(command: &str) -> Both {
    Both::load(example(command))
}

fn success(text: &str) -> Answer {
    Ok(ExecuteResult::Success(text.to_owned()))
}

/// That both answer alike to everything that is typed, and that not all of it is refused.
fn assert_same(command: &str, more: Vec<Vec<String>>) {
    let both = both(command);
    let mut successes = 0;
    let seed = u64::from(command.as_bytes()[0]);
    for args in [general(), generated(seed), more].concat() {
        if let Ok(ExecuteResult::Success(_)) = both.assert_same(&args) {
            successes += 1;
        }
    }
    assert!(successes > 40, "{command} hardly ever succeeds");
}

#[test]
fn every_example_is_among_those_that_are_compared() {
    for command in COMMANDS {
        example(command);
    }
    let folder = project("examples/plugins/build");
    let mut built: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "wasm")
        })
        .map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned())
        .collect();
    built.sort();
    let mut known = [COMMANDS.as_slice(), &OF_WASI].concat();
    known.sort_unstable();
    assert_eq!(built, known);
}

#[test]
fn both_hosts_read_the_same_manifest() {
    for command in COMMANDS {
        let both = both(command);
        assert_eq!(both.our_manifest(), both.their_manifest());
        assert_eq!(both.our_manifest().command.name, command);
    }
}

#[test]
fn hello_says_the_same_in_both_hosts() {
    assert_same("hello", vec![]);
    assert_eq!(
        both("hello").assert_same(&strings(&["you"])),
        success("Hello, you!")
    );
}

#[test]
fn greet_says_the_same_in_both_hosts() {
    assert_same("greet", of_greet());
    let args = strings(&["morning", "--style=shout", "Straße"]);
    assert_eq!(
        both("greet").assert_same(&args),
        success("GOOD MORNING, STRASSE!")
    );
}

#[test]
fn fetch_asks_for_the_same_effects_in_both_hosts() {
    let both = both("fetch");
    for args in [
        strings(&["https://example.com/a?b"]),
        strings(&["http://127.0.0.1:8080/"]),
        strings(&["nonsense"]),
    ] {
        let _ = both.assert_same(&args);
    }
    for args in [general(), generated(3)].concat() {
        let _ = both.assert_same(&args);
    }
}

#[test]
fn wc_counts_the_same_in_both_hosts() {
    assert_same("wc", vec![strings(&["a b\nc", "d"])]);
}

#[test]
fn rev_turns_the_same_round_in_both_hosts() {
    assert_same(
        "rev",
        vec![
            strings(&["abc"]),
            strings(&["Why did the chicken", "cross the road?"]),
        ],
    );
}

#[test]
fn rot13_turns_the_same_in_both_hosts() {
    assert_same(
        "rot13",
        vec![strings(&["Why did the chicken", "cross the road?"])],
    );
}

#[test]
fn spin_works_the_same_in_both_hosts_and_is_stopped_in_both() {
    let both = both("spin");
    for args in numbers() {
        both.assert_same(&args).unwrap();
    }
    assert_eq!(both.assert_same(&[]), Err(Failure::OutOfFuel));
    let most = strings(&["18446744073709551615"]);
    assert_eq!(both.assert_same(&most), Err(Failure::OutOfFuel));
    for args in generated(1) {
        let _ = both.assert_same(&args);
    }
}

#[test]
fn fail_fails_the_same_in_both_hosts() {
    let both = both("fail");
    for args in [general(), generated(2), of_fail()].concat() {
        let _ = both.assert_same(&args);
    }
    for (way, failure) in [
        ("panic", Failure::Trap),
        ("memory", Failure::Trap),
        ("stack", Failure::StackOverflow),
    ] {
        assert_eq!(both.assert_same(&strings(&[way])), Err(failure), "{way}");
    }
}
