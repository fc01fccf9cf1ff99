use sen_host_protocol::abi;
use wasmtime::{
    Extern, ExternType, Instance, Memory, Module, ModuleExport, Store, TypedFunc, ValType,
    WasmParams, WasmResults,
};

use crate::compile::{Effort, compile};
use crate::compile_cache::{CompileCache, KeptManifest};
use crate::engine::{Engine, Purpose};
use crate::error::{Fault, FaultKind};
use crate::guest::State;
use crate::sandbox::{self, Linked};

/// A plugin's code: checked, compiled and linked once, instantiated for every execution.
pub(crate) struct Program {
    pub(crate) tier: Tier,
    /// How much room an instance takes: its memories or tables, whichever are more.
    pub(crate) room: usize,
    /// Whether its guests call preview 1 of WASI.
    pub(crate) is_wasi: bool,
    /// Whether its guests may ask to sleep, which one that was started to run in one go never can:
    /// it is not one to go on with where a call can be suspended.
    pub(crate) may_sleep: bool,
    engine: &'static Engine,
    linked: Linked,
    pub(crate) exports: ExportIndices,
}

/// What a plugin's code was compiled for. It consumes the same fuel in every tier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tier {
    /// Executions that start quickly.
    ShortCalls,
    /// Executions that compute much, those that reach outside, and live instances. It is the one
    /// that decides where the size of compiled frames matters.
    Computation,
    /// The first executions of a module that is new. It is not optimised, and made fastest.
    Baseline,
}

impl Tier {
    pub(crate) fn purpose(self) -> Purpose {
        match self {
            Self::ShortCalls => Purpose::ShortCalls,
            Self::Computation => Purpose::Computation,
            Self::Baseline => Purpose::Baseline,
        }
    }

    pub(crate) fn engine(self) -> Result<&'static Engine, Fault> {
        Engine::get(self.purpose())
    }
}

/// Where the protocol's exports are, so that an execution looks none of them up by name.
pub(crate) struct ExportIndices {
    pub(crate) memory: ModuleExport,
    pub(crate) alloc: ModuleExport,
    pub(crate) dealloc: ModuleExport,
    pub(crate) manifest: ModuleExport,
    pub(crate) execute: ModuleExport,
    pub(crate) resume: Option<ModuleExport>,
    pub(crate) initialize: Option<ModuleExport>,
}

impl Program {
    /// Compiles a module that `precheck` let pass. Takes tens of milliseconds: not for a thread
    /// that others wait for.
    ///
    /// # Errors
    /// `InvalidModule`, `MissingExport`, `Instantiation` for an unknown import.
    pub(crate) fn compile(bytes: &[u8], tier: Tier, effort: Effort) -> Result<Self, Fault> {
        let module = compile(bytes, tier, effort)?;
        Self::link(tier.engine()?, tier, &module)
    }

    /// The program as it was compiled and stored before, with what its guest said of itself then.
    /// The first of these tiers that there is; nothing where the cache has none that it trusts.
    pub(crate) fn cached(
        cache: &CompileCache,
        digest: &blake3::Hash,
        tiers: &[Tier],
    ) -> Option<(Self, Option<KeptManifest>)> {
        let found = cache.find(digest, tiers)?;
        let program = Self::link(found.tier.engine().ok()?, found.tier, &found.module).ok()?;
        Some((program, found.manifest))
    }

    /// Has a cache keep this program: as it is mapped from there, if it does. What is mapped takes
    /// little memory of the process's own while nobody runs it.
    pub(crate) fn keep(
        &self,
        cache: &CompileCache,
        digest: &blake3::Hash,
        manifest: Option<KeptManifest>,
    ) -> Option<Self> {
        let module = cache.store(digest, self.tier, self.engine, self.module(), manifest)?;
        Self::link(self.engine, self.tier, &module).ok()
    }

    fn link(engine: &'static Engine, tier: Tier, module: &Module) -> Result<Self, Fault> {
        let exports = ExportIndices::find(module)?;
        let resources = module.resources_required();
        let room = resources.num_memories.max(resources.num_tables).max(1) as usize;
        let linked = sandbox::link(module)?;
        Ok(Self {
            tier,
            room,
            is_wasi: linked.is_wasi,
            may_sleep: linked.may_sleep,
            engine,
            linked,
            exports,
        })
    }

