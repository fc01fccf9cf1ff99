//! What a guest may send to hurt: every one is refused with its kind, and with little memory.

use sen_host_protocol::{
    DecodeError, DecodeErrorKind, MAX_MANIFEST_VALUES, decode_manifest, decode_result,
    peek_api_version,
};

use crate::memory::peak_of;

/// What an error itself may take: a short text.
const AN_ERROR: usize = 4096;

fn refusals(bytes: &[u8]) -> [DecodeError; 2] {
    let (refusals, peak) = peak_of(|| {
        let _ = peek_api_version(bytes);
        [
            decode_manifest(bytes).unwrap_err(),
            decode_result(bytes).unwrap_err(),
        ]
    });
    assert!(peak < AN_ERROR, "held {peak} bytes");
    for error in &refusals {
        assert_inert(error);
    }
    refusals
}

fn assert_inert(error: &DecodeError) {
    let shown = error.to_string();
    assert!(shown.chars().count() < 250, "{shown}");
    assert!(!shown.chars().any(char::is_control), "{shown:?}");
}

#[test]
fn nesting_of_200_000_is_refused() {
    let bombs = [
        vec![0x91; 200_000],
        vec![0x81; 200_000],
        [0x81, 0xa0].repeat(200_000),
    ];
    for bomb in bombs {
        for error in refusals(&bomb) {
            // A map that has a map for a key is as deep as one that has it for a value.
            assert_eq!(error.kind, DecodeErrorKind::TooDeep);
        }
    }
}

#[test]
fn nesting_in_what_would_be_ignored_is_refused_too() {
    let mut bytes = vec![0x81, 0xa1, b'x'];
    bytes.extend(vec![0x91; 200_000]);
    for error in refusals(&bytes) {
        assert_eq!(error.kind, DecodeErrorKind::TooDeep);
    }
}

#[test]
fn four_gibibytes_claimed_in_five_bytes_are_refused() {
    for marker in [0xdd, 0xdf, 0xdb, 0xc6] {
        let claim = [marker, 0xff, 0xff, 0xff, 0xff];
        let in_success = [&[0x81, 0xa7][..], b"Success", &claim].concat();
        let in_manifest = [&[0x93, 0x02][..], &claim].concat();
        for bytes in [&claim[..], &in_success, &in_manifest] {
            for error in refusals(bytes) {
                assert_eq!(error.kind, DecodeErrorKind::Truncated);
            }
        }
    }
}

#[test]
fn every_prefix_of_a_valid_result_is_refused() {
    let whole = [&[0x81, 0xa7][..], b"Success", &[0xa2], b"hi"].concat();
    assert!(decode_result(&whole).is_ok());
    for len in 0..whole.len() {
        let error = decode_result(&whole[..len]).unwrap_err();
        assert_eq!(error.kind, DecodeErrorKind::Truncated, "{len}");
    }
}

#[test]
fn bytes_behind_a_value_are_refused() {
    let bytes = [&[0x81, 0xa7][..], b"Success", &[0xa2], b"hi", &[0xc0]].concat();
    let error = decode_result(&bytes).unwrap_err();
    assert_eq!(error.kind, DecodeErrorKind::TrailingBytes);
    assert_eq!(error.offset, Some(bytes.len() - 1));
}

#[test]
fn a_string_that_is_not_utf8_is_refused_wherever_it_is() {
    let invalid = [0xa2, 0xc3, 0x28];
    let in_success = [&[0x81, 0xa7][..], b"Success", &invalid].concat();
    let as_variant = [&[0x81][..], &invalid, &[0xc0]].concat();
    for bytes in [in_success, as_variant] {
        let error = decode_result(&bytes).unwrap_err();
        assert_eq!(error.kind, DecodeErrorKind::InvalidUtf8);
    }
    let as_key = [&[0x81][..], &invalid, &[0xc0]].concat();
    let in_unknown = [&[0x81, 0xa1, b'x'][..], &invalid].concat();
    for bytes in [as_key, in_unknown] {
        let error = decode_manifest(&bytes).unwrap_err();
        assert_eq!(error.kind, DecodeErrorKind::InvalidUtf8);
    }
}

