//! Descriptors and what they are.

use wasi::{ERRNO_BADF, FDFLAGS_APPEND, FILETYPE_DIRECTORY, FILETYPE_REGULAR_FILE, Fd, Fdstat};

use crate::check::*;

fn status(fd: Fd) -> Result<Fdstat, String> {
    // SAFETY: there are no pointers in it.
    done("fd_fdstat_get", unsafe { wasi::fd_fdstat_get(fd) })
}

pub fn fd_prestat_names_what_was_granted() -> Check {
    for path in ["/data", "/read", "/other"] {
        grant(path)?;
    }
    // SAFETY: there are no pointers in it.
    let after = unsafe { wasi::fd_prestat_get(6) };
    fails(
        "fd_prestat_get after the last",
        after.map(drop),
        &[ERRNO_BADF],
    )
}

pub fn fd_prestat_of_a_file() -> Check {
    let file = file_with(data()?, "file.txt", "text")?;
    // SAFETY: there are no pointers in it.
    let prestat = unsafe { wasi::fd_prestat_get(file) };
    fails(
        "fd_prestat_get",
        prestat.map(drop),
        &[ERRNO_BADF, wasi::ERRNO_INVAL, wasi::ERRNO_NOTSUP],
    )
}

pub fn fd_prestat_dir_name_wants_room() -> Check {
    let mut name = [0; 4];
    // SAFETY: the buffer is as long as is said.
    let named = unsafe { wasi::fd_prestat_dir_name(data()?, name.as_mut_ptr(), name.len()) };
    fails(
        "fd_prestat_dir_name",
        named,
        &[wasi::ERRNO_NAMETOOLONG, wasi::ERRNO_NOBUFS],
    )
}

pub fn fd_close_closes() -> Check {
    let file = file_with(data()?, "file.txt", "text")?;
    done("fd_close", close(file))?;
    fails("fd_read of what is closed", read(file), &[ERRNO_BADF])?;
    fails("fd_close of what is closed", close(file), &[ERRNO_BADF])
}

pub fn fd_close_of_a_grant() -> Check {
    let data = data()?;
    done("fd_close", close(data))?;
    fails("path_filestat_get", stat(data, "."), &[ERRNO_BADF])
}

pub fn calls_of_a_closed_descriptor() -> Check {
    let fd = 999;
    let mut bytes = [0; 8];
    // SAFETY: the buffers are as long as is said.
    let results = unsafe {
        [
            ("fd_advise", wasi::fd_advise(fd, 0, 0, wasi::ADVICE_NORMAL)),
            ("fd_allocate", wasi::fd_allocate(fd, 0, 1)),
            ("fd_close", close(fd)),
            ("fd_datasync", wasi::fd_datasync(fd)),
            ("fd_fdstat_get", wasi::fd_fdstat_get(fd).map(drop)),
            ("fd_fdstat_set_flags", wasi::fd_fdstat_set_flags(fd, 0)),
            ("fd_filestat_get", stat_fd(fd).map(drop)),
            ("fd_filestat_set_size", wasi::fd_filestat_set_size(fd, 0)),
            (
                "fd_filestat_set_times",
                wasi::fd_filestat_set_times(fd, 0, 0, wasi::FSTFLAGS_MTIM),
            ),
            (
                "fd_pread",
                wasi::fd_pread(fd, &[iovec(&mut bytes)], 0).map(drop),
            ),
            ("fd_prestat_get", wasi::fd_prestat_get(fd).map(drop)),
            (
                "fd_prestat_dir_name",
                wasi::fd_prestat_dir_name(fd, bytes.as_mut_ptr(), 8),
            ),
            (
                "fd_pwrite",
                wasi::fd_pwrite(fd, &[ciovec(b"text")], 0).map(drop),
            ),
            ("fd_read", read(fd).map(drop)),
            (
                "fd_readdir",
                wasi::fd_readdir(fd, bytes.as_mut_ptr(), 8, 0).map(drop),
            ),
            ("fd_renumber", wasi::fd_renumber(fd, data()?)),
            ("fd_seek", seek(fd, 0, wasi::WHENCE_SET).map(drop)),
            ("fd_sync", wasi::fd_sync(fd)),
            ("fd_tell", wasi::fd_tell(fd).map(drop)),
            ("fd_write", write(fd, b"text").map(drop)),
            ("path_create_directory", mkdir(fd, "a")),
            ("path_filestat_get", stat(fd, "a").map(drop)),
            (
                "path_filestat_set_times",
                wasi::path_filestat_set_times(fd, 0, "a", 0, 0, wasi::FSTFLAGS_MTIM),
            ),
            ("path_link", hard_link("a", fd, "b")),
            ("path_open", open(fd, "a", 0).map(drop)),
            (
                "path_readlink",
                wasi::path_readlink(fd, "a", bytes.as_mut_ptr(), 8).map(drop),
            ),
            ("path_remove_directory", rmdir(fd, "a")),
            ("path_rename", rename(fd, "a", data()?, "b")),
            ("path_symlink", symlink("a", fd, "b")),
            ("path_unlink_file", unlink(fd, "a")),
        ]
    };
    for (call, result) in results {
        fails(call, result, &[ERRNO_BADF])?;
    }
    Ok(())
}

