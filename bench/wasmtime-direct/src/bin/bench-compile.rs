//! What compiling a plugin takes, and what of it comes from where: `bench-compile FILE`. Prints medians of rounds that take
//! turns, in milliseconds on all cores and on one, and the size of the code.

use std::time::Instant;

use wasmtime::{Config, Engine, Module, OptLevel, RegallocAlgorithm, WasmFeatures};

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

/// How a variant's settings differ.
type Vary = fn(&mut Config);

const ROUNDS: usize = 15;

/// What is told apart, from what this host's first load does to what it does not do.
const VARIANTS: [(&str, Vary); 6] = [
    ("as this host's first load", |_| {}),
    ("optimised, for computation", |config| {
        config.cranelift_opt_level(OptLevel::Speed);
    }),
    ("optimised, for short calls", |config| {
        config
            .cranelift_opt_level(OptLevel::Speed)
            .signals_based_traps(false)
            .memory_guard_size(0);
    }),
    ("without interrupts by time", |config| {
        config.epoch_interruption(false);
    }),
    ("without fuel and interrupts by time", |config| {
        config.epoch_interruption(false).consume_fuel(false);
    }),
    // Which wasmtime advises against where security matters, and publishes no advisories for.
    ("registers allocated in a single pass", |config| {
        config.cranelift_regalloc_algorithm(RegallocAlgorithm::SinglePass);
    }),
];

fn main() -> Outcome<()> {
    let file = std::env::args().nth(1).ok_or("usage: bench-compile FILE")?;
    let wasm = std::fs::read(file)?;
    let mut rows = Vec::new();
    for (name, vary) in VARIANTS {
        rows.push((
            name,
            [engine(vary, true)?, engine(vary, false)?],
            [const { Vec::new() }; 2],
        ));
    }
    let mut sizes = Vec::new();
    for round in 0..ROUNDS {
        for (_, engines, times) in &mut rows {
            for (engine, times) in engines.iter().zip(times) {
                let started = Instant::now();
                let module = Module::from_binary(engine, &wasm)?;
                times.push(started.elapsed().as_secs_f64() * 1000.0);
                if round == 0 {
                    sizes.push(module.text().len());
                }
            }
        }
    }
    println!(
        "{:<45} {:>10} {:>10} {:>10}",
        "", "all cores", "one core", "code"
    );
    for ((name, _, [all, one]), size) in rows.into_iter().zip(sizes.chunks(2)) {
        let (all, one, kib) = (median(all), median(one), size[0] / 1024);
        println!("{name:<45} {all:>7.1} ms {one:>7.1} ms {kib:>6} KiB");
    }
    Ok(())
}

/// An engine as this host has it for baseline code, but for what `vary` says.
fn engine(vary: Vary, parallel: bool) -> Outcome<Engine> {
    let mut config = Config::new();
    config
        .cranelift_opt_level(OptLevel::None)
        .consume_fuel(true)
        .epoch_interruption(true)
        .native_unwind_info(cfg!(windows))
        .parallel_compilation(parallel)
        .wasm_features(WasmFeatures::THREADS, false)
        .wasm_features(WasmFeatures::MEMORY64, false)
        .wasm_features(WasmFeatures::GC, false);
    vary(&mut config);
    Ok(Engine::new(&config)?)
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}
