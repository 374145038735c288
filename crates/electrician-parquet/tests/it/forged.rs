//! Files in which one number is another, put there by hand: each claim is refused by its name.

use std::ops::Range;
use std::sync::Arc;

use electrician_parquet::arrow_array::{ArrayRef, Int64Array};
use electrician_parquet::{
    Compression, FileLimits, IpcCompression, IpcOptions, IpcReader, ParquetBatches,
    ParquetErrorKind, ParquetReader, ParquetWriter, ReadOptions, RecordBatch, Statistics,
    WriteOptions,
};
use parquet::arrow::ArrowWriter;
use parquet::basic::{BrotliLevel, Encoding};
use parquet::file::properties::{WriterProperties, WriterVersion};
use serde::{Deserialize, Serialize};

use crate::every::{Every, every};
use crate::ipc::encoded;
use crate::support::written;

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Text {
    text: String,
}

/// Where the numbers of the first page's header are: its kind, the sizes with and without
/// compression, and those of what kind of page it is.
fn header(bytes: &[u8]) -> Vec<Range<usize>> {
    let mut at = 4;
    let mut numbers = Vec::new();
    while matches!(bytes[at], 0x15 | 0x2c | 0x4c | 0x5c) {
        at += 1;
        // What was no number begins the struct of the page.
        if bytes[at - 1] == 0x15 {
            let len = 1 + bytes[at..].iter().take_while(|byte| **byte >= 0x80).count();
            numbers.push(at..at + len);
            at += len;
        }
    }
    numbers
}

/// Makes the number at `place` another one, of as many bytes.
fn forge(bytes: &mut [u8], place: Range<usize>, value: u64) {
    let (mut left, last) = (value << 1, place.end - 1);
    for byte in &mut bytes[place.clone()] {
        *byte = u8::try_from(left & 0x7f).unwrap() | 0x80;
        left >>= 7;
    }
    bytes[last] &= 0x7f;
    assert_eq!(left, 0, "{value} does not fit into {place:?}");
}

fn refusal(bytes: Vec<u8>) -> (ParquetErrorKind, String) {
    let error = match ParquetReader::<Text>::from_bytes(bytes) {
        Err(error) => error,
        Ok(mut reader) => reader.find_map(Result::err).expect("it is refused"),
    };
    (error.kind(), error.to_string())
}

fn assert_refused(bytes: Vec<u8>, kind: ParquetErrorKind, part: &str) {
    let (found, message) = refusal(bytes);
    assert!(message.contains(part), "{message}");
    assert_eq!(found, kind, "{message}");
}

/// One page.
fn texts(texts: impl IntoIterator<Item = String>, has_dictionary: bool) -> Vec<u8> {
    let texts: Vec<Text> = texts.into_iter().map(|text| Text { text }).collect();
    let options = WriteOptions::new()
        .with_compression(Compression::Zstd(3))
        .with_dictionary(has_dictionary)
        .with_statistics(Statistics::None);
    written(&texts, &options)
}

#[test]
fn a_page_claims_no_more_than_it_can_become() {
    let mut bytes = texts(["a".repeat(2 << 20)], false);
    let [_, uncompressed, ..] = &header(&bytes)[..] else { panic!("a header") };
    let place = uncompressed.clone();
    forge(&mut bytes, place, 100 << 20);
    assert_refused(bytes, ParquetErrorKind::TooLarge, "a page that claims 104857600 bytes of");
}

#[test]
fn a_page_keeps_to_its_column() {
    let mut bytes = texts((0..200).map(|number| number.to_string()), false);
    let [_, _, compressed, ..] = &header(&bytes)[..] else { panic!("a header") };
    let place = compressed.clone();
    forge(&mut bytes, place, 8000);
    assert_refused(bytes, ParquetErrorKind::Malformed, "a page that goes beyond its column");
}

#[test]
fn pages_have_no_more_values_than_their_column() {
    let mut bytes = texts((0..100).map(|number| number.to_string()), false);
    let place = header(&bytes)[3].clone();
    forge(&mut bytes, place, 101);
    assert_refused(bytes, ParquetErrorKind::Malformed, "pages with more values than the column");
}

#[test]
fn a_column_has_no_more_values_than_there_are_rows() {
    let mut bytes = texts((0..5000).map(|number| number.to_string()), false);
    let rows = [0x90, 0x4e];
    let at = bytes.windows(2).rposition(|window| window == rows).expect("the rows of the group");
    forge(&mut bytes, at..at + 2, 4999);
    assert_refused(bytes, ParquetErrorKind::Malformed, "more values than the row group has rows");
}

#[test]
fn a_dictionary_has_no_more_values_than_bytes() {
    let mut bytes = texts((100..200).map(|number| number.to_string()), true);
    let place = header(&bytes)[3].clone();
    forge(&mut bytes, place, 8000);
    assert_refused(bytes, ParquetErrorKind::Malformed, "a dictionary of more values than bytes");
}

