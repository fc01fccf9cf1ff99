//! Compiled modules on disk, so that a module is compiled once for a user rather than once for a
//! process.
//!
//! A forged artefact would be arbitrary code: nothing is mapped that was not written by a process
//! of the same user, which is proven by a MAC under a key that only this user can read.
//!
//! ```text
//! DIRECTORY/                 0700, ours, held by descriptor
//!   key                      0400, 32 random bytes
//!   IDENTITY.cwasm           0400: artefact, manifest, MAC (see `entry`)
//!   tmp-RANDOM               what is being written, renamed when it is whole
//! ```
//!
//! Any number of threads and processes use a directory at once, without locks: files appear whole
//! by renaming and are never changed. Nothing that goes wrong here fails a load: it is counted.

mod directory;
mod entry;
mod evict;
mod identity;
mod key;
mod stats;

use std::io;
use std::path::Path;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use thiserror::Error;
use wasmtime::Module;

use crate::engine::{Engine, possible_fingerprints};
use crate::program::Tier;
use directory::{Access, Directory, Opened};
use entry::{Authentic, Contents};
use identity::Identity;
use key::Key;
use stats::Counters;

pub(crate) use entry::KeptManifest;
pub use stats::CacheStats;

/// An entry that was used says so at most this often: often enough for eviction, and a hit costs
/// no write.
const TOUCH_EVERY: Duration = Duration::from_secs(3600);

/// Temporary files older than this were left behind by a process that was killed.
const STRAY_AFTER: Duration = Duration::from_secs(3600);

/// A cache of compiled modules in a directory: a cheap handle (an `Arc`).
///
/// By default, which is the only way: entries are authenticated before they are mapped; the
/// directory is refused unless it belongs to this user and nobody else may write to it; symbolic
/// links to entries or the key are not followed; entries that fail any check are deleted.
#[derive(Clone)]
pub struct CompileCache(Arc<Shared>);

struct Shared {
    directory: Directory,
    key: Key,
    max_bytes: u64,
    counters: Counters,
    growth: Mutex<Growth>,
}

/// What is known of the directory's size without reading it after each store.
#[derive(Default)]
struct Growth {
    /// Bytes of the entries when the directory was last read; absent before the first time.
    counted: Option<u64>,
    /// Bytes stored since.
    stored: u64,
}

/// Why a cache cannot be used. Loading goes on without.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum CacheUnusable {
    /// Occurs when the directory is not there and cannot be made, or cannot be opened.
    #[error("the cache directory cannot be used: {reason}")]
    Inaccessible {
        /// What the system says.
        reason: String,
    },
    /// Occurs when the directory belongs to another user, who could put anything into it.
    #[error("the cache directory belongs to another user")]
    ForeignDirectory,
    /// Occurs when others may write to the directory.
    #[error("others may write to the cache directory: chmod go-w makes it usable")]
    SharedDirectory,
    /// Occurs when the directory is on a file system from which no code may be mapped.
    #[error("the cache directory is on a file system that is mounted with noexec")]
    NoCode,
    /// Occurs when the file with the key belongs to another user.
    #[error("the key of the cache belongs to another user")]
    ForeignKey,
    /// Occurs when the key can be neither read nor made.
    #[error("the key of the cache cannot be made: {reason}")]
    Key {
        /// What the system says.
        reason: String,
    },
}

/// An entry as a person would look at it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CacheEntry {
    /// The file's name in the directory.
    pub name: String,
    /// Bytes of the file.
    pub bytes: u64,
    /// When a load last used it, to the hour.
    pub last_used: SystemTime,
    /// What is in it. Absent where it fails authentication: what such a file says is not shown.
    pub contents: Option<CacheEntryContents>,
}

/// What an authentic entry holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CacheEntryContents {
    /// `blake3:` and the digest of the module that it was compiled from.
    pub digest: String,
    /// What it was compiled for.
    pub tier: Tier,
    /// The command of the plugin, where the entry has its manifest.
    pub command: Option<String>,
}

/// What a check of all entries found.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CacheVerification {
    /// Entries that are what some process of this user wrote.
    pub valid: u64,
    /// Entries that are not, and were deleted.
    pub removed: u64,
}

/// What is under an entry's name.
enum Checked {
    Missing,
    /// Something that must not be used.
    Refused,
    Authentic(Authentic),
}

/// What the cache has of a module.
pub(crate) struct Found {
    pub(crate) tier: Tier,
    pub(crate) module: Module,
    /// What the guest said of itself, with the limits that it had.
    pub(crate) manifest: Option<KeptManifest>,
}

impl CompileCache {
    /// Bytes of all entries together that are kept unless somebody says otherwise.
    pub const DEFAULT_MAX_BYTES: u64 = 256 << 20;

