//! What compression and sealing cost next to the bare crates beneath, on the same records.

mod bare;

use std::cell::RefCell;
use std::fmt::Write;
use std::hint::black_box;
use std::time::Duration;

use electrician_codec::compress::{BrotliQuality, Compressed, Compression, GzipLevel, ZstdLevel};
use electrician_codec::seal::SealKey;
use electrician_codec::{Layer, Limits};

use super::{Arena, find, rows_of};
use crate::clock::now;
use crate::goals;
use crate::race::{Contestant, Side};
use crate::report::{Figure, Row, Section};
use bare::Bare;

/// Bytes of a record.
const SIZE: usize = 4096;

/// Records that are taken in turn.
const RECORDS: usize = 32;

/// The key, which nobody has to keep secret.
const KEY: [u8; 32] = [7; 32];

/// A format: its names, and both sides.
struct Format {
    name: &'static str,
    /// Names of the rows that are written and that are read.
    rows: [&'static str; 2],
    bare: Box<dyn Bare>,
    ours: Box<dyn Layer>,
}

pub(super) fn run(arena: &Arena) -> Section {
    let records = records();
    let (mut rows, mut figures) = (Vec::new(), Vec::new());
    for format in formats() {
        let Format { name, rows: [write, read], bare, ours } = format;
        let (bare, ours) = (RefCell::new(bare), RefCell::new(ours));
        let wrapped: Vec<Vec<u8>> = records
            .iter()
            .map(|record| {
                let mut bytes = Vec::new();
                ours.borrow_mut().wrap(record, &mut bytes).expect("it can be written");
                bytes
            })
            .collect();
        let writing = arena.race(&[
            Contestant::new(Side::Bare, ("bare", "bare crate"), |items| {
                each(items, &records, |record, into| bare.borrow_mut().wrap(record, into))
            }),
            Contestant::new(Side::Ours, ("ours", "codec"), |items| {
                each(items, &records, |record, into| {
                    ours.borrow_mut().wrap(record, into).expect("it can be written");
                })
            }),
        ]);
        let reading = arena.race(&[
            Contestant::new(Side::Bare, ("bare", "bare crate"), |items| {
                each(items, &wrapped, |bytes, into| bare.borrow_mut().unwrap(bytes, into))
            }),
            Contestant::new(Side::Ours, ("ours", "codec"), |items| {
                each(items, &wrapped, |bytes, into| {
                    let done = ours.borrow_mut().unwrap(bytes, &Limits::DEFAULT, into);
                    done.expect("it can be read");
                })
            }),
        ]);
        for (prefix, verb, entries) in [(write, "written", writing), (read, "read", reading)] {
            rows.extend(rows_of(prefix, &entries, "bare"));
            let ratio = find(&entries, "ours").ns.over(&find(&entries, "bare").ns);
            let title = format!("{name}, {verb}: times the cost of the bare crate");
            let row = Row::of(prefix, "times_bare", title, &ratio, "×");
            rows.push(row.with_goal(goals::LAYER_OVER_BARE));
            let caption = format!("{name}, {verb}. Median, fastest and slowest round.");
            figures.push(Figure::of_race(&caption, &entries));
        }
    }
    Section {
        name: "compress",
        title: "Compression and sealing".into(),
        text: format!(
            "Records of {SIZE} bytes of text, one after the other into a reused buffer. The bare crate \
             keeps its context too, where it can: gzip written, zstd, lz4, AES-GCM. Its reader of lz4 \
             frames clears a block for each frame, so that its frames have blocks of 64 KiB."
        ),
        figures,
        rows,
    }
}

fn formats() -> Vec<Format> {
    let quality = BrotliQuality::FAST;
    let compressed = |compression| Box::new(Compressed::new(compression)) as Box<dyn Layer>;
    vec![
        Format {
            name: "gzip",
            rows: ["gzip_write", "gzip_read"],
            bare: Box::new(bare::Gzip::new()),
            ours: compressed(Compression::Gzip(GzipLevel::DEFAULT)),
        },
        Format {
            name: "snappy",
            rows: ["snappy_write", "snappy_read"],
            bare: Box::new(bare::Snappy),
            ours: compressed(Compression::Snappy),
        },
        Format {
            name: "zstd",
            rows: ["zstd_write", "zstd_read"],
            bare: Box::new(bare::Zstd::new()),
            ours: compressed(Compression::Zstd(ZstdLevel::DEFAULT)),
        },
        Format {
            name: "brotli",
            rows: ["brotli_write", "brotli_read"],
            bare: Box::new(bare::Brotli(quality.level())),
            ours: compressed(Compression::Brotli(quality)),
        },
        Format {
            name: "lz4",
            rows: ["lz4_write", "lz4_read"],
            bare: Box::new(bare::Lz4::new()),
            ours: compressed(Compression::Lz4),
        },
        Format {
            name: "AES-256-GCM",
            rows: ["aes_gcm_seal", "aes_gcm_open"],
            bare: Box::new(bare::AesGcm::new(&KEY)),
            ours: Box::new(SealKey::from_bytes(&KEY).expect("32 bytes")),
        },
    ]
}

/// Works on `items` inputs in turn, each into the same buffer.
fn each(items: u64, inputs: &[Vec<u8>], mut work: impl FnMut(&[u8], &mut Vec<u8>)) -> Duration {
    let mut into = Vec::with_capacity(2 * SIZE);
    let start = now();
    for (input, _) in inputs.iter().cycle().zip(0..items) {
        into.clear();
        work(black_box(input), &mut into);
        black_box(&into);
    }
    start.elapsed()
}

/// Text of which half repeats.
fn records() -> Vec<Vec<u8>> {
    let mut state = 7_u64;
    let mut record = || {
        let mut text = String::new();
        while text.len() < SIZE {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let number = state >> 40;
            let volt = number % 400;
            let done = write!(text, r#"{{"meter":{number},"volt":{volt},"state":"on"}}"#);
            done.expect("a string takes all");
        }
        text.truncate(SIZE);
        text.into_bytes()
    };
    (0..RECORDS).map(|_| record()).collect()
}
