//! What a record costs in allocations of Rust's. (The driver's C has its own.)
//!
//! One test: others would be counted with it.

mod counter;

use std::sync::Arc;

use electrician_kafka::rdkafka::mocking::MockCluster;
use electrician_kafka::{Connection, KafkaSink};
use electrician_types::{Acknowledge, Batch, Receipt, Sink, Verdict};

use crate::counter::allocations;

/// Of a length that nothing else has.
const TOPIC: &str = "strikes-of-birds-on-airplanes-in-the-years-from-1990-to-2015-and-later-on";

const ROUNDS: u64 = 400;
const ITEMS: u64 = 64;

struct Anybody;

impl Acknowledge for Anybody {
    fn settle(&self, _token: u64, verdict: Verdict) {
        assert_eq!(verdict, Verdict::Ack);
    }
}

/// The binding of the driver makes a C string of the topic's name for each record, and a list for
/// each event with delivery reports. That is all.
#[tokio::test]
async fn a_record_allocates_nothing_but_the_name_of_its_topic() {
    let cluster = MockCluster::new(1).unwrap();
    cluster.create_topic(TOPIC, 4, 1).unwrap();
    let mut sink = KafkaSink::builder(Connection::new(cluster.bootstrap_servers()))
        .with_topic_by(|_: &[u8; 256]| TOPIC)
        .with_key(|value, into| into.extend_from_slice(&value[..8]))
        .with_header("first", |value, into| into.extend_from_slice(&value[..1]))
        .with_header_template("second", "{field}")
        .with_value(|value, into| {
            into.extend_from_slice(br#"{"field": "text", "of": ["#);
            for _ in value {
                into.extend_from_slice(b"7,");
            }
            into.extend_from_slice(b"8]}");
        })
        .build()
        .unwrap();
    sink.open().await.unwrap();
    let anybody: Arc<dyn Acknowledge> = Arc::new(Anybody);
    let mut batch = Batch::new();
    let mut round = async |sink: &mut KafkaSink<[u8; 256]>, number: u64| {
        for item in 0..ITEMS {
            let mut value = [7; 256];
            value[..8].copy_from_slice(&(number * ITEMS + item).to_be_bytes());
            batch.push_tracked(value, Receipt::new(Arc::clone(&anybody), item));
        }
        sink.write(&mut batch).await.unwrap();
    };
    for number in 0..20 {
        round(&mut sink, number).await;
    }
    sink.flush().await.unwrap();
    let work = async {
        for number in 0..ROUNDS {
            round(&mut sink, number).await;
        }
        sink.flush().await.unwrap();
    };
    let allocated = allocations(TOPIC.len() + 1, work).await;
    let records = ROUNDS * ITEMS;
    println!("{records} records: {allocated:?}");
    assert_eq!((allocated.left_out, allocated.here), (records, 0));
    // Two for each event, and an event has the reports of a batch.
    assert!(allocated.anywhere < records / 5);
    sink.close().await.unwrap();
}
