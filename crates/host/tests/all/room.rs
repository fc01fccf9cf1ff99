//! Memory and tables: bounded for an instance as a whole, counted in the receipt.

use sen_host::{Fault, FaultKind, Instance, Limits, Plugin, Usage};

use crate::support::*;

const PAGE: usize = 65_536;

fn with_memory(memory_bytes: usize) -> Limits {
    Limits {
        memory_bytes,
        ..Limits::default()
    }
}

fn with_tables(table_elements: usize) -> Limits {
    Limits {
        table_elements,
        ..Limits::default()
    }
}

fn usage(plugin: &Plugin, limits: &Limits) -> Usage {
    run(plugin, &[], limits).unwrap().1
}

fn assert_refused_when_loaded(name: &str, limit: u64) {
    let fault = promptly(|| refusal(&guest(name)));
    assert_eq!(fault.kind, FaultKind::MemoryLimit { limit }, "{name}");
}

#[test]
fn a_guest_that_asks_for_4_gib_is_told_no() {
    let plugin = plugin("grow-memory");
    let (result, usage) = run(&plugin, &[], &Limits::default()).unwrap();
    assert_eq!(result, success("refused"));
    assert_eq!(usage.peak_memory_bytes, PAGE);
}

#[test]
fn memory_may_grow_to_the_limit_and_not_a_page_further() {
    let (to, past) = (
        plugin("grow-memory-to-limit"),
        plugin("grow-memory-past-limit"),
    );
    let (result, usage) = run(&to, &[], &Limits::default()).unwrap();
    assert_eq!(
        (result, usage.peak_memory_bytes),
        (success("granted"), 64 << 20)
    );
    let (result, usage) = run(&past, &[], &Limits::default()).unwrap();
    assert_eq!(
        (result, usage.peak_memory_bytes),
        (success("refused"), PAGE)
    );

    // The same requests under other limits.
    let a_byte_less = with_memory((64 << 20) - 1);
    assert_eq!(run(&to, &[], &a_byte_less).unwrap().0, success("refused"));
    let a_page_more = with_memory((64 << 20) + PAGE);
    assert_eq!(run(&past, &[], &a_page_more).unwrap().0, success("granted"));
}

#[test]
fn tables_may_grow_to_the_limit_and_not_an_element_further() {
    let (to, past) = (
        plugin("grow-table-to-limit"),
        plugin("grow-table-past-limit"),
    );
    assert_eq!(answer(&to, &[]), success("granted"));
    assert_eq!(answer(&past, &[]), success("refused"));
    assert_eq!(
        run(&to, &[], &with_tables(99_999)).unwrap().0,
        success("refused")
    );
    assert_eq!(
        run(&past, &[], &with_tables(100_001)).unwrap().0,
        success("granted")
    );
}

#[test]
fn a_guest_that_asks_for_200_million_table_elements_gets_none() {
    let plugin = plugin("grow-table");
    let fault = promptly(|| fault(&plugin, &[]));
    assert_eq!(fault.code(), "ERR_FUEL_EXHAUSTED");
    let (result, _) = promptly(|| run(&plugin, &[], &with_fuel(HUGE)).unwrap());
    assert_eq!(result, success("refused"));
}

#[test]
fn a_guest_that_fails_because_it_was_refused_memory_is_told_apart_from_one_that_traps() {
    let fault = fault(&plugin("grow-memory-loop-then-trap"), &[]);
    assert_eq!(fault.kind, FaultKind::MemoryLimit { limit: 64 << 20 });
    assert_eq!(fault.usage.unwrap().peak_memory_bytes, 64 << 20);

    // The same trap of a guest that was refused nothing.
    let trapping = load(&module(&execute("(unreachable)")));
    assert!(is_trap(
        &run(&trapping, &[], &Limits::default()).unwrap_err().kind
    ));
}

#[test]
fn a_plugin_written_in_rust_that_exhausts_its_memory_meets_the_limit() {
    let plugin = load(&example("fail"));
    let fault = run(&plugin, &["memory"], &with_fuel(HUGE)).unwrap_err();
    assert_eq!(fault.kind, FaultKind::MemoryLimit { limit: 64 << 20 });
    let peak = fault.usage.unwrap().peak_memory_bytes;
    assert!((62 << 20..=64 << 20).contains(&peak), "{peak}");
}

#[test]
fn a_guest_that_fails_because_it_was_refused_table_room_meets_the_limit_too() {
    let wasm = module(&format!(
        "(table $table 1 funcref) {}",
        execute(
            "(if (i32.eq (table.grow $table (ref.null func) (i32.const 100000)) (i32.const -1))
              (then (unreachable)))"
        )
    ));
    let fault = fault(&load(&wasm), &[]);
    assert_eq!(fault.kind, FaultKind::MemoryLimit { limit: 100_000 });
}

