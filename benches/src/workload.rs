//! What travels, and what is done with it.

use std::fmt;
use std::hint::black_box;
use std::time::Duration;

use sha2::{Digest, Sha256};

use crate::clock::now;

/// What is hashed: a parcel is repeated until it is this long.
const MESSAGE: usize = 296;

/// An item: 64 bytes of plain numbers, moved by value.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Parcel {
    /// Its number in the run, from 0.
    pub(crate) seq: u64,
    /// When it was sent, where latency is measured: nanoseconds since the run began.
    pub(crate) sent: u64,
    pub(crate) body: [u64; 6],
}

const _: () = assert!(size_of::<Parcel>() == 64, "the items are said to have 64 bytes");

/// What a worker does with a parcel.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Work {
    /// Nothing: what is left is the cost of the pipeline.
    Noop,
    /// One SHA-256 of 296 bytes.
    Hash,
    /// So many dependent multiplications.
    Spin(u32),
}

// === impl Parcel ===

impl Parcel {
    #[inline]
    pub(crate) const fn new(seq: u64) -> Self {
        Self::sent(seq, 0)
    }

    #[inline]
    pub(crate) const fn sent(seq: u64, sent: u64) -> Self {
        Self { seq, sent, body: [seq, 1, 2, 3, 4, 5] }
    }
}

// === impl Work ===

impl Work {
    /// Work that takes about `time` on one core of this machine, at this moment.
    pub(crate) fn lasting(time: Duration) -> Self {
        const STEPS: u32 = 2_000;
        let once = |_| {
            let start = now();
            black_box(spin(black_box(1), STEPS));
            start.elapsed()
        };
        // The fastest of many: whatever else runs can only make a try slower.
        let fastest = (0..2_000).map(once).min().unwrap_or(time);
        let steps = f64::from(STEPS) * time.as_secs_f64() / fastest.as_secs_f64();
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "thousands")]
        Self::Spin(steps.round() as u32)
    }

    /// Does it. Always part of its caller, so that a parcel to which nothing is done is not moved
    /// for nothing either.
    #[expect(clippy::inline_always, reason = "what is measured is the pipeline, not this call")]
    #[inline(always)]
    pub(crate) fn apply(self, mut parcel: Parcel) -> Parcel {
        match self {
            Self::Noop => {}
            Self::Hash => parcel.body = hash(&parcel.body),
            Self::Spin(steps) => parcel.body[0] = spin(parcel.body[0], steps),
        }
        parcel
    }
}

impl fmt::Display for Work {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Noop => f.write_str("nothing"),
            Self::Hash => write!(f, "SHA-256 of {MESSAGE} bytes"),
            Self::Spin(steps) => write!(f, "{steps} dependent multiplications"),
        }
    }
}

/// The hash of the words, repeated until the message is long enough.
#[inline(never)]
fn hash(words: &[u64; 6]) -> [u64; 6] {
    let mut message = [0; MESSAGE];
    for (chunk, word) in message.chunks_exact_mut(8).zip(words.iter().cycle()) {
        chunk.copy_from_slice(&word.to_le_bytes());
    }
    let digest = Sha256::digest(message);
    let mut words = *words;
    for (word, bytes) in words.iter_mut().zip(digest.chunks_exact(8)) {
        *word = bytes.iter().fold(0, |word, byte| word << 8 | u64::from(*byte));
    }
    words
}

/// A chain that no compiler can shorten: each step needs the one before.
#[inline(never)]
fn spin(seed: u64, steps: u32) -> u64 {
    (0..steps).fold(seed, |x, _| (x ^ (x >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9))
}

/// Three steps that cost next to nothing, to see what a stage costs.
pub(crate) mod stages {
    use super::Parcel;

    #[inline]
    pub(crate) fn first(mut parcel: Parcel) -> Parcel {
        parcel.body[1] = parcel.body[0].wrapping_mul(3);
        parcel
    }

    #[inline]
    pub(crate) fn second(mut parcel: Parcel) -> Parcel {
        parcel.body[2] = parcel.body[1] ^ 0x5555;
        parcel
    }

    #[inline]
    pub(crate) fn third(mut parcel: Parcel) -> Parcel {
        parcel.body[3] = parcel.body[2].rotate_left(7);
        parcel
    }
}
