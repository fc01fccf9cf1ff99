use std::io;

/// Why a call of preview 1 was refused, by the numbers of its specification.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u16)]
#[cfg_attr(
    windows,
    allow(dead_code, reason = "Windows has nothing for some of them")
)]
pub(super) enum Errno {
    Acces = 2,
    Again = 6,
    Badf = 8,
    Busy = 10,
    Dquot = 19,
    Exist = 20,
    Fault = 21,
    Fbig = 22,
    Ilseq = 25,
    Intr = 27,
    Inval = 28,
    Io = 29,
    Isdir = 31,
    Loop = 32,
    Mfile = 33,
    Mlink = 34,
    Nametoolong = 37,
    Nfile = 41,
    Noent = 44,
    Nomem = 48,
    Nospc = 51,
    Notdir = 54,
    Notempty = 55,
    Notsock = 57,
    Notsup = 58,
    Nxio = 60,
    Overflow = 61,
    Perm = 63,
    Pipe = 64,
    Rofs = 69,
    Spipe = 70,
    Stale = 72,
    Txtbsy = 74,
    Xdev = 75,
}

impl From<io::Error> for Errno {
    fn from(error: io::Error) -> Self {
        if let Some(errno) = error.raw_os_error().and_then(of_system) {
            return errno;
        }
        of_kind(error.kind())
    }
}

#[cfg(unix)]
fn of_system(number: i32) -> Option<Errno> {
    Some(match number {
        libc::EACCES => Errno::Acces,
        libc::EAGAIN => Errno::Again,
        libc::EBADF => Errno::Badf,
        libc::EBUSY => Errno::Busy,
        libc::EDQUOT => Errno::Dquot,
        libc::EEXIST => Errno::Exist,
        libc::EFBIG => Errno::Fbig,
        libc::EILSEQ => Errno::Ilseq,
        libc::EINTR => Errno::Intr,
        libc::EINVAL => Errno::Inval,
        libc::EIO => Errno::Io,
        libc::EISDIR => Errno::Isdir,
        libc::ELOOP => Errno::Loop,
        // The process's own limits are nothing that a guest could do something about.
        libc::EMFILE | libc::ENFILE => Errno::Nfile,
        libc::EMLINK => Errno::Mlink,
        libc::ENAMETOOLONG => Errno::Nametoolong,
        libc::ENOENT => Errno::Noent,
        libc::ENOMEM => Errno::Nomem,
        libc::ENOSPC => Errno::Nospc,
        libc::ENOTDIR => Errno::Notdir,
        libc::ENOTEMPTY => Errno::Notempty,
        libc::ENOTSUP => Errno::Notsup,
        libc::ENXIO => Errno::Nxio,
        libc::EOVERFLOW => Errno::Overflow,
        libc::EPERM => Errno::Perm,
        libc::EPIPE => Errno::Pipe,
        libc::EROFS => Errno::Rofs,
        libc::ESPIPE => Errno::Spipe,
        libc::ESTALE => Errno::Stale,
        libc::ETXTBSY => Errno::Txtbsy,
        // From `openat2`: the path leads out of the directory.
        libc::EXDEV => Errno::Perm,
        _ => return None,
    })
}

/// Those whose kind, as the standard library sorts them, says something else or nothing.
#[cfg(windows)]
fn of_system(number: i32) -> Option<Errno> {
    use windows_sys::Win32::Foundation::{
        ERROR_ACCESS_DENIED, ERROR_BUFFER_OVERFLOW, ERROR_BUSY, ERROR_CANT_RESOLVE_FILENAME,
        ERROR_DISK_QUOTA_EXCEEDED, ERROR_FILENAME_EXCED_RANGE, ERROR_INVALID_HANDLE,
        ERROR_INVALID_NAME, ERROR_LOCK_VIOLATION, ERROR_NEGATIVE_SEEK, ERROR_NOT_SAME_DEVICE,
        ERROR_PRIVILEGE_NOT_HELD, ERROR_SHARING_VIOLATION, ERROR_TOO_MANY_LINKS,
        ERROR_TOO_MANY_OPEN_FILES,
    };
    Some(match u32::try_from(number).ok()? {
        ERROR_ACCESS_DENIED => Errno::Acces,
        ERROR_BUFFER_OVERFLOW | ERROR_FILENAME_EXCED_RANGE => Errno::Nametoolong,
        ERROR_BUSY | ERROR_LOCK_VIOLATION | ERROR_SHARING_VIOLATION => Errno::Busy,
        ERROR_CANT_RESOLVE_FILENAME => Errno::Loop,
        ERROR_DISK_QUOTA_EXCEEDED => Errno::Dquot,
        ERROR_INVALID_HANDLE => Errno::Badf,
        // No file can have such a name.
        ERROR_INVALID_NAME => Errno::Noent,
        ERROR_NEGATIVE_SEEK => Errno::Inval,
        ERROR_NOT_SAME_DEVICE => Errno::Xdev,
        ERROR_PRIVILEGE_NOT_HELD => Errno::Perm,
        ERROR_TOO_MANY_LINKS => Errno::Mlink,
        ERROR_TOO_MANY_OPEN_FILES => Errno::Nfile,
        _ => return None,
    })
}

/// Errors that no system call gave, such as that a path leads out of its directory, and those
/// that are told by their kind.
fn of_kind(kind: io::ErrorKind) -> Errno {
    use io::ErrorKind;
    match kind {
        ErrorKind::NotFound => Errno::Noent,
        ErrorKind::PermissionDenied => Errno::Perm,
        ErrorKind::AlreadyExists => Errno::Exist,
        ErrorKind::InvalidInput | ErrorKind::InvalidData => Errno::Inval,
        ErrorKind::WouldBlock => Errno::Again,
        ErrorKind::Interrupted => Errno::Intr,
        ErrorKind::BrokenPipe => Errno::Pipe,
        ErrorKind::Unsupported => Errno::Notsup,
        ErrorKind::OutOfMemory => Errno::Nomem,
        ErrorKind::NotADirectory => Errno::Notdir,
        ErrorKind::IsADirectory => Errno::Isdir,
        ErrorKind::DirectoryNotEmpty => Errno::Notempty,
        ErrorKind::StorageFull => Errno::Nospc,
        ErrorKind::ReadOnlyFilesystem => Errno::Rofs,
        ErrorKind::FileTooLarge => Errno::Fbig,
        _ => Errno::Io,
    }
}
