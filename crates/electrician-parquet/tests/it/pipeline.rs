//! Files as the ends of a pipeline.

use std::fs;
use std::path::PathBuf;
use std::sync::Mutex;

use electrician_conduit::{Conduit, SinkStage};
use electrician_generator::Generator;
use electrician_parquet::{
    DatasetOptions, ParquetFile, ParquetReader, ParquetSink, ParquetSource, ReadOptions,
    WriteOptions,
};
use electrician_plug::Plug;
use electrician_testkit::{Verdicts, contract};
use electrician_types::{Batch, Sink, Source, Verdict};
use electrician_wire::Wire;
use serde::{Deserialize, Serialize};

use crate::support::{Scratch, written};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Row {
    number: u64,
    text: String,
}

fn row(number: u64) -> Row {
    Row { number, text: format!("row {number}") }
}

/// All rows below a directory, in the order of their numbers.
fn rows(scratch: &Scratch) -> Vec<Row> {
    let files = scratch.files();
    let files = files.iter().filter(|path| path.extension().is_some_and(|ext| ext == "parquet"));
    let read = |path: &PathBuf| {
        let reader = ParquetReader::open(scratch.path().join(path)).unwrap();
        reader.map(Result::unwrap).collect::<Vec<Row>>()
    };
    let mut rows: Vec<Row> = files.flat_map(read).collect();
    rows.sort_by_key(|row| row.number);
    rows
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_source_keeps_the_laws() {
    let scratch = Scratch::new("source-laws");
    let path = scratch.path().join("rows.parquet");
    let options = WriteOptions::new().with_batch_rows(100).with_row_group_rows(300);
    let all: Vec<Row> = (0..1000).map(row).collect();
    fs::write(&path, written(&all, &options)).unwrap();
    let options = ReadOptions::new().with_batch_rows(70);
    contract::source(|| ParquetSource::<Row>::new(&path, options.clone())).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_sink_keeps_the_laws() {
    let kept = Mutex::new(Vec::new());
    let count = Mutex::new(0);
    let make = || {
        let mut count = count.lock().unwrap();
        *count += 1;
        let scratch = std::sync::Arc::new(Scratch::new(&format!("sink-laws-{count}")));
        kept.lock().unwrap().push(std::sync::Arc::clone(&scratch));
        // Files that end in the middle of a write, too.
        let files = WriteOptions::new().with_batch_rows(2);
        let options = DatasetOptions::new(scratch.path()).with_files(files).with_file_rows(5);
        (ParquetSink::new(options).unwrap(), move || Some(rows(&scratch)))
    };
    contract::sink(make, row).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn receipts_are_acknowledged_when_the_file_is_there() {
    let scratch = Scratch::new("sink-receipts");
    let verdicts = Verdicts::counting();
    let options = DatasetOptions::new(scratch.path())
        .with_files(WriteOptions::new().with_batch_rows(10))
        .with_partition("part", |row: &Row| row.number % 2)
        .with_file_rows(50);
    let mut sink = ParquetSink::new(options).unwrap();
    let mut batch = Batch::new();
    (0..120).for_each(|number| batch.push(verdicts.item(number, row(number))));
    sink.open().await.unwrap();
    while !batch.is_empty() {
        sink.write(&mut batch).await.unwrap();
    }
    let settled = |numbers: std::ops::Range<u64>| {
        numbers.filter(|number| verdicts.verdict(*number) == Some(Verdict::Ack)).count()
    };
    // Two files of 50 rows are full; the rest waits.
    assert_eq!((settled(0..100), settled(100..120)), (100, 0));
    assert_eq!(rows(&scratch).len(), 100);
    sink.flush().await.unwrap();
    assert_eq!(settled(100..120), 20);
    assert_eq!(rows(&scratch), (0..120).map(row).collect::<Vec<_>>());
    sink.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_fails_nacks_its_items() {
    let scratch = Scratch::new("sink-fails");
    fs::write(scratch.path().join("part=1"), "in the way").unwrap();
    let verdicts = Verdicts::counting();
    let options =
        DatasetOptions::new(scratch.path()).with_partition("part", |row: &Row| row.number % 2);
    let mut sink = ParquetSink::new(options).unwrap();
    let mut batch = Batch::new();
    (0..10).for_each(|number| batch.push(verdicts.item(number, row(number))));
    sink.write(&mut batch).await.unwrap();
    assert!(batch.is_empty());
    let error = sink.flush().await.unwrap_err();
    assert!(error.to_string().contains("part=1"), "{error}");
    for number in 0..10 {
        let is_ack = verdicts.verdict(number) == Some(Verdict::Ack);
        assert_eq!(is_ack, number % 2 == 0, "{number}");
        assert!(verdicts.verdict(number).is_some(), "{number} is open");
    }
}

/// A whole pipeline: large files although the queue runs empty, and a ledger that adds up.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pipeline_reads_and_writes() {
    let scratch = Scratch::new("pipeline");
    let input = Scratch::new("pipeline-input");
    let path = input.path().join("in.parquet");
    let all: Vec<Row> = (0..5000).map(row).collect();
    fs::write(&path, written(&all, &WriteOptions::new())).unwrap();
    let sink = ParquetSink::new(DatasetOptions::new(scratch.path())).unwrap();
    let stage = SinkStage::new("files", sink);
    let handle = stage.handle();
    let conduit = Conduit::from(Wire::map("same", |row: Row| row).with_workers(2))
        .sink_stage(stage)
        .with_source(Generator::new("rows", ParquetFile::<Row>::new(&path, ReadOptions::new())))
        .build()
        .unwrap();
    let stopped = conduit.start().unwrap().finish().await;
    assert_eq!(stopped.ledger.to_string(), "accepted 5000 = delivered 5000");
    let sink = handle.take().unwrap();
    assert_eq!((sink.written().files, sink.written().rows), (1, 5000));
    assert_eq!(rows(&scratch), all);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_disk_that_fails_at_the_end_is_in_the_ledger() {
    let scratch = Scratch::new("pipeline-fails");
    let blocked = scratch.path().join("blocked");
    fs::write(&blocked, "in the way").unwrap();
    let sink = ParquetSink::new(DatasetOptions::new(&blocked)).unwrap();
    let conduit = Conduit::from(Wire::map("same", |row: Row| row))
        .sink("files", sink)
        .with_source(Generator::new("rows", Plug::iter(|| (0..3000).map(row))))
        .build()
        .unwrap();
    let stopped = conduit.start().unwrap().finish().await;
    assert_eq!(stopped.ledger.to_string(), "accepted 3000 = delivered 0 + failed 3000");
}

#[test]
fn files_are_ended_when_idle_only_if_asked() {
    let when_idle =
        |options: DatasetOptions<Row>| ParquetSink::new(options).unwrap().flushing().when_idle;
    assert!(!when_idle(DatasetOptions::new("nowhere")));
    assert!(when_idle(DatasetOptions::new("nowhere").with_flush_when_idle(true)));
}

#[tokio::test]
async fn a_file_that_is_not_there_fails_the_source() {
    let mut source = ParquetSource::<Row>::new("nowhere.parquet", ReadOptions::new());
    let error = source.read(&mut Batch::new(), 10).await.unwrap_err();
    assert!(error.to_string().contains("nowhere.parquet"), "{error}");
    source.close().await.unwrap();
}
