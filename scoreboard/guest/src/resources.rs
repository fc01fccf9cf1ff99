//! Holding or ending the host instead of getting out.

use wasi::{
    CLOCKID_MONOTONIC, EVENTTYPE_CLOCK, Event, Subscription, SubscriptionClock, SubscriptionU,
    SubscriptionUU, wasi_snapshot_preview1 as preview1,
};

use crate::call::*;

pub fn random_two_gib() -> String {
    // SAFETY: the host has to see that this is more than there is.
    let errno = unsafe { preview1::random_get(0, i32::MAX) };
    format!("errno {errno}")
}

pub fn random_forever() -> String {
    let mut bytes = vec![0; 1 << 20];
    loop {
        // SAFETY: the buffer is as long as is said.
        if let Err(errno) = unsafe { wasi::random_get(bytes.as_mut_ptr(), bytes.len()) } {
            return errno.name().to_owned();
        }
    }
}

pub fn sleep_an_hour() -> String {
    let clock = SubscriptionClock {
        id: CLOCKID_MONOTONIC,
        timeout: 3_600_000_000_000,
        precision: 0,
        flags: 0,
    };
    let subscription = Subscription {
        userdata: 0,
        u: SubscriptionU {
            tag: EVENTTYPE_CLOCK.raw(),
            u: SubscriptionUU { clock },
        },
    };
    let mut event = std::mem::MaybeUninit::<Event>::uninit();
    // SAFETY: there is one subscription, and room for one event.
    report(unsafe { wasi::poll_oneoff(&subscription, event.as_mut_ptr(), 1) })
}

/// Standard input was not granted, and nothing will ever come of the host's.
pub fn stdin_forever() -> String {
    read_report(contents(0))
}

/// Pointers of which all or the end is beyond memory, to be read from and written to.
pub fn pointers_beyond_memory() -> String {
    let file = open(read(), "file.txt").expect("what is granted can be read") as i32;
    let mut errnos = Vec::new();
    for pointer in [-1, -8, i32::MIN, i32::MAX] {
        // SAFETY: the host has to see that there is no such memory.
        errnos.extend(unsafe {
            [
                preview1::fd_read(file, pointer, 1, pointer),
                preview1::fd_write(1, pointer, 1, pointer),
                preview1::fd_prestat_get(3, pointer),
                preview1::fd_readdir(3, pointer, 4096, 0, pointer),
                preview1::path_open(3, 0, pointer, 8, 0, 0, 0, 0, pointer),
                preview1::clock_time_get(1, 0, pointer),
                preview1::environ_get(pointer, pointer),
                preview1::poll_oneoff(pointer, pointer, 1, pointer),
            ]
        });
    }
    format!("errnos {errnos:?}")
}

/// Pointers that are good, with lengths that are not.
pub fn lengths_beyond_memory() -> String {
    let file = open(read(), "file.txt").expect("what is granted can be read") as i32;
    let mut room = [0_u8; 64];
    let pointer = room.as_mut_ptr() as i32;
    let mut errnos = Vec::new();
    for length in [-1, i32::MIN, i32::MAX, 1 << 28] {
        // SAFETY: the host has to see that there is no such memory.
        errnos.extend(unsafe {
            [
                preview1::fd_read(file, pointer, length, pointer),
                preview1::fd_write(1, pointer, length, pointer),
                preview1::fd_prestat_dir_name(3, pointer, length),
                preview1::fd_readdir(3, pointer, length, 0, pointer),
                preview1::path_open(3, 0, pointer, length, 0, 0, 0, 0, pointer),
                preview1::path_symlink(pointer, length, 3, pointer, length),
                preview1::random_get(pointer, length),
                preview1::poll_oneoff(pointer, pointer, length, pointer),
            ]
        });
    }
    format!("errnos {errnos:?}")
}

pub fn exit_process() -> String {
    // SAFETY: there are no pointers in it.
    unsafe { wasi::proc_exit(0) };
    "came back".to_owned()
}

/// SIGTERM, then SIGABRT and SIGKILL.
pub fn raise_signals() -> String {
    let signals = [wasi::SIGNAL_TERM, wasi::SIGNAL_ABRT, wasi::SIGNAL_KILL];
    // SAFETY: there are no pointers in it.
    signals
        .map(|signal| report(unsafe { wasi::proc_raise(signal) }))
        .join("; ")
}
