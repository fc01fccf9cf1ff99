use napi_derive::napi;
use sen_host as host;
use sen_host::protocol::ExecuteResult;

use crate::effect::Effect;
use crate::fault::FaultDetails;
use crate::instance::Instance;

/// What a call into a guest used.
#[napi(object, object_from_js = false)]
pub struct Usage {
    pub fuel_consumed: u64,
    pub duration_ms: f64,
    pub peak_memory_bytes: f64,
    /// Effects that were carried out: counted by whoever carries them out, hence 0 here.
    pub effects: u32,
}

impl From<host::Usage> for Usage {
    fn from(
        host::Usage {
            fuel_consumed,
            duration,
            peak_memory_bytes,
        }: host::Usage,
    ) -> Self {
        Self {
            fuel_consumed,
            duration_ms: duration.as_secs_f64() * 1000.0,
            peak_memory_bytes: peak_memory_bytes as f64,
            effects: 0,
        }
    }
}

/// How a call into a guest ended.
#[allow(
    clippy::large_enum_variant,
    reason = "moved once, to where it is converted: a box would only add an allocation"
)]
#[napi(
    discriminant = "type",
    discriminant_case = "lowercase",
    object_from_js = false
)]
pub enum Outcome {
    Success {
        output: String,
        usage: Usage,
        stdout: Option<String>,
        stderr: Option<String>,
    },
    Error {
        code: u8,
        message: String,
        usage: Usage,
        stdout: Option<String>,
        stderr: Option<String>,
    },
    /// The instance that waits for the effect's result is there for executions of a plugin; a live
    /// instance is the one that was called.
    Effect {
        effect: Effect,
        usage: Usage,
        instance: Option<Instance>,
    },
    Fault {
        code: String,
        message: String,
        details: FaultDetails,
    },
}

impl Outcome {
    pub(crate) fn of_plugin(reply: Result<host::Reply, host::Fault>) -> Self {
        match reply {
            Ok(host::Reply {
                result,
                usage,
                output,
                suspended,
            }) => Self::answered(result, usage, output, suspended.map(Instance::from)),
            Err(fault) => Self::from(fault),
        }
    }

    pub(crate) fn of_instance(reply: Result<(ExecuteResult, host::Usage), host::Fault>) -> Self {
        match reply {
            Ok((result, usage)) => Self::answered(result, usage, host::Captured::default(), None),
            Err(fault) => Self::from(fault),
        }
    }

    fn answered(
        result: ExecuteResult,
        usage: host::Usage,
        host::Captured { stdout, stderr }: host::Captured,
        instance: Option<Instance>,
    ) -> Self {
        let usage = Usage::from(usage);
        match result {
            ExecuteResult::Success(output) => Self::Success {
                output,
                usage,
                stdout: stdout.map(text),
                stderr: stderr.map(text),
            },
            ExecuteResult::Error(error) => Self::Error {
                code: error.code,
                message: error.message,
                usage,
                stdout: stdout.map(text),
                stderr: stderr.map(text),
            },
            ExecuteResult::Effect(effect) => Self::Effect {
                effect: effect.into(),
                usage,
                instance,
            },
        }
    }
}

impl From<host::Fault> for Outcome {
    fn from(fault: host::Fault) -> Self {
        Self::Fault {
            code: fault.code().into(),
            message: fault.to_string(),
            details: fault.into(),
        }
    }
}

/// What a guest wrote to a stream: text, with what is none replaced.
pub(crate) fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes)
        .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
}
