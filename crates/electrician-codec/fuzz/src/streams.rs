//! Streams, whole and in pieces.

use std::fmt::Debug;

use electrician_types::{Decoder, Encoder};

/// What a decoder says: a record, or what is wrong, in words.
type Said<T> = Result<T, String>;

/// Reads `bytes` whole, in some pieces and, if they are few, one by one: the same must be said.
pub(crate) fn any_cut<T: Debug, D: Decoder<T>>(bytes: &[u8], mut decoder: impl FnMut() -> D) {
    read_any_cut(bytes, &mut decoder());
}

/// The same, with what was said.
pub(crate) fn read_any_cut<T: Debug, D: Decoder<T>>(bytes: &[u8], decoder: &mut D) -> Vec<Said<T>> {
    let whole = read(decoder, bytes, &[]);
    let shown = format!("{whole:?}");
    let mut cut = |cuts: &[usize]| {
        let pieces = read(decoder, bytes, cuts);
        assert_eq!(format!("{pieces:?}"), shown, "cut at {cuts:?}");
    };
    cut(&cuts(bytes));
    if bytes.len() <= 128 {
        cut(&(1..bytes.len()).collect::<Vec<_>>());
    }
    whole
}

/// Places to cut `bytes` at, in order, which depend on nothing but them.
pub(crate) fn cuts(bytes: &[u8]) -> Vec<usize> {
    let mut state = bytes.iter().fold(0xcbf2_9ce4_8422_2325_u64, |state, byte| {
        (state ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3)
    });
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        usize::try_from(state >> 33).expect("31 bits are an index")
    };
    let count = next() % 6;
    let mut cuts: Vec<usize> = (0..count).map(|_| next() % (bytes.len() + 1)).collect();
    cuts.sort_unstable();
    cuts
}

/// The pieces that `bytes` are in when cut at `cuts`.
pub(crate) fn pieces<'a>(bytes: &'a [u8], cuts: &[usize]) -> impl Iterator<Item = &'a [u8]> {
    let starts = [0].into_iter().chain(cuts.iter().copied());
    let ends = cuts.iter().copied().chain([bytes.len()]);
    starts.zip(ends).map(|(start, end)| &bytes[start..end])
}

fn read<T, D: Decoder<T>>(decoder: &mut D, bytes: &[u8], cuts: &[usize]) -> Vec<Said<T>> {
    let mut said = Vec::new();
    for piece in pieces(bytes, cuts) {
        let mut input = piece;
        loop {
            match decoder.decode(&mut input) {
                Ok(None) => break,
                Ok(Some(record)) => said.push(Ok(record)),
                Err(error) => said.push(Err(error.to_string())),
            }
            if decoder.is_broken() {
                assert!(decoder.finish().ok().flatten().is_none(), "what is broken has no record");
                return said;
            }
            assert!(said.len() <= 2 * bytes.len() + 2, "there is no end");
        }
        assert!(input.is_empty(), "without a record, all is taken");
    }
    said.extend(decoder.finish().map_err(|error| error.to_string()).transpose());
    said
}

/// Writes `records`, reads them in pieces, and compares.
pub(crate) fn round_trip<T: PartialEq + Debug, E: Encoder<T>, D: Decoder<T>>(
    records: &[T],
    mut encoder: E,
    mut decoder: D,
) {
    let mut bytes = Vec::new();
    encoder.begin(&mut bytes).expect("it begins");
    for record in records {
        encoder.encode(record, &mut bytes).expect("the record can be written");
    }
    encoder.end(&mut bytes).expect("it ends");
    let said = read_any_cut(&bytes, &mut decoder);
    let back: Vec<T> =
        said.into_iter().map(|said| said.expect("what was written is read")).collect();
    assert_eq!(back, records);
}
