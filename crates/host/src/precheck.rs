//! Refuses modules whose compilation would take long or much memory, before it begins.
//!
//! One linear pass over the raw bytes. Compilers are superlinear in the size of a function, its
//! locals and its branch tables, so those are bounded, far above what compilers of plugins emit.

use wasmparser::{BinaryReaderError, Encoding, FunctionBody, Operator, Parser, Payload};

use crate::engine::{MAX_MEMORIES_PER_MODULE, MAX_TABLES_PER_MODULE};
use crate::error::{Fault, FaultKind};

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
const MAX_TYPES: u64 = 10_000;
const MAX_IMPORTS: u64 = 1_000;
const MAX_EXPORTS: u64 = 10_000;
const MAX_GLOBALS: u64 = 10_000;
const MAX_SEGMENTS: u64 = 20_000;

/// Checks a module's bytes against the limits on its size and shape.
///
/// # Errors
/// `ModuleTooComplex` with the figure that is over its limit; `InvalidModule` for what is not a
/// core module or cannot be parsed so far. Validation proper is left to the engine.
pub(crate) fn precheck(bytes: &[u8]) -> Result<(), Fault> {
    at_most("a size in bytes", MAX_MODULE_BYTES, bytes.len() as u64)?;
    if !bytes.starts_with(b"\0asm") {
        return Err(invalid(
            "it does not begin as WebAssembly does. Is it a .wasm file?",
        ));
    }
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
                at_most("a number of types", MAX_TYPES, section.count().into())?
            }
            Payload::ImportSection(section) => {
                at_most("a number of imports", MAX_IMPORTS, section.count().into())?
            }
            Payload::FunctionSection(section) => at_most(
                "a number of functions",
                MAX_FUNCTIONS,
                section.count().into(),
            )?,
            Payload::TableSection(section) => {
                at_most(
                    "a number of tables",
                    MAX_TABLES_PER_MODULE.into(),
                    section.count().into(),
                )?;
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
            Payload::CodeSectionEntry(body) => check_function(&body)?,
            _ => {}
        }
    }
    Ok(())
}

fn check_function(body: &FunctionBody<'_>) -> Result<(), Fault> {
    let size = body.range().len() as u64;
    at_most("a function with a size in bytes", MAX_FUNCTION_BYTES, size)?;

    let mut locals = 0u64;
    for group in body.get_locals_reader().map_err(unparsable)? {
        let (count, _) = group.map_err(unparsable)?;
        locals += u64::from(count);
        at_most("a function with a number of locals", MAX_LOCALS, locals)?;
    }
    // A target takes a byte at least, a loop three: most functions need no closer look.
    if size < MAX_BRANCH_TARGETS && locals * size / 3 < MAX_LOCALS_IN_LOOPS {
        return Ok(());
    }
    let (mut loops, mut branches, mut targets) = (0u64, 0u64, 0u64);
    let mut operators = body.get_operators_reader().map_err(unparsable)?;
    while !operators.eof() {
        match operators.read().map_err(unparsable)? {
            Operator::Loop { .. } => loops += 1,
            Operator::Br { .. } | Operator::BrIf { .. } => branches += 1,
            Operator::BrTable { targets: table } => targets += u64::from(table.len()),
            _ => {}
        }
    }
    at_most(
        "a function with a number of branch targets",
        MAX_BRANCH_TARGETS,
        targets,
    )?;
    at_most(
        "a function with a number of locals times loops",
        MAX_LOCALS_IN_LOOPS,
        locals * loops,
    )?;
    let branches = branches + targets;
    at_most(
        "a function with a number of locals times branches",
        MAX_LOCALS_IN_BRANCHES,
        locals * branches,
    )
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
