use cap_fs_ext::DirEntryExt;
use cap_std::fs::Dir;

use super::errno::Errno;
use super::memory::GuestMemory;
use super::stat::{FileType, identity};

/// The most entries that a guest can list of one directory.
const MAX_ENTRIES: usize = 100_000;

/// Bytes of an entry before its name.
const HEAD_BYTES: usize = 24;

/// A directory's entries, as they were when the guest began to list them.
pub(super) struct Listing(Vec<Entry>);

struct Entry {
    name: String,
    identity: u64,
    file_type: FileType,
}

impl Listing {
    pub(super) fn of(dir: &Dir) -> Result<Self, Errno> {
        let own = identity(&dir.dir_metadata()?);
        let special = |name: &str| Entry {
            name: name.into(),
            identity: own,
            file_type: FileType::Directory,
        };
        let mut entries = vec![special("."), special("..")];
        for entry in dir.entries()? {
            let entry = entry?;
            // Names that are no text cannot be said in preview 1.
            let Ok(name) = entry.file_name().into_string() else {
                continue;
            };
            if entries.len() >= MAX_ENTRIES {
                return Err(Errno::Overflow);
            }
            // Gone in the meantime: listed as what it was, as it would have been a moment earlier.
            let identity = entry.full_metadata().map_or(0, |found| identity(&found));
            entries.push(Entry {
                name,
                identity,
                file_type: FileType::from(entry.file_type()?),
            });
        }
        Ok(Self(entries))
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
        for (number, entry) in (1_u64..).zip(&self.0).skip(skipped) {
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
