//! What a module must export, and what it may import.

use sen_host::{Fault, FaultKind};

use crate::support::*;

#[test]
fn a_module_without_one_of_the_required_exports_is_refused_by_its_name() {
    for (name, missing) in [
        ("missing-memory", "memory"),
        ("missing-alloc", "plugin_alloc"),
        ("missing-dealloc", "plugin_dealloc"),
        ("missing-manifest", "plugin_manifest"),
        ("missing-execute", "plugin_execute"),
        ("wrong-type-execute", "plugin_execute"),
    ] {
        let FaultKind::MissingExport { export, .. } = refusal(&guest(name)).kind else {
            panic!("{name}")
        };
        assert_eq!(export, missing, "{name}");
    }
}

#[test]
fn an_export_of_another_kind_or_type_is_as_good_as_none() {
    let execute_as = |export: &str| {
        module(&format!(
            "(func $f) (table $t 1 funcref) (global $g i32 (i32.const 0)) {export}"
        ))
    };
    for export in [
        r#"(export "plugin_execute" (func $f))"#,
        r#"(export "plugin_execute" (table $t))"#,
        r#"(export "plugin_execute" (global $g))"#,
        r#"(export "plugin_execute" (memory 0))"#,
        r#"(func (export "plugin_execute") (param i32) (result i64) (i64.const 0))"#,
        r#"(func (export "plugin_execute") (param i32 i32) (result i32) (i32.const 0))"#,
        r#"(func (export "plugin_execute") (param i32 i32 i32) (result i64) (i64.const 0))"#,
        r#"(func (export "plugin_execute") (param i64 i32) (result i64) (i64.const 0))"#,
        r#"(func (export "Plugin_Execute") (param i32 i32) (result i64) (i64.const 0))"#,
    ] {
        let fault = refusal(&execute_as(export));
        assert!(
            matches!(
                fault.kind,
                FaultKind::MissingExport {
                    export: "plugin_execute",
                    ..
                }
            ),
            "{export}: {fault}"
        );
    }
    let memory = module_with_memory(&format!(
        r#"(memory 1) (global (export "memory") i32 (i32.const 0)) {}"#,
        execute("")
    ));
    assert!(matches!(
        refusal(&memory).kind,
        FaultKind::MissingExport {
            export: "memory",
            ..
        }
    ));
}

#[test]
fn the_memory_that_counts_is_the_exported_one_wherever_it_stands() {
    let wasm = assemble(&format!(
        r#"(module
            (memory 1)
            (memory $exported (export "memory") 1)
            (data (memory $exported) (i32.const 16) "\92\02\92\a4test\acA test guest")
            (data (memory $exported) (i32.const 256) "\81\a7Success\a2ok")
            (func (export "plugin_alloc") (param i32) (result i32) (i32.const 1024))
            (func (export "plugin_dealloc") (param i32 i32))
            (func (export "plugin_manifest") (result i64) (i64.const 0x10_00000015))
            {})"#,
        execute("")
    ));
    assert_usable(&load(&wasm), &[], "ok");
}

fn imported(fault: Fault) -> String {
    match fault.kind {
        FaultKind::Instantiation {
            import: Some(import),
            ..
        } => import,
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_import_that_nobody_provides_is_refused_by_its_name() {
    assert_eq!(imported(refusal(&guest("unknown-import"))), "env.now");
    for (kind, import) in [
        ("(func)", "env.f"),
        ("(global i32)", "env.f"),
        ("(table 1 funcref)", "env.f"),
        ("(tag)", "env.f"),
    ] {
        let wasm = assemble(&format!(
            r#"(module (import "env" "f" {kind})
            (memory (export "memory") 1)
            (func (export "plugin_alloc") (param i32) (result i32) (i32.const 0))
            (func (export "plugin_dealloc") (param i32 i32))
            (func (export "plugin_manifest") (result i64) (i64.const 0)) {})"#,
            execute("")
        ));
        let fault = refusal(&wasm);
        // Tags need exceptions, which may be switched off as a whole.
        if kind != "(tag)" || fault.code() == "ERR_INSTANTIATION" {
            assert_eq!(imported(fault), import, "{kind}");
        }
    }
}

#[test]
fn a_long_or_hostile_name_of_an_import_is_shown_short_and_inert() {
    let importing = |name: &str| {
        assemble(&format!(
            r#"(module (import "env" "{name}" (func))
            (memory (export "memory") 1)
            (func (export "plugin_alloc") (param i32) (result i32) (i32.const 0))
            (func (export "plugin_dealloc") (param i32 i32))
            (func (export "plugin_manifest") (result i64) (i64.const 0)) {})"#,
            execute("")
        ))
    };
    let fault = refusal(&importing(&"x".repeat(90_000)));
    assert!(fault.to_string().len() < 1000);
    assert!(imported(fault).starts_with("env.xxx"));
    let text = refusal(&importing(r"\1b[31mred\07\0a\u{202e}")).to_string();
    assert!(is_inert(&text), "{text:?}");
}
