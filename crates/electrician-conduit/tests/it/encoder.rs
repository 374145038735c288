//! Encoders as sinks: framing, receipts at the flush, no partial record.

use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use electrician_codec::{FramedEncoder, Json, JsonArray, Lines};
use electrician_conduit::{Conduit, SinkStage};
use electrician_types::{BoxError, Encoder, ErrorKind};
use electrician_wire::{EncoderSink, Retry, Wire};
use serde::ser::{Error as _, SerializeSeq};
use serde::{Serialize, Serializer};

use crate::record::Record;
use crate::support::{finish, ms, numbers, same, settle, stop};

/// A writer that can be looked into, and told to fail.
#[derive(Clone, Default)]
struct Paper(Arc<Mutex<Sheet>>);

#[derive(Default)]
struct Sheet {
    written: Vec<u8>,
    flushed: usize,
    /// Bytes until writing fails, if it does.
    room: Option<usize>,
    flush_fails: bool,
}

const fn lines() -> FramedEncoder<Json, Lines> {
    FramedEncoder::new(Json, Lines::new())
}

fn array() -> FramedEncoder<Json, JsonArray> {
    FramedEncoder::new(Json, JsonArray::new())
}

impl Paper {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().written.clone()).unwrap()
    }

    fn with_room(bytes: usize) -> Self {
        let paper = Self::default();
        paper.0.lock().unwrap().room = Some(bytes);
        paper
    }
}

impl Write for Paper {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut sheet = self.0.lock().unwrap();
        let count = sheet.room.unwrap_or(usize::MAX).min(bytes.len());
        if count == 0 && !bytes.is_empty() {
            return Err(io::Error::other("the paper is full"));
        }
        sheet.written.extend_from_slice(&bytes[..count]);
        sheet.room = sheet.room.map(|room| room - count);
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        let mut sheet = self.0.lock().unwrap();
        if sheet.flush_fails {
            return Err(io::Error::other("the pen is dry"));
        }
        sheet.flushed = sheet.written.len();
        Ok(())
    }
}

/// A record that fails or panics when it is half encoded, if it is odd.
struct Moody(u64);

impl Serialize for Moody {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(None)?;
        list.serialize_element(&self.0)?;
        match self.0 % 4 {
            1 => return Err(S::Error::custom("odd")),
            3 => panic!("very odd, as told"),
            _ => {}
        }
        list.end()
    }
}

#[tokio::test(start_paused = true)]
async fn json_lines_and_arrays_of_every_run() {
    for (is_array, expected) in [(false, "0\n1\n2\n0\n1\n2\n"), (true, "[0,1,2][0,1,2]")] {
        let paper = Paper::default();
        let head = Conduit::from(same("head", 4)).with_source(numbers(0..3));
        let builder = if is_array {
            head.sink("json", EncoderSink::new(paper.clone(), array()))
        } else {
            head.sink("json", EncoderSink::new(paper.clone(), lines()))
        };
        let stopped = finish(builder.build().unwrap().start().unwrap()).await;
        assert!(stopped.is_clean(), "{stopped:?}");
        assert!(finish(stopped.component.start().unwrap()).await.is_clean());
        assert_eq!(paper.text(), expected);
        assert_eq!(paper.0.lock().unwrap().flushed, expected.len(), "flushed to the end");
    }
}

#[tokio::test(start_paused = true)]
async fn an_empty_run_is_an_empty_array() {
    let paper = Paper::default();
    let sink = EncoderSink::new(paper.clone(), array());
    let conduit = Conduit::from(same("head", 4)).sink("json", sink).build().unwrap();
    assert!(stop(conduit.start().unwrap()).await.is_clean());
    assert_eq!(paper.text(), "[]");
}

