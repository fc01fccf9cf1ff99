//! Guests that wait for something the host does for them.

use std::thread;
use std::time::Duration;

use sen_host::protocol::{Effect, EffectResult, ExecuteResult, HttpResponse};
use sen_host::{FaultKind, Instance, Interrupts, Limits, Plugin, Usage};

use crate::support::*;

fn begin(plugin: &Plugin) -> (Effect, Instance, Usage) {
    let reply = plugin
        .execute(&[], &Limits::default(), &Interrupts::default())
        .unwrap();
    match (reply.result, reply.suspended) {
        (ExecuteResult::Effect(effect), Some(instance)) => (effect, instance, reply.usage),
        other => panic!("{:?}", other.0),
    }
}

fn resume(instance: &Instance, id: u32, result: &EffectResult) -> ExecuteResult {
    instance
        .resume(id, result, &Limits::default(), None)
        .unwrap()
        .0
}

#[test]
fn a_guest_that_sleeps_goes_on_when_it_is_resumed() {
    let plugin = plugin("effect-sleep");
    assert!(plugin.supports_effects());
    let (effect, instance, _) = begin(&plugin);
    assert_eq!(
        effect,
        Effect::Sleep {
            id: 1,
            duration_ms: 1
        }
    );
    assert_eq!(
        resume(&instance, 1, &EffectResult::SleepComplete),
        success("awake")
    );
    assert_eq!(instance.plugin().digest(), plugin.digest());
}

#[test]
fn an_execution_that_ends_at_once_suspends_nothing() {
    let plugin = plugin("echo");
    assert!(!plugin.supports_effects());
    let reply = plugin
        .execute(&[], &Limits::default(), &Interrupts::default())
        .unwrap();
    assert!(reply.suspended.is_none());
}

#[test]
fn a_guest_that_asks_for_a_page_goes_on_with_whatever_came_of_it() {
    let results = [
        EffectResult::Http(HttpResponse {
            status: 200,
            body: "text".into(),
            headers: vec![("name".into(), "value".into())],
        }),
        EffectResult::SleepComplete,
        EffectResult::Error("refused".into()),
    ];
    for name in ["effect-http", "capabilities-net"] {
        let plugin = plugin(name);
        for result in &results {
            let (effect, instance, _) = begin(&plugin);
            let expected = Effect::HttpGet {
                id: 7,
                url: "http://example.test/".into(),
                headers: vec![],
            };
            assert_eq!(effect, expected, "{name}");
            assert_eq!(
                resume(&instance, effect.id(), result),
                success("resumed"),
                "{name}"
            );
        }
    }
}

#[test]
fn a_guest_that_asks_again_and_again_is_the_same_instance_all_along() {
    let (effect, instance, _) = begin(&plugin("effect-forever"));
    assert_eq!(effect.id(), 0);
    for id in 0..1000 {
        let ExecuteResult::Effect(effect) = resume(&instance, id, &EffectResult::SleepComplete)
        else {
            panic!("it ended")
        };
        assert_eq!(effect.id(), id + 1);
    }
}

#[test]
fn executions_that_wait_at_the_same_time_do_not_see_each_other() {
    let plugin = plugin("effect-forever");
    let waiting: Vec<_> = (0..20).map(|_| begin(&plugin).1).collect();
    for (number, instance) in (0..).zip(&waiting) {
        // Each guest counts from what it is told.
        let ExecuteResult::Effect(effect) =
            resume(instance, number * 100, &EffectResult::SleepComplete)
        else {
            panic!("it ended")
        };
        assert_eq!(effect.id(), number * 100 + 1);
    }
}

#[test]
fn the_number_of_an_effect_may_have_all_its_32_bits() {
    let (_, instance, _) = begin(&plugin("effect-forever"));
    for (id, next) in [
        (u32::MAX - 1, u32::MAX),
        (u32::MAX, 0),
        (1 << 31, (1 << 31) + 1),
    ] {
        let ExecuteResult::Effect(effect) = resume(&instance, id, &EffectResult::SleepComplete)
        else {
            panic!("it ended")
        };
        assert_eq!(effect.id(), next);
    }
}

