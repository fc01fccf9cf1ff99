//! `compute`: tens of milliseconds of work that memory takes part in, and the digest of what came of it.
//!
//! Hashing, sorting and multiplying matrices: accesses in order, by comparison and with a stride. Whole numbers only,
//! so that every engine gives the same answer.

use sen_plugin_sdk::prelude::*;
use sha2::{Digest, Sha256};

const HASHED_BYTES: usize = 4 << 20;
const SORTED: usize = 200_000;
const SIDE: usize = 192;

struct Compute;

impl Plugin for Compute {
    fn manifest() -> PluginManifest {
        PluginManifest::new(CommandSpec::new("compute", "Hashes, sorts and multiplies"))
    }

    /// The argument is where the data come from: another is other work of the same kind.
    fn execute(args: Vec<String>) -> ExecuteResult {
        let mut random = Random::new(args.first().map_or("", String::as_str));
        let mut digest = Sha256::new();

        let bytes: Vec<u8> = random
            .by_ref()
            .map(|number| number as u8)
            .take(HASHED_BYTES)
            .collect();
        digest.update(&bytes);

        let mut numbers: Vec<u32> = random.by_ref().take(SORTED).collect();
        numbers.sort_unstable();
        for number in numbers {
            digest.update(number.to_le_bytes());
        }

        let left: Vec<u32> = random.by_ref().take(SIDE * SIDE).collect();
        let right: Vec<u32> = random.by_ref().take(SIDE * SIDE).collect();
        for number in product(&left, &right) {
            digest.update(number.to_le_bytes());
        }

        let text = digest
            .finalize()
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect::<String>();
        ExecuteResult::success(text)
    }
}

/// By the definition: each element of it goes down a column.
fn product(left: &[u32], right: &[u32]) -> Vec<u32> {
    let mut product = Vec::with_capacity(SIDE * SIDE);
    for row in left.chunks_exact(SIDE) {
        for column in 0..SIDE {
            let pairs = row.iter().zip(right[column..].iter().step_by(SIDE));
            product.push(pairs.fold(0, |sum: u32, (a, b)| sum.wrapping_add(a.wrapping_mul(*b))));
        }
    }
    product
}

/// A linear congruential generator, which never ends.
struct Random(u64);

impl Random {
    fn new(seed: &str) -> Self {
        Self(
            seed.bytes()
                .fold(0, |state, byte| (state << 8) ^ u64::from(byte)),
        )
    }
}

impl Iterator for Random {
    type Item = u32;

    fn next(&mut self) -> Option<u32> {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        Some((self.0 >> 32) as u32)
    }
}

export_plugin!(Compute);