#[tokio::test(start_paused = true)]
async fn a_failed_encoding_leaves_no_partial_record() {
    let (paper, record) = (Paper::default(), Record::new());
    let sink = EncoderSink::new(paper.clone(), array());
    let conduit = Conduit::from(Wire::map("moody", Moody).with_workers(1)).sink("json", sink);
    let running = conduit.build().unwrap().start().unwrap();
    for token in 0..9 {
        running.inlet().submit_item(record.item(token, token)).await.unwrap();
    }
    let stopped = stop(running).await;
    assert_eq!(paper.text(), "[[0],[2],[4],[6],[8]]");
    assert_eq!((stopped.ledger.delivered, stopped.ledger.failed), (5, 4));
    for token in 0..9 {
        assert_eq!(record.is_acked(token), token % 2 == 0, "{token}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_first_record_that_fails_costs_no_comma() {
    let paper = Paper::default();
    let sink = EncoderSink::new(paper.clone(), array());
    let conduit = Conduit::from(Wire::map("moody", Moody).with_workers(1)).sink("json", sink);
    let conduit = conduit.with_source(numbers(1..5)).build().unwrap();
    let stopped = finish(conduit.start().unwrap()).await;
    assert_eq!((paper.text(), stopped.ledger.failed), ("[[2],[4]]".into(), 2));
}

#[tokio::test(start_paused = true)]
async fn receipts_wait_for_the_flush_and_fall_with_it() {
    let (paper, record) = (Paper::default(), Record::new());
    let sink = EncoderSink::new(paper.clone(), lines());
    let conduit = Conduit::from(same("head", 4)).sink("json", sink).build().unwrap();
    let running = conduit.start().unwrap();
    let inlet = running.inlet();
    inlet.submit_item(record.item(0, 0)).await.unwrap();
    settle().await;
    assert!(record.is_acked(0));
    assert_eq!(paper.0.lock().unwrap().flushed, 2, "flushed, and then acknowledged");
    paper.0.lock().unwrap().flush_fails = true;
    inlet.submit_item(record.item(1, 1)).await.unwrap();
    settle().await;
    assert!(record.nack(1).is_some());
    paper.0.lock().unwrap().flush_fails = false;
    inlet.submit_item(record.item(2, 2)).await.unwrap();
    settle().await;
    assert!(record.is_acked(2));
    let stopped = stop(running).await;
    assert_eq!((stopped.ledger.delivered, stopped.ledger.failed), (2, 1));
    assert_eq!(stopped.failures[0].kind(), ErrorKind::Io);
}

#[tokio::test(start_paused = true)]
async fn after_a_torn_record_nothing_more_is_written() {
    let (paper, record) = (Paper::with_room(7), Record::new());
    let sink = EncoderSink::new(paper.clone(), lines());
    let stage = SinkStage::new("json", sink).with_retry(Retry::fixed(5, ms(1)));
    let text = Wire::map("text", |n: u64| format!("item {n}")).with_workers(1);
    let running = Conduit::from(text).sink_stage(stage).build().unwrap().start().unwrap();
    for token in 0..3 {
        running.inlet().submit_item(record.item(token, token)).await.unwrap();
    }
    settle().await;
    paper.0.lock().unwrap().room = None;
    let stopped = stop(running).await;
    assert_eq!(paper.text(), "\"item 0", "garbage is not followed by more");
    assert_eq!((stopped.ledger.failed, stopped.ledger.retried), (3, 0));
    assert_eq!(record.counts(), (0, 3));
}

/// An encoder whose frame fails.
struct BadFrame(&'static str);

impl Encoder<u64> for BadFrame {
    fn begin(&mut self, _into: &mut Vec<u8>) -> Result<(), BoxError> {
        if self.0 == "begin" { Err("no beginning".into()) } else { Ok(()) }
    }

    fn encode(&mut self, record: &u64, into: &mut Vec<u8>) -> Result<(), BoxError> {
        into.extend_from_slice(record.to_string().as_bytes());
        Ok(())
    }

    fn end(&mut self, _into: &mut Vec<u8>) -> Result<(), BoxError> {
        if self.0 == "end" { Err("no end".into()) } else { Ok(()) }
    }
}

#[tokio::test(start_paused = true)]
async fn a_frame_that_fails_is_reported() {
    for (frame, text, delivered) in [("begin", "", 0), ("end", "012", 3)] {
        let paper = Paper::default();
        let sink = EncoderSink::new(paper.clone(), BadFrame(frame));
        let conduit =
            Conduit::from(same("head", 4)).sink("framed", sink).with_source(numbers(0..3));
        let stopped = finish(conduit.build().unwrap().start().unwrap()).await;
        assert_eq!((&*paper.text(), stopped.ledger.delivered), (text, delivered));
        assert!(stopped.sink_errors[0].to_string().contains(frame), "{stopped:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_writer_comes_back_after_the_run() {
    let stage = SinkStage::new("json", EncoderSink::new(Vec::new(), array()));
    let handle = stage.handle();
    let conduit = Conduit::from(same("head", 4)).sink_stage(stage).build().unwrap();
    let running = conduit.start().unwrap();
    running.submit_batch(&mut vec![0, 1, 2]).await.unwrap();
    settle().await;
    assert!(handle.take().is_none(), "the run uses it");
    let stopped = stop(running).await;
    let bytes = handle.take().map(EncoderSink::into_writer).unwrap();
    assert_eq!(String::from_utf8(bytes).unwrap(), "[0,1,2]");
    assert!(handle.clone().take().is_none());
    let error = stopped.component.start().unwrap_err();
    assert!(error.to_string().contains("taken back"), "{error}");
}
