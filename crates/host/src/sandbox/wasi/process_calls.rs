//! Arguments, environment, clocks, randomness, and what there is nothing of.

#![allow(
    clippy::too_many_arguments,
    reason = "preview 1 has as many, and a context and a memory come first"
)]

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::error::FaultKind;
use crate::trap::Stopped;

use super::Refusal;
use super::context::Context;
use super::errno::Errno;
use super::memory::GuestMemory;

/// The finest step of both clocks. Finer ones are a way to learn what caches and neighbours do.
pub(super) const CLOCK_RESOLUTION: Duration = Duration::from_millis(1);

/// What the monotonic clock shows when an instance begins: guests subtract from it.
pub(super) const MONOTONIC_BEGIN: Duration = Duration::from_secs(24 * 60 * 60);

/// The most random bytes of one call, so that it is over soon; as of Web Crypto.
const MAX_RANDOM_BYTES: u32 = 64 << 10;

pub(super) const REALTIME: u32 = 0;
pub(super) const MONOTONIC: u32 = 1;

type Done = Result<(), Refusal>;

pub(super) fn args_get(
    context: &mut Context,
    memory: &mut GuestMemory<'_>,
    list: u32,
    buffer: u32,
) -> Done {
    context.used = true;
    Ok(write_strings(memory, list, buffer, &context.args)?)
}

pub(super) fn args_sizes_get(
    context: &mut Context,
    memory: &mut GuestMemory<'_>,
    count: u32,
    bytes: u32,
) -> Done {
    context.used = true;
    Ok(write_sizes(memory, count, bytes, &context.args)?)
}

pub(super) fn environ_get(
    context: &mut Context,
    memory: &mut GuestMemory<'_>,
    list: u32,
    buffer: u32,
) -> Done {
    Ok(write_strings(memory, list, buffer, &environment(context))?)
}

pub(super) fn environ_sizes_get(
    context: &mut Context,
    memory: &mut GuestMemory<'_>,
    count: u32,
    bytes: u32,
) -> Done {
    Ok(write_sizes(memory, count, bytes, &environment(context))?)
}

fn environment(context: &Context) -> Vec<String> {
    let variables = context.grant.iter().flat_map(|grant| grant.environment());
    variables
        .map(|(name, value)| format!("{name}={value}"))
        .collect()
}

fn write_sizes(
    memory: &mut GuestMemory<'_>,
    count: u32,
    bytes: u32,
    strings: &[String],
) -> Result<(), Errno> {
    let total: usize = strings.iter().map(|string| string.len() + 1).sum();
    memory.write_u32(count, size(strings.len())?)?;
    memory.write_u32(bytes, size(total)?)
}

/// Writes strings that end in NUL, and the list of where they are.
fn write_strings(
    memory: &mut GuestMemory<'_>,
    list: u32,
    buffer: u32,
    strings: &[String],
) -> Result<(), Errno> {
    let (mut entry, mut at) = (list, buffer);
    for string in strings {
        memory.write_u32(entry, at)?;
        memory.write(at, string.as_bytes())?;
        let end = at.checked_add(size(string.len())?).ok_or(Errno::Fault)?;
        memory.write(end, &[0])?;
        at = end.checked_add(1).ok_or(Errno::Fault)?;
        entry = entry.checked_add(4).ok_or(Errno::Fault)?;
    }
    Ok(())
}

pub(super) fn size(len: usize) -> Result<u32, Errno> {
    u32::try_from(len).map_err(|_| Errno::Overflow)
}

pub(super) fn clock_res_get(
    _: &mut Context,
    memory: &mut GuestMemory<'_>,
    clock: u32,
    resolution: u32,
) -> Done {
    match clock {
        REALTIME | MONOTONIC => Ok(memory.write_u64(resolution, nanos(CLOCK_RESOLUTION))?),
        _ => Err(Errno::Inval.into()),
    }
}

pub(super) fn clock_time_get(
    context: &mut Context,
    memory: &mut GuestMemory<'_>,
    clock: u32,
    _precision: u64,
    time: u32,
) -> Done {
    context.used = true;
    let now = match clock {
        REALTIME => realtime(),
        MONOTONIC => MONOTONIC_BEGIN + context.began.elapsed(),
        _ => return Err(Errno::Inval.into()),
    };
    let step = nanos(CLOCK_RESOLUTION);
    Ok(memory.write_u64(time, nanos(now) / step * step)?)
}

/// The time since 1970.
pub(super) fn realtime() -> Duration {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default()
}

fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

pub(super) fn random_get(
    context: &mut Context,
    memory: &mut GuestMemory<'_>,
    buffer: u32,
    len: u32,
) -> Done {
    context.used = true;
    if len > MAX_RANDOM_BYTES {
        return Err(Errno::Inval.into());
    }
    let buffer = memory.bytes_mut(buffer, len)?;
    Ok(getrandom::fill(buffer).map_err(|_| Errno::Io)?)
}

/// The guest ended itself, with this code, in the middle of a call: there is no answer.
pub(super) fn exited(code: u32) -> wasmtime::Error {
    let trap = format!("the plugin ended itself with exit code {code}");
    let kind = FaultKind::Trap {
        trap,
        function: None,
        backtrace: Vec::new(),
    };
    Stopped(kind).into()
}

pub(super) fn proc_raise(_: &mut Context, _: &mut GuestMemory<'_>, _signal: u32) -> Done {
    Err(Errno::Notsup.into())
}

pub(super) fn sched_yield(_: &mut Context, _: &mut GuestMemory<'_>) -> Done {
    Ok(())
}

pub(super) fn sock_accept(
    context: &mut Context,
    _: &mut GuestMemory<'_>,
    fd: u32,
    _flags: u32,
    _accepted: u32,
) -> Done {
    no_socket(context, fd)
}

pub(super) fn sock_recv(
    context: &mut Context,
    _: &mut GuestMemory<'_>,
    fd: u32,
    _pieces: u32,
    _count: u32,
    _flags: u32,
    _len: u32,
    _flags_out: u32,
) -> Done {
    no_socket(context, fd)
}

pub(super) fn sock_send(
    context: &mut Context,
    _: &mut GuestMemory<'_>,
    fd: u32,
    _pieces: u32,
    _count: u32,
    _flags: u32,
    _len: u32,
) -> Done {
    no_socket(context, fd)
}

pub(super) fn sock_shutdown(
    context: &mut Context,
    _: &mut GuestMemory<'_>,
    fd: u32,
    _how: u32,
) -> Done {
    no_socket(context, fd)
}

/// No descriptor is a socket.
fn no_socket(context: &Context, fd: u32) -> Done {
    context.descriptors.get(fd)?;
    Err(Errno::Notsock.into())
}
