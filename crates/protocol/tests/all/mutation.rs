//! Bytes that are nearly right.

use proptest::collection::vec;
use proptest::prelude::*;
use sen_host_protocol::{
    Bounds, DecodeErrorKind, ExecuteResult, PluginManifest, check_structure, decode_manifest,
    decode_result, peek_api_version,
};

use crate::arbitrary;

#[derive(Debug, Clone)]
enum Change {
    Set(prop::sample::Index, u8),
    Flip(prop::sample::Index, u8),
    Insert(prop::sample::Index, u8),
    Remove(prop::sample::Index),
    Truncate(prop::sample::Index),
    Repeat(prop::sample::Index, prop::sample::Index),
}

fn changes() -> impl Strategy<Value = Vec<Change>> {
    let at = any::<prop::sample::Index>;
    // Heads that lie about what follows are likelier to be interesting than letters.
    let byte = || {
        prop_oneof![
            any::<u8>(),
            0xc0..=0xdf_u8,
            0x80..=0x9f_u8,
            prop::sample::select(vec![0_u8, 1, 0xff]),
        ]
    };
    vec(
        prop_oneof![
            4 => (at(), byte()).prop_map(|(at, byte)| Change::Set(at, byte)),
            2 => (at(), 0..8_u8).prop_map(|(at, bit)| Change::Flip(at, bit)),
            2 => (at(), byte()).prop_map(|(at, byte)| Change::Insert(at, byte)),
            2 => at().prop_map(Change::Remove),
            1 => at().prop_map(Change::Truncate),
            1 => (at(), at()).prop_map(|(from, to)| Change::Repeat(from, to)),
        ],
        1..4,
    )
}

fn apply(changes: &[Change], bytes: &mut Vec<u8>) {
    for change in changes {
        if bytes.is_empty() {
            return;
        }
        let len = bytes.len();
        match change {
            Change::Set(at, byte) => bytes[at.index(len)] = *byte,
            Change::Flip(at, bit) => bytes[at.index(len)] ^= 1 << bit,
            Change::Insert(at, byte) => bytes.insert(at.index(len), *byte),
            Change::Remove(at) => {
                bytes.remove(at.index(len));
            }
            Change::Truncate(at) => bytes.truncate(at.index(len)),
            Change::Repeat(from, to) => {
                let part = bytes[from.index(len)..].to_vec();
                bytes.splice(to.index(len).., part);
            }
        }
    }
}

/// Whether the published decoder may accept what this one refuses: it takes binary for a list of numbers,
/// takes a list of one for a variant, and reads what belongs to it beyond that list's end.
fn is_known_difference(bytes: &[u8]) -> bool {
    bytes
        .iter()
        .any(|byte| matches!(byte, 0x91 | 0xc4..=0xc6 | 0xdc | 0xdd))
}

fn compare<T: PartialEq + std::fmt::Debug>(
    bytes: &[u8],
    bounds: Bounds,
    ours: Result<T, sen_host_protocol::DecodeError>,
    published: Result<T, rmp_serde::decode::Error>,
) -> Result<(), TestCaseError> {
    match (ours, published) {
        (Ok(ours), published) => {
            prop_assert!(check_structure(bytes, bounds).is_ok());
            prop_assert_eq!(Some(ours), published.ok());
        }
        (Err(error), Ok(published)) => {
            let is_expected = check_structure(bytes, bounds).is_err()
                || error.kind == DecodeErrorKind::InvalidUtf8
                || is_known_difference(bytes);
            prop_assert!(
                is_expected,
                "{} refuses {:?} of {:x?}",
                error,
                published,
                bytes
            );
        }
        (Err(_), Err(_)) => {}
    }
    Ok(())
}

fn compare_both(bytes: &[u8]) -> Result<(), TestCaseError> {
    let _ = peek_api_version(bytes);
    compare::<PluginManifest>(
        bytes,
        Bounds::MANIFEST,
        decode_manifest(bytes),
        rmp_serde::from_slice(bytes),
    )?;
    compare::<ExecuteResult>(
        bytes,
        Bounds::RESULT,
        decode_result(bytes),
        rmp_serde::from_slice(bytes),
    )
}

proptest! {
    #![proptest_config(arbitrary::many_cases())]

    #[test]
    fn random_bytes_never_panic_and_mean_what_they_mean_to_the_rust_host(
        bytes in vec(prop_oneof![any::<u8>(), 0x80..=0xa3_u8, 0xc0..=0xdf_u8], 0..64),
    ) {
        compare_both(&bytes)?;
    }

    #[test]
    fn a_damaged_result_never_panics_and_means_what_it_means_to_the_rust_host(
        result in arbitrary::execute_result(),
        as_maps in any::<bool>(),
        changes in changes(),
    ) {
        let mut bytes = if as_maps {
            rmp_serde::to_vec_named(&result).unwrap()
        } else {
            rmp_serde::to_vec(&result).unwrap()
        };
        apply(&changes, &mut bytes);
        compare_both(&bytes)?;
    }
}

proptest! {
    #[test]
    fn a_damaged_manifest_never_panics_and_means_what_it_means_to_the_rust_host(
        manifest in arbitrary::manifest(),
        as_maps in any::<bool>(),
        changes in changes(),
    ) {
        let mut bytes = if as_maps {
            rmp_serde::to_vec_named(&manifest).unwrap()
        } else {
            rmp_serde::to_vec(&manifest).unwrap()
        };
        apply(&changes, &mut bytes);
        compare_both(&bytes)?;
    }

    #[test]
    fn a_manifest_that_decodes_can_be_validated_and_any_refusal_is_inert(
        manifest in arbitrary::manifest(),
    ) {
        if let Err(error) = manifest.validate() {
            let shown = error.to_string();
            prop_assert!(!shown.chars().any(char::is_control), "{:?}", shown);
            prop_assert!(shown.chars().count() < 400);
        }
    }
}
