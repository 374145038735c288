//! What records cost on their way to and from Parquet, next to the bare crate and to `PyArrow`.

mod bare;
mod data;
pub(crate) mod peak;
mod pyarrow;

use std::hint::black_box;
use std::time::Duration;

use bytes::Bytes;
use electrician_parquet::{
    Compression, ParquetBatches, ParquetReader, ParquetWriter, ReadOptions, RecordBatch,
    WriteOptions,
};

use super::{Arena, find, rows_of, times};
use crate::clock::now;
use crate::goals;
use crate::race::{Contestant, Entry, Side, race_of};
use crate::report::{Figure, Row, Section};
use data::Flight;

const PYARROW: (&str, &str) = ("pyarrow", "PyArrow, one thread, batches");

pub(super) fn run(arena: &Arena) -> Section {
    let rounds = if arena.settings.is_quick { 3 } else { 9 };
    let flights = data::flights();
    let file = Bytes::from(written(&flights));
    let python = pyarrow::Python::find(&file);
    let (mut rows, mut figures) = (Vec::new(), Vec::new());
    let entries = write(&flights, &batches(&file), python.as_ref(), rounds);
    add(&mut rows, &mut figures, "parquet_write", "writing", &entries);
    let entries = read(&file, flights.len() as u64, python.as_ref(), rounds);
    add(&mut rows, &mut figures, "parquet_read", "reading", &entries);
    rows.extend(peak::rows());
    let note = if python.is_some() { "" } else { " PyArrow is not on this machine." };
    Section {
        name: "parquet",
        title: "Parquet".into(),
        text: format!(
            "{} flights of five columns, in memory, LZ4 blocks, row groups of 1,048,576 rows. By \
             hand means: arrays filled column by column from records, records filled from arrays, \
             with the crate's own settings where they do not change what is in the file. \
             Batches are columns already, as PyArrow has them. Memory is that of a process which \
             does nothing else, with row groups of 65,536 rows.{note}",
            flights.len(),
        ),
        figures,
        rows,
    }
}

fn write(
    flights: &[Flight],
    columns: &[RecordBatch],
    python: Option<&pyarrow::Python>,
    rounds: usize,
) -> Vec<Entry> {
    let mut writers = vec![
        Contestant::new(Side::Bare, ("bare", "parquet crate, by hand"), |_| {
            time(|| bare::write(flights))
        }),
        Contestant::new(Side::Ours, ("records", "ParquetWriter, records"), |_| {
            time(|| written(flights))
        }),
        Contestant::new(Side::Ours, ("batches", "ParquetWriter, batches"), |_| {
            time(|| {
                let mut writer =
                    ParquetWriter::<Flight, _>::new(Vec::new(), &options()).expect("valid");
                for batch in columns {
                    writer.write_batch(batch).expect("it fits");
                }
                writer.finish().expect("memory takes all").0
            })
        }),
    ];
    if let Some(python) = python {
        writers.push(Contestant::new(Side::Other, PYARROW, |_| python.write()));
    }
    let sizes = vec![flights.len() as u64; writers.len()];
    race_of(&writers, rounds, &sizes)
}

fn read(file: &Bytes, flights: u64, python: Option<&pyarrow::Python>, rounds: usize) -> Vec<Entry> {
    let mut readers = vec![
        Contestant::new(Side::Bare, ("bare", "parquet crate, by hand"), |_| {
            time(|| bare::read(file))
        }),
        Contestant::new(Side::Ours, ("records", "ParquetReader, records"), |_| {
            time(|| {
                let reader = ParquetReader::<Flight>::from_bytes(file.clone()).expect("a file");
                reader.map(|flight| black_box(flight.expect("a flight")).delay).sum::<i64>()
            })
        }),
        Contestant::new(Side::Ours, ("batches", "ParquetBatches, batches"), |_| {
            time(|| batches(file).len())
        }),
    ];
    if let Some(python) = python {
        readers.push(Contestant::new(Side::Other, PYARROW, |_| python.read()));
    }
    let sizes = vec![flights; readers.len()];
    race_of(&readers, rounds, &sizes)
}

fn add(
    rows: &mut Vec<Row>,
    figures: &mut Vec<Figure>,
    prefix: &str,
    what: &str,
    entries: &[Entry],
) {
    rows.extend(rows_of(prefix, entries, "bare"));
    let ratio = times(entries, "bare", "records");
    let title = format!("Parquet, {what} records: times the cost of the bare crate");
    let row = Row::of(format!("{prefix}_records_over_bare"), "ratio", title, &ratio, "×");
    rows.push(row.with_goal(goals::PARQUET_OVER_BARE));
    if entries.iter().any(|entry| entry.name == "pyarrow") {
        // Columns on both sides are the same job. What records take on top of that is no work that
        // PyArrow does, so it is told and not judged.
        let over = |ours| {
            let ratio = find(entries, "pyarrow").ns.over(&find(entries, ours).ns);
            let title = format!("Parquet, {what} {ours}: times faster than PyArrow with a table");
            let name = format!("{prefix}_{ours}_over_pyarrow");
            Row::of(name, "ratio", title, &ratio, "×").higher_is_better()
        };
        rows.push(over("batches").with_goal(goals::PARQUET_OVER_PYARROW));
        rows.push(over("records"));
    }
    figures.push(Figure::of_race("Median, fastest and slowest round.", entries));
}

fn options() -> WriteOptions {
    WriteOptions::new().with_compression(Compression::Lz4Raw)
}

fn written(flights: &[Flight]) -> Vec<u8> {
    let mut writer = ParquetWriter::new(Vec::new(), &options()).expect("valid");
    writer.write_all(flights).expect("they fit");
    writer.finish().expect("memory takes all").0
}

fn batches(file: &Bytes) -> Vec<RecordBatch> {
    let batches = ParquetBatches::from_bytes(file.clone(), &ReadOptions::new()).expect("a file");
    batches.map(|batch| batch.expect("a batch")).collect()
}

fn time<R>(work: impl FnOnce() -> R) -> Duration {
    let start = now();
    let result = work();
    let elapsed = start.elapsed();
    black_box(result);
    elapsed
}
