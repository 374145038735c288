//! What a codec costs beside the crate that it is made of.

use std::hint::black_box;
use std::time::Duration;

use electrician_codec::{FramedDecoder, FramedEncoder, Json, Lines, Records};
use serde::{Deserialize, Serialize};

use super::{Arena, rows_of, times};
use crate::clock::now;
use crate::goals;
use crate::race::{Contestant, Side};
use crate::report::{Figure, Row, Section};

const TEXT: &str = "One JSON line of about 100 bytes. Written: into a buffer that is used again, \
    emptied every 1,024 records. Read: from memory, into a record that owns its text. The bare \
    `serde_json` appends a line feed, or finds it with `memchr`, and nothing else.";

/// Records in a buffer.
const RECORDS: u64 = 1024;

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Trade {
    id: u64,
    venue: String,
    price: f64,
    size: u32,
    is_sell: bool,
    counterparty: String,
}

pub(super) fn run(arena: &Arena) -> Section {
    let mut section = Section {
        name: "codec",
        title: "Codec: JSON lines".into(),
        text: TEXT.into(),
        figures: Vec::new(),
        rows: Vec::new(),
    };
    let trades: Vec<Trade> = (0..RECORDS).map(trade).collect();
    let mut lines = Vec::new();
    for trade in &trades {
        bare_write(trade, &mut lines);
    }
    for (prefix, caption, contestants, title) in [
        ("codec_write", "Writing.", writers(&trades), "Writing JSON lines, times bare serde_json"),
        ("codec_read", "Reading.", readers(&lines), "Reading JSON lines, times bare serde_json"),
    ] {
        let entries = arena.race(&contestants);
        section.rows.extend(rows_of(prefix, &entries, "bare"));
        section.figures.push(Figure::of_race(caption, &entries));
        let times = times(&entries, "bare", "framed");
        let row = Row::of(format!("{prefix}_over_bare"), "ratio", title, &times, "×");
        section.rows.push(row.with_goal(goals::CODEC_OVER_BARE));
    }
    section
}

fn trade(id: u64) -> Trade {
    Trade {
        id,
        venue: "XETR".into(),
        price: 100.0 + id as f64 / 8.0,
        size: 300,
        is_sell: id.is_multiple_of(2),
        counterparty: "a bank \"of\" some town".into(),
    }
}

fn bare_write(trade: &Trade, into: &mut Vec<u8>) {
    serde_json::to_writer(&mut *into, trade).expect("it is JSON");
    into.push(b'\n');
}

fn writers(trades: &[Trade]) -> Vec<Contestant<'_>> {
    let bare = Contestant::new(Side::Other, ("bare", "bare serde_json"), move |items| {
        write(trades, items, bare_write)
    });
    let framed = Contestant::new(Side::Ours, ("framed", "FramedEncoder"), move |items| {
        let mut encoder = FramedEncoder::new(Json, Lines::new());
        write(trades, items, |trade, into| encoder.encode(trade, into).expect("it is JSON"))
    });
    vec![bare, framed]
}

fn write(trades: &[Trade], items: u64, mut each: impl FnMut(&Trade, &mut Vec<u8>)) -> Duration {
    let mut buffer = Vec::with_capacity(1 << 18);
    let begin = now();
    let mut left = items;
    while left > 0 {
        buffer.clear();
        for trade in trades.iter().take(usize::try_from(left).unwrap_or(usize::MAX)) {
            each(trade, &mut buffer);
            left -= 1;
        }
        black_box(&buffer);
    }
    now() - begin
}

fn readers(lines: &[u8]) -> Vec<Contestant<'_>> {
    let bare = Contestant::new(Side::Other, ("bare", "bare serde_json"), move |items| {
        read(items, || {
            let mut start = 0;
            memchr::memchr_iter(b'\n', lines).map(move |end| {
                let line = &lines[start..end];
                start = end + 1;
                serde_json::from_slice(line).expect("it is JSON")
            })
        })
    });
    let framed = Contestant::new(Side::Ours, ("framed", "FramedDecoder"), move |items| {
        read(items, || {
            let mut decoder = FramedDecoder::new(Json, Lines::new());
            let mut input = lines;
            std::iter::from_fn(move || decoder.decode(&mut input).expect("it is JSON"))
        })
    });
    let reader = Contestant::new(Side::Ours, ("reader", "Records, over a reader"), move |items| {
        read(items, || {
            let decoder = FramedDecoder::new(Json, Lines::new());
            Records::new(lines, decoder).map(|trade| trade.expect("it is JSON"))
        })
    });
    vec![bare, framed, reader]
}

fn read<I: Iterator<Item = Trade>>(items: u64, open: impl Fn() -> I) -> Duration {
    let begin = now();
    let mut left = items;
    while left > 0 {
        for trade in open().take(usize::try_from(left).unwrap_or(usize::MAX)) {
            black_box(&trade);
            left -= 1;
        }
    }
    now() - begin
}
