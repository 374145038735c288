//! Sampled waves: what they are, and how they travel.

mod analysis;
mod floats;
mod haar;
mod parts;
mod records;

use rustfft::num_complex::Complex64;

pub use analysis::{Analysis, Peak, WaveAnalyzer, mean_square_error};
pub use haar::{Haar, Padding};
pub use records::WaveRecords;

use crate::{CodecError, Decode, Encode, Limits};
use parts::Parts;

const FORMAT: &str = "wave";

/// How many peaks a record holds.
const PEAKS: usize = 5;

/// A sampled wave and what was found in it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct WaveRecord {
    /// Its number.
    pub id: i32,
    /// The frequency with the most power, in Hz.
    pub dominant_frequency: f64,
    /// The sum of the squared sizes of the samples.
    pub total_energy: f64,
    /// How much smaller the compressed form is than the samples, in percent.
    pub compression_ratio: f64,
    /// The mean squared difference between the real parts and what the compressed form gives back.
    pub mean_square_error: f64,
    /// The power of the dominant frequency over that of all others, in dB.
    pub signal_to_noise: f64,
    /// The samples.
    pub samples: Vec<Complex64>,
    /// The real parts, compressed.
    pub compressed: Vec<u8>,
    /// The frequencies that stand out, the strongest first.
    pub peaks: Vec<Peak>,
}

/// A record is a [`WaveRecord`], little-endian and without gaps: `i32` id; `f64` dominant frequency,
/// total energy, compression ratio, mean square error, signal to noise; `i32` n and n × (`f64`
/// real, `f64` imaginary); `i32` h and h bytes of hexadecimal text, which is the compressed form;
/// `i32` p and p × (`f64` frequency, `f64` power). That are 56 + 16 n + h + 16 p bytes.
///
/// With [`WaveRecords`] records follow each other without anything between them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Wave;

// === impl WaveRecord ===

impl WaveRecord {
    /// Analyses and compresses `samples`, of which there are `rate` a second. Holds the five
    /// strongest peaks. The signal to noise ratio of a wave without noise is infinite.
    pub fn of(
        id: i32,
        samples: Vec<Complex64>,
        rate: f64,
        analyzer: &mut WaveAnalyzer,
        haar: &Haar,
    ) -> Result<Self, CodecError> {
        let analysis = analyzer.analyze(&samples, rate)?;
        let real: Vec<f64> = samples.iter().map(|sample| sample.re).collect();
        let compressed = haar.compress(&real)?;
        let limits = Limits::DEFAULT.with_decoded_bytes(usize::MAX);
        let back = haar.decompress(&compressed, real.len(), &limits)?;
        let share = compressed.len() as f64 / (16 * samples.len()) as f64;
        Ok(Self {
            id,
            dominant_frequency: analysis.dominant().map_or(0.0, |peak| peak.frequency),
            total_energy: analysis.total_energy(),
            compression_ratio: 100.0 * (1.0 - share),
            mean_square_error: mean_square_error(&real, &back)?,
            signal_to_noise: analysis.signal_to_noise().unwrap_or(f64::INFINITY),
            peaks: analysis.peaks(PEAKS),
            samples,
            compressed,
        })
    }
}

// === impl Wave ===

impl Encode<WaveRecord> for Wave {
    fn encode(&mut self, record: &WaveRecord, into: &mut Vec<u8>) -> Result<(), CodecError> {
        const HEX: &[u8; 16] = b"0123456789abcdef";
        into.extend_from_slice(&record.id.to_le_bytes());
        let numbers = [
            record.dominant_frequency,
            record.total_energy,
            record.compression_ratio,
            record.mean_square_error,
            record.signal_to_noise,
        ];
        into.extend(numbers.iter().flat_map(|number| number.to_le_bytes()));
        count("samples", record.samples.len(), into)?;
        for sample in &record.samples {
            into.extend_from_slice(&sample.re.to_le_bytes());
            into.extend_from_slice(&sample.im.to_le_bytes());
        }
        count("digits", record.compressed.len().saturating_mul(2), into)?;
        for byte in &record.compressed {
            into.push(HEX[usize::from(byte >> 4)]);
            into.push(HEX[usize::from(byte & 15)]);
        }
        count("peaks", record.peaks.len(), into)?;
        for peak in &record.peaks {
            into.extend_from_slice(&peak.frequency.to_le_bytes());
            into.extend_from_slice(&peak.power.to_le_bytes());
        }
        Ok(())
    }
}

impl Decode<WaveRecord> for Wave {
    fn decode(&mut self, bytes: &[u8], limits: &Limits) -> Result<WaveRecord, CodecError> {
        limits.check_decoded(FORMAT, bytes.len())?;
        let mut parts = Parts::new(bytes);
        let record = WaveRecord {
            id: i32::from_le_bytes(parts.array("the id")?),
            dominant_frequency: parts.number("the dominant frequency")?,
            total_energy: parts.number("the total energy")?,
            compression_ratio: parts.number("the compression ratio")?,
            mean_square_error: parts.number("the mean square error")?,
            signal_to_noise: parts.number("the signal to noise ratio")?,
            samples: parts.pairs("samples", |re, im| Complex64 { re, im })?,
            compressed: parts.hex("hexadecimal digits")?,
            peaks: parts.pairs("peaks", |frequency, power| Peak { frequency, power })?,
        };
        parts.end()?;
        Ok(record)
    }
}

fn count(what: &str, count: usize, into: &mut Vec<u8>) -> Result<(), CodecError> {
    let Ok(count) = i32::try_from(count) else {
        let message = format!("{count} {what} are more than the format counts, {}", i32::MAX);
        return Err(CodecError::unencodable(FORMAT, message));
    };
    into.extend_from_slice(&count.to_le_bytes());
    Ok(())
}

#[cfg(test)]
mod tests;
