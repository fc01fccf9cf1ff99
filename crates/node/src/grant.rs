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

/// What one plugin may reach, opened. See the host's `Grant`.
#[napi]
pub struct Grant {
    /// Absent once released.
    grant: Option<host::Grant>,
    is_denied: bool,
}

impl Grant {
    /// One that nobody has decided about.
    pub(crate) fn undecided(grant: host::Grant) -> Self {
        Self {
            grant: Some(grant),
            is_denied: false,
        }
    }

    pub(crate) fn get(&self) -> Result<&host::Grant> {
        let released = || Error::from_reason("the grant was released");
        self.grant.as_ref().ok_or_else(released)
    }
}

#[napi]
impl Grant {
    /// Opens what these capabilities name, on this thread, for this plugin, and compares it with a
    /// deny list.
    #[napi(catch_unwind, ts_return_type = "Grant | CannotOpen")]
    pub fn open(
        plugin: &Plugin,
        capabilities: Capabilities,
        surroundings: Surroundings,
        deny: Capabilities,
    ) -> Result<Either<Self, CannotOpen>> {
        let capabilities = capability::read(capabilities)?;
        let (surroundings, deny) = (surroundings.into(), capability::read(deny)?);
        let opened = host::Grant::open(&plugin.get()?, &capabilities, &surroundings);
        Ok(made(opened, &deny, &surroundings))
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
        let grant = host::Grant::open_ahead(&plugin, &capabilities, &surroundings, earlier);
        Ok(Self::undecided(grant))
    }

    /// A grant of these capabilities instead, decided about after this one was opened, compared with
    /// a deny list.
    #[napi(catch_unwind, ts_return_type = "Grant | CannotOpen")]
    pub fn narrow(
        &self,
        capabilities: Capabilities,
        surroundings: Surroundings,
        deny: Capabilities,
    ) -> Result<Either<Self, CannotOpen>> {
        let capabilities = capability::read(capabilities)?;
        let (surroundings, deny) = (surroundings.into(), capability::read(deny)?);
        let narrowed = self.get()?.narrow(&capabilities, &surroundings);
        Ok(made(narrowed, &deny, &surroundings))
    }

    /// Whether all directories were there.
    #[napi(getter, catch_unwind)]
    pub fn is_complete(&self) -> Result<bool> {
        Ok(self.get()?.is_complete())
    }

    /// Whether a directory that is open has anything in common with the deny list that it was compared
    /// with: see the host's `Grant::meets`.
    #[napi(getter, catch_unwind)]
    pub fn is_denied(&self) -> bool {
        self.is_denied
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
    deny: &host::protocol::Capabilities,
    surroundings: &host::Surroundings,
) -> Either<Grant, CannotOpen> {
    match grant {
        Ok(grant) => Either::A(Grant {
            is_denied: grant.meets(deny, surroundings),
            grant: Some(grant),
        }),
        Err(host::CannotOpen { path, error }) => Either::B(CannotOpen {
            path: path.to_string_lossy().into_owned(),
            errno: errno(&error),
            reason: error.to_string(),
        }),
    }
}

/// `EACCES` on every Unix, for what the host itself refuses.
const ACCESS: i32 = 13;

/// Numbers of Windows are others than those that Node knows.
fn errno(error: &io::Error) -> Option<i32> {
    let refused = || (error.kind() == io::ErrorKind::PermissionDenied).then_some(ACCESS);
    let number = error.raw_os_error().or_else(refused);
    number.filter(|_| cfg!(unix)).map(|number| -number)
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
