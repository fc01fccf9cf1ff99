//! Hands a guest's values to serde, from bytes whose structure has been checked.

use serde::de::{
    DeserializeSeed, EnumAccess, Error as _, MapAccess, SeqAccess, Unexpected, VariantAccess,
    Visitor,
};
use serde::{Deserialize, Deserializer, forward_to_deserialize_any};

use super::error::{DecodeError, DecodeErrorKind};
use super::head::{Head, read_head, truncated};

/// Reads the one value that `bytes` are.
///
/// It recurses with the nesting, so the caller has run
/// [`check_structure`](super::structure::check_structure) over the same bytes. What is accepted beyond the
/// letter of the protocol is what the Rust host accepts too, so that plugins in the wild keep running: a
/// string may be sent as binary, a field or a variant by its number.
pub(super) fn read<'de, T: Deserialize<'de>>(bytes: &'de [u8]) -> Result<T, DecodeError> {
    let mut reader = Reader {
        bytes,
        next: 0,
        start: 0,
    };
    T::deserialize(&mut reader).map_err(|error| error.or_at(reader.start))
}

struct Reader<'de> {
    bytes: &'de [u8],
    /// Where the next value begins.
    next: usize,
    /// Where the last value began, for errors.
    start: usize,
}

impl<'de> Reader<'de> {
    #[inline]
    fn head(&mut self) -> Result<Head, DecodeError> {
        let (head, contents) = read_head(self.bytes, self.next)?;
        self.start = self.next;
        self.next = contents;
        Ok(head)
    }

    #[inline]
    fn contents(&mut self, len: usize) -> Result<&'de [u8], DecodeError> {
        let contents = self
            .bytes
            .get(self.next..)
            .and_then(|rest| rest.get(..len))
            .ok_or_else(|| truncated(self.start))?;
        self.next += len;
        Ok(contents)
    }

    fn str(&mut self, len: usize) -> Result<&'de str, DecodeError> {
        std::str::from_utf8(self.contents(len)?).map_err(|_| {
            DecodeError::new(
                DecodeErrorKind::InvalidUtf8,
                self.start,
                "a string is not UTF-8",
            )
        })
    }

    /// Lets `visit` read up to `len` values, or pairs of values; all of them must have been read then.
    fn container<T>(
        &mut self,
        len: usize,
        visit: impl FnOnce(&mut Container<'_, 'de>) -> Result<T, DecodeError>,
    ) -> Result<T, DecodeError> {
        let start = self.start;
        let mut container = Container {
            reader: self,
            left: len,
        };
        let value = visit(&mut container)?;
        match container.left {
            0 => Ok(value),
            left => Err(DecodeError::new(
                DecodeErrorKind::UnexpectedShape,
                start,
                format_args!("an array has {len} elements, {} are known", len - left),
            )),
        }
    }
}

impl<'de> Deserializer<'de> for &mut Reader<'de> {
    type Error = DecodeError;

    #[inline]
    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        match self.head()? {
            Head::Nil => visitor.visit_unit(),
            Head::Bool(value) => visitor.visit_bool(value),
            Head::Unsigned(value) => visitor.visit_u64(value),
            Head::Signed(value) => visitor.visit_i64(value),
            Head::Float(value) => visitor.visit_f64(value),
            Head::Str(len) => visitor.visit_borrowed_str(self.str(len)?),
            Head::Bin(len) => visitor.visit_borrowed_bytes(self.contents(len)?),
            Head::Array(len) => self.container(len, |values| visitor.visit_seq(values)),
            Head::Map(len) => self.container(len, |pairs| visitor.visit_map(pairs)),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        let (head, contents) = read_head(self.bytes, self.next)?;
        if head == Head::Nil {
            self.next = contents;
            visitor.visit_none()
        } else {
            visitor.visit_some(self)
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        let (head, contents) = read_head(self.bytes, self.next)?;
        let Head::Map(len) = head else {
            return visitor.visit_enum(Variant {
                reader: self,
                has_payload: false,
            });
        };
        self.start = self.next;
        self.next = contents;
        if len != 1 {
            return Err(DecodeError::new(
                DecodeErrorKind::UnexpectedShape,
                self.start,
                format_args!("a variant is a map of one entry, this one has {len}"),
            ));
        }
        visitor.visit_enum(Variant {
            reader: self,
            has_payload: true,
        })
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit
        unit_struct newtype_struct seq tuple tuple_struct map struct identifier ignored_any
    }
}

/// The values of an array or the pairs of a map.
///
/// It does not tell serde how many there are: the number is the guest's claim, and room that is made in
/// advance for large structs is many times the bytes that claim them.
struct Container<'a, 'de> {
    reader: &'a mut Reader<'de>,
    left: usize,
}

impl<'de> SeqAccess<'de> for &mut Container<'_, 'de> {
    type Error = DecodeError;

    #[inline]
    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, DecodeError> {
        let Some(left) = self.left.checked_sub(1) else {
            return Ok(None);
        };
        self.left = left;
        seed.deserialize(&mut *self.reader).map(Some)
    }
}

impl<'de> MapAccess<'de> for &mut Container<'_, 'de> {
    type Error = DecodeError;

    #[inline]
    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, DecodeError> {
        let Some(left) = self.left.checked_sub(1) else {
            return Ok(None);
        };
        self.left = left;
        seed.deserialize(&mut *self.reader).map(Some)
    }

    #[inline]
    fn next_value_seed<V: DeserializeSeed<'de>>(
        &mut self,
        seed: V,
    ) -> Result<V::Value, DecodeError> {
        seed.deserialize(&mut *self.reader)
    }
}

/// A variant's name and, if it came in a map, its payload.
struct Variant<'a, 'de> {
    reader: &'a mut Reader<'de>,
    has_payload: bool,
}

impl<'a, 'de> Variant<'a, 'de> {
    fn payload(self, expected: &'static str) -> Result<&'a mut Reader<'de>, DecodeError> {
        if self.has_payload {
            Ok(self.reader)
        } else {
            Err(DecodeError::invalid_type(
                Unexpected::UnitVariant,
                &expected,
            ))
        }
    }
}

impl<'de> EnumAccess<'de> for Variant<'_, 'de> {
    type Error = DecodeError;
    type Variant = Self;

    fn variant_seed<V: DeserializeSeed<'de>>(
        self,
        seed: V,
    ) -> Result<(V::Value, Self), DecodeError> {
        let name = seed.deserialize(&mut *self.reader)?;
        Ok((name, self))
    }
}

impl<'de> VariantAccess<'de> for Variant<'_, 'de> {
    type Error = DecodeError;

    /// In a map, a variant without contents has `nil` for a payload.
    fn unit_variant(self) -> Result<(), DecodeError> {
        if self.has_payload {
            <()>::deserialize(self.reader)
        } else {
            Ok(())
        }
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(
        self,
        seed: T,
    ) -> Result<T::Value, DecodeError> {
        seed.deserialize(self.payload("a variant with a value")?)
    }

    fn tuple_variant<V: Visitor<'de>>(
        self,
        _len: usize,
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        self.payload("a variant with values")?
            .deserialize_any(visitor)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        self.payload("a variant with fields")?
            .deserialize_any(visitor)
    }
}