pub fn fd_renumber_moves() -> Check {
    let first = file_with(data()?, "first.txt", "first")?;
    let second = file_with(data()?, "second.txt", "second")?;
    // SAFETY: nothing uses the file that is gone.
    done("fd_renumber", unsafe { wasi::fd_renumber(first, second) })?;
    equal(
        "contents",
        done("fd_read", read(second))?,
        b"first".to_vec(),
    )?;
    fails("fd_read of the old number", read(first), &[ERRNO_BADF])
}

pub fn fd_renumber_onto_itself() -> Check {
    let file = file_with(data()?, "file.txt", "text")?;
    // SAFETY: it stays where it is.
    done("fd_renumber", unsafe { wasi::fd_renumber(file, file) })?;
    equal("contents", done("fd_read", read(file))?, b"text".to_vec())
}

/// A number that nothing has is no place to move to.
pub fn fd_renumber_onto_nothing() -> Check {
    let file = file_with(data()?, "file.txt", "text")?;
    // SAFETY: nothing is there.
    fails(
        "fd_renumber",
        unsafe { wasi::fd_renumber(file, 999) },
        &[ERRNO_BADF],
    )?;
    equal("contents", done("fd_read", read(file))?, b"text".to_vec())
}

pub fn fd_fdstat_get_of_a_file() -> Check {
    let file = file_with(data()?, "file.txt", "text")?;
    let stat = status(file)?;
    equal("type", stat.fs_filetype, FILETYPE_REGULAR_FILE)?;
    equal("flags", stat.fs_flags, 0)?;
    for right in [
        wasi::RIGHTS_FD_READ,
        wasi::RIGHTS_FD_WRITE,
        wasi::RIGHTS_FD_SEEK,
    ] {
        equal("right", stat.fs_rights_base & right, right)?;
    }
    Ok(())
}

/// Libraries ask for no more than is inherited, so what was granted has to be in it.
pub fn fd_fdstat_get_of_a_directory() -> Check {
    let (written, read) = (status(data()?)?, status(grant("/read")?)?);
    for (stat, right) in [
        (written, wasi::RIGHTS_FD_WRITE),
        (read, wasi::RIGHTS_FD_READ),
    ] {
        equal("type", stat.fs_filetype, FILETYPE_DIRECTORY)?;
        equal("inherited", stat.fs_rights_inheriting & right, right)?;
        let open = wasi::RIGHTS_PATH_OPEN;
        equal("path_open", stat.fs_rights_base & open, open)?;
    }
    Ok(())
}

pub fn fd_fdstat_set_flags_appends() -> Check {
    let file = file_with(data()?, "file.txt", "text")?;
    // SAFETY: there are no pointers in it.
    done("fd_fdstat_set_flags", unsafe {
        wasi::fd_fdstat_set_flags(file, FDFLAGS_APPEND)
    })?;
    equal("flags", status(file)?.fs_flags, FDFLAGS_APPEND)?;
    done("fd_write", write(file, b"+"))?;
    contains(data()?, "file.txt", "text+")?;
    // SAFETY: there are no pointers in it.
    done("fd_fdstat_set_flags", unsafe {
        wasi::fd_fdstat_set_flags(file, 0)
    })?;
    equal("flags", status(file)?.fs_flags, 0)?;
    done("fd_seek", seek(file, 0, wasi::WHENCE_SET))?;
    done("fd_write", write(file, b"T"))?;
    contains(data()?, "file.txt", "Text+")
}

pub fn fd_fdstat_set_rights_never_widens() -> Check {
    make_file(data()?, "file.txt", "text")?;
    let file = done("path_open", open_to_read(data()?, "file.txt"))?;
    // SAFETY: there are no pointers in it.
    let widened = unsafe { wasi::fd_fdstat_set_rights(file, EVERYTHING, EVERYTHING) };
    fails(
        "fd_fdstat_set_rights",
        widened,
        &[
            wasi::ERRNO_NOTCAPABLE,
            wasi::ERRNO_NOTSUP,
            wasi::ERRNO_NOSYS,
        ],
    )?;
    fails("fd_write", write(file, b"T"), NOT_ALLOWED)?;
    contains(data()?, "file.txt", "text")
}
