//! What a guest does with a descriptor.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::Refusal;
use super::context::Context;
use super::descriptor::Descriptor;
use super::directory::{OpenDirectory, Times};
use super::errno::Errno;
use super::file::OpenFile;
use super::memory::{GuestMemory, Piece};
use super::process_calls::size;
use super::rights;
use super::stat::{self, FileType};
use super::stdin::Read;

/// Flags of a descriptor.
pub(super) const APPEND: u32 = 1;
pub(super) const DSYNC: u32 = 1 << 1;
const NONBLOCK: u32 = 1 << 2;
pub(super) const RSYNC: u32 = 1 << 3;
pub(super) const SYNC: u32 = 1 << 4;

/// The most bytes that one call reads from or writes to a standard stream, so that it is over soon.
const MAX_STREAM_BYTES: u32 = 64 << 10;

/// The most bytes of the host's that listings of directories take which a guest has begun to see.
const MAX_LISTING_BYTES: usize = 32 << 20;

type Done = Result<(), Refusal>;

pub(super) fn fd_advise(
    context: &mut Context,
    _: &mut GuestMemory<'_>,
    fd: u32,
    _offset: u64,
    _len: u64,
    advice: u32,
) -> Done {
    context.descriptors.file(fd)?;
    // Advice may be ignored.
    if advice > 5 {
        return Err(Errno::Inval.into());
    }
    Ok(())
}

pub(super) fn fd_allocate(
    context: &mut Context,
    _: &mut GuestMemory<'_>,
    fd: u32,
    _offset: u64,
    _len: u64,
) -> Done {
    context.descriptors.file(fd)?;
    Err(Errno::Notsup.into())
}

pub(super) fn fd_close(context: &mut Context, _: &mut GuestMemory<'_>, fd: u32) -> Done {
    context.used = true;
    Ok(context.descriptors.close(fd)?)
}

pub(super) fn fd_datasync(context: &mut Context, _: &mut GuestMemory<'_>, fd: u32) -> Done {
    Ok(context.descriptors.file(fd)?.sync(true)?)
}

pub(super) fn fd_sync(context: &mut Context, _: &mut GuestMemory<'_>, fd: u32) -> Done {
    Ok(context.descriptors.file(fd)?.sync(false)?)
}

pub(super) fn fd_fdstat_get(
    context: &mut Context,
    memory: &mut GuestMemory<'_>,
    fd: u32,
    stat: u32,
) -> Done {
    let (file_type, flags, base, inheriting) = match context.descriptors.get(fd)? {
        Descriptor::Stdin => {
            let file_type = if context.stdin.is_terminal() {
                FileType::CharacterDevice
            } else {
                FileType::Unknown
            };
            (file_type, 0, rights::FD_READ | rights::POLL, 0)
        }
        Descriptor::Output(_) => (FileType::Unknown, 0, rights::FD_WRITE | rights::POLL, 0),
        Descriptor::File(file) => (FileType::RegularFile, flags(file), file_rights(file), 0),
        Descriptor::Directory(directory) => {
            let base = directory_rights(directory);
            (FileType::Directory, 0, base, rights::INHERITING)
        }
    };
    let mut bytes = [0; 24];
    let fields = [file_type as u8, 0]
        .into_iter()
        .chain(flags.to_le_bytes())
        .chain([0; 4])
        .chain(base.to_le_bytes())
        .chain(inheriting.to_le_bytes());
    for (to, from) in bytes.iter_mut().zip(fields) {
        *to = from;
    }
    Ok(memory.write(stat, &bytes)?)
}

fn flags(file: &OpenFile) -> u16 {
    if file.appends() { APPEND as u16 } else { 0 }
}

fn file_rights(file: &OpenFile) -> u64 {
    let read = if file.is_readable() {
        rights::FD_READ
    } else {
        0
    };
    let write = if file.is_writable() {
        rights::WRITTEN_FILE
    } else {
        0
    };
    rights::FILE | read | write
}

fn directory_rights(directory: &OpenDirectory) -> u64 {
    if directory.is_writable() {
        rights::DIRECTORY | rights::WRITTEN_DIRECTORY
    } else {
        rights::DIRECTORY
    }
}

pub(super) fn fd_fdstat_set_flags(
    context: &mut Context,
    _: &mut GuestMemory<'_>,
    fd: u32,
    flags: u32,
) -> Done {
    let file = context.descriptors.file_mut(fd)?;
    // Reads and writes of files do not wait for anything, so that not to block is nothing to do.
    if flags & !(APPEND | NONBLOCK) != 0 {
        return Err(Errno::Inval.into());
    }
    Ok(file.set_append(flags & APPEND != 0)?)
}

