use std::time::{Duration, Instant};

use sen_host_protocol::{
    EffectResult, ExecuteResult, PackedSlice, PluginManifest, decode_manifest, decode_result,
    encode_args, encode_effect_result,
};
use wasmtime::{
    AsContextMut, Extern, Instance, Memory, Store, TypedFunc, UpdateDeadline, WasmParams,
    WasmResults,
};

use crate::epoch::Inside;
use crate::error::{Fault, FaultKind};
use crate::interrupt::Interrupts;
use crate::limits::Limits;
use crate::meter::Meter;
use crate::program::Program;
use crate::trap::{Stopped, classify};
use crate::usage::Usage;

/// Units of fuel after which a guest's consumption is written down. It is kept in a register in
/// between, so that the receipt of one that is stopped by the clock is short by at most this.
const FUEL_CHECKPOINT: u64 = 100_000;

/// What the host keeps beside a guest's memory.
pub(crate) struct State {
    meter: Meter,
    interrupts: Interrupts,
    timeout: Duration,
    deadline: Instant,
}

impl State {
    /// Called with each tick of the epoch, on the guest's own stack: may it go on?
    fn check(&self) -> wasmtime::Result<UpdateDeadline> {
        if let Some(reason) = self.interrupts.reason() {
            return Err(Stopped(FaultKind::Interrupted(reason)).into());
        }
        if Instant::now() >= self.deadline {
            return Err(Stopped(FaultKind::DeadlineExceeded {
                timeout: self.timeout,
            })
            .into());
        }
        Ok(UpdateDeadline::Continue(1))
    }
}

/// One instance of a plugin: its memory, and the calls into it by the protocol's ABI.
///
/// A guest that trapped or was stopped is left in the middle of something and must not be called
/// again; [`Guest::is_intact`] says so.
pub(crate) struct Guest {
    store: Store<State>,
    instance: Instance,
    exports: Exports,
    intact: bool,
}

/// The exports of this instance, looked up once.
struct Exports {
    memory: Memory,
    alloc: TypedFunc<i32, i32>,
    dealloc: TypedFunc<(i32, i32), ()>,
    execute: TypedFunc<(i32, i32), i64>,
    resume: Option<TypedFunc<(i32, i32, i32), i64>>,
}

/// Whether a guest is called again after this call, so that it wants its memory back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lifetime {
    /// Thrown away after a result that ends the conversation.
    OneExecution,
    /// Kept.
    Persistent,
}

/// A call in progress: what its receipt is computed from.
struct Call<'a> {
    fuel: u64,
    began: Instant,
    _inside: Inside<'a>,
}

impl Guest {
    /// Makes a fresh instance and runs its start-up, within the limits of one call.
    pub(crate) async fn start(
        program: &Program,
        limits: &Limits,
        interrupts: &Interrupts,
    ) -> Result<Self, Fault> {
        let engine = program.engine();
        let began = Instant::now();
        let state = State {
            meter: Meter::new(limits),
            interrupts: interrupts.clone(),
            timeout: limits.timeout,
            deadline: began + limits.timeout,
        };
        if let Some(reason) = interrupts.reason() {
            return Err(FaultKind::Interrupted(reason).into());
        }
        let mut store = Store::new(&engine.wasmtime, state);
        store.limiter(|state| &mut state.meter);
        store.epoch_deadline_callback(|context| context.data().check());
        store.set_epoch_deadline(1);
        let call = Call {
            fuel: limits.fuel,
            began,
            _inside: engine.ticker.enter(),
        };
        store
            .fuel_async_yield_interval(Some(FUEL_CHECKPOINT))
            .map_err(|error| FaultKind::Internal {
                reason: error.to_string(),
            })?;
        set_fuel(&mut store, limits.fuel)?;

        let started = async {
            let instance = program.instantiate(&mut store).await?;
            if let Some(index) = &program.exports.initialize {
                let initialize: TypedFunc<(), ()> = program.typed(&mut store, &instance, index)?;
                initialize.call_async(&mut store, ()).await?;
            }
            let exports = Exports::bind(program, &mut store, &instance)?;
            wasmtime::Result::Ok((instance, exports))
        };
        match started.await {
            Ok((instance, exports)) => Ok(Self {
                store,
                instance,
                exports,
                intact: true,
            }),
            Err(error) => {
                let kind = match classify(&error, call.fuel, store.data().meter.refused()) {
                    // Of the failures at start-up, traps have a code of their own.
                    FaultKind::Trap { trap, function, .. } => {
                        let place = function
                            .map(|name| format!(" in {name}"))
                            .unwrap_or_default();
                        FaultKind::Instantiation {
                            import: None,
                            reason: format!("its start-up trapped: {trap}{place}"),
                        }
                    }
                    other => other,
                };
                Err(Fault::from(kind).with_usage(call.usage(&store)))
            }
        }
    }

