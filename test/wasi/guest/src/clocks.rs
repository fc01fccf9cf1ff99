//! Clocks.

use wasi::wasi_snapshot_preview1 as preview1;
use wasi::{CLOCKID_MONOTONIC, CLOCKID_REALTIME};

use crate::check::*;

const SECOND: u64 = 1_000_000_000;

pub fn clock_res_get_is_less_than_a_second() -> Check {
    for id in [CLOCKID_REALTIME, CLOCKID_MONOTONIC] {
        // SAFETY: there are no pointers in it.
        let resolution = done("clock_res_get", unsafe { wasi::clock_res_get(id) })?;
        holds("0 < resolution < 1 s", (1..SECOND).contains(&resolution))?;
    }
    Ok(())
}

pub fn clock_time_get_realtime_is_now() -> Check {
    // SAFETY: there are no pointers in it.
    let now = done("clock_time_get", unsafe {
        wasi::clock_time_get(CLOCKID_REALTIME, 1)
    })?;
    let of_2020 = 1_577_836_800 * SECOND;
    holds("it is after 2020", now > of_2020)
}

pub fn clock_time_get_monotonic_goes_on() -> Check {
    let mut last = 0;
    for _ in 0..100 {
        // SAFETY: there are no pointers in it.
        let now = done("clock_time_get", unsafe {
            wasi::clock_time_get(CLOCKID_MONOTONIC, 1)
        })?;
        holds("no step back", now >= last)?;
        last = now;
    }
    Ok(())
}

pub fn clock_of_no_such_id() -> Check {
    let mut time = 0_u64;
    let pointer = &raw mut time as i32;
    let expected = [wasi::ERRNO_INVAL, wasi::ERRNO_BADF, wasi::ERRNO_NOSYS];
    // SAFETY: there is room for the time.
    raw_fails(
        "clock_time_get",
        unsafe { preview1::clock_time_get(99, 1, pointer) },
        &expected,
    )?;
    // SAFETY: as above.
    raw_fails(
        "clock_res_get",
        unsafe { preview1::clock_res_get(99, pointer) },
        &expected,
    )
}
