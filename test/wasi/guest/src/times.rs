//! Times of files.

use wasi::{FSTFLAGS_ATIM, FSTFLAGS_ATIM_NOW, FSTFLAGS_MTIM, FSTFLAGS_MTIM_NOW, Fd, Fstflags};

use crate::check::*;

/// A time of 2001 and one of 2005, with microseconds, which all file systems keep.
const THEN: u64 = 1_000_000_000_123_456_000;
const LATER: u64 = 1_123_456_789_000_321_000;

fn set(
    path: &str,
    atim: u64,
    mtim: u64,
    flags: Fstflags,
) -> Result<Result<(), wasi::Errno>, String> {
    // SAFETY: the path is a string that outlives the call.
    Ok(unsafe { wasi::path_filestat_set_times(data()?, FOLLOW, path, atim, mtim, flags) })
}

fn set_by_descriptor(fd: Fd, atim: u64, mtim: u64, flags: Fstflags) -> Result<(), wasi::Errno> {
    // SAFETY: there are no pointers in it.
    unsafe { wasi::fd_filestat_set_times(fd, atim, mtim, flags) }
}

fn times(path: &str) -> Result<(u64, u64), String> {
    let stat = done("path_filestat_get", stat(data()?, path))?;
    Ok((stat.atim, stat.mtim))
}

pub fn path_filestat_set_times_sets() -> Check {
    make_file(data()?, "file.txt", "text")?;
    let both = FSTFLAGS_ATIM | FSTFLAGS_MTIM;
    done(
        "path_filestat_set_times",
        set("file.txt", THEN, LATER, both)?,
    )?;
    equal("times", times("file.txt")?, (THEN, LATER))
}

pub fn fd_filestat_set_times_sets() -> Check {
    let file = file_with(data()?, "file.txt", "text")?;
    let both = FSTFLAGS_ATIM | FSTFLAGS_MTIM;
    done(
        "fd_filestat_set_times",
        set_by_descriptor(file, LATER, THEN, both),
    )?;
    equal("times", times("file.txt")?, (LATER, THEN))
}

pub fn set_times_one_and_not_the_other() -> Check {
    let file = file_with(data()?, "file.txt", "text")?;
    let both = FSTFLAGS_ATIM | FSTFLAGS_MTIM;
    done(
        "fd_filestat_set_times",
        set_by_descriptor(file, THEN, THEN, both),
    )?;
    done(
        "path_filestat_set_times",
        set("file.txt", 1, LATER, FSTFLAGS_MTIM)?,
    )?;
    equal("times", times("file.txt")?, (THEN, LATER))?;
    done(
        "fd_filestat_set_times",
        set_by_descriptor(file, LATER, 1, FSTFLAGS_ATIM),
    )?;
    equal("times", times("file.txt")?, (LATER, LATER))?;
    done("fd_filestat_set_times", set_by_descriptor(file, 1, 1, 0))?;
    equal("times", times("file.txt")?, (LATER, LATER))
}

pub fn set_times_to_now() -> Check {
    make_file(data()?, "file.txt", "text")?;
    let both = FSTFLAGS_ATIM | FSTFLAGS_MTIM;
    done(
        "path_filestat_set_times",
        set("file.txt", THEN, THEN, both)?,
    )?;
    let now = FSTFLAGS_ATIM_NOW | FSTFLAGS_MTIM_NOW;
    done("path_filestat_set_times", set("file.txt", 1, 1, now)?)?;
    let (atim, mtim) = times("file.txt")?;
    holds("it is later than then", atim > LATER && mtim > LATER)
}

pub fn set_times_twice_the_same() -> Check {
    let file = file_with(data()?, "file.txt", "text")?;
    for flags in [
        FSTFLAGS_ATIM | FSTFLAGS_ATIM_NOW,
        FSTFLAGS_MTIM | FSTFLAGS_MTIM_NOW,
    ] {
        fails(
            "path_filestat_set_times",
            set("file.txt", 1, 1, flags)?,
            &[wasi::ERRNO_INVAL],
        )?;
        let by_descriptor = set_by_descriptor(file, 1, 1, flags);
        fails("fd_filestat_set_times", by_descriptor, &[wasi::ERRNO_INVAL])?;
    }
    Ok(())
}

/// Of the link itself, or of what it leads to, as is asked for.
pub fn path_filestat_set_times_of_a_link() -> Check {
    make_file(data()?, "file.txt", "text")?;
    done("path_symlink", symlink("file.txt", data()?, "link"))?;
    done(
        "path_filestat_set_times",
        set("link", 1, THEN, FSTFLAGS_MTIM)?,
    )?;
    equal("file", times("file.txt")?.1, THEN)?;
    // SAFETY: the path is a string that outlives the call.
    let of_link =
        unsafe { wasi::path_filestat_set_times(data()?, 0, "link", 1, LATER, FSTFLAGS_MTIM) };
    done("path_filestat_set_times", of_link)?;
    equal("file", times("file.txt")?.1, THEN)?;
    equal(
        "link",
        done("path_filestat_get", stat_link(data()?, "link"))?.mtim,
        LATER,
    )
}
