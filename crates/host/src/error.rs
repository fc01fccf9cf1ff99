use std::fmt;
use std::time::Duration;

use sen_host_protocol::{DecodeError, InvalidManifest};
use thiserror::Error;

use crate::interrupt::InterruptReason;
use crate::output::Captured;
use crate::usage::Usage;

/// What went wrong in the host or the sandbox, and what the guest had used by then.
///
/// A plugin that answers with an error of its own is no fault: that is a result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// What happened.
    pub kind: FaultKind,
    /// The receipt, where a guest ran.
    pub usage: Option<Usage>,
    /// What the guest wrote to standard streams that are captured.
    pub output: Option<Box<Captured>>,
}

impl Fault {
    /// A stable code for programs to look at.
    pub fn code(&self) -> &'static str {
        self.kind.code()
    }

    pub(crate) fn with_usage(self, usage: Usage) -> Self {
        Self {
            usage: Some(usage),
            ..self
        }
    }

    pub(crate) fn with_output(self, output: Captured) -> Self {
        let output = (!output.is_empty()).then(|| Box::new(output));
        Self { output, ..self }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.kind.fmt(f)
    }
}

impl std::error::Error for Fault {}

impl From<FaultKind> for Fault {
    fn from(kind: FaultKind) -> Self {
        Self {
            kind,
            usage: None,
            output: None,
        }
    }
}

/// The kinds of [`Fault`], with the context that each has. Texts say what happened and, where
/// somebody can do something about it, what.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum FaultKind {
    /// Occurs when the bytes are not a valid wasm module, or one that the engine refuses.
    #[error("not a valid WebAssembly module: {reason}")]
    InvalidModule {
        /// What the validator says.
        reason: String,
    },
    /// Occurs when a module is over a limit that keeps compilation short.
    #[error(
        "the module has {what} of {actual}, over the limit of {limit}: split it up, or leave out what it does not use"
    )]
    ModuleTooComplex {
        /// Which figure.
        what: &'static str,
        /// The most that is allowed.
        limit: u64,
        /// What the module has.
        actual: u64,
    },
    /// Occurs when a module imports something that the host does not provide, or cannot be started.
    #[error("{}", instantiation_text(.import.as_deref(), .reason))]
    Instantiation {
        /// The import, as `module.name`, where one is to blame.
        import: Option<String>,
        /// What the engine says.
        reason: String,
    },
    /// Occurs when a required export is absent or of another type.
    #[error(
        "the plugin does not export `{export}` as {expected}: it was not built for this host, or stripped of its exports"
    )]
    MissingExport {
        /// The export's name.
        export: &'static str,
        /// Its type by the protocol.
        expected: &'static str,
    },
    /// Occurs when the manifest's version is not the one this host speaks.
    #[error(
        "the plugin speaks API version {actual}, this host version {expected}: build it with sen-plugin-sdk 0.8"
    )]
    ApiVersion {
        /// The version of this host.
        expected: u32,
        /// The version of the plugin.
        actual: u32,
    },
    /// Occurs when bytes from the guest are not the value they should be.
    #[error("the plugin's {what} cannot be decoded: {reason}")]
    Decode {
        /// `manifest` or `result`.
        what: &'static str,
        /// What the decoder says.
        reason: String,
    },
    /// Occurs when a manifest decodes but holds a name or pattern that is not allowed.
    #[error("the plugin's manifest is not valid: {field}: {reason}")]
    InvalidManifest {
        /// The path of the field.
        field: String,
        /// Which rule it breaks.
        reason: String,
    },
    /// Occurs when a pointer and length from the guest do not lie in its memory, or its allocator
    /// has no room.
    #[error(
        "the plugin gave {len} bytes at address {ptr} for its {what}, which is not in its memory"
    )]
    AbiBounds {
        /// What the block was for.
        what: &'static str,
        /// The pointer.
        ptr: u32,
        /// The length.
        len: u32,
    },
    /// Occurs when a guest used up its fuel.
    #[error(
        "the plugin ran out of fuel, of which it had {limit}: raise `limits.fuel` if it needs more"
    )]
    FuelExhausted {
        /// The fuel it had.
        limit: u64,
    },
    /// Occurs when a guest used up its time.
    #[error("the plugin ran for more than {} ms: raise `limits.timeoutMs` if it needs longer", .timeout.as_secs_f64() * 1000.0)]
    DeadlineExceeded {
        /// The time it had.
        timeout: Duration,
    },
    /// Occurs when a guest's calls nest deeper than its stack.
    #[error("the plugin ran out of its 1 MiB of stack: it most likely calls itself without end")]
    StackOverflow,
    /// Occurs when a guest failed after the host refused it memory or table room.
    #[error(
        "the plugin failed after it was refused more room than its limit of {limit}: raise `limits.memoryBytes` or `limits.tableElements` if it needs more"
    )]
    MemoryLimit {
        /// The limit that was met, in bytes or elements.
        limit: u64,
    },
    /// Occurs when a result or manifest is longer than allowed.
    #[error(
        "the plugin's {what} has {actual} bytes, over the limit of {limit}: raise `limits.resultBytes` if it needs more"
    )]
    ResultTooLarge {
        /// `manifest`, `result`, `stdout` or `stderr`.
        what: &'static str,
        /// The most that is allowed.
        limit: u64,
        /// What the guest gave.
        actual: u64,
    },
    /// Occurs when a guest traps in any other way.
    #[error("the plugin trapped: {trap}{}", .function.as_ref().map(|name| format!(", in {name}")).unwrap_or_default())]
    Trap {
        /// Which trap, in the words of the WebAssembly specification.
        trap: String,
        /// The function that trapped, where the module names it.
        function: Option<String>,
        /// The guest's calls, innermost first.
        backtrace: Vec<Frame>,
    },
    /// Occurs when somebody outside stopped the guest.
    #[error("{}", interrupted_text(.0))]
    Interrupted(
        /// Who, and why.
        InterruptReason,
    ),
    /// Occurs when the queue of waiting executions, or the room for instances, is full.
    #[error(
        "too many executions at once: the limit is {limit}. Wait for some to end before starting more"
    )]
    Busy {
        /// The most that may wait.
        limit: u64,
    },
    /// Occurs when an execution comes with a grant that was made for another plugin.
    #[error("the grant was made for a plugin with the digest {granted}, and this one has {actual}")]
    WrongGrant {
        /// The digest of the plugin that the grant was made for.
        granted: String,
        /// The digest of this one.
        actual: String,
    },
    /// Occurs when the host itself is at fault. A defect worth reporting.
    #[error("the plugin host failed: {reason}. This is a defect in the host: please report it")]
    Internal {
        /// What is known.
        reason: String,
    },
    /// Occurs when the engine does not work on this system.
    #[error("the WebAssembly engine does not work on this system: {reason}")]
    Unsupported {
        /// What the engine says.
        reason: String,
    },
}

