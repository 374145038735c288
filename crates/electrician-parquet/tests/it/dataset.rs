use std::fs;
use std::path::Path;

use electrician_parquet::{
    DatasetOptions, DatasetWriter, ParquetErrorKind, ParquetReader, WholeFile, WriteOptions,
};
use serde::{Deserialize, Serialize};

use crate::support::Scratch;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Sale {
    city: String,
    sold: i64,
}

fn sale(number: i64) -> Sale {
    Sale { city: format!("c{}", number % 10), sold: number }
}

#[derive(Debug, PartialEq, Deserialize)]
struct Sold {
    sold: i64,
}

fn sold(path: &Path) -> Vec<i64> {
    ParquetReader::<Sold>::open(path).unwrap().map(|row| row.unwrap().sold).collect()
}

#[test]
fn a_file_is_ended_when_it_is_full() {
    let scratch = Scratch::new("dataset-rolls");
    let options = DatasetOptions::new(scratch.path()).with_file_rows(40);
    let mut writer = DatasetWriter::new(options).unwrap();
    (0..100).for_each(|number| writer.write(&sale(number)).unwrap());
    // Two are there, the third is not to be seen but under another name.
    assert_eq!(writer.written().files, 2);
    assert_eq!(parquet_files(&scratch), 2);
    let written = writer.finish().unwrap();
    assert_eq!((written.files, written.rows), (3, 100));
    let rows = scratch
        .files()
        .iter()
        .flat_map(|path| sold(&scratch.path().join(path)))
        .collect::<Vec<_>>();
    assert_eq!(rows, (0..100).collect::<Vec<_>>());
    let bytes: u64 = scratch
        .files()
        .iter()
        .map(|path| fs::metadata(scratch.path().join(path)).unwrap().len())
        .sum();
    assert_eq!(written.bytes, bytes);
}

#[test]
fn bytes_fill_a_file_too() {
    let scratch = Scratch::new("dataset-bytes");
    let files = WriteOptions::new().with_batch_rows(100).with_dictionary(false);
    let options = DatasetOptions::new(scratch.path()).with_files(files).with_file_bytes(10_000);
    let mut writer = DatasetWriter::new(options).unwrap();
    (0..10_000).for_each(|number| writer.write(&sale(number)).unwrap());
    let written = writer.finish().unwrap();
    assert!(written.files > 3, "{written:?}");
    assert_eq!(written.rows, 10_000);
}

#[test]
fn partitions_have_directories_and_no_column() {
    #[derive(Debug, Deserialize)]
    #[expect(dead_code, reason = "only its type matters")]
    struct City {
        city: String,
    }

    let scratch = Scratch::new("dataset-partitions");
    let options = DatasetOptions::new(scratch.path())
        .with_partition("city", |sale: &Sale| sale.city.clone())
        .with_partition("even", |sale| sale.sold % 2 == 0);
    let mut writer = DatasetWriter::new(options).unwrap();
    (0..100).for_each(|number| writer.write(&sale(number)).unwrap());
    assert_eq!(writer.finish().unwrap().files, 10);
    let files = scratch.files();
    let in_c3: Vec<_> =
        files.iter().filter(|path| path.starts_with("city=c3/even=false")).collect();
    let [file] = &in_c3[..] else { panic!("{files:?}") };
    assert_eq!(
        sold(&scratch.path().join(file)),
        (0..10).map(|ten| ten * 10 + 3).collect::<Vec<_>>()
    );
    let error = ParquetReader::<City>::open(scratch.path().join(file)).unwrap_err();
    assert_eq!(error.to_string(), "no field of the record is in the file; its columns are sold");
}

