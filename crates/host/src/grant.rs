use std::convert::Infallible;
use std::fmt;
use std::io;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use cap_fs_ext::DirExt;
use cap_std::ambient_authority;
use cap_std::fs::Dir;
use sen_host_protocol::{Capabilities, NormalPath, PathPattern};

use crate::denied::Denied;
use crate::host_path::host_path;
use crate::lineage::{Identity, Lineage};
use crate::plugin::Plugin;
use crate::procfs;

/// The most that a plugin sees of its environment, in bytes: names and values together.
const MAX_ENVIRONMENT_BYTES: usize = 1 << 20;

/// How often a directory is opened whose path changes meanwhile.
const MAX_ATTEMPTS: usize = 10;

/// What one plugin may reach, and nothing else: a cheap handle (an `Arc`).
///
/// Directories are opened once, when this is made, and the very ones that were opened then are
/// used from then on: what is moved, replaced or linked in their place afterwards changes nothing.
/// It is bound to the digest of the plugin that it was made for, and refused to any other.
#[derive(Clone)]
pub struct Grant(Arc<Granted>);

struct Granted {
    digest: String,
    capabilities: Capabilities,
    roots: Vec<Arc<Root>>,
    environment: Vec<(String, String)>,
    is_complete: bool,
}

/// Where relative and `~/` patterns lead, and the environment that variables are taken from.
#[derive(Debug, Clone, Default)]
pub struct Surroundings {
    /// The directory that relative patterns start from. Absolute.
    pub working_directory: PathBuf,
    /// The directory that patterns starting with `~/` start from; without one they lead nowhere.
    pub home: Option<PathBuf>,
    /// All variables: the grant takes those that it covers.
    pub environment: Vec<(String, String)>,
}

/// A directory that was granted, open.
pub(crate) struct Root {
    pub(crate) dir: Arc<Dir>,
    pattern: NormalPath,
    /// Where it was when it was opened, by its real name.
    pub(crate) real_path: Arc<Path>,
    /// The directories that it was opened through.
    pub(crate) lineage: Arc<Lineage>,
    /// Where the guest finds it.
    pub(crate) guest_path: String,
    /// How far it may be read: at least as far as it may be written.
    pub(crate) read: Scope,
    /// How far it may be written, if at all.
    pub(crate) write: Option<Scope>,
}

/// How much of a directory is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Scope {
    /// Its direct entries.
    Entries,
    /// Everything below it.
    Tree,
}

/// A directory that was to be granted could not be opened.
#[derive(Debug)]
pub struct CannotOpen {
    /// Which one.
    pub path: PathBuf,
    /// Why.
    pub error: io::Error,
}

impl fmt::Display for CannotOpen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "the granted directory {} cannot be opened: {}",
            self.path.display(),
            self.error
        )
    }
}

impl std::error::Error for CannotOpen {}

impl Grant {
    /// Opens what these capabilities name, for this plugin.
    ///
    /// A directory that is not there is left out, and [`Grant::is_complete`] says so.
    ///
    /// # Errors
    /// A directory that is there but cannot be opened, one that is a file included.
    pub fn open(
        plugin: &Plugin,
        capabilities: &Capabilities,
        surroundings: &Surroundings,
    ) -> Result<Self, CannotOpen> {
        Self::make(plugin.digest().into(), capabilities, surroundings, &[], Err)
    }

    /// Opens what can be opened of what a plugin asks for, before anybody decides about it: for
    /// [`Grant::narrow`], which says what cannot be. One thing that cannot be opened must not leave
    /// all others to be opened after the decision. What `earlier` has open stays.
    pub fn open_ahead(
        plugin: &Plugin,
        capabilities: &Capabilities,
        surroundings: &Surroundings,
        earlier: Option<&Self>,
    ) -> Self {
        let opened = earlier.map_or(&[][..], Self::roots);
        let left_out = |_| Ok::<(), Infallible>(());
        let digest = plugin.digest().into();
        let Ok(grant) = Self::make(digest, capabilities, surroundings, opened, left_out);
        grant
    }

    /// A grant of these capabilities instead, for the same plugin: for when they are decided about
    /// after directories were opened. What both name is the directory that was opened then.
    ///
    /// # Errors
    /// As [`Grant::open`].
    pub fn narrow(
        &self,
        capabilities: &Capabilities,
        surroundings: &Surroundings,
    ) -> Result<Self, CannotOpen> {
        let Granted { digest, roots, .. } = &*self.0;
        Self::make(digest.clone(), capabilities, surroundings, roots, Err)
    }

    /// `refused` says what it means that a directory cannot be opened.
    fn make<E>(
        digest: String,
        capabilities: &Capabilities,
        surroundings: &Surroundings,
        opened: &[Arc<Root>],
        refused: impl Fn(CannotOpen) -> Result<(), E>,
    ) -> Result<Self, E> {
        let mut roots: Vec<Root> = Vec::new();
        let mut is_complete = true;
        let reads = capabilities.fs_read.iter().map(|read| (read, false));
        let writes = capabilities.fs_write.iter().map(|write| (write, true));
        for (pattern, writes) in reads.chain(writes) {
            // A manifest with an invalid pattern is refused: nothing is meant by one.
            let Ok(path) = pattern.normal_path() else {
                continue;
            };
            let scope = Scope::of(pattern);
            let write = writes.then_some(scope);
            if let Some(root) = roots.iter_mut().find(|root| root.pattern == path) {
                root.read = root.read.max(scope);
                root.write = root.write.max(write);
                continue;
            }
            let found = match opened.iter().find(|root| root.pattern == path) {
                Some(root) => Some(Opened::of(root)),
                None => match open(&path, surroundings) {
                    Ok(found) => found,
                    Err(error) => {
                        refused(error)?;
                        None
                    }
                },
            };
            let Some(found) = found else {
                is_complete = false;
                continue;
            };
            roots.push(Root {
                dir: found.dir,
                real_path: found.real_path,
                lineage: found.lineage,
                guest_path: guest_path(&path),
                pattern: path,
                read: scope,
                write,
            });
        }
        Ok(Self(Arc::new(Granted {
            digest,
            environment: environment(capabilities, &surroundings.environment),
            capabilities: capabilities.clone(),
            roots: roots.into_iter().map(Arc::new).collect(),
            is_complete,
        })))
    }

