//! Waves.

use electrician_codec::{
    Bytes, Decode, Encode, FramedDecoder, Haar, Wave, WaveAnalyzer, WaveRecord, WaveRecords, Whole,
};

use crate::{LIMITS, memory, streams};

/// Waves alone and in a row; what was read can be analysed and is written the same.
pub fn wave(bytes: &[u8]) {
    memory::within(4 << 20, || {
        streams::any_cut::<WaveRecord, _>(bytes, || {
            FramedDecoder::with_limits(Wave, WaveRecords::new(), LIMITS)
        });
        streams::any_cut::<Vec<u8>, _>(bytes, || {
            FramedDecoder::with_limits(Bytes, WaveRecords::new(), LIMITS.with_record_bytes(100))
        });
        streams::any_cut::<WaveRecord, _>(bytes, || {
            FramedDecoder::with_limits(Wave, Whole::new(), LIMITS)
        });
        let Ok(record) = Wave.decode(bytes, &LIMITS) else { return };
        let mut written = Vec::new();
        Wave.encode(&record, &mut written).expect("what was read is written");
        assert!(written.eq_ignore_ascii_case(bytes), "digits alone may change");
        if let Ok(analysis) = WaveAnalyzer::new().analyze(&record.samples, 1e3) {
            let _ = (analysis.dominant(), analysis.signal_to_noise(), analysis.peaks(5));
        }
        let _ = Haar::coefficients(&record.compressed, &LIMITS);
        let _ = WaveRecord::of(1, record.samples, 1e3, &mut WaveAnalyzer::new(), &Haar::new());
    });
}

/// Compressed waves, and the numbers within.
pub fn haar(bytes: &[u8]) {
    memory::within(4 << 20, || {
        if let Ok(coefficients) = Haar::coefficients(bytes, &LIMITS) {
            let samples = Haar::new().inverse(&coefficients);
            if let Ok(samples) = samples {
                let back = Haar::new().decompress(bytes, samples.len(), &LIMITS).unwrap();
                assert_eq!(format!("{back:?}"), format!("{samples:?}"));
            }
        }
        let (chunks, _) = bytes.as_chunks::<8>();
        let samples: Vec<f64> = chunks.iter().map(|chunk| f64::from_le_bytes(*chunk)).collect();
        if let Ok(small) = Haar::new().with_threshold(0.0).compress(&samples) {
            let limits = LIMITS.with_decoded_bytes(1 << 20).with_ratio(u32::MAX);
            let back = Haar::new().decompress(&small, samples.len(), &limits).unwrap();
            assert_eq!(back.len(), samples.len());
        }
    });
}