#[test]
fn a_guest_that_cannot_be_resumed_is_told_by_the_export_it_lacks() {
    let plugin = plugin("effect-without-resume");
    assert!(!plugin.supports_effects());
    let (_, instance, _) = begin(&plugin);
    let fault = instance
        .resume(1, &EffectResult::SleepComplete, &Limits::default(), None)
        .unwrap_err();
    assert!(
        matches!(
            fault.kind,
            FaultKind::MissingExport {
                export: "plugin_resume",
                ..
            }
        ),
        "{fault:?}"
    );
}

#[test]
fn every_resumption_has_a_budget_and_a_receipt_of_its_own() {
    let (_, instance, begun) = begin(&plugin("effect-forever"));
    let resumed =
        |id, limits: &Limits| instance.resume(id, &EffectResult::SleepComplete, limits, None);
    let (_, first) = resumed(0, &Limits::default()).unwrap();
    assert!(begun.fuel_consumed > 0 && first.fuel_consumed > 0);
    // What the last call at the end of it consumes is not looked at, so a little more than that.
    let limits = with_fuel(first.fuel_consumed + 10);
    for id in 1..100 {
        let (_, usage) = resumed(id, &limits).unwrap();
        assert_eq!(usage.fuel_consumed, first.fuel_consumed);
    }
    let fault = resumed(100, &with_fuel(5)).unwrap_err();
    assert_eq!(fault.kind, FaultKind::FuelExhausted { limit: 5 });
}

#[test]
fn an_instance_that_waits_can_be_closed() {
    let (_, instance, _) = begin(&plugin("effect-sleep"));
    instance.close();
    let fault = instance
        .resume(1, &EffectResult::SleepComplete, &Limits::default(), None)
        .unwrap_err();
    assert_eq!(fault.code(), "ERR_CLOSED");
}

#[test]
fn a_live_instance_can_be_resumed_by_hand() {
    let instance = Instance::new(plugin("effect-sleep"));
    for _ in 0..3 {
        let (result, _) = instance.execute(&[], &Limits::default(), None).unwrap();
        assert_eq!(
            result,
            ExecuteResult::Effect(Effect::Sleep {
                id: 1,
                duration_ms: 1
            })
        );
        assert_eq!(
            resume(&instance, 1, &EffectResult::SleepComplete),
            success("awake")
        );
    }
}

#[test]
fn a_large_result_of_an_effect_that_the_guest_has_no_room_for_is_out_of_bounds() {
    let (_, instance, _) = begin(&plugin("effect-http"));
    let large = EffectResult::Http(HttpResponse {
        status: 200,
        body: "x".repeat(1 << 20),
        headers: vec![],
    });
    let fault = instance
        .resume(7, &large, &Limits::default(), None)
        .unwrap_err();
    assert_eq!(fault.code(), "ERR_ABI_BOUNDS");
}

#[test]
fn a_guest_has_its_whole_stack_when_it_goes_on_however_long_the_plugin_has_been_used() {
    // Half of the stack, in code of any kind more than a quarter.
    let wasm = module(
        r#"(data (i32.const 512) "\81\a6Effect\81\a5Sleep\82\a2id\01\abduration_ms\01")
        (func $deeper (param $left i32) (result i32)
            (if (result i32) (local.get $left)
              (then (i32.add (call $deeper (i32.sub (local.get $left) (i32.const 1))) (local.get $left)))
              (else (i32.const 0))))
        (func (export "plugin_execute") (param i32 i32) (result i64) (i64.const 0x200_00000021))
        (func (export "plugin_resume") (param i32 i32 i32) (result i64)
            (drop (call $deeper (i32.const 12000)))
            (i64.const 0x100_0000000c))"#,
    );
    let plugin = load(&wasm);
    for _ in 0..60 {
        let (effect, instance, _) = begin(&plugin);
        let result = resume(&instance, effect.id(), &EffectResult::SleepComplete);
        assert_eq!(result, success("ok"));
        thread::sleep(Duration::from_millis(5));
    }
}