#[test]
fn an_allocator_that_was_refused_room_for_the_arguments_meets_the_limit() {
    // 20 MiB of arguments, and the echo of them.
    let text = "x".repeat(20 << 20);
    let plugin = plugin("echo");
    let limits = with_memory(16 << 20);
    let fault = run(&plugin, &[&text], &limits).unwrap_err();
    assert_eq!(fault.kind, FaultKind::MemoryLimit { limit: 16 << 20 });
    let generous = Limits {
        result_bytes: 32 << 20,
        fuel: HUGE,
        ..Limits::default()
    };
    assert_eq!(run(&plugin, &[&text], &generous).unwrap().0, success(&text));
}

#[test]
fn a_growth_that_the_module_itself_forbids_is_not_the_hosts_limit() {
    let wasm = module_with_memory(&format!(
        r#"(memory (export "memory") 1 2) {}"#,
        execute("(if (i32.eq (memory.grow (i32.const 2)) (i32.const -1)) (then (unreachable)))")
    ));
    assert!(is_trap(&fault(&load(&wasm), &[]).kind));
}

#[test]
fn memories_and_tables_are_bounded_together_and_not_each() {
    assert_refused_when_loaded("two-memories", 64 << 20);
    assert_refused_when_loaded("two-tables", 100_000);

    // Each of them is enough for the one, and twice as much for both.
    let (memories, tables) = (guest("two-memories"), guest("two-tables"));
    let plugin = Plugin::load(&memories, &with_memory(2 * 513 * PAGE)).unwrap();
    assert_eq!(
        usage(&plugin, &with_memory(2 * 513 * PAGE)).peak_memory_bytes,
        2 * 513 * PAGE
    );
    assert!(Plugin::load(&memories, &with_memory(2 * 513 * PAGE - 1)).is_err());
    assert!(Plugin::load(&tables, &with_tables(120_000)).is_ok());
    assert!(Plugin::load(&tables, &with_tables(119_999)).is_err());
}

#[test]
fn growing_one_memory_leaves_less_for_the_others() {
    let grow = |memory: &str, pages: u32| {
        format!(
            "(if (i32.eq (memory.grow {memory} (i32.const {pages})) (i32.const -1)) (then (unreachable)))"
        )
    };
    let growing = |first: u32, second: u32| {
        load(&module_with_memory(&format!(
            r#"(memory $a (export "memory") 1) (memory $b 1) {}"#,
            execute(&format!("{}{}", grow("$a", first), grow("$b", second)))
        )))
    };
    assert_eq!(
        usage(&growing(511, 511), &Limits::default()).peak_memory_bytes,
        64 << 20
    );
    let fault = fault(&growing(511, 512), &[]);
    assert_eq!(fault.kind, FaultKind::MemoryLimit { limit: 64 << 20 });
    assert_eq!(fault.usage.unwrap().peak_memory_bytes, 513 * PAGE);
}

#[test]
fn a_memory_that_is_too_big_from_the_start_is_refused_when_it_is_loaded() {
    assert_refused_when_loaded("initial-memory-too-big", 64 << 20);
    let one_page = module(&execute(""));
    assert!(Plugin::load(&one_page, &with_memory(PAGE)).is_ok());
    let fault = Plugin::load(&one_page, &with_memory(PAGE - 1)).unwrap_err();
    assert_eq!(
        fault.kind,
        FaultKind::MemoryLimit {
            limit: PAGE as u64 - 1
        }
    );
}

#[test]
fn a_limit_of_an_execution_holds_for_what_a_fresh_instance_begins_with() {
    let plugin = load(&module(&execute("")));
    let fault = run(&plugin, &[], &with_memory(PAGE - 1)).unwrap_err();
    assert_eq!(
        fault.kind,
        FaultKind::MemoryLimit {
            limit: PAGE as u64 - 1
        }
    );
    assert!(run(&plugin, &[], &with_memory(PAGE)).is_ok());
}

#[test]
fn memories_that_the_limits_would_not_bound_are_not_valid() {
    for name in ["memory64", "shared-memory"] {
        assert_eq!(refusal(&guest(name)).code(), "ERR_INVALID_MODULE", "{name}");
    }
    for fields in [
        r#"(memory (export "memory") 1) (memory i64 1)"#,
        r#"(memory (export "memory") 1) (memory 1 1 shared)"#,
        r#"(memory (export "memory") 1) (table i64 1 funcref)"#,
        r#"(memory (export "memory") 1) (type (struct (field i32)))"#,
        r#"(memory (export "memory") 1) (type (array i8))"#,
        r#"(memory (export "memory") 1) (table 1 anyref)"#,
    ] {
        let wasm = module_with_memory(&format!("{fields} {}", execute("")));
        assert_eq!(refusal(&wasm).code(), "ERR_INVALID_MODULE", "{fields}");
    }
}

