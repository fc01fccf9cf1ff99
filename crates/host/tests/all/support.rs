//! What the tests share: where guests come from, and short forms of what they do with them.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::{Duration, Instant};
use std::{process, thread};

use sen_host::protocol::ExecuteResult;
use sen_host::{Fault, FaultKind, Interrupts, Limits, Plugin, Usage};

/// Fuel that no test lives long enough to use up.
pub const HUGE: u64 = u64::MAX;

/// What a hang takes, as opposed to a machine that is busy with other things.
pub const HANG: Duration = Duration::from_secs(2);

/// A path below the project's root.
pub fn project(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .join(path)
}

/// The guest of this name in `test/guests`, compiled from its text.
pub fn guest(name: &str) -> Vec<u8> {
    let path = project("test/guests").join(name).with_extension("wat");
    wat::parse_file(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The example plugin that provides this command.
pub fn example(command: &str) -> Vec<u8> {
    let path = project("examples/plugins/build")
        .join(command)
        .with_extension("wasm");
    fs::read(&path).unwrap_or_else(|error| {
        panic!(
            "{}: {error}. The example plugins are built by `npm run build:plugins`",
            path.display()
        )
    })
}

/// A guest in good order but for these fields, which have at least `plugin_execute`. Laid out as
/// the guests in `test/guests` are: the result `{"Success": "ok"}` is at 256 and takes 12 bytes.
pub fn module(fields: &str) -> Vec<u8> {
    let text = format!(
        r#"(module
            {ALLOCATOR}
            (memory (export "memory") 1)
            {fields})"#
    );
    assemble(&text)
}

/// As [`module`], with a memory of its own among the fields.
pub fn module_with_memory(fields: &str) -> Vec<u8> {
    assemble(&format!("(module {ALLOCATOR} {fields})"))
}

const ALLOCATOR: &str = r#"
    (data (i32.const 16) "\92\02\92\a4test\acA test guest")
    (data (i32.const 256) "\81\a7Success\a2ok")
    (func (export "plugin_alloc") (param $len i32) (result i32)
      (select (i32.const 1024) (i32.const 0)
        (i32.lt_u (i32.sub (local.get $len) (i32.const 1)) (i32.const 64512))))
    (func (export "plugin_dealloc") (param i32 i32))
    (func (export "plugin_manifest") (result i64) (i64.const 0x10_00000015))"#;

/// A `plugin_execute` that answers "ok" after these instructions.
pub fn execute(instructions: &str) -> String {
    format!(
        r#"(func (export "plugin_execute") (param $ptr i32) (param $len i32) (result i64)
            {instructions}
            (i64.const 0x100_0000000c))"#
    )
}

/// Instructions that go round an empty loop this often; `local` is an `i64`.
pub fn count_down(local: &str, count: u64) -> String {
    format!(
        "(local.set {local} (i64.const {count}))
        (loop $round
            (local.set {local} (i64.sub (local.get {local}) (i64.const 1)))
            (br_if $round (i64.ne (local.get {local}) (i64.const 0))))"
    )
}

/// A guest that answers with these bytes, whatever it is asked.
pub fn answering(result: &[u8]) -> Vec<u8> {
    let pages = 2 + result.len() / 65_536;
    module_with_memory(&format!(
        r#"(memory (export "memory") {pages})
        (data (i32.const 65536) "{}")
        (func (export "plugin_execute") (param i32 i32) (result i64)
            (i64.const 0x10000_{:08x}))"#,
        escaped(result),
        result.len()
    ))
}

/// A guest that describes itself with these bytes.
pub fn describing(manifest: &[u8]) -> Vec<u8> {
    assemble(&format!(
        r#"(module
            (memory (export "memory") {})
            (data (i32.const 256) "\81\a7Success\a2ok")
            (data (i32.const 65536) "{}")
            (func (export "plugin_alloc") (param i32) (result i32) (i32.const 1024))
            (func (export "plugin_dealloc") (param i32 i32))
            (func (export "plugin_manifest") (result i64) (i64.const 0x10000_{:08x}))
            {})"#,
        2 + manifest.len() / 65_536,
        escaped(manifest),
        manifest.len(),
        execute("")
    ))
}

/// Bytes as the text format writes them in a string.
fn escaped(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("\\{byte:02x}")).collect()
}

pub fn assemble(text: &str) -> Vec<u8> {
    wat::parse_str(text).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

/// Loads a module that must be loadable.
pub fn load(wasm: &[u8]) -> Plugin {
    Plugin::load(wasm, &Limits::default()).unwrap_or_else(|fault| panic!("{fault:?}"))
}

/// Loads a guest that must be loadable, by its name in `test/guests`.
pub fn plugin(name: &str) -> Plugin {
    Plugin::load(&guest(name), &Limits::default())
        .unwrap_or_else(|fault| panic!("{name}: {fault:?}"))
}

/// The fault with which a module is refused.
pub fn refusal(wasm: &[u8]) -> Fault {
    Plugin::load(wasm, &Limits::default()).expect_err("a module that must be refused was loaded")
}

pub fn strings(args: &[&str]) -> Vec<String> {
    args.iter().map(|&arg| arg.to_owned()).collect()
}

/// One execution on a pristine instance.
pub fn run(
    plugin: &Plugin,
    args: &[&str],
    limits: &Limits,
) -> Result<(ExecuteResult, Usage), Fault> {
    plugin
        .execute(&strings(args), limits, &Interrupts::default())
        .map(|reply| (reply.result, reply.usage))
}

/// The answer of one execution with the default limits, which must not end in a fault.
pub fn answer(plugin: &Plugin, args: &[&str]) -> ExecuteResult {
    run(plugin, args, &Limits::default())
        .unwrap_or_else(|fault| panic!("{plugin:?}: {fault:?}"))
        .0
}

/// The fault of one execution with the default limits, which must end in one.
pub fn fault(plugin: &Plugin, args: &[&str]) -> Fault {
    run(plugin, args, &Limits::default()).expect_err("an execution that must fail did not")
}

pub fn success(text: &str) -> ExecuteResult {
    ExecuteResult::Success(text.to_owned())
}

/// The default limits with another fuel.
pub fn with_fuel(fuel: u64) -> Limits {
    Limits {
        fuel,
        ..Limits::default()
    }
}

/// All the fuel that there is, and this time.
pub fn with_timeout(timeout: Duration) -> Limits {
    Limits {
        fuel: HUGE,
        timeout,
        ..Limits::default()
    }
}

/// Does something that must not hang. Should it never end at all, the process does.
pub fn promptly<T>(work: impl FnOnce() -> T) -> T {
    let (ended, watched) = mpsc::channel::<()>();
    thread::spawn(move || {
        if watched.recv_timeout(30 * HANG) == Err(RecvTimeoutError::Timeout) {
            eprintln!("something that must not take long hangs");
            process::abort();
        }
    });
    let began = Instant::now();
    let value = work();
    let elapsed = began.elapsed();
    drop(ended);
    assert!(elapsed < HANG, "it took {elapsed:?}");
    value
}

/// Whether a text can be shown on a terminal without steering it.
pub fn is_inert(text: &str) -> bool {
    !text.chars().any(|c| {
        c.is_control() || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    })
}

/// That the plugin answers "ok" again, after whatever it went through.
pub fn assert_usable(plugin: &Plugin, args: &[&str], expected: &str) {
    assert_eq!(answer(plugin, args), success(expected), "{plugin:?}");
}

pub fn is_trap(kind: &FaultKind) -> bool {
    matches!(kind, FaultKind::Trap { .. })
}
