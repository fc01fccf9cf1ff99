use std::sync::Arc;
use std::time::Duration;

use sen_host_protocol::{
    API_VERSION, EffectResult, ExecuteResult, PackedSlice, PluginManifest, decode_manifest,
    decode_result, encode_args, encode_effect_result, peek_api_version,
};
use wasmtime::{
    Instance, Memory, ModuleExport, Store, TypedFunc, UpdateDeadline, WasmParams, WasmResults,
};

use crate::clock::Clock;
use crate::error::{Fault, FaultKind};
use crate::interrupt::Interrupts;
use crate::limits::Limits;
use crate::meter::Meter;
use crate::program::{ExportIndices, Program};
use crate::room::{Kind, Room};
use crate::trap::{Stopped, classify};
use crate::usage::Usage;

/// Units of fuel after which a guest's consumption is written down and whoever runs it sees the
/// clock. It is kept in a register in between, so that the receipt of a guest that is stopped by
/// the clock is short by at most this. Some ten microseconds of ordinary code.
const FUEL_CHECKPOINT: u64 = 50_000;

/// The circumstances of a call into a guest.
#[derive(Clone)]
pub(crate) struct Call {
    pub(crate) clock: Clock,
    pub(crate) interrupts: Interrupts,
    pub(crate) mode: Mode,
}

/// How a guest is run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// On a stack of its own, on which it is suspended now and then so that whoever runs it sees
    /// the clock: its receipt is exact however it ends.
    Suspendable,
    /// On the caller's stack, which spares it two stacks' worth of microseconds. It cannot be
    /// suspended: one that takes longer than this is stopped with `DeadlineExceeded`, and what the
    /// receipt says of its fuel is then too little.
    InOneGo(Duration),
}

/// What the host keeps beside a guest's memory.
pub(crate) struct State {
    meter: Meter,
    call: Call,
}

impl State {
    /// Called with each tick of the epoch, on the guest's stack: may it go on?
    fn check(&self) -> wasmtime::Result<UpdateDeadline> {
        let Call {
            clock,
            interrupts,
            mode,
        } = &self.call;
        let deadline_exceeded = |timeout| Stopped(FaultKind::DeadlineExceeded { timeout });
        if let Some(reason) = interrupts.reason() {
            return Err(Stopped(FaultKind::Interrupted(reason)).into());
        }
        if clock.is_over() {
            return Err(deadline_exceeded(clock.timeout()).into());
        }
        match *mode {
            // Whoever runs the guest sees the clock too, however slow its instructions are.
            Mode::Suspendable => Ok(UpdateDeadline::Yield(1)),
            Mode::InOneGo(slice) if clock.elapsed() >= slice => {
                Err(deadline_exceeded(slice).into())
            }
            Mode::InOneGo(_) => Ok(UpdateDeadline::Continue(1)),
        }
    }
}

/// One instance of a plugin: its memory, and the calls into it by the protocol's ABI.
///
/// A guest that trapped or was stopped is left in the middle of something and must not be called
/// again; [`Guest::is_intact`] says so.
pub(crate) struct Guest {
    store: Store<State>,
    program: Arc<Program>,
    instance: Instance,
    memory: Memory,
    functions: Functions,
    /// The fuel of the call in progress.
    fuel: u64,
    intact: bool,
    /// After the store, so that the room is free when it says so.
    room: Room,
}

/// The functions of this instance, looked up when they are first called.
#[derive(Default)]
struct Functions {
    alloc: Option<TypedFunc<i32, i32>>,
    dealloc: Option<TypedFunc<(i32, i32), ()>>,
    execute: Option<TypedFunc<(i32, i32), i64>>,
}

/// Whether a guest is called again after this call, so that it wants its memory back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lifetime {
    /// Thrown away after a result that ends the conversation.
    OneExecution,
    /// Kept.
    Persistent,
}

