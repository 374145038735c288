//! Rows.

use electrician_codec::{CsvDecoder, CsvEncoder};

use crate::records::Trade;
use crate::{LIMITS, memory, streams};

/// Rows of texts, of records behind a header, and of few bytes.
pub fn csv(bytes: &[u8]) {
    memory::within(2 << 20, || {
        let mut decoder = CsvDecoder::with_limits(LIMITS).without_header();
        let rows: Vec<Result<Vec<String>, String>> = streams::read_any_cut(bytes, &mut decoder);
        streams::any_cut::<Trade, _>(bytes, || CsvDecoder::with_limits(LIMITS));
        let small = LIMITS.with_record_bytes(5);
        streams::any_cut::<Vec<String>, _>(bytes, || {
            CsvDecoder::with_limits(small).with_delimiter(b';').without_header()
        });
        let rows: Vec<Vec<String>> = rows.into_iter().flatten().collect();
        let is_plain = rows.iter().flatten().all(|field| !field.starts_with('\u{feff}'));
        if is_plain {
            let decoder = CsvDecoder::with_limits(LIMITS).without_header();
            streams::round_trip(&rows, CsvEncoder::new().without_header(), decoder);
        }
    });
}
