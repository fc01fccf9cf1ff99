//! Making, removing and listing directories.

use std::mem::size_of;

use wasi::{
    Dirent, ERRNO_EXIST, ERRNO_NOENT, ERRNO_NOTDIR, ERRNO_NOTEMPTY, FILETYPE_DIRECTORY,
    FILETYPE_REGULAR_FILE, FILETYPE_SYMBOLIC_LINK, Fd, Filetype,
};

use crate::check::*;

pub fn path_create_directory_creates() -> Check {
    done("path_create_directory", mkdir(data()?, "directory"))?;
    done("path_create_directory", mkdir(data()?, "directory/sub"))?;
    let stat = done("path_filestat_get", stat(data()?, "directory/sub"))?;
    equal("type", stat.filetype, FILETYPE_DIRECTORY)
}

pub fn path_create_directory_that_exists() -> Check {
    make_file(data()?, "file.txt", "text")?;
    done("path_create_directory", mkdir(data()?, "directory"))?;
    for path in ["directory", "file.txt"] {
        fails(path, mkdir(data()?, path), &[ERRNO_EXIST])?;
    }
    Ok(())
}

pub fn path_create_directory_without_parent() -> Check {
    fails(
        "path_create_directory",
        mkdir(data()?, "missing/directory"),
        &[ERRNO_NOENT],
    )
}

pub fn path_remove_directory_removes() -> Check {
    done("path_create_directory", mkdir(data()?, "directory"))?;
    done("path_remove_directory", rmdir(data()?, "directory"))?;
    is_missing(data()?, "directory")
}

pub fn path_remove_directory_not_empty() -> Check {
    done("path_create_directory", mkdir(data()?, "directory"))?;
    make_file(data()?, "directory/file.txt", "text")?;
    fails(
        "path_remove_directory",
        rmdir(data()?, "directory"),
        &[ERRNO_NOTEMPTY],
    )?;
    contains(data()?, "directory/file.txt", "text")
}

pub fn path_remove_directory_of_a_file() -> Check {
    make_file(data()?, "file.txt", "text")?;
    fails(
        "path_remove_directory",
        rmdir(data()?, "file.txt"),
        &[ERRNO_NOTDIR],
    )?;
    contains(data()?, "file.txt", "text")
}

pub fn path_remove_directory_of_nothing() -> Check {
    fails(
        "path_remove_directory",
        rmdir(data()?, "missing"),
        &[ERRNO_NOENT],
    )
}

struct Entry {
    next: u64,
    kind: Filetype,
    name: String,
}

/// The entries that are whole in a buffer of this size, and how much of it was used.
fn list(directory: Fd, size: usize, cookie: u64) -> Result<(Vec<Entry>, usize), String> {
    let mut buffer = vec![0_u8; size];
    // SAFETY: the buffer is as long as is said.
    let used = unsafe { wasi::fd_readdir(directory, buffer.as_mut_ptr(), size, cookie) };
    let used = done("fd_readdir", used)?;
    let mut rest = &buffer[..used];
    let mut entries = Vec::new();
    while rest.len() >= size_of::<Dirent>() {
        // SAFETY: there are enough bytes, and any are an entry.
        let entry: Dirent = unsafe { std::ptr::read_unaligned(rest.as_ptr().cast()) };
        let end = size_of::<Dirent>() + entry.d_namlen as usize;
        let Some(name) = rest.get(size_of::<Dirent>()..end) else {
            break;
        };
        entries.push(Entry {
            next: entry.d_next,
            kind: entry.d_type,
            name: String::from_utf8_lossy(name).into_owned(),
        });
        rest = &rest[end..];
    }
    Ok((entries, used))
}

/// All names but `.` and `..`, sorted, by as many calls as it takes.
fn names(directory: Fd, size: usize) -> Result<Vec<String>, String> {
    let mut names = Vec::new();
    let mut cookie = 0;
    loop {
        let (entries, used) = list(directory, size, cookie)?;
        holds("no more than there is room for", used <= size)?;
        match entries.last() {
            Some(last) => cookie = last.next,
            None if used < size => break,
            None => return Err("no entry has room".to_owned()),
        }
        names.extend(entries.into_iter().map(|entry| entry.name));
    }
    names.retain(|name| name != "." && name != "..");
    names.sort();
    Ok(names)
}

fn make_many(count: usize) -> Result<Vec<String>, String> {
    let mut names: Vec<String> = (0..count)
        .map(|i| format!("file-{}", "x".repeat(i % 30 + 1) + &i.to_string()))
        .collect();
    for name in &names {
        make_file(data()?, name, "")?;
    }
    names.sort();
    Ok(names)
}

/// `.` and `..` are told of or not, but both in the same way.
pub fn fd_readdir_of_an_empty_directory() -> Check {
    equal("names", names(data()?, 4096)?, vec![])?;
    let dots = list(data()?, 4096, 0)?.0.len();
    holds("none or two entries", dots == 0 || dots == 2)
}

pub fn fd_readdir_has_all() -> Check {
    let made = make_many(20)?;
    equal("names", names(data()?, 65536)?, made)
}

pub fn fd_readdir_with_small_buffers() -> Check {
    let made = make_many(50)?;
    for size in [70, 128, 333] {
        equal("names", names(data()?, size)?, made.clone())?;
    }
    Ok(())
}

/// A buffer that is full says that there is more, so an entry that has no room is cut.
pub fn fd_readdir_cuts_the_last() -> Check {
    make_many(20)?;
    for size in [0, 1, 23, 24, 25, 100, 101, 200] {
        equal("used", list(data()?, size, 0)?.1, size)?;
    }
    Ok(())
}

pub fn fd_readdir_again_from_the_start() -> Check {
    make_file(data()?, "first", "")?;
    equal("names", names(data()?, 4096)?, vec!["first".to_owned()])?;
    make_file(data()?, "second", "")?;
    equal(
        "names",
        names(data()?, 4096)?,
        vec!["first".to_owned(), "second".to_owned()],
    )
}

pub fn fd_readdir_tells_types() -> Check {
    make_file(data()?, "file", "")?;
    done("path_create_directory", mkdir(data()?, "directory"))?;
    done("path_symlink", symlink("file", data()?, "link"))?;
    for entry in list(data()?, 4096, 0)?.0 {
        let expected = match entry.name.as_str() {
            "file" => FILETYPE_REGULAR_FILE,
            "link" => FILETYPE_SYMBOLIC_LINK,
            _ => FILETYPE_DIRECTORY,
        };
        equal(&entry.name, entry.kind, expected)?;
    }
    Ok(())
}

pub fn fd_readdir_of_a_file() -> Check {
    let file = file_with(data()?, "file.txt", "text")?;
    let mut buffer = [0; 64];
    // SAFETY: the buffer is as long as is said.
    let listed = unsafe { wasi::fd_readdir(file, buffer.as_mut_ptr(), buffer.len(), 0) };
    fails(
        "fd_readdir",
        listed,
        &[NOT_ALLOWED, &[ERRNO_NOTDIR]].concat(),
    )
}
