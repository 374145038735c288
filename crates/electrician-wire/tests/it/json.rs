//! Outputs as one JSON array.

use electrician_wire::types::NackReason;
use electrician_wire::{Output, Wire};
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

/// Reads to the end while the run finishes.
async fn read(running: Running) -> Result<String, Box<electrician_wire::BrokenArray<Odd>>> {
    let output = running.output();
    let finishing = tokio::spawn(running.finish());
    let array = soon(output.collect_json_array()).await;
    if array.is_ok() {
        balanced(&soon(finishing).await.unwrap());
    }
    array
}

#[tokio::test(start_paused = true)]
async fn all_values_are_one_array() {
    let record = Record::new();
    assert_eq!(read(odd(&record, &[]).await).await.unwrap(), "[]");
    assert_eq!(read(odd(&record, &[1]).await).await.unwrap(), "[[1]]");
    assert_eq!(read(odd(&record, &[2, 3, 4]).await).await.unwrap(), "[[2],[3],[4]]");
    assert_eq!(record.counts(), (4, 0));
}

#[tokio::test(start_paused = true)]
async fn a_value_that_cannot_be_encoded_costs_nothing() {
    let record = Record::new();
    let running = odd(&record, &[1, 2, 13, 4, 5]).await;
    let broken = soon(running.output().collect_json_array()).await.unwrap_err();
    assert_eq!(broken.array, "[[1],[2]]", "the array of those before it");
    assert!(broken.to_string().contains("unlucky"), "{broken}");
    assert_eq!(record.counts(), (2, 0), "those in the array were acknowledged, no other");
    let electrician_wire::BrokenArray { item, rest, .. } = *broken;
    let (value, receipt) = item.into_parts();
    receipt.nack(NackReason::Rejected);
    assert_eq!((value, record.nack(13)), (Odd(13), Some(NackReason::Rejected)));
    let finishing = tokio::spawn(running.finish());
    assert_eq!(soon(rest.collect_json_array()).await.unwrap(), "[[4],[5]]");
    assert_eq!(balanced(&soon(finishing).await.unwrap()).delivered, 5);
}

#[tokio::test(start_paused = true)]
async fn the_array_of_the_first_that_fails_is_empty() {
    let record = Record::new();
    let running = odd(&record, &[13]).await;
    let broken = soon(running.output().collect_json_array()).await.unwrap_err();
    assert_eq!(broken.array, "[]");
    drop(broken);
    assert_eq!(record.nack(13), Some(NackReason::Dropped));
    drop(stop(running).await);
}

#[tokio::test(start_paused = true)]
async fn it_is_an_error_like_others() {
    async fn all(output: Output<Odd>) -> Result<String, Box<dyn std::error::Error + Send + Sync>> {
        Ok(output.collect_json_array().await?)
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
    let reading = tokio::spawn(running.output().collect_json_array());
    settle().await;
    assert!(!reading.is_finished());
    let stopped = stop(running).await;
    assert_eq!(soon(reading).await.unwrap().unwrap(), "[[1],[2]]");
    assert!(stopped.is_clean());
}

#[tokio::test(start_paused = true)]
async fn a_cancelled_array_loses_no_item_that_it_has_not_read() {
    let record = Record::new();
    let running = odd(&record, &[1, 2]).await;
    let mut reading = Box::pin(running.output().collect_json_array());
    assert!(poll_once(reading.as_mut()).is_pending());
    drop(reading);
    assert_eq!(record.counts(), (2, 0), "their text is lost: it was theirs who cancelled");
    running.submit(3).await.unwrap();
    assert_eq!(read(running).await.unwrap(), "[[3]]");
}
