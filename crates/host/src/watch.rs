//! Says when something may have changed in directories, and nothing more: whoever is told looks
//! for themselves. Signals that are lost, merged or out of order do no harm that way.

mod fs_events;
mod state;

use std::collections::HashSet;
use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use fs_events::{Change, FsEvents};
use state::State;
pub use state::{Interest, Signals};

/// A directory to be watched, not what is below it.
#[derive(Debug, Clone)]
pub struct WatchedDirectory {
    /// Absolute, and free of symbolic links: the system reports changes under this name.
    pub path: PathBuf,
    /// Tells this directory from another one that takes its place under the same name.
    pub identity: String,
    /// Which of its entries matter.
    pub interest: Interest,
}

/// The system cannot tell of changes: they have to be looked for. Why, for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CannotWatch(pub String);

/// Watches directories. One thread of its own, which has ended when this is dropped.
pub struct Watch {
    shared: Arc<Shared>,
    events: FsEvents,
}

struct Shared {
    state: Mutex<State>,
    wake: Box<dyn Fn() + Send + Sync>,
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn hear(&self, change: Change) {
        let wakes = self.state().hear(change);
        if wakes {
            (self.wake)();
        }
    }
}

impl Watch {
    /// Watches nothing yet. `wake` is called on another thread when there are signals to be
    /// taken: once, until they have been.
    ///
    /// # Errors
    /// The system's limit on watchers is reached, or it has none.
    pub fn new(wake: impl Fn() + Send + Sync + 'static) -> Result<Self, CannotWatch> {
        let shared = Arc::new(Shared {
            state: Mutex::default(),
            wake: Box::new(wake),
        });
        let heard = shared.clone();
        let events = FsEvents::new(move |change| heard.hear(change))?;
        Ok(Self { shared, events })
    }

    /// Watches these directories and no others. What changes in them from here on is signalled;
    /// one that is not there, or that may not be read, is left out without a word.
    ///
    /// # Errors
    /// The system's limit on watches is reached. Some of the directories are not watched.
    pub fn set(&mut self, directories: Vec<WatchedDirectory>) -> Result<(), CannotWatch> {
        let wanted: HashSet<PathBuf> = directories.iter().map(|d| d.path.clone()).collect();
        let gone = self.shared.state().retain(&wanted);
        for path in gone {
            self.events.unwatch(&path);
        }
        let mut missing = Vec::new();
        for directory in directories {
            let known = self.shared.state().update(&directory);
            if !known {
                // Another directory may have been there under this name.
                self.events.unwatch(&directory.path);
                missing.push(directory);
            }
        }
        for directory in missing {
            let path = directory.path.clone();
            // Known before it is watched: its first event may come at once.
            self.shared.state().insert(directory);
            match self.events.watch(&path) {
                Ok(true) => {}
                Ok(false) => self.shared.state().forget(&path),
                Err(limit) => {
                    self.shared.state().forget(&path);
                    return Err(limit);
                }
            }
        }
        Ok(())
    }

    /// What may have changed since this was last asked.
    pub fn take(&self) -> Signals {
        self.shared.state().take()
    }
}

impl WatchedDirectory {
    /// A directory of which modules matter, or entries of these names.
    pub fn new(
        path: impl Into<PathBuf>,
        identity: impl Into<String>,
        modules: bool,
        names: impl IntoIterator<Item = impl Into<OsString>>,
    ) -> Self {
        Self {
            path: path.into(),
            identity: identity.into(),
            interest: Interest {
                modules,
                names: names.into_iter().map(Into::into).collect(),
            },
        }
    }
}
