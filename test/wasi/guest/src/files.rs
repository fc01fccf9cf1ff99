//! What files are, and removing them.

use wasi::{ERRNO_NOENT, FILETYPE_DIRECTORY, FILETYPE_REGULAR_FILE};

use crate::check::*;

pub fn fd_filestat_get_of_a_file() -> Check {
    let file = file_with(data()?, "file.txt", "text")?;
    let stat = done("fd_filestat_get", stat_fd(file))?;
    equal("type", stat.filetype, FILETYPE_REGULAR_FILE)?;
    equal("size", stat.size, 4)?;
    equal("links", stat.nlink, 1)
}

pub fn fd_filestat_get_of_a_directory() -> Check {
    let stat = done("fd_filestat_get", stat_fd(data()?))?;
    equal("type", stat.filetype, FILETYPE_DIRECTORY)
}

pub fn path_filestat_get_is_the_same() -> Check {
    let file = file_with(data()?, "file.txt", "text")?;
    let opened = done("fd_filestat_get", stat_fd(file))?;
    let named = done("path_filestat_get", stat(data()?, "file.txt"))?;
    equal("type", named.filetype, opened.filetype)?;
    let identity = |stat: wasi::Filestat| (stat.dev, stat.ino, stat.size, stat.mtim);
    equal("file", identity(named), identity(opened))?;
    equal(
        "directory",
        done("path_filestat_get", stat(data()?, "."))?.filetype,
        FILETYPE_DIRECTORY,
    )
}

pub fn path_filestat_get_of_nothing() -> Check {
    fails(
        "path_filestat_get",
        stat(data()?, "missing"),
        &[ERRNO_NOENT],
    )
}

pub fn path_unlink_file_removes() -> Check {
    make_file(data()?, "file.txt", "text")?;
    done("path_unlink_file", unlink(data()?, "file.txt"))?;
    is_missing(data()?, "file.txt")
}

pub fn path_unlink_file_of_a_directory() -> Check {
    done("path_create_directory", mkdir(data()?, "directory"))?;
    let errnos = [wasi::ERRNO_ISDIR, wasi::ERRNO_PERM, wasi::ERRNO_ACCES];
    fails("path_unlink_file", unlink(data()?, "directory"), &errnos)
}

pub fn path_unlink_file_of_nothing() -> Check {
    fails(
        "path_unlink_file",
        unlink(data()?, "missing"),
        &[ERRNO_NOENT],
    )
}

pub fn an_unlinked_file_is_still_open() -> Check {
    let file = file_with(data()?, "file.txt", "text")?;
    done("path_unlink_file", unlink(data()?, "file.txt"))?;
    equal("read", done("fd_read", read(file))?, b"text".to_vec())
}
