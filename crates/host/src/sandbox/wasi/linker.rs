use wasmtime::{Caller, Extern, InstancePre, Linker, Module};

use crate::error::Fault;
use crate::guest::State;

use super::context::Context;
use super::memory::GuestMemory;
use super::{Errno, Refusal, answered, descriptor_calls, path_calls, poll, process_calls, waiting};
use crate::sandbox::{Linked, not_provided, refused};

/// The module that preview 1 is imported from.
const MODULE: &str = "wasi_snapshot_preview1";

/// How the guest will be called: on a stack of its own, where a call can wait for something, or
/// not.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    Suspendable,
    InOneGo,
}

/// Links a module whose imports are all of preview 1, once for each way to call it.
pub(in crate::sandbox) fn link(module: &Module) -> Result<Linked, Fault> {
    Ok(Linked {
        suspendable: link_for(module, Way::Suspendable)?,
        in_one_go: link_for(module, Way::InOneGo)?,
        is_wasi: true,
        may_sleep: module
            .imports()
            .any(|import| import.name() == "poll_oneoff"),
    })
}

fn link_for(module: &Module, way: Way) -> Result<InstancePre<State>, Fault> {
    let mut linker = Linker::new(module.engine());
    // A module may import one function more than once.
    linker.allow_shadowing(true);
    for import in module.imports() {
        let defined = (import.module() == MODULE).then(|| define(&mut linker, way, import.name()));
        match defined.flatten() {
            Some(defined) => defined.map_err(|error| refused(&error))?,
            None => return Err(not_provided(&import)),
        }
    }
    linker
        .instantiate_pre(module)
        .map_err(|error| refused(&error))
}

/// Calls of preview 1: those that never wait, and those that may where something outside was
/// granted. Types are those of its specification, results go to pointers that come last.
macro_rules! calls {
    (
        quick { $($quick:ident($($q_arg:ident: $q_type:ty),*) => $q_module:ident;)* }
        waiting { $($waiting:ident($($w_arg:ident: $w_type:ty),*) => $w_module:ident;)* }
    ) => {
        fn define(linker: &mut Linker<State>, way: Way, name: &str) -> Option<wasmtime::Result<()>> {
            let defined = match name {
                $(stringify!($quick) => linker.func_wrap(
                    MODULE,
                    name,
                    |mut caller: Caller<'_, State>, $($q_arg: $q_type),*| {
                        enter(&mut caller, |context, memory| {
                            $q_module::$quick(context, memory, $($q_arg),*)
                        })
                    },
                ),)*
                $(stringify!($waiting) if way == Way::InOneGo => linker.func_wrap(
                    MODULE,
                    name,
                    |mut caller: Caller<'_, State>, $($w_arg: $w_type),*| {
                        enter(&mut caller, |context, memory| {
                            $w_module::$waiting(context, memory, $($w_arg),*)
                        })
                    },
                ),
                stringify!($waiting) => linker.func_wrap_async(
                    MODULE,
                    name,
                    |mut caller: Caller<'_, State>, ($($w_arg,)*): ($($w_type,)*)| {
                        Box::new(async move {
                            waiting::patience(&mut caller).await;
                            enter(&mut caller, |context, memory| {
                                $w_module::$waiting(context, memory, $($w_arg),*)
                            })
                        })
                    },
                ),)*
                "fd_read" if way == Way::Suspendable => linker.func_wrap_async(
                    MODULE,
                    name,
                    |mut caller: Caller<'_, State>, (fd, pieces, count, read): (u32, u32, u32, u32)| {
                        Box::new(async move {
                            waiting::patience(&mut caller).await;
                            loop {
                                waiting::for_input(&mut caller, fd).await?;
                                let answer = enter(&mut caller, |context, memory| {
                                    descriptor_calls::fd_read(context, memory, fd, pieces, count, read)
                                })?;
                                // Another guest may have read what there was.
                                if answer != i32::from(Errno::Again as u16) {
                                    return Ok(answer);
                                }
                            }
                        })
                    },
                ),
                "fd_read" => linker.func_wrap(
                    MODULE,
                    name,
                    |mut caller: Caller<'_, State>, fd: u32, pieces: u32, count: u32, read: u32| {
                        enter(&mut caller, |context, memory| {
                            descriptor_calls::fd_read(context, memory, fd, pieces, count, read)
                        })
                    },
                ),
                "fd_write" if way == Way::Suspendable => linker.func_wrap_async(
                    MODULE,
                    name,
                    |mut caller: Caller<'_, State>, (fd, pieces, count, written): (u32, u32, u32, u32)| {
                        Box::new(async move {
                            waiting::patience(&mut caller).await;
                            waiting::for_output(&mut caller).await?;
                            enter(&mut caller, |context, memory| {
                                descriptor_calls::fd_write(context, memory, fd, pieces, count, written)
                            })
                        })
                    },
                ),
                "fd_write" => linker.func_wrap(
                    MODULE,
                    name,
                    |mut caller: Caller<'_, State>, fd: u32, pieces: u32, count: u32, written: u32| {
                        enter(&mut caller, |context, memory| {
                            descriptor_calls::fd_write(context, memory, fd, pieces, count, written)
                        })
                    },
                ),
                "poll_oneoff" if way == Way::Suspendable => linker.func_wrap_async(
                    MODULE,
                    name,
                    |mut caller: Caller<'_, State>, (subscriptions, events, count, ready): (u32, u32, u32, u32)| {
                        Box::new(async move {
                            // A file that is polled is looked at.
                            waiting::patience(&mut caller).await;
                            poll::poll_oneoff(&mut caller, subscriptions, events, count, ready).await
                        })
                    },
                ),
                "poll_oneoff" => linker.func_wrap(
                    MODULE,
                    name,
                    |caller: Caller<'_, State>, _: u32, _: u32, _: u32, _: u32| -> wasmtime::Result<i32> {
                        // To be run again where it can wait.
                        Err(caller.data().cut_short())
                    },
                ),
                "proc_exit" => linker.func_wrap(MODULE, name, |code: u32| -> wasmtime::Result<()> {
                    Err(process_calls::exited(code))
                }),
                _ => return None,
            };
            Some(defined.map(|_| ()))
        }
    };
}

