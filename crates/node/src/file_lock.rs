use std::fs::{File, OpenOptions, TryLockError};

use napi::{Error, Result};
use napi_derive::napi;

/// A lock that one holder at a time has, in whatever process. The system gives it back when the
/// process ends, however it does, so that there is nothing stale to be found.
#[napi]
pub struct FileLock {
    file: Option<File>,
}

/// The lock on a file, unless somebody has it. The file is made if it is not there, and stays.
/// Does not wait. Its directory is the caller's to check.
#[napi(catch_unwind)]
pub fn try_lock_file(path: String) -> Result<Option<FileLock>> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(path)?;
    match file.try_lock() {
        Ok(()) => Ok(Some(FileLock { file: Some(file) })),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(Error::from(error)),
    }
}

#[napi]
impl FileLock {
    /// Gives the lock back. Idempotent.
    #[napi(catch_unwind)]
    pub fn release(&mut self) {
        self.file = None;
    }
}
