use std::sync::Arc;

use super::errno::Errno;

/// Where a guest's standard input comes from.
pub(super) enum Stdin {
    /// From the program, or from nowhere.
    Bytes { bytes: Arc<[u8]>, position: usize },
    /// From the process's own.
    OfProcess,
}

/// What a read found.
pub(super) enum Read {
    /// That many bytes; 0 at the end.
    Bytes(usize),
    /// Nothing yet.
    #[cfg_attr(not(unix), allow(dead_code, reason = "nothing is waited for there"))]
    NotYet,
}

impl Stdin {
    pub(super) fn empty() -> Self {
        Self::bytes(Arc::from([]))
    }

    pub(super) fn bytes(bytes: Arc<[u8]>) -> Self {
        let position = 0;
        Self::Bytes { bytes, position }
    }

    /// The process's standard input, where it can be read without waiting for it; else nothing.
    pub(super) fn of_process() -> Self {
        if cfg!(unix) {
            Self::OfProcess
        } else {
            Self::empty()
        }
    }

    pub(super) fn is_of_process(&self) -> bool {
        matches!(self, Self::OfProcess)
    }

    /// Whether a person types what is read.
    pub(super) fn is_terminal(&self) -> bool {
        use std::io::IsTerminal;
        self.is_of_process() && std::io::stdin().is_terminal()
    }

    /// Whether a read would find something, or the end.
    pub(super) fn is_ready(&self) -> bool {
        match self {
            Self::Bytes { .. } => true,
            Self::OfProcess => process::is_ready(),
        }
    }

    /// Reads what is there, without waiting for it.
    pub(super) fn read(&mut self, buffer: &mut [u8]) -> Result<Read, Errno> {
        match self {
            Self::Bytes { bytes, position } => {
                let rest = bytes.get(*position..).unwrap_or_default();
                let len = rest.len().min(buffer.len());
                if let (Some(to), Some(from)) = (buffer.get_mut(..len), rest.get(..len)) {
                    to.copy_from_slice(from);
                }
                *position += len;
                Ok(Read::Bytes(len))
            }
            Self::OfProcess => process::read(buffer),
        }
    }
}

#[cfg(unix)]
mod process {
    use std::io;
    use std::sync::{Mutex, PoisonError};

    use rustix::event::{PollFd, PollFlags, Timespec, poll};

    use super::{Errno, Read};

    static READING: Mutex<()> = Mutex::new(());

    pub(super) fn is_ready() -> bool {
        let stdin = io::stdin();
        let mut polled = [PollFd::new(&stdin, PollFlags::IN)];
        // An error is for the read to tell.
        !matches!(poll(&mut polled, Some(&Timespec::default())), Ok(0))
    }

    /// By the descriptor, without the buffer that the standard library keeps: what the guest does
    /// not read stays for others.
    pub(super) fn read(buffer: &mut [u8]) -> Result<Read, Errno> {
        if buffer.is_empty() {
            return Ok(Read::Bytes(0));
        }
        // One guest at a time: what another one reads in between would be waited for.
        let _reading = READING.lock().unwrap_or_else(PoisonError::into_inner);
        if !is_ready() {
            return Ok(Read::NotYet);
        }
        match rustix::io::read(io::stdin(), buffer) {
            Ok(len) => Ok(Read::Bytes(len)),
            Err(rustix::io::Errno::AGAIN | rustix::io::Errno::INTR) => Ok(Read::NotYet),
            Err(error) => Err(io::Error::from(error).into()),
        }
    }
}

#[cfg(not(unix))]
mod process {
    use super::{Errno, Read};

    pub(super) fn is_ready() -> bool {
        true
    }

    pub(super) fn read(_: &mut [u8]) -> Result<Read, Errno> {
        Ok(Read::Bytes(0))
    }
}
