//! What checks are made of: comparisons that say what was different, and the calls with the parameters left out that are
//! mostly the same.

use std::fmt::Debug;

use wasi::{
    Ciovec, Errno, Fd, Fdflags, Filestat, Iovec, OFLAGS_CREAT, OFLAGS_DIRECTORY, Oflags, Rights,
};

/// What was different, if anything was.
pub type Check = Result<(), String>;

pub const FOLLOW: u32 = wasi::LOOKUPFLAGS_SYMLINK_FOLLOW;
pub const TO_READ: Rights = wasi::RIGHTS_FD_READ
    | wasi::RIGHTS_FD_SEEK
    | wasi::RIGHTS_FD_TELL
    | wasi::RIGHTS_FD_READDIR
    | wasi::RIGHTS_FD_FILESTAT_GET
    | wasi::RIGHTS_PATH_OPEN
    | wasi::RIGHTS_PATH_FILESTAT_GET
    | wasi::RIGHTS_POLL_FD_READWRITE;
/// Every right but those of sockets.
pub const EVERYTHING: Rights = (1 << 28) - 1;

/// Refusals that hosts choose among where a right is missing.
pub const NOT_ALLOWED: &[Errno] = &[
    wasi::ERRNO_NOTCAPABLE,
    wasi::ERRNO_PERM,
    wasi::ERRNO_ACCES,
    wasi::ERRNO_BADF,
    wasi::ERRNO_ROFS,
];

/// The values are equal.
pub fn equal<T: PartialEq + Debug>(what: &str, actual: T, expected: T) -> Check {
    if actual == expected {
        return Ok(());
    }
    Err(format!("{what}: {actual:?} instead of {expected:?}"))
}

pub fn holds(what: &str, condition: bool) -> Check {
    if condition {
        Ok(())
    } else {
        Err(format!("not so: {what}"))
    }
}

/// The call succeeded.
pub fn done<T>(what: &str, result: Result<T, Errno>) -> Result<T, String> {
    result.map_err(|errno| format!("{what}: {}", errno.name()))
}

/// The call failed, in one of these ways.
pub fn fails<T>(what: &str, result: Result<T, Errno>, expected: &[Errno]) -> Check {
    let names = || {
        expected
            .iter()
            .map(Errno::name)
            .collect::<Vec<_>>()
            .join(" or ")
    };
    match result {
        Err(errno) if expected.contains(&errno) => Ok(()),
        Err(errno) => Err(format!("{what}: {} instead of {}", errno.name(), names())),
        Ok(_) => Err(format!("{what}: done instead of {}", names())),
    }
}

/// The descriptor of a granted directory, by the path under which it is seen.
pub fn grant(path: &str) -> Result<Fd, String> {
    for fd in 3.. {
        // SAFETY: the only variant of the union is a directory.
        let length = unsafe { wasi::fd_prestat_get(fd).map(|prestat| prestat.u.dir.pr_name_len) };
        let mut name = vec![0; done(path, length)?];
        // SAFETY: the buffer is as long as is said.
        done("name", unsafe {
            wasi::fd_prestat_dir_name(fd, name.as_mut_ptr(), name.len())
        })?;
        if name == path.as_bytes() {
            return Ok(fd);
        }
    }
    Err(format!("{path} is not granted"))
}

pub fn data() -> Result<Fd, String> {
    grant("/data")
}

pub fn open_with(
    directory: Fd,
    lookup: u32,
    path: &str,
    oflags: Oflags,
    rights: Rights,
    fdflags: Fdflags,
) -> Result<Fd, Errno> {
    // SAFETY: the path is a string that outlives the call.
    unsafe { wasi::path_open(directory, lookup, path, oflags, rights, EVERYTHING, fdflags) }
}

/// Opens with every right, following links.
pub fn open(directory: Fd, path: &str, oflags: Oflags) -> Result<Fd, Errno> {
    open_with(directory, FOLLOW, path, oflags, EVERYTHING, 0)
}

pub fn open_to_read(directory: Fd, path: &str) -> Result<Fd, Errno> {
    open_with(directory, FOLLOW, path, 0, TO_READ, 0)
}

/// Opens a directory with all rights but those that make a host open it for writing, as it would a file.
pub fn open_directory(directory: Fd, path: &str) -> Result<Fd, Errno> {
    let to_write = wasi::RIGHTS_FD_WRITE
        | wasi::RIGHTS_FD_ALLOCATE
        | wasi::RIGHTS_FD_DATASYNC
        | wasi::RIGHTS_FD_FILESTAT_SET_SIZE;
    let rights = EVERYTHING & !to_write;
    open_with(directory, FOLLOW, path, OFLAGS_DIRECTORY, rights, 0)
}

