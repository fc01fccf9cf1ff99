//! `path_open`.

use wasi::{
    ERRNO_EXIST, ERRNO_INVAL, ERRNO_ISDIR, ERRNO_NOENT, ERRNO_NOTDIR, OFLAGS_CREAT,
    OFLAGS_DIRECTORY, OFLAGS_EXCL, OFLAGS_TRUNC,
};

use crate::check::*;

pub fn path_open_of_nothing() -> Check {
    fails(
        "path_open",
        open_to_read(data()?, "missing"),
        &[ERRNO_NOENT],
    )?;
    fails(
        "path_open",
        open_to_read(data()?, "missing/file.txt"),
        &[ERRNO_NOENT],
    )
}

pub fn path_open_creates() -> Check {
    make_file(data()?, "file.txt", "text")?;
    let again = done("path_open", open(data()?, "file.txt", OFLAGS_CREAT))?;
    equal("kept", done("fd_read", read(again))?, b"text".to_vec())
}

pub fn path_open_exclusively() -> Check {
    let exclusively = OFLAGS_CREAT | OFLAGS_EXCL;
    done("path_open", open(data()?, "file.txt", exclusively))?;
    fails(
        "path_open",
        open(data()?, "file.txt", exclusively),
        &[ERRNO_EXIST],
    )
}

pub fn path_open_truncates() -> Check {
    make_file(data()?, "file.txt", "text")?;
    done("path_open", open(data()?, "file.txt", OFLAGS_TRUNC))?;
    contains(data()?, "file.txt", "")
}

pub fn path_open_wants_a_directory() -> Check {
    make_file(data()?, "file.txt", "text")?;
    done("path_create_directory", mkdir(data()?, "directory"))?;
    done("path_open", open_directory(data()?, "directory"))?;
    fails(
        "path_open",
        open_directory(data()?, "file.txt"),
        &[ERRNO_NOTDIR],
    )
}

pub fn path_open_of_a_directory_to_write() -> Check {
    done("path_create_directory", mkdir(data()?, "directory"))?;
    let to_write = wasi::RIGHTS_FD_READ | wasi::RIGHTS_FD_WRITE;
    let opened = open_with(data()?, FOLLOW, "directory", 0, to_write, 0);
    fails("path_open", opened, &[ERRNO_ISDIR])?;
    fails(
        "path_open",
        open(data()?, "directory", OFLAGS_TRUNC),
        &[ERRNO_ISDIR],
    )
}

pub fn path_open_creates_no_directory() -> Check {
    let opened = open_with(
        data()?,
        FOLLOW,
        "new",
        OFLAGS_CREAT | OFLAGS_DIRECTORY,
        TO_READ,
        0,
    );
    fails(
        "path_open",
        opened,
        &[ERRNO_INVAL, ERRNO_NOTDIR, ERRNO_NOENT, ERRNO_ISDIR],
    )?;
    is_missing(data()?, "new")
}

pub fn path_open_through_a_file() -> Check {
    make_file(data()?, "file.txt", "text")?;
    fails(
        "path_open",
        open_to_read(data()?, "file.txt/more"),
        &[ERRNO_NOTDIR],
    )
}

pub fn path_open_with_trailing_slash() -> Check {
    make_file(data()?, "file.txt", "text")?;
    done("path_create_directory", mkdir(data()?, "directory"))?;
    done("path_open", open_directory(data()?, "directory/"))?;
    let errnos = [ERRNO_NOTDIR, ERRNO_NOENT, ERRNO_INVAL];
    fails(
        "path_open of a file",
        open_to_read(data()?, "file.txt/"),
        &errnos,
    )?;
    let errnos = [ERRNO_ISDIR, ERRNO_NOTDIR, ERRNO_NOENT, ERRNO_INVAL];
    fails(
        "path_open of a new file",
        open(data()?, "new/", OFLAGS_CREAT),
        &errnos,
    )?;
    is_missing(data()?, "new")
}

pub fn path_open_of_no_path() -> Check {
    fails(
        "path_open",
        open_to_read(data()?, ""),
        &[ERRNO_NOENT, ERRNO_INVAL],
    )
}

pub fn path_open_of_dot() -> Check {
    let directory = done("path_open", open_directory(data()?, "."))?;
    make_file(directory, "file.txt", "text")?;
    contains(data()?, "file.txt", "text")
}

pub fn path_open_of_a_long_name() -> Check {
    let opened = open(data()?, &"x".repeat(300), OFLAGS_CREAT);
    fails("path_open", opened, &[wasi::ERRNO_NAMETOOLONG])
}

pub fn path_open_with_nul() -> Check {
    make_file(data()?, "file.txt", "text")?;
    let opened = open_to_read(data()?, "file.txt\0");
    fails(
        "path_open",
        opened,
        &[ERRNO_INVAL, wasi::ERRNO_ILSEQ, ERRNO_NOENT],
    )
}

pub fn path_open_in_a_file() -> Check {
    let file = file_with(data()?, "file.txt", "text")?;
    let errnos = [NOT_ALLOWED, &[ERRNO_NOTDIR]].concat();
    fails("path_open", open_to_read(file, "more"), &errnos)
}

pub fn path_open_in_a_directory_opened() -> Check {
    done("path_create_directory", mkdir(data()?, "directory"))?;
    let directory = done("path_open", open_directory(data()?, "directory"))?;
    make_file(directory, "file.txt", "text")?;
    contains(data()?, "directory/file.txt", "text")
}

/// `..` is all right as long as it stays inside.
pub fn path_open_within_parents() -> Check {
    done("path_create_directory", mkdir(data()?, "directory"))?;
    make_file(data()?, "file.txt", "text")?;
    contains(data()?, "directory/../file.txt", "text")?;
    contains(data()?, "./directory/.././directory//../file.txt", "text")
}
