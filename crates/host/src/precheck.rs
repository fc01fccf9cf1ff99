//! Refuses modules whose compilation would take long or much memory, before it begins.
//!
//! One linear pass over the raw bytes. Compilers are superlinear in the size of a function, its
//! locals and its branch tables, so those are bounded, far above what compilers of plugins emit.

use wasmparser::{
    BinaryReaderError, BlockType, Encoding, FunctionBody, FunctionSectionReader, Operator, Parser,
    Payload, TableSectionReader, TypeSectionReader,
};

use crate::engine::{MAX_MEMORIES_PER_MODULE, MAX_TABLES_PER_MODULE};
use crate::error::{Fault, FaultKind};
use crate::limits::Limits;
use crate::usage::Usage;

/// Bytes of a module.
pub const MAX_MODULE_BYTES: u64 = 16 << 20;
const MAX_FUNCTIONS: u64 = 20_000;
const MAX_FUNCTION_BYTES: u64 = 256 << 10;
const MAX_LOCALS: u64 = 10_000;
const MAX_BRANCH_TARGETS: u64 = 10_000;
/// Locals times loops: each local may be another value at the head of each loop.
const MAX_LOCALS_IN_LOOPS: u64 = 250_000;
/// Locals times branches: each branch may carry each of them.
const MAX_LOCALS_IN_BRANCHES: u64 = 4_000_000;
/// Parameters and results of a function type, together.
const MAX_TYPE_VALUES: u64 = 100;
/// Values that a function's blocks take, together. Compilers of plugins emit none.
const MAX_BLOCK_PARAMS: u64 = 1_000;
/// Indirect calls of a function.
const MAX_INDIRECT_CALLS: u64 = 3_000;
const MAX_TYPES: u64 = 10_000;
const MAX_IMPORTS: u64 = 1_000;
const MAX_EXPORTS: u64 = 10_000;
const MAX_GLOBALS: u64 = 10_000;
const MAX_SEGMENTS: u64 = 20_000;

/// A module that may be compiled.
pub(crate) struct Compilable {
    /// Whether it imports anything.
    pub(crate) has_imports: bool,
}

/// Checks a module's bytes against the limits on its size and shape.
///
/// # Errors
/// `ModuleTooComplex` with the figure that is over its limit; `MemoryLimit` for a table that no
/// limits would let it have; `InvalidModule` for what is not a
/// core module or cannot be parsed so far. Validation proper is left to the engine.
pub(crate) fn precheck(bytes: &[u8]) -> Result<Compilable, Fault> {
    at_most("a size in bytes", MAX_MODULE_BYTES, bytes.len() as u64)?;
    if !bytes.starts_with(b"\0asm") {
        return Err(invalid(
            "it does not begin as WebAssembly does. Is it a .wasm file?",
        ));
    }
    let mut shape = Shape::default();
    let mut has_imports = false;
    for payload in Parser::new(0).parse_all(bytes) {
        match payload.map_err(unparsable)? {
            Payload::Version {
                encoding: Encoding::Component,
                ..
            } => {
                return Err(invalid(
                    "it is a component. Plugins are core modules: build for wasm32-unknown-unknown",
                ));
            }
            Payload::TypeSection(section) => {
                at_most("a number of types", MAX_TYPES, section.count().into())?;
                shape.read_types(section)?;
            }
            Payload::ImportSection(section) => {
                at_most("a number of imports", MAX_IMPORTS, section.count().into())?;
                has_imports |= section.count() > 0;
            }
            Payload::FunctionSection(section) => {
                at_most(
                    "a number of functions",
                    MAX_FUNCTIONS,
                    section.count().into(),
                )?;
                shape.read_functions(section)?;
            }
            Payload::TableSection(section) => {
                at_most(
                    "a number of tables",
                    MAX_TABLES_PER_MODULE.into(),
                    section.count().into(),
                )?;
                within_reach(section)?;
            }
            Payload::MemorySection(section) => {
                at_most(
                    "a number of memories",
                    MAX_MEMORIES_PER_MODULE.into(),
                    section.count().into(),
                )?;
            }
            Payload::GlobalSection(section) => {
                at_most("a number of globals", MAX_GLOBALS, section.count().into())?
            }
            Payload::ExportSection(section) => {
                at_most("a number of exports", MAX_EXPORTS, section.count().into())?
            }
            Payload::ElementSection(section) => {
                at_most(
                    "a number of element segments",
                    MAX_SEGMENTS,
                    section.count().into(),
                )?;
            }
            Payload::DataSection(section) => at_most(
                "a number of data segments",
                MAX_SEGMENTS,
                section.count().into(),
            )?,
            Payload::CodeSectionEntry(body) => shape.check_function(&body)?,
            _ => {}
        }
    }
    Ok(Compilable { has_imports })
}

/// What the code of a module adds up to: functions that are each below the limits must not
/// together take longer than one that is above them.
#[derive(Default)]
struct Shape {
    /// Parameters of each type, `0` for what is no function's.
    params: Vec<u64>,
    /// The type of each function that has a body, and how many bodies have been seen.
    types: Vec<u32>,
    bodies: usize,
    locals_in_loops: u64,
    locals_in_branches: u64,
}

