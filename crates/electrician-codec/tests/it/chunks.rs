//! For every format: what is written is read again, however the stream is cut; and what is damaged
//! says the same, however it is cut, and never panics.

use electrician_codec::{
    Bytes, CsvDecoder, CsvEncoder, FramedDecoder, FramedEncoder, GoJson, Html, Json, JsonArray,
    JsonValues, LengthPrefix, Limits, Lines, Protobuf, Text, VarintPrefix, Wave, WaveRecords,
    Whole, Xml, XmlElements, scraper,
};
use electrician_types::{Decoder, Encoder};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;

use crate::samples::{Trade, messages, trades, waves};
use crate::support::{read, write};

/// How a stream is damaged: bits that flip, and where it ends.
type Damage = (Vec<(Index, u8)>, Option<Index>);

fn damage() -> impl Strategy<Value = Damage> {
    (vec((any::<Index>(), 0..8_u8), 0..4), proptest::option::of(any::<Index>()))
}

fn damaged(mut bytes: Vec<u8>, (flips, end): Damage) -> Vec<u8> {
    if let Some(end) = end {
        bytes.truncate(end.index(bytes.len() + 1));
    }
    for (place, bit) in flips {
        if !bytes.is_empty() {
            let place = place.index(bytes.len());
            bytes[place] ^= 1 << bit;
        }
    }
    bytes
}

/// Writes, cuts, reads and compares; then damages, cuts, reads and compares what is said.
fn prove<T, E, D>(
    records: &[T],
    encoder: E,
    mut decoder: D,
    cuts: &[usize],
    damage: Damage,
) -> Result<(), TestCaseError>
where
    T: Clone + PartialEq + std::fmt::Debug,
    E: Encoder<T>,
    D: Decoder<T>,
{
    let bytes = write(encoder, records);
    let expected: Vec<_> = records.iter().cloned().map(Ok).collect();
    prop_assert_eq!(read(&mut decoder, &bytes, &[]), expected.clone());
    prop_assert_eq!(read(&mut decoder, &bytes, cuts), expected);
    let every: Vec<usize> = (0..bytes.len()).collect();
    let bytes = damaged(bytes, damage);
    let whole = read(&mut decoder, &bytes, &[]);
    prop_assert_eq!(&read(&mut decoder, &bytes, cuts), &whole);
    prop_assert_eq!(&read(&mut decoder, &bytes, &every), &whole);
    Ok(())
}

macro_rules! formats {
    ($($name:ident: $records:expr, $encoder:expr, $decoder:expr;)*) => {
        proptest! {
            $(#[test]
            fn $name(records in $records, cuts in vec(any::<usize>(), 0..6), damage in damage()) {
                prove(&records, $encoder, $decoder, &cuts, damage)?;
            })*
        }
    };
}

/// Small enough that damaged lengths meet it.
const LIMITS: Limits = Limits::DEFAULT.with_record_bytes(1 << 16);

