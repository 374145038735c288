//! What gob costs, next to JSON.

use std::cell::RefCell;
use std::hint::black_box;

use electrician_codec::Limits;
use electrician_codec::gob::{Gob, GobDecoder, GobEncoder, Schema};
use serde::{Deserialize, Serialize};

use super::{Arena, rows_of};
use crate::clock::now;
use crate::race::{Contestant, Entry, Side};
use crate::report::{Figure, Section};

const TEXT: &str = "One record of about 256 bytes of JSON, by serde, on one thread, into and from \
    memory. A payload is what a fresh encoder of Go makes: it carries the types with each record. \
    Without a schema its types are looked for in each record. A stream sends types once. The \
    baseline is serde_json.";

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Record {
    id: u64,
    customer: String,
    product: String,
    note: String,
    quantity: i32,
    price: f64,
    discount: f64,
    is_gift: bool,
    tags: Vec<String>,
    history: Vec<i64>,
}

fn record() -> Record {
    Record {
        id: 1_234_567,
        customer: "customer-0042".into(),
        product: "Circuit breaker, 16 A".into(),
        note: "Leave it with the neighbour, please.".into(),
        quantity: 3,
        price: 24.95,
        discount: 0.125,
        is_gift: true,
        tags: vec!["electric".into(), "house".into()],
        history: vec![1, 5, 25, 125],
    }
}

pub(super) fn run(arena: &Arena) -> Section {
    let (encoding, decoding) = (encode(arena), decode(arena));
    let (mut rows, mut figures) = (Vec::new(), Vec::new());
    for (prefix, caption, entries) in
        [("gob_encode", "Encoding.", encoding), ("gob_decode", "Decoding.", decoding)]
    {
        rows.extend(rows_of(prefix, &entries, "json"));
        figures.push(Figure::of_race(caption, &entries));
    }
    Section { name: "gob", title: "Go's gob".into(), text: TEXT.into(), figures, rows }
}

fn encode(arena: &Arena) -> Vec<Entry> {
    let record = record();
    let schema = Schema::of(&record).expect("it has types");
    let record = &record;
    let plain = RefCell::new(Gob::new());
    let with_schema = RefCell::new(Gob::new().with_schema(schema));
    let stream = RefCell::new(GobEncoder::new(Gob::new()));
    arena.race(&[
        timed(Side::Other, ("json", "serde_json"), move |into| {
            serde_json::to_writer(into, record).expect("it can be written");
        }),
        timed(Side::Ours, ("payload", "payload"), move |into| {
            plain.borrow_mut().write(record, into).expect("it can be written");
        }),
        timed(Side::Ours, ("schema", "payload, with a schema"), move |into| {
            with_schema.borrow_mut().write(record, into).expect("it can be written");
        }),
        timed(Side::Ours, ("stream", "stream"), move |into| {
            stream.borrow_mut().write(record, into).expect("it can be written");
        }),
    ])
}

fn decode(arena: &Arena) -> Vec<Entry> {
    let record = record();
    let json = serde_json::to_vec(&record).expect("it can be written");
    let (mut payload, mut first, mut next) = (Vec::new(), Vec::new(), Vec::new());
    Gob::new().write(&record, &mut payload).expect("it can be written");
    let mut encoder = GobEncoder::new(Gob::new());
    encoder.write(&record, &mut first).expect("it can be written");
    encoder.write(&record, &mut next).expect("it can be written");
    let mut decoder = GobDecoder::new(Gob::new());
    decoder.read::<Record>(&mut first.as_slice()).expect("it is whole").expect("it is there");
    let (gob, decoder) = (RefCell::new(Gob::new()), RefCell::new(decoder));
    arena.race(&[
        timed(Side::Other, ("json", "serde_json"), move |_| {
            let record: Record = serde_json::from_slice(&json).expect("it is whole");
            black_box(record);
        }),
        timed(Side::Ours, ("payload", "payload"), move |_| {
            let read = gob.borrow_mut().read::<Record>(&payload, &Limits::DEFAULT);
            black_box(read.expect("it is whole"));
        }),
        timed(Side::Ours, ("stream", "stream"), move |_| {
            let read = decoder.borrow_mut().read::<Record>(&mut next.as_slice());
            black_box(read.expect("it is whole"));
        }),
    ])
}

/// Somebody who does it once for each item, into a buffer that is used again.
fn timed<'a>(
    side: Side,
    name: (&'static str, &'static str),
    work: impl Fn(&mut Vec<u8>) + 'a,
) -> Contestant<'a> {
    let buffer = RefCell::new(Vec::new());
    Contestant::new(side, name, move |items| {
        let mut buffer = buffer.borrow_mut();
        let begin = now();
        for _ in 0..items {
            buffer.clear();
            work(&mut buffer);
            black_box(&*buffer);
        }
        begin.elapsed()
    })
}
