use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use napi::bindgen_prelude::{Function, JsValuesTupleIntoVec};
use napi::threadsafe_function::{
    ThreadsafeCallContext, ThreadsafeFunction, ThreadsafeFunctionCallMode,
};
use napi::{Error, Result, Status};

/// A function of JavaScript's that any thread can hand values to: it is called with each on its
/// event loop, in the order in which they came. Does not keep the process alive.
///
/// What waits to be handed over is kept here. With Node's own queue it would be lost for ever,
/// with the instances and files that it holds, where the environment is torn down meanwhile.
pub(crate) struct EventLoopFunction<T, Args: 'static + JsValuesTupleIntoVec> {
    function: ThreadsafeFunction<(), (), Args, Status, false, true>,
    waiting: Arc<Waiting<T>>,
}

/// Room for so many is kept where none waits.
const KEPT: usize = 64;

struct Waiting<T>(Mutex<VecDeque<T>>);

impl<T: 'static + Send, Args: 'static + JsValuesTupleIntoVec> EventLoopFunction<T, Args> {
    /// `arguments` makes of a value what the function is called with, on the event loop.
    pub(crate) fn new(
        function: &Function<'_, Args, ()>,
        arguments: impl Fn(T) -> Args + 'static,
    ) -> Result<Self> {
        let waiting = Arc::new(Waiting(Mutex::default()));
        let handed_over = waiting.clone();
        let function = function
            .build_threadsafe_function::<()>()
            .weak::<true>()
            .build_callback(move |_: ThreadsafeCallContext<()>| {
                let value = handed_over.with(|waiting| {
                    let value = waiting.pop_front();
                    if waiting.is_empty() {
                        waiting.shrink_to(KEPT);
                    }
                    value
                });
                let missing = || Error::from_reason("a call with no value waiting for it");
                value.map(&arguments).ok_or_else(missing)
            })?;
        Ok(Self { function, waiting })
    }

    pub(crate) fn call(&self, value: T) {
        self.call_with(|_| Some(value));
    }

    /// As `call`, with what `value` makes of the last value that waits: another one, or nothing where
    /// that one has taken it in.
    pub(crate) fn call_with(&self, value: impl FnOnce(Option<&mut T>) -> Option<T>) {
        let waits = self.waiting.with(|waiting| {
            let another = value(waiting.back_mut());
            let waits = another.is_some();
            waiting.extend(another);
            waits
        });
        if !waits {
            return;
        }
        let status = self
            .function
            .call((), ThreadsafeFunctionCallMode::NonBlocking);
        // Refused only while the environment is torn down, when nobody waits any more.
        if status != Status::Ok {
            drop(self.waiting.with(std::mem::take));
        }
    }
}

impl<T> Waiting<T> {
    fn with<R>(&self, act: impl FnOnce(&mut VecDeque<T>) -> R) -> R {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
