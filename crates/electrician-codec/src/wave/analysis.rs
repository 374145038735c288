//! What a wave consists of.

use std::cmp::Ordering;
use std::fmt;

use rustfft::FftPlanner;
use rustfft::num_complex::Complex64;

use super::FORMAT;
use crate::CodecError;

/// Takes waves apart into their frequencies.
///
/// It keeps what a length needs, and its buffers, for the next wave.
pub struct WaveAnalyzer {
    planner: FftPlanner<f64>,
    bins: Vec<Complex64>,
    scratch: Vec<Complex64>,
}

/// The frequencies of a wave.
///
/// Of N samples at `rate` Hz, bin `i` has the frequency `i * rate / N` and the power `|X_i|^2`,
/// where X is the discrete Fourier transform without a factor. There are N / 2 bins. The first is
/// the mean of the wave: it is neither signal nor noise.
#[derive(Clone, Debug, PartialEq)]
pub struct Analysis {
    powers: Vec<f64>,
    bin_width: f64,
    total_energy: f64,
}

/// A frequency and how strong it is.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Peak {
    /// In Hz.
    pub frequency: f64,
    /// The squared size of its bin.
    pub power: f64,
}

/// The mean squared difference between two waves of the same length: `sum((a_i - b_i)^2) / N`.
pub fn mean_square_error(wave: &[f64], other: &[f64]) -> Result<f64, CodecError> {
    if wave.len() != other.len() {
        let message = format!(
            "waves of {} and {} samples cannot be compared: they need one length",
            wave.len(),
            other.len()
        );
        return Err(CodecError::unencodable(FORMAT, message));
    }
    check_any(wave.len())?;
    let sum: f64 = wave.iter().zip(other).map(|(one, other)| (one - other).powi(2)).sum();
    Ok(sum / wave.len() as f64)
}

pub(super) fn check_any(samples: usize) -> Result<(), CodecError> {
    match samples {
        0 => Err(CodecError::unencodable(FORMAT, "the wave is empty, it needs samples")),
        _ => Ok(()),
    }
}

// === impl WaveAnalyzer ===

impl WaveAnalyzer {
    /// For waves of any length.
    pub fn new() -> Self {
        Self { planner: FftPlanner::new(), bins: Vec::new(), scratch: Vec::new() }
    }

    /// The frequencies of `samples`, of which there are `rate` a second. Fails for a wave without
    /// samples, with one that is not finite, or without a positive rate.
    pub fn analyze(&mut self, samples: &[Complex64], rate: f64) -> Result<Analysis, CodecError> {
        check_any(samples.len())?;
        if !(rate.is_finite() && rate > 0.0) {
            let message =
                format!("the rate is {rate}, it is a positive number of samples a second");
            return Err(CodecError::unencodable(FORMAT, message));
        }
        if let Some(place) = samples.iter().position(|sample| !sample.is_finite()) {
            let message = format!("sample {place} is {}, samples are finite", samples[place]);
            return Err(CodecError::unencodable(FORMAT, message));
        }
        self.bins.clear();
        self.bins.extend_from_slice(samples);
        let transform = self.planner.plan_fft_forward(samples.len());
        self.scratch.resize(transform.get_inplace_scratch_len(), Complex64::default());
        transform.process_with_scratch(&mut self.bins, &mut self.scratch);
        Ok(Analysis {
            powers: self.bins[..samples.len() / 2].iter().map(Complex64::norm_sqr).collect(),
            bin_width: rate / samples.len() as f64,
            total_energy: samples.iter().map(Complex64::norm_sqr).sum(),
        })
    }
}

impl Default for WaveAnalyzer {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for WaveAnalyzer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WaveAnalyzer").field("bins", &self.bins.len()).finish_non_exhaustive()
    }
}

// === impl Analysis ===

impl Analysis {
    /// The power of each bin.
    pub fn powers(&self) -> &[f64] {
        &self.powers
    }

    /// How far two bins are apart, in Hz.
    pub const fn bin_width(&self) -> f64 {
        self.bin_width
    }

    /// The sum of the squared sizes of the samples.
    pub const fn total_energy(&self) -> f64 {
        self.total_energy
    }

    /// The frequency with the most power, the lowest if there are several. Nothing for a wave that
    /// does not swing, or of fewer than four samples.
    pub fn dominant(&self) -> Option<Peak> {
        let bins = 1..self.powers.len();
        let strongest = bins.rev().max_by(|one, other| self.compare(*one, *other))?;
        let peak = self.peak(strongest);
        (peak.power > 0.0).then_some(peak)
    }

    /// `10 log10(s / n)` dB, where s is the power of the dominant frequency and n that of all others.
    /// Nothing if there is no dominant frequency, or nothing but it.
    pub fn signal_to_noise(&self) -> Option<f64> {
        let signal = self.dominant()?.power;
        let all: f64 = self.powers[1..].iter().sum();
        let noise = all - signal;
        (noise > 0.0).then(|| 10.0 * (signal / noise).log10())
    }

    /// The frequencies with more power than their neighbours, the strongest first, at most `limit`.
    /// The first and the last bin have one neighbour, and are none.
    pub fn peaks(&self, limit: usize) -> Vec<Peak> {
        let last = self.powers.len().saturating_sub(1);
        let stands_out = |bin: &usize| {
            self.powers[*bin] > self.powers[bin - 1] && self.powers[*bin] > self.powers[bin + 1]
        };
        let mut bins: Vec<usize> = (1..last.max(1)).filter(stands_out).collect();
        bins.sort_by(|one, other| self.compare(*other, *one));
        bins.truncate(limit);
        bins.into_iter().map(|bin| self.peak(bin)).collect()
    }

    fn peak(&self, bin: usize) -> Peak {
        Peak { frequency: bin as f64 * self.bin_width, power: self.powers[bin] }
    }

    fn compare(&self, one: usize, other: usize) -> Ordering {
        self.powers[one].total_cmp(&self.powers[other])
    }
}
