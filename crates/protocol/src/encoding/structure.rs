//! The pass over a guest's bytes before anything is built from them.

use super::error::{DecodeError, DecodeErrorKind};
use super::head::{Head, read_head, truncated};

/// How deep arrays and maps may nest: a value in 64 of them is accepted, an array or map in 64 of them is not.
pub const MAX_DEPTH: usize = 64;

/// How many values a manifest may have, see [`Bounds::max_values`]: enough for thousands of arguments.
pub const MAX_MANIFEST_VALUES: usize = 65_536;

/// How many values an execution's result may have, see [`Bounds::max_values`]: enough for 5,000 headers,
/// which are the only list in it.
pub const MAX_RESULT_VALUES: usize = 16_384;

/// What [`check_structure`] allows, next to [`MAX_DEPTH`] which is the same for all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// How many values there may be in all, every key, every value, and every array and map counted. It
    /// bounds the memory that decoding takes, as a value of one byte can become a struct of many.
    pub max_values: usize,
}

impl Bounds {
    /// For a manifest.
    pub const MANIFEST: Self = Self {
        max_values: MAX_MANIFEST_VALUES,
    };
    /// For the result of an execution.
    pub const RESULT: Self = Self {
        max_values: MAX_RESULT_VALUES,
    };
}

/// Checks that `bytes` are exactly one MessagePack value within `bounds`, in one pass that neither allocates
/// nor recurses.
///
/// The time depends on the number of values that pass, not on their size: an array that claims a million
/// elements is refused at its head. Whether strings are UTF-8 is left to decoding.
///
/// # Errors
///
/// [`DecodeError`] with the offset of the value at fault: nesting deeper than [`MAX_DEPTH`], more values
/// than `bounds` allow, a length beyond the bytes, an extension type or the reserved type, bytes after the
/// value, or no value at all.
pub fn check_structure(bytes: &[u8], bounds: Bounds) -> Result<(), DecodeError> {
    let end = skip_value(bytes, 0, bounds)?;
    if end == bytes.len() {
        Ok(())
    } else {
        Err(DecodeError::new(
            DecodeErrorKind::TrailingBytes,
            end,
            format_args!("{} bytes follow the value", bytes.len() - end),
        ))
    }
}

/// The offset behind the value at `at`, with the checks of [`check_structure`] but for trailing bytes.
pub(super) fn skip_value(bytes: &[u8], at: usize, bounds: Bounds) -> Result<usize, DecodeError> {
    // How many values are still to come in each open container, the innermost in `pending`.
    let mut outer = [0_usize; MAX_DEPTH];
    let mut depth = 0;
    let mut pending = 1_usize;
    let mut budget = bounds.max_values;
    let mut next = at;
    loop {
        while pending == 0 {
            if depth == 0 {
                return Ok(next);
            }
            depth -= 1;
            pending = outer[depth];
        }
        pending -= 1;
        let start = next;
        budget = budget
            .checked_sub(1)
            .ok_or_else(|| too_many(start, bounds))?;
        let (head, contents) = read_head(bytes, start)?;
        let left = bytes.len() - contents;
        next = contents;
        let values = match head {
            Head::Str(len) | Head::Bin(len) => {
                if len > left {
                    return Err(truncated(start));
                }
                next += len;
                continue;
            }
            Head::Array(len) => len,
            Head::Map(len) => len.saturating_mul(2),
            Head::Nil | Head::Bool(_) | Head::Unsigned(_) | Head::Signed(_) | Head::Float(_) => {
                continue;
            }
        };
        // A value is at least one byte, so both bounds can be held against a container's head already.
        if values > left {
            return Err(truncated(start));
        }
        if values > budget {
            return Err(too_many(start, bounds));
        }
        let Some(slot) = outer.get_mut(depth) else {
            return Err(DecodeError::new(
                DecodeErrorKind::TooDeep,
                start,
                format_args!("arrays and maps nest deeper than {MAX_DEPTH}"),
            ));
        };
        *slot = pending;
        depth += 1;
        pending = values;
    }
}