pub(super) fn fd_fdstat_set_rights(
    context: &mut Context,
    _: &mut GuestMemory<'_>,
    fd: u32,
    _base: u64,
    _inheriting: u64,
) -> Done {
    context.descriptors.get(fd)?;
    Err(Errno::Notsup.into())
}

pub(super) fn fd_filestat_get(
    context: &mut Context,
    memory: &mut GuestMemory<'_>,
    fd: u32,
    stat: u32,
) -> Done {
    let found = match context.descriptors.get(fd)? {
        Descriptor::Stdin | Descriptor::Output(_) => {
            return Ok(stat::write_stream(memory, stat, FileType::Unknown)?);
        }
        Descriptor::File(file) => file.metadata()?,
        Descriptor::Directory(directory) => directory.metadata()?,
    };
    Ok(stat::write(memory, stat, &found)?)
}

pub(super) fn fd_filestat_set_size(
    context: &mut Context,
    _: &mut GuestMemory<'_>,
    fd: u32,
    len: u64,
) -> Done {
    Ok(context.descriptors.file(fd)?.set_len(len)?)
}

pub(super) fn fd_filestat_set_times(
    context: &mut Context,
    _: &mut GuestMemory<'_>,
    fd: u32,
    accessed: u64,
    modified: u64,
    flags: u32,
) -> Done {
    let times = times(accessed, modified, flags)?;
    match context.descriptors.get(fd)? {
        Descriptor::File(file) => Ok(file.set_times(times)?),
        Descriptor::Directory(directory) => Ok(directory.set_times(".", false, times)?),
        Descriptor::Stdin | Descriptor::Output(_) => Err(Errno::Badf.into()),
    }
}

/// Times as preview 1 gives them: each left alone, set to now, or to these nanoseconds since 1970.
pub(super) fn times(accessed: u64, modified: u64, flags: u32) -> Result<Times, Errno> {
    let time = |given: u64, flags: u32| match (flags & 1 != 0, flags & 2 != 0) {
        (true, true) => Err(Errno::Inval),
        (true, false) => UNIX_EPOCH
            .checked_add(Duration::from_nanos(given))
            .map(Some)
            .ok_or(Errno::Inval),
        (false, true) => Ok(Some(SystemTime::now())),
        (false, false) => Ok(None),
    };
    Ok(Times {
        accessed: time(accessed, flags)?,
        modified: time(modified, flags >> 2)?,
    })
}

pub(super) fn fd_pread(
    context: &mut Context,
    memory: &mut GuestMemory<'_>,
    fd: u32,
    pieces: u32,
    count: u32,
    offset: u64,
    read: u32,
) -> Done {
    let pieces = memory.pieces(pieces, count)?;
    let len = context
        .descriptors
        .file(fd)?
        .read_at(memory, &pieces, offset)?;
    Ok(memory.write_u32(read, len)?)
}

pub(super) fn fd_pwrite(
    context: &mut Context,
    memory: &mut GuestMemory<'_>,
    fd: u32,
    pieces: u32,
    count: u32,
    offset: u64,
    written: u32,
) -> Done {
    let pieces = memory.pieces(pieces, count)?;
    let len = context
        .descriptors
        .file(fd)?
        .write_at(memory, &pieces, offset)?;
    Ok(memory.write_u32(written, len)?)
}

pub(super) fn fd_read(
    context: &mut Context,
    memory: &mut GuestMemory<'_>,
    fd: u32,
    pieces: u32,
    count: u32,
    read: u32,
) -> Done {
    context.used = true;
    let pieces = memory.pieces(pieces, count)?;
    let len = match context.descriptors.get_mut(fd)? {
        Descriptor::File(file) => file.read(memory, &pieces)?,
        Descriptor::Stdin => {
            // One piece: whether there is more may only be known after a wait.
            let piece = pieces.iter().find(|piece| piece.len > 0);
            match piece {
                None => 0,
                Some(piece) => {
                    let Piece { ptr, len } = piece.within(MAX_STREAM_BYTES);
                    match context.stdin.read(memory.bytes_mut(ptr, len)?)? {
                        Read::Bytes(len) => size(len)?,
                        Read::NotYet => return Err(Errno::Again.into()),
                    }
                }
            }
        }
        Descriptor::Output(_) => return Err(Errno::Badf.into()),
        Descriptor::Directory(_) => return Err(Errno::Isdir.into()),
    };
    Ok(memory.write_u32(read, len)?)
}

