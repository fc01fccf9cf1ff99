use napi::bindgen_prelude::Either;
use napi_derive::napi;
use sen_host as host;
use sen_host::FaultKind;

use crate::outcome::{Usage, text};

/// The context of a fault: which fields are there depends on its code.
#[napi(object, object_from_js = false)]
#[derive(Default)]
pub struct FaultDetails {
    pub import: Option<String>,
    pub export: Option<String>,
    /// A version for `ERR_API_VERSION`.
    pub expected: Option<u32>,
    /// A version for `ERR_API_VERSION`, a figure for what is too large.
    pub actual: Option<f64>,
    pub what: Option<String>,
    pub field: Option<String>,
    pub ptr: Option<u32>,
    pub len: Option<u32>,
    /// A bigint for fuel, a number for everything else.
    pub limit: Option<Either<f64, u64>>,
    pub timeout_ms: Option<f64>,
    pub trap: Option<String>,
    pub function: Option<String>,
    pub backtrace: Option<Vec<Frame>>,
    pub usage: Option<Usage>,
    /// What the guest had written by then, where that is captured.
    pub stdout: Option<String>,
    /// As `stdout`.
    pub stderr: Option<String>,
}

/// A call of a guest's backtrace.
#[napi(object, object_from_js = false)]
pub struct Frame {
    /// The function's name, where the module's name section has it.
    pub function: Option<String>,
    /// The function's index in the module.
    pub index: u32,
    /// Offset of the instruction in the module's bytes, where known.
    pub offset: Option<f64>,
}

impl From<host::Frame> for Frame {
    fn from(
        host::Frame {
            function,
            index,
            offset,
        }: host::Frame,
    ) -> Self {
        Self {
            function,
            index,
            offset: offset.map(|offset| offset as f64),
        }
    }
}

impl From<host::Fault> for FaultDetails {
    fn from(
        host::Fault {
            kind,
            usage,
            output,
        }: host::Fault,
    ) -> Self {
        let output = output.map(|output| *output).unwrap_or_default();
        let details = Self {
            usage: usage.map(Usage::from),
            stdout: output.stdout.map(text),
            stderr: output.stderr.map(text),
            ..Self::default()
        };
        let number = |limit: u64| Some(Either::A(limit as f64));
        match kind {
            FaultKind::ModuleTooComplex {
                what,
                limit,
                actual,
            } => Self {
                what: Some(what.into()),
                limit: number(limit),
                actual: Some(actual as f64),
                ..details
            },
            FaultKind::Instantiation { import, .. } => Self { import, ..details },
            FaultKind::MissingExport { export, .. } => Self {
                export: Some(export.into()),
                ..details
            },
            FaultKind::ApiVersion { expected, actual } => Self {
                expected: Some(expected),
                actual: Some(actual.into()),
                ..details
            },
            FaultKind::Decode { what, .. } => Self {
                what: Some(what.into()),
                ..details
            },
            FaultKind::InvalidManifest { field, .. } => Self {
                field: Some(field),
                ..details
            },
            FaultKind::AbiBounds { what, ptr, len } => Self {
                what: Some(what.into()),
                ptr: Some(ptr),
                len: Some(len),
                ..details
            },
            FaultKind::FuelExhausted { limit } => Self {
                limit: Some(Either::B(limit)),
                ..details
            },
            FaultKind::DeadlineExceeded { timeout } => Self {
                timeout_ms: Some(timeout.as_secs_f64() * 1000.0),
                ..details
            },
            FaultKind::MemoryLimit { limit } | FaultKind::Busy { limit } => Self {
                limit: number(limit),
                ..details
            },
            FaultKind::ResultTooLarge {
                what,
                limit,
                actual,
            } => Self {
                what: Some(what.into()),
                limit: number(limit),
                actual: Some(actual as f64),
                ..details
            },
            FaultKind::Trap {
                trap,
                function,
                backtrace,
            } => Self {
                trap: Some(trap),
                function,
                backtrace: Some(backtrace.into_iter().map(Frame::from).collect()),
                ..details
            },
            // `FaultKind` may grow; what has no details of its own has none here.
            _ => details,
        }
    }
}
