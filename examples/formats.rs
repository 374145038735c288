//! Shows the same thousand records in five formats, out and in again: NDJSON, CSV, protobuf, gob as
//! Go programs write it, and one payload that is compressed and then sealed.
//!
//! ```sh
//! cargo run --release --example formats --features formats
//! ```
//!
//! Prints how many bytes each format takes and what the first of them are, then what becomes of a
//! line that is damaged, and of a sealed payload in which one bit is another.

use electrician::codec::compress::{Compressed, Compression, ZstdLevel};
use electrician::codec::gob::{Gob, GobDecoder, GobEncoder, Names};
use electrician::codec::seal::SealKey;
use electrician::codec::{
    CsvDecoder, CsvEncoder, Decode, Encode, Envelope, FramedDecoder, FramedEncoder, Json, Layered,
    Limits, Lines, Protobuf, Records, VarintPrefix,
};
use electrician::{BoxError, Decoder, Encoder};
use serde::{Deserialize, Serialize};

/// What a meter reads. One type for all formats.
#[derive(Clone, PartialEq, Serialize, Deserialize, prost::Message)]
struct Reading {
    #[prost(uint64, tag = "1")]
    meter: u64,
    #[prost(string, tag = "2")]
    place: String,
    #[prost(double, tag = "3")]
    volts: f64,
    #[prost(bool, tag = "4")]
    is_loaded: bool,
}

fn main() -> Result<(), BoxError> {
    let readings: Vec<Reading> = (1..=1000).map(reading).collect();

    let ndjson = written(FramedEncoder::new(Json, Lines::new()), &readings)?;
    show("NDJSON", &ndjson);
    read(FramedDecoder::new(Json, Lines::new()), &ndjson, &readings)?;

    let csv = written(CsvEncoder::new(), &readings)?;
    show("CSV", &csv);
    read(CsvDecoder::new(), &csv, &readings)?;

    let protobuf = written(FramedEncoder::new(Protobuf, VarintPrefix::new()), &readings)?;
    show("protobuf", &protobuf);
    read(FramedDecoder::new(Protobuf, VarintPrefix::new()), &protobuf, &readings)?;

    // In Go the fields are called Meter, Place, Volts and IsLoaded.
    let gob = Gob::new().with_names(Names::Snake);
    let stream = written(GobEncoder::new(gob.clone()), &readings)?;
    show("gob", &stream);
    read(GobDecoder::new(gob), &stream, &readings)?;

    // All of them are one payload here: compressed, then sealed. The key is a secret elsewhere.
    let zstd = Compressed::new(Compression::Zstd(ZstdLevel::DEFAULT));
    let mut format = Layered::new(Json, Envelope::new(zstd, SealKey::from_bytes(&[7; 32])?));
    let mut sealed = Vec::new();
    format.encode(&readings, &mut sealed)?;
    show("sealed", &sealed);
    let back: Vec<Reading> = format.decode(&sealed, &Limits::DEFAULT)?;
    same(&back, &readings)?;

    // What is damaged is an error in its place, and what follows is read.
    let damaged = String::from_utf8(ndjson)?.replacen("\"volts\":", "volts:", 1);
    let decoder = FramedDecoder::new(Json, Lines::new());
    let records = Records::<_, _, Reading>::new(damaged.as_bytes(), decoder);
    let (good, bad): (Vec<_>, Vec<_>) = records.partition(Result::is_ok);
    for error in bad.into_iter().filter_map(Result::err) {
        println!("\na damaged line   {error}");
    }
    println!("and still read   {} records", good.len());
    if let Some(byte) = sealed.last_mut() {
        *byte ^= 1;
    }
    match Decode::<Vec<Reading>>::decode(&mut format, &sealed, &Limits::DEFAULT) {
        Ok(_) => Err("what was changed was opened".into()),
        Err(error) => {
            println!("a changed bit    {error}");
            Ok(())
        }
    }
}

fn reading(meter: u64) -> Reading {
    let is_loaded = meter.is_multiple_of(3);
    let volts = if is_loaded { 229.5 } else { 231.25 };
    Reading { meter, place: format!("house {}, \"cellar\"", meter % 40), volts, is_loaded }
}

/// The bytes of all records, as a sink of a pipeline writes them.
fn written<E: Encoder<Reading>>(mut encoder: E, readings: &[Reading]) -> Result<Vec<u8>, BoxError> {
    let mut bytes = Vec::new();
    encoder.begin(&mut bytes)?;
    for reading in readings {
        encoder.encode(reading, &mut bytes)?;
    }
    encoder.end(&mut bytes)?;
    Ok(bytes)
}

/// Reads them again, as a source of a pipeline does.
fn read<D: Decoder<Reading>>(
    decoder: D,
    bytes: &[u8],
    readings: &[Reading],
) -> Result<(), BoxError> {
    let records: Result<Vec<Reading>, _> = Records::new(bytes, decoder).collect();
    same(&records?, readings)
}

fn same(back: &[Reading], readings: &[Reading]) -> Result<(), BoxError> {
    if back == readings { Ok(()) } else { Err("they are not the same".into()) }
}

fn show(name: &str, bytes: &[u8]) {
    let begin = String::from_utf8_lossy(&bytes[..bytes.len().min(56)]);
    let begin: String = begin.chars().map(|it| if it.is_control() { '·' } else { it }).collect();
    println!("{name:<9} {:>7} bytes  {begin}…", bytes.len());
}
