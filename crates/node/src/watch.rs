use std::path::PathBuf;

use napi::Result;
use napi::bindgen_prelude::{Either, Function};
use napi::threadsafe_function::ThreadsafeFunctionCallMode;
use napi_derive::napi;
use sen_host as host;

/// A directory to be watched. See the host's `WatchedDirectory`.
#[napi(object, object_to_js = false)]
pub struct WatchedDirectory {
    /// Absolute, without symbolic links.
    pub path: String,
    /// Tells it from another directory that takes its place.
    pub identity: String,
    /// Whether entries whose names end in `.wasm` matter.
    pub modules: bool,
    /// Names of other entries that matter.
    pub names: Vec<String>,
}

/// What may have changed since signals were last taken.
#[napi(object, object_from_js = false)]
pub struct WatchSignals {
    /// Entries of watched directories, and such directories themselves.
    pub paths: Vec<String>,
    /// Whether anything may have changed.
    pub everything: bool,
}

/// Says when something may have changed in directories. See the host's `Watch`.
///
/// Does not keep the process alive.
#[napi]
pub struct DirectoryWatch {
    /// Absent once closed.
    watch: Option<host::Watch>,
}

#[napi]
impl DirectoryWatch {
    /// `onSignal` is called on the event loop when there is something to take, once until it has
    /// been. Returns the reason where the system cannot watch.
    #[napi(catch_unwind, ts_return_type = "DirectoryWatch | string")]
    pub fn open(
        #[napi(ts_arg_type = "() => void")] on_signal: Function<'_, (), ()>,
    ) -> Result<Either<Self, String>> {
        let on_signal = on_signal
            .build_threadsafe_function::<()>()
            .weak::<true>()
            .build()?;
        // Refused only while the environment is torn down, when nobody listens any more.
        let wake = move || {
            let _ = on_signal.call((), ThreadsafeFunctionCallMode::NonBlocking);
        };
        Ok(match host::Watch::new(wake) {
            Ok(watch) => Either::A(Self { watch: Some(watch) }),
            Err(host::CannotWatch(reason)) => Either::B(reason),
        })
    }

    /// Watches these directories and no others. Returns the reason where the system has no room
    /// for all of them.
    #[napi(catch_unwind)]
    pub fn set(&mut self, directories: Vec<WatchedDirectory>) -> Option<String> {
        let convert = |directory: WatchedDirectory| {
            let WatchedDirectory {
                path,
                identity,
                modules,
                names,
            } = directory;
            host::WatchedDirectory::new(path, identity, modules, names)
        };
        let directories = directories.into_iter().map(convert).collect();
        let host::CannotWatch(reason) = self.watch.as_mut()?.set(directories).err()?;
        Some(reason)
    }

    /// What may have changed since this was last asked.
    #[napi(catch_unwind)]
    pub fn take(&self) -> WatchSignals {
        let signals = self.watch.as_ref().map(host::Watch::take);
        let host::Signals { paths, everything } = signals.unwrap_or_default();
        let text = |path: PathBuf| path.to_string_lossy().into_owned();
        WatchSignals {
            paths: paths.into_iter().map(text).collect(),
            everything,
        }
    }

    /// Ends it, with its thread and descriptors. Idempotent.
    #[napi(catch_unwind)]
    pub fn close(&mut self) {
        self.watch = None;
    }
}

/// `blake3:` and the digest of a module's bytes in hexadecimal, as a plugin that is loaded from
/// them has it.
#[napi(catch_unwind)]
pub fn module_digest(module: &[u8]) -> String {
    host::module_digest(module)
}
