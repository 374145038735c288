//! Compression by a Haar transform.

use std::f64::consts::FRAC_1_SQRT_2;

use super::analysis::check_any;
use super::{FORMAT, floats};
use crate::{CodecError, Limits};

/// Compresses waves: one level of the Haar transform, small coefficients set to zero, the rest as
/// gob floats within zlib.
///
/// For each pair of samples (a, b), the first half of the coefficients has `(a + b) / sqrt(2)`, the
/// second half `(a - b) / sqrt(2)`. What is smaller than the threshold times the largest one is lost.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Haar {
    threshold: f64,
    padding: Padding,
}

/// What becomes of the last sample of an odd number, which has no other to pair with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Padding {
    /// An error.
    #[default]
    Refuse,
    /// It is paired with itself.
    Repeat,
    /// It is paired with zero.
    Zero,
}

// === impl Haar ===

impl Haar {
    /// Loses coefficients below 0.005 of the largest, and refuses an odd number of samples.
    pub const fn new() -> Self {
        Self { threshold: 0.005, padding: Padding::Refuse }
    }

    /// Loses coefficients below `share` of the largest: 0 loses nothing but rounding. A share that
    /// is not between 0 and 1 is taken for the nearer of the two, one that is no number for 0.
    pub const fn with_threshold(mut self, share: f64) -> Self {
        self.threshold = if share.is_nan() { 0.0 } else { share.clamp(0.0, 1.0) };
        self
    }

    /// With a rule for odd numbers of samples.
    pub const fn with_padding(mut self, padding: Padding) -> Self {
        self.padding = padding;
        self
    }

    /// The coefficients of `samples`, an even number.
    pub fn forward(&self, samples: &[f64]) -> Result<Vec<f64>, CodecError> {
        check_any(samples.len())?;
        if let Some(place) = samples.iter().position(|sample| !sample.is_finite()) {
            let message = format!("sample {place} is {}, samples are finite", samples[place]);
            return Err(CodecError::unencodable(FORMAT, message));
        }
        let (pairs, odd) = samples.as_chunks::<2>();
        let last = match (odd, self.padding) {
            ([], _) => None,
            ([last, ..], Padding::Repeat) => Some([*last; 2]),
            ([last, ..], Padding::Zero) => Some([*last, 0.0]),
            (_, Padding::Refuse) => {
                let message = format!(
                    "{} samples are no pairs: give an even number, or choose a padding",
                    samples.len()
                );
                return Err(CodecError::unencodable(FORMAT, message));
            }
        };
        let pairs = || pairs.iter().copied().chain(last);
        let sums = pairs().map(|[a, b]| (a + b) * FRAC_1_SQRT_2);
        let differences = pairs().map(|[a, b]| (a - b) * FRAC_1_SQRT_2);
        Ok(sums.chain(differences).collect())
    }

    /// The samples that `coefficients`, an even number, are of. Padding is not cut off.
    pub fn inverse(&self, coefficients: &[f64]) -> Result<Vec<f64>, CodecError> {
        let half = coefficients.len() / 2;
        if half == 0 || !coefficients.len().is_multiple_of(2) {
            let message = format!(
                "{} coefficients are of no wave: there is an even number, and one pair at least",
                coefficients.len()
            );
            return Err(CodecError::malformed(FORMAT, message));
        }
        let (sums, differences) = coefficients.split_at(half);
        let pair = |(sum, difference): (&f64, &f64)| {
            [(sum + difference) * FRAC_1_SQRT_2, (sum - difference) * FRAC_1_SQRT_2]
        };
        Ok(sums.iter().zip(differences).flat_map(pair).collect())
    }

    /// The compressed form of `samples`.
    pub fn compress(&self, samples: &[f64]) -> Result<Vec<u8>, CodecError> {
        let mut coefficients = self.forward(samples)?;
        let largest = coefficients.iter().fold(0.0_f64, |most, each| most.max(each.abs()));
        let least = self.threshold * largest;
        for coefficient in &mut coefficients {
            if coefficient.abs() < least {
                *coefficient = 0.0;
            }
        }
        floats::deflate(&floats::write(&coefficients))
    }

    /// The `len` samples that `compressed` is of, as far as they were not lost.
    pub fn decompress(
        &self,
        compressed: &[u8],
        len: usize,
        limits: &Limits,
    ) -> Result<Vec<f64>, CodecError> {
        let mut samples = self.inverse(&Self::coefficients(compressed, limits)?)?;
        if samples.len() != len + len % 2 {
            let message = format!("the wave has {} samples, {len} were expected", samples.len());
            return Err(CodecError::malformed(FORMAT, message));
        }
        samples.truncate(len);
        Ok(samples)
    }

    /// The coefficients within a compressed form.
    pub fn coefficients(compressed: &[u8], limits: &Limits) -> Result<Vec<f64>, CodecError> {
        floats::read(&floats::inflate(compressed, limits)?, limits)
    }
}

impl Default for Haar {
    fn default() -> Self {
        Self::new()
    }
}
