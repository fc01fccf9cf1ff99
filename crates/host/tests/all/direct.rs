//! The same calls into a guest with wasmtime alone: what the host is compared with.

use sen_host::protocol::{ExecuteResult, PackedSlice, decode_result, encode_args};
use wasmtime::{Config, Engine, Instance, Module, Store, Trap, TypedFunc};

/// A module compiled by an engine of its own.
pub struct Direct {
    module: Module,
    args: Vec<u8>,
}

/// What a call ended with, and the fuel that was left.
#[derive(Debug, PartialEq, Eq)]
pub struct Outcome {
    /// The answer, or nothing when the fuel ran out.
    pub result: Option<ExecuteResult>,
    pub remaining: u64,
}

impl Direct {
    /// The module and the arguments for all its calls. Code that looks at epochs is another code,
    /// which must not need other fuel.
    pub fn new(wasm: &[u8], args: &[String], epochs: bool) -> Self {
        let mut config = Config::new();
        config.consume_fuel(true).epoch_interruption(epochs);
        // Less address space than the default, which these tests are not always given.
        config
            .memory_reservation(0)
            .memory_guard_size(0)
            .memory_reservation_for_growth(1 << 20);
        let engine = Engine::new(&config).unwrap();
        let mut encoded = Vec::new();
        encode_args(args, &mut encoded);
        Self {
            module: Module::new(&engine, wasm).unwrap(),
            args: encoded,
        }
    }

    /// A fresh instance: its start-up has all the fuel that there is, the call has `fuel`. Where the
    /// instance is to be `kept`, its memory is given back to it on the same fuel.
    pub fn execute(&self, fuel: u64, kept: bool) -> Outcome {
        let mut store = Store::new(self.module.engine(), ());
        store.set_epoch_deadline(u64::MAX / 2);
        store.set_fuel(u64::MAX).unwrap();
        let instance = Instance::new(&mut store, &self.module, &[]).unwrap();
        if let Ok(initialize) = instance.get_typed_func::<(), ()>(&mut store, "_initialize") {
            initialize.call(&mut store, ()).unwrap();
        }
        store.set_fuel(fuel).unwrap();
        let result = match self.call(&mut store, &instance, kept) {
            Ok(result) => Some(result),
            Err(error) => {
                assert_eq!(error.downcast_ref(), Some(&Trap::OutOfFuel), "{error:?}");
                None
            }
        };
        Outcome {
            result,
            remaining: store.get_fuel().unwrap(),
        }
    }

    fn call(
        &self,
        store: &mut Store<()>,
        instance: &Instance,
        kept: bool,
    ) -> wasmtime::Result<ExecuteResult> {
        let alloc: TypedFunc<i32, i32> = instance.get_typed_func(&mut *store, "plugin_alloc")?;
        let execute: TypedFunc<(i32, i32), i64> =
            instance.get_typed_func(&mut *store, "plugin_execute")?;
        let memory = instance.get_memory(&mut *store, "memory").unwrap();
        let len = i32::try_from(self.args.len()).unwrap();
        let ptr = alloc.call(&mut *store, len)?;
        memory
            .write(&mut *store, ptr as u32 as usize, &self.args)
            .unwrap();
        let packed = execute.call(&mut *store, (ptr, len))?;
        let bytes = memory.data(&store);
        let slice = PackedSlice::unpack(packed);
        let result = decode_result(&bytes[slice.range(bytes.len()).unwrap()]).unwrap();
        if kept {
            let dealloc: TypedFunc<(i32, i32), ()> =
                instance.get_typed_func(&mut *store, "plugin_dealloc")?;
            dealloc.call(&mut *store, (ptr, len))?;
            dealloc.call(&mut *store, (slice.ptr as i32, slice.len as i32))?;
        }
        Ok(result)
    }
}