#[test]
fn extension_types_are_refused_wherever_they_are() {
    let extensions: [&[u8]; 8] = [
        &[0xd4, 1, 0],
        &[0xd5, 1, 0, 0],
        &[0xd6, 0xff, 0, 0, 0, 0],
        &[0xd7, 0xff, 0, 0, 0, 0, 0, 0, 0, 0],
        &[0xd8, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
        &[0xc7, 1, 1, 0],
        &[0xc8, 0, 1, 1, 0],
        &[0xc9, 0, 0, 0, 1, 1, 0],
    ];
    for extension in extensions {
        let in_success = [&[0x81, 0xa7][..], b"Success", extension].concat();
        let in_unknown = [&[0x81, 0xa1, b'x'][..], extension].concat();
        for bytes in [extension, &in_success, &in_unknown] {
            for error in refusals(bytes) {
                assert_eq!(error.kind, DecodeErrorKind::UnsupportedType);
            }
        }
    }
}

#[test]
fn a_million_subcommands_are_refused_at_the_head_of_their_list() {
    let mut bytes = vec![0x92, 2, 0x96, 0xa1, b'x', 0xa0, 0xc0, 0xc0, 0x90];
    let list = bytes.len();
    bytes.extend([0xdd, 0x00, 0x0f, 0x42, 0x40]);
    bytes.extend([0x92, 0xa1, b'y', 0xa0].repeat(1_000_000));
    for error in refusals(&bytes) {
        assert_eq!(error.kind, DecodeErrorKind::TooManyValues);
        assert_eq!(error.offset, Some(list));
    }
}

#[test]
fn a_million_values_in_small_lists_are_refused() {
    let mut bytes = vec![0xdc, 0xff, 0xff];
    bytes.extend(
        [0x9f; 1]
            .iter()
            .chain(&[0xc0; 15])
            .copied()
            .collect::<Vec<u8>>()
            .repeat(0xffff),
    );
    for error in refusals(&bytes) {
        assert_eq!(error.kind, DecodeErrorKind::TooManyValues);
    }
}

#[test]
fn a_text_of_four_mebibytes_where_none_belongs_is_not_echoed() {
    for filler in ["x", "\u{1b}", "\u{202e}", "\0"] {
        let text = filler.repeat(4 << 20 >> (filler.len() / 2));
        let mut string = vec![0xdb];
        string.extend(u32::try_from(text.len()).unwrap().to_be_bytes());
        string.extend(text.as_bytes());
        let as_variant = [&[0x81][..], &string, &[0xc0]].concat();
        let as_version = [&[0x81, 0xab][..], b"api_version", &string].concat();
        for bytes in [&string, &as_variant, &as_version] {
            for error in refusals(bytes) {
                assert_eq!(error.kind, DecodeErrorKind::UnexpectedShape);
            }
        }
    }
}

/// Within the bounds, a short value may still stand for a large struct: this is the worst, arguments of
/// nothing but a name.
#[test]
fn the_largest_manifest_that_is_accepted_takes_a_bounded_amount_of_memory() {
    let count = (MAX_MANIFEST_VALUES - 8) / 2;
    let mut bytes = vec![0x92, 2, 0x95, 0xa1, b'x', 0xa0, 0xc0, 0xc0, 0xdc];
    bytes.extend(u16::try_from(count).unwrap().to_be_bytes());
    bytes.extend([0x91, 0xa1, b'y'].repeat(count));
    let (manifest, peak) = peak_of(|| decode_manifest(&bytes));
    assert_eq!(manifest.unwrap().command.args.len(), count);
    assert!(peak < 16 << 20, "held {peak} bytes");
}
