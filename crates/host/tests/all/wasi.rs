//! What WASI plugins find outside of themselves: what a grant holds, and nothing else.

use std::fs;
use std::path::Path;
use std::sync::{Arc, Mutex, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use sen_host::protocol::{
    Capabilities, EffectResult, ExecuteResult, PathPattern, Stdio as Streams,
};
use sen_host::{
    Captured, Execution, Executor, Fault, FaultKind, Grant, Instance, Interrupt, InterruptReason,
    Interrupts, Limits, Plugin, Sink, Stdio, Stream, Surroundings, Work, World,
};

use crate::support::*;

/// A guest that imports these functions and runs these instructions, which leave an errno: the
/// guest answers with an error of that code.
fn wasi(imports: &str, data: &str, instructions: &str) -> Vec<u8> {
    wasi_with(imports, data, "", instructions)
}

/// The same, with other functions.
fn wasi_with(imports: &str, data: &str, functions: &str, instructions: &str) -> Vec<u8> {
    assemble(&format!(
        r#"(module
            {imports}
            (memory (export "memory") 2)
            (data (i32.const 16) "\92\02\92\a4wasi\acA test guest")
            (data (i32.const 512) "\81\a5Error\92\cc\00\a0")
            {data}
            {functions}
            (func (export "plugin_alloc") (param i32) (result i32) (i32.const 65536))
            (func (export "plugin_dealloc") (param i32 i32))
            (func (export "plugin_manifest") (result i64) (i64.const 0x10_00000015))
            (func (export "plugin_execute") (param i32 i32) (result i64)
                (i32.store8 (i32.const 521) (block (result i32) {instructions}))
                (i64.const 0x200_0000000b)))"#
    ))
}

const FD_WRITE: &str = r#"(import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))"#;
const PATH_OPEN: &str = r#"(import "wasi_snapshot_preview1" "path_open" (func $path_open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))"#;
const POLL: &str = r#"(import "wasi_snapshot_preview1" "poll_oneoff" (func $poll_oneoff (param i32 i32 i32 i32) (result i32)))"#;

/// Writes a text to a descriptor.
fn writes(fd: u32, text: &str) -> Vec<u8> {
    let len = text.len();
    let data = format!(
        r#"(data (i32.const 1024) "\00\08\00\00\{:02x}\{:02x}\00\00") (data (i32.const 2048) "{text}")"#,
        len & 0xff,
        len >> 8
    );
    let call = format!(
        "(call $fd_write (i32.const {fd}) (i32.const 1024) (i32.const 1) (i32.const 1040))"
    );
    wasi(FD_WRITE, &data, &call)
}

