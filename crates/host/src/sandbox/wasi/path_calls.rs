//! What a guest does with a path below a directory of its own.

#![allow(
    clippy::too_many_arguments,
    reason = "preview 1 has as many, and a context and a memory come first"
)]

use super::Refusal;
use super::context::Context;
use super::descriptor_calls::{APPEND, DSYNC, RSYNC, SYNC, times};
use super::directory::Open;
use super::errno::Errno;
use super::memory::GuestMemory;
use super::process_calls::size;
use super::rights::{FD_ALLOCATE, FD_FILESTAT_SET_SIZE, FD_READ, FD_WRITE};
use super::stat;

/// How a path is looked up: whether a link at its end is followed.
const FOLLOW: u32 = 1;

/// How something is opened.
const CREATE: u32 = 1;
const DIRECTORY: u32 = 1 << 1;
const EXCLUSIVE: u32 = 1 << 2;
const TRUNCATE: u32 = 1 << 3;

type Done = Result<(), Refusal>;

pub(super) fn path_create_directory(
    context: &mut Context,
    memory: &mut GuestMemory<'_>,
    fd: u32,
    path: u32,
    len: u32,
) -> Done {
    let path = memory.path(path, len)?;
    Ok(context.descriptors.directory(fd)?.create_directory(&path)?)
}

pub(super) fn path_filestat_get(
    context: &mut Context,
    memory: &mut GuestMemory<'_>,
    fd: u32,
    flags: u32,
    path: u32,
    len: u32,
    stat: u32,
) -> Done {
    let path = memory.path(path, len)?;
    let directory = context.descriptors.directory(fd)?;
    let found = directory.stat(&path, flags & FOLLOW != 0)?;
    Ok(stat::write(memory, stat, &found)?)
}

pub(super) fn path_filestat_set_times(
    context: &mut Context,
    memory: &mut GuestMemory<'_>,
    fd: u32,
    flags: u32,
    path: u32,
    len: u32,
    accessed: u64,
    modified: u64,
    which: u32,
) -> Done {
    let path = memory.path(path, len)?;
    let times = times(accessed, modified, which)?;
    let directory = context.descriptors.directory(fd)?;
    Ok(directory.set_times(&path, flags & FOLLOW != 0, times)?)
}

pub(super) fn path_link(
    context: &mut Context,
    memory: &mut GuestMemory<'_>,
    fd: u32,
    flags: u32,
    path: u32,
    len: u32,
    new_fd: u32,
    new_path: u32,
    new_len: u32,
) -> Done {
    // A link to a link's target would be one to what nobody looked at.
    if flags & FOLLOW != 0 {
        return Err(Errno::Inval.into());
    }
    let path = memory.path(path, len)?;
    let new_path = memory.path(new_path, new_len)?;
    let source = context.descriptors.directory(fd)?;
    let target = context.descriptors.directory(new_fd)?;
    Ok(source.link(&path, target, &new_path)?)
}

pub(super) fn path_open(
    context: &mut Context,
    memory: &mut GuestMemory<'_>,
    fd: u32,
    flags: u32,
    path: u32,
    len: u32,
    how: u32,
    base: u64,
    _inheriting: u64,
    fd_flags: u32,
    opened: u32,
) -> Done {
    let path = memory.path(path, len)?;
    let has = |flag: u32| how & flag != 0;
    if fd_flags & (DSYNC | RSYNC | SYNC) != 0 {
        return Err(Errno::Notsup.into());
    }
    if has(DIRECTORY) && (has(CREATE) || has(EXCLUSIVE) || has(TRUNCATE)) {
        return Err(Errno::Inval.into());
    }
    let open = Open {
        follow: flags & FOLLOW != 0,
        directory: has(DIRECTORY),
        create: has(CREATE),
        exclusive: has(EXCLUSIVE),
        truncate: has(TRUNCATE),
        append: fd_flags & APPEND != 0,
        read: base & FD_READ != 0,
        write: base & (FD_WRITE | FD_ALLOCATE | FD_FILESTAT_SET_SIZE) != 0,
    };
    context.descriptors.check_room()?;
    // Before anything is made that the guest then could not be told of.
    memory.write_u32(opened, 0)?;
    let descriptor = context.descriptors.directory(fd)?.open(&path, open)?;
    let number = context.descriptors.push(descriptor)?;
    Ok(memory.write_u32(opened, number)?)
}

pub(super) fn path_readlink(
    context: &mut Context,
    memory: &mut GuestMemory<'_>,
    fd: u32,
    path: u32,
    len: u32,
    buffer: u32,
    buffer_len: u32,
    written: u32,
) -> Done {
    let path = memory.path(path, len)?;
    let target = context.descriptors.directory(fd)?.read_link(&path)?;
    let bytes = target.as_bytes();
    let bytes = bytes.get(..buffer_len as usize).unwrap_or(bytes);
    memory.write(buffer, bytes)?;
    Ok(memory.write_u32(written, size(bytes.len())?)?)
}

pub(super) fn path_remove_directory(
    context: &mut Context,
    memory: &mut GuestMemory<'_>,
    fd: u32,
    path: u32,
    len: u32,
) -> Done {
    let path = memory.path(path, len)?;
    Ok(context.descriptors.directory(fd)?.remove_directory(&path)?)
}

pub(super) fn path_rename(
    context: &mut Context,
    memory: &mut GuestMemory<'_>,
    fd: u32,
    path: u32,
    len: u32,
    new_fd: u32,
    new_path: u32,
    new_len: u32,
) -> Done {
    let path = memory.path(path, len)?;
    let new_path = memory.path(new_path, new_len)?;
    let source = context.descriptors.directory(fd)?;
    let target = context.descriptors.directory(new_fd)?;
    Ok(source.rename(&path, target, &new_path)?)
}

pub(super) fn path_symlink(
    context: &mut Context,
    memory: &mut GuestMemory<'_>,
    to: u32,
    to_len: u32,
    fd: u32,
    path: u32,
    len: u32,
) -> Done {
    let to = memory.path(to, to_len)?;
    let path = memory.path(path, len)?;
    Ok(context.descriptors.directory(fd)?.symlink(&to, &path)?)
}

pub(super) fn path_unlink_file(
    context: &mut Context,
    memory: &mut GuestMemory<'_>,
    fd: u32,
    path: u32,
    len: u32,
) -> Done {
    let path = memory.path(path, len)?;
    Ok(context.descriptors.directory(fd)?.unlink(&path)?)
}
