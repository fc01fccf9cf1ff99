use std::io;

use napi::bindgen_prelude::Either;
use napi::{Error, Result};
use napi_derive::napi;
use sen_host as host;

use crate::capability::{self, Capabilities};
use crate::plugin::Plugin;

/// Where patterns lead, and the environment that variables are taken from.
#[napi(object, object_to_js = false)]
pub struct Surroundings {
    /// Absolute.
    pub working_directory: String,
    /// Absolute; without one, patterns starting with `~/` lead nowhere.
    pub home: Option<String>,
    pub environment: Vec<(String, String)>,
}

/// A directory that was to be granted could not be opened.
#[napi(object, object_from_js = false)]
pub struct CannotOpen {
    pub path: String,
    /// The system's number for what happened, where it has one: negative, as Node has it.
    pub errno: Option<i32>,
    /// What happened, where the system has no number for it.
    pub reason: String,
}

/// A directory that a grant has open.
#[napi(object, object_from_js = false)]
pub struct OpenedDirectory {
    /// Where it was when it was opened, without symbolic links.
    pub path: String,
    /// Whether everything below it may be read, or only its direct entries.
    pub reads_tree: bool,
    /// Whether everything below it may be written, or only its direct entries; absent where
    /// nothing may.
    pub writes_tree: Option<bool>,
}

impl From<host::OpenedDirectory> for OpenedDirectory {
    fn from(
        host::OpenedDirectory {
            path,
            reads_tree,
            writes_tree,
        }: host::OpenedDirectory,
    ) -> Self {
        Self {
            path: path.to_string_lossy().into_owned(),
            reads_tree,
            writes_tree,
        }
    }
}

/// What one plugin may reach, opened. See the host's `Grant`.
#[napi]
pub struct Grant {
    /// Absent once released.
    grant: Option<host::Grant>,
}

impl Grant {
    pub(crate) fn get(&self) -> Result<&host::Grant> {
        let released = || Error::from_reason("the grant was released");
        self.grant.as_ref().ok_or_else(released)
    }
}

#[napi]
impl Grant {
    /// Opens what these capabilities name, on this thread, for this plugin.
    #[napi(catch_unwind, ts_return_type = "Grant | CannotOpen")]
    pub fn open(
        plugin: &Plugin,
        capabilities: Capabilities,
        surroundings: Surroundings,
    ) -> Result<Either<Self, CannotOpen>> {
        let capabilities = capability::read(capabilities)?;
        let opened = host::Grant::open(plugin.get()?, &capabilities, &surroundings.into());
        Ok(made(opened))
    }

    /// Opens what can be opened of them, on this thread, before anybody decides about them.
    #[napi(catch_unwind)]
    pub fn open_ahead(
        plugin: &Plugin,
        capabilities: Capabilities,
        surroundings: Surroundings,
        earlier: Option<&Grant>,
    ) -> Result<Self> {
        let capabilities = capability::read(capabilities)?;
        let earlier = earlier.map(Self::get).transpose()?;
        let (plugin, surroundings) = (plugin.get()?, surroundings.into());
        let grant = host::Grant::open_ahead(plugin, &capabilities, &surroundings, earlier);
        Ok(Self { grant: Some(grant) })
    }

    /// A grant of these capabilities instead, decided about after this one was opened.
    #[napi(catch_unwind, ts_return_type = "Grant | CannotOpen")]
    pub fn narrow(
        &self,
        capabilities: Capabilities,
        surroundings: Surroundings,
    ) -> Result<Either<Self, CannotOpen>> {
        let capabilities = capability::read(capabilities)?;
        Ok(made(
            self.get()?.narrow(&capabilities, &surroundings.into()),
        ))
    }

    /// Whether all directories were there.
    #[napi(getter, catch_unwind)]
    pub fn is_complete(&self) -> Result<bool> {
        Ok(self.get()?.is_complete())
    }

    /// The directories that are open.
    #[napi(getter, catch_unwind)]
    pub fn directories(&self) -> Result<Vec<OpenedDirectory>> {
        let directories = self.get()?.directories();
        Ok(directories.map(OpenedDirectory::from).collect())
    }

    /// Closes what was opened once nothing runs with it, without waiting for the garbage collector,
    /// which does not know of descriptors. Nothing else can be done with it.
    #[napi(catch_unwind)]
    pub fn release(&mut self) {
        self.grant = None;
    }
}

pub(crate) fn made(
    grant: std::result::Result<host::Grant, host::CannotOpen>,
) -> Either<Grant, CannotOpen> {
    match grant {
        Ok(grant) => Either::A(Grant { grant: Some(grant) }),
        Err(host::CannotOpen { path, error }) => Either::B(CannotOpen {
            path: path.to_string_lossy().into_owned(),
            errno: errno(&error),
            reason: error.to_string(),
        }),
    }
}

/// Numbers of Windows are others than those that Node knows.
fn errno(error: &io::Error) -> Option<i32> {
    let number = error.raw_os_error().filter(|_| cfg!(unix))?;
    Some(-number)
}

impl From<Surroundings> for host::Surroundings {
    fn from(
        Surroundings {
            working_directory,
            home,
            environment,
        }: Surroundings,
    ) -> Self {
        Self {
            working_directory: working_directory.into(),
            home: home.map(Into::into),
            environment,
        }
    }
}
