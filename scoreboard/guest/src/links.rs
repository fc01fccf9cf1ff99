//! Symbolic links that lead out. The fixture has some, in both the directory to read and the one to write:
//!
//! `file-link` and `relative-link` lead to a file outside, `directory-link` and `sub/directory-link` to the directory
//! outside, `chain-1` over two others to the file, `root-link` to `/`, `dangling-link` to nothing that is there yet.

use wasi::{
    OFLAGS_CREAT, OFLAGS_DIRECTORY, OFLAGS_EXCL, OFLAGS_TRUNC, RIGHTS_FD_FILESTAT_SET_TIMES,
};

use crate::call::*;

pub fn link_absolute() -> String {
    read_report(contents_of(read(), "file-link"))
}

pub fn link_relative() -> String {
    read_report(contents_of(read(), "relative-link"))
}

pub fn link_to_directory() -> String {
    read_report(contents_of(read(), "directory-link/secret.txt"))
}

pub fn link_in_the_middle() -> String {
    read_report(contents_of(read(), "sub/directory-link/sub/secret.txt"))
}

pub fn link_chain() -> String {
    read_report(contents_of(read(), "chain-1"))
}

pub fn link_to_root() -> String {
    read_report(contents_of(
        read(),
        &format!("root-link{}/secret.txt", outside()),
    ))
}

pub fn link_with_trailing_slash() -> String {
    read_report(open_with(read(), "directory-link/", 0, READ).and_then(list))
}

pub fn link_as_directory() -> String {
    read_report(
        open_directory(read(), "directory-link").and_then(|fd| contents_of(fd, "secret.txt")),
    )
}

/// The last component is not followed, so it has to be one that is there whatever the link leads to.
pub fn link_not_followed() -> String {
    let tried = [
        "directory-link/.",
        "directory-link/",
        "directory-link/./sub/..",
    ];
    let reports = tried
        .map(|path| read_report(open_as(read(), 0, path, OFLAGS_DIRECTORY, READ).and_then(list)));
    reports.join("; ")
}

pub fn link_stat() -> String {
    must_fail("metadata of a file outside", stat(read(), "file-link"))
}

pub fn link_dangling_create() -> String {
    report(create(write(), "dangling-link"))
}

pub fn link_dangling_create_new() -> String {
    report(put_into(
        write(),
        "dangling-link",
        OFLAGS_CREAT | OFLAGS_EXCL,
    ))
}

pub fn link_write() -> String {
    report(put_into(write(), "file-link", 0))
}

pub fn link_truncate() -> String {
    report(open_with(write(), "file-link", OFLAGS_TRUNC, WRITE))
}

pub fn link_set_times() -> String {
    let by_path = report(set_times(write(), "file-link"));
    let opened = open_with(write(), "file-link", 0, READ | RIGHTS_FD_FILESTAT_SET_TIMES);
    let both = wasi::FSTFLAGS_ATIM | wasi::FSTFLAGS_MTIM;
    // SAFETY: there are no pointers in it.
    let by_descriptor =
        report(opened.and_then(|fd| unsafe { wasi::fd_filestat_set_times(fd, 0, 0, both) }));
    format!("{by_path}; {by_descriptor}")
}

pub fn link_create_through() -> String {
    report(create(write(), "directory-link/new.txt"))
}

pub fn link_mkdir_through() -> String {
    report(mkdir(write(), "directory-link/new"))
}

pub fn link_rmdir_through() -> String {
    report(rmdir(write(), "directory-link/empty"))
}

pub fn link_unlink_through() -> String {
    report(unlink(write(), "directory-link/target.txt"))
}

pub fn link_symlink_through() -> String {
    report(symlink("anywhere", write(), "directory-link/new-link"))
}

pub fn link_rename_through() -> String {
    report(rename(
        write(),
        "file.txt",
        write(),
        "directory-link/target.txt",
    ))
}

pub fn link_rename_from() -> String {
    report(rename(
        write(),
        "directory-link/target.txt",
        write(),
        "taken.txt",
    ))
}

/// A hard link to what the symbolic link leads to would lie inside, for everybody to open.
pub fn link_hard_link_followed() -> String {
    let linked = report(hard_link(write(), FOLLOW, "file-link", write(), "hard.txt"));
    format!(
        "{linked}; {}",
        read_report(contents_of(write(), "hard.txt"))
    )
}

pub fn link_hard_link_through() -> String {
    let old = "directory-link/secret.txt";
    let linked = report(hard_link(write(), 0, old, write(), "hard.txt"));
    format!(
        "{linked}; {}",
        read_report(contents_of(write(), "hard.txt"))
    )
}

/// Outside there is a link whose text is the secret.
pub fn link_readlink_through() -> String {
    let mut text = vec![0; 256];
    // SAFETY: the buffer is as long as is said.
    let read = unsafe {
        let path = "directory-link/secret-link";
        wasi::path_readlink(read(), path, text.as_mut_ptr(), text.len())
    };
    read_report(read.map(|length| text[..length].to_vec()))
}

/// Makes a link in the directory to write, and reads what is found at a path over it.
fn by_own_link(target: &str, path: &str) -> String {
    let linked = report(symlink(target, write(), "own-link"));
    format!("link {linked}; {}", read_report(contents_of(write(), path)))
}

pub fn own_link_absolute() -> String {
    by_own_link(&format!("{}/secret.txt", outside()), "own-link")
}

pub fn own_link_relative() -> String {
    by_own_link("../../outside/secret.txt", "own-link")
}

pub fn own_link_to_directory() -> String {
    by_own_link("../../outside", "own-link/secret.txt")
}

pub fn own_link_chain() -> String {
    let linked = report(symlink("own-link/outside", write(), "own-link-2"));
    format!(
        "link {linked}; {}",
        by_own_link("../..", "own-link-2/secret.txt")
    )
}

/// Where it is made the link leads to a place inside, where it is moved to it leads out.
pub fn own_link_moved() -> String {
    let moved = mkdir(write(), "a")
        .and_then(|()| mkdir(write(), "a/b"))
        .and_then(|()| symlink("../../ungranted.txt", write(), "a/b/own-link"))
        .and_then(|()| rename(write(), "a/b/own-link", write(), "a/own-link"))
        .and_then(|()| rename(write(), "a/own-link", write(), "own-link"));
    format!(
        "{}; {}",
        report(moved),
        read_report(contents_of(write(), "own-link"))
    )
}

pub fn own_link_across_grants() -> String {
    let moved = mkdir(write(), "a")
        .and_then(|()| symlink("../ungranted.txt", write(), "a/own-link"))
        .and_then(|()| rename(write(), "a/own-link", other(), "own-link"));
    format!(
        "{}; {}",
        report(moved),
        read_report(contents_of(other(), "own-link"))
    )
}

pub fn own_link_create() -> String {
    let linked = report(symlink("../../outside/new.txt", write(), "own-link"));
    format!("link {linked}; {}", report(create(write(), "own-link")))
}
