//! Chance that is the same in every run.

/// A generator of numbers (SplitMix64): every mutant has one of its own, so that it can be made again alone.
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64, number: u64) -> Self {
        let mut dice = Self(seed ^ number.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        dice.next();
        dice
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Returns a number below `sides`; 0 if there is none.
    pub(crate) fn roll(&mut self, sides: usize) -> usize {
        usize::try_from(self.next() % (sides.max(1) as u64)).unwrap()
    }

    pub(crate) fn byte(&mut self) -> u8 {
        (self.next() & 0xff) as u8
    }

    pub(crate) fn pick<'t, T>(&mut self, from: &'t [T]) -> &'t T {
        &from[self.roll(from.len())]
    }

    /// Returns a number of the kind that programs stumble over.
    pub(crate) fn odd_number(&mut self) -> u64 {
        match self.roll(8) {
            0 => 0,
            1 => 1,
            2 => self.next() % 32,
            3 => 1 << self.roll(64),
            4 => (1 << self.roll(64)) - 1,
            5 => u64::MAX - self.next() % 3,
            6 => u64::from(u32::MAX) + self.next() % 3,
            _ => self.next() % 70_000,
        }
    }
}
