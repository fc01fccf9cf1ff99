use std::fs::{File, FileTimes};
use std::io::{self, Write};

use cap_std::fs::Metadata;

use super::directory::{Open, Times};
use super::errno::Errno;
use super::held::Held;
use super::memory::{GuestMemory, Piece};

/// The most bytes that one call reads or writes, so that it is over soon: pieces may overlap, so
/// that a list of them can stand for far more than the guest's memory.
const MAX_TRANSFER_BYTES: u32 = 1 << 20;

/// A regular file that a guest opened.
pub(super) struct OpenFile {
    file: File,
    _held: Held,
    position: u64,
    is_readable: bool,
    is_writable: bool,
    /// Whether what is written goes to the end.
    appends: bool,
    /// Whether the grant allows to change it, also where it was not opened for that.
    may_change: bool,
}

impl OpenFile {
    pub(super) fn new(file: File, held: Held, open: Open, may_change: bool) -> Result<Self, Errno> {
        let mut file = Self {
            file,
            _held: held,
            position: 0,
            is_readable: open.read,
            is_writable: open.write,
            appends: false,
            may_change,
        };
        if open.append {
            file.set_append(true)?;
        }
        Ok(file)
    }

    pub(super) fn is_readable(&self) -> bool {
        self.is_readable
    }

    pub(super) fn is_writable(&self) -> bool {
        self.is_writable
    }

    pub(super) fn appends(&self) -> bool {
        self.appends
    }

    pub(super) fn position(&self) -> u64 {
        self.position
    }

    pub(super) fn seek(&mut self, position: u64) {
        self.position = position;
    }

    pub(super) fn len(&self) -> Result<u64, Errno> {
        Ok(self.file.metadata()?.len())
    }

    pub(super) fn metadata(&self) -> Result<Metadata, Errno> {
        Ok(Metadata::from_file(&self.file)?)
    }

    pub(super) fn set_append(&mut self, appends: bool) -> Result<(), Errno> {
        #[cfg(unix)]
        {
            use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};
            let flags = fcntl_getfl(&self.file).map_err(io::Error::from)?;
            let flags = if appends {
                flags | OFlags::APPEND
            } else {
                flags - OFlags::APPEND
            };
            fcntl_setfl(&self.file, flags).map_err(io::Error::from)?;
        }
        self.appends = appends;
        Ok(())
    }

    pub(super) fn set_len(&self, len: u64) -> Result<(), Errno> {
        if !self.is_writable {
            return Err(Errno::Badf);
        }
        Ok(self.file.set_len(len)?)
    }

    pub(super) fn set_times(&self, times: Times) -> Result<(), Errno> {
        if !self.may_change {
            return Err(Errno::Perm);
        }
        let mut set = FileTimes::new();
        if let Some(accessed) = times.accessed {
            set = set.set_accessed(accessed);
        }
        if let Some(modified) = times.modified {
            set = set.set_modified(modified);
        }
        Ok(self.file.set_times(set)?)
    }

    pub(super) fn sync(&self, data_only: bool) -> Result<(), Errno> {
        let synced = if data_only {
            self.file.sync_data()
        } else {
            self.file.sync_all()
        };
        Ok(synced?)
    }

    /// Reads at the file's position, and moves it.
    pub(super) fn read(
        &mut self,
        memory: &mut GuestMemory<'_>,
        pieces: &[Piece],
    ) -> Result<u32, Errno> {
        let len = self.read_at(memory, pieces, self.position)?;
        self.position += u64::from(len);
        Ok(len)
    }

    pub(super) fn read_at(
        &self,
        memory: &mut GuestMemory<'_>,
        pieces: &[Piece],
        offset: u64,
    ) -> Result<u32, Errno> {
        if !self.is_readable {
            return Err(Errno::Badf);
        }
        let mut total = 0_u32;
        for piece in pieces {
            let Piece { ptr, len } = piece.within(MAX_TRANSFER_BYTES - total);
            let at = offset
                .checked_add(u64::from(total))
                .ok_or(Errno::Overflow)?;
            let read = match read_at(&self.file, memory.bytes_mut(ptr, len)?, at) {
                Ok(read) => read,
                // What was read before is not lost.
                Err(_) if total > 0 => break,
                Err(error) => return Err(error.into()),
            };
            total += u32::try_from(read).map_err(|_| Errno::Overflow)?;
            if read < len as usize || total == MAX_TRANSFER_BYTES {
                break;
            }
        }
        Ok(total)
    }

    /// Writes at the file's position, and moves it; or at the end, where the file is for that.
    pub(super) fn write(
        &mut self,
        memory: &GuestMemory<'_>,
        pieces: &[Piece],
    ) -> Result<u32, Errno> {
        if !self.appends {
            let len = self.write_at(memory, pieces, self.position)?;
            self.position += u64::from(len);
            return Ok(len);
        }
        if !self.is_writable {
            return Err(Errno::Badf);
        }
        let len = each(memory, pieces, |bytes, _| self.append(bytes))?;
        self.position = self.len()?;
        Ok(len)
    }

    pub(super) fn write_at(
        &self,
        memory: &GuestMemory<'_>,
        pieces: &[Piece],
        offset: u64,
    ) -> Result<u32, Errno> {
        if !self.is_writable {
            return Err(Errno::Badf);
        }
        each(memory, pieces, |bytes, written| {
            let at = offset.checked_add(u64::from(written));
            let at = at.ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
            write_at(&self.file, bytes, at)
        })
    }

    fn append(&self, bytes: &[u8]) -> io::Result<usize> {
        #[cfg(not(unix))]
        {
            use std::io::{Seek, SeekFrom};
            (&self.file).seek(SeekFrom::End(0))?;
        }
        (&self.file).write(bytes)
    }
}

/// Writes one piece after the other, until one is written only in part or it is enough for a call.
fn each(
    memory: &GuestMemory<'_>,
    pieces: &[Piece],
    mut write: impl FnMut(&[u8], u32) -> io::Result<usize>,
) -> Result<u32, Errno> {
    let mut total = 0_u32;
    for piece in pieces {
        let Piece { ptr, len } = piece.within(MAX_TRANSFER_BYTES - total);
        let written = match write(memory.bytes(ptr, len)?, total) {
            Ok(written) => written,
            Err(_) if total > 0 => break,
            Err(error) => return Err(error.into()),
        };
        total += u32::try_from(written).map_err(|_| Errno::Overflow)?;
        if written < len as usize || total == MAX_TRANSFER_BYTES {
            break;
        }
    }
    Ok(total)
}

#[cfg(unix)]
fn read_at(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
    std::os::unix::fs::FileExt::read_at(file, buffer, offset)
}

#[cfg(unix)]
fn write_at(file: &File, bytes: &[u8], offset: u64) -> io::Result<usize> {
    std::os::unix::fs::FileExt::write_at(file, bytes, offset)
}

#[cfg(windows)]
fn read_at(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
    std::os::windows::fs::FileExt::seek_read(file, buffer, offset)
}

#[cfg(windows)]
fn write_at(file: &File, bytes: &[u8], offset: u64) -> io::Result<usize> {
    std::os::windows::fs::FileExt::seek_write(file, bytes, offset)
}
