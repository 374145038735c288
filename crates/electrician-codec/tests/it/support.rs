//! What the tests share.

use electrician_codec::{CodecError, CodecErrorKind, Encode};
use electrician_types::{BoxError, Decoder, Encoder};

/// What a decoder says of a record: the record, or what kind of error.
pub(crate) type Said<T> = Result<T, CodecErrorKind>;

/// All that `decoder` says of `bytes`, cut at `cuts`.
pub(crate) fn read<T, D: Decoder<T>>(
    decoder: &mut D,
    bytes: &[u8],
    cuts: &[usize],
) -> Vec<Said<T>> {
    let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut % (bytes.len() + 1)).collect();
    cuts.extend([0, bytes.len()]);
    cuts.sort_unstable();
    let mut said = Vec::new();
    for ends in cuts.windows(2) {
        // Memory of its own: nothing may be kept of a chunk that is gone.
        let chunk = bytes[ends[0]..ends[1]].to_vec();
        let mut input = &chunk[..];
        loop {
            match decoder.decode(&mut input) {
                Ok(None) => break,
                Ok(Some(record)) => said.push(Ok(record)),
                Err(error) => said.push(Err(kind(error))),
            }
            if decoder.is_broken() {
                assert_eq!(decoder.finish().map_err(kind).ok().flatten().map(|_| ()), None);
                return said;
            }
        }
        assert!(input.is_empty(), "without a record, all is taken");
    }
    said.extend(decoder.finish().map_err(kind).transpose());
    said
}

/// All that `decoder` says of `bytes` in one piece.
pub(crate) fn read_all<T, D: Decoder<T>>(mut decoder: D, bytes: impl AsRef<[u8]>) -> Vec<Said<T>> {
    read(&mut decoder, bytes.as_ref(), &[])
}

/// The records of a stream without errors.
pub(crate) fn records<T, D: Decoder<T>>(decoder: D, bytes: impl AsRef<[u8]>) -> Vec<T> {
    read_all(decoder, bytes).into_iter().map(|said| said.expect("no error")).collect()
}

/// The stream of `records`.
pub(crate) fn write<T, E: Encoder<T>>(mut encoder: E, records: &[T]) -> Vec<u8> {
    let mut bytes = Vec::new();
    encoder.begin(&mut bytes).unwrap();
    for record in records {
        encoder.encode(record, &mut bytes).unwrap();
    }
    encoder.end(&mut bytes).unwrap();
    bytes
}

/// The text of one record.
pub(crate) fn text<T: ?Sized>(mut payload: impl Encode<T>, record: &T) -> String {
    let mut bytes = Vec::new();
    payload.encode(record, &mut bytes).unwrap();
    String::from_utf8(bytes).unwrap()
}

#[expect(clippy::needless_pass_by_value, reason = "it is what errors are mapped with")]
pub(crate) fn kind(error: BoxError) -> CodecErrorKind {
    error.downcast_ref::<CodecError>().expect("one of ours").kind()
}