#[test]
fn a_few_memories_and_tables_are_fine_and_many_are_too_complex() {
    let with = |field: &str, count: usize| {
        module_with_memory(&format!(
            r#"(memory (export "memory") 1) {} {}"#,
            field.repeat(count),
            execute("")
        ))
    };
    assert_usable(&load(&with("(memory 1)", 7)), &[], "ok");
    assert_usable(&load(&with("(table 1 funcref)", 8)), &[], "ok");
    for (field, count, what, actual) in [
        ("(memory 1)", 8, "a number of memories", 9),
        ("(memory 1)", 1000, "a number of memories", 1001),
        ("(table 1 funcref)", 9, "a number of tables", 9),
        ("(table 1 funcref)", 1000, "a number of tables", 1000),
    ] {
        let expected = FaultKind::ModuleTooComplex {
            what,
            limit: 8,
            actual,
        };
        assert_eq!(refusal(&with(field, count)).kind, expected);
    }
}

#[test]
fn a_table_that_is_too_big_from_the_start_is_refused() {
    for elements in [100_001, 1_000_000, 10_000_000, 10_000_001, u32::MAX] {
        let wasm = module(&format!("(table {elements} funcref) {}", execute("")));
        let fault = promptly(|| refusal(&wasm));
        // What no limits would allow is refused sooner.
        let limit = if elements > 1_000_000 {
            1_000_000
        } else {
            100_000
        };
        assert_eq!(fault.kind, FaultKind::MemoryLimit { limit }, "{elements}");
    }
    assert!(
        Plugin::load(
            &module(&format!("(table 100000 funcref) {}", execute(""))),
            &Limits::default()
        )
        .is_ok()
    );
}

#[test]
fn limits_beyond_what_the_engine_can_give_are_no_harm() {
    let limits = Limits {
        memory_bytes: usize::MAX,
        table_elements: usize::MAX,
        result_bytes: usize::MAX,
        ..with_fuel(HUGE)
    };
    let tables = plugin("grow-table");
    assert_eq!(run(&tables, &[], &limits).unwrap().0, success("refused"));
    // 4 GiB less a page is all that a 32-bit memory can still grow by.
    let memory = plugin("grow-memory");
    let (result, usage) = run(&memory, &[], &limits).unwrap();
    assert_eq!(
        (result, usage.peak_memory_bytes),
        (success("granted"), 1 << 32)
    );
}

#[test]
fn a_live_instance_keeps_its_memory_on_its_account() {
    let wasm = module(&execute("(drop (memory.grow (i32.const 511)))"));
    let instance = Instance::new(load(&wasm));
    let call = |limits: &Limits| {
        let (_, usage) = instance.execute(&[], limits, None).unwrap();
        usage.peak_memory_bytes / PAGE
    };
    assert_eq!(call(&Limits::default()), 512);
    assert_eq!(call(&Limits::default()), 1023);
    assert_eq!(call(&Limits::default()), 1023);
    // A lower limit takes nothing away and gives nothing more.
    assert_eq!(call(&with_memory(PAGE)), 1023);
    assert_eq!(call(&with_memory(128 << 20)), 1534);
}

#[test]
fn what_was_refused_in_one_call_does_not_colour_the_next() {
    let wasm = module(
        r#"(func (export "plugin_execute") (param $ptr i32) (param i32) (result i64)
            (if (i32.ne (i32.load8_u (local.get $ptr)) (i32.const 0x90)) (then (unreachable)))
            (drop (memory.grow (i32.const 65535)))
            (i64.const 0x100_0000000c))"#,
    );
    let instance = Instance::new(load(&wasm));
    let (result, _) = instance.execute(&[], &Limits::default(), None).unwrap();
    assert_eq!(result, success("ok"));
    let fault: Fault = instance
        .execute(strings(&["trap"]), &Limits::default(), None)
        .unwrap_err();
    assert!(is_trap(&fault.kind), "{fault:?}");
}

#[test]
fn memory_that_the_module_imports_is_not_provided() {
    let wasm = assemble(&format!(
        r#"(module (import "env" "memory" (memory 1)) (export "memory" (memory 0))
        (func (export "plugin_alloc") (param i32) (result i32) (i32.const 1024))
        (func (export "plugin_dealloc") (param i32 i32))
        (func (export "plugin_manifest") (result i64) (i64.const 0)) {})"#,
        execute("")
    ));
    let FaultKind::Instantiation { import, .. } = refusal(&wasm).kind else {
        panic!("not refused for its import")
    };
    assert_eq!(import.as_deref(), Some("env.memory"));
}
