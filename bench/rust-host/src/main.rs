//! The published Rust host as a contender: runs batches that are asked for on stdin, as bench/README.md says.
//!
//!     bench-rust-host PLUGINS                 `CASE PLUGIN COUNT ARGUMENT` → `{"ns":…,"output":"…"}`, until stdin ends
//!     bench-rust-host first FILE ARGUMENT     a plugin's first result, and nothing else

use std::collections::HashMap;
use std::error::Error;
use std::io::BufRead;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use sen_plugin_api::ExecuteResult;
use sen_plugin_host::{LoadedPlugin, PluginLoader, PluginRegistry};
use tokio::runtime::Runtime;

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

const IN_FLIGHT: usize = 64;

fn main() -> Outcome<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    match words.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["first", file, argument] => {
            let mut plugin = PluginLoader::new()?.load(&std::fs::read(file)?)?;
            println!("{}", text(plugin.instance.execute(&[argument.into()])?)?);
            Ok(())
        }
        [plugins] => serve(Host::new(plugins)?),
        _ => Err("usage: bench-rust-host PLUGINS | first FILE ARGUMENT".into()),
    }
}

fn serve(mut host: Host) -> Outcome<()> {
    for line in std::io::stdin().lock().lines() {
        let line = line?;
        let [case, plugin, count, argument] = line.split(' ').collect::<Vec<_>>()[..] else {
            return Err(format!("not a request: {line}").into());
        };
        let (time, output) = host.batch(case, plugin, count.parse()?, argument)?;
        // The outputs asked for are printable ASCII, which Rust quotes as JSON does.
        println!("{{\"ns\":{},\"output\":{output:?}}}", time.as_nanos());
    }
    Ok(())
}

struct Host {
    plugins: PathBuf,
    /// As many threads as the machine can run at once.
    runtime: Runtime,
    loader: PluginLoader,
    registry: PluginRegistry,
    live: HashMap<String, LoadedPlugin>,
    variants: u64,
}

impl Host {
    fn new(plugins: &str) -> Outcome<Self> {
        Ok(Self {
            plugins: plugins.into(),
            runtime: Runtime::new()?,
            loader: PluginLoader::new()?,
            registry: PluginRegistry::new()?,
            live: HashMap::new(),
            variants: 0,
        })
    }

    /// Runs a case `count` times. Returns how long that took, and the last output.
    fn batch(
        &mut self,
        case: &str,
        plugin: &str,
        count: usize,
        argument: &str,
    ) -> Outcome<(Duration, String)> {
        let args = [argument.to_string()];
        match case {
            "instance" => {
                let instance = &mut self.live(plugin)?.instance;
                timed(count, |_| text(instance.execute(&args)?))
            }
            "registry" => {
                self.register(plugin)?;
                let Self {
                    runtime, registry, ..
                } = self;
                runtime.block_on(async {
                    let mut output = String::new();
                    let started = Instant::now();
                    for _ in 0..count {
                        output = text(registry.execute(plugin, &args).await?)?;
                    }
                    Ok((started.elapsed(), output))
                })
            }
            "registry-64" => {
                self.register(plugin)?;
                self.runtime
                    .block_on(in_flight(&self.registry, plugin, args, count))
            }
            "load" => {
                let modules = self.variants(plugin, count)?;
                // Dropped when the clock has stopped.
                let mut loaded = Vec::with_capacity(count);
                timed(count, |index| {
                    let plugin = self.loader.load(&modules[index])?;
                    let name = plugin.manifest.command.name.clone();
                    loaded.push(plugin);
                    Ok(name)
                })
            }
            "load-and-execute" => {
                let modules = self.variants(plugin, count)?;
                let mut loaded = Vec::with_capacity(count);
                timed(count, |index| {
                    let mut plugin = self.loader.load(&modules[index])?;
                    let output = text(plugin.instance.execute(&args)?);
                    loaded.push(plugin);
                    output
                })
            }
            _ => Err(format!("there is no case {case}").into()),
        }
    }

    fn live(&mut self, plugin: &str) -> Outcome<&mut LoadedPlugin> {
        if !self.live.contains_key(plugin) {
            let loaded = self
                .loader
                .load(&std::fs::read(path(&self.plugins, plugin))?)?;
            self.live.insert(plugin.into(), loaded);
        }
        Ok(self.live.get_mut(plugin).ok_or("was just inserted")?)
    }

    fn register(&self, plugin: &str) -> Outcome<()> {
        self.runtime.block_on(async {
            if !self.registry.has_command(plugin).await {
                self.registry
                    .load_plugin(path(&self.plugins, plugin))
                    .await?;
            }
            Ok(())
        })
    }

    /// A module in variants that nothing has seen before: the same code, and a custom section that differs.
    fn variants(&mut self, plugin: &str, count: usize) -> Outcome<Vec<Vec<u8>>> {
        let module = std::fs::read(path(&self.plugins, plugin))?;
        Ok((0..count)
            .map(|_| {
                self.variants += 1;
                let custom_section = [&[0, 9, 0][..], &self.variants.to_le_bytes()].concat();
                [&module[..], &custom_section].concat()
            })
            .collect())
    }
}

fn timed(
    count: usize,
    mut run: impl FnMut(usize) -> Outcome<String>,
) -> Outcome<(Duration, String)> {
    let mut output = String::new();
    let started = Instant::now();
    for index in 0..count {
        output = run(index)?;
    }
    Ok((started.elapsed(), output))
}

/// Runs a command from many tasks, each of which starts another run as soon as its last has ended.
async fn in_flight(
    registry: &PluginRegistry,
    plugin: &str,
    args: [String; 1],
    count: usize,
) -> Outcome<(Duration, String)> {
    let begun = Arc::new(AtomicUsize::new(0));
    let started = Instant::now();
    let tasks: Vec<_> = (0..IN_FLIGHT)
        .map(|_| {
            let (registry, plugin, args, begun) = (
                registry.clone(),
                plugin.to_string(),
                args.clone(),
                begun.clone(),
            );
            tokio::spawn(async move {
                let mut output = None;
                while begun.fetch_add(1, Ordering::Relaxed) < count {
                    output = Some(text(registry.execute(&plugin, &args).await?)?);
                }
                Outcome::Ok(output)
            })
        })
        .collect();
    let mut output = None;
    for task in tasks {
        output = task.await??.or(output);
    }
    Ok((started.elapsed(), output.ok_or("nothing ran")?))
}

fn text(result: ExecuteResult) -> Outcome<String> {
    match result {
        ExecuteResult::Success(text) => Ok(text),
        other => Err(format!("not a success: {other:?}").into()),
    }
}

fn path(plugins: &Path, plugin: &str) -> PathBuf {
    plugins.join(plugin).with_extension("wasm")
}
