//! One side of a pair that goes away early, and one that does not come.

use std::time::Duration;

use electrician_kafka::ExactlyOnce;
use electrician_kafka::rdkafka::mocking::MockCluster;
use electrician_kafka::rdkafka::types::{RDKafkaApiKey, RDKafkaRespErr};
use electrician_types::{Batch, OpenSource, Sink, Source};

use super::copies::{Copies, Counts};
use crate::events::Events;
use crate::reader::soon;
use crate::support::{Kafka, unique};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_source_that_is_dropped_in_the_middle_leaves_the_producer_whole() {
    let Some(kafka) = Kafka::one() else { return };
    let copies = Copies::new(&kafka, 400).await;
    // What the driver keeps for later, and what is on its way.
    for linger in [Duration::from_secs(1), Duration::ZERO] {
        let events = Events::default();
        let source = copies.source().with_observer(events.clone());
        let pair = ExactlyOnce::new(unique("dropped"));
        let (topics, mut sink) = pair.pair(source, copies.sink().with_linger(linger)).unwrap();
        sink.open().await.unwrap();
        let mut source = topics.open().unwrap();
        let mut batch = Batch::new();
        while batch.is_empty() {
            soon("records", source.read(&mut batch, 50)).await.unwrap();
        }
        let count = u64::try_from(batch.len()).unwrap();
        sink.write(&mut batch).await.unwrap();
        drop(source);
        events.until("kafka.closed", 1).await;
        assert_eq!(events.count("kafka.aborted"), 0, "{:?}", events.all());
        // The brokers have all of it, and the producer can go on.
        sink.flush().await.unwrap();
        assert_eq!(sink.stats().delivered(), count);
        sink.close().await.unwrap();
    }
    assert_eq!(copies.counts(), Counts::new());
    assert!(kafka.committed(&copies.group, &copies.input).is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sink_that_cannot_be_opened_tells_why_at_the_source() {
    let cluster = MockCluster::new(1).unwrap();
    for topic in ["once-in", "once-out"] {
        cluster.create_topic(topic, 1, 1).unwrap();
    }
    // The coordinator does not come to know its transactions while anybody waits for it.
    let errors = [RDKafkaRespErr::RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS; 1000];
    cluster.request_errors(RDKafkaApiKey::InitProducerId, &errors);
    let kafka = Kafka::at(cluster.bootstrap_servers());
    let [input, output] = ["once-in", "once-out"].map(str::to_owned);
    let (dead, group) = (unique("dead"), unique("once"));
    let copies = Copies { kafka, input, output, dead, group };
    // The source waits for one second, the sink for four.
    let source = copies.source_with(&[("socket.connection.setup.timeout.ms", "1000")]);
    let sink = copies.sink().with_open_timeout(Duration::from_secs(4));
    let (topics, mut sink) = ExactlyOnce::new(&copies.group).pair(source, sink).unwrap();
    let mut source = topics.open().unwrap();
    let mut batch = Batch::new();
    let (opened, read) = tokio::join!(sink.open(), source.read(&mut batch, 10));
    let (why, told) = (opened.unwrap_err().to_string(), read.unwrap_err().to_string());
    assert!(why.contains("taking over the transactional id"), "{why}");
    assert!(told.contains(&why), "{told}");
    // Without anybody who opens the sink there is nothing to wait for.
    let mut source = topics.open().unwrap();
    let told = soon("an error", source.read(&mut batch, 10)).await.unwrap_err();
    assert!(told.to_string().contains("the sink of the pair is not open"), "{told}");
}
