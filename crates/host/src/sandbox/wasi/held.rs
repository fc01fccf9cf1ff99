use std::sync::LazyLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::errno::Errno;

/// What the guests of the process have open, all together.
static COUNT: AtomicUsize = AtomicUsize::new(0);

/// A file or directory that a guest has open, until this is dropped.
///
/// The process has a bound on its descriptors, which the program needs as well: guests have a
/// quarter of them, together. One that finds none left is told so by `Nfile`.
pub(super) struct Held(());

impl Held {
    pub(super) fn take() -> Result<Self, Errno> {
        let before = COUNT.fetch_add(1, Ordering::Relaxed);
        // Made first, so that dropping it takes the count back.
        let held = Self(());
        if before < *LIMIT {
            Ok(held)
        } else {
            Err(Errno::Nfile)
        }
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        COUNT.fetch_sub(1, Ordering::Relaxed);
    }
}

static LIMIT: LazyLock<usize> = LazyLock::new(|| descriptors_of_process() / 4);

#[cfg(unix)]
fn descriptors_of_process() -> usize {
    use rustix::process::{Resource, getrlimit};
    let limit = getrlimit(Resource::Nofile).current;
    limit.map_or(usize::MAX, |limit| {
        usize::try_from(limit).unwrap_or(usize::MAX)
    })
}

/// Handles of Windows are bounded by memory alone.
#[cfg(not(unix))]
fn descriptors_of_process() -> usize {
    usize::MAX
}
