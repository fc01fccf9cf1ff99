//! Which directories a path leads through, whatever they are called: names differ by case, by Unicode
//! form, by links and by mounts, and lead to the same directory all the same.

use std::io;
use std::path::Path;

use cap_fs_ext::MetadataExt;
use cap_std::fs::Dir;

/// A directory or file, for as long as it is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Identity {
    device: u64,
    file: u64,
}

impl Identity {
    /// The identity of an open directory.
    pub(crate) fn of(dir: &Dir) -> io::Result<Self> {
        dir.dir_metadata().map(|found| Self::new(&found))
    }

    /// Of what a path leads to now, if that can be said.
    pub(crate) fn at(path: &Path) -> Option<Self> {
        #[cfg(unix)]
        return std::fs::metadata(path).ok().map(|found| Self::new(&found));
        // Only what is open has an identity there.
        #[cfg(windows)]
        return Dir::open_ambient_dir(path, cap_std::ambient_authority())
            .and_then(|dir| Self::of(&dir))
            .ok();
    }

    fn new(found: &impl MetadataExt) -> Self {
        Self {
            device: found.dev(),
            file: found.ino(),
        }
    }
}

/// A place, and all that it lies in: itself first, the root last. What is not there has no identity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Lineage(Vec<Option<Identity>>);

impl Lineage {
    /// Of a directory that was opened through these, the root first.
    pub(crate) fn of_opened(through: Vec<Identity>) -> Self {
        Self(through.into_iter().rev().map(Some).collect())
    }

    /// Of an absolute path, links followed. Where it is not there, of as much of it as is.
    pub(crate) fn of_path(path: &Path) -> Self {
        Self(path.ancestors().map(Identity::at).collect())
    }

    /// How many directories below `other` this is: 0 where both are the same.
    pub(crate) fn depth_in(&self, other: &Self) -> Option<usize> {
        let other = (*other.0.first()?)?;
        self.0.iter().position(|own| *own == Some(other))
    }

    /// Whether both are of the same directory, or of none.
    pub(crate) fn is_same_place(&self, other: &Self) -> bool {
        self.0.first() == other.0.first()
    }
}
