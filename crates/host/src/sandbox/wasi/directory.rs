use std::path::{Component, Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use cap_fs_ext::{
    DirExt, FollowSymlinks, OpenOptionsFollowExt, OpenOptionsSyncExt, SystemTimeSpec,
};
use cap_std::fs::{Dir, Metadata, OpenOptions};

use crate::grant::{Root, Scope};
use crate::procfs;

use super::descriptor::Descriptor;
use super::errno::Errno;
use super::file::OpenFile;
use super::held::Held;
use super::listing::Listing;

/// Links that are followed one after the other before the path is taken for a loop, as on Linux.
const MAX_LINKS: usize = 40;

/// A directory of a guest's: a granted one, or one below it.
pub(super) struct OpenDirectory {
    dir: Arc<Dir>,
    root: Arc<Root>,
    /// Whether this is the granted directory itself.
    is_root: bool,
    /// Whether the guest was given it, rather than opened it.
    is_given: bool,
    /// What a guest that lists it has begun to see.
    pub(super) listing: Option<Listing>,
    /// Absent for one that the guest was given, which its executions share.
    _held: Option<Held>,
}

/// What an operation does with what a path leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Access {
    Read,
    Write,
}

/// How a guest wants something opened.
#[derive(Debug, Clone, Copy)]
pub(super) struct Open {
    pub(super) follow: bool,
    pub(super) directory: bool,
    pub(super) create: bool,
    pub(super) exclusive: bool,
    pub(super) truncate: bool,
    pub(super) append: bool,
    pub(super) read: bool,
    pub(super) write: bool,
}

impl Open {
    /// Whether opening changes something, or what is opened can then be changed.
    fn changes(self) -> bool {
        self.write || self.create || self.truncate
    }
}

/// Times to be set: each unchanged, or a point in time.
#[derive(Debug, Clone, Copy)]
pub(super) struct Times {
    pub(super) accessed: Option<SystemTime>,
    pub(super) modified: Option<SystemTime>,
}

/// What a path leads to, where the grant allows to go there.
struct Place<'a> {
    dir: &'a Dir,
    path: PathBuf,
    follow: FollowSymlinks,
}

impl OpenDirectory {
    /// A directory that the guest is given.
    pub(super) fn granted(root: Arc<Root>) -> Self {
        Self {
            dir: root.dir.clone(),
            root,
            is_root: true,
            is_given: true,
            listing: None,
            _held: None,
        }
    }

    /// Where the guest finds it, if it was given.
    pub(super) fn guest_path(&self) -> Option<&str> {
        self.is_given.then_some(&*self.root.guest_path)
    }

    /// Whether anything directly in it may be written.
    pub(super) fn is_writable(&self) -> bool {
        match self.root.write {
            Some(Scope::Tree) => true,
            Some(Scope::Entries) => self.is_root,
            None => false,
        }
    }

    pub(super) fn metadata(&self) -> Result<Metadata, Errno> {
        Ok(self.dir.dir_metadata()?)
    }

    /// Lists it, in at most this many bytes of the host's.
    pub(super) fn list(&self, room: usize) -> Result<Listing, Errno> {
        Listing::of(&self.dir, room)
    }

    pub(super) fn open(&self, path: &str, open: Open) -> Result<Descriptor, Errno> {
        let changes = open.changes();
        let access = if changes { Access::Write } else { Access::Read };
        let place = self.place(path, access, open.follow)?;
        // Looked at before it is opened: opening alone does something to a FIFO or a device.
        match place.metadata() {
            Ok(found) if open.create && open.exclusive && !found.is_dir() => Err(Errno::Exist),
            Ok(found) if found.is_dir() => match (open.create && open.exclusive, changes) {
                (true, _) => Err(Errno::Exist),
                (false, true) => Err(Errno::Isdir),
                (false, false) => self.open_directory(&place).map(Descriptor::Directory),
            },
            Ok(_) if open.directory => Err(Errno::Notdir),
            Ok(found) if found.is_symlink() => Err(Errno::Loop),
            Ok(found) if found.is_file() => self.open_file(&place, open).map(Descriptor::File),
            Ok(_) => Err(Errno::Perm),
            Err(Errno::Noent) if open.create && !open.directory => {
                self.open_file(&place, open).map(Descriptor::File)
            }
            Err(error) => Err(error),
        }
    }

