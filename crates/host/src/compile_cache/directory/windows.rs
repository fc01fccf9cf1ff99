use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind};
use std::os::windows::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use super::{Access, Listed, OpenFile, Opened, Refusal};
use crate::compile_cache::CacheUnusable;

/// `FILE_FLAG_OPEN_REPARSE_POINT`: a link is opened itself rather than followed.
const OPEN_REPARSE_POINT: u32 = 0x0020_0000;

/// `FILE_GENERIC_READ | FILE_GENERIC_EXECUTE`, which mapping code asks for, and
/// `FILE_WRITE_ATTRIBUTES`, to say when it was used.
const READ_AND_EXECUTE: u32 = 0x0012_0089 | 0x0012_00A0 | 0x0100;

/// The cache's directory. Who may write to it is left to its access control list: below a user's
/// profile, nobody but the user and administrators may.
pub(in crate::compile_cache) struct Directory(PathBuf);

impl Directory {
    /// Opens a directory, or makes it, with those above it that are missing.
    pub(in crate::compile_cache) fn open(path: &Path) -> Result<Self, CacheUnusable> {
        fs::create_dir_all(path)
            .and_then(|()| path.canonicalize())
            .map(Self)
            .map_err(|error| CacheUnusable::Inaccessible {
                reason: error.to_string(),
            })
    }

    /// Opens a regular file for reading. Follows no links.
    pub(in crate::compile_cache) fn open_file(
        &self,
        name: &str,
        _access: Access,
    ) -> io::Result<Opened> {
        let opened = OpenOptions::new()
            .access_mode(READ_AND_EXECUTE)
            .custom_flags(OPEN_REPARSE_POINT)
            .open(self.0.join(name));
        let file = match opened {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Opened::Missing),
            // A directory, among others.
            Err(error) if error.kind() == ErrorKind::PermissionDenied => {
                return Ok(Opened::Refused(Refusal::Unsafe));
            }
            Err(error) => return Err(error),
        };
        let metadata = file.metadata()?;
        if !metadata.is_file() {
            return Ok(Opened::Refused(Refusal::Unsafe));
        }
        Ok(Opened::File(OpenFile {
            bytes: metadata.len(),
            modified: metadata.modified()?,
            file,
        }))
    }

    /// The files and whatever else has a name here, in no order.
    pub(in crate::compile_cache) fn files(&self) -> io::Result<Vec<Listed>> {
        let mut files = Vec::new();
        for entry in fs::read_dir(&self.0)? {
            let entry = entry?;
            let Ok(name) = entry.file_name().into_string() else {
                continue;
            };
            let metadata = entry.metadata()?;
            files.push(Listed {
                name,
                bytes: metadata.len(),
                modified: metadata.modified()?,
            });
        }
        Ok(files)
    }

    /// Deletes what is under a name: links themselves, and directories too if they are empty.
    /// Nothing to do where nothing is.
    pub(in crate::compile_cache) fn remove(&self, name: &str) -> io::Result<()> {
        let path = self.0.join(name);
        match fs::remove_file(&path).or_else(|error| match error.kind() {
            ErrorKind::NotFound => Ok(()),
            _ => fs::remove_dir(&path).map_err(|_| error),
        }) {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
            removed => removed,
        }
    }

    pub(super) fn create(&self, name: &str) -> io::Result<File> {
        File::create_new(self.0.join(name))
    }

    /// Nothing to do: a file that is marked so could not be deleted.
    pub(super) fn make_read_only(_file: &File) -> io::Result<()> {
        Ok(())
    }

    pub(super) fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        fs::rename(self.0.join(from), self.0.join(to))
    }

    /// Renames unless the new name is taken; returns whether it did.
    pub(super) fn rename_new(&self, from: &str, to: &str) -> io::Result<bool> {
        // The other name goes when the temporary file is dropped.
        match fs::hard_link(self.0.join(from), self.0.join(to)) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(false),
            Err(error) => Err(error),
        }
    }
}
