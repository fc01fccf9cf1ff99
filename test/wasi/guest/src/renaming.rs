//! `path_rename`.

use wasi::{
    ERRNO_EXIST, ERRNO_INVAL, ERRNO_ISDIR, ERRNO_NOENT, ERRNO_NOTDIR, ERRNO_NOTEMPTY, Errno,
};

use crate::check::*;

/// Renames within the directory to write.
fn rename_within(old: &str, new: &str) -> Result<Result<(), Errno>, String> {
    Ok(rename(data()?, old, data()?, new))
}

fn make_directory(path: &str) -> Check {
    done("path_create_directory", mkdir(data()?, path))
}

pub fn path_rename_moves_a_file() -> Check {
    make_file(data()?, "old.txt", "text")?;
    make_directory("directory")?;
    done(
        "path_rename",
        rename_within("old.txt", "directory/new.txt")?,
    )?;
    is_missing(data()?, "old.txt")?;
    contains(data()?, "directory/new.txt", "text")
}

pub fn path_rename_replaces_a_file() -> Check {
    make_file(data()?, "old.txt", "old")?;
    make_file(data()?, "new.txt", "new")?;
    done("path_rename", rename_within("old.txt", "new.txt")?)?;
    is_missing(data()?, "old.txt")?;
    contains(data()?, "new.txt", "old")
}

pub fn path_rename_moves_a_directory() -> Check {
    make_directory("old")?;
    make_file(data()?, "old/file.txt", "text")?;
    done("path_rename", rename_within("old", "new")?)?;
    is_missing(data()?, "old")?;
    contains(data()?, "new/file.txt", "text")
}

pub fn path_rename_onto_an_empty_directory() -> Check {
    make_directory("old")?;
    make_file(data()?, "old/file.txt", "text")?;
    make_directory("new")?;
    done("path_rename", rename_within("old", "new")?)?;
    contains(data()?, "new/file.txt", "text")
}

pub fn path_rename_onto_a_full_directory() -> Check {
    make_directory("old")?;
    make_directory("new")?;
    make_file(data()?, "new/file.txt", "text")?;
    fails(
        "path_rename",
        rename_within("old", "new")?,
        &[ERRNO_NOTEMPTY, ERRNO_EXIST],
    )?;
    contains(data()?, "new/file.txt", "text")
}

pub fn path_rename_file_onto_directory() -> Check {
    make_file(data()?, "file.txt", "text")?;
    make_directory("directory")?;
    fails(
        "path_rename",
        rename_within("file.txt", "directory")?,
        &[ERRNO_ISDIR],
    )?;
    contains(data()?, "file.txt", "text")
}

pub fn path_rename_directory_onto_file() -> Check {
    make_file(data()?, "file.txt", "text")?;
    make_directory("directory")?;
    fails(
        "path_rename",
        rename_within("directory", "file.txt")?,
        &[ERRNO_NOTDIR],
    )?;
    contains(data()?, "file.txt", "text")
}

pub fn path_rename_of_nothing() -> Check {
    fails(
        "path_rename",
        rename_within("missing", "new")?,
        &[ERRNO_NOENT],
    )?;
    is_missing(data()?, "new")
}

pub fn path_rename_into_itself() -> Check {
    make_directory("directory")?;
    fails(
        "path_rename",
        rename_within("directory", "directory/sub")?,
        &[ERRNO_INVAL],
    )
}

/// It moves the file, or says that the grants are worlds of their own and leaves it where it is.
pub fn path_rename_across_grants() -> Check {
    make_file(data()?, "file.txt", "text")?;
    let other = grant("/other")?;
    match rename(data()?, "file.txt", other, "moved.txt") {
        Ok(()) => {
            is_missing(data()?, "file.txt")?;
            contains(other, "moved.txt", "text")
        }
        result => {
            fails("path_rename", result, &[wasi::ERRNO_XDEV])?;
            is_missing(other, "moved.txt")?;
            contains(data()?, "file.txt", "text")
        }
    }
}
