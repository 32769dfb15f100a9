//! Chance that can be repeated: a seed in, the same choices out.

use anyhow::{Context, Result};

/// A source of choices (SplitMix64): not for secrets.
#[derive(Debug)]
pub struct Chance(u64);

impl Chance {
    /// Starts from `FINGERPOST_SEED`, or from the seed given; says which, so that a failure can be repeated.
    pub fn seeded(name: &str, default: u64) -> Result<Self> {
        let seed = match std::env::var("FINGERPOST_SEED") {
            Ok(text) => text.parse().context("reading FINGERPOST_SEED as a whole number")?,
            Err(_unset) => default,
        };
        crate::stage::say(&format!("{name}: FINGERPOST_SEED={seed}"));
        Ok(Self(seed))
    }

    /// Starts from a seed that other chance gave.
    #[must_use]
    pub const fn from_seed(seed: u64) -> Self {
        Self(seed)
    }

    /// Returns so many letters that do not compress.
    pub fn letters(seed: u64, count: usize) -> String {
        let mut chance = Self(seed);
        let letter =
            |_| char::from(b'a'.saturating_add(u8::try_from(chance.below(26)).unwrap_or(0)));
        (0..count).map(letter).collect()
    }

    /// Returns the next 64 bits.
    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        bits ^ (bits >> 31)
    }

    /// Returns a number below `end`, or 0 if there is none.
    pub fn below(&mut self, end: usize) -> usize {
        match u64::try_from(end) {
            Ok(end) if end > 0 => usize::try_from(self.bits() % end).unwrap_or(0),
            Ok(_) | Err(_) => 0,
        }
    }

    /// Returns one of the values.
    pub fn one<'a, T>(&mut self, of: &'a [T]) -> Result<&'a T> {
        of.get(self.below(of.len())).context("nothing to choose from")
    }
}
