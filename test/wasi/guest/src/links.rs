//! Symbolic and hard links that stay inside.

use wasi::{
    ERRNO_EXIST, ERRNO_INVAL, ERRNO_LOOP, ERRNO_NOENT, FILETYPE_REGULAR_FILE,
    FILETYPE_SYMBOLIC_LINK,
};

use crate::check::*;

/// `link` leads to `file.txt`.
fn make_link() -> Check {
    make_file(data()?, "file.txt", "text")?;
    done("path_symlink", symlink("file.txt", data()?, "link"))
}

pub fn path_symlink_is_followed() -> Check {
    make_link()?;
    contains(data()?, "link", "text")?;
    done("path_create_directory", mkdir(data()?, "directory"))?;
    done(
        "path_symlink",
        symlink("../file.txt", data()?, "directory/link"),
    )?;
    contains(data()?, "directory/link", "text")?;
    done(
        "path_symlink",
        symlink("directory", data()?, "directory-link"),
    )?;
    contains(data()?, "directory-link/link", "text")
}

pub fn path_symlink_that_exists() -> Check {
    make_link()?;
    for path in ["link", "file.txt"] {
        fails(
            "path_symlink",
            symlink("anything", data()?, path),
            &[ERRNO_EXIST],
        )?;
    }
    Ok(())
}

pub fn path_symlink_loop() -> Check {
    done("path_symlink", symlink("second", data()?, "first"))?;
    done("path_symlink", symlink("first", data()?, "second"))?;
    fails("path_open", open_to_read(data()?, "first"), &[ERRNO_LOOP])?;
    fails(
        "path_filestat_get",
        stat(data()?, "first/file.txt"),
        &[ERRNO_LOOP],
    )
}

pub fn path_symlink_not_followed() -> Check {
    make_link()?;
    fails(
        "path_open",
        open_with(data()?, 0, "link", 0, TO_READ, 0),
        &[ERRNO_LOOP],
    )
}

pub fn path_symlink_stat() -> Check {
    make_link()?;
    let link = done("path_filestat_get", stat_link(data()?, "link"))?;
    equal("type", link.filetype, FILETYPE_SYMBOLIC_LINK)?;
    equal("size", link.size, 8)?;
    let file = done("path_filestat_get", stat(data()?, "link"))?;
    equal("type", file.filetype, FILETYPE_REGULAR_FILE)?;
    equal("size", file.size, 4)
}

pub fn path_symlink_dangling() -> Check {
    done("path_symlink", symlink("missing", data()?, "link"))?;
    fails("path_open", open_to_read(data()?, "link"), &[ERRNO_NOENT])?;
    fails("path_filestat_get", stat(data()?, "link"), &[ERRNO_NOENT])?;
    done("path_filestat_get", stat_link(data()?, "link")).map(drop)
}

pub fn path_symlink_is_unlinked_itself() -> Check {
    make_link()?;
    done("path_unlink_file", unlink(data()?, "link"))?;
    is_missing(data()?, "link")?;
    contains(data()?, "file.txt", "text")
}

fn readlink(path: &str, room: usize) -> Result<Result<String, wasi::Errno>, String> {
    let mut text = vec![0; room];
    // SAFETY: the buffer is as long as is said.
    let length = unsafe { wasi::path_readlink(data()?, path, text.as_mut_ptr(), room) };
    Ok(length.map(|length| String::from_utf8_lossy(&text[..length]).into_owned()))
}

pub fn path_readlink_tells_the_text() -> Check {
    make_link()?;
    for room in [8, 64] {
        equal(
            "text",
            done("path_readlink", readlink("link", room)?)?,
            "file.txt".to_owned(),
        )?;
    }
    Ok(())
}

/// As much as there is room for, or that there is too little.
pub fn path_readlink_cuts_the_text() -> Check {
    make_link()?;
    match readlink("link", 4)? {
        Ok(text) => equal("text", text, "file".to_owned()),
        result => fails(
            "path_readlink",
            result,
            &[wasi::ERRNO_RANGE, wasi::ERRNO_NOBUFS],
        ),
    }
}

pub fn path_readlink_of_a_file() -> Check {
    make_link()?;
    fails("path_readlink", readlink("file.txt", 64)?, &[ERRNO_INVAL])
}

pub fn path_readlink_of_nothing() -> Check {
    fails("path_readlink", readlink("missing", 64)?, &[ERRNO_NOENT])
}

pub fn path_link_is_the_same_file() -> Check {
    make_file(data()?, "file.txt", "text")?;
    done("path_link", hard_link("file.txt", data()?, "hard.txt"))?;
    let (file, link) = (stat(data()?, "file.txt"), stat(data()?, "hard.txt"));
    let (file, link) = (
        done("path_filestat_get", file)?,
        done("path_filestat_get", link)?,
    );
    equal("file", link.ino, file.ino)?;
    equal("links", link.nlink, 2)?;
    done("path_unlink_file", unlink(data()?, "file.txt"))?;
    contains(data()?, "hard.txt", "text")
}

pub fn path_link_that_exists() -> Check {
    make_link()?;
    make_file(data()?, "other.txt", "other")?;
    fails(
        "path_link",
        hard_link("file.txt", data()?, "other.txt"),
        &[ERRNO_EXIST],
    )?;
    contains(data()?, "other.txt", "other")
}

pub fn path_link_of_nothing() -> Check {
    fails(
        "path_link",
        hard_link("missing", data()?, "hard.txt"),
        &[ERRNO_NOENT],
    )
}

pub fn path_link_of_a_directory() -> Check {
    done("path_create_directory", mkdir(data()?, "directory"))?;
    let errnos = [wasi::ERRNO_PERM, wasi::ERRNO_ACCES, wasi::ERRNO_ISDIR];
    fails(
        "path_link",
        hard_link("directory", data()?, "hard"),
        &errnos,
    )
}
