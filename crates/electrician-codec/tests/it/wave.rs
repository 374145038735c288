//! Waves: what is found in them, how they are compressed, how they travel.

use std::f64::consts::{SQRT_2, TAU};

use electrician_codec::{
    CodecErrorKind, Complex64, Decode, Encode, FramedDecoder, Haar, Limits, Padding, Peak, Wave,
    WaveAnalyzer, WaveRecord, WaveRecords, mean_square_error,
};
use proptest::collection::vec;
use proptest::prelude::*;

use crate::support::read_all;

/// 1,024 samples at 1,024 Hz of 50, 100 and 200 Hz, with 1, 0.5 and 0.25 as amplitudes.
fn three() -> Vec<Complex64> {
    let sample = |index: u32| {
        let at = f64::from(index) / 1024.0;
        let tone = |(frequency, amplitude): (f64, f64)| amplitude * (TAU * frequency * at).sin();
        Complex64 { re: [(50.0, 1.0), (100.0, 0.5), (200.0, 0.25)].map(tone).iter().sum(), im: 0.0 }
    };
    (0..1024).map(sample).collect()
}

fn near(found: f64, expected: f64, within: f64) {
    assert!((found - expected).abs() <= within, "{found} is not {expected}");
}

#[test]
fn three_tones_are_found() {
    let analysis = WaveAnalyzer::new().analyze(&three(), 1024.0).unwrap();
    near(analysis.total_energy(), 672.0, 1e-6);
    let dominant = analysis.dominant().unwrap();
    near(dominant.frequency, 50.0, 0.0);
    near(dominant.power, 262_144.0, 1e-6);
    near(analysis.signal_to_noise().unwrap(), 5.05, 0.005);
    let peaks = analysis.peaks(3);
    let frequencies: Vec<f64> = peaks.iter().map(|peak| peak.frequency).collect();
    assert_eq!(frequencies, [50.0, 100.0, 200.0]);
    near(peaks[1].power, 65_536.0, 1e-6);
    near(peaks[2].power, 16_384.0, 1e-6);
    assert_eq!(analysis.powers().len(), 512);
    near(analysis.bin_width(), 1.0, 0.0);
}

#[test]
fn the_record_of_three_tones() {
    let record =
        WaveRecord::of(7, three(), 1024.0, &mut WaveAnalyzer::new(), &Haar::new()).unwrap();
    near(record.dominant_frequency, 50.0, 0.0);
    near(record.total_energy, 672.0, 1e-6);
    near(record.signal_to_noise, 5.05, 0.005);
    near(record.compression_ratio, 63.5, 1.5);
    assert!(record.signal_to_noise > 3.0 && record.compression_ratio > 45.0, "it is kept");
    assert!(record.mean_square_error > 0.0 && record.mean_square_error < 1e-4);
    assert_eq!(record.peaks.len(), 5);
    let mut bytes = Vec::new();
    Wave.encode(&record, &mut bytes).unwrap();
    let size = 56 + 16 * 1024 + 2 * record.compressed.len() + 16 * 5;
    assert_eq!(bytes.len(), size);
    assert_eq!(Wave.decode(&bytes, &Limits::DEFAULT).unwrap(), record);
}

/// 8,911 bytes are known of this wave. The last bits of a sine differ between libraries, and trailing
/// zero bits take no bytes.
#[test]
fn the_coefficients_are_as_many_bytes_of_gob_as_go_makes() {
    use std::io::Read;
    let real: Vec<f64> = three().iter().map(|sample| sample.re).collect();
    let compressed = Haar::new().compress(&real).unwrap();
    let mut gob = Vec::new();
    flate2::read::ZlibDecoder::new(&compressed[..]).read_to_end(&mut gob).unwrap();
    assert_eq!(gob[..12], [0x0b, 0x7f, 2, 1, 2, 0xff, 0x80, 0, 1, 8, 0, 0]);
    assert!(gob.len().abs_diff(8_911) <= 8, "{}", gob.len());
}

#[test]
fn the_mean_is_neither_signal_nor_noise() {
    let mut analyzer = WaveAnalyzer::new();
    let raised: Vec<_> = three().iter().map(|sample| sample + 100.0).collect();
    let analysis = analyzer.analyze(&raised, 1024.0).unwrap();
    near(analysis.dominant().unwrap().frequency, 50.0, 0.0);
    near(analysis.signal_to_noise().unwrap(), 5.05, 0.005);
    let flat = analyzer.analyze(&[Complex64 { re: 1.0, im: 0.0 }; 8], 8.0).unwrap();
    assert_eq!((flat.dominant(), flat.signal_to_noise()), (None, None));
    near(flat.total_energy(), 8.0, 1e-12);
}

