//! What is in an entry, and how it is authenticated.
//!
//! ```text
//! artefact     what wasmtime serialised: at the start, since it is mapped
//! metadata     identity 32, digest of the module 32, tier 1, manifest follows 1,
//!              the limits it was asked under 4 × 8, the manifest as the guest gave it
//! footer       bytes of artefact 8, bytes of metadata 8, magic 16, MAC 32
//! ```
//!
//! Numbers are little-endian. The MAC is over all bytes before it.

use std::fs::{File, FileTimes};
use std::io::{self, ErrorKind, Read, Seek, SeekFrom};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use sen_host_protocol::decode_manifest;
use wasmtime::Module;

use super::directory::OpenFile;
use super::identity::Identity;
use super::key::Key;
use super::{CacheEntryContents, is_older};
use crate::limits::Limits;
use crate::program::Tier;

/// Bytes of the largest entry that is read or written.
pub(super) const MAX_BYTES: u64 = 256 << 20;

/// Bytes of the largest metadata that is read: a manifest's limit may be far above the default.
const MAX_METADATA_BYTES: u64 = 16 << 20;

const MAGIC: [u8; 16] = *b"sen cwasm 1\r\n\x1a\n\0";
const MAC_BYTES: usize = 32;
const FOOTER_BYTES: usize = 16 + MAGIC.len() + MAC_BYTES;

/// Read at once: what the processor's caches hold, so that each byte comes from memory once.
const PIECE_BYTES: usize = 64 << 10;

/// A manifest as the guest gave it, and the limits that it was asked under.
#[derive(Clone)]
pub(crate) struct KeptManifest {
    limits: [u64; 4],
    bytes: Arc<[u8]>,
}

impl KeptManifest {
    pub(crate) fn new(bytes: Box<[u8]>, limits: &Limits) -> Self {
        let (limits, bytes) = (relevant(limits), bytes.into());
        Self { limits, bytes }
    }

    /// The manifest, if a guest asked under these limits would do and answer the same.
    pub(crate) fn under(&self, limits: &Limits) -> Option<&[u8]> {
        (self.limits == relevant(limits)).then_some(&*self.bytes)
    }
}

/// The limits that a guest's answer depends on. Of time it does not: it cannot see a clock, and
/// one that was fast enough once would be again.
fn relevant(limits: &Limits) -> [u64; 4] {
    [
        limits.fuel,
        limits.memory_bytes as u64,
        limits.table_elements as u64,
        limits.result_bytes as u64,
    ]
}

/// What an entry says of its artefact.
pub(super) struct Contents {
    pub(super) identity: Identity,
    pub(super) digest: [u8; 32],
    pub(super) tier: Tier,
    pub(super) manifest: Option<KeptManifest>,
}

impl Contents {
    /// Everything that follows the artefact in its entry, the MAC at the end.
    pub(super) fn seal(&self, artefact: &[u8], key: &Key) -> Vec<u8> {
        let mut sealed = Vec::new();
        sealed.extend(self.identity.0);
        sealed.extend(self.digest);
        sealed.push(self.tier as u8);
        sealed.push(self.manifest.is_some().into());
        if let Some(KeptManifest { limits, bytes }) = &self.manifest {
            sealed.extend(limits.iter().flat_map(|limit| limit.to_le_bytes()));
            sealed.extend(&**bytes);
        }
        let metadata_bytes = sealed.len() as u64;
        sealed.extend((artefact.len() as u64).to_le_bytes());
        sealed.extend(metadata_bytes.to_le_bytes());
        sealed.extend(MAGIC);
        let mut hasher = key.hasher();
        let mac = hasher.update(artefact).update(&sealed).finalize();
        sealed.extend(mac.as_bytes());
        sealed
    }

    /// What `seal` wrote before the footer.
    fn decode(metadata: &[u8]) -> Option<Self> {
        let (identity, rest) = metadata.split_first_chunk()?;
        let (digest, rest) = rest.split_first_chunk()?;
        let (&[tier, has_manifest], rest) = rest.split_first_chunk()?;
        let tier = [Tier::ShortCalls, Tier::Computation, Tier::Baseline]
            .into_iter()
            .find(|&known| known as u8 == tier)?;
        let manifest = match has_manifest {
            0 => None,
            _ => {
                let (limits, bytes) = rest.split_first_chunk::<32>()?;
                let (limits, _) = limits.as_chunks();
                let limits = [0, 1, 2, 3].map(|index| limits.get(index).copied());
                let [Some(a), Some(b), Some(c), Some(d)] = limits else {
                    return None;
                };
                let limits = [a, b, c, d].map(u64::from_le_bytes);
                let bytes = bytes.into();
                Some(KeptManifest { limits, bytes })
            }
        };
        Some(Self {
            identity: Identity(*identity),
            digest: *digest,
            tier,
            manifest,
        })
    }

    pub(super) fn describe(&self) -> CacheEntryContents {
        let manifest = self.manifest.as_ref();
        let manifest = manifest.and_then(|manifest| decode_manifest(&manifest.bytes).ok());
        CacheEntryContents {
            digest: format!("blake3:{}", blake3::Hash::from_bytes(self.digest).to_hex()),
            tier: self.tier,
            command: manifest.map(|manifest| manifest.command.name),
        }
    }
}

/// An entry that a process of this user wrote: made by [`Authentic::check`] and by nothing else.
pub(super) struct Authentic {
    pub(super) artefact: Artefact,
    pub(super) contents: Contents,
    pub(super) modified: SystemTime,
}

