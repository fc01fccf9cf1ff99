//! The version of a manifest whose shape may be another version's.

use super::head::{Head, read_head};
use super::structure::{Bounds, skip_value};

/// The `api_version` of an encoded manifest, without looking at more of it than that takes: the first
/// element of an array, or what the key `api_version` of a map has for a value.
///
/// So a plugin for a version whose manifest has another shape gets an error about the version and not about
/// the shape. Call it when [`decode_manifest`](crate::decode_manifest) fails. Of keys that are there twice,
/// the first counts.
///
/// `None` if there is no such number, or if the bytes before it are not MessagePack within the bounds of
/// [`check_structure`](crate::check_structure). What follows it is not looked at.
#[must_use]
pub fn peek_api_version(bytes: &[u8]) -> Option<u32> {
    let (head, mut next) = read_head(bytes, 0).ok()?;
    match head {
        Head::Array(1..) => version(bytes, next),
        Head::Map(pairs) => {
            // Each pair takes at least two bytes, so a length that lies ends with the bytes. The count is
            // limited beside that, and each value by `skip_value`.
            for _ in 0..pairs.min(Bounds::MANIFEST.max_values) {
                let after_key = skip_value(bytes, next, Bounds::MANIFEST).ok()?;
                let (key, contents) = read_head(bytes, next).ok()?;
                let is_version = matches!(key, Head::Str(_))
                    && bytes.get(contents..after_key) == Some(b"api_version");
                if is_version {
                    return version(bytes, after_key);
                }
                next = skip_value(bytes, after_key, Bounds::MANIFEST).ok()?;
            }
            None
        }
        _ => None,
    }
}

fn version(bytes: &[u8], at: usize) -> Option<u32> {
    match read_head(bytes, at).ok()?.0 {
        Head::Unsigned(value) => u32::try_from(value).ok(),
        Head::Signed(value) => u32::try_from(value).ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(name: &str) -> Vec<u8> {
        let mut bytes = vec![0xa0 | u8::try_from(name.len()).unwrap()];
        bytes.extend_from_slice(name.as_bytes());
        bytes
    }

    #[test]
    fn the_version_is_found_whatever_else_is_in_the_manifest() {
        let in_map = [
            &[0x82][..],
            &key("x"),
            &[0x91, 0x80],
            &key("api_version"),
            &[3],
        ]
        .concat();
        let cut_off = [&[0x8f][..], &key("api_version"), &[1]].concat();
        let twice = [
            &[0x82][..],
            &key("api_version"),
            &[4],
            &key("api_version"),
            &[5],
        ]
        .concat();
        let cases: [(&[u8], Option<u32>); 14] = [
            (&[0x91, 1], Some(1)),
            (&[0x93, 2, 0xc1, 0xc1], Some(2)),
            (&[0x92, 0xce, 0xff, 0xff, 0xff, 0xff], Some(u32::MAX)),
            (&[0x91, 0xd0, 7], Some(7)),
            (&in_map, Some(3)),
            (&cut_off, Some(1)),
            (&twice, Some(4)),
            (&[0x91, 0xcf, 0, 0, 0, 1, 0, 0, 0, 0], None),
            (&[0x91, 0xff], None),
            (&[0x91, 0xa1, b'2'], None),
            (&[0x90], None),
            (&[0x80], None),
            (&[0x02], None),
            (&[], None),
        ];
        for (bytes, version) in cases {
            assert_eq!(peek_api_version(bytes), version, "{bytes:x?}");
        }
    }

    #[test]
    fn a_key_that_only_contains_the_name_is_not_the_version() {
        for name in ["api_version ", "Api_version", "api_versio"] {
            let bytes = [&[0x81][..], &key(name), &[2]].concat();
            assert_eq!(peek_api_version(&bytes), None, "{name:?}");
        }
    }
}
