//! Outputs as an encoder writes them.

use electrician_codec::{FramedEncoder, Json, JsonArray, Lines};
use electrician_wire::types::{BoxError, Encoder, NackReason};
use electrician_wire::{BrokenEncoding, Output, Wire};
use serde::{Serialize, Serializer, ser};

use crate::support::{Record, balanced, poll_once, settle, soon, stop};

/// Thirteen cannot be encoded, once half of it is written.
#[derive(Debug, PartialEq)]
struct Odd(u64);

impl Serialize for Odd {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use ser::SerializeSeq;
        let mut seq = serializer.serialize_seq(None)?;
        seq.serialize_element(&self.0)?;
        if self.0 == 13 {
            return Err(ser::Error::custom("unlucky"));
        }
        seq.end()
    }
}

/// A wire of odd things that tell `record` what becomes of them.
async fn odd(record: &std::sync::Arc<Record>, values: &[u64]) -> Running {
    let wire = Wire::map("odd", Odd).with_workers(1).build().unwrap();
    let running = wire.start().unwrap();
    for n in values {
        running.inlet().submit_item(record.item(*n, *n)).await.unwrap();
    }
    settle().await;
    running
}

type Running = electrician_wire::Running<Wire<u64, Odd>>;

type Collected = Result<Vec<u8>, Box<BrokenEncoding<Odd>>>;

fn array() -> FramedEncoder<Json, JsonArray> {
    FramedEncoder::new(Json, JsonArray::new())
}

/// Reads to the end while the run finishes.
async fn read<E: Encoder<Odd>>(running: Running, encoder: E) -> Collected {
    let output = running.output();
    let finishing = tokio::spawn(running.finish());
    let array = soon(output.collect_with(encoder)).await;
    if array.is_ok() {
        balanced(&soon(finishing).await.unwrap());
    }
    array
}

#[tokio::test(start_paused = true)]
async fn all_values_are_one_array() {
    let record = Record::new();
    assert_eq!(read(odd(&record, &[]).await, array()).await.unwrap(), b"[]");
    assert_eq!(read(odd(&record, &[1]).await, array()).await.unwrap(), b"[[1]]");
    let running = odd(&record, &[2, 3, 4]).await;
    assert_eq!(read(running, array()).await.unwrap(), b"[[2],[3],[4]]");
    let lines = FramedEncoder::new(Json, Lines::new());
    assert_eq!(read(odd(&record, &[5, 6]).await, lines).await.unwrap(), b"[5]\n[6]\n");
    assert_eq!(record.counts(), (6, 0));
}

#[tokio::test(start_paused = true)]
async fn a_value_that_cannot_be_encoded_costs_nothing() {
    let record = Record::new();
    let running = odd(&record, &[1, 2, 13, 4, 5]).await;
    let broken = soon(running.output().collect_with(array())).await.unwrap_err();
    assert_eq!(broken.bytes, b"[[1],[2]]", "the array of those before it");
    assert!(broken.to_string().contains("unlucky"), "{broken}");
    assert_eq!(record.counts(), (2, 0), "those in the array were acknowledged, no other");
    let BrokenEncoding { item, rest, .. } = *broken;
    let (value, receipt) = item.unwrap().into_parts();
    receipt.nack(NackReason::Rejected);
    assert_eq!((value, record.nack(13)), (Odd(13), Some(NackReason::Rejected)));
    let finishing = tokio::spawn(running.finish());
    assert_eq!(soon(rest.collect_with(array())).await.unwrap(), b"[[4],[5]]");
    assert_eq!(balanced(&soon(finishing).await.unwrap()).delivered, 5);
}

#[tokio::test(start_paused = true)]
async fn the_array_of_the_first_that_fails_is_empty() {
    let record = Record::new();
    let running = odd(&record, &[13]).await;
    let broken = soon(running.output().collect_with(array())).await.unwrap_err();
    assert_eq!(broken.bytes, b"[]");
    drop(broken);
    assert_eq!(record.nack(13), Some(NackReason::Dropped));
    drop(stop(running).await);
}

#[tokio::test(start_paused = true)]
async fn it_is_an_error_like_others() {
    async fn all(output: Output<Odd>) -> Result<Vec<u8>, BoxError> {
        Ok(output.collect_with(array()).await?)
    }
    let running = odd(&Record::new(), &[13]).await;
    let error = soon(all(running.output())).await.unwrap_err();
    assert!(error.source().unwrap().to_string().contains("unlucky"));
    drop(stop(running).await);
}

#[tokio::test(start_paused = true)]
async fn a_stop_ends_the_array() {
    let record = Record::new();
    let running = odd(&record, &[1, 2]).await;
    let reading = tokio::spawn(running.output().collect_with(array()));
    settle().await;
    assert!(!reading.is_finished());
    let stopped = stop(running).await;
    assert_eq!(soon(reading).await.unwrap().unwrap(), b"[[1],[2]]");
    assert!(stopped.is_clean());
}

#[tokio::test(start_paused = true)]
async fn a_cancelled_array_loses_no_item_that_it_has_not_read() {
    let record = Record::new();
    let running = odd(&record, &[1, 2]).await;
    let mut reading = Box::pin(running.output().collect_with(array()));
    assert!(poll_once(reading.as_mut()).is_pending());
    drop(reading);
    assert_eq!(record.counts(), (2, 0), "their text is lost: it was theirs who cancelled");
    running.submit(3).await.unwrap();
    assert_eq!(read(running, array()).await.unwrap(), b"[[3]]");
}

/// Writes numbers, and fails at one place: halfway.
struct Fails(&'static str);

impl Fails {
    fn at(&self, place: &str, into: &mut Vec<u8>) -> Result<(), BoxError> {
        into.extend_from_slice(place.as_bytes());
        if self.0 == place { Err(format!("no {place}").into()) } else { Ok(()) }
    }
}

impl Encoder<Odd> for Fails {
    fn begin(&mut self, into: &mut Vec<u8>) -> Result<(), BoxError> {
        self.at("begin", into)
    }

    fn encode(&mut self, record: &Odd, into: &mut Vec<u8>) -> Result<(), BoxError> {
        self.at(&record.0.to_string(), into)
    }

    fn end(&mut self, into: &mut Vec<u8>) -> Result<(), BoxError> {
        self.at("end", into)
    }
}

#[tokio::test(start_paused = true)]
async fn nothing_partial_is_given_wherever_it_fails() {
    for (place, bytes, settled) in [("begin", "", 0), ("2", "begin1end", 1), ("end", "begin12", 2)]
    {
        let record = Record::new();
        let running = odd(&record, &[1, 2]).await;
        let output = running.output();
        let finishing = tokio::spawn(running.finish());
        let broken = soon(output.collect_with(Fails(place))).await.unwrap_err();
        assert_eq!(String::from_utf8_lossy(&broken.bytes), bytes, "{place}");
        assert!(broken.to_string().contains(place), "{broken}");
        assert_eq!(broken.item.is_some(), place == "2");
        assert_eq!(record.counts(), (settled, 0), "{place}");
        soon(broken.rest.collect()).await;
        balanced(&soon(finishing).await.unwrap());
    }
}
