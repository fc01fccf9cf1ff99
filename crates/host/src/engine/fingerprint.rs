use std::hash::{Hash, Hasher};
use std::sync::OnceLock;

use super::{Allocation, Purpose, background_compiler};

/// What compiled code depends on besides the module, as a digest.
pub(crate) type Fingerprint = [u8; 32];

pub(super) fn of(engine: &wasmtime::Engine) -> Fingerprint {
    let mut hasher = Blake3(blake3::Hasher::new());
    engine.precompile_compatibility_hash().hash(&mut hasher);
    *hasher.0.finalize().as_bytes()
}

/// What the fingerprint of the engine for a purpose can turn out to be, the likely one first, for a
/// tenth of the time that it takes to make the engine. Only that, where it has been made.
pub(crate) fn possible_fingerprints(purpose: Purpose) -> impl Iterator<Item = Fingerprint> {
    let made = match purpose.place().get() {
        Some(Ok(engine)) => Some(*engine.fingerprint()),
        _ => None,
    };
    let allocations: &'static [Allocation] = match (made, purpose) {
        (Some(_), _) => &[],
        (None, Purpose::Baseline) => &[Allocation::OnDemand],
        (None, _) => &[Allocation::Pooling, Allocation::OnDemand],
    };
    let presumed = move |&allocation| presumed(purpose, allocation);
    (made.into_iter()).chain(allocations.iter().filter_map(presumed))
}

/// The fingerprint that the engine for a purpose has if this is how it reserves memory.
fn presumed(purpose: Purpose, allocation: Allocation) -> Option<Fingerprint> {
    static PRESUMED: [[OnceLock<Option<Fingerprint>>; 3]; 2] =
        [const { [const { OnceLock::new() }; 3] }; 2];
    let place = &PRESUMED[allocation as usize][purpose as usize];
    *place.get_or_init(|| {
        let compiler = background_compiler(purpose, allocation).ok()?;
        Some(of(&compiler))
    })
}

/// Feeds what describes itself to `std`'s hashers to one whose result is the same everywhere.
struct Blake3(blake3::Hasher);

impl Hasher for Blake3 {
    fn write(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// Not asked for: the whole digest is taken.
    fn finish(&self) -> u64 {
        0
    }
}

#[cfg(test)]
mod tests {
    use super::{Allocation, Purpose, possible_fingerprints, presumed};
    use crate::engine::Engine;

    #[test]
    fn what_is_presumed_of_an_engine_is_so_once_it_is_made() {
        for purpose in [Purpose::Baseline, Purpose::ShortCalls, Purpose::Computation] {
            let mut possible = possible_fingerprints(purpose);
            let engine = Engine::get(purpose).unwrap();
            let made = *engine.fingerprint();
            assert_eq!(presumed(purpose, engine.allocation), Some(made));
            assert!(possible.any(|fingerprint| fingerprint == made));
            assert!(possible_fingerprints(purpose).eq([made]));
        }
        let pooling = Purpose::ShortCalls;
        assert_ne!(
            presumed(pooling, Allocation::Pooling),
            presumed(pooling, Allocation::OnDemand)
        );
    }
}
