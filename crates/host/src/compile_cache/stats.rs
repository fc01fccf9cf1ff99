use std::sync::atomic::{AtomicU64, Ordering};

/// What came of a cache's lookups and stores, since it was opened by this process.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct CacheStats {
    /// Lookups that found code, which then was not compiled.
    pub hits: u64,
    /// Lookups that did not, whatever the reason.
    pub misses: u64,
    /// Entries, and keys, that were there and must not be used: forged, damaged, under another's
    /// name or key, or with permissions that others could have used.
    pub rejected: u64,
    /// Entries written.
    pub stored: u64,
    /// Entries deleted to make room.
    pub evicted: u64,
    /// What the system refused: a full disk, a directory that is not to be written to, and so on.
    pub errors: u64,
}

#[derive(Default)]
pub(super) struct Counters {
    pub(super) hits: AtomicU64,
    pub(super) misses: AtomicU64,
    pub(super) rejected: AtomicU64,
    pub(super) stored: AtomicU64,
    pub(super) evicted: AtomicU64,
    pub(super) errors: AtomicU64,
}

impl Counters {
    pub(super) fn looked_up(&self, hit: bool) {
        let counter = if hit { &self.hits } else { &self.misses };
        counter.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn read(&self) -> CacheStats {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        CacheStats {
            hits: read(&self.hits),
            misses: read(&self.misses),
            rejected: read(&self.rejected),
            stored: read(&self.stored),
            evicted: read(&self.evicted),
            errors: read(&self.errors),
        }
    }
}
