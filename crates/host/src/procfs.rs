//! Linux's own view of processes. A file there can be the memory of this process: whoever may write it is
//! in no sandbox, and whoever may read it sees what no grant gives. So nobody gets to it, also where a
//! directory was granted that has it in it.

use std::io;

/// Refuses what is open where it is of the file system of processes.
#[cfg(any(target_os = "linux", target_os = "android"))]
pub(crate) fn refuse(open: impl std::os::fd::AsFd) -> io::Result<()> {
    use rustix::fs::{PROC_SUPER_MAGIC, fstatfs};

    if fstatfs(open)?.f_type == PROC_SUPER_MAGIC {
        let message = "the system's files on processes are granted to no plugin";
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, message));
    }
    Ok(())
}

/// Nothing of the kind there.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
pub(crate) fn refuse<T>(_open: T) -> io::Result<()> {
    Ok(())
}
