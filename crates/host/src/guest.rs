mod conversation;
mod state;

use std::sync::Arc;

use sen_host_protocol::{API_VERSION, PluginManifest, decode_manifest, peek_api_version};
use wasmtime::{Instance, Memory, ModuleExport, Store, TypedFunc, WasmParams, WasmResults};

use crate::epoch;
use crate::error::{Fault, FaultKind};
use crate::limits::Limits;
use crate::meter::Meter;
use crate::output::Captured;
use crate::program::{ExportIndices, Program};
use crate::room::{Kind, Room, Taken};
use crate::sandbox::{Context, World};
use crate::trap::classify;
use crate::usage::Usage;

pub(crate) use state::{Call, Mode, State};

/// Units of fuel after which a guest's consumption is written down and whoever runs it sees the
/// clock. It is kept in a register in between, so that the receipt of a guest that is stopped by
/// the clock is short by at most this. Some ten microseconds of ordinary code.
pub(crate) const FUEL_CHECKPOINT: u64 = 50_000;

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
    /// Its count as an execution, where it waits for an effect.
    taken: Option<Taken>,
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
    /// Makes a fresh instance and runs its start-up, on `fuel` of its own. A WASI guest finds
    /// `world` outside of itself, and `args`.
    pub(crate) async fn start(
        kind: Kind,
        program: Arc<Program>,
        fuel: u64,
        limits: &Limits,
        call: Call,
        world: &World,
        args: &[String],
    ) -> Result<Self, Fault> {
        if let Some(reason) = call.interrupts.reason() {
            return Err(FaultKind::Interrupted(reason).into());
        }
        let room = Room::take(kind, program.room)?;
        let engine = program.engine();
        let _inside = epoch::enter();
        let mode = call.mode;
        let meter = Meter::new(limits);
        let state = State {
            meter,
            call,
            memory: program.exports.memory,
            context: context(&program, limits, world, args),
        };
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
                taken: None,
            }),
            Err(error) => {
                let kind = match classify(&error, fuel, store.data().meter.refused()) {
                    // Of the failures at start-up, traps have a code of their own.
                    FaultKind::Trap { trap, function, .. } => start_up_trapped(&trap, function),
                    other => other,
                };
                let fault = Fault::from(kind).with_usage(usage(&store, fuel));
                Err(fault.with_output(take_output(&mut store)))
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
        let _inside = epoch::enter();
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

    /// Begins another call of a guest that is kept: in circumstances of its own.
    pub(crate) fn begin_call(&mut self, limits: &Limits, call: Call) -> Result<(), Fault> {
        self.store.data_mut().meter.begin_call(limits);
        self.enter(call)
    }

    /// Has an instance that stood by go on as an execution that started now, within the limits
    /// that it was started under.
    pub(crate) fn begin_execution(
        &mut self,
        limits: &Limits,
        call: Call,
        world: &World,
        args: &[String],
    ) -> Result<(), Fault> {
        if let Some(reason) = call.interrupts.reason() {
            return Err(FaultKind::Interrupted(reason).into());
        }
        self.room.move_to(Kind::Execution)?;
        self.store.data_mut().context = context(&self.program, limits, world, args);
        self.enter(call)
    }

    /// Has this instance count as an execution for as long as it is there.
    pub(crate) fn count_as(&mut self, taken: Option<Taken>) {
        self.taken = taken;
    }

    /// What the guest wrote to standard streams since this was last asked.
    pub(crate) fn take_output(&mut self) -> Captured {
        take_output(&mut self.store)
    }

    /// Whether start-up neither learned nor did anything that a later one would not have.
    pub(crate) fn is_untouched(&self) -> bool {
        let context = self.store.data().context.as_deref();
        context.is_none_or(Context::is_untouched)
    }

    /// Whether start-up looked for anything outside, so that its world is the one that it was
    /// started in.
    pub(crate) fn has_looked_outside(&self) -> bool {
        let context = self.store.data().context.as_deref();
        context.is_some_and(Context::has_been_asked)
    }

    /// Has a guest that is kept find these arguments outside of itself.
    pub(crate) fn set_args(&mut self, args: &[String]) {
        if let Some(context) = self.store.data_mut().context() {
            context.set_args(args);
        }
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
}

/// What a WASI guest finds outside of itself.
fn context(
    program: &Program,
    limits: &Limits,
    world: &World,
    args: &[String],
) -> Option<Box<Context>> {
    let context = || Box::new(Context::new(world, args, limits.result_bytes));
    program.is_wasi.then(context)
}

fn take_output(store: &mut Store<State>) -> Captured {
    let context = store.data_mut().context();
    context.map(Context::take_output).unwrap_or_default()
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

fn usage(store: &Store<State>, fuel: u64) -> Usage {
    let State { meter, call, .. } = store.data();
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
