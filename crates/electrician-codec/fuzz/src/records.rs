//! Records that the fuzzer makes, through every format.

use arbitrary::Arbitrary;
use electrician_codec::{
    Complex64, CsvDecoder, CsvEncoder, FramedDecoder, FramedEncoder, GoJson, Json, JsonArray,
    JsonValues, Limits, Lines, Peak, Protobuf, VarintPrefix, Wave, WaveRecord, WaveRecords, Xml,
    XmlElements,
};
use serde::{Deserialize, Serialize};

use crate::streams::round_trip;

/// A flat record, as every format knows.
#[derive(Arbitrary, Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Trade {
    id: u64,
    venue: String,
    price: f64,
    is_sell: bool,
}

/// A message with messages within.
#[derive(Arbitrary, Clone, PartialEq, prost::Message)]
pub struct Message {
    #[prost(uint64, tag = "1")]
    id: u64,
    #[prost(string, tag = "2")]
    venue: String,
    #[prost(double, tag = "3")]
    price: f64,
    #[prost(bytes = "vec", tag = "4")]
    raw: Vec<u8>,
    #[prost(message, repeated, tag = "5")]
    legs: Vec<Message>,
    #[prost(sint32, repeated, tag = "6")]
    steps: Vec<i32>,
    #[prost(btree_map = "string, fixed32", tag = "7")]
    marks: std::collections::BTreeMap<String, u32>,
    #[prost(string, optional, tag = "8")]
    note: Option<String>,
}

/// What is written and read again.
#[derive(Arbitrary, Debug)]
pub struct Records {
    trades: Vec<Trade>,
    messages: Vec<Message>,
    waves: Vec<(i32, [i32; 5], Vec<[i32; 2]>, Vec<u8>, Vec<[i32; 2]>)>,
}

/// All of them come back from each format, however it is cut.
pub fn records(records: Records) {
    let Records { mut trades, messages, waves } = records;
    for trade in &mut trades {
        // No format but protobuf has numbers that are none.
        trade.price = if trade.price.is_finite() { trade.price } else { 0.5 };
    }
    let limits = Limits::DEFAULT;
    let decoder = FramedDecoder::with_limits(Json, Lines::new().without_blank(), limits);
    round_trip(&trades, FramedEncoder::new(Json, Lines::new()), decoder);
    let decoder = FramedDecoder::with_limits(Json, JsonArray::new(), limits);
    round_trip(&trades, FramedEncoder::new(Json, JsonArray::new()), decoder);
    let decoder = FramedDecoder::with_limits(GoJson, JsonValues::new(), limits);
    round_trip(&trades, FramedEncoder::new(GoJson, JsonValues::new()), decoder);
    round_trip(&trades, CsvEncoder::new(), CsvDecoder::with_limits(limits));

    let finite = |messages: &[Message]| !format!("{messages:?}").contains("NaN");
    if finite(&messages) {
        let decoder = FramedDecoder::with_limits(Protobuf, VarintPrefix::new(), limits);
        round_trip(&messages, FramedEncoder::new(Protobuf, VarintPrefix::new()), decoder);
    }

    let pair = |pair: &[i32; 2]| (f64::from(pair[0]), f64::from(pair[1]));
    let waves: Vec<WaveRecord> = waves
        .into_iter()
        .map(|(id, numbers, samples, compressed, peaks)| WaveRecord {
            id,
            dominant_frequency: numbers[0].into(),
            total_energy: numbers[1].into(),
            compression_ratio: numbers[2].into(),
            mean_square_error: numbers[3].into(),
            signal_to_noise: numbers[4].into(),
            samples: samples.iter().map(pair).map(|(re, im)| Complex64 { re, im }).collect(),
            compressed,
            peaks: peaks
                .iter()
                .map(pair)
                .map(|(frequency, power)| Peak { frequency, power })
                .collect(),
        })
        .collect();
    let decoder = FramedDecoder::with_limits(Wave, WaveRecords::new(), limits);
    round_trip(&waves, FramedEncoder::new(Wave, WaveRecords::new()), decoder);

    for trade in &mut trades {
        // XML has no control characters, and keeps no space around a text.
        trade.venue.retain(|letter| !letter.is_control() && !letter.is_whitespace());
        trade.venue.retain(|letter| !matches!(letter, '\u{fffe}' | '\u{ffff}'));
    }
    let decoder = FramedDecoder::with_limits(Xml::new(), XmlElements::with_root("any"), limits);
    let encoder =
        FramedEncoder::new(Xml::new().with_name("trade"), XmlElements::with_root("trades"));
    round_trip(&trades, encoder, decoder);
}
