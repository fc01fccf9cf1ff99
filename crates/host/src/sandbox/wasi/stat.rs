use std::hash::{BuildHasher, RandomState};
use std::sync::LazyLock;
use std::time::UNIX_EPOCH;

use cap_fs_ext::MetadataExt;
use cap_std::fs::Metadata;

use super::errno::Errno;
use super::memory::GuestMemory;

/// Types of files, by the numbers of the specification.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum FileType {
    Unknown = 0,
    CharacterDevice = 2,
    Directory = 3,
    RegularFile = 4,
    SymbolicLink = 7,
}

impl From<cap_std::fs::FileType> for FileType {
    fn from(file_type: cap_std::fs::FileType) -> Self {
        if file_type.is_file() {
            Self::RegularFile
        } else if file_type.is_dir() {
            Self::Directory
        } else if file_type.is_symlink() {
            Self::SymbolicLink
        } else {
            Self::Unknown
        }
    }
}

/// Tells a file from others, without saying where it is: the same for the life of the process.
pub(super) fn identity(device: u64, file: u64) -> u64 {
    static HASHER: LazyLock<RandomState> = LazyLock::new(RandomState::new);
    HASHER.hash_one((device, file))
}

/// Writes what is known of a file.
pub(super) fn write(memory: &mut GuestMemory<'_>, ptr: u32, found: &Metadata) -> Result<(), Errno> {
    let nanos = |time: std::io::Result<cap_std::time::SystemTime>| {
        let time = time.map(cap_std::time::SystemTime::into_std).ok();
        let since = time.and_then(|time| time.duration_since(UNIX_EPOCH).ok());
        since.map_or(0, |since| {
            u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
        })
    };
    let words = [
        // One device: names of the host's are nothing that a guest needs.
        1,
        identity(found.dev(), found.ino()),
        FileType::from(found.file_type()) as u64,
        found.nlink(),
        found.len(),
        nanos(found.accessed()),
        nanos(found.modified()),
        nanos(found.modified()),
    ];
    write_words(memory, ptr, words)
}

/// Writes what there is to know of a standard stream.
pub(super) fn write_stream(
    memory: &mut GuestMemory<'_>,
    ptr: u32,
    file_type: FileType,
) -> Result<(), Errno> {
    write_words(memory, ptr, [0, 0, file_type as u64, 0, 0, 0, 0, 0])
}

fn write_words(memory: &mut GuestMemory<'_>, ptr: u32, words: [u64; 8]) -> Result<(), Errno> {
    let mut bytes = [0; 64];
    for (to, from) in bytes.chunks_exact_mut(8).zip(words) {
        to.copy_from_slice(&from.to_le_bytes());
    }
    memory.write(ptr, &bytes)
}
