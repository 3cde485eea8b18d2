//! Reproducible draws: numbers, odds and log-normal durations.
//!
//! `model::SeededRandom` is shared between threads and pays an atomic operation for each number.
//! A generated span takes about thirty draws, so this sequence belongs to one owner instead.

/// Largest deviation a normal draw may have, in standard deviations. It bounds every duration,
/// and so the length of a trace; one draw in 16,000 lies beyond.
const DEVIATION_MAX: f64 = 4.0;

/// A reproducible sequence of draws (SplitMix64): the same seed gives the same draws.
#[derive(Clone, Debug)]
pub(super) struct Draw {
    state: u64,
    spare_normal: Option<f64>,
}

impl Draw {
    /// The sequence of `seed`.
    pub(super) fn new(seed: u64) -> Self {
        Self { state: seed, spare_normal: None }
    }

    /// 64 random bits.
    pub(super) fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        mixed(self.state)
    }

    /// 64 random bits that are not all zero, as ids must be.
    pub(super) fn next_id(&mut self) -> u64 {
        self.next().max(1)
    }

    /// A number below `bound`.
    pub(super) fn below(&mut self, bound: u64) -> u64 {
        ((u128::from(self.next()) * u128::from(bound)) >> 64) as u64
    }

    /// A place in a slice of `len` elements.
    pub(super) fn place(&mut self, len: usize) -> usize {
        self.below(len as u64) as usize
    }

    /// A number in `0.0..1.0`.
    pub(super) fn fraction(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// True with the given probability.
    pub(super) fn chance(&mut self, probability: f64) -> bool {
        self.fraction() < probability
    }

    /// A log-normal number with this median; `sigma` is the deviation of its logarithm.
    pub(super) fn log_normal(&mut self, median: f64, sigma: f64) -> f64 {
        median * (sigma * self.normal()).exp()
    }

    /// A standard normal number within [`DEVIATION_MAX`] (the polar method, which yields two).
    fn normal(&mut self) -> f64 {
        if let Some(spare) = self.spare_normal.take() {
            return spare;
        }
        loop {
            let x = 2.0 * self.fraction() - 1.0;
            let y = 2.0 * self.fraction() - 1.0;
            let square = x * x + y * y;
            if square >= 1.0 || square == 0.0 {
                continue;
            }
            let scale = (-2.0 * square.ln() / square).sqrt();
            self.spare_normal = Some((y * scale).clamp(-DEVIATION_MAX, DEVIATION_MAX));
            return (x * scale).clamp(-DEVIATION_MAX, DEVIATION_MAX);
        }
    }
}

/// `z` with its bits spread, so that neighbouring numbers have nothing in common.
pub(super) fn mixed(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}