/// Opens a path below the first granted directory, for reading or writing.
fn opens(path: &str, oflags: u32, rights: u64) -> Vec<u8> {
    let data = format!(r#"(data (i32.const 1024) "{path}")"#);
    let len = path.len();
    let call = format!(
        "(call $path_open (i32.const 3) (i32.const 1) (i32.const 1024) (i32.const {len}) (i32.const {oflags}) (i64.const {rights}) (i64.const 0) (i32.const 0) (i32.const 2048))"
    );
    wasi(PATH_OPEN, &data, &call)
}

/// Sleeps for these milliseconds.
fn sleeps(ms: u64) -> Vec<u8> {
    // A subscription: relative, of the monotonic clock.
    let call = format!(
        "(i32.store (i32.const 1040) (i32.const 1))
        (i64.store (i32.const 1048) (i64.const {}))
        (call $poll_oneoff (i32.const 1024) (i32.const 2048) (i32.const 1) (i32.const 3072))",
        ms * 1_000_000
    );
    wasi(POLL, "", &call)
}

const READ: u64 = 1 << 1;
const WRITE: u64 = 1 << 6;
const CREATE: u32 = 1;
const DIRECTORY: u32 = 1 << 1;

const PERM: u8 = 63;
const LOOP: u8 = 32;
const NOENT: u8 = 44;
const BADF: u8 = 8;
const NOMEM: u8 = 48;

fn pattern(pattern: &str, recursive: bool) -> PathPattern {
    PathPattern {
        pattern: pattern.into(),
        recursive,
    }
}

fn reads(path: &str, recursive: bool) -> Capabilities {
    Capabilities {
        fs_read: vec![pattern(path, recursive)],
        ..Capabilities::default()
    }
}

fn changes(path: &str, recursive: bool) -> Capabilities {
    Capabilities {
        fs_write: vec![pattern(path, recursive)],
        ..Capabilities::default()
    }
}

fn streams(stdin: bool, stdout: bool, stderr: bool) -> Capabilities {
    Capabilities {
        stdio: Streams {
            stdin,
            stdout,
            stderr,
        },
        ..Capabilities::default()
    }
}

fn within(directory: &Path) -> Surroundings {
    Surroundings {
        working_directory: directory.into(),
        ..Surroundings::default()
    }
}

fn world(plugin: &Plugin, capabilities: &Capabilities, directory: &Path) -> World {
    World {
        grant: Some(Grant::open(plugin, capabilities, &within(directory)).unwrap()),
        ..World::default()
    }
}

/// The errno with which a guest's call ended.
fn errno(plugin: &Plugin, world: &World) -> u8 {
    let reply = plugin.execute_in(world, &[], &Limits::default(), &Interrupts::default());
    match reply.unwrap().result {
        ExecuteResult::Error(error) => error.code,
        other => panic!("{other:?}"),
    }
}

/// A directory that is gone afterwards.
struct Scratch(std::path::PathBuf);

impl Scratch {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("sen-wasi-{}-{name}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(path.join("data/sub")).unwrap();
        fs::write(path.join("data/file"), "text").unwrap();
        fs::write(path.join("data/sub/file"), "text").unwrap();
        fs::write(path.join("outside"), "secret").unwrap();
        Self(path)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[test]
fn a_plugin_of_this_tier_without_a_grant_finds_nothing() {
    let plugin = load(&opens("file", 0, READ));
    assert_eq!(errno(&plugin, &World::default()), BADF);
    let plugin = load(&writes(1, "text"));
    let reply = plugin
        .execute(&[], &Limits::default(), &Interrupts::default())
        .unwrap();
    assert_eq!(reply.output, Captured::default());
}

#[test]
fn what_may_be_opened_follows_from_the_grant() {
    let scratch = Scratch::new("opened");
    let read = |recursive| reads("./data", recursive);
    let write = |recursive| changes("./data", recursive);
    let cases = [
        ("file", 0, READ, read(false), 0),
        ("./file", 0, READ, read(false), 0),
        ("sub/file", 0, READ, read(false), PERM),
        ("sub", 0, READ, read(false), PERM),
        ("sub", DIRECTORY, READ, read(false), PERM),
        (".", DIRECTORY, READ, read(false), 0),
        ("sub/../file", 0, READ, read(false), PERM),
        ("../outside", 0, READ, read(false), PERM),
        ("file", 0, WRITE, read(false), PERM),
        ("new", CREATE, READ, read(false), PERM),
        ("missing", 0, READ, read(false), NOENT),
        ("file", 0, READ, read(true), 0),
        ("sub/file", 0, READ, read(true), 0),
        ("sub", DIRECTORY, READ, read(true), 0),
        ("sub/../file", 0, READ, read(true), 0),
        ("sub/../../outside", 0, READ, read(true), PERM),
        ("../outside", 0, READ, read(true), PERM),
        ("../data-secret", 0, READ, read(true), PERM),
        ("sub/file", 0, WRITE, read(true), PERM),
        ("file", 0, WRITE, write(false), 0),
        ("new-1", CREATE, WRITE, write(false), 0),
        ("sub/new", CREATE, WRITE, write(false), PERM),
        ("sub/new", CREATE, WRITE, write(true), 0),
        ("../new", CREATE, WRITE, write(true), PERM),
        ("file", 0, READ, write(false), 0),
        ("sub/file", 0, READ, write(false), PERM),
    ];
    for (path, oflags, rights, capabilities, expected) in cases {
        let plugin = load(&opens(path, oflags, rights));
        let world = world(&plugin, &capabilities, &scratch.0);
        let found = errno(&plugin, &world);
        assert_eq!(found, expected, "{path} {oflags} {rights} {capabilities:?}");
    }
    assert!(!scratch.0.join("new").exists());
    assert_eq!(fs::read(scratch.0.join("outside")).unwrap(), b"secret");
}

/// Each pattern has a scope of its own, for reading and for writing.
#[test]
fn reading_the_tree_and_writing_the_entries_of_one_directory_are_kept_apart() {
    let scratch = Scratch::new("apart");
    let capabilities = Capabilities {
        fs_read: vec![pattern("./data", true)],
        fs_write: vec![pattern("data/", false)],
        ..Capabilities::default()
    };
    for (path, rights, expected) in [
        ("sub/file", READ, 0),
        ("file", WRITE, 0),
        ("sub/file", WRITE, PERM),
    ] {
        let plugin = load(&opens(path, 0, rights));
        let world = world(&plugin, &capabilities, &scratch.0);
        assert_eq!(errno(&plugin, &world), expected, "{path} {rights}");
    }
}

#[cfg(unix)]
#[test]
fn links_are_followed_within_what_was_granted_only() {
    use std::os::unix::fs::symlink;
    let scratch = Scratch::new("links");
    let data = scratch.0.join("data");
    symlink("../outside", data.join("out")).unwrap();
    symlink(scratch.0.join("outside"), data.join("absolute")).unwrap();
    symlink("file", data.join("beside")).unwrap();
    symlink("sub/file", data.join("below")).unwrap();
    symlink("loop", data.join("loop")).unwrap();
    symlink("..", data.join("up")).unwrap();
    for (path, recursive, expected) in [
        ("out", true, PERM),
        ("absolute", true, PERM),
        ("up/outside", true, PERM),
        ("beside", true, 0),
        ("below", true, 0),
        ("loop", true, 32),
        ("out", false, PERM),
        ("absolute", false, PERM),
        ("beside", false, 0),
        ("below", false, PERM),
        ("loop", false, 32),
    ] {
        let plugin = load(&opens(path, 0, READ));
        let world = world(&plugin, &reads("./data", recursive), &scratch.0);
        assert_eq!(errno(&plugin, &world), expected, "{path} {recursive}");
    }
}

#[cfg(unix)]
#[test]
fn what_is_no_file_is_not_opened_and_holds_nobody_up() {
    let scratch = Scratch::new("fifo");
    let fifo = scratch.0.join("data/fifo");
    let made = std::process::Command::new("mkfifo").arg(&fifo).status();
    assert!(made.unwrap().success());
    for rights in [READ, WRITE] {
        let plugin = load(&opens("fifo", 0, rights));
        let world = world(&plugin, &changes("./data", true), &scratch.0);
        assert_eq!(errno(&plugin, &world), PERM);
    }
}

#[test]
#[cfg(target_os = "linux")]
fn what_the_system_shows_of_processes_is_granted_to_nobody() {
    let root = Path::new("/");
    for (path, oflags, rights, expected) in [
        ("proc/self/environ", 0, READ, PERM),
        ("proc/self/mem", 0, READ | WRITE, PERM),
        ("proc/self/task", DIRECTORY, READ, PERM),
        ("proc", DIRECTORY, READ, PERM),
        // Through a link that only the system can follow.
        ("proc/self/root/etc/passwd", 0, READ, LOOP),
    ] {
        let plugin = load(&opens(path, oflags, rights));
        let world = world(&plugin, &changes("/", true), root);
        assert_eq!(errno(&plugin, &world), expected, "{path}");
    }
    // The grant is one.
    let plugin = load(&opens("etc/passwd", 0, READ));
    assert_eq!(errno(&plugin, &world(&plugin, &reads("/", true), root)), 0);
    for path in ["/proc", "/proc/self", "/proc/self/fd", "/proc/sys"] {
        let refused = Grant::open(&plugin, &reads(path, true), &within(root)).unwrap_err();
        let kind = refused.error.kind();
        assert_eq!(kind, std::io::ErrorKind::PermissionDenied, "{path}");
    }
}

#[test]
fn a_directory_that_is_swapped_after_it_was_granted_changes_nothing() {
    let scratch = Scratch::new("swapped");
    let plugin = load(&opens("only-in-the-old-one", 0, READ));
    fs::write(scratch.0.join("data/only-in-the-old-one"), "").unwrap();
    let opened = Grant::open(&plugin, &reads("./data", true), &within(&scratch.0)).unwrap();
    fs::rename(scratch.0.join("data"), scratch.0.join("moved")).unwrap();
    fs::create_dir(scratch.0.join("data")).unwrap();
    // Decided about after it was opened: what was opened then is what is granted.
    let narrowed = opened
        .narrow(&reads("./data", false), &within(&scratch.0))
        .unwrap();
    for grant in [opened, narrowed] {
        let world = World {
            grant: Some(grant),
            ..World::default()
        };
        assert_eq!(errno(&plugin, &world), 0);
    }
    let anew = world(&plugin, &reads("./data", true), &scratch.0);
    assert_eq!(errno(&plugin, &anew), NOENT);
}

#[test]
fn a_directory_that_is_not_there_is_left_out_and_one_that_is_none_refused() {
    let scratch = Scratch::new("missing");
    let plugin = load(&opens("file", 0, READ));
    let open = |path| Grant::open(&plugin, &reads(path, true), &within(&scratch.0));
    let missing = open("./nowhere").unwrap();
    assert!(!missing.is_complete());
    let world = World {
        grant: Some(missing),
        ..World::default()
    };
    assert_eq!(errno(&plugin, &world), BADF);
    assert!(open("./data").unwrap().is_complete());
    let error = open("./outside").unwrap_err();
    assert_eq!(error.path, scratch.0.join("outside"));
    // Without a home, nothing lies there.
    assert!(!open("~/data").unwrap().is_complete());
}

#[test]
fn a_grant_is_for_the_code_that_it_was_made_for() {
    let scratch = Scratch::new("code");
    let plugin = load(&opens("file", 0, READ));
    let other = load(&opens("other", 0, READ));
    let world = world(&plugin, &reads("./data", true), &scratch.0);
    let fault = other
        .execute_in(&world, &[], &Limits::default(), &Interrupts::default())
        .err()
        .unwrap();
    assert_eq!(fault.code(), "ERR_PERMISSION_DENIED");
    assert!(matches!(fault.kind, FaultKind::WrongGrant { .. }));
}

#[test]
fn streams_are_captured_as_far_as_they_are_granted() {
    let here = std::env::temp_dir();
    for (fd, capabilities, stdout, stderr) in [
        (1, streams(false, true, true), Some("text"), Some("")),
        (2, streams(false, true, true), Some(""), Some("text")),
        (1, streams(false, false, true), None, Some("")),
        (2, streams(false, true, false), Some(""), None),
        (1, streams(true, false, false), None, None),
    ] {
        let plugin = load(&writes(fd, "text"));
        let world = world(&plugin, &capabilities, &here);
        // Often enough that an instance that stands by would be used, were one to be.
        for _ in 0..50 {
            let reply = plugin
                .execute_in(&world, &[], &Limits::default(), &Interrupts::default())
                .unwrap();
            let text = |text: Option<&str>| text.map(|text| text.as_bytes().to_vec());
            assert_eq!(reply.output.stdout, text(stdout));
            assert_eq!(reply.output.stderr, text(stderr));
        }
    }
}

#[test]
fn more_output_than_the_limit_stops_the_guest_and_what_it_wrote_before_is_kept() {
    let data = r#"(data (i32.const 1024) "\00\08\00\00\64\00\00\00")"#;
    let call = "(loop $again
        (drop (call $fd_write (i32.const 1) (i32.const 1024) (i32.const 1) (i32.const 1040)))
        (br $again)) (i32.const 0)";
    let plugin = load(&wasi(FD_WRITE, data, call));
    let world = world(&plugin, &streams(false, true, false), &std::env::temp_dir());
    let limits = Limits {
        result_bytes: 1050,
        ..Limits::default()
    };
    let fault = plugin
        .execute_in(&world, &[], &limits, &Interrupts::default())
        .err()
        .unwrap();
    let FaultKind::ResultTooLarge {
        what,
        limit,
        actual,
    } = fault.kind
    else {
        panic!("{fault:?}")
    };
    assert_eq!((what, limit, actual), ("stdout", 1050, 1100));
    assert_eq!(fault.output.unwrap().stdout.unwrap().len(), 1000);
}

#[test]
fn what_is_passed_on_comes_in_order_and_waits_while_there_is_no_room() {
    #[derive(Default)]
    struct Full(Mutex<(Vec<u8>, usize)>);
    impl Sink for Full {
        fn write(&self, stream: Stream, bytes: &[u8]) {
            assert_eq!(stream, Stream::Stdout);
            self.0.lock().unwrap().0.extend(bytes);
        }
        fn is_full(&self) -> bool {
            let mut state = self.0.lock().unwrap();
            state.1 += 1;
            // Full every time but the third.
            !state.1.is_multiple_of(3)
        }
    }
    let sink = Arc::new(Full::default());
    let plugin = load(&writes(1, "text"));
    let world = World {
        stdio: Stdio::Passed(sink.clone()),
        ..world(&plugin, &streams(false, true, false), &std::env::temp_dir())
    };
    for _ in 0..3 {
        assert_eq!(errno(&plugin, &world), 0);
    }
    let state = sink.0.lock().unwrap();
    assert_eq!((&*state.0, state.1), (&b"texttexttext"[..], 9));
}

#[test]
fn a_plugin_that_ends_itself_is_a_fault_that_says_so() {
    let exit = r#"(import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))"#;
    let plugin = load(&wasi(
        exit,
        "",
        "(call $proc_exit (i32.const 3)) (i32.const 0)",
    ));
    let fault = run(&plugin, &[], &Limits::default()).unwrap_err();
    let FaultKind::Trap { trap, .. } = &fault.kind else {
        panic!("{fault:?}")
    };
    assert!(trap.contains("exit code 3"), "{trap}");
}

#[test]
fn imports_that_preview_1_does_not_have_are_refused() {
    let import = |module: &str, name: &str, of: &str| {
        let import = format!(r#"(import "{module}" "{name}" (func {of}))"#);
        refusal(&wasi(&import, "", "(i32.const 0)"))
    };
    let named = |fault: Fault| match fault.kind {
        FaultKind::Instantiation { import, .. } => import,
        other => panic!("{other:?}"),
    };
    let fault = import("wasi_snapshot_preview1", "thread_spawn", "");
    assert_eq!(named(fault).unwrap(), "wasi_snapshot_preview1.thread_spawn");
    let fault = import("wasi_unstable", "fd_write", "");
    assert_eq!(named(fault).unwrap(), "wasi_unstable.fd_write");
    // The right name, and another type.
    let fault = import("wasi_snapshot_preview1", "fd_write", "(param i32)");
    assert_eq!(named(fault), None);
}

#[test]
fn sleeping_counts_as_the_guests_time_and_ends_with_it() {
    let plugin = load(&sleeps(3_600_000));
    let limits = Limits {
        timeout: Duration::from_millis(50),
        ..Limits::default()
    };
    let began = Instant::now();
    let fault = run(&plugin, &[], &limits).unwrap_err();
    assert!(matches!(fault.kind, FaultKind::DeadlineExceeded { .. }));
    assert!(began.elapsed() < HANG);
    let usage = fault.usage.unwrap();
    assert!(usage.duration >= limits.timeout, "{usage:?}");
    // A little at a time, with its waits in between.
    let (fault, _) =
        to_the_end(plugin.start(World::default(), vec![], limits, Interrupts::default()));
    assert!(matches!(
        fault.unwrap_err().kind,
        FaultKind::DeadlineExceeded { .. }
    ));
    let (reply, naps) = to_the_end(load(&sleeps(20)).start(
        World::default(),
        vec![],
        Limits::default(),
        Interrupts::default(),
    ));
    let duration = reply.unwrap();
    assert!(duration >= Duration::from_millis(20), "{duration:?}");
    assert!(naps >= 1);
}

/// Runs an execution to its end, waiting while it sleeps: its time, and how often it slept.
fn to_the_end(mut execution: Execution) -> (Result<Duration, Fault>, usize) {
    let mut naps = 0;
    loop {
        if let Some(reply) = execution.run_without_waiting(Duration::from_millis(1)) {
            return (reply.map(|reply| reply.usage.duration), naps);
        }
        naps += usize::from(execution.sleeps());
        while execution.sleeps() {
            thread::yield_now();
        }
    }
}

#[test]
fn a_guest_that_sleeps_is_stopped_from_outside() {
    let plugin = load(&sleeps(3_600_000));
    let limits = Limits {
        timeout: Duration::from_secs(3600),
        ..Limits::default()
    };
    let interrupt = Interrupt::default();
    let interrupts = Interrupts::from(Some(interrupt.clone()));
    let sleeping = thread::spawn(move || plugin.execute(&[], &limits, &interrupts));
    thread::sleep(Duration::from_millis(20));
    interrupt.trigger(InterruptReason::Aborted);
    let fault = sleeping.join().unwrap().err().unwrap();
    assert_eq!(fault.kind, FaultKind::Interrupted(InterruptReason::Aborted));
}

/// An execution on an executor, which sends its plugin's digest when it has succeeded.
struct Running(Execution, mpsc::Sender<String>, String);

impl Running {
    fn of(
        plugin: &Plugin,
        limits: Limits,
        interrupt: &Interrupt,
        sender: &mpsc::Sender<String>,
    ) -> Box<Self> {
        let interrupts = Interrupts::from(Some(interrupt.clone()));
        let execution = plugin.start(World::default(), vec![], limits, interrupts);
        Box::new(Self(execution, sender.clone(), plugin.digest().into()))
    }
}

impl Work for Running {
    fn run_for(&mut self, slice: Duration) -> bool {
        let reply = self.0.run_for(slice);
        if let Some(Ok(_)) = &reply {
            let _ = self.1.send(self.2.clone());
        }
        reply.is_some()
    }
    fn refuse(self: Box<Self>, _: Fault) {}
    fn is_ready(&self) -> bool {
        self.0.is_ready()
    }

    fn claim(&mut self) -> bool {
        self.0.claim()
    }
    fn sleeps(&self) -> bool {
        self.0.sleeps()
    }
}

/// One plugin may have as many executions wait as it likes: others find room beside them.
#[test]
fn a_plugin_whose_guests_all_sleep_keeps_nobody_else_waiting() {
    let (sleeper, quick) = (load(&sleeps(1500)), load(&sleeps(0)));
    let limits = Limits {
        timeout: Duration::from_secs(60),
        ..Limits::default()
    };
    let (executor, interrupt) = (Executor::new(1, 10_000), Interrupt::default());
    let (sender, receiver) = mpsc::channel();
    for _ in 0..3000 {
        executor.submit(1, Running::of(&sleeper, limits, &interrupt, &sender));
    }
    for _ in 0..10 {
        executor.submit(2, Running::of(&quick, limits, &interrupt, &sender));
    }
    let first: Vec<String> = receiver.iter().take(10).collect();
    assert_eq!(first, vec![quick.digest(); 10]);
    // The room that they take is the process's.
    interrupt.trigger(InterruptReason::Aborted);
    drop(sender);
    receiver.iter().for_each(drop);
}

/// Guests that sleep hold no thread: one thread runs many of them at once, and others beside them.
#[test]
fn guests_that_sleep_take_no_threads() {
    let plugin = load(&sleeps(200));
    let executor = Executor::new(1, 1000);
    let (sender, receiver) = mpsc::channel();
    let began = Instant::now();
    for _ in 0..50 {
        executor.submit(
            1,
            Running::of(&plugin, Limits::default(), &Interrupt::default(), &sender),
        );
    }
    drop(sender);
    assert_eq!(receiver.iter().count(), 50);
    // One after the other, they would take ten seconds.
    assert!(began.elapsed() < HANG, "{:?}", began.elapsed());
}

#[test]
fn a_live_instance_is_granted_nothing_and_keeps_its_memory() {
    let plugin = load(&opens("file", 0, READ));
    let instance = Instance::new(plugin);
    for _ in 0..3 {
        let (result, _) = instance.execute(&[], &Limits::default(), None).unwrap();
        assert!(matches!(result, ExecuteResult::Error(error) if error.code == BADF));
    }
}

/// Also for instances that stand by, which such a plugin has when nothing is granted.
#[test]
fn every_execution_begins_with_pristine_memory_and_its_own_arguments() {
    let imports = r#"
        (import "wasi_snapshot_preview1" "args_sizes_get" (func $sizes (param i32 i32) (result i32)))"#;
    // The number of arguments, and one more for each earlier execution in this memory.
    let call = "(drop (call $sizes (i32.const 1024) (i32.const 1028)))
        (i32.store (i32.const 2048) (i32.add (i32.load (i32.const 2048)) (i32.const 100)))
        (i32.add (i32.load (i32.const 1024)) (i32.load (i32.const 2048)))";
    let plugin = load(&wasi(imports, "", call));
    for round in 0..2000 {
        let args = vec!["x"; round % 7];
        let (result, _) = run(&plugin, &args, &Limits::default()).unwrap();
        let ExecuteResult::Error(error) = result else {
            panic!("{result:?}")
        };
        assert_eq!(usize::from(error.code), 101 + round % 7);
    }
}

/// Also for instances that stand by, which are started where nothing is granted.
#[test]
fn every_execution_finds_what_was_granted_to_it_and_memory_that_is_pristine() {
    let data = r#"(data (i32.const 1024) "file")"#;
    // The errno of opening a file, and 100 more for each earlier execution in this memory.
    let call = "(i32.store (i32.const 4096) (i32.add (i32.load (i32.const 4096)) (i32.const 100)))
        (i32.add (i32.sub (i32.load (i32.const 4096)) (i32.const 100))
            (call $path_open (i32.const 3) (i32.const 1) (i32.const 1024) (i32.const 4) (i32.const 0) (i64.const 2) (i64.const 0) (i32.const 0) (i32.const 2048)))";
    let plugin = load(&wasi(PATH_OPEN, data, call));
    let scratch = Scratch::new("standing-by");
    fs::create_dir(scratch.0.join("empty")).unwrap();
    let granted = |path| world(&plugin, &reads(path, true), &scratch.0);
    let worlds = [
        (granted("./data"), 0),
        (granted("./empty"), NOENT),
        (World::default(), BADF),
        (granted("./data/sub"), 0),
    ];
    for round in 0..1000 {
        for (world, expected) in &worlds {
            assert_eq!(errno(&plugin, world), *expected, "{round}");
        }
    }
    thread::scope(|scope| {
        for (world, expected) in &worlds {
            let plugin = &plugin;
            scope.spawn(move || {
                for round in 0..1000 {
                    assert_eq!(errno(plugin, world), *expected, "{round}");
                }
            });
        }
    });
}

#[test]
fn what_start_up_finds_is_what_was_granted_to_the_execution() {
    let sizes = r#"(import "wasi_snapshot_preview1" "environ_sizes_get" (func $look (param i32 i32) (result i32)))"#;
    let prestat = r#"(import "wasi_snapshot_preview1" "fd_prestat_get" (func $look (param i32 i32) (result i32)))"#;
    let scratch = Scratch::new("start-up");
    let environment = Capabilities {
        env_read: vec!["HOME".into()],
        ..Capabilities::default()
    };
    // How many variables there are; whether there is a directory.
    let variables = "(drop (call $look (i32.const 1024) (i32.const 1028)))";
    let directories = "(i32.store (i32.const 1024) (call $look (i32.const 3) (i32.const 2048)))";
    for (import, look, capabilities, [with, without]) in [
        (sizes, variables, environment, [1, 0]),
        (prestat, directories, reads("./data", true), [0, BADF]),
    ] {
        let start_up = format!(r#"(func (export "_initialize") {look})"#);
        let plugin = load(&wasi_with(
            import,
            "",
            &start_up,
            "(i32.load (i32.const 1024))",
        ));
        let surroundings = Surroundings {
            environment: vec![("HOME".into(), "/home".into())],
            ..within(&scratch.0)
        };
        let granted = World {
            grant: Some(Grant::open(&plugin, &capabilities, &surroundings).unwrap()),
            ..World::default()
        };
        for round in 0..500 {
            assert_eq!(errno(&plugin, &granted), with, "{round}");
            assert_eq!(errno(&plugin, &World::default()), without, "{round}");
        }
    }
}

/// Also on an instance that stood by, which was started to run in one go.
#[test]
fn a_guest_can_sleep_however_often_it_is_called() {
    let plugin = load(&sleeps(1));
    for round in 0..100 {
        assert_eq!(errno(&plugin, &World::default()), 0, "{round}");
    }
}

#[test]
fn a_guest_that_is_resumed_after_an_effect_can_sleep() {
    let plugin = load(&assemble(&format!(
        r#"(module
            {POLL}
            (memory (export "memory") 2)
            (data (i32.const 16) "\92\02\92\a4wasi\acA test guest")
            (data (i32.const 256) "\81\a6Effect\81\a5Sleep\92\01\01")
            (data (i32.const 512) "\81\a5Error\92\cc\00\a0")
            (func (export "plugin_alloc") (param i32) (result i32) (i32.const 65536))
            (func (export "plugin_dealloc") (param i32 i32))
            (func (export "plugin_manifest") (result i64) (i64.const 0x10_00000015))
            (func (export "plugin_execute") (param i32 i32) (result i64)
                (i64.const 0x100_00000012))
            (func (export "plugin_resume") (param i32 i32 i32) (result i64)
                (i32.store (i32.const 1040) (i32.const 1))
                (i64.store (i32.const 1048) (i64.const 1000000))
                (i32.store8 (i32.const 521) (call $poll_oneoff
                    (i32.const 1024) (i32.const 2048) (i32.const 1) (i32.const 3072)))
                (i64.const 0x200_0000000b)))"#
    )));
    for round in 0..100 {
        let reply = plugin
            .execute(&[], &Limits::default(), &Interrupts::default())
            .unwrap();
        let instance = reply.suspended.unwrap();
        let resumed = instance.resume(1, &EffectResult::SleepComplete, &Limits::default(), None);
        let (result, _) = resumed.unwrap_or_else(|fault| panic!("{round}: {fault:?}"));
        assert!(matches!(result, ExecuteResult::Error(error) if error.code == 0));
    }
}

#[test]
fn a_file_that_may_only_be_read_keeps_its_times_however_it_was_opened() {
    let scratch = Scratch::new("times");
    let set = r#"(import "wasi_snapshot_preview1" "fd_filestat_set_times" (func $set_times (param i32 i64 i64 i32) (result i32)))"#;
    let both = |read, write| Capabilities {
        fs_read: vec![pattern("./data", read)],
        fs_write: vec![pattern("./data", write)],
        ..Capabilities::default()
    };
    for (path, capabilities, expected) in [
        ("file", reads("./data", true), PERM),
        ("file", changes("./data", false), 0),
        ("sub/file", both(true, false), PERM),
        ("sub/file", both(false, true), 0),
    ] {
        let data = format!(r#"(data (i32.const 1024) "{path}")"#);
        let len = path.len();
        let call = format!(
            "(drop (call $path_open (i32.const 3) (i32.const 1) (i32.const 1024) (i32.const {len}) (i32.const 0) (i64.const {READ}) (i64.const 0) (i32.const 0) (i32.const 2048)))
            (call $set_times (i32.load (i32.const 2048)) (i64.const 5000000000) (i64.const 5000000000) (i32.const 5))"
        );
        let plugin = load(&wasi(&format!("{PATH_OPEN} {set}"), &data, &call));
        let found = errno(&plugin, &world(&plugin, &capabilities, &scratch.0));
        assert_eq!(found, expected, "{path} {capabilities:?}");
    }
}

#[cfg(unix)]
#[test]
fn a_guest_makes_no_link_that_leads_out_of_its_directory() {
    use std::os::unix::fs::symlink;
    let scratch = Scratch::new("made-links");
    // Seems to lie deep, and does not.
    symlink("..", scratch.0.join("data/sub/up")).unwrap();
    let import = r#"(import "wasi_snapshot_preview1" "path_symlink" (func $symlink (param i32 i32 i32 i32 i32) (result i32)))"#;
    for (to, path, expected) in [
        ("../outside", "a", PERM),
        ("../outside", "./b", PERM),
        ("../outside", "sub/../c", PERM),
        ("../../outside", "sub/././d", PERM),
        ("../outside", "sub/up/e", PERM),
        ("sub/up/../outside", "f", PERM),
        ("/etc", "g", PERM),
        ("file", "h", 0),
        ("../file", "sub/i", 0),
        ("./.././file", "./sub/j", 0),
    ] {
        let data = format!(r#"(data (i32.const 1024) "{to}") (data (i32.const 2048) "{path}")"#);
        let call = format!(
            "(call $symlink (i32.const 1024) (i32.const {}) (i32.const 3) (i32.const 2048) (i32.const {}))",
            to.len(),
            path.len()
        );
        let plugin = load(&wasi(import, &data, &call));
        let found = errno(
            &plugin,
            &world(&plugin, &changes("./data", true), &scratch.0),
        );
        assert_eq!(found, expected, "{to} {path}");
    }
}

/// Pieces may overlap, so that a short list stands for far more than there is memory.
#[test]
fn one_call_reads_and_writes_so_much_and_no_more() {
    let scratch = Scratch::new("pieces");
    let transfer = |name: &str| {
        let import = format!(
            r#"(import "wasi_snapshot_preview1" "{name}" (func $transfer (param i32 i32 i32 i32) (result i32)))"#
        );
        let call = format!(
            "(drop (call $path_open (i32.const 3) (i32.const 1) (i32.const 1024) (i32.const 3) (i32.const {CREATE}) (i64.const {}) (i64.const 0) (i32.const 0) (i32.const 2048)))
            (loop $fill
                (i32.store (i32.add (i32.const 4100) (i32.load (i32.const 3000))) (i32.const 65536))
                (i32.store (i32.const 3000) (i32.add (i32.load (i32.const 3000)) (i32.const 8)))
                (br_if $fill (i32.lt_u (i32.load (i32.const 3000)) (i32.const 8192))))
            (drop (call $transfer (i32.load (i32.const 2048)) (i32.const 4096) (i32.const 1024) (i32.const 3004)))
            (i32.shr_u (i32.load (i32.const 3004)) (i32.const 14))",
            READ | WRITE
        );
        let data = r#"(data (i32.const 1024) "big")"#;
        let plugin = load(&wasi(&format!("{PATH_OPEN} {import}"), data, &call));
        errno(
            &plugin,
            &world(&plugin, &changes("./data", true), &scratch.0),
        )
    };
    assert_eq!(transfer("fd_write"), 64);
    let big = scratch.0.join("data/big");
    assert_eq!(fs::metadata(&big).unwrap().len(), 1 << 20);
    fs::File::options()
        .write(true)
        .open(big)
        .unwrap()
        .set_len(1 << 40)
        .unwrap();
    assert_eq!(transfer("fd_read"), 64);
}

#[test]
fn what_a_guest_lists_takes_so_much_of_the_hosts_memory_and_no_more() {
    let scratch = Scratch::new("listings");
    for number in 0..500 {
        let name = format!("{number:0>240}");
        fs::write(scratch.0.join("data").join(name), "").unwrap();
    }
    let readdir = r#"(import "wasi_snapshot_preview1" "fd_readdir" (func $readdir (param i32 i32 i32 i64 i32) (result i32)))"#;
    // Opens the directory again and again, and begins to list it each time: until that is refused.
    let call = format!(
        "(loop $again (result i32)
            (drop (call $path_open (i32.const 3) (i32.const 0) (i32.const 1024) (i32.const 1) (i32.const {DIRECTORY}) (i64.const {READ}) (i64.const 0) (i32.const 0) (i32.const 2048)))
            (i32.store (i32.const 3000) (call $readdir
                (i32.load (i32.const 2048)) (i32.const 4096) (i32.const 256) (i64.const 0) (i32.const 3004)))
            (br_if $again (i32.eqz (i32.load (i32.const 3000))))
            (i32.load (i32.const 3000)))"
    );
    let data = r#"(data (i32.const 1024) ".")"#;
    let plugin = load(&wasi(&format!("{PATH_OPEN} {readdir}"), data, &call));
    let limits = Limits {
        timeout: HANG,
        ..Limits::default()
    };
    let world = world(&plugin, &reads("./data", true), &scratch.0);
    let reply = plugin
        .execute_in(&world, &[], &limits, &Interrupts::default())
        .unwrap();
    assert!(matches!(reply.result, ExecuteResult::Error(error) if error.code == NOMEM));
}
