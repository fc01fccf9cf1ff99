//! `spin [ROUNDS]`: work by the round, to see what a budget buys.
//!
//! Without a number it never ends by itself: the host stops it when its fuel or its time runs out.

use core::hint::black_box;

use sen_plugin_sdk::prelude::*;

struct Spin;

impl Plugin for Spin {
    fn manifest() -> PluginManifest {
        PluginManifest::new(
            CommandSpec::new("spin", "Works for a number of rounds, or for ever")
                .version(env!("CARGO_PKG_VERSION"))
                .arg(ArgSpec {
                    value_name: Some("ROUNDS".into()),
                    ..ArgSpec::positional("rounds").help("How many rounds; for ever if left out")
                }),
        )
    }

    fn execute(args: Vec<String>) -> ExecuteResult {
        let Some(rounds) = args.first() else {
            let mut state = 0;
            loop {
                state = round(state);
            }
        };
        let Ok(rounds) = rounds.parse::<u64>() else {
            return ExecuteResult::user_error(format!(
                "ROUNDS must be a whole number, not '{rounds}'"
            ));
        };
        let state = (0..rounds).fold(0, |state, _| round(state));
        ExecuteResult::success(format!("{rounds} rounds: {state:016x}"))
    }
}

/// One step of a linear congruential generator. Each depends on the one before and passes through `black_box`,
/// so that no round can be skipped.
fn round(state: u64) -> u64 {
    black_box(
        state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407),
    )
}

export_plugin!(Spin);