impl Guest {
    /// Makes a fresh instance and runs its start-up, on `fuel` of its own.
    pub(crate) async fn start(
        kind: Kind,
        program: Arc<Program>,
        fuel: u64,
        limits: &Limits,
        call: Call,
    ) -> Result<Self, Fault> {
        if let Some(reason) = call.interrupts.reason() {
            return Err(FaultKind::Interrupted(reason).into());
        }
        let room = Room::take(kind, program.room)?;
        let engine = program.engine();
        let _inside = engine.ticker.enter();
        let mode = call.mode;
        let meter = Meter::new(limits);
        let state = State { meter, call };
        let mut store = Store::new(&engine.wasmtime, state);
        store.limiter(|state| &mut state.meter);
        store.epoch_deadline_callback(|context| context.data().check());
        store.set_epoch_deadline(1);
        // Fails only where fuel is switched off.
        store.set_fuel(fuel).map_err(|error| internal(&error))?;
        if mode == Mode::Suspendable {
            make_suspendable(&mut store)?;
        }
        match Self::start_up(&program, &mut store, mode).await {
            Ok((instance, memory)) => Ok(Self {
                store,
                program,
                instance,
                memory,
                functions: Functions::default(),
                fuel,
                intact: true,
                room,
            }),
            Err(error) => {
                let kind = match classify(&error, fuel, store.data().meter.refused()) {
                    // Of the failures at start-up, traps have a code of their own.
                    FaultKind::Trap { trap, function, .. } => start_up_trapped(&trap, function),
                    other => other,
                };
                Err(Fault::from(kind).with_usage(usage(&store, fuel)))
            }
        }
    }

    async fn start_up(
        program: &Program,
        store: &mut Store<State>,
        mode: Mode,
    ) -> wasmtime::Result<(Instance, Memory)> {
        let instance = match mode {
            Mode::Suspendable => program.instantiate_async(store).await?,
            Mode::InOneGo(_) => program.instantiate(store)?,
        };
        if let Some(index) = &program.exports.initialize {
            let initialize: TypedFunc<(), ()> = program.typed(store, &instance, index)?;
            call(&initialize, store, (), mode).await?;
        }
        let memory = program.memory(store, &instance)?;
        Ok((instance, memory))
    }

    /// Asks a guest that has just been started for its manifest, with what start-up left of its
    /// budget. With it come the bytes that it was decoded from.
    pub(crate) async fn manifest(
        &mut self,
        limits: &Limits,
    ) -> Result<(PluginManifest, Box<[u8]>), Fault> {
        let _inside = self.program.engine().ticker.enter();
        let manifest = self.manifest_on_fuel(limits).await;
        manifest.map_err(|kind| Fault::from(kind).with_usage(usage(&self.store, self.fuel)))
    }

    async fn manifest_on_fuel(
        &mut self,
        limits: &Limits,
    ) -> Result<(PluginManifest, Box<[u8]>), FaultKind> {
        let program = self.program.clone();
        let manifest: TypedFunc<(), i64> = self.typed(&program.exports.manifest)?;
        let packed = self.call_typed(&manifest, ()).await?;
        let (_, bytes) = self.read(packed, "manifest", limits.result_bytes)?;
        Ok((read_manifest(bytes)?, bytes.into()))
    }

    /// Runs the command with these arguments.
    pub(crate) async fn execute(
        &mut self,
        args: &[String],
        limits: &Limits,
        lifetime: Lifetime,
    ) -> Result<(ExecuteResult, Usage), Fault> {
        let mut encoded =
            Vec::with_capacity(args.iter().map(|arg| arg.len() + 5).sum::<usize>() + 5);
        encode_args(args, &mut encoded);
        self.converse(&encoded, limits, lifetime, Entry::Execute)
            .await
    }

