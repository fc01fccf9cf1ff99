//! MessagePack: from the bytes of a guest to values, and from the host's values to bytes.
//!
//! Decoding goes in two passes over the same bytes. [`structure`] walks the heads of all values without
//! allocating and refuses what no honest guest sends; then [`reader`] hands the values to serde. The reader
//! is this crate's own because an error made by `rmp_serde` quotes a guest's text in full before anyone can
//! shorten it, so that a 4 MiB string of control characters costs a message of 20 MiB.

mod encode;
mod error;
mod head;
mod peek;
mod reader;
mod structure;

use crate::manifest::PluginManifest;
use crate::outcome::ExecuteResult;

pub use encode::{encode_args, encode_effect_result};
pub use error::{DecodeError, DecodeErrorKind};
pub use peek::peek_api_version;
pub use structure::{Bounds, MAX_DEPTH, MAX_MANIFEST_VALUES, MAX_RESULT_VALUES, check_structure};

/// Decodes a guest's manifest, with structs as maps or as positional arrays.
///
/// A manifest of another version decodes as long as it has this version's shape; for one that does not, see
/// [`peek_api_version`]. Names and patterns are not looked at, see [`PluginManifest::validate`].
///
/// # Errors
///
/// [`DecodeError`] if [`check_structure`] refuses the bytes by [`Bounds::MANIFEST`], or if they do not have
/// the shape of a manifest: a field is missing, of another type, there twice, or one more than there are.
pub fn decode_manifest(bytes: &[u8]) -> Result<PluginManifest, DecodeError> {
    check_structure(bytes, Bounds::MANIFEST)?;
    reader::read(bytes)
}

/// Decodes a guest's answer to a call, with structs as maps or as positional arrays.
///
/// # Errors
///
/// As for [`decode_manifest`], by [`Bounds::RESULT`].
pub fn decode_result(bytes: &[u8]) -> Result<ExecuteResult, DecodeError> {
    check_structure(bytes, Bounds::RESULT)?;
    reader::read(bytes)
}
