use cap_fs_ext::MetadataExt;
use cap_std::fs::{Dir, DirEntry};

use super::errno::Errno;
use super::memory::GuestMemory;
use super::stat::{FileType, identity};

/// The most entries that a guest can list of one directory.
const MAX_ENTRIES: usize = 100_000;

/// Bytes of an entry before its name.
const HEAD_BYTES: usize = 24;

/// A directory's entries, as they were when the guest began to list them.
pub(super) struct Listing {
    entries: Vec<Entry>,
    bytes: usize,
}

struct Entry {
    name: String,
    identity: u64,
    file_type: FileType,
}

impl Listing {
    /// Lists a directory, in at most `room` bytes.
    pub(super) fn of(dir: &Dir, room: usize) -> Result<Self, Errno> {
        let found = dir.dir_metadata()?;
        let (device, own) = (found.dev(), identity(found.dev(), found.ino()));
        let special = |name: &str| Entry {
            name: name.into(),
            identity: own,
            file_type: FileType::Directory,
        };
        let mut entries = vec![special("."), special("..")];
        let mut bytes = 0;
        for entry in dir.entries()? {
            let entry = entry?;
            // Names that are no text cannot be said in preview 1.
            let Ok(name) = entry.file_name().into_string() else {
                continue;
            };
            if entries.len() >= MAX_ENTRIES {
                return Err(Errno::Overflow);
            }
            bytes += size_of::<Entry>() + name.len();
            if bytes > room {
                return Err(Errno::Nomem);
            }
            entries.push(Entry {
                name,
                identity: identity_of(&entry, device),
                file_type: FileType::from(entry.file_type()?),
            });
        }
        Ok(Self { entries, bytes })
    }

    /// How much of the host's memory it takes.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Writes the entries from number `cookie` on, as many as there is room for; the last one may
    /// be cut short. Returns the bytes written: fewer than there is room for at the end.
    pub(super) fn write(
        &self,
        memory: &mut GuestMemory<'_>,
        ptr: u32,
        len: u32,
        cookie: u64,
    ) -> Result<u32, Errno> {
        let buffer = memory.bytes_mut(ptr, len)?;
        let skipped = usize::try_from(cookie).unwrap_or(usize::MAX);
        let mut written = 0;
        for (number, entry) in (1_u64..).zip(&self.entries).skip(skipped) {
            let mut head = [0; HEAD_BYTES];
            let name_len = u32::try_from(entry.name.len()).map_err(|_| Errno::Overflow)?;
            let fields = number
                .to_le_bytes()
                .into_iter()
                .chain(entry.identity.to_le_bytes())
                .chain(name_len.to_le_bytes())
                .chain([entry.file_type as u8]);
            for (to, from) in head.iter_mut().zip(fields) {
                *to = from;
            }
            let bytes = head.iter().chain(entry.name.as_bytes());
            let room = buffer.get_mut(written..).unwrap_or_default();
            let count = room
                .iter_mut()
                .zip(bytes)
                .map(|(to, from)| *to = *from)
                .count();
            written += count;
            if count < HEAD_BYTES + entry.name.len() {
                break;
            }
        }
        u32::try_from(written).map_err(|_| Errno::Overflow)
    }
}

/// By the directory alone: to look at each file would take ten times as long.
#[cfg(unix)]
fn identity_of(entry: &DirEntry, device: u64) -> u64 {
    use std::os::unix::fs::DirEntryExt;
    identity(device, entry.ino())
}

#[cfg(not(unix))]
fn identity_of(entry: &DirEntry, _: u64) -> u64 {
    use cap_fs_ext::DirEntryExt;
    let found = entry.full_metadata();
    // Gone in the meantime: listed as what it was, as it would have been a moment earlier.
    found.map_or(0, |found| identity(found.dev(), found.ino()))
}
