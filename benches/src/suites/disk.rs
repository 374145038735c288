//! What a queue on disk costs next to a plain file, and how fast it is read again.

use std::fs::{self, File};
use std::hint::black_box;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use electrician_resister::{DiskResister, DiskResisterBuilder, Fsync};
use electrician_types::Batch;

use super::{Arena, find, rows_of};
use crate::clock::now;
use crate::goals;
use crate::line::BATCH;
use crate::race::{Contestant, Side};
use crate::report::{Figure, Row, Section};
use crate::stats::Samples;

/// Bytes of a value.
const SIZE: usize = 256;

/// Bytes of its frame in the log.
const FRAME: usize = SIZE + 58;

/// Items in the log that is read again: four segments and a bit.
const LOGGED: u64 = 900_000;

type Value = [u8; SIZE];

/// A folder that is deleted in the end.
struct Scratch(PathBuf);

pub(super) fn run(arena: &Arena) -> Section {
    let entries = arena.race(&[
        Contestant::new(Side::Bare, ("file", "plain buffered file"), plain),
        Contestant::new(Side::Ours, ("push_batch", "queue on disk, batches"), |items| {
            push(items, BATCH)
        }),
        Contestant::new(Side::Ours, ("push", "queue on disk, one by one"), |items| push(items, 1)),
    ]);
    let mut rows = rows_of("disk", &entries, "file");
    let title = "Queue on disk, batches of 256 B values, without fsync";
    let speed = find(&entries, "push_batch").ns.per_second().times(1e-6);
    let row = Row::of("disk_push_batch", "million_items_per_second", title, &speed, "M/s");
    rows.push(row.higher_is_better().with_goal(goals::DISK_PUSH));
    let (scan, open) = scan(if arena.settings.is_quick { 3 } else { 9 });
    let title = format!("Opening a log of {LOGGED} values of 256 B: reading, checking, queueing");
    let row = Row::of("disk_open", "gigabytes_per_second", title, &scan, "GB/s");
    rows.push(row.higher_is_better().with_goal(goals::DISK_SCAN));
    rows.push(Row::of("disk_open", "ns_per_item", "The same for each value", &open, "ns"));
    Section {
        name: "disk",
        title: "The queue on disk".into(),
        text: format!(
            "Values of {SIZE} bytes, {FRAME} bytes each in the log; nothing is forced to the disk. \
             The plain file takes as many bytes, behind a buffer of 64 KiB. Checksums, the index \
             and the order are what the queue does more."
        ),
        figures: vec![Figure::of_race("Median, fastest and slowest round.", &entries)],
        rows,
    }
}

/// As many bytes, into a file.
fn plain(items: u64) -> Duration {
    let scratch = Scratch::new("plain");
    let file = File::create(scratch.0.join("file")).expect("a file can be created");
    let mut file = BufWriter::with_capacity(64 * 1024, file);
    let start = now();
    for number in 0..items {
        let value = value(number);
        file.write_all(&[0; FRAME - SIZE]).expect("the disk has room");
        file.write_all(black_box(&value)).expect("the disk has room");
    }
    file.flush().expect("the disk has room");
    start.elapsed()
}

fn push(items: u64, size: usize) -> Duration {
    let scratch = Scratch::new("push");
    let (queue, _) = builder(&scratch.0).open().expect("it opens");
    // The first push begins a segment.
    queue.try_push(value(0), 0).expect("there is room");
    let mut batch = Batch::with_capacity(size);
    let start = now();
    let mut number = 0;
    while number < items {
        let end = items.min(number + size as u64);
        (number..end).for_each(|number| batch.push(value(number)));
        queue.try_push_batch(&mut batch, 0).expect("there is room");
        number = end;
    }
    let elapsed = start.elapsed();
    assert_eq!(queue.len() as u64, items + 1);
    elapsed
}

/// How fast a log is opened: gigabytes a second, and nanoseconds for each value.
fn scan(rounds: usize) -> (Samples, Samples) {
    let scratch = Scratch::new("scan");
    let open = || builder(&scratch.0).open().expect("it opens");
    let (queue, _) = open();
    let mut batch = Batch::new();
    for start in (0..LOGGED).step_by(1000) {
        (start..start + 1000).for_each(|number| batch.push(value(number)));
        queue.try_push_batch(&mut batch, 0).expect("there is room");
    }
    drop(queue);
    let once = |_| {
        let start = now();
        let (queue, report) = open();
        let elapsed = start.elapsed();
        assert_eq!((report.records, queue.len() as u64), (LOGGED, LOGGED));
        let speed = report.bytes_read as f64 / elapsed.as_nanos() as f64;
        (speed, elapsed.as_nanos() as f64 / LOGGED as f64)
    };
    // The first time, nothing is warm.
    once(0);
    let rounds: Vec<(f64, f64)> = (0..rounds).map(once).collect();
    (rounds.iter().map(|round| round.0).collect(), rounds.iter().map(|round| round.1).collect())
}

fn builder(dir: &Path) -> DiskResisterBuilder<Value> {
    let encode = |value: &Value, bytes: &mut Vec<u8>| bytes.extend_from_slice(value);
    DiskResister::builder_with(dir, encode, |bytes| Ok(bytes.try_into()?))
        .with_capacity(100_000_000)
        .with_max_bytes(16 << 30)
        .with_segment_bytes(64 << 20)
        .with_fsync(Fsync::Never)
}

fn value(number: u64) -> Value {
    let mut value = [7; SIZE];
    value[..8].copy_from_slice(&number.to_le_bytes());
    value
}

// === impl Scratch ===

impl Scratch {
    fn new(name: &str) -> Self {
        let path = Path::new(crate::FOLDER).join("scratch").join(name);
        fs::remove_dir_all(&path).ok();
        fs::create_dir_all(&path).expect("a folder can be created");
        Self(path)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What cannot be deleted is in the way of nobody.
        fs::remove_dir_all(&self.0).ok();
    }
}
