use super::errno::Errno;

/// The most pieces of memory that one call reads from or writes to, as on Linux.
const MAX_PIECES: u32 = 1024;

/// The longest path, as on Linux.
const MAX_PATH_BYTES: u32 = 4096;

/// A guest's memory, as a host call sees it. Every access is checked; one that lies outside is
/// refused with `Fault`.
pub(super) struct GuestMemory<'a>(pub(super) &'a mut [u8]);

/// A piece of memory to read from or write to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Piece {
    pub(super) ptr: u32,
    pub(super) len: u32,
}

impl Piece {
    /// As much of it as this.
    pub(super) fn within(self, room: u32) -> Self {
        Self {
            len: self.len.min(room),
            ..self
        }
    }
}

impl GuestMemory<'_> {
    pub(super) fn bytes(&self, ptr: u32, len: u32) -> Result<&[u8], Errno> {
        let start = ptr as usize;
        let end = start.checked_add(len as usize);
        end.and_then(|end| self.0.get(start..end))
            .ok_or(Errno::Fault)
    }

    pub(super) fn bytes_mut(&mut self, ptr: u32, len: u32) -> Result<&mut [u8], Errno> {
        let start = ptr as usize;
        let end = start.checked_add(len as usize);
        end.and_then(|end| self.0.get_mut(start..end))
            .ok_or(Errno::Fault)
    }

    pub(super) fn write(&mut self, ptr: u32, bytes: &[u8]) -> Result<(), Errno> {
        let len = u32::try_from(bytes.len()).map_err(|_| Errno::Overflow)?;
        self.bytes_mut(ptr, len)?.copy_from_slice(bytes);
        Ok(())
    }

    pub(super) fn write_u32(&mut self, ptr: u32, value: u32) -> Result<(), Errno> {
        self.write(ptr, &value.to_le_bytes())
    }

    pub(super) fn write_u64(&mut self, ptr: u32, value: u64) -> Result<(), Errno> {
        self.write(ptr, &value.to_le_bytes())
    }

    /// A path, which is not empty and has no NUL in it.
    pub(super) fn path(&self, ptr: u32, len: u32) -> Result<String, Errno> {
        if len == 0 {
            return Err(Errno::Noent);
        }
        if len > MAX_PATH_BYTES {
            return Err(Errno::Nametoolong);
        }
        let path = std::str::from_utf8(self.bytes(ptr, len)?).map_err(|_| Errno::Ilseq)?;
        if path.contains('\0') {
            return Err(Errno::Inval);
        }
        // What no listing shows: a stream of a file, or a directory by the name of its index.
        if cfg!(windows) && path.contains(':') {
            return Err(Errno::Ilseq);
        }
        Ok(path.to_owned())
    }

    /// The pieces of a list: all of them lie in the memory, and so does each.
    pub(super) fn pieces(&self, list: u32, count: u32) -> Result<Vec<Piece>, Errno> {
        if count > MAX_PIECES {
            return Err(Errno::Inval);
        }
        let piece = |bytes: &[u8; 8]| {
            let [p0, p1, p2, p3, l0, l1, l2, l3] = *bytes;
            Piece {
                ptr: u32::from_le_bytes([p0, p1, p2, p3]),
                len: u32::from_le_bytes([l0, l1, l2, l3]),
            }
        };
        let (list, _) = self.bytes(list, count * 8)?.as_chunks();
        let pieces: Vec<Piece> = list.iter().map(piece).collect();
        for Piece { ptr, len } in &pieces {
            self.bytes(*ptr, *len)?;
        }
        Ok(pieces)
    }
}
