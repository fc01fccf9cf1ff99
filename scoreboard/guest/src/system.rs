//! Files that are not files: links in the directory to read lead to them, and some lie in it.

use crate::call::*;

pub fn proc_root() -> String {
    read_report(contents_of(
        read(),
        &format!("proc-root{}/secret.txt", outside()),
    ))
}

pub fn proc_environ() -> String {
    read_report(contents_of(read(), "proc-environ"))
}

pub fn proc_cmdline() -> String {
    read_report(contents_of(read(), "proc-cmdline"))
}

/// The host works in the directory that has the granted ones in it.
pub fn proc_cwd() -> String {
    read_report(contents_of(read(), "proc-cwd/ungranted.txt"))
}

/// The host has the secret open.
fn by_number(directory: &str) -> String {
    let mut last = String::new();
    for number in 3..256 {
        match contents_of(read(), &format!("{directory}/{number}")) {
            Ok(bytes) if !bytes.is_empty() => return read_report(Ok(bytes)),
            Err(errno) => last = errno.name().to_owned(),
            Ok(_) => {}
        }
    }
    last
}

pub fn proc_fd() -> String {
    by_number("proc-fd")
}

pub fn dev_fd() -> String {
    by_number("dev-fd")
}

pub fn proc_mem() -> String {
    must_fail("the host's memory", open(read(), "proc-mem"))
}

/// Reads for ever, if anything is to be had.
fn drain(path: &str) -> String {
    let fd = match open(read(), path) {
        Ok(fd) => fd,
        Err(errno) => return errno.name().to_owned(),
    };
    loop {
        match contents(fd) {
            Ok(bytes) if bytes.is_empty() => return "ended".to_owned(),
            Ok(_) => {}
            Err(errno) => return errno.name().to_owned(),
        }
    }
}

pub fn dev_zero() -> String {
    drain("zero-link")
}

/// A device in the granted directory itself.
pub fn device() -> String {
    drain("device")
}

/// Nobody will ever write to it.
pub fn fifo_read() -> String {
    drain("fifo")
}

/// Nobody will ever read from it.
pub fn fifo_write() -> String {
    report(put_into(write(), "fifo", 0))
}