    /// Hands the result of an effect to the guest that asked for it.
    pub(crate) async fn resume(
        &mut self,
        effect_id: u32,
        result: &EffectResult,
        limits: &Limits,
        lifetime: Lifetime,
    ) -> Result<(ExecuteResult, Usage), Fault> {
        let entry = Entry::Resume(effect_id.cast_signed());
        self.converse(&encode_effect_result(result), limits, lifetime, entry)
            .await
    }

    /// Begins another call of a guest that is kept: in circumstances of its own.
    pub(crate) fn begin_call(&mut self, limits: &Limits, call: Call) -> Result<(), Fault> {
        self.store.data_mut().meter.begin_call(limits);
        self.enter(call)
    }

    /// Has an instance that stood by go on as an execution that started now.
    pub(crate) fn begin_execution(&mut self, call: Call) -> Result<(), Fault> {
        if let Some(reason) = call.interrupts.reason() {
            return Err(FaultKind::Interrupted(reason).into());
        }
        self.room.move_to(Kind::Execution)?;
        self.enter(call)
    }

    fn enter(&mut self, call: Call) -> Result<(), Fault> {
        let before = std::mem::replace(&mut self.store.data_mut().call, call).mode;
        // Suspendable once, suspendable for good: wasmtime has no way back.
        match (before, self.mode()) {
            (Mode::InOneGo(_), Mode::Suspendable) => make_suspendable(&mut self.store),
            (Mode::Suspendable, _) => {
                self.store.data_mut().call.mode = Mode::Suspendable;
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn mode(&self) -> Mode {
        self.store.data().call.mode
    }

    /// Looks up now what an execution will call.
    pub(crate) fn prepare(&mut self) -> Result<(), Fault> {
        let Self {
            store,
            program,
            instance,
            functions: Functions { alloc, execute, .. },
            ..
        } = self;
        let ExportIndices {
            alloc: alloc_index,
            execute: execute_index,
            ..
        } = &program.exports;
        looked_up(alloc, program, store, instance, alloc_index)?;
        looked_up(execute, program, store, instance, execute_index)?;
        Ok(())
    }

    /// The most that the memories of this instance had together in its last call, in bytes.
    pub(crate) fn peak_memory(&self) -> usize {
        self.store.data().meter.peak_memory()
    }

    /// Whether the guest came out of all calls in order, so that it can be called again.
    pub(crate) fn is_intact(&self) -> bool {
        self.intact
    }

    /// Bytes in, one call, a result out; on fuel of its own.
    async fn converse(
        &mut self,
        input: &[u8],
        limits: &Limits,
        lifetime: Lifetime,
        entry: Entry,
    ) -> Result<(ExecuteResult, Usage), Fault> {
        let _inside = self.program.engine().ticker.enter();
        self.fuel = limits.fuel;
        // Before the arguments are allocated: the allocator is the guest's code too.
        self.store
            .set_fuel(limits.fuel)
            .map_err(|error| internal(&error))?;
        self.store.set_epoch_deadline(1);
        let result = self.converse_on_fuel(input, limits, lifetime, entry).await;
        let usage = usage(&self.store, limits.fuel);
        match result {
            Ok(result) => Ok((result, usage)),
            Err(kind) => Err(Fault::from(kind).with_usage(usage)),
        }
    }

    async fn converse_on_fuel(
        &mut self,
        input: &[u8],
        limits: &Limits,
        lifetime: Lifetime,
        entry: Entry,
    ) -> Result<ExecuteResult, FaultKind> {
        if let Some(reason) = self.store.data().call.interrupts.reason() {
            return Err(FaultKind::Interrupted(reason));
        }
        let (packed, arguments) = match entry {
            Entry::Execute => {
                let arguments = self.write(input).await?;
                let called = self.call(
                    |functions| &mut functions.execute,
                    |exports| &exports.execute,
                    arguments,
                );
                (called.await?, arguments)
            }
            Entry::Resume(id) => {
                let program = self.program.clone();
                let Some(index) = &program.exports.resume else {
                    let (export, expected) = ("plugin_resume", "(i32, i32, i32) -> i64");
                    return Err(FaultKind::MissingExport { export, expected });
                };
                let arguments = self.write(input).await?;
                let resume: TypedFunc<(i32, i32, i32), i64> = self.typed(index)?;
                let called = self.call_typed(&resume, (id, arguments.0, arguments.1));
                (called.await?, arguments)
            }
        };
        let (slice, bytes) = self.read(packed, "result", limits.result_bytes)?;
        let result = decode_result(bytes).map_err(|error| FaultKind::decode("result", &error))?;
        if lifetime == Lifetime::Persistent || matches!(result, ExecuteResult::Effect(_)) {
            self.dealloc(arguments).await?;
            self.dealloc((slice.ptr.cast_signed(), slice.len.cast_signed()))
                .await?;
        }
        Ok(result)
    }

    /// Has the guest allocate room for the input and copies it there.
    async fn write(&mut self, input: &[u8]) -> Result<(i32, i32), FaultKind> {
        let what = "arguments";
        let len = i32::try_from(input.len()).map_err(|_| {
            let len = u32::try_from(input.len()).unwrap_or(u32::MAX);
            FaultKind::AbiBounds { what, ptr: 0, len }
        })?;
        let alloc = self.call(
            |functions| &mut functions.alloc,
            |exports| &exports.alloc,
            len,
        );
        let ptr = alloc.await?;
        let slice = PackedSlice {
            ptr: ptr.cast_unsigned(),
            len: len.cast_unsigned(),
        };
        let memory = self.memory.data_mut(&mut self.store);
        let range = slice.range(memory.len()).filter(|_| ptr != 0);
        if let Some(room) = range.and_then(|range| memory.get_mut(range)) {
            room.copy_from_slice(input);
            return Ok((ptr, len));
        }
        Err(self.out_of_bounds(what, slice))
    }

    /// Gives a block back to the guest, where there is one.
    async fn dealloc(&mut self, (ptr, len): (i32, i32)) -> Result<(), FaultKind> {
        if len == 0 {
            return Ok(());
        }
        self.call(
            |functions| &mut functions.dealloc,
            |exports| &exports.dealloc,
            (ptr, len),
        )
        .await
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
        let PackedSlice { ptr, len } = slice;
        let memory = self.memory.data(&self.store);
        // What a guest answers that had no room for an answer.
        let range = slice.range(memory.len()).filter(|_| (ptr, len) != (0, 0));
        let Some(bytes) = range.and_then(|range| memory.get(range)) else {
            return Err(self.out_of_bounds(what, slice));
        };
        if bytes.len() > limit {
            let (limit, actual) = (limit as u64, bytes.len() as u64);
            return Err(FaultKind::ResultTooLarge {
                what,
                limit,
                actual,
            });
        }
        Ok((slice, bytes))
    }

    /// A block that is not in the guest's memory: because it was refused more, or for reasons of its own.
    fn out_of_bounds(
        &self,
        what: &'static str,
        PackedSlice { ptr, len }: PackedSlice,
    ) -> FaultKind {
        match self.store.data().meter.refused() {
            Some(limit) => FaultKind::MemoryLimit {
                limit: limit as u64,
            },
            None => FaultKind::AbiBounds { what, ptr, len },
        }
    }

    /// Calls a function of this instance, which is kept in its `slot` for the next time.
    async fn call<P, R>(
        &mut self,
        slot: impl FnOnce(&mut Functions) -> &mut Option<TypedFunc<P, R>>,
        index: impl FnOnce(&ExportIndices) -> &ModuleExport,
        params: P,
    ) -> Result<R, FaultKind>
    where
        P: WasmParams + Sync,
        R: WasmResults + Sync,
    {
        let Self {
            store,
            program,
            instance,
            functions,
            ..
        } = self;
        let index = index(&program.exports);
        let function = looked_up(slot(functions), program, store, instance, index)?;
        let mode = store.data().call.mode;
        let called = call(function, store, params, mode).await;
        called.map_err(|error| self.failed(&error))
    }

    fn typed<P: WasmParams, R: WasmResults>(
        &mut self,
        index: &ModuleExport,
    ) -> Result<TypedFunc<P, R>, FaultKind> {
        let function = self.program.typed(&mut self.store, &self.instance, index);
        function.map_err(|error| internal(&error))
    }

    async fn call_typed<P, R>(
        &mut self,
        function: &TypedFunc<P, R>,
        params: P,
    ) -> Result<R, FaultKind>
    where
        P: WasmParams + Sync,
        R: WasmResults + Sync,
    {
        let mode = self.mode();
        let called = call(function, &mut self.store, params, mode).await;
        called.map_err(|error| self.failed(&error))
    }

    fn failed(&mut self, error: &wasmtime::Error) -> FaultKind {
        self.intact = false;
        classify(error, self.fuel, self.store.data().meter.refused())
    }
}

/// The function in this slot, looked up if it is not there yet.
fn looked_up<'a, P: WasmParams, R: WasmResults>(
    slot: &'a mut Option<TypedFunc<P, R>>,
    program: &Program,
    store: &mut Store<State>,
    instance: &Instance,
    index: &ModuleExport,
) -> Result<&'a TypedFunc<P, R>, FaultKind> {
    match slot {
        Some(function) => Ok(function),
        None => {
            let function = program.typed(store, instance, index);
            Ok(slot.insert(function.map_err(|error| internal(&error))?))
        }
    }
}

async fn call<P, R>(
    function: &TypedFunc<P, R>,
    store: &mut Store<State>,
    params: P,
    mode: Mode,
) -> wasmtime::Result<R>
where
    P: WasmParams + Sync,
    R: WasmResults + Sync,
{
    match mode {
        Mode::Suspendable => function.call_async(store, params).await,
        Mode::InOneGo(_) => function.call(store, params),
    }
}

fn make_suspendable(store: &mut Store<State>) -> Result<(), Fault> {
    let made = store.fuel_async_yield_interval(Some(FUEL_CHECKPOINT));
    made.map_err(|error| internal(&error).into())
}

/// Which of the guest's entries a conversation goes through.
#[derive(Clone, Copy)]
enum Entry {
    Execute,
    /// With the effect's id, as the guest gets it.
    Resume(i32),
}

fn usage(store: &Store<State>, fuel: u64) -> Usage {
    let State { meter, call } = store.data();
    Usage {
        fuel_consumed: fuel.saturating_sub(store.get_fuel().unwrap_or(0)),
        duration: call.clock.elapsed(),
        peak_memory_bytes: meter.peak_memory(),
    }
}

fn start_up_trapped(trap: &str, function: Option<String>) -> FaultKind {
    let place = function
        .map(|name| format!(" in {name}"))
        .unwrap_or_default();
    FaultKind::Instantiation {
        import: None,
        reason: format!("its start-up trapped: {trap}{place}"),
    }
}

fn internal(error: &wasmtime::Error) -> FaultKind {
    FaultKind::Internal {
        reason: error.to_string(),
    }
}

/// The manifest that a guest gave, now or when it was compiled.
pub(crate) fn read_manifest(bytes: &[u8]) -> Result<PluginManifest, FaultKind> {
    check_version(bytes)?;
    decode_manifest(bytes).map_err(|error| FaultKind::decode("manifest", &error))
}

/// The version is looked at before the rest, whose shape may be another in another version.
fn check_version(manifest: &[u8]) -> Result<(), FaultKind> {
    match peek_api_version(manifest) {
        Some(actual) if actual != API_VERSION => Err(FaultKind::ApiVersion {
            expected: API_VERSION,
            actual,
        }),
        _ => Ok(()),
    }
}
