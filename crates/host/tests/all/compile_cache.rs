//! Compiled code on disk: found again, never trusted. Files are forged as their own user could
//! do it at most; what other users do is a matter of permissions, which are refused as such.

use std::fs::{self, File, FileTimes};
use std::os::unix::fs::{DirBuilderExt, FileExt, MetadataExt, PermissionsExt, chown, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Barrier;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, SystemTime};
use std::{env, process};

use sen_host::{
    CacheStats, CacheUnusable, CacheVerification, CompileCache, Fault, FaultKind, Interrupt,
    InterruptReason, Interrupts, Limits, LoadFor, Plugin, Tier, World,
};

use crate::support::*;

/// A directory of this test's own, deleted with it.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = env::temp_dir().join(format!("sen-cache-{}-{number}", process::id()));
        fs::DirBuilder::new().mode(0o700).create(&path).unwrap();
        Self(path)
    }

    fn cache(&self) -> CompileCache {
        CompileCache::open(&self.0, CompileCache::DEFAULT_MAX_BYTES).unwrap()
    }

    fn key(&self) -> PathBuf {
        self.0.join("key")
    }

    /// The paths of the entries, sorted.
    fn entries(&self) -> Vec<PathBuf> {
        let mut entries: Vec<_> = fs::read_dir(&self.0)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| {
                path.extension()
                    .is_some_and(|extension| extension == "cwasm")
            })
            .collect();
        entries.sort();
        entries
    }

    /// The path of the only entry.
    fn entry(&self) -> PathBuf {
        let entries = self.entries();
        assert_eq!(entries.len(), 1, "{entries:?}");
        entries[0].clone()
    }

    /// Files that are neither the key nor an entry.
    fn others(&self) -> usize {
        fs::read_dir(&self.0).unwrap().count() - self.entries().len() - 1
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// The one tier that is stored by the load itself and stays: what happens to it happens to all.
fn load_for(wasm: &[u8], limits: &Limits, cache: &CompileCache) -> Result<Plugin, Fault> {
    Plugin::load_cached(wasm, limits, Some(cache), LoadFor::LiveInstance)
}

fn load_in(cache: &CompileCache, wasm: &[u8]) -> Plugin {
    load_for(wasm, &Limits::default(), cache).unwrap_or_else(|fault| panic!("{fault:?}"))
}

/// As programs mostly load: with whatever code is there soonest.
fn load_soon(wasm: &[u8], cache: Option<&CompileCache>) -> Plugin {
    Plugin::load_cached(wasm, &Limits::default(), cache, LoadFor::Executions).unwrap()
}

/// A folder whose only entry is that of this module.
fn holding(wasm: &[u8]) -> Folder {
    let folder = Folder::new();
    load_in(&folder.cache(), wasm);
    folder.entry();
    folder
}

/// What a fresh handle counts for one load, which must succeed and run.
fn load_and_count(folder: &Folder, wasm: &[u8]) -> CacheStats {
    let cache = folder.cache();
    let plugin = load_in(&cache, wasm);
    assert_usable(&plugin, &["text"], "text");
    cache.stats()
}

fn counts(stats: CacheStats) -> [u64; 6] {
    let CacheStats {
        hits,
        misses,
        rejected,
        stored,
        evicted,
        errors,
        ..
    } = stats;
    [hits, misses, rejected, stored, evicted, errors]
}

const HIT: [u64; 6] = [1, 0, 0, 0, 0, 0];
const REPLACED: [u64; 6] = [0, 1, 1, 1, 0, 0];

/// That the entry is refused, counted and replaced, and that the module loads all the same.
fn assert_replaced(folder: &Folder, wasm: &[u8], why: &str) {
    assert_eq!(counts(load_and_count(folder, wasm)), REPLACED, "{why}");
    assert_eq!(counts(load_and_count(folder, wasm)), HIT, "{why}");
    assert_eq!(folder.others(), 0, "{why}");
}

/// Writes to a file that its owner has made read-only.
fn overwrite(path: &Path, bytes: &[u8]) {
    fs::remove_file(path).unwrap();
    fs::write(path, bytes).unwrap();
    set_mode(path, 0o400);
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn a_module_is_compiled_once_and_is_the_same_from_the_cache() {
    for (wasm, args) in [
        (guest("echo"), vec!["some text"]),
        (guest("busy"), vec!["1000"]),
        (example("hello"), vec!["World"]),
        (example("greet"), vec!["-n", "3", "Ærøskøbing"]),
    ] {
        let folder = Folder::new();
        let cache = folder.cache();
        let (first, second) = (load_in(&cache, &wasm), load_in(&cache, &wasm));
        assert_eq!(counts(cache.stats()), [1, 1, 0, 1, 0, 0]);
        let uncached = load(&wasm);
        for plugin in [&first, &second, &uncached] {
            assert_eq!(plugin.manifest(), first.manifest());
            assert_eq!(plugin.digest(), first.digest());
            assert_eq!(plugin.supports_effects(), first.supports_effects());
            let (result, usage) = run(plugin, &args, &Limits::default()).unwrap();
            let expected = run(&first, &args, &Limits::default()).unwrap();
            assert_eq!(result, expected.0);
            assert_eq!(usage.fuel_consumed, expected.1.fuel_consumed);
            assert_eq!(usage.peak_memory_bytes, expected.1.peak_memory_bytes);
        }
    }
}

#[test]
fn another_process_finds_what_one_compiled() {
    // Another handle stands for it: nothing is shared but the directory.
    let wasm = guest("echo");
    let folder = holding(&wasm);
    assert_eq!(counts(load_and_count(&folder, &wasm)), HIT);
}

/// What the cache has, each with the command of its plugin.
fn kept(cache: &CompileCache) -> Vec<(Tier, Option<String>)> {
    let contents = (cache.list().unwrap().into_iter()).filter_map(|entry| entry.contents);
    let mut kept: Vec<_> = contents
        .map(|contents| (contents.tier, contents.command))
        .collect();
    kept.sort();
    kept
}

#[test]
fn better_code_is_kept_in_place_of_what_a_plugin_began_with() {
    for (wasm, command, args, better) in [
        (example("greet"), "greet", "Ada", Tier::ShortCalls),
        // Work of more than a million units of fuel.
        (guest("busy"), "busy", "300000", Tier::Computation),
    ] {
        let folder = Folder::new();
        let load = |cache: &CompileCache| load_soon(&wasm, Some(cache));
        let entry = |tier| vec![(tier, Some(command.to_owned()))];
        let first = folder.cache();
        load(&first);
        assert_eq!(kept(&first), entry(Tier::Baseline));

        // The next process finds it, uses the plugin, and so has better code made and kept.
        let second = folder.cache();
        let plugin = load(&second);
        assert_eq!(counts(second.stats()), HIT);
        let expected = run(&plugin, &[args], &Limits::default()).unwrap();
        let execute = |plugin: &Plugin| {
            let (result, usage) = run(plugin, &[args], &Limits::default()).unwrap();
            assert_eq!(result, expected.0);
            assert_eq!(usage.fuel_consumed, expected.1.fuel_consumed);
        };
        promptly(|| {
            while kept(&second) != entry(better) {
                execute(&plugin);
                thread::yield_now();
            }
        });
        let third = folder.cache();
        let plugin = load(&third);
        (0..20).for_each(|_| execute(&plugin));
        assert_eq!(counts(third.stats()), HIT);
        assert_eq!(kept(&third), entry(better));
    }
}

/// The entries of a folder that this process has mapped.
#[cfg(target_os = "linux")]
fn mapped(folder: &Folder) -> Vec<PathBuf> {
    let maps = fs::read_to_string("/proc/self/maps").unwrap();
    let paths = maps.lines().filter_map(|line| {
        let path = Path::new(&line[line.find('/')?..]);
        (path.starts_with(&folder.0) && path.exists()).then(|| path.to_owned())
    });
    let mut mapped: Vec<_> = paths.collect();
    mapped.sort();
    mapped.dedup();
    mapped
}

/// What is mapped from a file takes no memory of the process's own while nobody runs it.
#[test]
#[cfg(target_os = "linux")]
fn whoever_compiled_code_uses_it_from_the_cache_as_all_others_do() {
    let wasm = example("greet");
    let folder = Folder::new();
    let cache = folder.cache();
    let plugin = load_soon(&wasm, Some(&cache));
    assert_eq!(mapped(&folder), [folder.entry()]);
    let first = folder.entry();
    promptly(|| {
        while folder.entries() == [first.clone()] || mapped(&folder) != folder.entries() {
            assert_usable(&plugin, &["Ada"], "Hello, Ada!");
            thread::yield_now();
        }
    });
    // Neither tier was there, and finding what was kept is no lookup.
    assert_eq!(counts(cache.stats()), [0, 2, 0, 2, 0, 0]);

    // A live instance has code of another tier.
    let live = load_in(&cache, &wasm);
    assert_eq!(mapped(&folder), folder.entries());
    assert_eq!(folder.entries().len(), 2);
    drop((plugin, live));
}

#[test]
fn a_load_for_a_live_instance_leaves_no_lesser_code_in_the_cache() {
    let wasm = guest("echo");
    let folder = Folder::new();
    let cache = folder.cache();
    load_soon(&wasm, Some(&cache));
    assert_eq!(kept(&cache), [(Tier::Baseline, Some("echo".to_owned()))]);
    load_in(&cache, &wasm);
    assert_eq!(kept(&cache), [(Tier::Computation, Some("echo".to_owned()))]);
}

#[test]
fn a_long_execution_has_better_code_kept_before_it_ends() {
    let wasm = guest("busy");
    let folder = Folder::new();
    let cache = folder.cache();
    let plugin = load_soon(&wasm, Some(&cache));
    assert_eq!(kept(&cache), [(Tier::Baseline, Some("busy".to_owned()))]);
    let interrupt = Interrupt::default();
    thread::scope(|scope| {
        scope.spawn(|| {
            let limits = with_timeout(Duration::from_secs(60));
            let limits = Limits {
                fuel: HUGE,
                ..limits
            };
            let interrupts = Interrupts::from(Some(interrupt.clone()));
            let ended = plugin.execute(&strings(&["999999999999999999"]), &limits, &interrupts);
            let fault = ended.map(|reply| reply.result).unwrap_err();
            assert_eq!(fault.kind, FaultKind::Interrupted(InterruptReason::Aborted));
        });
        let better = [(Tier::Computation, Some("busy".to_owned()))];
        promptly(|| {
            while kept(&cache) != better {
                thread::yield_now();
            }
        });
        interrupt.trigger(InterruptReason::Aborted);
    });
}

#[test]
fn an_execution_that_needs_code_which_is_not_there_waits_for_it_only_where_it_may() {
    let wasm = guest("recurse");
    let folder = Folder::new();
    let expected = fault(&load_soon(&wasm, None), &[]);
    assert_eq!(expected.kind, FaultKind::StackOverflow);
    load_soon(&wasm, Some(&folder.cache()));

    // Where what it began with overflows, code that is not there yet decides.
    let plugin = load_soon(&wasm, Some(&folder.cache()));
    let mut execution = plugin.start(
        World::default(),
        Vec::new(),
        Limits::default(),
        Interrupts::default(),
    );
    // On an event loop it gives way, however often it is asked.
    for _ in 0..10 {
        let slice = Duration::from_micros(100);
        assert!(execution.run_without_waiting(slice).is_none());
    }
    let fault = execution.run().map(|reply| reply.result).unwrap_err();
    assert_eq!(fault.kind, expected.kind);
    let fuel = |fault: &Fault| fault.usage.unwrap().fuel_consumed;
    assert_eq!(fuel(&fault), fuel(&expected));
}

#[test]
fn a_byte_that_was_changed_anywhere_is_noticed() {
    let wasm = guest("echo");
    let folder = holding(&wasm);
    let entry = folder.entry();
    let original = fs::read(&entry).unwrap();
    let len = original.len();
    // The first and the last ones, those of metadata, footer and MAC, and a sample of the others.
    let ends = (0..80).chain(len - 230..len);
    let sample = (0..120).map(|index| index * len / 120);
    let cache = folder.cache();
    for position in ends.chain(sample) {
        let mut forged = original.clone();
        forged[position] ^= 1 << (position % 8);
        overwrite(&entry, &forged);
        // The very same check as that of a load, which would compile each time.
        let verified = cache.verify().unwrap();
        assert_eq!(
            verified,
            CacheVerification {
                valid: 0,
                removed: 1
            },
            "{position}"
        );
        assert!(folder.entries().is_empty());
        fs::write(&entry, &original).unwrap();
        set_mode(&entry, 0o400);
    }
    // As it was, it is valid.
    assert_eq!(
        cache.verify().unwrap(),
        CacheVerification {
            valid: 1,
            removed: 0
        }
    );
    assert_eq!(counts(load_and_count(&folder, &wasm)), HIT);

    for position in (0..24).map(|index| index * (len - 1) / 23) {
        let mut forged = original.clone();
        forged[position] ^= 0x10;
        overwrite(&folder.entry(), &forged);
        assert_replaced(&folder, &wasm, &format!("byte {position} of {len}"));
    }
}

#[test]
fn an_entry_that_was_cut_short_or_made_longer_is_replaced() {
    let wasm = guest("echo");
    let folder = holding(&wasm);
    let original = fs::read(folder.entry()).unwrap();
    for len in [
        0,
        1,
        63,
        64,
        65,
        4096,
        original.len() / 2,
        original.len() - 1,
    ] {
        overwrite(&folder.entry(), &original[..len]);
        assert_replaced(&folder, &wasm, &format!("cut to {len} bytes"));
    }
    overwrite(&folder.entry(), &[&original[..], b"\0"].concat());
    assert_replaced(&folder, &wasm, "a byte more");
    overwrite(&folder.entry(), &[&original[..], &original[..]].concat());
    assert_replaced(&folder, &wasm, "twice itself");
    // Sparse, beyond what is read at all.
    let file = File::create(folder.0.join("huge")).unwrap();
    file.set_len(257 << 20).unwrap();
    file.write_all_at(&original[original.len() - 64..], (257 << 20) - 64)
        .unwrap();
    set_mode(&folder.0.join("huge"), 0o400);
    fs::rename(folder.0.join("huge"), folder.entry()).unwrap();
    assert_replaced(&folder, &wasm, "huge");
}

#[test]
fn an_entry_under_the_name_of_another_module_is_replaced() {
    let (echo, counter) = (guest("echo"), guest("counter"));
    let folder = holding(&echo);
    let (of_echo, moved) = (folder.entry(), folder.0.join("moved"));
    fs::rename(&of_echo, &moved).unwrap();
    load_in(&folder.cache(), &counter);
    fs::rename(&moved, folder.entry()).unwrap();
    let cache = folder.cache();
    assert_usable(&load_in(&cache, &counter), &[], "1");
    assert_eq!(counts(cache.stats()), REPLACED);
}

#[test]
fn an_entry_of_another_key_is_replaced() {
    let wasm = guest("echo");
    let (ours, theirs) = (holding(&wasm), holding(&wasm));
    let (ours_entry, theirs_entry) = (ours.entry(), theirs.entry());
    assert_eq!(ours_entry.file_name(), theirs_entry.file_name());
    assert_ne!(
        fs::read(ours.key()).unwrap(),
        fs::read(theirs.key()).unwrap()
    );
    overwrite(&ours_entry, &fs::read(&theirs_entry).unwrap());
    assert_replaced(&ours, &wasm, "another key");
}

#[test]
fn an_artefact_without_authentication_is_replaced() {
    let wasm = guest("echo");
    let folder = holding(&wasm);
    let entry = fs::read(folder.entry()).unwrap();
    // The artefact is at the start, and its length in the footer.
    let footer = &entry[entry.len() - 64..];
    let len = u64::from_le_bytes(footer[..8].try_into().unwrap()) as usize;
    let artefact = &entry[..len];
    assert!(artefact.starts_with(b"\x7fELF"));
    overwrite(&folder.entry(), artefact);
    assert_replaced(&folder, &wasm, "wasmtime's own");

    // With a MAC that everybody can compute.
    let sealed = &entry[..entry.len() - 32];
    let unkeyed = [sealed, blake3::hash(sealed).as_bytes()].concat();
    overwrite(&folder.entry(), &unkeyed);
    assert_replaced(&folder, &wasm, "a hash without a key");
    overwrite(&folder.entry(), &[sealed, &[0; 32]].concat());
    assert_replaced(&folder, &wasm, "no hash");

    // Nor is it a plugin.
    for artefact in [artefact, &entry] {
        let fault = load_for(artefact, &Limits::default(), &folder.cache());
        assert_eq!(fault.unwrap_err().code(), "ERR_INVALID_MODULE");
    }
}

#[test]
fn what_is_no_regular_file_of_ones_own_is_replaced() {
    let wasm = guest("echo");
    let folder = holding(&wasm);
    let entry = folder.entry();
    let original = fs::read(&entry).unwrap();
    let elsewhere = folder.0.join("elsewhere");
    let put_elsewhere = || {
        fs::rename(&entry, &elsewhere).unwrap();
    };

    put_elsewhere();
    symlink(&elsewhere, &entry).unwrap();
    assert_eq!(
        counts(load_and_count(&folder, &wasm)),
        REPLACED,
        "a link to a valid entry"
    );
    assert_eq!(
        fs::read(&elsewhere).unwrap(),
        original,
        "and what it leads to is left alone"
    );
    fs::remove_file(&elsewhere).unwrap();

    fs::remove_file(&entry).unwrap();
    symlink("nowhere", &entry).unwrap();
    assert_replaced(&folder, &wasm, "a link to nowhere");

    fs::hard_link(&entry, &elsewhere).unwrap();
    assert_eq!(
        counts(load_and_count(&folder, &wasm)),
        REPLACED,
        "a second name"
    );
    fs::remove_file(&elsewhere).unwrap();

    fs::remove_file(&entry).unwrap();
    assert!(
        Command::new("mkfifo")
            .arg(&entry)
            .status()
            .unwrap()
            .success()
    );
    promptly(|| assert_replaced(&folder, &wasm, "a pipe that nobody writes to"));

    fs::remove_file(&entry).unwrap();
    std::os::unix::net::UnixListener::bind(&entry).unwrap();
    assert_replaced(&folder, &wasm, "a socket");

    fs::remove_file(&entry).unwrap();
    fs::create_dir(&entry).unwrap();
    assert_replaced(&folder, &wasm, "a directory");

    for mode in [0o420, 0o402, 0o666] {
        set_mode(&entry, mode);
        assert_replaced(&folder, &wasm, "writable by others");
    }
    for mode in [0o444, 0o600] {
        set_mode(&entry, mode);
        assert_eq!(
            counts(load_and_count(&folder, &wasm)),
            HIT,
            "readable by others"
        );
    }
    if chown(&entry, Some(12345), None).is_ok() {
        assert_replaced(&folder, &wasm, "another user's");
    }
}

#[test]
fn what_the_cache_cannot_replace_does_not_keep_a_module_from_loading() {
    let wasm = guest("echo");
    let folder = holding(&wasm);
    let entry = folder.entry();
    fs::remove_file(&entry).unwrap();
    fs::create_dir(&entry).unwrap();
    fs::write(entry.join("inside"), "").unwrap();
    // It can neither be deleted nor renamed over.
    assert_eq!(counts(load_and_count(&folder, &wasm)), [0, 1, 1, 0, 0, 2]);
    assert_eq!(folder.others(), 0);
}

#[test]
fn a_directory_that_cannot_be_written_to_gives_what_it_has() {
    let (echo, counter) = (guest("echo"), guest("counter"));
    let folder = holding(&echo);
    set_mode(&folder.0, 0o500);
    // To root, that is no obstacle.
    let obeyed = File::create(folder.0.join("probe")).is_err();
    if obeyed {
        assert_eq!(counts(load_and_count(&folder, &echo)), HIT);
        let cache = folder.cache();
        assert_usable(&load_in(&cache, &counter), &[], "1");
        assert_eq!(counts(cache.stats()), [0, 1, 0, 0, 0, 1]);
    }
    set_mode(&folder.0, 0o700);

    // A directory that vanished, to which the handle still has a descriptor.
    let cache = folder.cache();
    fs::remove_dir_all(&folder.0).unwrap();
    assert_usable(&load_in(&cache, &counter), &[], "1");
    assert_eq!(counts(cache.stats()), [0, 1, 0, 0, 0, 1]);
}

#[test]
fn a_directory_that_others_could_write_to_is_refused() {
    let wasm = guest("echo");
    let folder = holding(&wasm);
    let open = || CompileCache::open(&folder.0, 1 << 20).err();
    for mode in [0o770, 0o707, 0o1777] {
        set_mode(&folder.0, mode);
        assert_eq!(open(), Some(CacheUnusable::SharedDirectory), "{mode:o}");
    }
    for mode in [0o700, 0o755] {
        set_mode(&folder.0, mode);
        assert_eq!(open(), None, "{mode:o}");
    }
    if chown(&folder.0, Some(12345), None).is_ok() {
        assert_eq!(open(), Some(CacheUnusable::ForeignDirectory));
    }
}

#[test]
fn a_directory_is_made_for_its_user_alone_and_no_other_kind_of_file_is_one() {
    let folder = Folder::new();
    let deep = folder.0.join("a/b/c");
    CompileCache::open(&deep, 1 << 20).unwrap();
    for made in [&deep, &folder.0.join("a")] {
        assert_eq!(fs::metadata(made).unwrap().mode() & 0o777, 0o700);
    }
    let key = fs::metadata(deep.join("key")).unwrap();
    assert_eq!((key.mode() & 0o777, key.len()), (0o400, 32));

    fs::write(folder.0.join("file"), "").unwrap();
    for path in ["file", "file/below", "key\0"] {
        let refused = CompileCache::open(&folder.0.join(path), 1 << 20).err();
        assert!(
            matches!(refused, Some(CacheUnusable::Inaccessible { .. })),
            "{path}: {refused:?}"
        );
    }
    // A link that the user has made is the user's own business.
    symlink(&deep, folder.0.join("link")).unwrap();
    assert!(CompileCache::open(&folder.0.join("link"), 1 << 20).is_ok());
}

#[test]
fn a_key_that_others_could_have_read_or_written_is_replaced_and_its_entries_with_it() {
    let wasm = guest("echo");
    let folder = holding(&wasm);
    let key = folder.key();
    let replaced = |why: &str| {
        // One for the key, one for the entry.
        assert_eq!(
            counts(load_and_count(&folder, &wasm)),
            [0, 1, 2, 1, 0, 0],
            "{why}"
        );
        assert_eq!(counts(load_and_count(&folder, &wasm)), HIT, "{why}");
        assert_eq!(
            fs::symlink_metadata(&key).unwrap().mode(),
            0o100_400,
            "{why}"
        );
        assert_eq!(folder.others(), 0, "{why}");
    };
    for mode in [0o440, 0o404, 0o420, 0o644] {
        set_mode(&key, mode);
        replaced("permissions");
    }
    for bytes in [vec![], vec![7; 31], vec![7; 33]] {
        overwrite(&key, &bytes);
        replaced("size");
    }
    let elsewhere = folder.0.join("elsewhere");
    fs::rename(&key, &elsewhere).unwrap();
    symlink(&elsewhere, &key).unwrap();
    assert_eq!(
        counts(load_and_count(&folder, &wasm)),
        [0, 1, 2, 1, 0, 0],
        "a link"
    );
    fs::remove_file(&elsewhere).unwrap();
    fs::hard_link(&key, &elsewhere).unwrap();
    assert_eq!(
        counts(load_and_count(&folder, &wasm)),
        [0, 1, 2, 1, 0, 0],
        "a second name"
    );
    fs::remove_file(&elsewhere).unwrap();
    fs::remove_file(&key).unwrap();
    fs::create_dir(&key).unwrap();
    replaced("a directory");
    fs::remove_file(&key).unwrap();
    assert!(Command::new("mkfifo").arg(&key).status().unwrap().success());
    promptly(|| replaced("a pipe"));
    // One that is missing was not there to be rejected; the entry was.
    fs::remove_file(&key).unwrap();
    assert_eq!(counts(load_and_count(&folder, &wasm)), REPLACED);

    if chown(&key, Some(12345), None).is_ok() {
        let refused = CompileCache::open(&folder.0, 1 << 20).err();
        assert_eq!(refused, Some(CacheUnusable::ForeignKey));
    }
}

#[test]
fn a_module_that_fails_to_load_is_not_kept() {
    let folder = Folder::new();
    let cache = folder.cache();
    for name in [
        "missing-execute",
        "unknown-import",
        "trap-in-start",
        "trap-in-manifest",
        "api-version-1",
        "manifest-truncated",
        "name-parent",
        "two-memories",
    ] {
        let load = |load_for| {
            let (wasm, limits) = (guest(name), Limits::default());
            Plugin::load_cached(&wasm[..], &limits, Some(&cache), load_for).unwrap_err()
        };
        let first = load(LoadFor::Executions);
        for load_for in [LoadFor::Executions, LoadFor::LiveInstance] {
            assert_eq!(first.code(), load(load_for).code());
        }
    }
    assert_eq!(cache.stats().stored, 0);
    assert_eq!(cache.stats().hits, 0);
    assert!(folder.entries().is_empty());
}

/// A guest that uses about 300 million units of fuel before it says what it is.
fn slow_to_describe() -> Vec<u8> {
    let text = format!(
        r#"(module
            (memory (export "memory") 1)
            (data (i32.const 16) "\92\02\92\a4test\acA test guest")
            (data (i32.const 256) "\81\a7Success\a2ok")
            (func (export "plugin_alloc") (param i32) (result i32) (i32.const 1024))
            (func (export "plugin_dealloc") (param i32 i32))
            (func (export "plugin_manifest") (result i64) (local $i i64)
                {}
                (i64.const 0x10_00000015))
            {})"#,
        count_down("$i", 50_000_000),
        execute("")
    );
    assemble(&text)
}

#[test]
fn no_guest_is_started_for_a_manifest_that_is_kept() {
    let wasm = slow_to_describe();
    let folder = Folder::new();
    let cache = folder.cache();
    let patient = with_timeout(Duration::from_secs(60));
    // Of time the answer does not depend: a kept one needs none, a guest would.
    let hasty = with_timeout(Duration::from_nanos(1));
    let load = |limits: &Limits| load_for(&wasm, limits, &cache);
    assert_eq!(load(&hasty).unwrap_err().code(), "ERR_DEADLINE_EXCEEDED");
    load(&patient).unwrap();
    let plugin = load(&hasty).unwrap();
    assert_eq!(plugin.manifest().command.name, "test");
    assert_eq!(counts(cache.stats()), [1, 2, 0, 1, 0, 0]);
}

#[test]
fn a_guest_is_asked_anew_under_other_limits() {
    let folder = Folder::new();
    let cache = folder.cache();
    let wasm = slow_to_describe();
    let load = |limits: &Limits| load_for(&wasm, limits, &cache);
    let patient = with_timeout(Duration::from_secs(60));
    load(&patient).unwrap();
    // Each time, the code is from the cache and the answer is not.
    let fuel = Limits {
        fuel: 1_000_000,
        ..patient
    };
    assert_eq!(load(&fuel).unwrap_err().code(), "ERR_FUEL_EXHAUSTED");
    let memory = Limits {
        memory_bytes: 1,
        ..patient
    };
    assert_eq!(load(&memory).unwrap_err().code(), "ERR_MEMORY_LIMIT");
    let result = Limits {
        result_bytes: 20,
        ..patient
    };
    assert_eq!(load(&result).unwrap_err().code(), "ERR_RESULT_TOO_LARGE");
    let tables = Limits {
        table_elements: 7,
        timeout: Duration::from_nanos(1),
        ..patient
    };
    assert_eq!(load(&tables).unwrap_err().code(), "ERR_DEADLINE_EXCEEDED");
    assert_eq!(counts(cache.stats()), [4, 1, 0, 1, 0, 0]);
    load(&patient).unwrap();
}

/// Modules that differ, as cheap to compile as can be.
fn modules(count: usize) -> Vec<Vec<u8>> {
    (0..count)
        .map(|index| {
            module(&format!(
                "(func (export \"number\") (result i32) (i32.const {index})) {}",
                execute("")
            ))
        })
        .collect()
}

fn set_modified(path: &Path, time: SystemTime) {
    let file = File::open(path).unwrap();
    file.set_times(FileTimes::new().set_modified(time)).unwrap();
}

#[test]
fn the_least_recently_used_make_room() {
    let modules = modules(12);
    let folder = Folder::new();
    let mut paths = Vec::new();
    let now = SystemTime::now();
    // Ten entries, the first the oldest.
    for (index, wasm) in modules[..10].iter().enumerate() {
        let before = folder.entries();
        load_in(&folder.cache(), wasm);
        let after = folder.entries();
        let path = after
            .into_iter()
            .find(|path| !before.contains(path))
            .unwrap();
        set_modified(
            &path,
            now - Duration::from_secs(86_400 * (20 - index as u64)),
        );
        paths.push(path);
    }
    let size = |path: &PathBuf| fs::metadata(path).unwrap().len();
    let max_bytes = paths.iter().map(size).sum::<u64>() + 100;
    let cache = CompileCache::open(&folder.0, max_bytes).unwrap();
    // A hit says that the oldest is used; of one that was used within the hour it says nothing.
    load_in(&cache, &modules[0]);
    assert!(fs::metadata(&paths[0]).unwrap().modified().unwrap() >= now - Duration::from_secs(60));
    let recently = now - Duration::from_secs(600);
    set_modified(&paths[0], recently);
    load_in(&cache, &modules[0]);
    assert_eq!(
        fs::metadata(&paths[0]).unwrap().modified().unwrap(),
        recently
    );
    assert_eq!(cache.stats().hits, 2);

    // The eleventh is one too many: two of about one eleventh of them go, the second and third.
    load_in(&cache, &modules[10]);
    let left: Vec<bool> = paths.iter().map(|path| path.exists()).collect();
    let gone = left.iter().filter(|&&exists| !exists).count();
    assert!(left[0], "the one that was used");
    assert!((1..=2).contains(&gone), "{left:?}");
    assert!(
        !left[1] && left[3..].iter().all(|&exists| exists),
        "{left:?}"
    );
    assert_eq!(cache.stats().evicted, gone as u64);
    let bytes: u64 = folder.entries().iter().map(size).sum();
    assert!(bytes <= max_bytes / 10 * 9, "{bytes} of {max_bytes}");

    // However many come, they stay within the bound.
    for wasm in self::modules(40) {
        load_in(&cache, &wasm);
        let bytes: u64 = folder.entries().iter().map(size).sum();
        assert!(bytes <= max_bytes, "{bytes} of {max_bytes}");
    }
    assert_eq!(cache.stats().errors, 0);
}

#[test]
fn what_is_larger_than_the_whole_cache_is_not_kept() {
    let folder = Folder::new();
    let cache = CompileCache::open(&folder.0, 1000).unwrap();
    load_in(&cache, &guest("echo"));
    assert_eq!(counts(cache.stats()), [0, 1, 0, 0, 0, 0]);
    assert!(folder.entries().is_empty());
}

#[test]
fn what_a_process_that_was_killed_left_behind_goes_after_an_hour() {
    let folder = Folder::new();
    let (old, new) = (folder.0.join("tmp-old"), folder.0.join("tmp-new"));
    for path in [&old, &new] {
        fs::write(path, "unfinished").unwrap();
    }
    set_modified(&old, SystemTime::now() - Duration::from_secs(3_700));
    load_in(&folder.cache(), &guest("echo"));
    assert!(!old.exists() && new.exists());
}

#[test]
fn entries_are_listed_verified_and_cleared() {
    let folder = Folder::new();
    let cache = folder.cache();
    let (echo, counter) = (guest("echo"), guest("counter"));
    let (echo_plugin, _) = (load_in(&cache, &echo), load_in(&cache, &counter));
    let entries = cache.list().unwrap();
    let commands: Vec<_> = entries
        .iter()
        .map(|entry| entry.contents.clone().unwrap().command.unwrap())
        .collect();
    assert_eq!(commands.len(), 2);
    let of_echo = &entries[commands
        .iter()
        .position(|command| command == "echo")
        .unwrap()];
    let contents = of_echo.contents.clone().unwrap();
    assert_eq!(contents.digest, echo_plugin.digest());
    let path = folder.0.join(&of_echo.name);
    assert_eq!(of_echo.bytes, fs::metadata(&path).unwrap().len());

    // One that is not authentic is listed, and what it says of itself is not.
    let mut forged = fs::read(&path).unwrap();
    forged[10] ^= 1;
    overwrite(&path, &forged);
    let unnamed = folder.0.join("notes.txt");
    fs::write(&unnamed, "somebody's").unwrap();
    let contents = |cache: &CompileCache| {
        let entries = cache.list().unwrap();
        entries
            .iter()
            .filter(|entry| entry.contents.is_some())
            .count()
    };
    assert_eq!((cache.list().unwrap().len(), contents(&cache)), (2, 1));
    assert_eq!(
        cache.verify().unwrap(),
        CacheVerification {
            valid: 1,
            removed: 1
        }
    );
    assert_eq!((cache.list().unwrap().len(), contents(&cache)), (1, 1));

    fs::write(folder.0.join("tmp-unfinished"), "").unwrap();
    let key = fs::read(folder.key()).unwrap();
    assert_eq!(cache.clear().unwrap(), 1);
    assert_eq!(cache.list().unwrap(), []);
    assert_eq!(fs::read(folder.key()).unwrap(), key);
    assert!(unnamed.exists(), "what is not the cache's is left alone");
    assert_eq!(folder.others(), 1);
}

/// Loads all modules once and runs them; with the directory, in a process of many.
fn load_all(cache: &CompileCache, start: usize) {
    let modules = modules(20);
    for index in 0..modules.len() {
        let plugin = load_in(cache, &modules[(start + index) % modules.len()]);
        assert_usable(&plugin, &[], "ok");
    }
}

#[test]
fn whoever_opens_a_fresh_directory_first_makes_the_key_of_all() {
    let modules = modules(8);
    for round in 0..20 {
        let folder = Folder::new();
        let barrier = Barrier::new(modules.len());
        thread::scope(|scope| {
            for wasm in &modules {
                let (folder, barrier) = (&folder, &barrier);
                scope.spawn(move || {
                    barrier.wait();
                    load_in(&folder.cache(), wasm);
                });
            }
        });
        let verified = folder.cache().verify().unwrap();
        let all = modules.len() as u64;
        assert_eq!((verified.valid, verified.removed), (all, 0), "{round}");
        assert_eq!(folder.others(), 0);
    }
}

const DIRECTORY: &str = "SEN_TEST_CACHE_DIRECTORY";

#[test]
fn in_a_process_of_many() {
    // Run by the test below, in processes of its own.
    let Some(directory) = env::var_os(DIRECTORY) else {
        return;
    };
    let cache = CompileCache::open(Path::new(&directory), CompileCache::DEFAULT_MAX_BYTES).unwrap();
    let barrier = Barrier::new(4);
    thread::scope(|scope| {
        for thread in 0..4 {
            let (cache, barrier) = (&cache, &barrier);
            scope.spawn(move || {
                barrier.wait();
                load_all(cache, thread * 5);
            });
        }
    });
    let stats = cache.stats();
    assert_eq!((stats.rejected, stats.errors), (0, 0), "{stats:?}");
    assert_eq!(stats.hits + stats.misses, 80);
    assert_eq!(stats.stored, stats.misses);
}

#[test]
fn many_threads_and_processes_share_a_directory_that_none_of_them_has_made_before() {
    let folder = Folder::new();
    let directory = folder.0.join("fresh");
    let mut processes: Vec<_> = (0..4)
        .map(|_| {
            Command::new(env::current_exe().unwrap())
                .args(["--exact", "compile_cache::in_a_process_of_many"])
                .env(DIRECTORY, &directory)
                .stdout(Stdio::piped())
                .stderr(Stdio::piped())
                .spawn()
                .unwrap()
        })
        .collect();
    for child in processes.drain(..) {
        let output = child.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{said}");
        assert!(said.contains("1 passed"), "{said}");
    }
    // All of them agreed on one key.
    let cache = CompileCache::open(&directory, CompileCache::DEFAULT_MAX_BYTES).unwrap();
    assert_eq!(
        cache.verify().unwrap(),
        CacheVerification {
            valid: 20,
            removed: 0
        }
    );
    load_all(&cache, 0);
    assert_eq!(counts(cache.stats()), [20, 0, 0, 0, 0, 0]);
    assert_eq!(fs::read_dir(&directory).unwrap().count(), 21);
}
