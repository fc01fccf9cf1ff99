//! wasmtime without a host around it, as a contender: runs batches that are asked for on stdin, as bench/README.md says.
//!
//!     bench-wasmtime-direct FILE…     `CASE PLUGIN COUNT ARGUMENT` → `{"ns":…,"output":"…"}`, until stdin ends
//!
//! What a program writes that has no plugin host: fuel and time are bounded, memory is not, and what comes back is
//! believed.

use std::collections::HashMap;
use std::io::BufRead;
use std::path::Path;
use std::time::{Duration, Instant};

use wasmtime::{Config, Engine, Instance, InstancePre, Linker, Module, Store};

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

fn main() -> Outcome<()> {
    let engine = Engine::new(Config::new().consume_fuel(true).epoch_interruption(true))?;
    let plugins = std::env::args()
        .skip(1)
        .map(|file| load(&engine, Path::new(&file)))
        .collect::<Outcome<HashMap<_, _>>>()?;

    for line in std::io::stdin().lock().lines() {
        let line = line?;
        let [case, plugin, count, argument] = line.split(' ').collect::<Vec<_>>()[..] else {
            return Err(format!("not a request: {line}").into());
        };
        let plugin = plugins.get(plugin).ok_or("there is no such plugin")?;
        let (time, output) = match case {
            "fresh" => batch(count.parse()?, || execute(&engine, plugin, argument))?,
            _ => return Err(format!("there is no case {case}").into()),
        };
        // The outputs asked for are printable ASCII, which Rust quotes as JSON does.
        println!("{{\"ns\":{},\"output\":{output:?}}}", time.as_nanos());
    }
    Ok(())
}

/// A compiled module that only has to be instantiated, by its file's name.
fn load(engine: &Engine, file: &Path) -> Outcome<(String, InstancePre<()>)> {
    let name = file.file_stem().ok_or("a file has a name")?;
    let module = Module::from_file(engine, file)?;
    let plugin = Linker::new(engine).instantiate_pre(&module)?;
    Ok((name.to_string_lossy().into_owned(), plugin))
}

fn batch(count: usize, mut run: impl FnMut() -> Outcome<String>) -> Outcome<(Duration, String)> {
    let mut output = String::new();
    let started = Instant::now();
    for _ in 0..count {
        output = run()?;
    }
    Ok((started.elapsed(), output))
}

/// One call, of an instance of its own.
fn execute(engine: &Engine, plugin: &InstancePre<()>, argument: &str) -> Outcome<String> {
    let mut store = Store::new(engine, ());
    store.set_fuel(u64::MAX)?;
    // Looked at as often as with one that is met.
    store.set_epoch_deadline(u64::MAX / 2);
    let instance = plugin.instantiate(&mut store)?;
    Guest {
        store: &mut store,
        instance,
    }
    .execute(argument)
}

/// The plugin protocol by hand.
struct Guest<'a> {
    store: &'a mut Store<()>,
    instance: Instance,
}

impl Guest<'_> {
    fn execute(&mut self, argument: &str) -> Outcome<String> {
        let Self { store, instance } = self;
        let memory = instance
            .get_memory(&mut *store, "memory")
            .ok_or("no memory")?;
        let alloc = instance.get_typed_func::<i32, i32>(&mut *store, "plugin_alloc")?;
        let dealloc = instance.get_typed_func::<(i32, i32), ()>(&mut *store, "plugin_dealloc")?;
        let execute = instance.get_typed_func::<(i32, i32), i64>(&mut *store, "plugin_execute")?;

        let encoded = encode(argument)?;
        let len = i32::try_from(encoded.len())?;
        let pointer = alloc.call(&mut *store, len)?;
        memory.write(&mut *store, pointer as u32 as usize, &encoded)?;
        let packed = execute.call(&mut *store, (pointer, len))? as u64;
        dealloc.call(&mut *store, (pointer, len))?;

        let (pointer, len) = ((packed >> 32) as u32, packed as u32);
        let end = pointer as usize + len as usize;
        let result = memory
            .data(&*store)
            .get(pointer as usize..end)
            .ok_or("a result beyond memory")?;
        let output = decode(result)?.to_owned();
        dealloc.call(&mut *store, (pointer as i32, len as i32))?;
        Ok(output)
    }
}

/// MessagePack of an array with one short text.
fn encode(argument: &str) -> Outcome<Vec<u8>> {
    let len = u8::try_from(argument.len()).ok().filter(|len| *len < 32);
    let len = len.ok_or("the argument is too long")?;
    Ok([&[0x91, 0xa0 | len], argument.as_bytes()].concat())
}

/// The text of `{"Success": text}` in MessagePack.
fn decode(result: &[u8]) -> Outcome<&str> {
    let text = result
        .strip_prefix(b"\x81\xa7Success")
        .ok_or("not a success")?;
    let text = match text {
        [0xd9, _len, text @ ..] => text,
        [0xa0..=0xbf, text @ ..] => text,
        _ => return Err("not a short text".into()),
    };
    Ok(std::str::from_utf8(text)?)
}