    /// The digest of the plugin that this was made for.
    pub fn digest(&self) -> &str {
        &self.0.digest
    }

    /// What is granted.
    pub fn capabilities(&self) -> &Capabilities {
        &self.0.capabilities
    }

    /// Whether all directories are open. Those that were not there are not in it, also when they
    /// are made later on.
    pub fn is_complete(&self) -> bool {
        self.0.is_complete
    }

    /// Whether there is anything that both a directory that is open and this deny list mean, for
    /// reading or for writing, whatever it is called: two names that the file system takes for one, or
    /// that links or mounts lead to one directory, are one. The rules are those of
    /// [`Capabilities::overlapping`], of places instead of names. What is denied and not there is
    /// denied by its name, and by the directories that it would be in.
    ///
    /// Looks at the file system.
    pub fn meets(&self, deny: &Capabilities, surroundings: &Surroundings) -> bool {
        if deny.fs_read.is_empty() && deny.fs_write.is_empty() {
            return false;
        }
        let denied = Denied::new(deny, surroundings);
        self.0.roots.iter().any(|root| denied.meets(root))
    }

    pub(crate) fn roots(&self) -> &[Arc<Root>] {
        &self.0.roots
    }

    pub(crate) fn environment(&self) -> &[(String, String)] {
        &self.0.environment
    }
}

impl fmt::Debug for Grant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Grant")
            .field("digest", &self.0.digest)
            .field("capabilities", &self.0.capabilities)
            .finish_non_exhaustive()
    }
}

impl Scope {
    pub(crate) fn of(pattern: &PathPattern) -> Self {
        if pattern.recursive {
            Self::Tree
        } else {
            Self::Entries
        }
    }
}

/// A directory that was opened.
struct Opened {
    dir: Arc<Dir>,
    real_path: Arc<Path>,
    lineage: Arc<Lineage>,
}

impl Opened {
    fn of(root: &Root) -> Self {
        Self {
            dir: root.dir.clone(),
            real_path: root.real_path.clone(),
            lineage: root.lineage.clone(),
        }
    }
}

/// Opens a directory; `None` where there is none.
fn open(pattern: &NormalPath, surroundings: &Surroundings) -> Result<Option<Opened>, CannotOpen> {
    let Some(path) = host_path(pattern, surroundings) else {
        return Ok(None);
    };
    match open_at(&path) {
        Ok(opened) => Ok(Some(opened)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(CannotOpen { path, error }),
    }
}

/// Finds where a path really leads, and opens that.
fn open_at(path: &Path) -> io::Result<Opened> {
    // What it leads to may change in between; not for ever.
    for _ in 0..MAX_ATTEMPTS {
        let real_path = path.canonicalize()?;
        match open_without_links(&real_path) {
            Ok((dir, lineage)) => {
                return Ok(Opened {
                    dir: Arc::new(dir),
                    real_path: real_path.into(),
                    lineage: Arc::new(lineage),
                });
            }
            Err(error) if path.canonicalize().is_ok_and(|now| now == real_path) => {
                return Err(error);
            }
            Err(_) => {}
        }
    }
    let message = "what it leads to changes while it is opened";
    Err(io::Error::other(message))
}

/// Opens a directory from the root down, so that where it lies is known from what was opened.
fn open_without_links(path: &Path) -> io::Result<(Dir, Lineage)> {
    let names = path.components().filter_map(|part| match part {
        Component::Normal(name) => Some(name),
        _ => None,
    });
    let root = path.ancestors().last().unwrap_or(path);
    let mut dir = Dir::open_ambient_dir(root, ambient_authority())?;
    let mut through = vec![Identity::of(&dir)?];
    for name in names {
        dir = dir.open_dir_nofollow(name)?;
        through.push(Identity::of(&dir)?);
    }
    procfs::refuse(&dir)?;
    Ok((dir, Lineage::of_opened(through)))
}

/// Where the guest finds a directory: `./data` at `/data`, `~/x` at `/x`, `/x` at `/x`.
fn guest_path(pattern: &NormalPath) -> String {
    let names: Vec<&str> = pattern.components().collect();
    format!("/{}", names.join("/"))
}

fn environment(
    capabilities: &Capabilities,
    variables: &[(String, String)],
) -> Vec<(String, String)> {
    let mut bytes = 0;
    let granted = variables.iter().filter(|(name, value)| {
        let is_text = !name.contains(['\0', '=']) && !value.contains('\0');
        is_text && capabilities.allows_env(name)
    });
    let bounded = granted.take_while(|(name, value)| {
        bytes += name.len() + value.len() + 2;
        bytes <= MAX_ENVIRONMENT_BYTES
    });
    bounded.cloned().collect()
}
