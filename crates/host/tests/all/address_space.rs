//! The same promises where the system gives little address space.

use std::env;
use std::process::Command;

use sen_host::{Allocation, allocation};

/// Set where these tests run for the second time, in less address space.
const NARROW: &str = "SEN_HOST_TEST_NARROW";

#[test]
fn how_memory_is_reserved_is_decided_once() {
    let first = allocation().unwrap();
    for _ in 0..10 {
        assert_eq!(allocation().unwrap(), first);
    }
    if env::var_os(NARROW).is_some() {
        assert_eq!(first, Allocation::OnDemand);
    }
}

#[test]
#[cfg(target_os = "linux")]
fn in_4_gib_of_address_space_all_promises_hold_too() {
    keep_promises_in(4);
}

/// Room for some memories that take what guards need, and not for all.
#[test]
#[cfg(target_os = "linux")]
fn in_24_gib_of_address_space_all_promises_hold_too() {
    keep_promises_in(24);
}

#[cfg(target_os = "linux")]
fn keep_promises_in(gib: usize) {
    if env::var_os(NARROW).is_some() {
        return;
    }
    let limited = format!(r#"ulimit -v {} && exec "$0" "$@""#, gib << 20);
    let output = Command::new("sh")
        .args(["-c", &limited])
        .arg(env::current_exe().unwrap())
        .args([
            "address_space::",
            "executions::",
            "fuel::",
            "isolation::",
            "room::",
            "stack::",
            "traps::",
        ])
        .args(["budgets::", "effects::", "results::"])
        // Of these, one asks for 4 GiB and the other for 2.
        .args(["--skip", "limits_beyond_what_the_engine_can_give"])
        .args(["--skip", "a_pointer_above_2_gib"])
        .env(NARROW, "1")
        .env("RUST_BACKTRACE", "0")
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}
