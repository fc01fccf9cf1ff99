use std::fs::{DirBuilder, File};
use std::io::{self, ErrorKind};
use std::os::fd::OwnedFd;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::Path;
use std::time::{Duration, SystemTime};

use rustix::fs::{AtFlags, CWD, Dir, FileType, Mode, OFlags};
use rustix::io::Errno;

use super::{Access, Listed, OpenFile, Opened, Refusal};
use crate::compile_cache::CacheUnusable;

/// How often a file is opened again that was replaced while it was looked at.
const ATTEMPTS: u32 = 8;

/// The cache's directory, held by descriptor: what is done to its path later changes nothing.
pub(in crate::compile_cache) struct Directory(OwnedFd);

impl Directory {
    /// Opens a directory, or makes it, with those above it that are missing, for its user alone.
    pub(in crate::compile_cache) fn open(path: &Path) -> Result<Self, CacheUnusable> {
        let made = DirBuilder::new().recursive(true).mode(0o700).create(path);
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let directory = rustix::fs::openat(CWD, path, flags, Mode::empty())
            // Where it could not be made, that is the reason.
            .map_err(|error| inaccessible(&made.err().unwrap_or_else(|| error.into())))?;
        let directory = File::from(directory);
        let metadata = directory.metadata().map_err(|error| inaccessible(&error))?;
        if metadata.uid() != effective_user() {
            return Err(CacheUnusable::ForeignDirectory);
        }
        if metadata.mode() & 0o022 != 0 {
            return Err(CacheUnusable::SharedDirectory);
        }
        if allows_no_code(&directory) {
            return Err(CacheUnusable::NoCode);
        }
        Ok(Self(directory.into()))
    }

    /// Opens a file for reading if nobody else can have made or changed it. Follows no links, and
    /// waits for nobody.
    pub(in crate::compile_cache) fn open_file(
        &self,
        name: &str,
        access: Access,
    ) -> io::Result<Opened> {
        // Without NONBLOCK, opening a FIFO would wait for a writer.
        let flags =
            OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
        for _ in 0..ATTEMPTS {
            let file = match rustix::fs::openat(&self.0, name, flags, Mode::empty()) {
                Ok(file) => File::from(file),
                Err(Errno::NOENT) => return Ok(Opened::Missing),
                // A symbolic link (by either name), a socket, or not to be read.
                Err(
                    Errno::LOOP | Errno::MLINK | Errno::NXIO | Errno::OPNOTSUPP | Errno::ACCESS,
                ) => {
                    return Ok(Opened::Refused(self.who_made(name)));
                }
                Err(error) => return Err(error.into()),
            };
            let metadata = file.metadata()?;
            if metadata.nlink() == 0 {
                // Replaced or deleted since it was opened.
                continue;
            }
            let forbidden = match access {
                Access::Entry => 0o022,
                Access::Private => 0o077,
            };
            let refusal = if metadata.uid() != effective_user() {
                Refusal::Foreign
            } else if !metadata.is_file() || metadata.mode() & forbidden != 0 {
                Refusal::Unsafe
            } else if metadata.nlink() != 1 {
                Refusal::Linked
            } else {
                return Ok(Opened::File(OpenFile {
                    bytes: metadata.len(),
                    modified: metadata.modified()?,
                    file,
                }));
            };
            return Ok(Opened::Refused(refusal));
        }
        Ok(Opened::Missing)
    }

    /// Why something is refused that cannot be opened.
    fn who_made(&self, name: &str) -> Refusal {
        match rustix::fs::statat(&self.0, name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(stat) if stat.st_uid != effective_user() => Refusal::Foreign,
            _ => Refusal::Unsafe,
        }
    }

