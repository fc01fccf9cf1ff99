//! Whatever either side says is what the other side hears.

use proptest::collection::vec;
use proptest::prelude::*;
use sen_host_protocol::{
    EffectResult, decode_manifest, decode_result, encode_args, encode_effect_result,
    peek_api_version,
};

use crate::arbitrary;

proptest! {
    #[test]
    fn every_manifest_arrives_as_it_was_sent_in_either_form(sent in arbitrary::manifest()) {
        let as_maps = rmp_serde::to_vec_named(&sent).unwrap();
        let as_arrays = rmp_serde::to_vec(&sent).unwrap();
        for bytes in [as_maps, as_arrays] {
            prop_assert_eq!(peek_api_version(&bytes), Some(sent.api_version));
            prop_assert_eq!(&decode_manifest(&bytes).unwrap(), &sent);
        }
    }

    #[test]
    fn every_result_arrives_as_it_was_sent_in_either_form(sent in arbitrary::execute_result()) {
        let as_maps = rmp_serde::to_vec_named(&sent).unwrap();
        let as_arrays = rmp_serde::to_vec(&sent).unwrap();
        for bytes in [as_maps, as_arrays] {
            prop_assert_eq!(&decode_result(&bytes).unwrap(), &sent);
        }
    }

    #[test]
    fn every_effect_result_is_encoded_as_the_rust_host_does(sent in arbitrary::effect_result()) {
        let bytes = encode_effect_result(&sent);
        prop_assert_eq!(&bytes, &rmp_serde::to_vec_named(&sent).unwrap());
        prop_assert_eq!(rmp_serde::from_slice::<EffectResult>(&bytes).unwrap(), sent);
    }

    #[test]
    fn arguments_are_encoded_as_the_rust_host_does(args in vec(arbitrary::text(), 0..40)) {
        let mut bytes = Vec::new();
        encode_args(&args, &mut bytes);
        prop_assert_eq!(bytes, rmp_serde::to_vec(&args).unwrap());
    }
}

#[test]
fn a_list_of_arguments_of_any_length_has_the_right_head() {
    for count in [0, 15, 16, 65_535, 65_536] {
        let args = vec!["x"; count];
        let mut bytes = Vec::new();
        encode_args(&args, &mut bytes);
        assert_eq!(bytes, rmp_serde::to_vec(&args).unwrap(), "{count}");
    }
}
