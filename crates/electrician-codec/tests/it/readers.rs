//! Readers, streams, and a wire's sink.

use std::io::{self, Cursor, Read};
use std::pin::Pin;
use std::task::{Context, Poll};

use electrician_codec::{
    AsyncRecords, CodecError, FramedDecoder, FramedEncoder, Json, JsonArray, LengthPrefix, Lines,
    RecordStream, Records, Text,
};
use electrician_types::{Batch, ErrorKind, Result, Sink};
use electrician_wire::EncoderSink;
use futures_util::StreamExt;
use futures_util::stream::{self, Stream};
use serde_json::Value;

/// Reads by these pieces, with an interruption before each.
struct Pieces {
    pieces: Vec<io::Result<&'static [u8]>>,
    is_interrupted: bool,
}

impl Pieces {
    fn new(pieces: impl IntoIterator<Item = io::Result<&'static [u8]>>) -> Self {
        let mut pieces: Vec<_> = pieces.into_iter().collect();
        pieces.reverse();
        Self { pieces, is_interrupted: false }
    }
}

impl Read for Pieces {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.is_interrupted = !self.is_interrupted;
        if self.is_interrupted {
            return Err(io::ErrorKind::Interrupted.into());
        }
        match self.pieces.pop().transpose()? {
            Some(piece) => Cursor::new(piece).read(buffer),
            None => Ok(0),
        }
    }
}

/// More than a buffer holds.
fn numbers() -> String {
    (0..50_000).fold(String::new(), |text, index| text + &format!("{index}\n"))
}

fn lines() -> FramedDecoder<Text, Lines> {
    FramedDecoder::new(Text, Lines::new())
}

fn shown<T: std::fmt::Debug>(records: impl IntoIterator<Item = Result<T>>) -> Vec<String> {
    let shown = |record: Result<T>| match record {
        Ok(record) => format!("{record:?}"),
        Err(error) => format!("{:?}", error.kind()),
    };
    records.into_iter().map(shown).collect()
}

#[test]
fn a_reader_gives_every_record() {
    let reader = Pieces::new([Ok(&b"one\ntwo\nth"[..]), Ok(b"ree\n\xff\nfo"), Ok(b"ur")]);
    let records: Records<_, _, String> = Records::new(reader, lines());
    assert_eq!(shown(records), ["\"one\"", "\"two\"", "\"three\"", "Failed", "\"four\""]);
}

#[test]
fn a_reader_that_fails_ends() {
    let failure = || Err(io::ErrorKind::ConnectionReset.into());
    let reader = Pieces::new([Ok(&b"one\ntwo"[..]), failure(), Ok(b"never")]);
    let mut records: Records<_, _, String> = Records::new(reader, lines());
    assert_eq!(shown(&mut records), ["\"one\"", "Io"]);
    assert!(records.next().is_none());
}

#[test]
fn a_broken_stream_ends_with_its_error() {
    let decoder = FramedDecoder::new(Json, JsonArray::new());
    let records: Records<_, _, Value> = Records::new(&b"[1, 2 3, 4]"[..], decoder);
    let records: Vec<_> = records.collect();
    let error = records[2].as_ref().unwrap_err().cause::<CodecError>().expect("one of ours");
    assert_eq!(error.offset(), Some(6));
    assert_eq!(records.len(), 3);
}

#[test]
fn more_than_one_buffer_is_read() {
    let text = numbers();
    let records: Records<_, _, String> = Records::new(text.as_bytes(), lines());
    let same = records.enumerate().all(|(index, line)| line.unwrap() == index.to_string());
    assert!(same);
}

#[tokio::test]
async fn a_stream_of_chunks_gives_every_record() {
    let chunks = ["one\ntwo\nth", "", "ree\nfo", "ur"].map(Ok::<_, io::Error>);
    let records: RecordStream<_, _, _, String> = RecordStream::new(stream::iter(chunks), lines());
    let records: Vec<_> = records.collect().await;
    assert_eq!(shown(records), ["\"one\"", "\"two\"", "\"three\"", "\"four\""]);
}

#[tokio::test]
async fn a_stream_that_fails_ends() {
    let chunks = [Ok("one\n"), Err(io::Error::other("gone")), Ok("never\n")];
    let mut records: RecordStream<_, _, _, String> =
        RecordStream::new(stream::iter(chunks), lines());
    assert_eq!(shown((&mut records).collect::<Vec<_>>().await), ["\"one\"", "Failed"]);
    assert!(records.next().await.is_none());
    let chunks = [Ok::<_, io::Error>(&b"\xff\xff\xff\xff"[..]), Ok(b"\0\0\0\0")];
    let decoder = FramedDecoder::new(Text, LengthPrefix::new());
    let records: RecordStream<_, _, _, String> = RecordStream::new(stream::iter(chunks), decoder);
    assert_eq!(shown(records.collect::<Vec<_>>().await), ["Failed"], "the place is lost");
}

#[tokio::test]
async fn chunks_without_records_let_others_have_their_turn() {
    let chunks = stream::iter((0..1_000).map(|_| Ok::<_, io::Error>("x")));
    let mut records: RecordStream<_, _, _, String> = RecordStream::new(chunks, lines());
    let waker = futures_util::task::noop_waker();
    let mut context = Context::from_waker(&waker);
    let mut pending = 0;
    let line = loop {
        match Pin::new(&mut records).poll_next(&mut context) {
            Poll::Pending => pending += 1,
            Poll::Ready(line) => break line.unwrap().unwrap(),
        }
    };
    assert_eq!((line.len(), pending), (1_000, 1_000 / 32));
}

#[tokio::test]
async fn an_asynchronous_reader_gives_every_record() {
    let text = numbers();
    let mut records: AsyncRecords<_, _, String> = AsyncRecords::new(text.as_bytes(), lines());
    for index in 0..50_000 {
        assert_eq!(records.next().await.unwrap().unwrap(), index.to_string());
    }
    assert!(records.next().await.is_none());
    let (writer, reader) = tokio::io::duplex(4);
    drop(writer);
    let records: AsyncRecords<_, _, String> = AsyncRecords::new(reader, lines());
    assert_eq!(records.count().await, 0);
}

#[tokio::test]
async fn a_wire_writes_with_it() {
    let mut sink = EncoderSink::new(Vec::new(), FramedEncoder::new(Json, JsonArray::new()));
    let mut batch = Batch::new();
    for number in [1, 2, 3] {
        batch.push(number);
    }
    Sink::<u32>::open(&mut sink).await.unwrap();
    sink.write(&mut batch).await.unwrap();
    Sink::<u32>::flush(&mut sink).await.unwrap();
    Sink::<u32>::close(&mut sink).await.unwrap();
    assert_eq!(sink.into_writer(), b"[1,2,3]");
}

#[tokio::test]
async fn a_wire_is_told_what_cannot_be_written() {
    let mut sink = EncoderSink::new(Vec::new(), FramedEncoder::new(Text, Lines::new()));
    let mut batch = Batch::new();
    batch.push("one".to_owned());
    batch.push("two\nlines".to_owned());
    let error = sink.write(&mut batch).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Failed);
    assert!(error.cause::<CodecError>().is_some() || error.to_string().contains("line feed"));
    assert_eq!(batch.len(), 1, "it is still there");
    assert_eq!(sink.into_writer(), b"one\n");
}