    fn open_file(&self, place: &Place<'_>, open: Open) -> Result<OpenFile, Errno> {
        let held = Held::take()?;
        let mut options = OpenOptions::new();
        options
            .read(open.read || !open.write)
            .write(open.changes())
            .create(open.create)
            .create_new(open.create && open.exclusive)
            .truncate(open.truncate)
            .follow(place.follow)
            // What took the file's place since it was looked at must not hold up this thread.
            .nonblock(true);
        let file = place.dir.open_with(&place.path, &options)?.into_std();
        if !file.metadata()?.is_file() || procfs::refuse(&file).is_err() {
            return Err(Errno::Perm);
        }
        OpenFile::new(file, held, open, self.may_change(open))
    }

    /// Whether a file that was opened like this is one that may be written. What was opened to be
    /// read may lie deeper than writing goes.
    fn may_change(&self, open: Open) -> bool {
        self.is_writable() && (open.changes() || self.root.write == Some(self.root.read))
    }

    fn open_directory(&self, place: &Place<'_>) -> Result<Self, Errno> {
        let is_same = place
            .path
            .components()
            .all(|part| part == Component::CurDir);
        if self.root.read == Scope::Entries && !is_same {
            return Err(Errno::Perm);
        }
        let held = Held::take()?;
        let dir = match place.follow {
            FollowSymlinks::Yes => place.dir.open_dir(&place.path)?,
            FollowSymlinks::No => place.dir.open_dir_nofollow(&place.path)?,
        };
        procfs::refuse(&dir).map_err(|_| Errno::Perm)?;
        Ok(Self {
            dir: Arc::new(dir),
            root: self.root.clone(),
            is_root: self.is_root && is_same,
            is_given: false,
            listing: None,
            _held: Some(held),
        })
    }

    pub(super) fn stat(&self, path: &str, follow: bool) -> Result<Metadata, Errno> {
        self.place(path, Access::Read, follow)?.metadata()
    }

    pub(super) fn set_times(&self, path: &str, follow: bool, times: Times) -> Result<(), Errno> {
        let place = self.place(path, Access::Write, follow)?;
        let spec = |time: Option<SystemTime>| {
            time.map(|time| SystemTimeSpec::Absolute(cap_std::time::SystemTime::from_std(time)))
        };
        let (accessed, modified) = (spec(times.accessed), spec(times.modified));
        match place.follow {
            FollowSymlinks::Yes => place.dir.set_times(&place.path, accessed, modified)?,
            FollowSymlinks::No => place
                .dir
                .set_symlink_times(&place.path, accessed, modified)?,
        }
        Ok(())
    }

    pub(super) fn create_directory(&self, path: &str) -> Result<(), Errno> {
        let place = self.place(path, Access::Write, false)?;
        Ok(place.dir.create_dir(&place.path)?)
    }

    pub(super) fn remove_directory(&self, path: &str) -> Result<(), Errno> {
        let place = self.place(path, Access::Write, false)?;
        Ok(place.dir.remove_dir(&place.path)?)
    }

    pub(super) fn unlink(&self, path: &str) -> Result<(), Errno> {
        let place = self.place(path, Access::Write, false)?;
        if path.ends_with('/') {
            return Err(Errno::Notdir);
        }
        Ok(place.dir.remove_file_or_symlink(&place.path)?)
    }

    pub(super) fn rename(&self, from: &str, other: &Self, to: &str) -> Result<(), Errno> {
        let source = self.place(from, Access::Write, false)?;
        let target = other.place(to, Access::Write, false)?;
        self.check_same_grant(other)?;
        Ok(source.dir.rename(&source.path, target.dir, &target.path)?)
    }

    pub(super) fn link(&self, from: &str, other: &Self, to: &str) -> Result<(), Errno> {
        let source = self.place(from, Access::Write, false)?;
        let target = other.place(to, Access::Write, false)?;
        self.check_same_grant(other)?;
        Ok(source
            .dir
            .hard_link(&source.path, target.dir, &target.path)?)
    }