    /// Whether a guest that ended with this fault might be spared it in the tier that decides: there
    /// it has more stack, and a memory and a stack that were reserved beforehand.
    pub(crate) fn may_be_spared(&self, fault: &Fault) -> bool {
        let may_differ = matches!(
            fault.kind,
            FaultKind::StackOverflow | FaultKind::Instantiation { .. }
        );
        may_differ && self.tier != Tier::Computation
    }

    /// Bytes of the image of compiled code.
    pub(crate) fn bytes(&self) -> usize {
        let image = self.module().image_range();
        image.end.addr() - image.start.addr()
    }

    fn module(&self) -> &Module {
        self.linked.suspendable.module()
    }

    pub(crate) fn engine(&self) -> &'static Engine {
        self.engine
    }

    pub(crate) fn instantiate(&self, store: &mut Store<State>) -> wasmtime::Result<Instance> {
        self.linked.in_one_go.instantiate(store)
    }

    pub(crate) async fn instantiate_async(
        &self,
        store: &mut Store<State>,
    ) -> wasmtime::Result<Instance> {
        self.linked.suspendable.instantiate_async(store).await
    }

    /// The memory of an instance.
    pub(crate) fn memory(
        &self,
        store: &mut Store<State>,
        instance: &Instance,
    ) -> wasmtime::Result<Memory> {
        let export = instance.get_module_export(&mut *store, &self.exports.memory);
        let memory = export.and_then(Extern::into_memory);
        memory.ok_or_else(|| wasmtime::Error::msg("the memory is gone"))
    }

    /// An exported function whose type `find` has checked.
    pub(crate) fn typed<P: WasmParams, R: WasmResults>(
        &self,
        store: &mut Store<State>,
        instance: &Instance,
        index: &ModuleExport,
    ) -> wasmtime::Result<TypedFunc<P, R>> {
        let export = instance
            .get_module_export(&mut *store, index)
            .and_then(Extern::into_func);
        let function = export.ok_or_else(|| wasmtime::Error::msg("the function is gone"))?;
        function.typed(store)
    }
}

impl ExportIndices {
    fn find(module: &Module) -> Result<Self, Fault> {
        use ValType::{I32, I64};
        Ok(Self {
            memory: memory(module)?,
            alloc: required(module, abi::PLUGIN_ALLOC, &[I32], &[I32], "(i32) -> i32")?,
            dealloc: required(module, abi::PLUGIN_DEALLOC, &[I32, I32], &[], "(i32, i32)")?,
            manifest: required(module, abi::PLUGIN_MANIFEST, &[], &[I64], "() -> i64")?,
            execute: required(
                module,
                abi::PLUGIN_EXECUTE,
                &[I32, I32],
                &[I64],
                "(i32, i32) -> i64",
            )?,
            resume: function(module, abi::PLUGIN_RESUME, &[I32, I32, I32], &[I64]),
            initialize: function(module, abi::INITIALIZE, &[], &[]),
        })
    }
}

fn memory(module: &Module) -> Result<ModuleExport, Fault> {
    let is_memory = matches!(module.get_export(abi::MEMORY), Some(ExternType::Memory(memory)) if !memory.is_64() && !memory.is_shared());
    let index = if is_memory {
        module.get_export_index(abi::MEMORY)
    } else {
        None
    };
    index.ok_or_else(|| {
        FaultKind::MissingExport {
            export: abi::MEMORY,
            expected: "a 32-bit memory",
        }
        .into()
    })
}

fn required(
    module: &Module,
    export: &'static str,
    params: &[ValType],
    results: &[ValType],
    expected: &'static str,
) -> Result<ModuleExport, Fault> {
    function(module, export, params, results)
        .ok_or_else(|| FaultKind::MissingExport { export, expected }.into())
}

/// The export of this name, if it is a function of exactly this type.
fn function(
    module: &Module,
    name: &str,
    params: &[ValType],
    results: &[ValType],
) -> Option<ModuleExport> {
    let Some(ExternType::Func(function)) = module.get_export(name) else {
        return None;
    };
    if same(function.params(), params) && same(function.results(), results) {
        module.get_export_index(name)
    } else {
        None
    }
}

fn same(actual: impl ExactSizeIterator<Item = ValType>, expected: &[ValType]) -> bool {
    actual.len() == expected.len()
        && actual
            .zip(expected)
            .all(|(actual, expected)| ValType::eq(&actual, expected))
}
