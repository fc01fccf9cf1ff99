//! Reading and writing files.

use wasi::wasi_snapshot_preview1 as preview1;
use wasi::{FDFLAGS_APPEND, OFLAGS_CREAT, WHENCE_CUR, WHENCE_END, WHENCE_SET};

use crate::check::*;

pub fn fd_write_then_fd_read() -> Check {
    let file = done("path_open", open(data()?, "file.txt", OFLAGS_CREAT))?;
    equal("written", done("fd_write", write(file, b"text"))?, 4)?;
    equal("at the end", done("fd_read", read(file))?, b"".to_vec())?;
    done("fd_seek", seek(file, 0, WHENCE_SET))?;
    equal("read", done("fd_read", read(file))?, b"text".to_vec())
}

/// A host may do less than all of the vectors in one call, but never out of their order.
pub fn fd_write_gathers_and_fd_read_scatters() -> Check {
    let file = done("path_open", open(data()?, "file.txt", OFLAGS_CREAT))?;
    let parts = [
        ciovec(b"one"),
        ciovec(b""),
        ciovec(b"two"),
        ciovec(b"three"),
    ];
    // SAFETY: the vectors are of strings that stay.
    let written = done("fd_write", unsafe { wasi::fd_write(file, &parts) })?;
    contains(data()?, "file.txt", &"onetwothree"[..written])?;
    done("fd_seek", seek(file, 0, WHENCE_SET))?;
    let (mut first, mut second) = ([0; 2], [0; 16]);
    let parts = [iovec(&mut first), iovec(&mut second)];
    // SAFETY: the vectors are of the arrays above.
    let length = done("fd_read", unsafe { wasi::fd_read(file, &parts) })?;
    let all = [&first[..], &second[..]].concat();
    holds("something is read", length > 0)?;
    equal("read", &all[..length], &b"onetwothree"[..length])
}

pub fn fd_read_at_the_end() -> Check {
    let file = file_with(data()?, "file.txt", "text")?;
    done("fd_read", read(file))?;
    for _ in 0..2 {
        equal("read", done("fd_read", read(file))?, b"".to_vec())?;
    }
    Ok(())
}

pub fn fd_read_of_nothing() -> Check {
    let file = file_with(data()?, "file.txt", "text")?;
    // SAFETY: there is nothing to be written to.
    equal(
        "read",
        done("fd_read", unsafe { wasi::fd_read(file, &[]) })?,
        0,
    )?;
    equal("written", done("fd_write", write(file, b""))?, 0)?;
    contains(data()?, "file.txt", "text")
}

pub fn fd_read_needs_the_right() -> Check {
    make_file(data()?, "file.txt", "text")?;
    let to_write = open_with(data()?, FOLLOW, "file.txt", 0, wasi::RIGHTS_FD_WRITE, 0);
    fails("fd_read", read(done("path_open", to_write)?), NOT_ALLOWED)
}

pub fn fd_write_needs_the_right() -> Check {
    make_file(data()?, "file.txt", "text")?;
    let file = done("path_open", open_to_read(data()?, "file.txt"))?;
    fails("fd_write", write(file, b"T"), NOT_ALLOWED)?;
    // SAFETY: there are no pointers in the first, and the second's vector is of a string.
    unsafe {
        fails(
            "fd_filestat_set_size",
            wasi::fd_filestat_set_size(file, 0),
            &also_invalid(),
        )?;
        fails(
            "fd_pwrite",
            wasi::fd_pwrite(file, &[ciovec(b"T")], 0),
            NOT_ALLOWED,
        )?;
    }
    contains(data()?, "file.txt", "text")
}

/// What Linux answers for a file that is not open for writing is `EINVAL`.
fn also_invalid() -> Vec<wasi::Errno> {
    [NOT_ALLOWED, &[wasi::ERRNO_INVAL]].concat()
}

pub fn fd_read_of_a_directory() -> Check {
    let errnos = [NOT_ALLOWED, &[wasi::ERRNO_ISDIR]].concat();
    fails("fd_read", read(data()?), &errnos)?;
    fails("fd_write", write(data()?, b"text"), &errnos)
}

pub fn fd_seek_from_everywhere() -> Check {
    let file = file_with(data()?, "file.txt", "0123456789")?;
    for (offset, whence, expected) in [
        (4, WHENCE_SET, 4),
        (3, WHENCE_CUR, 7),
        (-2, WHENCE_CUR, 5),
        (-1, WHENCE_END, 9),
        (0, WHENCE_END, 10),
        (0, WHENCE_SET, 0),
    ] {
        equal(
            "place",
            done("fd_seek", seek(file, offset, whence))?,
            expected,
        )?;
    }
    done("fd_seek", seek(file, -4, WHENCE_END))?;
    equal("read", done("fd_read", read(file))?, b"6789".to_vec())
}

pub fn fd_seek_before_the_start() -> Check {
    let file = file_with(data()?, "file.txt", "text")?;
    done("fd_seek", seek(file, 2, WHENCE_SET))?;
    for (offset, whence) in [(-1, WHENCE_SET), (-3, WHENCE_CUR), (-5, WHENCE_END)] {
        fails("fd_seek", seek(file, offset, whence), &[wasi::ERRNO_INVAL])?;
    }
    equal("place", done("fd_seek", seek(file, 0, WHENCE_CUR))?, 2)
}