    /// Makes a symbolic link. One that leads out of this directory from where it is made is refused:
    /// this host would not follow it, but other programs would. Where it leads once it has been
    /// moved is not known here.
    pub(super) fn symlink(&self, to: &str, path: &str) -> Result<(), Errno> {
        let place = self.place(path, Access::Write, false)?;
        if to.is_empty() {
            return Err(Errno::Noent);
        }
        let to = Path::new(to);
        let parts = || to.components().filter(|part| *part != Component::CurDir);
        let parents = parts().take_while(|part| *part == Component::ParentDir);
        let parents = parents.count();
        // A name may be a link's, whose parent may be anywhere.
        let mut rest = parts().skip(parents);
        if !rest.all(|part| matches!(part, Component::Normal(_))) {
            return Err(Errno::Perm);
        }
        if parents > 0 && parents > place.depth()? {
            return Err(Errno::Perm);
        }
        Ok(DirExt::symlink(place.dir, to, &place.path)?)
    }

    /// Where a symbolic link leads. An absolute one says something of the host's file system, and
    /// is refused.
    pub(super) fn read_link(&self, path: &str) -> Result<String, Errno> {
        let place = self.place(path, Access::Read, false)?;
        let target = place.dir.read_link(&place.path)?;
        target
            .into_os_string()
            .into_string()
            .map_err(|_| Errno::Ilseq)
    }

    /// Between two grants nothing is moved or linked: what one of them allows, the other may not.
    fn check_same_grant(&self, other: &Self) -> Result<(), Errno> {
        if Arc::ptr_eq(&self.root, &other.root) {
            Ok(())
        } else {
            Err(Errno::Xdev)
        }
    }

    /// Where a path leads, if the grant allows this access there. The directory's own walk refuses
    /// what leads out of it, by links too.
    fn place(&self, path: &str, access: Access, follow: bool) -> Result<Place<'_>, Errno> {
        let scope = match access {
            Access::Read => Some(self.root.read),
            Access::Write => self.root.write,
        };
        let dir = &*self.dir;
        match scope {
            None => Err(Errno::Perm),
            Some(Scope::Tree) => Ok(Place {
                dir,
                path: path.into(),
                follow: if follow {
                    FollowSymlinks::Yes
                } else {
                    FollowSymlinks::No
                },
            }),
            Some(Scope::Entries) if !self.is_root => Err(Errno::Perm),
            Some(Scope::Entries) => Ok(Place {
                dir,
                path: entry(dir, path, follow)?,
                // What took the entry's place since then is no link that was looked at.
                follow: FollowSymlinks::No,
            }),
        }
    }
}

impl Place<'_> {
    fn metadata(&self) -> Result<Metadata, Errno> {
        Ok(match self.follow {
            FollowSymlinks::Yes => self.dir.metadata(&self.path)?,
            FollowSymlinks::No => self.dir.symlink_metadata(&self.path)?,
        })
    }

    /// How many directories down the entry is, wherever links on the way lead.
    fn depth(&self) -> Result<usize, Errno> {
        let Some(parent) = self.path.parent().filter(|path| *path != Path::new("")) else {
            return Ok(0);
        };
        let parent = self.dir.canonicalize(parent)?;
        let names = parent.components();
        Ok(names
            .filter(|part| matches!(part, Component::Normal(_)))
            .count())
    }
}

/// The direct entry of a directory that a path means, or `.`. Links from one entry to another are
/// followed, all others refused.
fn entry(dir: &Dir, path: &str, follow: bool) -> Result<PathBuf, Errno> {
    let mut name = direct(Path::new(path))?;
    if !follow {
        return Ok(name);
    }
    for _ in 0..MAX_LINKS {
        match dir.symlink_metadata(&name) {
            Ok(found) if found.is_symlink() => name = direct(&dir.read_link_contents(&name)?)?,
            _ => return Ok(name),
        }
    }
    Err(Errno::Loop)
}

fn direct(path: &Path) -> Result<PathBuf, Errno> {
    let mut names = path.components().filter(|part| *part != Component::CurDir);
    match (names.next(), names.next()) {
        (None, _) => Ok(PathBuf::from(".")),
        (Some(Component::Normal(name)), None) => Ok(name.into()),
        _ => Err(Errno::Perm),
    }
}
