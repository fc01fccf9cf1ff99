//! Writing to what was granted to be read.

use wasi::{
    FDFLAGS_APPEND, FSTFLAGS_ATIM, FSTFLAGS_MTIM, Fd, OFLAGS_CREAT, OFLAGS_DIRECTORY, OFLAGS_TRUNC,
};

use crate::call::*;

/// A file of the directory to read, opened with all rights if they are to be had, else to be read.
fn opened() -> Fd {
    open_with(read(), "file.txt", 0, EVERYTHING)
        .or_else(|_| open(read(), "file.txt"))
        .expect("what is granted can be read")
}

pub fn read_grant_write() -> String {
    let for_writing = report(put_into(read(), "file.txt", 0));
    format!("{for_writing}; {}", report(put(opened(), MARK)))
}

pub fn read_grant_truncate() -> String {
    let to_read = report(open_with(read(), "file.txt", OFLAGS_TRUNC, READ));
    format!(
        "{to_read}; {}",
        report(open_with(read(), "file.txt", OFLAGS_TRUNC, WRITE))
    )
}

pub fn read_grant_create() -> String {
    let to_read = report(open_with(read(), "new.txt", OFLAGS_CREAT, READ));
    format!("{to_read}; {}", report(create(read(), "sub/new.txt")))
}

/// Linux makes a file of this where it is passed on as it is.
pub fn read_grant_create_directory() -> String {
    report(open_with(
        read(),
        "new",
        OFLAGS_CREAT | OFLAGS_DIRECTORY,
        READ,
    ))
}

pub fn read_grant_append() -> String {
    // SAFETY: there are no pointers in it.
    let flagged = unsafe { wasi::fd_fdstat_set_flags(opened(), FDFLAGS_APPEND) };
    // SAFETY: the path is a string that outlives the call.
    let appending =
        unsafe { wasi::path_open(read(), FOLLOW, "file.txt", 0, WRITE, 0, FDFLAGS_APPEND) };
    format!(
        "{}; {}; {}",
        report(flagged),
        report(put(opened(), MARK)),
        report(appending.and_then(|fd| put(fd, MARK)))
    )
}

pub fn read_grant_pwrite() -> String {
    let ciovec = wasi::Ciovec {
        buf: MARK.as_ptr(),
        buf_len: MARK.len(),
    };
    // SAFETY: the one vector is the mark.
    report(unsafe { wasi::fd_pwrite(opened(), &[ciovec], 0) })
}

pub fn read_grant_set_size() -> String {
    // SAFETY: there are no pointers in it.
    report(unsafe { wasi::fd_filestat_set_size(opened(), 0) })
}

pub fn read_grant_allocate() -> String {
    // SAFETY: there are no pointers in it.
    report(unsafe { wasi::fd_allocate(opened(), 0, 4096) })
}

pub fn read_grant_set_times() -> String {
    // SAFETY: there are no pointers in it.
    report(unsafe { wasi::fd_filestat_set_times(opened(), 0, 0, FSTFLAGS_ATIM | FSTFLAGS_MTIM) })
}

pub fn read_grant_path_set_times() -> String {
    let of_directory = report(set_times(read(), "sub"));
    format!("{}; {of_directory}", report(set_times(read(), "file.txt")))
}

pub fn read_grant_unlink() -> String {
    report(unlink(read(), "file.txt"))
}

pub fn read_grant_mkdir() -> String {
    report(mkdir(read(), "new"))
}

pub fn read_grant_rmdir() -> String {
    report(rmdir(read(), "empty"))
}

pub fn read_grant_rename() -> String {
    report(rename(read(), "file.txt", read(), "renamed.txt"))
}

pub fn read_grant_rename_out() -> String {
    report(rename(read(), "file.txt", write(), "taken.txt"))
}

pub fn read_grant_rename_in() -> String {
    let over = report(rename(write(), "file.txt", read(), "file.txt"));
    format!(
        "{over}; {}",
        report(rename(write(), "file.txt", read(), "new.txt"))
    )
}

pub fn read_grant_hard_link_in() -> String {
    report(hard_link(write(), 0, "file.txt", read(), "new.txt"))
}

/// The same file in the directory to write can be written to.
pub fn read_grant_hard_link_out() -> String {
    let linked = report(hard_link(read(), 0, "file.txt", write(), "hard.txt"));
    format!("{linked}; {}", report(put_into(write(), "hard.txt", 0)))
}

pub fn read_grant_symlink() -> String {
    report(symlink("anywhere", read(), "new-link"))
}

/// Puts the descriptor that reads in the place of one that writes, and the other way round.
pub fn read_grant_renumber() -> String {
    let (reading, writing) = (opened(), open_with(write(), "file.txt", 0, WRITE));
    let renumbered = writing.and_then(|writing| {
        // SAFETY: nothing here uses the descriptor that is gone.
        unsafe { wasi::fd_renumber(reading, writing) }.map(|()| writing)
    });
    let file = report(renumbered.and_then(|fd| put(fd, MARK)));
    let (reading, writing) = (read(), write());
    // SAFETY: as above.
    let renumbered = unsafe { wasi::fd_renumber(reading, writing) };
    let directory = report(renumbered.and_then(|()| create(writing, "new.txt")));
    format!("{file}; {directory}")
}

pub fn read_grant_widened() -> String {
    let reading = open(read(), "file.txt").expect("what is granted can be read");
    // SAFETY: there are no pointers in it.
    let widened = unsafe { wasi::fd_fdstat_set_rights(reading, EVERYTHING, EVERYTHING) };
    // SAFETY: there are no pointers in it.
    let of_grant = unsafe { wasi::fd_fdstat_set_rights(read(), EVERYTHING, EVERYTHING) };
    format!(
        "{}, {}; {}, {}",
        report(widened),
        report(put(reading, MARK)),
        report(of_grant),
        report(create(read(), "new.txt"))
    )
}

/// A directory in it, opened with every right that directories have, and with all of them to be inherited.
pub fn read_grant_inherited() -> String {
    // With these, some hosts would open it for writing, which a directory cannot be.
    let of_files = wasi::RIGHTS_FD_WRITE
        | wasi::RIGHTS_FD_ALLOCATE
        | wasi::RIGHTS_FD_DATASYNC
        | wasi::RIGHTS_FD_FILESTAT_SET_SIZE;
    let sub = match open_with(read(), "sub", OFLAGS_DIRECTORY, EVERYTHING & !of_files) {
        Ok(sub) => sub,
        Err(errno) => return errno.name().to_owned(),
    };
    format!(
        "{}, {}, {}",
        report(create(sub, "new.txt")),
        report(put_into(sub, "file.txt", OFLAGS_TRUNC)),
        report(unlink(sub, "file.txt"))
    )
}
