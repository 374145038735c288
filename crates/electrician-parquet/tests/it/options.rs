use electrician_parquet::{
    Compression, ParquetBatches, ParquetEncoder, ParquetErrorKind, ParquetReader, ParquetWriter,
    ReadOptions, RecordBatch, Statistics, WriteOptions,
};
use serde::{Deserialize, Serialize};

use crate::support::{read, written};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Row {
    number: i64,
    share: f64,
    text: String,
}

fn row(number: i64) -> Row {
    Row { number, share: number as f64 / 4.0, text: format!("{number:05}") }
}

fn rows() -> Vec<Row> {
    (0..1000).map(row).collect()
}

#[test]
fn every_compression_comes_back() {
    let plain = written(&rows(), &WriteOptions::new().with_compression(Compression::None)).len();
    for compression in [
        Compression::Snappy,
        Compression::Gzip(1),
        Compression::Gzip(9),
        Compression::Lz4Raw,
        Compression::Zstd(1),
        Compression::Zstd(19),
        Compression::Brotli(0),
        Compression::Brotli(9),
    ] {
        let bytes = written(&rows(), &WriteOptions::new().with_compression(compression));
        assert!(bytes.len() < plain, "{compression:?}");
        assert_eq!(read::<Row>(bytes), rows(), "{compression:?}");
    }
}

#[test]
fn every_problem_is_named() {
    let options = WriteOptions::new()
        .with_compression(Compression::Zstd(99))
        .with_row_group_rows(0)
        .with_bloom_filter("text", 1.5);
    let error = ParquetWriter::<Row, _>::new(Vec::new(), &options).unwrap_err();
    assert_eq!(error.kind(), ParquetErrorKind::Config);
    for part in [
        "level of Zstd(99) is 99, but must be 1 to 22",
        "row group rows are 0",
        "Bloom filter of text",
    ] {
        assert!(error.to_string().contains(part), "{error}");
    }
}

#[test]
fn row_groups_are_bounded_in_rows_and_in_bytes() {
    let groups = |options: &WriteOptions| {
        let mut writer = ParquetWriter::new(Vec::new(), options).unwrap();
        writer.write_all(&rows()).unwrap();
        writer.finish().unwrap().1.row_groups
    };
    assert_eq!(groups(&WriteOptions::new()), 1);
    assert_eq!(groups(&WriteOptions::new().with_row_group_rows(300)), 4);
    let small = WriteOptions::new().with_batch_rows(50).with_row_group_bytes(4000);
    assert!(groups(&small) > 4);
}

#[test]
fn ranges_pass_over_row_groups() {
    let options = WriteOptions::new().with_row_group_rows(100);
    let bytes = written(&rows(), &options);
    let first = |options: ReadOptions| {
        let reader = ParquetReader::<Row>::from_bytes_with(bytes.clone(), &options).unwrap();
        assert_eq!(reader.file_rows(), 1000);
        let numbers: Vec<i64> = reader.map(|row| row.unwrap().number).collect();
        (numbers.first().copied(), numbers.len())
    };
    let new = ReadOptions::new;
    assert_eq!(first(new().with_range("number", 250, 310)), (Some(200), 200));
    assert_eq!(first(new().with_range("number", 299, 299)), (Some(200), 100));
    assert_eq!(first(new().with_range("number", 300, 300)), (Some(300), 100));
    assert_eq!(first(new().with_range("share", 200.0, 1e9)), (Some(800), 200));
    assert_eq!(first(new().with_range("text", "00950", "00951")), (Some(900), 100));
    assert_eq!(first(new().with_range("text", "00000", "00049")), (Some(0), 100));
    assert_eq!(first(new().with_range("number", -5, -1)), (None, 0));
    let both = new().with_range("number", 0, 199).with_range("text", "00100", "99999");
    assert_eq!(first(both), (Some(100), 100));
    // What is not known excludes nothing.
    assert_eq!(first(new().with_range("other", 1, 2)), (Some(0), 1000));
    assert_eq!(first(new().with_range("number", "a", "b")), (Some(0), 1000));

    let silent = written(&rows(), &options.with_statistics(Statistics::None));
    let options = new().with_range("number", -5, -1);
    let reader = ParquetReader::<Row>::from_bytes_with(silent, &options).unwrap();
    assert_eq!(reader.count(), 1000);
}

#[test]
fn columns_can_be_chosen_for_batches() {
    let bytes = written(&rows(), &WriteOptions::new());
    let options = ReadOptions::new().with_columns(["share"]).with_batch_rows(400);
    let batches = ParquetBatches::from_bytes(bytes.clone(), &options).unwrap();
    let batches: Vec<_> = batches.map(Result::unwrap).collect();
    assert_eq!(batches.iter().map(RecordBatch::num_rows).collect::<Vec<_>>(), [400, 400, 200]);
    assert!(batches.iter().all(|batch| batch.num_columns() == 1));
    let error = ParquetBatches::from_bytes(bytes, &ReadOptions::new().with_columns(["nope"]));
    let message = error.unwrap_err().to_string();
    assert_eq!(message, "the file has no column nope; its columns are number, share, text");
}

#[test]
fn metadata_is_there() {
    let options = WriteOptions::new().with_metadata("made by", "a test");
    let reader = ParquetReader::<Row>::from_bytes(written(&rows(), &options)).unwrap();
    assert!(reader.metadata().any(|pair| pair == ("made by", "a test")));
}

#[test]
fn an_encoder_gives_its_bytes_as_they_come() {
    let options = WriteOptions::new().with_row_group_rows(100).with_batch_rows(10);
    let mut encoder = ParquetEncoder::new(&options).unwrap();
    let (mut all, mut parts) = (Vec::new(), 0);
    for row in rows() {
        encoder.write(&row).unwrap();
        if encoder.waiting() > 0 {
            parts += 1;
            encoder.take_into(&mut all);
            assert_eq!(encoder.waiting(), 0);
        }
    }
    assert!(parts > 1, "{parts} parts");
    let written = encoder.finish_into(&mut all).unwrap();
    assert_eq!((written.rows, written.row_groups, written.bytes), (1000, 10, all.len() as u64));
    assert_eq!(read::<Row>(all), rows());
}
