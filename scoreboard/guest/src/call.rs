//! The calls that attempts are made of: those of preview 1, with the parameters left out that are always the same.

use wasi::{Ciovec, Errno, Fd, Iovec, OFLAGS_CREAT, OFLAGS_DIRECTORY, Oflags, Rights};

/// Follow a symbolic link in the last component of a path.
pub const FOLLOW: u32 = wasi::LOOKUPFLAGS_SYMLINK_FOLLOW;
pub const READ: Rights = wasi::RIGHTS_FD_READ
    | wasi::RIGHTS_FD_READDIR
    | wasi::RIGHTS_FD_SEEK
    | wasi::RIGHTS_FD_FILESTAT_GET
    | wasi::RIGHTS_PATH_OPEN;
pub const WRITE: Rights = wasi::RIGHTS_FD_WRITE | wasi::RIGHTS_FD_SEEK;
/// Every right but those of sockets.
pub const EVERYTHING: Rights = (1 << 28) - 1;

/// What would be written to places that are not the guest's.
pub const MARK: &[u8] = b"written by the guest";

/// The descriptor of a granted directory, by the path under which it is seen.
pub fn grant(path: &str) -> Fd {
    for fd in 3.. {
        // SAFETY: the buffer is as long as is said, and the union's only variant is a directory.
        let name = unsafe {
            let Ok(prestat) = wasi::fd_prestat_get(fd) else {
                break;
            };
            let mut name = vec![0; prestat.u.dir.pr_name_len];
            wasi::fd_prestat_dir_name(fd, name.as_mut_ptr(), name.len()).map(|()| name)
        };
        if name.is_ok_and(|name| name == path.as_bytes()) {
            return fd;
        }
    }
    panic!("{path} is not granted");
}

/// Granted recursively, to read.
pub fn read() -> Fd {
    grant("/read")
}

/// Granted recursively, to read and write.
pub fn write() -> Fd {
    grant("/write")
}

/// Granted recursively, to read and write, too.
pub fn other() -> Fd {
    grant("/other")
}

pub fn open_with(directory: Fd, path: &str, oflags: Oflags, rights: Rights) -> Result<Fd, Errno> {
    open_as(directory, FOLLOW, path, oflags, rights)
}

pub fn open_as(
    directory: Fd,
    lookup: u32,
    path: &str,
    oflags: Oflags,
    rights: Rights,
) -> Result<Fd, Errno> {
    // SAFETY: the path is a string that outlives the call.
    unsafe { wasi::path_open(directory, lookup, path, oflags, rights, EVERYTHING, 0) }
}

pub fn open(directory: Fd, path: &str) -> Result<Fd, Errno> {
    open_with(directory, path, 0, READ)
}

pub fn open_directory(directory: Fd, path: &str) -> Result<Fd, Errno> {
    open_with(directory, path, OFLAGS_DIRECTORY, READ)
}

pub fn close(fd: Fd) {
    // SAFETY: nothing here keeps a descriptor that it has closed.
    let _ = unsafe { wasi::fd_close(fd) };
}

/// The first 4 KiB of what a descriptor has.
pub fn contents(fd: Fd) -> Result<Vec<u8>, Errno> {
    let mut bytes = vec![0; 4096];
    let iovec = Iovec {
        buf: bytes.as_mut_ptr(),
        buf_len: bytes.len(),
    };
    // SAFETY: the one vector is the buffer above.
    let read = unsafe { wasi::fd_read(fd, &[iovec]) }?;
    bytes.truncate(read);
    Ok(bytes)
}

/// Opens, reads and closes a file.
pub fn contents_of(directory: Fd, path: &str) -> Result<Vec<u8>, Errno> {
    let fd = open(directory, path)?;
    let bytes = contents(fd);
    close(fd);
    bytes
}

pub fn put(fd: Fd, bytes: &[u8]) -> Result<usize, Errno> {
    let ciovec = Ciovec {
        buf: bytes.as_ptr(),
        buf_len: bytes.len(),
    };
    // SAFETY: the one vector is the slice.
    unsafe { wasi::fd_write(fd, &[ciovec]) }
}

