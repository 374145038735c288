//! Medians and percentiles.

/// Numbers from several rounds, in the order of the rounds.
#[derive(Clone, Debug, Default)]
pub(crate) struct Samples(Vec<f64>);

/// A median and what lies around it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Spread {
    pub(crate) min: f64,
    pub(crate) median: f64,
    pub(crate) max: f64,
}

// === impl Samples ===

impl Samples {
    pub(crate) fn push(&mut self, value: f64) {
        self.0.push(value);
    }

    /// What became of each number in comparison with that of `other` in the same round: whatever
    /// slowed a round down, slowed both.
    pub(crate) fn over(&self, other: &Self) -> Self {
        self.0.iter().zip(&other.0).map(|(mine, theirs)| mine / theirs).collect()
    }

    /// What each number has more than that of `other` in the same round.
    pub(crate) fn minus(&self, other: &Self) -> Self {
        self.0.iter().zip(&other.0).map(|(mine, theirs)| mine - theirs).collect()
    }

    /// Each number times `factor`.
    pub(crate) fn times(&self, factor: f64) -> Self {
        self.0.iter().map(|value| value * factor).collect()
    }

    /// How many fit in a second, of nanoseconds.
    pub(crate) fn per_second(&self) -> Self {
        self.0.iter().map(|ns| 1e9 / ns).collect()
    }

    pub(crate) fn median(&self) -> f64 {
        self.spread().median
    }

    pub(crate) fn spread(&self) -> Spread {
        let mut sorted = self.0.clone();
        sorted.sort_by(f64::total_cmp);
        let middle = sorted.len() / 2;
        let (Some(&min), Some(&max)) = (sorted.first(), sorted.last()) else {
            return Spread { min: f64::NAN, median: f64::NAN, max: f64::NAN };
        };
        let is_odd = sorted.len() % 2 == 1;
        let below = sorted[if is_odd { middle } else { middle - 1 }];
        Spread { min, median: f64::midpoint(below, sorted[middle]), max }
    }
}

impl FromIterator<f64> for Samples {
    fn from_iter<I: IntoIterator<Item = f64>>(values: I) -> Self {
        Self(values.into_iter().collect())
    }
}

/// The smallest of the `sorted` numbers that `percent` of them do not exceed.
pub(crate) fn percentile(sorted: &[u64], percent: f64) -> u64 {
    let last = sorted.len().saturating_sub(1);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "an index")]
    let rank = (percent / 100.0 * sorted.len() as f64).ceil() as usize;
    sorted.get(rank.saturating_sub(1).min(last)).copied().unwrap_or(0)
}

#[cfg(test)]
mod tests;
