//! The first bytes of a value: its type, and its number or length.

use rmp::Marker;

use super::error::{DecodeError, DecodeErrorKind};

/// What a value is, without the contents that follow its head.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Head {
    Nil,
    Bool(bool),
    Unsigned(u64),
    Signed(i64),
    Float(f64),
    /// So many bytes follow.
    Str(usize),
    /// So many bytes follow.
    Bin(usize),
    /// So many values follow.
    Array(usize),
    /// So many pairs of values follow.
    Map(usize),
}

/// Reads the head at `at`; returns it and the offset behind it.
///
/// The lengths in it are not compared with the bytes there are.
#[inline]
pub(super) fn read_head(bytes: &[u8], at: usize) -> Result<(Head, usize), DecodeError> {
    let Some(&first) = bytes.get(at) else {
        return Err(truncated(at));
    };
    let next = at + 1;
    Ok(match Marker::from_u8(first) {
        Marker::FixPos(value) => (Head::Unsigned(value.into()), next),
        Marker::FixNeg(value) => (Head::Signed(value.into()), next),
        Marker::FixStr(len) => (Head::Str(len.into()), next),
        Marker::FixArray(len) => (Head::Array(len.into()), next),
        Marker::FixMap(len) => (Head::Map(len.into()), next),
        Marker::Null => (Head::Nil, next),
        Marker::False => (Head::Bool(false), next),
        Marker::True => (Head::Bool(true), next),
        Marker::U8 => (
            Head::Unsigned(u8::from_be_bytes(take(bytes, next)?).into()),
            next + 1,
        ),
        Marker::U16 => (
            Head::Unsigned(u16::from_be_bytes(take(bytes, next)?).into()),
            next + 2,
        ),
        Marker::U32 => (
            Head::Unsigned(u32::from_be_bytes(take(bytes, next)?).into()),
            next + 4,
        ),
        Marker::U64 => (
            Head::Unsigned(u64::from_be_bytes(take(bytes, next)?)),
            next + 8,
        ),
        Marker::I8 => (
            Head::Signed(i8::from_be_bytes(take(bytes, next)?).into()),
            next + 1,
        ),
        Marker::I16 => (
            Head::Signed(i16::from_be_bytes(take(bytes, next)?).into()),
            next + 2,
        ),
        Marker::I32 => (
            Head::Signed(i32::from_be_bytes(take(bytes, next)?).into()),
            next + 4,
        ),
        Marker::I64 => (
            Head::Signed(i64::from_be_bytes(take(bytes, next)?)),
            next + 8,
        ),
        Marker::F32 => (
            Head::Float(f32::from_be_bytes(take(bytes, next)?).into()),
            next + 4,
        ),
        Marker::F64 => (
            Head::Float(f64::from_be_bytes(take(bytes, next)?)),
            next + 8,
        ),
        Marker::Str8 => (Head::Str(length::<1>(bytes, next)?), next + 1),
        Marker::Str16 => (Head::Str(length::<2>(bytes, next)?), next + 2),
        Marker::Str32 => (Head::Str(length::<4>(bytes, next)?), next + 4),
        Marker::Bin8 => (Head::Bin(length::<1>(bytes, next)?), next + 1),
        Marker::Bin16 => (Head::Bin(length::<2>(bytes, next)?), next + 2),
        Marker::Bin32 => (Head::Bin(length::<4>(bytes, next)?), next + 4),
        Marker::Array16 => (Head::Array(length::<2>(bytes, next)?), next + 2),
        Marker::Array32 => (Head::Array(length::<4>(bytes, next)?), next + 4),
        Marker::Map16 => (Head::Map(length::<2>(bytes, next)?), next + 2),
        Marker::Map32 => (Head::Map(length::<4>(bytes, next)?), next + 4),
        Marker::FixExt1
        | Marker::FixExt2
        | Marker::FixExt4
        | Marker::FixExt8
        | Marker::FixExt16
        | Marker::Ext8
        | Marker::Ext16
        | Marker::Ext32 => return Err(unsupported(at, "an extension type")),
        Marker::Reserved => return Err(unsupported(at, "the reserved type 0xc1")),
    })
}

/// A length of `N` bytes; more than the address space holds is the same as more than there is.
#[inline]
fn length<const N: usize>(bytes: &[u8], at: usize) -> Result<usize, DecodeError> {
    let field: [u8; N] = take(bytes, at)?;
    Ok(field.iter().fold(0, |len: usize, &byte| {
        len.saturating_mul(256) | usize::from(byte)
    }))
}

#[inline]
fn take<const N: usize>(bytes: &[u8], at: usize) -> Result<[u8; N], DecodeError> {
    bytes
        .get(at..)
        .and_then(|rest| rest.first_chunk::<N>())
        .copied()
        .ok_or_else(|| truncated(at))
}

#[cold]
pub(super) fn truncated(at: usize) -> DecodeError {
    DecodeError::new(
        DecodeErrorKind::Truncated,
        at,
        "the bytes end within a value",
    )
}

#[cold]
fn unsupported(at: usize, what: &str) -> DecodeError {
    DecodeError::new(
        DecodeErrorKind::UnsupportedType,
        at,
        format_args!("{what} is not part of the protocol"),
    )
}
