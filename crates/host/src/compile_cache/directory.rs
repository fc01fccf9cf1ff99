//! The cache's directory and the files in it: who owns them, who may write to them, and how they
//! appear whole. What differs from system to system is below.

#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

use std::fs::File;
use std::io::{self, Write};
use std::time::SystemTime;

#[cfg(unix)]
pub(super) use unix::Directory;
#[cfg(windows)]
pub(super) use windows::Directory;

/// Names of files that are being written.
const TEMPORARY: &str = "tmp-";

/// A regular file of the directory, open for reading. What is checked is what is read.
pub(super) struct OpenFile {
    pub(super) file: File,
    pub(super) bytes: u64,
    pub(super) modified: SystemTime,
}

/// What is under a name.
pub(super) enum Opened {
    Missing,
    File(OpenFile),
    /// Something that others could have made or changed, or no regular file.
    Refused(Refusal),
}

/// Why a file is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refusal {
    /// It belongs to another user.
    #[cfg_attr(windows, allow(dead_code, reason = "a profile is its user's"))]
    Foreign,
    /// It has other names, maybe where others can reach it.
    #[cfg_attr(windows, allow(dead_code, reason = "a profile is its user's"))]
    Linked,
    /// Others may write to it, or read what is private; or it is no regular file.
    Unsafe,
}

/// Who may do what with a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Access {
    /// Nobody else may write to it.
    Entry,
    /// Nobody else may read it either.
    Private,
}

/// A file in the directory's list.
#[derive(Debug, Clone)]
pub(super) struct Listed {
    pub(super) name: String,
    pub(super) bytes: u64,
    pub(super) modified: SystemTime,
}

/// A whole file that has no name that anybody looks for yet. Deleted unless it gets one.
pub(super) struct Temporary<'a> {
    directory: &'a Directory,
    name: String,
}

impl Directory {
    /// Writes these parts, one after the other, to a file that others cannot read, and nobody can
    /// write to afterwards. It is not forced to the disk: what a power failure leaves of it fails
    /// authentication.
    pub(super) fn write_temporary(&self, parts: &[&[u8]]) -> io::Result<Temporary<'_>> {
        let mut random = [0; 16];
        getrandom::fill(&mut random).map_err(io::Error::other)?;
        let name = format!("{TEMPORARY}{:032x}", u128::from_le_bytes(random));
        let mut file = self.create(&name)?;
        // From here on it is deleted if something fails.
        let temporary = Temporary {
            directory: self,
            name,
        };
        for part in parts {
            file.write_all(part)?;
        }
        Self::make_read_only(&file)?;
        Ok(temporary)
    }

    pub(super) fn is_temporary(name: &str) -> bool {
        name.starts_with(TEMPORARY)
    }
}

impl Temporary<'_> {
    /// Gives the file a name, taking it from what has it.
    pub(super) fn replace(self, name: &str) -> io::Result<()> {
        self.directory.rename(&self.name, name)
    }

    /// Gives the file a name unless something has it; returns whether it got it.
    pub(super) fn put(self, name: &str) -> io::Result<bool> {
        self.directory.rename_new(&self.name, name)
    }
}

impl Drop for Temporary<'_> {
    fn drop(&mut self) {
        // Not there when it was renamed.
        let _ = self.directory.remove(&self.name);
    }
}
