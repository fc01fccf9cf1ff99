//! What is called often, as a function of its own rather than as a method: napi takes longer to
//! find out what a method was called on, and whether it is borrowed, than to call a function.

use napi::bindgen_prelude::{ClassInstance, FromNapiValue, FunctionCallContext};
use napi::sys::{napi_env, napi_value};
use napi::{Result, ValueType, type_of};
use sen_host as host;

use crate::interrupt::Interrupt;
use crate::limits::LimitOverrides;
use crate::threads::{Beginning, Threads};

/// A command's arguments. A sole one comes as it is: an array takes as long again to look into.
pub(crate) struct Words(pub(crate) Vec<String>);

impl FromNapiValue for Words {
    unsafe fn from_napi_value(env: napi_env, value: napi_value) -> Result<Self> {
        // SAFETY: the caller guarantees a valid value of this environment, which is all that the
        // conversions ask for.
        unsafe {
            Ok(Self(match type_of!(env, value)? {
                ValueType::String => vec![String::from_napi_value(env, value)?],
                _ => Vec::from_napi_value(env, value)?,
            }))
        }
    }
}

/// An argument that may be left out.
pub(crate) fn optional<T: FromNapiValue>(
    context: &FunctionCallContext<'_>,
    index: usize,
) -> Result<Option<T>> {
    if index < context.length() {
        context.get(index)
    } else {
        Ok(None)
    }
}

/// The arguments of a call that may go on on another thread:
/// `(ticket, sliceMs, args, receipt, limits?, call?)`.
pub(crate) struct AsyncCall<'a> {
    pub(crate) beginning: Beginning<'a>,
    pub(crate) args: Vec<String>,
    pub(crate) limits: Option<LimitOverrides>,
    call: Option<ClassInstance<'a, Interrupt>>,
}

impl<'a> AsyncCall<'a> {
    /// How many arguments there are.
    pub(crate) const ARITY: usize = 6;

    pub(crate) fn read(context: &'a FunctionCallContext<'_>) -> Result<Self> {
        let Words(args) = context.get(2)?;
        let limits = optional(context, 4)?;
        let call = optional(context, 5)?;
        Ok(Self {
            beginning: Beginning {
                ticket: context.get(0)?,
                slice_ms: context.get(1)?,
                receipt: context.get(3)?,
            },
            args,
            limits,
            call,
        })
    }

    pub(crate) fn interrupts(&self, threads: &Threads) -> host::Interrupts {
        threads.interrupts(self.call.as_deref())
    }
}