#[test]
fn short_waves_have_few_bins() {
    let mut analyzer = WaveAnalyzer::new();
    for count in 1..12 {
        let analysis = analyzer.analyze(&vec![Complex64 { re: 1.0, im: 2.0 }; count], 1.0).unwrap();
        assert_eq!(analysis.powers().len(), count / 2);
        assert!(analysis.peaks(9).len() <= count / 4);
        let _ = (analysis.dominant(), analysis.signal_to_noise());
    }
}

#[test]
fn what_is_no_wave_is_refused() {
    let mut analyzer = WaveAnalyzer::new();
    let one = [Complex64 { re: 1.0, im: 0.0 }];
    let refused = [
        analyzer.analyze(&[], 1.0),
        analyzer.analyze(&one, 0.0),
        analyzer.analyze(&one, f64::NAN),
        analyzer.analyze(&[Complex64 { re: 1.0, im: f64::INFINITY }], 1.0),
    ];
    for refused in refused {
        assert_eq!(refused.unwrap_err().kind(), CodecErrorKind::Unencodable);
    }
    assert!(mean_square_error(&[1.0], &[1.0, 2.0]).is_err());
    assert!(mean_square_error(&[], &[]).is_err());
    near(mean_square_error(&[1.0, 2.0], &[2.0, 4.0]).unwrap(), 2.5, 0.0);
}

#[test]
fn coefficients_are_sums_and_differences() {
    let haar = Haar::new();
    let coefficients = haar.forward(&[1.0; 4]).unwrap();
    assert_eq!(coefficients.len(), 4);
    near(coefficients[0], SQRT_2, 1e-15);
    near(coefficients[2], 0.0, 0.0);
    let coefficients = haar.forward(&[3.0, 1.0]).unwrap();
    near(coefficients[1], SQRT_2, 1e-15);
}

#[test]
fn an_odd_number_needs_a_rule() {
    let odd = [1.0, 2.0, 3.0];
    let error = Haar::new().forward(&odd).unwrap_err();
    let message = "wave: 3 samples are no pairs: give an even number, or choose a padding";
    assert_eq!(error.to_string(), message);
    assert!(Haar::new().forward(&[]).unwrap_err().to_string().contains("empty"));
    assert!(Haar::new().forward(&[f64::NAN, 1.0]).is_err());
    let lossless = Haar::new().with_threshold(0.0);
    for (padding, last) in [(Padding::Repeat, 3.0), (Padding::Zero, 0.0)] {
        let haar = lossless.with_padding(padding);
        let back = haar.inverse(&haar.forward(&odd).unwrap()).unwrap();
        near(back[3], last, 1e-12);
        let back = haar.decompress(&haar.compress(&odd).unwrap(), 3, &Limits::DEFAULT).unwrap();
        assert!(mean_square_error(&odd, &back).unwrap() < 1e-24);
    }
    for wrong in [&[][..], &[1.0], &[1.0, 2.0, 3.0]] {
        assert_eq!(Haar::new().inverse(wrong).unwrap_err().kind(), CodecErrorKind::Malformed);
    }
}

#[test]
fn a_compressed_form_of_another_length_is_refused() {
    let compressed = Haar::new().compress(&[1.0; 8]).unwrap();
    for len in [0, 6, 9, usize::MAX - 1] {
        assert!(Haar::new().decompress(&compressed, len, &Limits::DEFAULT).is_err());
    }
    assert!(Haar::new().decompress(&compressed, 8, &Limits::DEFAULT).is_ok());
}

#[test]
fn nothing_follows_the_compressed_form() {
    let mut compressed = Haar::new().compress(&[1.0, 2.0]).unwrap();
    let end = compressed.len();
    compressed.push(0);
    let error = Haar::coefficients(&compressed, &Limits::DEFAULT).unwrap_err();
    assert_eq!(error.kind(), CodecErrorKind::Malformed);
    let expected = format!("wave: 1 bytes follow the compressed form at byte {end}");
    assert_eq!(error.to_string(), expected);
    for end in 0..end {
        assert!(Haar::coefficients(&compressed[..end], &Limits::DEFAULT).is_err(), "{end}");
    }
}

#[test]
fn a_compressed_form_that_expands_is_refused() {
    let bomb = Haar::new().compress(&vec![0.0; 1 << 20]).unwrap();
    assert!(bomb.len() < 4096);
    let limits = Limits::DEFAULT.with_decoded_bytes(1 << 16);
    let error = Haar::coefficients(&bomb, &limits).unwrap_err();
    assert_eq!(error.kind(), CodecErrorKind::TooLarge);
    // A byte of gob may be a float of eight.
    let limits = Limits::DEFAULT.with_decoded_bytes(2 << 20);
    assert_eq!(Haar::coefficients(&bomb, &limits).unwrap_err().kind(), CodecErrorKind::TooLarge);
}

