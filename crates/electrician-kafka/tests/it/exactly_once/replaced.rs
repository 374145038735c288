//! Producers that end in the middle, and those that take their place.

use electrician_kafka::rdkafka::ClientContext;
use electrician_kafka::rdkafka::mocking::MockCluster;
use electrician_kafka::rdkafka::types::{RDKafkaApiKey, RDKafkaRespErr};

use super::copies::Copies;
use super::picky;
use crate::events::Events;
use crate::support::{Kafka, LONG, unique};

/// It ends the driver's producer, and comes from a coordinator that does not know what it was told
/// before the one before it died.
const DEADLY: RDKafkaRespErr = RDKafkaRespErr::RD_KAFKA_RESP_ERR_INVALID_TXN_STATE;

/// A cluster of the driver's own, whose transactions hide nothing.
fn mock() -> (MockCluster<'static, impl ClientContext>, Copies) {
    let cluster = MockCluster::new(1).unwrap();
    for topic in ["once-in", "once-out"] {
        cluster.create_topic(topic, 4, 1).unwrap();
    }
    let kafka = Kafka::at(cluster.bootstrap_servers());
    let [input, output] = ["once-in", "once-out"].map(str::to_owned);
    (cluster, Copies { kafka, input, output, dead: unique("dead"), group: unique("once") })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_producer_that_ends_is_replaced_and_the_run_goes_on() {
    for request in [RDKafkaApiKey::EndTxn, RDKafkaApiKey::AddPartitionsToTxn] {
        let (cluster, copies) = mock();
        copies.produce(0..500);
        let events = Events::default();
        let source = copies.source().with_observer(events.clone());
        let (running, handle) = copies.start("a", source, picky());
        copies.until(500).await;
        for round in 1..=3 {
            cluster.request_errors(request, &[DEADLY]);
            let so_far = round * 500;
            copies.produce(so_far..so_far + 500);
            copies.until(so_far + 500).await;
            events.until("kafka.producer_replaced", usize::try_from(round).unwrap()).await;
        }
        let stopped = running.stop(LONG).await;
        let errors = (stopped.source_errors, stopped.sink_errors);
        assert!(errors.0.is_empty() && errors.1.is_empty(), "{errors:?} {:?}", events.all());
        assert_eq!(events.count("kafka.producer_lost"), 3, "{:?}", events.all());
        assert!(handle.stats().partitions.is_empty());
        assert_eq!(copies.counts().len(), 2000);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn producers_that_end_one_after_the_other_end_the_run() {
    let (cluster, copies) = mock();
    copies.produce(0..500);
    cluster.request_errors(RDKafkaApiKey::EndTxn, &[DEADLY; 100]);
    let events = Events::default();
    let source = copies.source().with_observer(events.clone());
    let (running, _) = copies.start("a", source, Ok);
    events.until("kafka.closed", 1).await;
    let stopped = running.stop(LONG).await;
    assert_eq!(events.count("kafka.producer_replaced"), 5, "{:?}", events.all());
    assert_eq!(stopped.source_errors.len(), 1, "{:?}", stopped.source_errors);
    let text = stopped.source_errors[0].to_string();
    assert!(text.contains("6 producers have ended one after the other"), "{text}");
}