/// An entry's file, whose artefact has been authenticated through this very descriptor.
pub(super) struct Artefact(File);

impl Authentic {
    /// Reads an entry through its descriptor and authenticates every byte of it. Nothing if it is
    /// not what this user's host wrote under this name.
    ///
    /// # Errors
    /// What the system says of reading it.
    pub(super) fn check(
        file: OpenFile,
        identity: &Identity,
        key: &Key,
    ) -> io::Result<Option<Self>> {
        match Self::read(file, identity, key) {
            // Shorter than it was a moment ago.
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => Ok(None),
            read => read,
        }
    }

    fn read(
        OpenFile {
            mut file,
            bytes,
            modified,
        }: OpenFile,
        identity: &Identity,
        key: &Key,
    ) -> io::Result<Option<Self>> {
        if bytes < FOOTER_BYTES as u64 || bytes > MAX_BYTES {
            return Ok(None);
        }
        file.seek(SeekFrom::Start(bytes - FOOTER_BYTES as u64))?;
        let mut footer = [0; FOOTER_BYTES];
        file.read_exact(&mut footer)?;
        // Not authenticated yet: only used to find the ends of parts that are.
        let Some(Footer {
            artefact_bytes,
            metadata_bytes,
            mac,
        }) = Footer::decode(&footer, bytes)
        else {
            return Ok(None);
        };

        file.seek(SeekFrom::Start(0))?;
        let mut hasher = key.hasher();
        let mut piece = vec![0; PIECE_BYTES.min(artefact_bytes)];
        let mut left = artefact_bytes;
        while left > 0 {
            piece.truncate(left);
            file.read_exact(&mut piece)?;
            hasher.update(&piece);
            left -= piece.len();
        }
        let mut metadata = vec![0; metadata_bytes];
        file.read_exact(&mut metadata)?;
        hasher.update(&metadata);
        let (authenticated, _) = footer.split_at(FOOTER_BYTES - MAC_BYTES);
        hasher.update(authenticated);
        // In constant time, whichever bytes differ.
        if hasher.finalize() != mac {
            return Ok(None);
        }
        let contents = Contents::decode(&metadata)
            // An entry under the name of another.
            .filter(|contents| contents.identity == *identity);
        Ok(contents.map(|contents| Self {
            artefact: Artefact(file),
            contents,
            modified,
        }))
    }
}

impl Artefact {
    /// Says that the entry was used, unless it has been said of late. Where that is refused, it
    /// is evicted sooner.
    pub(super) fn touch(&self, modified: SystemTime, every: Duration) {
        let now = SystemTime::now();
        if is_older(modified, every, now) {
            let _ = self.0.set_times(FileTimes::new().set_modified(now));
        }
    }

    /// Maps the artefact: code that can be run.
    ///
    /// # Errors
    /// What wasmtime says of an artefact that is not this engine's.
    #[allow(
        unsafe_code,
        reason = "the one place where bytes become code without being compiled"
    )]
    pub(super) fn map(self, engine: &wasmtime::Engine) -> wasmtime::Result<Module> {
        // SAFETY: wasmtime asks for the unmodified output of `Module::serialize`, in a file that
        // does not change while the module lives.
        //
        // The output: an `Artefact` is made by `Authentic::check` alone, which has read every byte
        // through the descriptor that is mapped here and compared their MAC, under a key that only
        // this user can read. Who has it is this host, which computes MACs in `Contents::seal`
        // alone, over the output of `Module::serialize` at the start of the file. What follows the
        // artefact is outside of the sections that its header names. That it was made by this
        // version of wasmtime with these settings, wasmtime checks by itself.
        //
        // No change: entries are written under another name, made read-only and renamed, and never
        // written to again; deleting or replacing one leaves the file that is mapped as it is. Its
        // owner was this user when it was checked, through this descriptor, and neither it nor the
        // directory could be written to by anybody else. Who can change it all the same is this
        // user or root, whom the cache trusts as whoever starts this process does: they could
        // as well put another addon in the place of this one.
        unsafe { Module::deserialize_open_file(engine, self.0) }
    }
}

struct Footer {
    artefact_bytes: usize,
    metadata_bytes: usize,
    mac: blake3::Hash,
}

impl Footer {
    /// What the last bytes of a file of this length say, if it can be true.
    fn decode(footer: &[u8; FOOTER_BYTES], file_bytes: u64) -> Option<Self> {
        let (artefact_bytes, rest) = footer.split_first_chunk()?;
        let (metadata_bytes, rest) = rest.split_first_chunk()?;
        let (magic, mac) = rest.split_first_chunk()?;
        let artefact_bytes = u64::from_le_bytes(*artefact_bytes);
        let metadata_bytes = u64::from_le_bytes(*metadata_bytes);
        let sum = artefact_bytes
            .checked_add(metadata_bytes)?
            .checked_add(FOOTER_BYTES as u64)?;
        if sum != file_bytes || metadata_bytes > MAX_METADATA_BYTES || *magic != MAGIC {
            return None;
        }
        Some(Self {
            artefact_bytes: usize::try_from(artefact_bytes).ok()?,
            metadata_bytes: usize::try_from(metadata_bytes).ok()?,
            mac: blake3::Hash::from_bytes(mac.try_into().ok()?),
        })
    }
}