calls! {
    quick {
        args_get(list: u32, buffer: u32) => process_calls;
        args_sizes_get(count: u32, bytes: u32) => process_calls;
        environ_get(list: u32, buffer: u32) => process_calls;
        environ_sizes_get(count: u32, bytes: u32) => process_calls;
        clock_res_get(clock: u32, resolution: u32) => process_calls;
        clock_time_get(clock: u32, precision: u64, time: u32) => process_calls;
        random_get(buffer: u32, len: u32) => process_calls;
        proc_raise(signal: u32) => process_calls;
        sched_yield() => process_calls;
        sock_accept(fd: u32, flags: u32, accepted: u32) => process_calls;
        sock_recv(fd: u32, pieces: u32, count: u32, flags: u32, len: u32, flags_out: u32) => process_calls;
        sock_send(fd: u32, pieces: u32, count: u32, flags: u32, len: u32) => process_calls;
        sock_shutdown(fd: u32, how: u32) => process_calls;
        fd_advise(fd: u32, offset: u64, len: u64, advice: u32) => descriptor_calls;
        fd_allocate(fd: u32, offset: u64, len: u64) => descriptor_calls;
        fd_fdstat_get(fd: u32, stat: u32) => descriptor_calls;
        fd_fdstat_set_flags(fd: u32, flags: u32) => descriptor_calls;
        fd_fdstat_set_rights(fd: u32, base: u64, inheriting: u64) => descriptor_calls;
        fd_prestat_get(fd: u32, prestat: u32) => descriptor_calls;
        fd_prestat_dir_name(fd: u32, path: u32, len: u32) => descriptor_calls;
        fd_renumber(from: u32, to: u32) => descriptor_calls;
        fd_tell(fd: u32, position: u32) => descriptor_calls;
    }
    waiting {
        fd_close(fd: u32) => descriptor_calls;
        fd_datasync(fd: u32) => descriptor_calls;
        fd_filestat_get(fd: u32, stat: u32) => descriptor_calls;
        fd_filestat_set_size(fd: u32, len: u64) => descriptor_calls;
        fd_filestat_set_times(fd: u32, accessed: u64, modified: u64, flags: u32) => descriptor_calls;
        fd_pread(fd: u32, pieces: u32, count: u32, offset: u64, read: u32) => descriptor_calls;
        fd_pwrite(fd: u32, pieces: u32, count: u32, offset: u64, written: u32) => descriptor_calls;
        fd_readdir(fd: u32, buffer: u32, len: u32, cookie: u64, written: u32) => descriptor_calls;
        fd_seek(fd: u32, offset: i64, whence: u32, position: u32) => descriptor_calls;
        fd_sync(fd: u32) => descriptor_calls;
        path_create_directory(fd: u32, path: u32, len: u32) => path_calls;
        path_filestat_get(fd: u32, flags: u32, path: u32, len: u32, stat: u32) => path_calls;
        path_filestat_set_times(fd: u32, flags: u32, path: u32, len: u32, accessed: u64, modified: u64, times: u32) => path_calls;
        path_link(fd: u32, flags: u32, path: u32, len: u32, new_fd: u32, new_path: u32, new_len: u32) => path_calls;
        path_open(fd: u32, flags: u32, path: u32, len: u32, open: u32, base: u64, inheriting: u64, fd_flags: u32, opened: u32) => path_calls;
        path_readlink(fd: u32, path: u32, len: u32, buffer: u32, buffer_len: u32, written: u32) => path_calls;
        path_remove_directory(fd: u32, path: u32, len: u32) => path_calls;
        path_rename(fd: u32, path: u32, len: u32, new_fd: u32, new_path: u32, new_len: u32) => path_calls;
        path_symlink(to: u32, to_len: u32, fd: u32, path: u32, len: u32) => path_calls;
        path_unlink_file(fd: u32, path: u32, len: u32) => path_calls;
    }
}

/// Runs a call on the guest's context and memory.
pub(super) fn enter(
    caller: &mut Caller<'_, State>,
    call: impl FnOnce(&mut Context, &mut GuestMemory<'_>) -> Result<(), Refusal>,
) -> wasmtime::Result<i32> {
    let export = caller.data().memory;
    let memory = match caller.get_module_export(&export) {
        Some(Extern::Memory(memory)) => memory,
        // Called before the guest has its memory: there is nothing to answer with.
        _ => return Ok(i32::from(Errno::Fault as u16)),
    };
    let (bytes, state) = memory.data_and_store_mut(caller);
    match state.context() {
        Some(context) => {
            context.asked = true;
            answered(call(context, &mut GuestMemory(bytes)))
        }
        None => Err(wasmtime::Error::msg("a WASI guest without a context")),
    }
}
