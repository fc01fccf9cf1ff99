//! Which events matter, and what is still to be told. Pure: neither files nor threads.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use super::WatchedDirectory;
use super::fs_events::Change;

/// Signals of more paths than these are one that anything may have changed.
const MAX_PATHS: usize = 4096;

/// Which entries of a directory matter. That the directory itself goes always does.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Interest {
    /// Those whose names end in `.wasm`.
    pub modules: bool,
    /// Those with one of these names.
    pub names: HashSet<OsString>,
}

/// What may have changed: entries of watched directories, and such directories themselves.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Signals {
    /// Paths below those that the directories were given as.
    pub paths: BTreeSet<PathBuf>,
    /// Whether anything may have changed: the system lost events, or there were too many.
    pub everything: bool,
}

#[derive(Default)]
pub(super) struct State {
    directories: HashMap<PathBuf, (String, Interest)>,
    signals: Signals,
    /// Whether somebody was woken who has not come yet.
    woken: bool,
}

impl State {
    /// Leaves only these directories; returns the others.
    pub(super) fn retain(&mut self, wanted: &HashSet<PathBuf>) -> Vec<PathBuf> {
        self.directories
            .extract_if(|path, _| !wanted.contains(path))
            .map(|(path, _)| path)
            .collect()
    }

    /// Takes over what matters now; returns whether this very directory is watched already.
    pub(super) fn update(&mut self, directory: &WatchedDirectory) -> bool {
        match self.directories.get_mut(&directory.path) {
            Some((identity, interest)) if *identity == directory.identity => {
                interest.clone_from(&directory.interest);
                true
            }
            _ => false,
        }
    }

    pub(super) fn insert(&mut self, directory: WatchedDirectory) {
        let watched = (directory.identity, directory.interest);
        self.directories.insert(directory.path, watched);
    }

    pub(super) fn forget(&mut self, path: &Path) {
        self.directories.remove(path);
    }

    /// Takes note of an event; returns whether somebody is to be woken for it.
    pub(super) fn hear(&mut self, change: Change) -> bool {
        match change {
            Change::Anything => self.signals.everything = true,
            Change::At { path, gone } => {
                if !self.matters(&path) {
                    return false;
                }
                if gone {
                    // Nothing is heard any more from what has gone, nor from what was below it:
                    // whoever wants it watched again has to say so.
                    self.directories
                        .retain(|watched, _| !watched.starts_with(&path));
                }
                self.signal(path);
            }
        }
        !std::mem::replace(&mut self.woken, true)
    }

    pub(super) fn take(&mut self) -> Signals {
        self.woken = false;
        std::mem::take(&mut self.signals)
    }

    fn matters(&self, path: &Path) -> bool {
        let (parent, name) = (path.parent(), path.file_name());
        let listed = parent.and_then(|parent| self.directories.get(parent));
        let named = listed.zip(name).is_some_and(|((_, interest), name)| {
            let is_module = name.as_encoded_bytes().ends_with(b".wasm");
            (interest.modules && is_module) || interest.names.contains(name)
        });
        named || self.directories.contains_key(path)
    }

    fn signal(&mut self, path: PathBuf) {
        if self.signals.everything {
            return;
        }
        self.signals.paths.insert(path);
        if self.signals.paths.len() > MAX_PATHS {
            self.signals = Signals {
                everything: true,
                ..Signals::default()
            };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state() -> State {
        let mut state = State::default();
        state.insert(WatchedDirectory::new("/a/plugins", "1", true, ["..data"]));
        state.insert(WatchedDirectory::new("/a", "2", false, ["plugins"]));
        state
    }

    fn at(path: &str) -> Change {
        Change::At {
            path: path.into(),
            gone: false,
        }
    }

    fn gone(path: &str) -> Change {
        Change::At {
            path: path.into(),
            gone: true,
        }
    }

    #[test]
    fn what_matters_is_signalled_and_nothing_else() {
        for (path, signalled) in [
            ("/a/plugins/x.wasm", true),
            ("/a/plugins/.wasm", true),
            ("/a/plugins/..data", true),
            ("/a/plugins/x.wasm.tmp", false),
            ("/a/plugins/.x.wasm.swp", false),
            ("/a/plugins/below/x.wasm", false),
            ("/a/plugins", true),
            ("/a", true),
            ("/a/other", false),
            ("/a/x.wasm", false),
            ("/b/plugins/x.wasm", false),
            ("/", false),
        ] {
            let mut state = state();
            assert_eq!(state.hear(at(path)), signalled, "{path}");
            let paths: Vec<_> = state.take().paths.into_iter().collect();
            let expected: Vec<_> = signalled.then(|| PathBuf::from(path)).into_iter().collect();
            assert_eq!(paths, expected);
        }
    }

    #[test]
    fn somebody_is_woken_once_until_they_have_come() {
        let mut state = state();
        assert!(state.hear(at("/a/plugins/x.wasm")));
        assert!(!state.hear(at("/a/plugins/x.wasm")));
        assert!(!state.hear(at("/a/plugins/y.wasm")));
        assert_eq!(state.take().paths.len(), 2);
        assert_eq!(state.take(), Signals::default());
        assert!(state.hear(at("/a/plugins/x.wasm")));
    }

    #[test]
    fn lost_events_and_floods_are_one_signal() {
        let mut state = state();
        assert!(state.hear(Change::Anything));
        assert!(state.take().everything);
        for number in 0..=MAX_PATHS {
            state.hear(at(&format!("/a/plugins/{number}.wasm")));
        }
        let signals = state.take();
        assert!(signals.everything && signals.paths.is_empty());
        state.hear(at("/a/plugins/x.wasm"));
        assert!(!state.take().everything);
    }

    #[test]
    fn a_directory_that_has_gone_is_not_watched_any_more() {
        let again = |path, identity| WatchedDirectory::new(path, identity, true, [""; 0]);
        for (event, plugins, parent) in [
            (gone("/a/plugins"), false, true),
            (gone("/a"), false, false),
            (gone("/a/plugins/x.wasm"), true, true),
            (at("/a/plugins"), true, true),
        ] {
            let mut state = state();
            state.hear(event);
            assert_eq!(state.update(&again("/a/plugins", "1")), plugins);
            assert_eq!(state.update(&again("/a", "2")), parent);
        }
    }

    #[test]
    fn another_directory_in_its_place_is_another_one() {
        let mut state = state();
        assert!(!state.update(&WatchedDirectory::new("/a", "3", false, ["b"])));
        assert!(state.update(&WatchedDirectory::new("/a", "2", false, ["b"])));
        assert!(state.hear(at("/a/b")));
        let gone = state.retain(&HashSet::from([PathBuf::from("/a")]));
        assert_eq!(gone, [PathBuf::from("/a/plugins")]);
        assert!(!state.hear(at("/a/plugins/x.wasm")));
    }
}