formats! {
    json_lines: trades(), FramedEncoder::new(Json, Lines::new()),
        FramedDecoder::with_limits(Json, Lines::new().without_blank(), LIMITS);
    json_array: trades(), FramedEncoder::new(Json, JsonArray::new()),
        FramedDecoder::with_limits(Json, JsonArray::new(), LIMITS);
    json_values: trades(), FramedEncoder::new(Json, JsonValues::new()),
        FramedDecoder::with_limits(Json, JsonValues::new(), LIMITS);
    json_numbers: vec(any::<i64>(), 0..9), FramedEncoder::new(Json, JsonValues::new()),
        FramedDecoder::with_limits(Json, JsonValues::new(), LIMITS);
    json_texts: vec(any::<String>(), 0..9), FramedEncoder::new(Json, JsonArray::new()),
        FramedDecoder::with_limits(Json, JsonArray::new(), LIMITS);
    go_json: trades(), FramedEncoder::new(GoJson, JsonValues::new()),
        FramedDecoder::with_limits(GoJson, JsonValues::new(), LIMITS);
    go_json_texts: vec(any::<String>(), 0..9), FramedEncoder::new(GoJson, Lines::new()),
        FramedDecoder::with_limits(GoJson, Lines::new(), LIMITS);
    csv: trades(), CsvEncoder::new(), CsvDecoder::with_limits(LIMITS);
    csv_texts: vec(("[^\u{feff}]{0,5}", "[\",\r\n a]{1,5}"), 0..5), CsvEncoder::new().without_header(),
        CsvDecoder::with_limits(LIMITS).without_header();
    xml_elements: trades(), FramedEncoder::new(Xml::new(), XmlElements::new()),
        FramedDecoder::with_limits(Xml::new(), XmlElements::new(), LIMITS);
    xml_root: trades(),
        FramedEncoder::new(Xml::new().with_name("trade"), XmlElements::with_root("trades")),
        FramedDecoder::with_limits(Xml::new(), XmlElements::with_root("any"), LIMITS);
    protobuf: messages(), FramedEncoder::new(Protobuf, VarintPrefix::new()),
        FramedDecoder::with_limits(Protobuf, VarintPrefix::new(), LIMITS);
    waves_in_a_row: waves(), FramedEncoder::new(Wave, WaveRecords::new()),
        FramedDecoder::with_limits(Wave, WaveRecords::new(), LIMITS);
    text_lines: vec("[^\r\n]{0,9}", 0..6), FramedEncoder::new(Text, Lines::new()),
        FramedDecoder::with_limits(Text, Lines::new(), LIMITS);
    text_lines_of_two: vec("[^\r\n]{0,9}", 0..6), FramedEncoder::new(Text, Lines::new().with_crlf()),
        FramedDecoder::with_limits(Text, Lines::new(), LIMITS);
    bytes: vec(vec(any::<u8>(), 0..300), 0..6), FramedEncoder::new(Bytes, LengthPrefix::new()),
        FramedDecoder::with_limits(Bytes, LengthPrefix::new(), LIMITS);
    bytes_of_varint: vec(vec(any::<u8>(), 0..300), 0..6), FramedEncoder::new(Bytes, VarintPrefix::new()),
        FramedDecoder::with_limits(Bytes, VarintPrefix::new(), LIMITS);
    whole: vec(any::<String>(), 1..2), FramedEncoder::new(Text, Whole::new()),
        FramedDecoder::with_limits(Text, Whole::new(), LIMITS);
}

proptest! {
    /// Whatever comes, a decoder says something and ends.
    #[test]
    fn nothing_panics(bytes in vec(any::<u8>(), 0..400), markup in "[<>/!?a-c=\"' \\[\\]{}:,0-9-]{0,200}") {
        for bytes in [&bytes[..], markup.as_bytes()] {
            let every: Vec<usize> = (0..bytes.len()).collect();
            macro_rules! same {
                ($($type:ty, $decoder:expr;)*) => {
                    $(let whole = read::<$type, _>(&mut $decoder, bytes, &[]);
                    prop_assert_eq!(read::<$type, _>(&mut $decoder, bytes, &every), whole);)*
                };
            }
            same! {
                serde_json::Value, FramedDecoder::new(Json, JsonValues::new());
                serde_json::Value, FramedDecoder::new(Json, JsonArray::new());
                serde_json::Value, FramedDecoder::new(GoJson, JsonValues::new());
                Trade, FramedDecoder::new(Xml::new(), XmlElements::new());
                Trade, FramedDecoder::new(Xml::new(), XmlElements::with_root("r"));
                Vec<String>, CsvDecoder::new().without_header();
                crate::samples::TradeMessage, FramedDecoder::new(Protobuf, VarintPrefix::new());
                electrician_codec::WaveRecord, FramedDecoder::new(Wave, WaveRecords::new());
                electrician_codec::WaveRecord, FramedDecoder::new(Wave, Whole::new());
                scraper::Html, FramedDecoder::new(Html, Whole::new());
                Vec<u8>, FramedDecoder::new(Bytes, LengthPrefix::new());
            }
            let _ = electrician_codec::Haar::coefficients(bytes, &LIMITS);
        }
    }
}