#[test]
fn no_more_files_are_open_than_allowed() {
    let scratch = Scratch::new("dataset-open");
    let options = DatasetOptions::new(scratch.path())
        .with_files(WriteOptions::new().with_batch_rows(1))
        .with_partition("city", |sale: &Sale| sale.city.clone())
        .with_open_files(3);
    let mut writer = DatasetWriter::new(options).unwrap();
    for number in 0..100 {
        writer.write(&sale(number)).unwrap();
        let open = scratch.files().iter().filter(|path| is_temporary(path)).count();
        assert!(open <= 3, "{open} files are open");
    }
    // Ten cities in turn, of which three are open: each row begins a file.
    let written = writer.finish().unwrap();
    assert_eq!((written.files, written.rows), (100, 100));
}

#[test]
fn what_was_written_to_longest_ago_makes_room() {
    let scratch = Scratch::new("dataset-lru");
    let options = DatasetOptions::new(scratch.path())
        .with_partition("city", |sale: &Sale| sale.city.clone())
        .with_open_files(2);
    let mut writer = DatasetWriter::new(options).unwrap();
    for city in ["a", "b", "a", "c", "a"] {
        writer.write(&Sale { city: city.into(), sold: 0 }).unwrap();
    }
    let files = scratch.files();
    let complete: Vec<_> = files.iter().filter(|path| !is_temporary(path)).collect();
    assert!(complete.len() == 1 && complete[0].starts_with("city=b"), "{files:?}");
    assert_eq!(writer.finish().unwrap().files, 3);
}

#[test]
fn what_is_dropped_leaves_no_file() {
    let scratch = Scratch::new("dataset-dropped");
    let files = WriteOptions::new().with_batch_rows(10);
    let options = DatasetOptions::new(scratch.path()).with_files(files);
    let mut writer = DatasetWriter::new(options).unwrap();
    (0..100).for_each(|number| writer.write(&sale(number)).unwrap());
    assert!(scratch.files().iter().all(|path| is_temporary(path)));
    drop(writer);
    assert!(scratch.files().is_empty(), "{:?}", scratch.files());
}

#[test]
fn a_file_that_is_there_stays_until_the_new_one_is_whole() {
    let scratch = Scratch::new("whole-file");
    let path = scratch.path().join("file");
    fs::write(&path, "old").unwrap();
    let mut file = WholeFile::create(&path).unwrap();
    std::io::Write::write_all(&mut file, b"new").unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"old");
    file.publish().unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"new");
    assert_eq!(scratch.files().len(), 1);
}

#[test]
fn a_disk_that_fails_is_an_error_and_later_rows_may_come() {
    let scratch = Scratch::new("dataset-fails");
    let blocked = scratch.path().join("city=c1");
    // A file where a directory should be.
    fs::write(&blocked, "in the way").unwrap();
    let options =
        DatasetOptions::new(scratch.path()).with_partition("city", |sale: &Sale| sale.city.clone());
    let mut writer = DatasetWriter::new(options).unwrap();
    (0..4).for_each(|number| writer.write(&sale(number)).unwrap());
    let error = writer.end_files().unwrap_err();
    assert_eq!(error.kind(), ParquetErrorKind::Io);
    assert!(error.to_string().contains("city=c1"), "{error}");
    fs::remove_file(&blocked).unwrap();
    writer.write(&sale(11)).unwrap();
    let written = writer.finish().unwrap();
    assert_eq!((written.files, written.rows), (4, 4));
}

#[test]
fn every_problem_is_named() {
    let options = DatasetOptions::new("nowhere")
        .with_partition("a/b", |sale: &Sale| sale.sold)
        .with_open_files(0)
        .with_file_rows(0);
    let error = DatasetWriter::new(options).unwrap_err();
    assert_eq!(error.kind(), ParquetErrorKind::Config);
    for part in ["`a/b`", "open files are 0", "file rows are 0"] {
        assert!(error.to_string().contains(part), "{error}");
    }
}

fn is_temporary(path: &Path) -> bool {
    path.file_name().unwrap().to_str().unwrap().starts_with('.')
}

fn parquet_files(scratch: &Scratch) -> usize {
    scratch.files().iter().filter(|path| !is_temporary(path)).count()
}