pub fn fd_seek_beyond_the_end() -> Check {
    let file = file_with(data()?, "file.txt", "a")?;
    equal("place", done("fd_seek", seek(file, 3, WHENCE_SET))?, 3)?;
    equal("size", done("fd_filestat_get", stat_fd(file))?.size, 1)?;
    done("fd_write", write(file, b"b"))?;
    contains(data()?, "file.txt", "a\0\0b")
}

pub fn fd_seek_whence_unknown() -> Check {
    let file = file_with(data()?, "file.txt", "text")?;
    let mut place = 0_u64;
    // SAFETY: there is room for the place.
    let errno = unsafe { preview1::fd_seek(file as i32, 0, 7, &raw mut place as i32) };
    raw_fails("fd_seek", errno, &[wasi::ERRNO_INVAL])
}

pub fn fd_tell_is_where_fd_seek_went() -> Check {
    let file = file_with(data()?, "file.txt", "text")?;
    for place in [0, 3, 100] {
        done("fd_seek", seek(file, place, WHENCE_SET))?;
        // SAFETY: there are no pointers in it.
        equal(
            "place",
            done("fd_tell", unsafe { wasi::fd_tell(file) })?,
            place as u64,
        )?;
    }
    Ok(())
}

pub fn fd_pread_does_not_move() -> Check {
    let file = file_with(data()?, "file.txt", "0123456789")?;
    done("fd_seek", seek(file, 1, WHENCE_SET))?;
    let mut bytes = [0; 3];
    // SAFETY: the one vector is the array.
    let length = done("fd_pread", unsafe {
        wasi::fd_pread(file, &[iovec(&mut bytes)], 5)
    })?;
    equal("read", (length, &bytes), (3, b"567"))?;
    equal(
        "read on",
        done("fd_read", read(file))?,
        b"123456789".to_vec(),
    )
}

pub fn fd_pwrite_does_not_move() -> Check {
    let file = file_with(data()?, "file.txt", "0123456789")?;
    done("fd_seek", seek(file, 1, WHENCE_SET))?;
    // SAFETY: the one vector is a string.
    let length = done("fd_pwrite", unsafe {
        wasi::fd_pwrite(file, &[ciovec(b"abc")], 5)
    })?;
    equal("written", length, 3)?;
    equal(
        "read on",
        done("fd_read", read(file))?,
        b"1234abc89".to_vec(),
    )
}

pub fn fd_pread_beyond_the_end() -> Check {
    let file = file_with(data()?, "file.txt", "text")?;
    let mut bytes = [0; 3];
    // SAFETY: the one vector is the array.
    equal(
        "read",
        done("fd_pread", unsafe {
            wasi::fd_pread(file, &[iovec(&mut bytes)], 100)
        })?,
        0,
    )
}

pub fn append_writes_at_the_end() -> Check {
    make_file(data()?, "file.txt", "text")?;
    let opened = open_with(data()?, FOLLOW, "file.txt", 0, EVERYTHING, FDFLAGS_APPEND);
    let file = done("path_open", opened)?;
    for more in ["+", "-"] {
        done("fd_seek", seek(file, 0, WHENCE_SET))?;
        done("fd_write", write(file, more.as_bytes()))?;
    }
    contains(data()?, "file.txt", "text+-")
}

pub fn fd_filestat_set_size_shrinks_and_grows() -> Check {
    let file = file_with(data()?, "file.txt", "text")?;
    for (size, contents) in [(2, "te"), (4, "te\0\0"), (0, "")] {
        // SAFETY: there are no pointers in it.
        done("fd_filestat_set_size", unsafe {
            wasi::fd_filestat_set_size(file, size)
        })?;
        equal("size", done("fd_filestat_get", stat_fd(file))?.size, size)?;
        contains(data()?, "file.txt", contents)?;
    }
    Ok(())
}

/// Not every file system can, and hosts have given it up.
pub fn fd_allocate_grows_or_is_not_supported() -> Check {
    let file = file_with(data()?, "file.txt", "text")?;
    // SAFETY: there are no pointers in it.
    match unsafe { wasi::fd_allocate(file, 2, 4) } {
        Ok(()) => contains(data()?, "file.txt", "text\0\0"),
        result => fails(
            "fd_allocate",
            result,
            &[wasi::ERRNO_NOTSUP, wasi::ERRNO_NOSYS],
        ),
    }
}

pub fn fd_advise_takes_all_advice() -> Check {
    let file = file_with(data()?, "file.txt", "text")?;
    for advice in [
        wasi::ADVICE_NORMAL,
        wasi::ADVICE_SEQUENTIAL,
        wasi::ADVICE_RANDOM,
        wasi::ADVICE_WILLNEED,
        wasi::ADVICE_DONTNEED,
        wasi::ADVICE_NOREUSE,
    ] {
        // SAFETY: there are no pointers in it.
        done("fd_advise", unsafe { wasi::fd_advise(file, 0, 4, advice) })?;
    }
    contains(data()?, "file.txt", "text")
}

pub fn fd_advise_unknown() -> Check {
    let file = file_with(data()?, "file.txt", "text")?;
    // SAFETY: there are no pointers in it.
    raw_fails(
        "fd_advise",
        unsafe { preview1::fd_advise(file as i32, 0, 4, 99) },
        &[wasi::ERRNO_INVAL],
    )
}

pub fn fd_sync_and_fd_datasync() -> Check {
    let file = file_with(data()?, "file.txt", "text")?;
    // SAFETY: there are no pointers in them.
    unsafe {
        done("fd_sync", wasi::fd_sync(file))?;
        done("fd_datasync", wasi::fd_datasync(file))
    }
}
