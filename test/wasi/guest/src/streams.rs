//! Standard input, output and error. The input is `typed`.

use crate::check::*;

pub fn stdin_is_read_to_its_end() -> Check {
    let mut all = Vec::new();
    loop {
        let bytes = done("fd_read", read(0))?;
        if bytes.is_empty() {
            return equal("input", String::from_utf8_lossy(&all).as_ref(), "typed");
        }
        all.extend(bytes);
    }
}

pub fn stdout_and_stderr_are_written() -> Check {
    equal("output", done("fd_write", write(1, b"to stdout\n"))?, 10)?;
    equal("error", done("fd_write", write(2, b"to stderr\n"))?, 10)
}

pub fn streams_have_a_status() -> Check {
    for fd in 0..3 {
        // SAFETY: there are no pointers in it.
        done("fd_fdstat_get", unsafe { wasi::fd_fdstat_get(fd) })?;
        done("fd_filestat_get", stat_fd(fd))?;
    }
    Ok(())
}

pub fn streams_do_not_seek() -> Check {
    for fd in 0..3 {
        let expected = [wasi::ERRNO_SPIPE, wasi::ERRNO_NOTCAPABLE, wasi::ERRNO_BADF];
        fails("fd_seek", seek(fd, 0, wasi::WHENCE_CUR), &expected)?;
    }
    Ok(())
}
