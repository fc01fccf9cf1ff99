//! `..` in each place of a path and each call that takes one, absolute paths, and paths that are none.

use wasi::{OFLAGS_DIRECTORY, wasi_snapshot_preview1 as preview1};

use crate::call::*;

const SECRET: &str = "../../outside/secret.txt";

pub fn parent_at_start() -> String {
    read_report(contents_of(read(), SECRET))
}

pub fn parent_in_the_middle() -> String {
    read_report(contents_of(read(), "sub/../../../outside/secret.txt"))
}

pub fn parent_at_end() -> String {
    let up = |path| open_directory(read(), path).and_then(list);
    let tried = ["sub/../..", "sub/../../", "sub/../../."];
    tried.map(|path| read_report(up(path))).join("; ")
}

pub fn parent_alone() -> String {
    let up = |path| open_directory(read(), path).and_then(|fd| contents_of(fd, "ungranted.txt"));
    ["..", "../", "./.."]
        .map(|path| read_report(up(path)))
        .join("; ")
}

pub fn parent_hidden() -> String {
    let tried = [
        ".//..//..//outside//secret.txt",
        "././.././../outside/./secret.txt",
        "sub/.././sub/../../../outside/secret.txt",
        "//../../outside/secret.txt",
        "..\\..\\outside\\secret.txt",
        "sub/..../../../../outside/secret.txt",
    ];
    tried
        .map(|path| read_report(contents_of(read(), path)))
        .join("; ")
}

pub fn parent_after_file() -> String {
    read_report(contents_of(read(), "file.txt/../../../outside/secret.txt"))
}

pub fn parent_after_missing() -> String {
    read_report(contents_of(read(), "missing/../../../outside/secret.txt"))
}

pub fn parent_from_descriptor() -> String {
    let sub = open_directory(read(), "sub");
    read_report(sub.and_then(|sub| contents_of(sub, "../../../outside/secret.txt")))
}

/// One step at a time, from a descriptor to its parent's.
pub fn parent_climb() -> String {
    let mut at = match open_directory(read(), "sub") {
        Ok(sub) => sub,
        Err(errno) => return errno.name().to_owned(),
    };
    for step in 0..3 {
        at = match open_directory(at, "..") {
            Ok(parent) => parent,
            Err(errno) => return format!("{} after {step} steps", errno.name()),
        };
    }
    read_report(contents_of(at, "outside/secret.txt"))
}

pub fn parent_stat() -> String {
    must_fail("metadata of a file outside", stat(read(), SECRET))
}

pub fn parent_create() -> String {
    report(create(write(), "../../outside/new.txt"))
}

pub fn parent_mkdir() -> String {
    report(mkdir(write(), "../../outside/new"))
}

pub fn parent_rmdir() -> String {
    report(rmdir(write(), "../../outside/empty"))
}

pub fn parent_unlink() -> String {
    report(unlink(write(), "../../outside/target.txt"))
}

pub fn parent_symlink() -> String {
    report(symlink("anywhere", write(), "../../outside/new-link"))
}

pub fn parent_rename_out() -> String {
    report(rename(
        write(),
        "file.txt",
        write(),
        "../../outside/new.txt",
    ))
}

pub fn parent_rename_in() -> String {
    report(rename(
        write(),
        "../../outside/target.txt",
        write(),
        "taken.txt",
    ))
}

pub fn parent_hard_link_in() -> String {
    let linked = report(hard_link(write(), 0, SECRET, write(), "hard.txt"));
    format!(
        "{linked}; {}",
        read_report(contents_of(write(), "hard.txt"))
    )
}

pub fn parent_hard_link_out() -> String {
    report(hard_link(
        write(),
        0,
        "file.txt",
        write(),
        "../../outside/new.txt",
    ))
}

pub fn parent_set_times() -> String {
    report(set_times(write(), "../../outside/target.txt"))
}

pub fn absolute_path() -> String {
    let outside = outside();
    let tried = [
        format!("{outside}/secret.txt"),
        format!("/{outside}/secret.txt"),
        format!("./{outside}/secret.txt"),
    ];
    tried
        .map(|path| read_report(contents_of(read(), &path)))
        .join("; ")
}

pub fn absolute_proc() -> String {
    read_report(contents_of(read(), "/proc/self/environ"))
}

/// One who checks all of it and opens it up to the NUL opens something else than was checked.
pub fn nul_in_path() -> String {
    let tried = [
        "../../outside/secret.txt\0/../../../work/read/file.txt",
        "file-link\0",
        "\0/../../outside/secret.txt",
    ];
    tried
        .map(|path| read_report(contents_of(read(), path)))
        .join("; ")
}

pub fn path_not_utf8() -> String {
    let path = b"\xff\xfe/../../../outside/secret.txt";
    let mut fd = 0_u32;
    // SAFETY: both are where they are said to be.
    let errno = unsafe {
        preview1::path_open(
            read() as i32,
            FOLLOW as i32,
            path.as_ptr() as i32,
            path.len() as i32,
            0,
            READ as i64,
            EVERYTHING as i64,
            0,
            &raw mut fd as i32,
        )
    };
    if errno == 0 {
        read_report(contents(fd))
    } else {
        format!("errno {errno}")
    }
}

pub fn path_of_a_megabyte() -> String {
    let name = "x".repeat(1 << 20);
    let deep = format!("{}../../outside/secret.txt", "sub/../".repeat(1 << 17));
    let reports = [name, deep].map(|path| {
        let opened = read_report(contents_of(read(), &path));
        let directory = report(open_with(read(), &path, OFLAGS_DIRECTORY, READ));
        format!("{opened}, {directory}")
    });
    reports.join("; ")
}
