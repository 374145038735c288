//! What an envelope costs next to the codecs in it.

use std::cell::RefCell;
use std::hint::black_box;
use std::time::Duration;

use electrician_codec::Limits;
use electrician_codec::compress::{Compression, Compressor, Decompressor, ZstdLevel};
use electrician_codec::seal::{KeyRing, SealKey};
use electrician_relay::{About, EnvelopeReader, EnvelopeWriter, StreamDefaults};

use super::super::Arena;
use super::letter;
use crate::clock::now;
use crate::race::{Contestant, Entry, Side};

/// The key, which nobody has to keep secret.
const KEY: [u8; 32] = [7; 32];

const ZSTD: Compression = Compression::Zstd(ZstdLevel::DEFAULT);

/// The codecs with buffers that are used again.
struct Codecs {
    compressor: Compressor,
    decompressor: Decompressor,
    keys: KeyRing,
    buffers: [Vec<u8>; 4],
}

pub(super) fn race(arena: &Arena) -> Vec<Entry> {
    let letters: Vec<Vec<u8>> = (0..64).map(letter).collect();
    let codecs = RefCell::new(Codecs::new());
    let writer = EnvelopeWriter::<Vec<u8>>::bytes().with_compression(ZSTD).with_keys(keys());
    let defaults = StreamDefaults::new(writer.metadata());
    let reader = EnvelopeReader::bytes().with_keys(keys());
    let envelopes = RefCell::new((writer, reader));
    arena.race(&[
        Contestant::new(Side::Bare, ("codecs", "zstd and AES-GCM alone, both ways"), |items| {
            each(items, &letters, |letter| {
                black_box(codecs.borrow_mut().both_ways(letter));
            })
        }),
        Contestant::new(Side::Ours, ("envelope", "the same in an envelope"), |items| {
            let (writer, reader) = &mut *envelopes.borrow_mut();
            each(items, &letters, |letter| {
                let payload = writer.write(letter, &About::default()).expect("it fits");
                black_box(reader.read(&payload, &defaults).expect("it was written"));
            })
        }),
    ])
}

// === impl Codecs ===

impl Codecs {
    fn new() -> Self {
        Self {
            compressor: Compressor::new(ZSTD),
            decompressor: Decompressor::new(ZSTD),
            keys: keys(),
            buffers: Default::default(),
        }
    }

    fn both_ways(&mut self, letter: &[u8]) -> Vec<u8> {
        let Self { compressor, decompressor, keys, buffers } = self;
        let [compressed, sealed, opened, plain] = buffers;
        compressed.clear();
        compressor.compress(letter, compressed).expect("it can be written");
        sealed.clear();
        keys.seal(compressed, sealed).expect("it can be sealed");
        opened.clear();
        keys.open(black_box(sealed), opened).expect("it was sealed");
        plain.clear();
        decompressor.decompress(opened, &Limits::DEFAULT, plain).expect("it was compressed");
        plain.clone()
    }
}

fn keys() -> KeyRing {
    KeyRing::new(SealKey::from_bytes(&KEY).expect("32 bytes"))
}

fn each(items: u64, letters: &[Vec<u8>], mut each: impl FnMut(&Vec<u8>)) -> Duration {
    let begin = now();
    let mut left = items;
    while left > 0 {
        for letter in letters.iter().take(usize::try_from(left).unwrap_or(usize::MAX)) {
            each(letter);
            left -= 1;
        }
    }
    now() - begin
}
