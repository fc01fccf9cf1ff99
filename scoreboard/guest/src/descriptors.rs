//! Descriptors that were never given, and too many of those that are.

use wasi::{Ciovec, Errno, Fd};

use crate::call::*;

/// The numbers that granted directories and the standard streams have.
fn is_given(fd: Fd) -> bool {
    // SAFETY: there are no pointers in it.
    fd < 3 || unsafe { wasi::fd_prestat_get(fd) }.is_ok()
}

/// Whatever can be done with a number, save for closing it.
fn poke(fd: Fd) -> Result<(), Errno> {
    let nothing = Ciovec {
        buf: MARK.as_ptr(),
        buf_len: 0,
    };
    let tried = [
        contents(fd).map(drop),
        // SAFETY: there are no pointers in it, save for a vector that is empty.
        unsafe { wasi::fd_write(fd, &[nothing]) }.map(drop),
        // SAFETY: there are no pointers in it.
        unsafe { wasi::fd_fdstat_get(fd) }.map(drop),
        // SAFETY: there are no pointers in it.
        unsafe { wasi::fd_filestat_get(fd) }.map(drop),
        // SAFETY: there are no pointers in it.
        unsafe { wasi::fd_seek(fd, 0, wasi::WHENCE_CUR) }.map(drop),
        open(fd, "secret.txt").map(drop),
    ];
    tried.into_iter().reduce(Result::or).unwrap_or(Ok(()))
}

/// The host has files and directories open, by numbers that are not the guest's.
pub fn descriptors_of_the_host() -> String {
    let found: Vec<Fd> = (3..1024)
        .filter(|&fd| !is_given(fd) && poke(fd).is_ok())
        .collect();
    if found.is_empty() {
        "none".to_owned()
    } else {
        format!("ESCAPED: {found:?}")
    }
}

pub fn descriptor_numbers() -> String {
    let wild = [
        u32::MAX,
        u32::MAX - 1,
        1 << 31,
        (1 << 31) - 1,
        1 << 30,
        1 << 20,
        1 << 16,
    ];
    let found: Vec<Fd> = wild.into_iter().filter(|&fd| poke(fd).is_ok()).collect();
    if found.is_empty() {
        "none".to_owned()
    } else {
        format!("ESCAPED: {found:?}")
    }
}

/// A directory takes the number of a granted one, and has a parent that is not granted's.
pub fn descriptor_renumbered() -> String {
    let (sub, target) = (open_directory(read(), "sub"), write());
    // SAFETY: nothing here uses the descriptor that is gone.
    let renumbered = sub.and_then(|sub| unsafe { wasi::fd_renumber(sub, target) });
    let climbed = ["../../../outside/secret.txt", "../../ungranted.txt"];
    let climbed = climbed.map(|path| read_report(contents_of(target, path)));
    format!("{}; {}", report(renumbered), climbed.join("; "))
}

/// Keeps what it opens. The limit is far below what a process may have open at most.
pub fn descriptors_without_end() -> String {
    for count in 0..100_000 {
        if let Err(errno) = open(read(), "file.txt") {
            let escaped = if count >= 16_384 { "ESCAPED: " } else { "" };
            return format!("{escaped}{} after {count}", errno.name());
        }
    }
    "ESCAPED: 100,000 descriptors".to_owned()
}
