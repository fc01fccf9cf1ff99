//! What a deny list says of directories that are open: the same as of their names, whatever they are called.

use std::fs;
use std::path::{Path, PathBuf};

use sen_host::protocol::{Anchors, Capabilities, PathPattern};
use sen_host::{Grant, Plugin, Surroundings};

use crate::support::*;

/// A directory with no links on the way to it, which is gone afterwards.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Self {
        let parent = std::env::temp_dir().canonicalize().unwrap();
        let path = parent.join(format!("sen-denied-{}-{name}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn with(name: &str, directories: &[&str]) -> Self {
        let scratch = Self::new(name);
        for directory in directories {
            fs::create_dir_all(scratch.0.join(directory)).unwrap();
        }
        scratch
    }

    fn path(&self, below: &str) -> String {
        self.0.join(below).to_str().unwrap().into()
    }

    /// Whether the file system takes two names for one.
    fn takes_for_one(&self, name: &str, other: &str) -> bool {
        fs::create_dir_all(self.0.join(name)).unwrap();
        self.0.join(other).exists()
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn pattern(pattern: &str, recursive: bool) -> Vec<PathPattern> {
    vec![PathPattern {
        pattern: pattern.into(),
        recursive,
    }]
}

fn reads(path: &str, recursive: bool) -> Capabilities {
    Capabilities {
        fs_read: pattern(path, recursive),
        ..Capabilities::default()
    }
}

fn writes(path: &str, recursive: bool) -> Capabilities {
    Capabilities {
        fs_write: pattern(path, recursive),
        ..Capabilities::default()
    }
}

fn within(directory: &Path) -> Surroundings {
    Surroundings {
        working_directory: directory.into(),
        home: Some(directory.join("home")),
        environment: Vec::new(),
    }
}

/// Any code: what it is granted is all that matters.
fn plugin() -> Plugin {
    load(&assemble(
        r#"(module
            (import "wasi_snapshot_preview1" "sched_yield" (func (result i32)))
            (memory (export "memory") 1)
            (data (i32.const 16) "\92\02\92\a4wasi\acA test guest")
            (func (export "plugin_alloc") (param i32) (result i32) (i32.const 1024))
            (func (export "plugin_dealloc") (param i32 i32))
            (func (export "plugin_manifest") (result i64) (i64.const 0x10_00000015))
            (func (export "plugin_execute") (param i32 i32) (result i64) (i64.const 0)))"#,
    ))
}

/// Whether what these capabilities open has anything in common with a deny list.
fn meets(directory: &Path, granted: &Capabilities, denied: &Capabilities) -> bool {
    let surroundings = within(directory);
    let grant = Grant::open(&plugin(), granted, &surroundings).unwrap();
    assert!(grant.is_complete(), "{granted:?}");
    grant.meets(denied, &surroundings)
}

const TREE: [&str; 6] = ["", "a", "a/b", "a/b/c", "a/b/c/d", "ab"];

#[test]
fn where_names_are_plain_places_are_denied_as_names_are() {
    let scratch = Scratch::with("plain", &["a/b/c/d", "ab"]);
    let anchors = Anchors::new(scratch.0.to_str().unwrap(), "/").unwrap();
    let plugin = plugin();
    let surroundings = within(&scratch.0);
    let paths = TREE.map(|below| scratch.path(below));
    let above: Vec<String> = scratch
        .0
        .ancestors()
        .map(|path| path.to_str().unwrap().to_owned())
        .collect();
    let every = || paths.iter().chain(&above);
    let mut count = 0;
    for granted in every() {
        for recursive in [false, true] {
            let request = reads(granted, recursive);
            let grant = Grant::open(&plugin, &request, &surroundings).unwrap();
            for denied in every() {
                for denied in [reads(denied, false), reads(denied, true)] {
                    let by_name = !denied.overlapping(&request, &anchors).is_empty();
                    let found = grant.meets(&denied, &surroundings);
                    assert_eq!(found, by_name, "{request:?} {denied:?}");
                    count += usize::from(found);
                }
            }
        }
    }
    assert!(count > 50, "{count}");
}

/// The same table, where no two names are alike: all is granted through a link, and denied through another.
#[cfg(unix)]
#[test]
fn where_names_are_those_of_links_places_are_denied_as_well() {
    use std::os::unix::fs::symlink;
    let scratch = Scratch::with("links", &["tree/a/b/c/d", "tree/ab", "y"]);
    symlink(scratch.0.join("tree"), scratch.0.join("x")).unwrap();
    symlink("../tree", scratch.0.join("y/z")).unwrap();
    let plugin = plugin();
    let surroundings = within(&scratch.0);
    let anchors = Anchors::new("/", "/").unwrap();
    for granted in TREE {
        for recursive in [false, true] {
            let request = reads(&scratch.path(&format!("x/{granted}")), recursive);
            let plain = reads(&format!("/{granted}"), recursive);
            let grant = Grant::open(&plugin, &request, &surroundings).unwrap();
            for denied in TREE {
                for tree in [false, true] {
                    let by_name = reads(&format!("/{denied}"), tree).overlapping(&plain, &anchors);
                    let denied = reads(&scratch.path(&format!("y/z/{denied}")), tree);
                    let found = grant.meets(&denied, &surroundings);
                    assert_eq!(found, !by_name.is_empty(), "{request:?} {denied:?}");
                }
            }
        }
    }
}

#[test]
fn reading_and_writing_are_denied_each_by_itself() {
    let scratch = Scratch::with("kinds", &["data"]);
    let data = |make: fn(&str, bool) -> Capabilities| make("./data", false);
    for (granted, denied, expected) in [
        (data(reads), data(reads), true),
        (data(reads), data(writes), false),
        (data(writes), data(writes), true),
        // What may be written may be read.
        (data(writes), data(reads), true),
    ] {
        let found = meets(&scratch.0, &granted, &denied);
        assert_eq!(found, expected, "{granted:?} {denied:?}");
    }
    assert!(!meets(
        &scratch.0,
        &data(reads),
        &Capabilities {
            env_read: vec!["HOME".into()],
            ..Capabilities::default()
        }
    ));
}

#[test]
fn a_path_is_denied_however_it_is_spelled() {
    let scratch = Scratch::with("spelled", &["data/sub", "data-secret", "home/data"]);
    let absolute = scratch.path("data");
    let doubled = absolute.replace('/', "//");
    let cases = [
        ("data", true),
        ("./data/", true),
        (".//data///", true),
        ("./data/.", true),
        ("./data-secret/../data", true),
        ("./nothing/../data", true),
        (absolute.as_str(), true),
        (doubled.as_str(), true),
        ("~/../data", true),
        ("./data/sub", true),
        (".", true),
        ("./data-secret", false),
        ("~/data", false),
        ("./data/..", true),
    ];
    for (spelled, expected) in cases {
        for recursive in [false, true] {
            let (one, other) = (reads("./data", recursive), reads(spelled, recursive));
            for (granted, denied) in [(&one, &other), (&other, &one)] {
                let found = meets(&scratch.0, granted, denied);
                assert_eq!(found, expected, "{granted:?} {denied:?}");
            }
        }
    }
}

/// Names that some file systems take for one: by case, by Unicode form, and by characters that they pass over.
const ALIKE: [(&str, &str); 6] = [
    ("data", "DATA"),
    ("caf\u{e9}", "cafe\u{301}"),
    ("\u{c5}ngstr\u{f6}m", "\u{e5}ngstro\u{308}m"),
    ("stra\u{df}e", "STRASSE"),
    (
        "\u{3bf}\u{3b4}\u{3bf}\u{3c2}",
        "\u{39f}\u{394}\u{39f}\u{3a3}",
    ),
    ("secret", "sec\u{200d}ret"),
];

#[test]
fn names_that_the_file_system_takes_for_one_are_denied_as_one() {
    let scratch = Scratch::new("alike");
    for (name, other) in ALIKE {
        let is_one = scratch.takes_for_one(name, other);
        fs::create_dir_all(scratch.0.join(other).join("sub/deep")).unwrap();
        fs::create_dir_all(scratch.0.join(name).join("sub/deep")).unwrap();
        for (below, above, recursive) in [
            ("", "", false),
            ("/sub", "", false),
            ("", "/sub", false),
            ("/sub/deep", "", true),
            ("", "/sub/deep", true),
        ] {
            let granted = reads(&format!("./{name}{below}"), recursive);
            let denied = reads(&format!("./{other}{above}"), recursive);
            // Names are compared without case and Unicode form on every file system, to be safe.
            let by_name = other != "sec\u{200d}ret";
            let found = meets(&scratch.0, &granted, &denied);
            assert_eq!(found, is_one || by_name, "{granted:?} {denied:?}");
        }
    }
}

#[test]
fn what_is_denied_and_not_there_is_denied_by_where_it_would_be() {
    let scratch = Scratch::with("missing", &["data/sub"]);
    let cases = [
        ("./data", true, "./data/sub/none/at/all", true),
        ("./data", false, "./data/none", true),
        ("./data", false, "./data/none/at", false),
        ("./data/sub", true, "./data/none", false),
        ("./data", true, "./none", false),
    ];
    for (granted, recursive, denied, expected) in cases {
        let found = meets(
            &scratch.0,
            &reads(granted, recursive),
            &reads(denied, false),
        );
        assert_eq!(found, expected, "{granted} {recursive} {denied}");
    }
}

/// A link of that name is denied, and so is what it leads to.
#[cfg(unix)]
#[test]
fn a_link_that_is_denied_is_denied_with_what_it_leads_to() {
    use std::os::unix::fs::symlink;
    let scratch = Scratch::with("link", &["places/real/sub", "names", "other"]);
    symlink("../places/real", scratch.0.join("names/link")).unwrap();
    symlink("nowhere", scratch.0.join("names/dangling")).unwrap();
    let cases = [
        ("./names", "./names/link", true),
        ("./places", "./names/link", true),
        ("./places/real", "./names/link", true),
        ("./places/real/sub", "./names/link", true),
        ("./names", "./names/dangling", true),
        ("./other", "./names/link", false),
    ];
    for (granted, denied, expected) in cases {
        let found = meets(&scratch.0, &reads(granted, true), &reads(denied, true));
        assert_eq!(found, expected, "{granted} {denied}");
    }
}