#[cold]
fn too_many(at: usize, bounds: Bounds) -> DecodeError {
    DecodeError::new(
        DecodeErrorKind::TooManyValues,
        at,
        format_args!("more than {} values", bounds.max_values),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use DecodeErrorKind::{TooDeep, TooManyValues, TrailingBytes, Truncated, UnsupportedType};

    const SMALL: Bounds = Bounds { max_values: 5 };

    /// `depth` arrays of one element, with `nil` in the innermost.
    fn nested(depth: usize) -> Vec<u8> {
        let mut bytes = vec![0x91; depth];
        bytes.push(0xc0);
        bytes
    }

    #[test]
    fn exactly_one_value_within_bounds_is_accepted() {
        let cases: [&[u8]; 12] = [
            &[0xc0],
            &[0x07],
            &[0xe0],
            &[0xcf, 0, 0, 0, 0, 0, 0, 0, 1],
            &[0xcb, 0, 0, 0, 0, 0, 0, 0, 1],
            &[0xa2, b'h', b'i'],
            &[0xa1, 0xff],
            &[0xc4, 1, 9],
            &[0x90],
            &[0x80],
            &[0x94, 1, 2, 3, 4],
            &[0x82, 1, 2, 3, 4],
        ];
        for bytes in cases {
            assert_eq!(check_structure(bytes, SMALL), Ok(()), "{bytes:x?}");
        }
    }

    #[test]
    fn everything_else_is_refused_with_its_kind_and_place() {
        let cases: [(&[u8], DecodeErrorKind, usize); 24] = [
            (&[], Truncated, 0),
            (&[0xcd, 1], Truncated, 1),
            (&[0xa3, b'h', b'i'], Truncated, 0),
            (&[0xd9], Truncated, 1),
            (&[0xdb, 0xff, 0xff, 0xff, 0xff], Truncated, 0),
            (&[0xc6, 0xff, 0xff, 0xff, 0xff], Truncated, 0),
            (&[0xdd, 0xff, 0xff, 0xff, 0xff], Truncated, 0),
            (&[0xdf, 0xff, 0xff, 0xff, 0xff], Truncated, 0),
            (&[0x92, 1], Truncated, 0),
            (&[0x81, 1], Truncated, 0),
            (&[0x91, 0x92, 1], Truncated, 1),
            (&[0x95, 1, 2, 3, 4, 5], TooManyValues, 0),
            (&[0x83, 1, 2, 3, 4, 5, 6], TooManyValues, 0),
            (&[0x92, 0x91, 1, 0x92, 1, 2], TooManyValues, 3),
            (&[0xc1], UnsupportedType, 0),
            (&[0x91, 0xc1], UnsupportedType, 1),
            (&[0xc7, 0, 0], UnsupportedType, 0),
            (&[0xc8, 0, 0, 0], UnsupportedType, 0),
            (&[0xc9, 0, 0, 0, 0, 0], UnsupportedType, 0),
            (&[0xd4, 0, 0], UnsupportedType, 0),
            (&[0xd8], UnsupportedType, 0),
            (&[0x81, 0xd5, 0, 0, 0], UnsupportedType, 1),
            (&[0xc0, 0xc0], TrailingBytes, 1),
            (&[0x90, 0], TrailingBytes, 1),
        ];
        for (bytes, kind, offset) in cases {
            let error = check_structure(bytes, SMALL).unwrap_err();
            assert_eq!(
                (error.kind, error.offset),
                (kind, Some(offset)),
                "{bytes:x?}"
            );
        }
    }

    #[test]
    fn nesting_up_to_the_limit_is_accepted_and_one_more_is_refused() {
        assert_eq!(
            check_structure(&nested(MAX_DEPTH), Bounds::MANIFEST),
            Ok(())
        );
        let error = check_structure(&nested(MAX_DEPTH + 1), Bounds::MANIFEST).unwrap_err();
        assert_eq!((error.kind, error.offset), (TooDeep, Some(MAX_DEPTH)));

        let mut innermost_empty = vec![0x91; MAX_DEPTH];
        innermost_empty.push(0x90);
        let error = check_structure(&innermost_empty, Bounds::MANIFEST).unwrap_err();
        assert_eq!(error.kind, TooDeep);
    }

    #[test]
    fn containers_that_ended_no_longer_count_as_nesting() {
        let mut bytes = vec![0xdc, 0x03, 0xe8];
        bytes.extend([0x91, 0x90].repeat(1000));
        assert_eq!(check_structure(&bytes, Bounds::MANIFEST), Ok(()));
    }
}
