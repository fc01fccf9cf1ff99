//! Reaching deeper than directly inside a directory that was not granted recursively. In both of them, `sub/secret.txt`
//! is what nobody granted, and `link-to-sub` leads to it.

use wasi::{Fd, OFLAGS_DIRECTORY};

use crate::call::*;

fn flat() -> Fd {
    grant("/flat")
}

fn flat_write() -> Fd {
    grant("/flat-write")
}

pub fn shallow_entry() -> String {
    read_report(contents_of(flat(), "sub/secret.txt"))
}

pub fn shallow_descriptor() -> String {
    let sub = open_directory(flat(), "sub");
    let without = open_with(flat(), "sub", OFLAGS_DIRECTORY, 0);
    let tried = [sub, without];
    tried
        .map(|sub| read_report(sub.and_then(|sub| contents_of(sub, "secret.txt"))))
        .join("; ")
}

pub fn shallow_list() -> String {
    match open_directory(flat(), "sub").and_then(list) {
        Ok(entries) if entries.windows(6).any(|name| name == b"secret") => {
            "ESCAPED: the names in a subdirectory".to_owned()
        }
        listed => read_report(listed),
    }
}

pub fn shallow_spelling() -> String {
    let tried = [
        "./sub/secret.txt",
        "sub/./secret.txt",
        "sub//secret.txt",
        "sub/../sub/secret.txt",
        "./././sub/.//secret.txt",
        "sub/sub/../secret.txt",
    ];
    tried
        .map(|path| read_report(contents_of(flat(), path)))
        .join("; ")
}

pub fn shallow_link() -> String {
    read_report(contents_of(flat(), "link-to-sub"))
}

pub fn shallow_stat() -> String {
    must_fail(
        "metadata of a file in a subdirectory",
        stat(flat(), "sub/secret.txt"),
    )
}

pub fn shallow_create() -> String {
    report(create(flat_write(), "sub/new.txt"))
}

pub fn shallow_mkdir() -> String {
    report(mkdir(flat_write(), "sub/new"))
}

pub fn shallow_unlink() -> String {
    report(unlink(flat_write(), "sub/secret.txt"))
}

pub fn shallow_rename_in() -> String {
    report(rename(
        flat_write(),
        "file.txt",
        flat_write(),
        "sub/new.txt",
    ))
}

/// What lies deeper, or all of the subdirectory, is taken to where it can be read.
pub fn shallow_rename_out() -> String {
    let entry = rename(flat_write(), "sub/secret.txt", flat_write(), "taken.txt");
    let all = rename(flat_write(), "sub", write(), "taken");
    format!(
        "{}, {}; {}, {}",
        report(entry),
        read_report(contents_of(flat_write(), "taken.txt")),
        report(all),
        read_report(contents_of(write(), "taken/secret.txt"))
    )
}

pub fn shallow_hard_link_out() -> String {
    let linked = hard_link(flat_write(), 0, "sub/secret.txt", flat_write(), "hard.txt");
    let contents = contents_of(flat_write(), "hard.txt");
    format!("{}; {}", report(linked), read_report(contents))
}

/// The subdirectory's descriptor in the place of one that was granted recursively.
pub fn shallow_renumber() -> String {
    let target = write();
    let renumbered = open_directory(flat(), "sub").and_then(|sub| {
        // SAFETY: nothing here uses the descriptor that is gone.
        unsafe { wasi::fd_renumber(sub, target) }
    });
    read_report(renumbered.and_then(|()| contents_of(target, "secret.txt")))
}
