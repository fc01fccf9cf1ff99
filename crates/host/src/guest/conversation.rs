use sen_host_protocol::{
    EffectResult, ExecuteResult, PackedSlice, decode_result, encode_args, encode_effect_result,
};
use wasmtime::{ModuleExport, TypedFunc, WasmParams, WasmResults};

use super::{Functions, Guest, Lifetime, call, internal, looked_up, usage};
use crate::epoch;
use crate::error::{Fault, FaultKind};
use crate::limits::Limits;
use crate::program::ExportIndices;
use crate::trap::classify;
use crate::usage::Usage;

/// Which of the guest's entries a conversation goes through.
#[derive(Clone, Copy)]
enum Entry {
    Execute,
    /// With the effect's id, as the guest gets it.
    Resume(i32),
}

impl Guest {
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

    /// Bytes in, one call, a result out; on fuel of its own.
    async fn converse(
        &mut self,
        input: &[u8],
        limits: &Limits,
        lifetime: Lifetime,
        entry: Entry,
    ) -> Result<(ExecuteResult, Usage), Fault> {
        let _inside = epoch::enter();
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
    pub(super) fn read(
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

    pub(super) fn typed<P: WasmParams, R: WasmResults>(
        &mut self,
        index: &ModuleExport,
    ) -> Result<TypedFunc<P, R>, FaultKind> {
        let function = self.program.typed(&mut self.store, &self.instance, index);
        function.map_err(|error| internal(&error))
    }

    pub(super) async fn call_typed<P, R>(
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
