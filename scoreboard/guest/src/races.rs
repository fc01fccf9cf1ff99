//! Something in a granted directory is exchanged for a link that leads out, and back, all the time.

use crate::call::*;

const ROUNDS: usize = 20_000;
const INSIDE: &[u8] = b"inside";

/// Reads until something is read that is not inside.
fn read_until_outside(path: &str) -> String {
    let mut opened = 0;
    for _ in 0..ROUNDS {
        match contents_of(read(), path) {
            Ok(bytes) if bytes == INSIDE => opened += 1,
            Err(_) => {}
            outside => return read_report(outside),
        }
    }
    format!("{opened} of {ROUNDS} inside")
}

pub fn race_file() -> String {
    read_until_outside("racing")
}

pub fn race_directory() -> String {
    read_until_outside("racing/secret.txt")
}

/// The directory in which files are made is a link to the one outside, now and then.
pub fn race_create() -> String {
    let mut created = 0;
    for _ in 0..ROUNDS {
        if create_and_close().is_ok() {
            created += 1;
        }
        let _ = unlink(write(), "racing/made.txt");
    }
    format!("{created} of {ROUNDS} inside")
}

fn create_and_close() -> Result<(), wasi::Errno> {
    let oflags = wasi::OFLAGS_CREAT | wasi::OFLAGS_EXCL;
    open_with(write(), "racing/made.txt", oflags, WRITE).map(close)
}

/// `racing` is moved out of the granted directory and back in, so that its parent is the one outside for a while.
pub fn race_moved_out() -> String {
    read_until_outside("racing/../secret.txt")
}
