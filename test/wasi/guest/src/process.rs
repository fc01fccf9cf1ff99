//! Arguments, environment, random bytes, and calls that there is nothing for in a plugin.

use std::ffi::CStr;

use crate::check::*;

/// Fills pointers and strings by `get`, and takes them apart: each string in its place, the last at the end.
fn strings(
    (count, size): (usize, usize),
    get: unsafe fn(*mut *mut u8, *mut u8) -> Result<(), wasi::Errno>,
) -> Result<Vec<String>, String> {
    let mut pointers = vec![std::ptr::null_mut(); count];
    let mut buffer = vec![0xff_u8; size];
    // SAFETY: both are as long as the host said they have to be.
    done("get", unsafe {
        get(pointers.as_mut_ptr(), buffer.as_mut_ptr())
    })?;
    let mut at = 0;
    let mut strings = Vec::new();
    for pointer in pointers {
        equal("place", pointer as usize - buffer.as_ptr() as usize, at)?;
        let string =
            CStr::from_bytes_until_nul(&buffer[at..]).map_err(|error| error.to_string())?;
        at += string.to_bytes_with_nul().len();
        strings.push(string.to_string_lossy().into_owned());
    }
    equal("size", at, size)?;
    Ok(strings)
}

pub fn args_have_sizes_that_fit() -> Check {
    // SAFETY: there are no pointers in it.
    let sizes = done("args_sizes_get", unsafe { wasi::args_sizes_get() })?;
    strings(sizes, wasi::args_get).map(drop)
}

fn environ() -> Result<Vec<String>, String> {
    // SAFETY: there are no pointers in it.
    let sizes = done("environ_sizes_get", unsafe { wasi::environ_sizes_get() })?;
    strings(sizes, wasi::environ_get)
}

pub fn environ_has_sizes_that_fit() -> Check {
    environ().map(drop)
}

pub fn environ_has_what_was_granted() -> Check {
    let mut variables = environ()?;
    variables.sort();
    equal(
        "variables",
        variables,
        vec!["GRANTED=yes".to_owned(), "GRANTED_TOO=größer".to_owned()],
    )
}

pub fn random_get_fills_the_buffer() -> Check {
    let mut first = [0_u8; 64];
    let mut second = [0_u8; 64];
    for buffer in [&mut first, &mut second] {
        // SAFETY: the buffer is as long as is said.
        done("random_get", unsafe {
            wasi::random_get(buffer.as_mut_ptr(), buffer.len())
        })?;
    }
    holds("other bytes each time", first != second)?;
    holds("the end is filled too", first[48..] != [0; 16])
}

pub fn random_get_of_nothing() -> Check {
    let mut byte = 7;
    // SAFETY: nothing is written.
    done("random_get", unsafe { wasi::random_get(&raw mut byte, 0) })?;
    equal("byte", byte, 7)
}

pub fn sched_yield_comes_back() -> Check {
    // SAFETY: there are no pointers in it.
    done("sched_yield", unsafe { wasi::sched_yield() })
}

pub fn proc_raise_is_not_supported() -> Check {
    // SAFETY: there are no pointers in it.
    let raised = unsafe { wasi::proc_raise(wasi::SIGNAL_TERM) };
    fails(
        "proc_raise",
        raised,
        &[wasi::ERRNO_NOSYS, wasi::ERRNO_NOTSUP],
    )
}

pub fn sock_calls_want_a_socket() -> Check {
    let file = file_with(data()?, "file.txt", "text")?;
    let mut bytes = [0; 4];
    for (fd, what) in [(file, "a file"), (999, "nothing")] {
        let expected: &[wasi::Errno] = match what {
            "a file" => &[
                wasi::ERRNO_NOTSOCK,
                wasi::ERRNO_NOTCAPABLE,
                wasi::ERRNO_NOTSUP,
                wasi::ERRNO_NOSYS,
                wasi::ERRNO_BADF,
            ],
            _ => &[wasi::ERRNO_BADF, wasi::ERRNO_NOTSUP, wasi::ERRNO_NOSYS],
        };
        // SAFETY: the vectors are of the bytes above.
        unsafe {
            fails(
                &format!("sock_accept of {what}"),
                wasi::sock_accept(fd, 0),
                expected,
            )?;
            let received = wasi::sock_recv(fd, &[iovec(&mut bytes)], 0);
            fails(&format!("sock_recv of {what}"), received, expected)?;
            let sent = wasi::sock_send(fd, &[ciovec(b"text")], 0);
            fails(&format!("sock_send of {what}"), sent, expected)?;
            let shut = wasi::sock_shutdown(fd, wasi::SDFLAGS_RD);
            fails(&format!("sock_shutdown of {what}"), shut, expected)?;
        }
    }
    Ok(())
}