    /// Asks a guest that has just been started for its manifest, with what start-up left of its
    /// budget.
    pub(crate) async fn manifest(
        &mut self,
        program: &Program,
        limits: &Limits,
    ) -> Result<PluginManifest, Fault> {
        let call = Call {
            fuel: limits.fuel,
            began: Instant::now(),
            _inside: program.engine().ticker.enter(),
        };
        let manifest = self.manifest_on_fuel(program, limits).await;
        manifest.map_err(|kind| Fault::from(kind).with_usage(call.usage(&self.store)))
    }

    async fn manifest_on_fuel(
        &mut self,
        program: &Program,
        limits: &Limits,
    ) -> Result<PluginManifest, FaultKind> {
        let manifest: TypedFunc<(), i64> = program
            .typed(&mut self.store, &self.instance, &program.exports.manifest)
            .map_err(|error| self.failed(&error, limits.fuel))?;
        let packed = self.call(&manifest, (), limits.fuel).await?;
        let (_, bytes) = self.read(packed, "manifest", limits.result_bytes)?;
        check_version(bytes)?;
        decode_manifest(bytes).map_err(|error| FaultKind::decode("manifest", &error))
    }

    /// Runs the command with these arguments.
    pub(crate) async fn execute(
        &mut self,
        program: &Program,
        args: &[String],
        limits: &Limits,
        lifetime: Lifetime,
    ) -> Result<(ExecuteResult, Usage), Fault> {
        let mut encoded = Vec::new();
        encode_args(args, &mut encoded);
        let execute = self.exports.execute.clone();
        self.converse(program, &encoded, limits, lifetime, |ptr, len| {
            (execute, (ptr, len))
        })
        .await
    }

    /// Hands the result of an effect to the guest that asked for it.
    pub(crate) async fn resume(
        &mut self,
        program: &Program,
        effect_id: u32,
        result: &EffectResult,
        limits: &Limits,
        lifetime: Lifetime,
    ) -> Result<(ExecuteResult, Usage), Fault> {
        let Some(resume) = self.exports.resume.clone() else {
            let kind = FaultKind::MissingExport {
                export: "plugin_resume",
                expected: "(i32, i32, i32) -> i64",
            };
            return Err(kind.into());
        };
        let encoded = encode_effect_result(result);
        let id = effect_id.cast_signed();
        self.converse(program, &encoded, limits, lifetime, |ptr, len| {
            (resume, (id, ptr, len))
        })
        .await
    }

    /// Listens to other interrupts from now on, and starts the clock anew.
    pub(crate) fn begin_call(&mut self, limits: &Limits, interrupts: &Interrupts) {
        let state = self.store.data_mut();
        state.meter.begin_call(limits);
        state.interrupts = interrupts.clone();
        state.timeout = limits.timeout;
        state.deadline = Instant::now() + limits.timeout;
    }

    /// Whether the guest came out of all calls in order, so that it can be called again.
    pub(crate) fn is_intact(&self) -> bool {
        self.intact
    }

    /// Bytes in, one call, a result out; on the guest's own fuel.
    async fn converse<P: WasmParams + Sync>(
        &mut self,
        program: &Program,
        input: &[u8],
        limits: &Limits,
        lifetime: Lifetime,
        entry: impl FnOnce(i32, i32) -> (TypedFunc<P, i64>, P),
    ) -> Result<(ExecuteResult, Usage), Fault> {
        let call = Call {
            fuel: limits.fuel,
            began: Instant::now(),
            _inside: program.engine().ticker.enter(),
        };
        // Before the arguments are allocated: the allocator is the guest's code too.
        set_fuel(&mut self.store, limits.fuel)?;
        self.store.set_epoch_deadline(1);
        let result = self.converse_on_fuel(input, limits, lifetime, entry).await;
        let usage = call.usage(&self.store);
        match result {
            Ok(result) => Ok((result, usage)),
            Err(kind) => Err(Fault::from(kind).with_usage(usage)),
        }
    }

    async fn converse_on_fuel<P: WasmParams + Sync>(
        &mut self,
        input: &[u8],
        limits: &Limits,
        lifetime: Lifetime,
        entry: impl FnOnce(i32, i32) -> (TypedFunc<P, i64>, P),
    ) -> Result<ExecuteResult, FaultKind> {
        let interrupted = self.store.data().interrupts.reason();
        if let Some(reason) = interrupted {
            return Err(FaultKind::Interrupted(reason));
        }
        let arguments = self.write(input, limits.fuel).await?;
        let (function, params) = entry(arguments.0, arguments.1);
        let packed = self.call(&function, params, limits.fuel).await?;
        let (slice, bytes) = self.read(packed, "result", limits.result_bytes)?;
        let result = decode_result(bytes).map_err(|error| FaultKind::decode("result", &error))?;
        if lifetime == Lifetime::Persistent || matches!(result, ExecuteResult::Effect(_)) {
            let dealloc = self.exports.dealloc.clone();
            self.call(&dealloc, arguments, limits.fuel).await?;
            if slice.len > 0 {
                self.call(
                    &dealloc,
                    (slice.ptr.cast_signed(), slice.len.cast_signed()),
                    limits.fuel,
                )
                .await?;
            }
        }
        Ok(result)
    }