    /// The cache in a directory, which is made, with its parents, where it is not there. What is
    /// over `max_bytes` after a store is deleted, the least recently used first, down to nine
    /// tenths. (Other processes' stores are noticed a sixteenth of it late.)
    ///
    /// # Errors
    /// [`CacheUnusable`], when the directory or the key is not this user's alone, or the system
    /// refuses it.
    pub fn open(directory: &Path, max_bytes: u64) -> Result<Self, CacheUnusable> {
        let directory = Directory::open(directory)?;
        let counters = Counters::default();
        let (key, replaced) = Key::read_or_create(&directory)?;
        if replaced {
            counters.rejected.fetch_add(1, Ordering::Relaxed);
        }
        Ok(Self(Arc::new(Shared {
            directory,
            key,
            max_bytes,
            counters,
            growth: Mutex::default(),
        })))
    }

    /// What came of this handle's lookups and stores so far.
    pub fn stats(&self) -> CacheStats {
        self.0.counters.read()
    }

    /// The entries there are, sorted by name. Reads and authenticates each: not for a thread that
    /// others wait for.
    ///
    /// # Errors
    /// What the system says of reading the directory. Entries that cannot be read are not
    /// authentic.
    pub fn list(&self) -> io::Result<Vec<CacheEntry>> {
        let mut entries = Vec::new();
        for file in self.0.directory.files()? {
            let Some(identity) = Identity::from_file_name(&file.name) else {
                continue;
            };
            let contents = match self.0.check(&identity) {
                Ok(Checked::Missing) => continue,
                Ok(Checked::Authentic(authentic)) => Some(authentic.contents.describe()),
                Ok(Checked::Refused) | Err(_) => None,
            };
            let (name, bytes, last_used) = (file.name, file.bytes, file.modified);
            entries.push(CacheEntry {
                name,
                bytes,
                last_used,
                contents,
            });
        }
        entries.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(entries)
    }

    /// Authenticates every entry and deletes those that fail. Takes as long as reading them all.
    ///
    /// # Errors
    /// What the system says of reading the directory, or of an entry that it cannot read.
    pub fn verify(&self) -> io::Result<CacheVerification> {
        let mut found = CacheVerification::default();
        for file in self.0.directory.files()? {
            let Some(identity) = Identity::from_file_name(&file.name) else {
                continue;
            };
            match self.0.check(&identity)? {
                Checked::Missing => {}
                Checked::Authentic(_) => found.valid += 1,
                Checked::Refused => {
                    self.0.directory.remove(&file.name)?;
                    found.removed += 1;
                }
            }
        }
        Ok(found)
    }

    /// Deletes all entries and what is left of unfinished ones; returns how many entries there
    /// were. The key stays: processes that run hold it, and what they stored later would be
    /// foreign to everybody else.
    ///
    /// # Errors
    /// What the system says of reading the directory or deleting from it.
    pub fn clear(&self) -> io::Result<u64> {
        let mut removed = 0;
        for file in self.0.directory.files()? {
            if Identity::from_file_name(&file.name).is_some() {
                self.0.directory.remove(&file.name)?;
                removed += 1;
            } else if Directory::is_temporary(&file.name) {
                self.0.directory.remove(&file.name)?;
            }
        }
        *self.0.growth() = Growth::default();
        Ok(removed)
    }

    /// The code of a module in the first of these tiers that there is, if it was compiled before
    /// by this version on such a machine.
    pub(crate) fn find(&self, digest: &blake3::Hash, tiers: &[Tier]) -> Option<Found> {
        let mut tiers = tiers.iter().filter(|&&tier| self.0.may_have(digest, tier));
        let found = tiers.find_map(|&tier| {
            let engine = tier.engine().ok()?;
            self.0
                .find(tier, &Identity::of(digest, tier, engine), engine)
        });
        self.0.counters.looked_up(found.is_some());
        found
    }

    /// Keeps the code of a module that loaded wholly, with what its guest said of itself, unless it
    /// is too large or the system refuses it: the same code, mapped from there, if it is kept.
    pub(crate) fn store(
        &self,
        digest: &blake3::Hash,
        tier: Tier,
        engine: &Engine,
        module: &Module,
        manifest: Option<KeptManifest>,
    ) -> Option<Module> {
        let contents = Contents {
            identity: Identity::of(digest, tier, engine),
            digest: *digest.as_bytes(),
            tier,
            manifest,
        };
        let stored = self.0.store(module, &contents);
        if stored.is_err() {
            self.0.counters.errors.fetch_add(1, Ordering::Relaxed);
        }
        // Authenticated as if somebody else had written it, which may be so by now.
        let kept = stored.is_ok_and(|kept| kept);
        let found = kept.then(|| self.0.find(tier, &contents.identity, engine));
        found.flatten().map(|found| found.module)
    }