/// Opens a file for writing, with these flags, and writes the mark.
pub fn put_into(directory: Fd, path: &str, oflags: Oflags) -> Result<usize, Errno> {
    put(open_with(directory, path, oflags, WRITE)?, MARK)
}

/// Creates a file with the mark in it.
pub fn create(directory: Fd, path: &str) -> Result<usize, Errno> {
    put_into(directory, path, OFLAGS_CREAT)
}

/// The names in a directory, as the bytes that `fd_readdir` gives: entries, each before its name.
pub fn list(fd: Fd) -> Result<Vec<u8>, Errno> {
    let mut bytes = vec![0; 4096];
    // SAFETY: the buffer is as long as is said.
    let used = unsafe { wasi::fd_readdir(fd, bytes.as_mut_ptr(), bytes.len(), 0) }?;
    bytes.truncate(used);
    Ok(bytes)
}

pub fn stat(directory: Fd, path: &str) -> Result<wasi::Filestat, Errno> {
    // SAFETY: the path is a string that outlives the call.
    unsafe { wasi::path_filestat_get(directory, FOLLOW, path) }
}

/// Sets both times of a file to the epoch.
pub fn set_times(directory: Fd, path: &str) -> Result<(), Errno> {
    let both = wasi::FSTFLAGS_ATIM | wasi::FSTFLAGS_MTIM;
    // SAFETY: the path is a string that outlives the call.
    unsafe { wasi::path_filestat_set_times(directory, FOLLOW, path, 0, 0, both) }
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

pub fn rename(from: Fd, old: &str, to: Fd, new: &str) -> Result<(), Errno> {
    // SAFETY: the paths are strings that outlive the call.
    unsafe { wasi::path_rename(from, old, to, new) }
}

/// Makes a hard link; `lookup` says whether a symbolic link at the old path is followed.
pub fn hard_link(from: Fd, lookup: u32, old: &str, to: Fd, new: &str) -> Result<(), Errno> {
    // SAFETY: the paths are strings that outlive the call.
    unsafe { wasi::path_link(from, lookup, old, to, new) }
}

/// The absolute path of the directory outside, which the file `where.txt` tells.
pub fn outside() -> String {
    let path = contents_of(read(), "where.txt").expect("what is granted can be read");
    String::from_utf8(path).expect("the path is UTF-8")
}

/// Tells what was read, or why nothing was.
pub fn read_report(result: Result<Vec<u8>, Errno>) -> String {
    match result {
        Ok(bytes) => format!("read: {}", String::from_utf8_lossy(&bytes)),
        Err(errno) => errno.name().to_owned(),
    }
}

/// Tells whether something was done whose effect can be seen from outside.
pub fn report<T>(result: Result<T, Errno>) -> String {
    match result {
        Ok(_) => "done".to_owned(),
        Err(errno) => errno.name().to_owned(),
    }
}

/// Tells of something that is an escape if it succeeds at all.
pub fn must_fail<T>(what: &str, result: Result<T, Errno>) -> String {
    match result {
        Ok(_) => format!("ESCAPED: {what}"),
        Err(errno) => errno.name().to_owned(),
    }
}

/// Not an attempt: what was granted works, without which no attempt says anything.
pub fn control() -> String {
    let tried = [
        ("read", contents_of(read(), "file.txt").map(drop)),
        (
            "read in a subdirectory",
            contents_of(read(), "sub/file.txt").map(drop),
        ),
        ("write", create(write(), "control.txt").map(drop)),
        (
            "write in the other",
            create(other(), "control.txt").map(drop),
        ),
        (
            "read directly inside",
            contents_of(grant("/flat"), "file.txt").map(drop),
        ),
        (
            "write directly inside",
            create(grant("/flat-write"), "control.txt").map(drop),
        ),
    ];
    for (what, result) in tried {
        if let Err(errno) = result {
            return format!("{what}: {}", errno.name());
        }
    }
    "works".to_owned()
}