/// What does not get smaller is stored as it is, and says so.
#[test]
fn pages_that_are_stored_are_read() {
    let mut random = 1_i64;
    let noise: Int64Array = std::iter::repeat_with(|| {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        random
    })
    .take(100)
    .collect::<Vec<_>>()
    .into();
    let column: ArrayRef = Arc::new(noise);
    let batch = RecordBatch::try_from_iter([("number", column)]).unwrap();
    let properties = WriterProperties::builder()
        .set_writer_version(WriterVersion::PARQUET_2_0)
        .set_dictionary_enabled(false)
        .set_encoding(Encoding::PLAIN)
        .set_compression(parquet::basic::Compression::BROTLI(BrotliLevel::default()))
        .build();
    let mut writer = ArrowWriter::try_new(Vec::new(), batch.schema(), Some(properties)).unwrap();
    writer.write(&batch).unwrap();
    let bytes = writer.into_inner().unwrap();
    let mut batches = ParquetBatches::from_bytes(bytes, &ReadOptions::new()).unwrap();
    let read = batches.next().unwrap().unwrap();
    assert_eq!(read.columns(), batch.columns());
}

#[test]
fn levels_are_no_longer_than_their_page() {
    let column: ArrayRef = Arc::new(Int64Array::from(vec![Some(1), None, Some(3)]));
    let batch = RecordBatch::try_from_iter_with_nullable([("text", column, true)]).unwrap();
    let properties = WriterProperties::builder()
        .set_writer_version(WriterVersion::PARQUET_2_0)
        .set_dictionary_enabled(false)
        .build();
    let mut writer = ArrowWriter::try_new(Vec::new(), batch.schema(), Some(properties)).unwrap();
    writer.write(&batch).unwrap();
    let mut bytes = writer.into_inner().unwrap();
    // Values, nulls, rows, the encoding, the bytes of two kinds of levels.
    let place = header(&bytes)[7].clone();
    forge(&mut bytes, place, 60);
    let wrong = ParquetBatches::from_bytes(bytes, &ReadOptions::new()).unwrap().next().unwrap();
    let message = wrong.unwrap_err().to_string();
    assert!(message.contains("a page whose levels are longer than itself"), "{message}");
}

#[test]
fn the_first_form_of_lz4_is_not_known() {
    let mut bytes = written(&[Text { text: "a".into() }], &WriteOptions::new());
    // The path of the column, and the codec: LZ4_RAW is 7, LZ4 is 5.
    let codec = b"\x04text\x15\x0e";
    let at = bytes.windows(codec.len()).rposition(|window| window == codec).unwrap();
    bytes[at + codec.len() - 1] = 5 << 1;
    assert_refused(bytes, ParquetErrorKind::Unsupported, "LZ4_RAW is its successor");
}

#[test]
fn after_an_error_of_the_file_there_is_nothing() {
    let options = WriteOptions::new().with_row_group_rows(1).with_compression(Compression::None);
    let texts = ["a".repeat(2000), "b".into()].map(|text| Text { text });
    let limits = FileLimits::DEFAULT.with_page_bytes(1000);
    let options = (written(&texts, &options), ReadOptions::new().with_limits(limits));
    let mut batches = ParquetBatches::from_bytes(options.0, &options.1).unwrap();
    assert!(batches.next().unwrap().is_err());
    assert!(batches.next().is_none());
}

#[test]
fn rows_that_wait_are_bounded_in_bytes() {
    let options = WriteOptions::new().with_compression(Compression::Zstd(1)).with_dictionary(false);
    let mut writer = ParquetWriter::new(std::io::sink(), &options).unwrap();
    let text = Text { text: "a".repeat(1 << 20) };
    for _ in 0..100 {
        writer.write(&text).unwrap();
        assert!(writer.memory() < 40 << 20, "{}", writer.memory());
    }
}

#[test]
fn unsigned_numbers_are_not_passed_over() {
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Number {
        number: u64,
    }

    let bytes = written(&[Number { number: 3 }, Number { number: u64::MAX }], &WriteOptions::new());
    let options = ReadOptions::new().with_range("number", 1, 10);
    let reader = ParquetReader::<Number>::from_bytes_with(bytes, &options).unwrap();
    assert_eq!(reader.count(), 2);
}

#[test]
fn each_limit_of_ipc_holds() {
    let records: Vec<Every> = (0..50).map(every).collect();
    let bytes = encoded(&records, &IpcOptions::new().with_compression(IpcCompression::Zstd));
    let refused = |bytes: &[u8], limits: FileLimits, part: &str| {
        let mut reader = IpcReader::<Every, _>::with_limits(bytes, limits).unwrap();
        let error = reader.next().unwrap().unwrap_err();
        assert!(error.to_string().contains(part), "{error}");
        assert_eq!(error.kind(), ParquetErrorKind::TooLarge);
    };
    let limits = FileLimits::DEFAULT;
    refused(&bytes, limits.with_list_values(49), "a batch of 50 rows");
    refused(&bytes, limits.with_row_group_bytes(500), "a batch of");
    assert!(IpcReader::<Every, _>::with_limits(&bytes[..], limits).unwrap().all(|it| it.is_ok()));

    let magic = [0x28, 0xb5, 0x2f, 0xfd];
    let at = bytes.windows(4).position(|window| window == magic).unwrap() - 8;
    let mut bytes = bytes;
    bytes[at..at + 8].copy_from_slice(&(1_i64 << 30).to_le_bytes());
    refused(&bytes, limits, "a buffer that claims 1073741824 bytes");
}
