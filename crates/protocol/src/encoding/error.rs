//! Why bytes from a guest were refused.

use std::fmt::Display;

use crate::text::inert;

/// How much of a reason is kept, in characters.
const MAX_REASON_CHARS: usize = 200;

/// Why bytes from a guest were refused.
///
/// It displays as `a string is not UTF-8 at byte 17`: at most about 240 characters, and whatever it quotes
/// from the guest is escaped.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}{}", At(*.offset))]
#[non_exhaustive]
pub struct DecodeError {
    /// What kind of fault it is; the part to decide by.
    pub kind: DecodeErrorKind,
    /// What is wrong, for a human; at most 200 characters, none of which a terminal obeys.
    pub reason: String,
    /// Where the value begins at which the fault was noticed, in bytes from the start; for a field that is
    /// missing, the last value that was read. `None` only for an error that serde made outside of this
    /// crate's functions.
    pub offset: Option<usize>,
}

/// The kinds of faults that a [`DecodeError`] tells of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DecodeErrorKind {
    /// Occurs when the bytes end before the value does, also when a length says that there are more.
    Truncated,
    /// Occurs when arrays and maps nest deeper than [`MAX_DEPTH`](crate::MAX_DEPTH).
    TooDeep,
    /// Occurs when there are more values than [`Bounds`](crate::Bounds) allow.
    TooManyValues,
    /// Occurs when a value is of an extension type or of the type that MessagePack reserves.
    UnsupportedType,
    /// Occurs when bytes follow the value.
    TrailingBytes,
    /// Occurs when a string is not UTF-8.
    InvalidUtf8,
    /// Occurs when the value has not the shape that the protocol asks for: a field that is missing, there
    /// twice, of another type or out of range, an array that is too long, a variant that does not exist.
    UnexpectedShape,
}

impl DecodeError {
    pub(super) fn new(kind: DecodeErrorKind, offset: usize, reason: impl Display) -> Self {
        Self {
            kind,
            reason: inert(reason, MAX_REASON_CHARS),
            offset: Some(offset),
        }
    }

    pub(super) fn or_at(mut self, offset: usize) -> Self {
        self.offset.get_or_insert(offset);
        self
    }
}

/// What serde calls when a value does not fit; the reader adds the offset.
impl serde::de::Error for DecodeError {
    fn custom<T: Display>(reason: T) -> Self {
        Self {
            kind: DecodeErrorKind::UnexpectedShape,
            reason: inert(reason, MAX_REASON_CHARS),
            offset: None,
        }
    }
}

struct At(Option<usize>);

impl Display for At {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0 {
            Some(offset) => write!(f, " at byte {offset}"),
            None => Ok(()),
        }
    }
}
