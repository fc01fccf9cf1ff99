//! The only file that names `notify`. Narrows it to directories without what is below them, and
//! its events to the paths that somebody wrote, made, renamed or deleted.

use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, Sender, TryRecvError, channel};
use std::thread;
use std::time::Duration;

use notify::event::{AccessKind, AccessMode, ModifyKind, RenameMode};
use notify::{
    Config, ErrorKind, Event, EventHandler, EventKind, RecommendedWatcher, RecursiveMode, Watcher,
};

use super::CannotWatch;

/// What somebody did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Change {
    /// Events were lost.
    Anything,
    At {
        path: PathBuf,
        /// Whether nothing is under this name any more, or something else.
        gone: bool,
    },
}

/// The system's own watcher, with its thread.
pub(super) struct FsEvents {
    watcher: Option<RecommendedWatcher>,
    ended: Receiver<()>,
}

const NO_THREAD: &str = "the system has no room for the thread that watches";

/// Much longer than the thread takes to end: only its end is waited for.
const LONG: Duration = Duration::from_secs(2);

impl FsEvents {
    pub(super) fn new(on_change: impl Fn(Change) + Send + 'static) -> Result<Self, CannotWatch> {
        // Before a watcher is made: one that gets no thread cannot be given back.
        match thread::Builder::new().spawn(|| ()) {
            // Its place is free again then.
            Ok(probe) => drop(probe.join()),
            Err(_) => return Err(CannotWatch(NO_THREAD.into())),
        }
        let (ending, ended) = channel();
        let handler = Handler { on_change, ending };
        match RecommendedWatcher::new(handler, Config::default()) {
            Ok(watcher) => {
                let events = Self {
                    watcher: Some(watcher),
                    ended,
                };
                if events.has_thread() {
                    Ok(events)
                } else {
                    Err(CannotWatch(NO_THREAD.into()))
                }
            }
            Err(error) => Err(limit(&error).unwrap_or_else(|| CannotWatch(error.to_string()))),
        }
    }

    /// Whether the directory could be watched.
    pub(super) fn watch(&mut self, path: &Path) -> Result<bool, CannotWatch> {
        if !self.has_thread() {
            return Err(CannotWatch(NO_THREAD.into()));
        }
        let Some(watcher) = &mut self.watcher else {
            return Ok(false);
        };
        match watcher.watch(path, RecursiveMode::NonRecursive) {
            Ok(()) => Ok(true),
            Err(error) => limit(&error).map_or(Ok(false), Err),
        }
    }

    pub(super) fn unwatch(&mut self, path: &Path) {
        if !self.has_thread() {
            return;
        }
        if let Some(watcher) = &mut self.watcher {
            // It may have gone by itself.
            let _ = watcher.unwatch(path);
        }
    }

    /// Whether its thread runs. `notify` says nothing of one that could not be started, and panics
    /// when it is to tell that one something, its end included.
    fn has_thread(&self) -> bool {
        self.ended.try_recv() == Err(TryRecvError::Empty)
    }
}

impl Drop for FsEvents {
    fn drop(&mut self) {
        let watcher = self.watcher.take();
        if !self.has_thread() {
            // Some bytes and a descriptor are lost, for those that lost the last thread to somebody
            // else just now.
            std::mem::forget(watcher);
            return;
        }
        drop(watcher);
        // Fails when the handler has been dropped, which its thread does last of all.
        let _ = self.ended.recv_timeout(LONG);
    }
}

struct Handler<F> {
    on_change: F,
    /// Dropped with the handler.
    #[allow(dead_code, reason = "that it is dropped is what it is there for")]
    ending: Sender<()>,
}

impl<F: Fn(Change) + Send + 'static> EventHandler for Handler<F> {
    fn handle_event(&mut self, event: notify::Result<Event>) {
        match event {
            Ok(event) if !event.need_rescan() => {
                let Some(gone) = change(event.kind) else {
                    return;
                };
                for path in event.paths {
                    (self.on_change)(Change::At { path, gone });
                }
            }
            _ => (self.on_change)(Change::Anything),
        }
    }
}

/// Whether something was changed, and if so whether it has gone.
fn change(kind: EventKind) -> Option<bool> {
    match kind {
        // Reading is no change: we read ourselves.
        EventKind::Access(AccessKind::Close(AccessMode::Write)) => Some(false),
        EventKind::Access(_) => None,
        EventKind::Remove(_) => Some(true),
        // Both ends of a rename were reported each by itself.
        EventKind::Modify(ModifyKind::Name(RenameMode::Both)) if cfg!(target_os = "linux") => None,
        EventKind::Modify(ModifyKind::Name(RenameMode::To)) => Some(false),
        EventKind::Modify(ModifyKind::Name(_)) => Some(true),
        _ => Some(false),
    }
}

/// In words that say what to do, where the system has no room for another watch.
fn limit(error: &notify::Error) -> Option<CannotWatch> {
    let too_many = match &error.kind {
        ErrorKind::MaxFilesWatch => true,
        #[cfg(unix)]
        ErrorKind::Io(error) => matches!(
            error.raw_os_error(),
            Some(libc::EMFILE | libc::ENFILE | libc::ENOSPC | libc::ENOMEM)
        ),
        _ => false,
    };
    let hint = if cfg!(target_os = "linux") {
        ": raise fs.inotify.max_user_watches and fs.inotify.max_user_instances"
    } else {
        ""
    };
    too_many.then(|| {
        CannotWatch(format!(
            "the system's limit on watched directories is reached{hint} ({error})"
        ))
    })
}

#[cfg(test)]
mod tests {
    use notify::event::{CreateKind, DataChange, MetadataKind, RemoveKind};

    use super::*;

    #[test]
    fn reading_is_no_change() {
        for (kind, expected) in [
            (EventKind::Access(AccessKind::Open(AccessMode::Any)), None),
            (EventKind::Access(AccessKind::Close(AccessMode::Read)), None),
            (
                EventKind::Access(AccessKind::Close(AccessMode::Write)),
                Some(false),
            ),
            (EventKind::Create(CreateKind::File), Some(false)),
            (
                EventKind::Modify(ModifyKind::Data(DataChange::Any)),
                Some(false),
            ),
            (
                EventKind::Modify(ModifyKind::Metadata(MetadataKind::Any)),
                Some(false),
            ),
            (
                EventKind::Modify(ModifyKind::Name(RenameMode::To)),
                Some(false),
            ),
            (
                EventKind::Modify(ModifyKind::Name(RenameMode::From)),
                Some(true),
            ),
            (EventKind::Remove(RemoveKind::File), Some(true)),
            (EventKind::Any, Some(false)),
        ] {
            assert_eq!(change(kind), expected, "{kind:?}");
        }
    }
}