/// A call of a guest's backtrace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// The function's name from the module's name section, demangled; bounded in length.
    pub function: Option<String>,
    /// The function's index in the module.
    pub index: u32,
    /// Offset of the instruction in the module's bytes, where known.
    pub offset: Option<u64>,
}

impl FaultKind {
    /// A stable code for programs to look at.
    pub fn code(&self) -> &'static str {
        match self {
            Self::InvalidModule { .. } => "ERR_INVALID_MODULE",
            Self::ModuleTooComplex { .. } => "ERR_MODULE_TOO_COMPLEX",
            Self::Instantiation { .. } => "ERR_INSTANTIATION",
            Self::MissingExport { .. } => "ERR_MISSING_EXPORT",
            Self::ApiVersion { .. } => "ERR_API_VERSION",
            Self::Decode { .. } => "ERR_DECODE",
            Self::InvalidManifest { .. } => "ERR_INVALID_MANIFEST",
            Self::AbiBounds { .. } => "ERR_ABI_BOUNDS",
            Self::FuelExhausted { .. } => "ERR_FUEL_EXHAUSTED",
            Self::DeadlineExceeded { .. } => "ERR_DEADLINE_EXCEEDED",
            Self::StackOverflow => "ERR_STACK_OVERFLOW",
            Self::MemoryLimit { .. } => "ERR_MEMORY_LIMIT",
            Self::ResultTooLarge { .. } => "ERR_RESULT_TOO_LARGE",
            Self::Trap { .. } => "ERR_TRAP",
            Self::Interrupted(InterruptReason::Aborted) => "ERR_ABORTED",
            Self::Interrupted(InterruptReason::Unloaded) => "ERR_UNLOADED",
            Self::Interrupted(InterruptReason::Closed) => "ERR_CLOSED",
            Self::Busy { .. } => "ERR_BUSY",
            Self::WrongGrant { .. } => "ERR_PERMISSION_DENIED",
            Self::Internal { .. } => "ERR_INTERNAL",
            Self::Unsupported { .. } => "ERR_UNSUPPORTED_PLATFORM",
        }
    }

    pub(crate) fn decode(what: &'static str, error: &DecodeError) -> Self {
        Self::Decode {
            what,
            reason: error.to_string(),
        }
    }
}

impl From<InvalidManifest> for FaultKind {
    fn from(InvalidManifest { field, reason, .. }: InvalidManifest) -> Self {
        Self::InvalidManifest { field, reason }
    }
}

fn instantiation_text(import: Option<&str>, reason: &str) -> String {
    match import {
        Some(import) => format!("the plugin imports `{import}`, which this host does not provide"),
        None => format!("the plugin could not be started: {reason}"),
    }
}

fn interrupted_text(reason: &InterruptReason) -> &'static str {
    match reason {
        InterruptReason::Aborted => "the call was aborted",
        InterruptReason::Unloaded => "the plugin was unloaded",
        InterruptReason::Closed => "the registry or instance was closed",
    }
}
