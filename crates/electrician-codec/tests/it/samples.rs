//! Records of every format.

use electrician_codec::Peak;
use electrician_codec::{Complex64, WaveRecord};
use proptest::collection::vec;
use proptest::prelude::*;
use serde::{Deserialize, Serialize};

/// A flat record, as every format knows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Trade {
    pub(crate) id: u64,
    pub(crate) venue: String,
    pub(crate) price: f64,
    pub(crate) is_sell: bool,
}

/// The same as a message.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct TradeMessage {
    #[prost(uint64, tag = "1")]
    pub(crate) id: u64,
    #[prost(string, tag = "2")]
    pub(crate) venue: String,
    #[prost(double, tag = "3")]
    pub(crate) price: f64,
    #[prost(bytes = "vec", tag = "4")]
    pub(crate) raw: Vec<u8>,
    #[prost(message, repeated, tag = "5")]
    pub(crate) legs: Vec<TradeMessage>,
}

pub(crate) fn trade(id: u64) -> Trade {
    Trade { id, venue: "XETR".to_owned(), price: 12.5, is_sell: id.is_multiple_of(2) }
}

/// Texts that formats have to escape, but no control characters, which XML does not have.
fn letters() -> impl Strategy<Value = String> {
    "[a-zäß€😀 <>&'\",;:\\\\\\[\\]{}#-]{0,12}"
}

pub(crate) fn trades() -> impl Strategy<Value = Vec<Trade>> {
    let trade = (any::<u64>(), letters(), -1e9..1e9, any::<bool>());
    let trade = trade.prop_map(|(id, venue, price, is_sell)| Trade {
        id,
        // Surrounding spaces are not kept by XML.
        venue: venue.trim().to_owned(),
        price,
        is_sell,
    });
    vec(trade, 0..8)
}

pub(crate) fn messages() -> impl Strategy<Value = Vec<TradeMessage>> {
    let leaf = (any::<u64>(), ".{0,8}", -1e9..1e9, vec(any::<u8>(), 0..200));
    let leaf = leaf.prop_map(|(id, venue, price, raw)| TradeMessage {
        id,
        venue,
        price,
        raw,
        legs: Vec::new(),
    });
    let legs = (leaf.clone(), vec(leaf, 0..3));
    vec(legs.prop_map(|(leaf, legs)| TradeMessage { legs, ..leaf }), 0..6)
}

pub(crate) fn waves() -> impl Strategy<Value = Vec<WaveRecord>> {
    let numbers = [-1e9..1e9, -1e9..1e9, -1e9..1e9, -1e9..1e9, -1e9..1e9];
    let pairs = || vec((-1e9..1e9, -1e9..1e9), 0..6);
    let wave = (any::<i32>(), numbers, pairs(), vec(any::<u8>(), 0..9), pairs());
    let wave = wave.prop_map(|(id, numbers, samples, compressed, peaks)| WaveRecord {
        id,
        dominant_frequency: numbers[0],
        total_energy: numbers[1],
        compression_ratio: numbers[2],
        mean_square_error: numbers[3],
        signal_to_noise: numbers[4],
        samples: samples.into_iter().map(|(re, im)| Complex64 { re, im }).collect(),
        compressed,
        peaks: peaks.into_iter().map(|(frequency, power)| Peak { frequency, power }).collect(),
    });
    vec(wave, 0..5)
}