/// A record of nothing, with these counts.
fn counts(samples: i32, digits: i32, peaks: i32) -> Vec<u8> {
    let mut bytes = vec![0; 44];
    for count in [samples, digits, peaks] {
        bytes.extend(count.to_le_bytes());
    }
    bytes
}

#[test]
fn claimed_counts_are_checked() {
    let decode = |bytes: &[u8]| Wave.decode(bytes, &Limits::DEFAULT).map_err(|error| error.kind());
    let read = |bytes: &[u8]| read_all(FramedDecoder::new(Wave, WaveRecords::new()), bytes);
    assert_eq!(decode(&counts(0, 0, 0)), Ok(WaveRecord::default()));
    for (samples, digits, peaks) in [(-1, 0, 0), (0, -1, 0), (0, 0, i32::MIN)] {
        let bytes = counts(samples, digits, peaks);
        assert_eq!(decode(&bytes), Err(CodecErrorKind::Malformed));
        assert_eq!(read(&bytes), [Err(CodecErrorKind::Malformed)]);
    }
    for (samples, digits, peaks) in [(i32::MAX, 0, 0), (0, i32::MAX, 0), (0, 0, i32::MAX)] {
        let bytes = counts(samples, digits, peaks);
        assert_eq!(decode(&bytes), Err(CodecErrorKind::Truncated));
        assert_eq!(read(&bytes), [Err(CodecErrorKind::TooLarge)]);
    }
    for short in 1..56 {
        assert_eq!(decode(&counts(0, 0, 0)[..short]), Err(CodecErrorKind::Truncated));
        assert_eq!(read(&counts(0, 0, 0)[..short]), [Err(CodecErrorKind::Truncated)]);
    }
    let long = [counts(0, 0, 0), vec![0]].concat();
    assert_eq!(decode(&long), Err(CodecErrorKind::Malformed));
}

#[test]
fn the_compressed_form_travels_as_hexadecimal_text() {
    let record = WaveRecord {
        id: -2,
        compressed: vec![0xab, 0x01],
        peaks: vec![Peak { frequency: 1.0, power: 2.0 }],
        ..WaveRecord::default()
    };
    let mut bytes = Vec::new();
    Wave.encode(&record, &mut bytes).unwrap();
    assert_eq!(&bytes[..4], (-2_i32).to_le_bytes());
    assert_eq!(&bytes[52..56], b"ab01");
    bytes[52..56].copy_from_slice(b"AB01");
    assert_eq!(Wave.decode(&bytes, &Limits::DEFAULT).unwrap(), record);
    bytes[53] = b'x';
    let error = Wave.decode(&bytes, &Limits::DEFAULT).unwrap_err();
    assert_eq!((error.kind(), error.offset()), (CodecErrorKind::Malformed, Some(52)));
    bytes.remove(53);
    bytes[48] = 3;
    assert_eq!(
        Wave.decode(&bytes, &Limits::DEFAULT).unwrap_err().kind(),
        CodecErrorKind::Malformed
    );
}

proptest! {
    #[test]
    fn a_lossless_wave_comes_back(samples in vec(-1e6..1e6, 1..200)) {
        let haar = Haar::new().with_threshold(0.0).with_padding(Padding::Repeat);
        let compressed = haar.compress(&samples).unwrap();
        let back = haar.decompress(&compressed, samples.len(), &Limits::DEFAULT).unwrap();
        prop_assert!(mean_square_error(&samples, &back).unwrap() < 1e-12);
    }

    /// Parseval: the powers of all N bins are N times the energy; half of them are looked at.
    #[test]
    fn no_bin_holds_more_than_the_wave(samples in vec((-1e3..1e3, -1e3..1e3), 1..100)) {
        let samples: Vec<_> = samples.into_iter().map(|(re, im)| Complex64 { re, im }).collect();
        let analysis = WaveAnalyzer::new().analyze(&samples, 1.0).unwrap();
        let sum: f64 = analysis.powers().iter().sum();
        prop_assert!(sum <= analysis.total_energy() * samples.len() as f64 * (1.0 + 1e-9));
    }

    #[test]
    fn damaged_compressed_forms_are_errors(samples in vec(-1e3..1e3, 2..40), place in any::<usize>(), bit in 0..8_u8) {
        let haar = Haar::new().with_padding(Padding::Zero);
        let mut compressed = haar.compress(&samples).unwrap();
        for end in 0..compressed.len() {
            prop_assert!(Haar::coefficients(&compressed[..end], &Limits::DEFAULT).is_err());
        }
        let place = place % compressed.len();
        compressed[place] ^= 1 << bit;
        let _ = haar.decompress(&compressed, samples.len(), &Limits::DEFAULT);
    }
}