    /// Has the guest allocate room for the input and copies it there.
    async fn write(&mut self, input: &[u8], fuel: u64) -> Result<(i32, i32), FaultKind> {
        let what = "arguments";
        let len = i32::try_from(input.len()).map_err(|_| FaultKind::AbiBounds {
            what,
            ptr: 0,
            len: u32::try_from(input.len()).unwrap_or(u32::MAX),
        })?;
        let alloc = self.exports.alloc.clone();
        let ptr = self.call(&alloc, len, fuel).await?;
        let slice = PackedSlice {
            ptr: ptr.cast_unsigned(),
            len: len.cast_unsigned(),
        };
        let memory = self.exports.memory.data_mut(&mut self.store);
        let room = if ptr == 0 {
            None
        } else {
            slice.range(memory.len())
        };
        match room.and_then(|range| memory.get_mut(range)) {
            Some(room) => {
                room.copy_from_slice(input);
                Ok((ptr, len))
            }
            None => {
                let refused = self.store.data().meter.refused();
                Err(refused.map_or(
                    FaultKind::AbiBounds {
                        what,
                        ptr: slice.ptr,
                        len: slice.len,
                    },
                    |limit| FaultKind::MemoryLimit {
                        limit: limit as u64,
                    },
                ))
            }
        }
    }

    /// The bytes that a packed result points to: checked against the memory, then the limit, and
    /// only then looked at.
    fn read(
        &self,
        packed: i64,
        what: &'static str,
        limit: usize,
    ) -> Result<(PackedSlice, &[u8]), FaultKind> {
        let slice = PackedSlice::unpack(packed);
        let memory = self.exports.memory.data(&self.store);
        let bytes = slice
            .range(memory.len())
            .and_then(|range| memory.get(range));
        match bytes {
            None => Err(FaultKind::AbiBounds {
                what,
                ptr: slice.ptr,
                len: slice.len,
            }),
            Some(bytes) if bytes.len() > limit => Err(FaultKind::ResultTooLarge {
                what,
                limit: limit as u64,
                actual: bytes.len() as u64,
            }),
            Some(bytes) => Ok((slice, bytes)),
        }
    }

    async fn call<P, R>(
        &mut self,
        function: &TypedFunc<P, R>,
        params: P,
        fuel: u64,
    ) -> Result<R, FaultKind>
    where
        P: WasmParams + Sync,
        R: WasmResults + Sync,
    {
        match function.call_async(&mut self.store, params).await {
            Ok(result) => Ok(result),
            Err(error) => Err(self.failed(&error, fuel)),
        }
    }

    fn failed(&mut self, error: &wasmtime::Error, fuel: u64) -> FaultKind {
        self.intact = false;
        classify(error, fuel, self.store.data().meter.refused())
    }
}

impl Exports {
    fn bind(
        program: &Program,
        store: &mut Store<State>,
        instance: &Instance,
    ) -> wasmtime::Result<Self> {
        let indices = &program.exports;
        let memory = instance
            .get_module_export(&mut *store, &indices.memory)
            .and_then(Extern::into_memory);
        Ok(Self {
            memory: memory.ok_or_else(|| wasmtime::Error::msg("the memory is gone"))?,
            alloc: program.typed(store, instance, &indices.alloc)?,
            dealloc: program.typed(store, instance, &indices.dealloc)?,
            execute: program.typed(store, instance, &indices.execute)?,
            resume: indices
                .resume
                .as_ref()
                .map(|index| program.typed(store, instance, index))
                .transpose()?,
        })
    }
}

impl Call<'_> {
    fn usage(&self, store: &Store<State>) -> Usage {
        Usage {
            fuel_consumed: self.fuel.saturating_sub(store.get_fuel().unwrap_or(0)),
            duration: self.began.elapsed(),
            peak_memory_bytes: store.data().meter.peak_memory(),
        }
    }
}

fn set_fuel(store: &mut Store<State>, fuel: u64) -> Result<(), Fault> {
    store.as_context_mut().set_fuel(fuel).map_err(|error| {
        FaultKind::Internal {
            reason: error.to_string(),
        }
        .into()
    })
}

/// The version is looked at before the rest, whose shape may be another in another version.
fn check_version(manifest: &[u8]) -> Result<(), FaultKind> {
    use sen_host_protocol::{API_VERSION, peek_api_version};
    match peek_api_version(manifest) {
        Some(actual) if actual != API_VERSION => Err(FaultKind::ApiVersion {
            expected: API_VERSION,
            actual,
        }),
        _ => Ok(()),
    }
}