pub(super) fn fd_write(
    context: &mut Context,
    memory: &mut GuestMemory<'_>,
    fd: u32,
    pieces: u32,
    count: u32,
    written: u32,
) -> Done {
    context.used = true;
    let pieces = memory.pieces(pieces, count)?;
    let len = match context.descriptors.get_mut(fd)? {
        Descriptor::File(file) => file.write(memory, &pieces)?,
        Descriptor::Output(stream) => {
            let mut total = 0;
            for piece in pieces {
                let Piece { ptr, len } = piece.within(MAX_STREAM_BYTES - total);
                context.output.write(*stream, memory.bytes(ptr, len)?)?;
                total += len;
                if total == MAX_STREAM_BYTES {
                    break;
                }
            }
            total
        }
        Descriptor::Stdin => return Err(Errno::Badf.into()),
        Descriptor::Directory(_) => return Err(Errno::Isdir.into()),
    };
    Ok(memory.write_u32(written, len)?)
}

pub(super) fn fd_prestat_get(
    context: &mut Context,
    memory: &mut GuestMemory<'_>,
    fd: u32,
    prestat: u32,
) -> Done {
    let path = given_path(context, fd)?;
    let len = size(path.len())?;
    // The tag of directories, the only kind there is.
    memory.write_u32(prestat, 0)?;
    let len_at = prestat.checked_add(4).ok_or(Errno::Fault)?;
    Ok(memory.write_u32(len_at, len)?)
}

pub(super) fn fd_prestat_dir_name(
    context: &mut Context,
    memory: &mut GuestMemory<'_>,
    fd: u32,
    path: u32,
    len: u32,
) -> Done {
    let name = given_path(context, fd)?;
    if name.len() > len as usize {
        return Err(Errno::Nametoolong.into());
    }
    Ok(memory.write(path, name.as_bytes())?)
}

/// Where a descriptor was given to the guest. Whatever was not given is `Badf`: C libraries ask
/// until they are told that.
fn given_path(context: &Context, fd: u32) -> Result<&str, Errno> {
    match context.descriptors.get(fd)? {
        Descriptor::Directory(directory) => directory.guest_path().ok_or(Errno::Badf),
        _ => Err(Errno::Badf),
    }
}

pub(super) fn fd_readdir(
    context: &mut Context,
    memory: &mut GuestMemory<'_>,
    fd: u32,
    buffer: u32,
    len: u32,
    cookie: u64,
    written: u32,
) -> Done {
    let directory = context.descriptors.directory_mut(fd)?;
    let begun = directory.listing.take().filter(|_| cookie > 0);
    let listing = match begun {
        Some(listing) => listing,
        None => {
            let room = MAX_LISTING_BYTES.saturating_sub(context.descriptors.listing_bytes());
            context.descriptors.directory(fd)?.list(room)?
        }
    };
    let bytes = listing.write(memory, buffer, len, cookie)?;
    context.descriptors.directory_mut(fd)?.listing = Some(listing);
    Ok(memory.write_u32(written, bytes)?)
}

pub(super) fn fd_renumber(
    context: &mut Context,
    _: &mut GuestMemory<'_>,
    from: u32,
    to: u32,
) -> Done {
    context.used = true;
    Ok(context.descriptors.renumber(from, to)?)
}

pub(super) fn fd_seek(
    context: &mut Context,
    memory: &mut GuestMemory<'_>,
    fd: u32,
    offset: i64,
    whence: u32,
    position: u32,
) -> Done {
    let file = context.descriptors.file_mut(fd)?;
    let base = match whence {
        0 => 0,
        1 => file.position(),
        2 => file.len()?,
        _ => return Err(Errno::Inval.into()),
    };
    let sought = base.checked_add_signed(offset);
    let sought = sought.filter(|sought| i64::try_from(*sought).is_ok());
    let sought = sought.ok_or(Errno::Inval)?;
    memory.write_u64(position, sought)?;
    file.seek(sought);
    Ok(())
}

pub(super) fn fd_tell(
    context: &mut Context,
    memory: &mut GuestMemory<'_>,
    fd: u32,
    position: u32,
) -> Done {
    let at = context.descriptors.file(fd)?.position();
    Ok(memory.write_u64(position, at)?)
}
