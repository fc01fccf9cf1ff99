use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock, Mutex, OnceLock, PoisonError, Weak};
use std::time::UNIX_EPOCH;

use napi::{Error, Result};
use napi_derive::napi;
use sen_host as host;

/// A cache of compiled modules. See the host's `CompileCache`.
///
/// The directory is opened by the first load, on its thread: a slow disk holds up no event loop.
/// One that cannot be used is no exception: loads go on without it, and `stats` says why.
#[napi]
pub struct CompileCache {
    lazy: LazyCache,
}

/// The directories that are in use: one cache each for the process, in however many Workers.
static SHARED: LazyLock<Mutex<HashMap<PathBuf, Weak<Opening>>>> = LazyLock::new(Mutex::default);

/// A cache that is opened when it is first used: a cheap handle.
#[derive(Clone)]
pub(crate) struct LazyCache(Arc<Opening>);

struct Opening {
    directory: PathBuf,
    cache: OnceLock<std::result::Result<host::CompileCache, host::CacheUnusable>>,
}

impl LazyCache {
    /// The process's cache in this directory.
    fn shared(directory: &Path) -> Self {
        let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(opening) = shared.get(directory).and_then(Weak::upgrade) {
            return Self(opening);
        }
        shared.retain(|_, opening| opening.strong_count() > 0);
        let opening = Arc::new(Opening {
            directory: directory.into(),
            cache: OnceLock::new(),
        });
        shared.insert(directory.into(), Arc::downgrade(&opening));
        Self(opening)
    }

    /// The cache, if it can be used. The first time this is I/O.
    pub(crate) fn get(&self) -> std::result::Result<&host::CompileCache, host::CacheUnusable> {
        let Opening { directory, cache } = &*self.0;
        let open = || host::CompileCache::open(directory, host::CompileCache::DEFAULT_MAX_BYTES);
        cache.get_or_init(open).as_ref().map_err(Clone::clone)
    }
}

/// What came of lookups and stores.
#[napi(object, object_from_js = false)]
#[derive(Default)]
pub struct CacheStats {
    /// Why the cache cannot be used, once that is known.
    pub reason: Option<String>,
    pub hits: f64,
    pub misses: f64,
    pub rejected: f64,
    pub stored: f64,
    pub evicted: f64,
    pub errors: f64,
}

/// An entry of a cache. What is in it is absent where it fails authentication.
#[napi(object, object_from_js = false)]
pub struct CacheEntry {
    pub name: String,
    pub bytes: f64,
    /// Milliseconds since 1970.
    pub last_used_ms: f64,
    pub contents: Option<CacheEntryContents>,
}

/// What an authentic entry holds.
#[napi(object, object_from_js = false)]
pub struct CacheEntryContents {
    /// `blake3:` and the digest of the module in hexadecimal.
    pub digest: String,
    /// What it was compiled for: a first execution, or many that are short, or that compute much.
    #[napi(ts_type = "'short calls' | 'computation' | 'first executions'")]
    pub compiled_for: String,
    pub command: Option<String>,
}

/// What a check of all entries found.
#[napi(object, object_from_js = false)]
pub struct CacheVerification {
    pub valid: f64,
    pub removed: f64,
}

#[napi]
impl CompileCache {
    /// The process's cache in a directory, which is opened later.
    #[napi(constructor)]
    pub fn new(directory: String) -> Self {
        Self {
            lazy: LazyCache::shared(Path::new(&directory)),
        }
    }

    /// What came of this process's lookups and stores. Opens nothing: of a cache that nothing has
    /// been loaded with yet, it is not known whether it can be used.
    #[napi(catch_unwind)]
    pub fn stats(&self) -> CacheStats {
        match self.lazy.0.cache.get() {
            None => CacheStats::default(),
            Some(Err(unusable)) => CacheStats {
                reason: Some(unusable.to_string()),
                ..CacheStats::default()
            },
            Some(Ok(cache)) => cache.stats().into(),
        }
    }

    /// The entries, sorted by name. Reads all of them, on this thread: for the command line.
    #[napi(catch_unwind)]
    pub fn list(&self) -> Result<Vec<CacheEntry>> {
        let entries = self.opened()?.list()?;
        Ok(entries.into_iter().map(CacheEntry::from).collect())
    }

    /// Authenticates all entries and deletes those that fail, on this thread: for the command
    /// line.
    #[napi(catch_unwind)]
    pub fn verify(&self) -> Result<CacheVerification> {
        let host::CacheVerification { valid, removed } = self.opened()?.verify()?;
        Ok(CacheVerification {
            valid: valid as f64,
            removed: removed as f64,
        })
    }

    /// Deletes all entries, on this thread: for the command line. Returns how many there were.
    #[napi(catch_unwind)]
    pub fn clear(&self) -> Result<f64> {
        Ok(self.opened()?.clear()? as f64)
    }
}

impl CompileCache {
    pub(crate) fn lazy(&self) -> LazyCache {
        self.lazy.clone()
    }

    fn opened(&self) -> Result<&host::CompileCache> {
        self.lazy
            .get()
            .map_err(|unusable| Error::from_reason(unusable.to_string()))
    }
}

impl From<host::CacheStats> for CacheStats {
    fn from(stats: host::CacheStats) -> Self {
        Self {
            reason: None,
            hits: stats.hits as f64,
            misses: stats.misses as f64,
            rejected: stats.rejected as f64,
            stored: stats.stored as f64,
            evicted: stats.evicted as f64,
            errors: stats.errors as f64,
        }
    }
}

impl From<host::CacheEntry> for CacheEntry {
    fn from(entry: host::CacheEntry) -> Self {
        let since_1970 = entry.last_used.duration_since(UNIX_EPOCH);
        Self {
            name: entry.name,
            bytes: entry.bytes as f64,
            last_used_ms: since_1970.unwrap_or_default().as_secs_f64() * 1000.0,
            contents: entry.contents.map(|contents| CacheEntryContents {
                digest: contents.digest,
                compiled_for: match contents.tier {
                    host::Tier::ShortCalls => "short calls",
                    host::Tier::Computation => "computation",
                    host::Tier::Baseline => "first executions",
                }
                .into(),
                command: contents.command,
            }),
        }
    }
}
