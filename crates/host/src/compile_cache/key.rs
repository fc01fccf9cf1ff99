use std::io::{self, Read};
use std::thread;
use std::time::Duration;

use super::CacheUnusable;
use super::directory::{Access, Directory, Opened, Refusal};

const NAME: &str = "key";
const BYTES: usize = 32;

/// How often, and after how long, a key is looked at again that somebody is just making.
const ATTEMPTS: u32 = 40;
const PAUSE: Duration = Duration::from_millis(5);

/// What entries are authenticated with: derived from the file with the key, for this use alone.
pub(super) struct Key([u8; blake3::KEY_LEN]);

impl Key {
    /// The directory's key, made by whoever comes first; and whether one was there that others
    /// could have read or written, and which was replaced.
    pub(super) fn read_or_create(directory: &Directory) -> Result<(Self, bool), CacheUnusable> {
        let mut replaced = false;
        for attempt in 0..ATTEMPTS {
            match directory.open_file(NAME, Access::Private).map_err(failed)? {
                Opened::Missing => {
                    let mut secret = [0; BYTES];
                    getrandom::fill(&mut secret)
                        .map_err(|error| failed(io::Error::other(error)))?;
                    let temporary = directory.write_temporary(&[&secret]).map_err(failed)?;
                    if temporary.put(NAME).map_err(failed)? {
                        return Ok((Self::from_secret(&secret), replaced));
                    }
                    // Somebody else was first: theirs is the key.
                }
                Opened::File(mut file) if file.bytes == BYTES as u64 => {
                    let mut secret = [0; BYTES];
                    file.file.read_exact(&mut secret).map_err(failed)?;
                    return Ok((Self::from_secret(&secret), replaced));
                }
                Opened::Refused(Refusal::Foreign) => return Err(CacheUnusable::ForeignKey),
                // Under two names for a moment, where it could not be renamed into place.
                Opened::Refused(Refusal::Linked) if attempt < ATTEMPTS / 2 => thread::sleep(PAUSE),
                Opened::File(_) | Opened::Refused(_) => {
                    replaced = true;
                    directory.remove(NAME).map_err(failed)?;
                }
            }
        }
        Err(CacheUnusable::Key {
            reason: "others keep replacing it".into(),
        })
    }

    fn from_secret(secret: &[u8; BYTES]) -> Self {
        Self(blake3::derive_key(
            "sen-plugin-host compile cache 2026-11: authentication of entries",
            secret,
        ))
    }

    /// A hasher whose result nobody can make without the key.
    pub(super) fn hasher(&self) -> blake3::Hasher {
        blake3::Hasher::new_keyed(&self.0)
    }
}

fn failed(error: io::Error) -> CacheUnusable {
    CacheUnusable::Key {
        reason: error.to_string(),
    }
}
