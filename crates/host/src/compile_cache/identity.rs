use crate::engine::{Engine, Fingerprint};
use crate::program::Tier;

/// The layout of entries. Another number, and no older entry is looked at.
const FORMAT: u32 = 1;

const SUFFIX: &str = ".cwasm";

/// What an artefact is, in 32 bytes: which module, compiled by which version of the host and of
/// wasmtime, with which settings, for which features of the processor. Artefacts of the same
/// identity are interchangeable. It is the name of the artefact's entry.
///
/// The host's version is part of it because what the host checks before it compiles is not
/// checked again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Identity(pub(super) [u8; 32]);

impl Identity {
    pub(super) fn of(module: &blake3::Hash, tier: Tier, engine: &Engine) -> Self {
        Self::by(module, tier, engine.fingerprint())
    }

    /// As the engine with this fingerprint has it.
    pub(super) fn by(module: &blake3::Hash, tier: Tier, fingerprint: &Fingerprint) -> Self {
        let context = "sen-plugin-host compile cache 2026-11: identity of an artefact";
        let mut hasher = blake3::Hasher::new_derive_key(context);
        // All but the version are of one length.
        hasher.update(&FORMAT.to_le_bytes());
        hasher.update(fingerprint);
        hasher.update(&[tier as u8]);
        hasher.update(module.as_bytes());
        hasher.update(env!("CARGO_PKG_VERSION").as_bytes());
        Self(*hasher.finalize().as_bytes())
    }

    /// The name of the entry: the identity in hexadecimal, with a suffix.
    pub(super) fn file_name(&self) -> String {
        format!("{}{SUFFIX}", blake3::Hash::from_bytes(self.0).to_hex())
    }

    /// The identity that a file is called by, if it is called like an entry.
    pub(super) fn from_file_name(name: &str) -> Option<Self> {
        let hex = name.strip_suffix(SUFFIX)?;
        let is_lower = !hex.bytes().any(|byte| byte.is_ascii_uppercase());
        let hash = blake3::Hash::from_hex(hex).ok().filter(|_| is_lower)?;
        Some(Self(*hash.as_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::Identity;

    #[test]
    fn a_name_is_read_as_the_identity_that_it_was_made_from() {
        let identity = Identity([0xa7; 32]);
        let name = identity.file_name();
        assert_eq!(Identity::from_file_name(&name), Some(identity));
        for other in [
            "key",
            ".cwasm",
            "tmp-00.cwasm",
            &name.to_uppercase(),
            &name.replace("a7a7", "A7A7"),
            &name[1..],
            &format!("{name}.cwasm"),
        ] {
            assert_eq!(Identity::from_file_name(other), None, "{other}");
        }
    }
}
