use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use napi::bindgen_prelude::{Buffer, FnArgs, Function, Uint8Array};
use napi::{Error, Result};
use napi_derive::napi;
use sen_host as host;

use crate::event_loop::EventLoopFunction;
use crate::grant::Grant;

/// The most bytes that wait to be written before a plugin that writes more has to wait.
const MAX_BYTES_UNWRITTEN: usize = 1 << 20;
/// What plugins write before the event loop comes to it is handed over together, up to so many bytes:
/// a turn of the event loop for each of many small pieces would be most of its time.
const MAX_BYTES_TOGETHER: usize = 64 << 10;
/// What a piece takes of that room besides its bytes, as it takes memory and time.
const BYTES_EACH: usize = 64;

/// Passes on what plugins write, on the event loop.
#[napi]
pub struct OutputSink {
    sink: Arc<EventLoopSink>,
}

/// How much of what plugins wrote is not written yet. Apart from the sink, whose function keeps it:
/// a sink that its own function kept would never be freed.
#[napi]
#[derive(Clone, Default)]
pub struct UnwrittenOutput {
    bytes: Arc<AtomicUsize>,
}

#[napi]
impl UnwrittenOutput {
    #[napi(constructor)]
    pub fn new() -> Self {
        Self::default()
    }

    /// What `onOutput` was called with, of so many bytes, is written, or lost: there is room for
    /// others. To be called once for each time.
    #[napi(catch_unwind)]
    pub fn written(&self, bytes: u32) {
        self.bytes
            .fetch_sub(bytes as usize + BYTES_EACH, Ordering::Relaxed);
    }
}

/// Called on the event loop, with whether it is standard error, and what was written.
type OnOutput = EventLoopFunction<(bool, Vec<u8>), FnArgs<(bool, Buffer)>>;

struct EventLoopSink {
    on_output: OnOutput,
    /// Bytes that plugins wrote, from the first on.
    taken: AtomicU64,
    /// As many of these as the event loop has been given.
    handed_over: Arc<AtomicU64>,
    /// What it has not been given, or has not written yet.
    unwritten: UnwrittenOutput,
}

#[napi]
impl OutputSink {
    /// `onOutput` is called with what was written, and whether to standard error. It tells `unwritten`
    /// what it is done with.
    #[napi(constructor)]
    pub fn new(
        unwritten: &UnwrittenOutput,
        #[napi(ts_arg_type = "(isStderr: boolean, bytes: Buffer) => void")] on_output: Function<
            '_,
            FnArgs<(bool, Buffer)>,
            (),
        >,
    ) -> Result<Self> {
        let handed_over = Arc::new(AtomicU64::new(0));
        let landed = handed_over.clone();
        let on_output =
            EventLoopFunction::new(&on_output, move |(is_stderr, bytes): (_, Vec<_>)| {
                landed.fetch_add(bytes.len() as u64, Ordering::Relaxed);
                FnArgs::from((is_stderr, Buffer::from(bytes)))
            })?;
        Ok(Self {
            sink: Arc::new(EventLoopSink {
                on_output,
                taken: AtomicU64::new(0),
                handed_over,
                unwritten: unwritten.clone(),
            }),
        })
    }
}

#[napi]
impl OutputSink {
    /// Bytes that plugins have written so far.
    #[napi(getter, catch_unwind)]
    pub fn taken(&self) -> f64 {
        self.sink.taken.load(Ordering::Relaxed) as f64
    }

    /// Bytes that `onOutput` has been called with so far, in the order in which they were written.
    #[napi(getter, catch_unwind)]
    pub fn handed_over(&self) -> f64 {
        self.sink.handed_over.load(Ordering::Relaxed) as f64
    }
}

impl host::Sink for EventLoopSink {
    fn write(&self, stream: host::Stream, bytes: &[u8]) {
        let is_stderr = stream == host::Stream::Stderr;
        let UnwrittenOutput { bytes: unwritten } = &self.unwritten;
        self.on_output.call_with(|last| {
            // Under the lock that decides which comes first: in the order of what is handed over.
            self.taken.fetch_add(bytes.len() as u64, Ordering::Relaxed);
            unwritten.fetch_add(bytes.len(), Ordering::Relaxed);
            match last {
                Some((of_stderr, waiting))
                    if *of_stderr == is_stderr
                        && waiting.len() + bytes.len() <= MAX_BYTES_TOGETHER =>
                {
                    waiting.extend_from_slice(bytes);
                    None
                }
                _ => {
                    unwritten.fetch_add(BYTES_EACH, Ordering::Relaxed);
                    Some((is_stderr, bytes.to_vec()))
                }
            }
        });
    }

    fn is_full(&self) -> bool {
        self.unwritten.bytes.load(Ordering::Relaxed) >= MAX_BYTES_UNWRITTEN
    }
}

/// What an execution finds outside of itself. See the host's `World`.
#[napi]
pub struct World {
    /// Absent once released.
    world: Option<host::World>,
}

#[napi]
impl World {
    /// With a sink, what is written goes there; without one it is captured, or ignored where
    /// `capture` says so. `stdin` is what the plugin reads, where that is granted.
    #[napi(constructor)]
    pub fn new(
        grant: &Grant,
        capture: bool,
        sink: Option<&OutputSink>,
        stdin: Option<Uint8Array>,
    ) -> Result<Self> {
        let stdio = match sink {
            Some(sink) => host::Stdio::Passed(sink.sink.clone()),
            None if capture => host::Stdio::Captured,
            None => host::Stdio::Ignored,
        };
        Ok(Self {
            world: Some(host::World {
                grant: Some(grant.get()?.clone()),
                stdio,
                // A copy: JavaScript could change the bytes while they are read.
                stdin: stdin.map(|bytes| Arc::from(&*bytes)),
            }),
        })
    }

    /// Gives up its part of the grant, without waiting for the garbage collector. Executions that
    /// have begun go on; nothing else can be done with it.
    #[napi(catch_unwind)]
    pub fn release(&mut self) {
        self.world = None;
    }
}

/// The world of an execution that has none of its own.
pub(crate) fn given(world: Option<&World>) -> Result<host::World> {
    let Some(World { world }) = world else {
        return Ok(host::World::default());
    };
    let released = || Error::from_reason("the world was released");
    world.clone().ok_or_else(released)
}
