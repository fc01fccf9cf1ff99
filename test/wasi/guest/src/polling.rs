//! `poll_oneoff`.

use std::mem::MaybeUninit;

use wasi::{
    CLOCKID_MONOTONIC, CLOCKID_REALTIME, ERRNO_SUCCESS, EVENTTYPE_CLOCK, EVENTTYPE_FD_READ,
    EVENTTYPE_FD_WRITE, Errno, Event, Fd, SUBCLOCKFLAGS_SUBSCRIPTION_CLOCK_ABSTIME, Subscription,
    SubscriptionClock, SubscriptionFdReadwrite, SubscriptionU, SubscriptionUU,
};

use crate::check::*;

const MILLISECOND: u64 = 1_000_000;

fn clock(userdata: u64, id: wasi::Clockid, timeout: u64, flags: u16) -> Subscription {
    let clock = SubscriptionClock {
        id,
        timeout,
        precision: 0,
        flags,
    };
    Subscription {
        userdata,
        u: SubscriptionU {
            tag: EVENTTYPE_CLOCK.raw(),
            u: SubscriptionUU { clock },
        },
    }
}

fn to_read(userdata: u64, fd: Fd) -> Subscription {
    let fd_read = SubscriptionFdReadwrite {
        file_descriptor: fd,
    };
    Subscription {
        userdata,
        u: SubscriptionU {
            tag: EVENTTYPE_FD_READ.raw(),
            u: SubscriptionUU { fd_read },
        },
    }
}

fn to_write(userdata: u64, fd: Fd) -> Subscription {
    let fd_write = SubscriptionFdReadwrite {
        file_descriptor: fd,
    };
    Subscription {
        userdata,
        u: SubscriptionU {
            tag: EVENTTYPE_FD_WRITE.raw(),
            u: SubscriptionUU { fd_write },
        },
    }
}

fn poll(subscriptions: &[Subscription]) -> Result<Vec<Event>, Errno> {
    let mut events = vec![MaybeUninit::<Event>::uninit(); subscriptions.len()];
    let (from, to) = (subscriptions.as_ptr(), events.as_mut_ptr().cast());
    // SAFETY: there is room for as many events as there are subscriptions, and so many of them are filled as is said.
    unsafe {
        let count = wasi::poll_oneoff(from, to, subscriptions.len())?;
        Ok(events[..count]
            .iter()
            .map(|event| event.assume_init())
            .collect())
    }
}

fn is_event(event: &Event, userdata: u64, error: Errno, kind: wasi::Eventtype) -> Check {
    equal("userdata", event.userdata, userdata)?;
    equal("error", event.error, error)?;
    equal("type", event.type_, kind)
}

fn monotonic() -> Result<u64, String> {
    // SAFETY: there are no pointers in it.
    done("clock_time_get", unsafe {
        wasi::clock_time_get(CLOCKID_MONOTONIC, 1)
    })
}

pub fn poll_oneoff_waits_for_a_clock() -> Check {
    for id in [CLOCKID_MONOTONIC, CLOCKID_REALTIME] {
        let before = monotonic()?;
        let events = done(
            "poll_oneoff",
            poll(&[clock(0x1234_5678_9abc, id, 5 * MILLISECOND, 0)]),
        )?;
        holds(
            "it took at least 4 ms",
            monotonic()? - before >= 4 * MILLISECOND,
        )?;
        equal("events", events.len(), 1)?;
        is_event(&events[0], 0x1234_5678_9abc, ERRNO_SUCCESS, EVENTTYPE_CLOCK)?;
    }
    Ok(())
}

pub fn poll_oneoff_of_a_time_that_has_passed() -> Check {
    let passed = clock(
        7,
        CLOCKID_MONOTONIC,
        1,
        SUBCLOCKFLAGS_SUBSCRIPTION_CLOCK_ABSTIME,
    );
    let events = done("poll_oneoff", poll(&[passed]))?;
    equal("events", events.len(), 1)?;
    is_event(&events[0], 7, ERRNO_SUCCESS, EVENTTYPE_CLOCK)
}

pub fn poll_oneoff_of_a_file_is_ready() -> Check {
    let file = file_with(data()?, "file.txt", "text")?;
    let mut events = done("poll_oneoff", poll(&[to_read(1, file), to_write(2, file)]))?;
    events.sort_by_key(|event| event.userdata);
    equal("events", events.len(), 2)?;
    is_event(&events[0], 1, ERRNO_SUCCESS, EVENTTYPE_FD_READ)?;
    is_event(&events[1], 2, ERRNO_SUCCESS, EVENTTYPE_FD_WRITE)
}

/// What is ready at once does not wait for what takes an hour.
pub fn poll_oneoff_tells_the_first() -> Check {
    let file = file_with(data()?, "file.txt", "text")?;
    let hour = clock(1, CLOCKID_MONOTONIC, 3_600_000 * MILLISECOND, 0);
    let events = done("poll_oneoff", poll(&[hour, to_read(2, file)]))?;
    equal("events", events.len(), 1)?;
    is_event(&events[0], 2, ERRNO_SUCCESS, EVENTTYPE_FD_READ)?;

    let soon = clock(3, CLOCKID_MONOTONIC, MILLISECOND, 0);
    let events = done("poll_oneoff", poll(&[hour, soon]))?;
    equal("events", events.len(), 1)?;
    is_event(&events[0], 3, ERRNO_SUCCESS, EVENTTYPE_CLOCK)
}

/// It is told as an event of its own, or as the failure of the call.
pub fn poll_oneoff_of_no_descriptor() -> Check {
    match poll(&[to_read(9, 999)]) {
        Err(errno) => equal("errno", errno, wasi::ERRNO_BADF),
        Ok(events) => {
            equal("events", events.len(), 1)?;
            is_event(&events[0], 9, wasi::ERRNO_BADF, EVENTTYPE_FD_READ)
        }
    }
}

pub fn poll_oneoff_of_nothing() -> Check {
    fails("poll_oneoff", poll(&[]), &[wasi::ERRNO_INVAL])
}
