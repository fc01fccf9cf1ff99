//! A directory that was granted to be read. All the ways to write to it are the scoreboard's subject.

use wasi::{OFLAGS_CREAT, OFLAGS_TRUNC};

use crate::check::*;

pub fn a_read_grant_is_read() -> Check {
    let read = grant("/read")?;
    contains(read, "file.txt", "inside")?;
    contains(read, "sub/file.txt", "inside")?;
    // What is asked for beyond what is granted is left out, and not a reason to refuse.
    let rights = TO_READ | wasi::RIGHTS_FD_FILESTAT_SET_TIMES | wasi::RIGHTS_FD_SYNC;
    done(
        "path_open",
        open_with(read, FOLLOW, "file.txt", 0, rights, 0),
    )
    .map(drop)
}

pub fn a_read_grant_refuses_changes() -> Check {
    let read = grant("/read")?;
    let results = [
        (
            "open to write",
            open(read, "file.txt", 0)
                .and_then(|fd| write(fd, b"text"))
                .map(drop),
        ),
        ("truncate", open(read, "file.txt", OFLAGS_TRUNC).map(drop)),
        ("create", open(read, "new.txt", OFLAGS_CREAT).map(drop)),
        ("path_create_directory", mkdir(read, "new")),
        ("path_remove_directory", rmdir(read, "sub")),
        ("path_unlink_file", unlink(read, "file.txt")),
        ("path_symlink", symlink("anything", read, "link")),
        ("path_rename", rename(read, "file.txt", read, "new.txt")),
        ("path_link", hard_link("file.txt", read, "new.txt")),
    ];
    for (what, result) in results {
        fails(what, result, NOT_ALLOWED)?;
    }
    contains(read, "file.txt", "inside")
}