    /// The files and whatever else has a name here, in no order.
    pub(in crate::compile_cache) fn files(&self) -> io::Result<Vec<Listed>> {
        let mut files = Vec::new();
        for entry in Dir::read_from(&self.0)? {
            let entry = entry?;
            let Ok(name) = entry.file_name().to_str() else {
                continue;
            };
            if name == "." || name == ".." {
                continue;
            }
            let stat = match rustix::fs::statat(&self.0, name, AtFlags::SYMLINK_NOFOLLOW) {
                Ok(stat) => stat,
                // Deleted since.
                Err(Errno::NOENT) => continue,
                Err(error) => return Err(error.into()),
            };
            let seconds = u64::try_from(stat.st_mtime).unwrap_or(0);
            #[allow(
                clippy::unnecessary_cast,
                reason = "another type on other systems; always below a billion"
            )]
            let nanoseconds = stat.st_mtime_nsec as u32;
            files.push(Listed {
                name: name.to_owned(),
                bytes: u64::try_from(stat.st_size).unwrap_or(0),
                modified: SystemTime::UNIX_EPOCH + Duration::new(seconds, nanoseconds),
            });
        }
        Ok(files)
    }

    /// Deletes what is under a name: links themselves, and directories too if they are empty.
    /// Nothing to do where nothing is.
    pub(in crate::compile_cache) fn remove(&self, name: &str) -> io::Result<()> {
        let stat = rustix::fs::statat(&self.0, name, AtFlags::SYMLINK_NOFOLLOW);
        let is_directory =
            stat.is_ok_and(|stat| FileType::from_raw_mode(stat.st_mode) == FileType::Directory);
        let flags = if is_directory {
            AtFlags::REMOVEDIR
        } else {
            AtFlags::empty()
        };
        match rustix::fs::unlinkat(&self.0, name, flags) {
            Ok(()) | Err(Errno::NOENT) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// A new file for its user alone.
    pub(super) fn create(&self, name: &str) -> io::Result<File> {
        let flags =
            OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let mode = Mode::RUSR | Mode::WUSR;
        Ok(rustix::fs::openat(&self.0, name, flags, mode)?.into())
    }

    pub(super) fn make_read_only(file: &File) -> io::Result<()> {
        Ok(rustix::fs::fchmod(file, Mode::RUSR)?)
    }

    pub(super) fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        Ok(rustix::fs::renameat(&self.0, from, &self.0, to)?)
    }

    /// Renames unless the new name is taken; returns whether it did.
    pub(super) fn rename_new(&self, from: &str, to: &str) -> io::Result<bool> {
        #[cfg(any(target_os = "linux", target_os = "android", target_vendor = "apple"))]
        {
            let flags = rustix::fs::RenameFlags::NOREPLACE;
            match rustix::fs::renameat_with(&self.0, from, &self.0, to, flags) {
                Ok(()) => return Ok(true),
                Err(Errno::EXIST) => return Ok(false),
                // File systems that do not know of it.
                Err(Errno::INVAL | Errno::NOSYS | Errno::NOTSUP) => {}
                Err(error) => return Err(error.into()),
            }
        }
        // The other name goes when the temporary file is dropped.
        let linked = rustix::fs::linkat(&self.0, from, &self.0, to, AtFlags::empty());
        match linked.map_err(io::Error::from) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(false),
            Err(error) => Err(error),
        }
    }
}

/// Whether code in this directory cannot be mapped: each entry would fail to be, and be written
/// again, at every load.
#[cfg(target_os = "linux")]
fn allows_no_code(directory: &File) -> bool {
    use rustix::fs::StatVfsMountFlags;
    rustix::fs::fstatvfs(directory)
        .is_ok_and(|system| system.f_flag.contains(StatVfsMountFlags::NOEXEC))
}

/// Elsewhere, mounting says nothing of what may be mapped.
#[cfg(not(target_os = "linux"))]
fn allows_no_code(_directory: &File) -> bool {
    false
}

fn inaccessible(error: &io::Error) -> CacheUnusable {
    CacheUnusable::Inaccessible {
        reason: error.to_string(),
    }
}

/// The user whose rights this process has.
#[allow(
    unsafe_code,
    reason = "there is no safe name for it in the crates that wasmtime uses"
)]
fn effective_user() -> u32 {
    // SAFETY: it takes nothing, touches no memory of this process and cannot fail.
    unsafe { libc::geteuid() }
}