    /// Deletes what there is of a module in this tier, which has better code now. What cannot be
    /// deleted, because somebody has it mapped where that matters, is not used any more and goes
    /// when room is made.
    pub(crate) fn forget(&self, digest: &blake3::Hash, tier: Tier) {
        for fingerprint in possible_fingerprints(tier.purpose()) {
            let name = Identity::by(digest, tier, &fingerprint).file_name();
            let _ = self.0.directory.remove(&name);
        }
    }
}

impl Shared {
    /// Whether there is something under the name that a module has in this tier. An engine takes ten
    /// milliseconds to make, and is not made only to find that there is nothing for it.
    fn may_have(&self, digest: &blake3::Hash, tier: Tier) -> bool {
        possible_fingerprints(tier.purpose()).any(|fingerprint| {
            let name = Identity::by(digest, tier, &fingerprint).file_name();
            let opened = self.directory.open_file(&name, Access::Entry);
            !matches!(opened, Ok(Opened::Missing))
        })
    }

    fn find(&self, tier: Tier, identity: &Identity, engine: &Engine) -> Option<Found> {
        let checked = self.check(identity).unwrap_or_else(|_| {
            self.counters.errors.fetch_add(1, Ordering::Relaxed);
            Checked::Missing
        });
        let Authentic {
            artefact,
            contents,
            modified,
        } = match checked {
            Checked::Missing => return None,
            Checked::Refused => {
                self.reject(identity);
                return None;
            }
            Checked::Authentic(authentic) => authentic,
        };
        artefact.touch(modified, TOUCH_EVERY);
        let Ok(module) = artefact.map(&engine.wasmtime) else {
            self.reject(identity);
            return None;
        };
        let manifest = contents.manifest;
        Some(Found {
            tier,
            module,
            manifest,
        })
    }

    /// What is under the name of an identity, authenticated.
    fn check(&self, identity: &Identity) -> io::Result<Checked> {
        let name = identity.file_name();
        let authentic = match self.directory.open_file(&name, Access::Entry)? {
            Opened::Missing => return Ok(Checked::Missing),
            Opened::Refused(_) => None,
            Opened::File(file) => Authentic::check(file, identity, &self.key)?,
        };
        Ok(authentic.map_or(Checked::Refused, Checked::Authentic))
    }

    /// Deletes what must not be used. Where that fails, it is rejected again the next time.
    fn reject(&self, identity: &Identity) {
        self.counters.rejected.fetch_add(1, Ordering::Relaxed);
        if self.directory.remove(&identity.file_name()).is_err() {
            self.counters.errors.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn store(&self, module: &Module, contents: &Contents) -> io::Result<bool> {
        let artefact = module.serialize().map_err(io::Error::other)?;
        let sealed = contents.seal(&artefact, &self.key);
        let bytes = (artefact.len() + sealed.len()) as u64;
        if bytes > self.max_bytes.min(entry::MAX_BYTES) {
            return Ok(false);
        }
        let temporary = self.directory.write_temporary(&[&artefact, &sealed])?;
        temporary.replace(&contents.identity.file_name())?;
        self.counters.stored.fetch_add(1, Ordering::Relaxed);
        self.make_room(bytes)?;
        Ok(true)
    }

    /// Deletes the least recently used entries if there are too many bytes of them. The directory
    /// is read when there may be: not after each of ten thousand stores.
    fn make_room(&self, stored: u64) -> io::Result<()> {
        let mut growth = self.growth();
        growth.stored += stored;
        if let Some(counted) = growth.counted
            && growth.stored <= self.max_bytes / 16
            && counted + growth.stored <= self.max_bytes
        {
            return Ok(());
        }
        let now = SystemTime::now();
        let mut entries = Vec::new();
        for file in self.directory.files()? {
            if Identity::from_file_name(&file.name).is_some() {
                entries.push(file);
            } else if Directory::is_temporary(&file.name)
                && is_older(file.modified, STRAY_AFTER, now)
            {
                // Gone already: another process cleans up too.
                let _ = self.directory.remove(&file.name);
            }
        }
        let left = evict::evict(entries, self.max_bytes, |entry| {
            let removed = self.directory.remove(&entry.name);
            let counter = match removed {
                Ok(()) => &self.counters.evicted,
                Err(_) => &self.counters.errors,
            };
            counter.fetch_add(1, Ordering::Relaxed);
            removed.is_ok()
        });
        *growth = Growth {
            counted: Some(left),
            stored: 0,
        };
        Ok(())
    }

    fn growth(&self) -> std::sync::MutexGuard<'_, Growth> {
        self.growth.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether a time is this long ago. One in the future is not.
fn is_older(time: SystemTime, age: Duration, now: SystemTime) -> bool {
    now.duration_since(time).is_ok_and(|passed| passed > age)
}