pub fn close(fd: Fd) -> Result<(), Errno> {
    // SAFETY: whoever uses the number afterwards wants to see that it is gone.
    unsafe { wasi::fd_close(fd) }
}

pub fn write(fd: Fd, bytes: &[u8]) -> Result<usize, Errno> {
    // SAFETY: the one vector is the slice.
    unsafe { wasi::fd_write(fd, &[ciovec(bytes)]) }
}

pub fn ciovec(bytes: &[u8]) -> Ciovec {
    Ciovec {
        buf: bytes.as_ptr(),
        buf_len: bytes.len(),
    }
}

pub fn iovec(bytes: &mut [u8]) -> Iovec {
    Iovec {
        buf: bytes.as_mut_ptr(),
        buf_len: bytes.len(),
    }
}

/// Reads once, up to 64 bytes.
pub fn read(fd: Fd) -> Result<Vec<u8>, Errno> {
    let mut bytes = vec![0; 64];
    // SAFETY: the one vector is the buffer.
    let length = unsafe { wasi::fd_read(fd, &[iovec(&mut bytes)]) }?;
    bytes.truncate(length);
    Ok(bytes)
}

pub fn seek(fd: Fd, offset: i64, whence: wasi::Whence) -> Result<u64, Errno> {
    // SAFETY: there are no pointers in it.
    unsafe { wasi::fd_seek(fd, offset, whence) }
}

/// A new file with these contents, open with every right, at its start.
pub fn file_with(directory: Fd, path: &str, contents: &str) -> Result<Fd, String> {
    let fd = done(path, open(directory, path, OFLAGS_CREAT))?;
    equal(
        "written",
        done("fd_write", write(fd, contents.as_bytes()))?,
        contents.len(),
    )?;
    done("fd_seek", seek(fd, 0, wasi::WHENCE_SET))?;
    Ok(fd)
}

/// A new file with these contents, closed.
pub fn make_file(directory: Fd, path: &str, contents: &str) -> Check {
    done("fd_close", close(file_with(directory, path, contents)?))
}

/// The contents of the file at a path are these.
pub fn contains(directory: Fd, path: &str, expected: &str) -> Check {
    let fd = done(path, open_to_read(directory, path))?;
    let contents = done("fd_read", read(fd))?;
    done("fd_close", close(fd))?;
    equal(path, String::from_utf8_lossy(&contents).as_ref(), expected)
}

pub fn stat(directory: Fd, path: &str) -> Result<Filestat, Errno> {
    // SAFETY: the path is a string that outlives the call.
    unsafe { wasi::path_filestat_get(directory, FOLLOW, path) }
}

pub fn stat_link(directory: Fd, path: &str) -> Result<Filestat, Errno> {
    // SAFETY: the path is a string that outlives the call.
    unsafe { wasi::path_filestat_get(directory, 0, path) }
}

pub fn stat_fd(fd: Fd) -> Result<Filestat, Errno> {
    // SAFETY: there are no pointers in it.
    unsafe { wasi::fd_filestat_get(fd) }
}

/// There is nothing at a path.
pub fn is_missing(directory: Fd, path: &str) -> Check {
    fails(path, stat_link(directory, path), &[wasi::ERRNO_NOENT])
}

pub fn mkdir(directory: Fd, path: &str) -> Result<(), Errno> {
    // SAFETY: the path is a string that outlives the call.
    unsafe { wasi::path_create_directory(directory, path) }
}

pub fn rmdir(directory: Fd, path: &str) -> Result<(), Errno> {
    // SAFETY: the path is a string that outlives the call.
    unsafe { wasi::path_remove_directory(directory, path) }
}

pub fn unlink(directory: Fd, path: &str) -> Result<(), Errno> {
    // SAFETY: the path is a string that outlives the call.
    unsafe { wasi::path_unlink_file(directory, path) }
}

pub fn symlink(target: &str, directory: Fd, path: &str) -> Result<(), Errno> {
    // SAFETY: the paths are strings that outlive the call.
    unsafe { wasi::path_symlink(target, directory, path) }
}

pub fn hard_link(old: &str, directory: Fd, new: &str) -> Result<(), Errno> {
    // SAFETY: the paths are strings that outlive the call.
    unsafe { wasi::path_link(directory, 0, old, directory, new) }
}

pub fn rename(from: Fd, old: &str, to: Fd, new: &str) -> Result<(), Errno> {
    // SAFETY: the paths are strings that outlive the call.
    unsafe { wasi::path_rename(from, old, to, new) }
}

/// Whether a raw call's errno is one of these.
pub fn raw_fails(what: &str, errno: i32, expected: &[Errno]) -> Check {
    holds(
        &format!("{what} gives one of {expected:?}, not {errno}"),
        expected
            .iter()
            .any(|expected| i32::from(expected.raw()) == errno),
    )
}