impl Shape {
    fn read_types(&mut self, section: TypeSectionReader<'_>) -> Result<(), Fault> {
        for ty in section.into_iter_err_on_gc_types() {
            let ty = ty.map_err(unparsable)?;
            let (params, results) = (ty.params().len() as u64, ty.results().len() as u64);
            let what = "a function type with a number of parameters and results";
            at_most(what, MAX_TYPE_VALUES, params + results)?;
            self.params.push(params);
        }
        Ok(())
    }

    fn read_functions(&mut self, section: FunctionSectionReader<'_>) -> Result<(), Fault> {
        for ty in section {
            self.types.push(ty.map_err(unparsable)?);
        }
        Ok(())
    }

    fn params_of(&self, ty: u32) -> u64 {
        self.params.get(ty as usize).copied().unwrap_or(0)
    }

    fn check_function(&mut self, body: &FunctionBody<'_>) -> Result<(), Fault> {
        let size = body.range().len() as u64;
        at_most("a function with a size in bytes", MAX_FUNCTION_BYTES, size)?;

        let mut locals = 0u64;
        for group in body.get_locals_reader().map_err(unparsable)? {
            let (count, _) = group.map_err(unparsable)?;
            locals += u64::from(count);
            at_most("a function with a number of locals", MAX_LOCALS, locals)?;
        }
        let ty = self.types.get(self.bodies).copied();
        self.bodies += 1;
        // Parameters are locals in all but name.
        locals += ty.map_or(0, |ty| self.params_of(ty));

        let (mut loops, mut branches, mut targets) = (0u64, 0u64, 0u64);
        let (mut block_params, mut indirect) = (0u64, 0u64);
        let mut operators = body.get_operators_reader().map_err(unparsable)?;
        while !operators.eof() {
            let operator = operators.read().map_err(unparsable)?;
            if let Operator::Block {
                blockty: BlockType::FuncType(ty),
            }
            | Operator::Loop {
                blockty: BlockType::FuncType(ty),
            }
            | Operator::If {
                blockty: BlockType::FuncType(ty),
            } = operator
            {
                block_params += self.params_of(ty);
            }
            match operator {
                Operator::Loop { .. } => loops += 1,
                Operator::Br { .. } | Operator::BrIf { .. } | Operator::If { .. } => branches += 1,
                Operator::BrTable { targets: table } => targets += u64::from(table.len()),
                Operator::CallIndirect { .. } => indirect += 1,
                _ => {}
            }
        }
        let what = "a function with a number of branch targets";
        at_most(what, MAX_BRANCH_TARGETS, targets)?;
        let what = "a function with a number of values that blocks take";
        at_most(what, MAX_BLOCK_PARAMS, block_params)?;
        let what = "a function with a number of indirect calls";
        at_most(what, MAX_INDIRECT_CALLS, indirect)?;
        let (in_loops, in_branches) = (locals * loops, locals * (branches + targets));
        let what = "a function with a number of locals times loops";
        at_most(what, MAX_LOCALS_IN_LOOPS, in_loops)?;
        let what = "a function with a number of locals times branches";
        at_most(what, MAX_LOCALS_IN_BRANCHES, in_branches)?;

        self.locals_in_loops += in_loops;
        self.locals_in_branches += in_branches;
        let what = "a number of locals times loops, all functions together";
        at_most(what, 4 * MAX_LOCALS_IN_LOOPS, self.locals_in_loops)?;
        let what = "a number of locals times branches, all functions together";
        at_most(what, 5 * MAX_LOCALS_IN_BRANCHES, self.locals_in_branches)
    }
}

/// A table that begins larger than any limits allow. Engines with a pool would call the module
/// invalid, others start it and refuse the table: it is the same everywhere.
fn within_reach(section: TableSectionReader<'_>) -> Result<(), Fault> {
    for table in section {
        if table.map_err(unparsable)?.ty.initial > Limits::MAX_TABLE_ELEMENTS as u64 {
            let limit = Limits::MAX_TABLE_ELEMENTS as u64;
            let fault = Fault::from(FaultKind::MemoryLimit { limit });
            // As where a guest was refused it: no guest has run yet.
            return Err(fault.with_usage(Usage::default()));
        }
    }
    Ok(())
}

fn at_most(what: &'static str, limit: u64, actual: u64) -> Result<(), Fault> {
    if actual <= limit {
        Ok(())
    } else {
        Err(FaultKind::ModuleTooComplex {
            what,
            limit,
            actual,
        }
        .into())
    }
}

fn invalid(reason: &str) -> Fault {
    FaultKind::InvalidModule {
        reason: reason.into(),
    }
    .into()
}

fn unparsable(error: BinaryReaderError) -> Fault {
    FaultKind::InvalidModule {
        reason: error.to_string(),
    }
    .into()
}
