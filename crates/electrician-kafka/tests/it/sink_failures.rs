//! What the sink does when records cannot be delivered.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use electrician_kafka::rdkafka::admin::AdminOptions;
use electrician_kafka::rdkafka::mocking::MockCluster;
use electrician_kafka::rdkafka::types::{RDKafkaApiKey, RDKafkaRespErr};
use electrician_kafka::{Connection, KafkaSink, KafkaSinkBuilder};
use electrician_testkit::Verdicts;
use electrician_types::{Batch, ErrorKind, NackReason, Sink, Verdict};

use crate::support::{Kafka, LONG, unique};

const FAILED: Option<Verdict> = Some(Verdict::Nack(NackReason::Failed));
const ACK: Option<Verdict> = Some(Verdict::Ack);

fn sink(connection: Connection, topic: &str) -> KafkaSinkBuilder<Vec<u8>> {
    KafkaSink::builder(connection)
        .with_topic(topic)
        .with_value(|value: &Vec<u8>, into| into.extend_from_slice(value))
}

fn batch(verdicts: &Verdicts, items: impl IntoIterator<Item = Vec<u8>>) -> Batch<Vec<u8>> {
    (0..).zip(items).map(|(token, item)| verdicts.item(token, item)).collect()
}

#[tokio::test]
async fn a_topic_that_is_not_there_fails_at_open_and_is_not_made() {
    let Some(kafka) = Kafka::one() else { return };
    let topic = unique("sink-unknown");
    let mut sink = sink(kafka.connection(), &topic).build().unwrap();
    let error = sink.open().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
    assert!(!error.is_retryable());
    assert!(error.to_string().contains(&format!("looking for topic {topic:?}")), "{error}");
    let admin = kafka.admin();
    let all = admin.inner().fetch_metadata(None, LONG).unwrap();
    assert!(all.topics().iter().all(|found| found.name() != topic));
    // It is not open.
    let verdicts = Verdicts::counting();
    let error = sink.write(&mut batch(&verdicts, [vec![1]])).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Closed);
}

#[tokio::test]
async fn a_cluster_that_is_not_there_fails_at_open() {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let connection = Connection::new(format!("127.0.0.1:{port}"));
    let timeout = Duration::from_secs(1);
    let mut sink = sink(connection, "strikes").with_open_timeout(timeout).build().unwrap();
    let error = sink.open().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Io);
    assert!(error.is_retryable());
    assert!(error.to_string().contains("Connection refused"), "{error}");
}

#[tokio::test]
async fn what_is_wrong_with_a_record_at_once_fails_the_front_item() {
    let Some(kafka) = Kafka::one() else { return };
    let topic = kafka.topic("sink-large", 1).await;
    let mut sink = sink(kafka.connection(), &topic)
        .with_partition(|value| Some(if value == b"elsewhere" { 7 } else { 0 }))
        .build()
        .unwrap();
    sink.open().await.unwrap();
    let verdicts = Verdicts::counting();
    let items = [vec![1], vec![2; 1_100_000], b"elsewhere".to_vec(), vec![3]];
    let mut batch = batch(&verdicts, items);
    let error = sink.write(&mut batch).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TooLarge);
    assert_eq!(batch.len(), 3);
    assert!(batch.front().is_some_and(|front| front.len() == 1_100_000));
    batch.take().unwrap().into_parts().1.nack(NackReason::Failed);
    let error = sink.write(&mut batch).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
    assert_eq!(batch.len(), 2);
    batch.take().unwrap().into_parts().1.nack(NackReason::Failed);
    sink.write(&mut batch).await.unwrap();
    sink.flush().await.unwrap();
    let told = [0, 1, 2, 3].map(|token| verdicts.verdict(token));
    assert_eq!(told, [ACK, FAILED, FAILED, ACK]);
    assert_eq!(kafka.read(&topic).len(), 2);
}

#[tokio::test]
async fn what_the_broker_refuses_is_nacked_and_told() {
    let Some(kafka) = Kafka::one() else { return };
    let topic = kafka.topic_with("sink-refused", 1, &[("max.message.bytes", "2000")]).await;
    let seen = Arc::new(Mutex::new(Vec::new()));
    let told = Arc::clone(&seen);
    let mut sink = sink(kafka.connection(), &topic)
        .with_linger(Duration::ZERO)
        .with_failures(move |record| {
            let value = record.value.unwrap_or_default();
            told.lock().unwrap().push((record.topic.to_owned(), value.len(), record.error.clone()));
            panic!("what the user does must not stop the reports");
        })
        .build()
        .unwrap();
    sink.open().await.unwrap();
    let verdicts = Verdicts::counting();
    // Each is a batch of its own.
    for (token, size) in [(0, 10), (1, 5000), (2, 20)] {
        let mut batch = Batch::new();
        batch.push(verdicts.item(token, vec![0; size]));
        sink.write(&mut batch).await.unwrap();
        let flushed = sink.flush().await;
        assert_eq!(flushed.is_ok(), token != 1, "{flushed:?}");
        if let Err(error) = flushed {
            assert_eq!(error.kind(), ErrorKind::TooLarge);
            assert!(error.to_string().contains("a record for topic"), "{error}");
        }
    }
    assert_eq!([0, 1, 2].map(|token| verdicts.verdict(token)), [ACK, FAILED, ACK]);
    let stats = sink.stats();
    assert_eq!((stats.sent(), stats.delivered(), stats.failed(), stats.in_flight()), (3, 2, 1, 0));
    let seen: Vec<_> = seen.lock().unwrap().drain(..).collect();
    assert_eq!(seen.len(), 1);
    assert_eq!((&seen[0].0, seen[0].1), (&topic, 5000));
    sink.close().await.unwrap();
    assert_eq!(kafka.read(&topic).len(), 2);
}

#[tokio::test]
async fn a_topic_of_a_function_that_is_not_there_fails_its_records() {
    let Some(kafka) = Kafka::one() else { return };
    let topic: &'static str = unique("sink-nowhere").leak();
    let connection = kafka.connection().with("topic.metadata.propagation.max.ms", "500");
    let mut sink = KafkaSink::builder(connection)
        .with_topic_by(move |_: &Vec<u8>| topic)
        .with_value(|value: &Vec<u8>, into| into.extend_from_slice(value))
        .build()
        .unwrap();
    sink.open().await.unwrap();
    let verdicts = Verdicts::counting();
    sink.write(&mut batch(&verdicts, [vec![1], vec![2]])).await.unwrap();
    let error = sink.flush().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
    assert!(error.to_string().starts_with("2 records were not delivered"), "{error}");
    assert_eq!([0, 1].map(|token| verdicts.verdict(token)), [FAILED, FAILED]);
    // By now the driver knows.
    let mut late = Batch::new();
    late.push(vec![3]);
    assert_eq!(sink.write(&mut late).await.unwrap_err().kind(), ErrorKind::Config);
    assert_eq!(late.len(), 1);
}

#[tokio::test]
async fn a_topic_that_goes_away_fails_its_records() {
    let Some(kafka) = Kafka::one() else { return };
    let topic = kafka.topic("sink-deleted", 1).await;
    let connection = kafka
        .connection()
        .with("topic.metadata.propagation.max.ms", "500")
        .with("topic.metadata.refresh.interval.ms", "200");
    let mut sink =
        sink(connection, &topic).with_delivery_timeout(Duration::from_secs(3)).build().unwrap();
    sink.open().await.unwrap();
    let verdicts = Verdicts::counting();
    sink.write(&mut batch(&verdicts, [vec![1]])).await.unwrap();
    sink.flush().await.unwrap();
    kafka.admin().delete_topics(&[&topic], &AdminOptions::new()).await.unwrap();
    let mut late = Batch::new();
    late.push(verdicts.item(1, vec![2]));
    let written = sink.write(&mut late).await;
    if written.is_ok() {
        assert!(sink.flush().await.is_err());
        assert_eq!(verdicts.verdict(1), FAILED);
    }
}

/// A cluster of the driver's own, which fails as it is told.
fn mock() -> (MockCluster<'static, impl rdkafka::ClientContext>, Connection) {
    let cluster = MockCluster::new(1).unwrap();
    cluster.create_topic("strikes", 1, 1).unwrap();
    let connection = Connection::new(cluster.bootstrap_servers());
    (cluster, connection)
}

#[tokio::test]
async fn a_failure_that_passes_is_no_failure() {
    let (cluster, connection) = mock();
    let errors = [RDKafkaRespErr::RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS; 3];
    cluster.request_errors(RDKafkaApiKey::Produce, &errors);
    let mut sink = sink(connection, "strikes").build().unwrap();
    sink.open().await.unwrap();
    let verdicts = Verdicts::counting();
    sink.write(&mut batch(&verdicts, (0..20).map(|n| vec![n]))).await.unwrap();
    sink.flush().await.unwrap();
    assert!((0..20).all(|token| verdicts.verdict(token) == ACK));
}

#[tokio::test]
async fn a_producer_that_cannot_go_on_says_so_until_it_is_opened_again() {
    let (cluster, connection) = mock();
    let mut sink = sink(connection, "strikes").build().unwrap();
    sink.open().await.unwrap();
    let verdicts = Verdicts::counting();
    sink.write(&mut batch(&verdicts, [vec![1]])).await.unwrap();
    sink.flush().await.unwrap();
    // One, which ends the producer: what is left over would be for the next.
    let errors = [RDKafkaRespErr::RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER];
    cluster.request_errors(RDKafkaApiKey::Produce, &errors);
    let verdicts = Verdicts::counting();
    sink.write(&mut batch(&verdicts, [vec![2]])).await.unwrap();
    let flushed = sink.flush().await;
    let is_told = flushed.is_err();
    let nacked = verdicts.verdict(0) == FAILED;
    assert_eq!(is_told, nacked, "{flushed:?}");
    assert!(is_told);
    let mut late = Batch::new();
    late.push(vec![3]);
    let error = sink.write(&mut late).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Closed);
    assert!(error.to_string().contains("start the pipeline again"), "{error}");
    sink.close().await.unwrap_err();
    sink.open().await.unwrap();
    sink.write(&mut late).await.unwrap();
    sink.flush().await.unwrap();
}

#[tokio::test]
async fn a_write_waits_for_room_and_takes_nothing_when_it_is_given_up() {
    let (cluster, connection) = mock();
    let broker = 1;
    cluster.broker_down(broker).unwrap();
    cluster.broker_up(broker).unwrap();
    let mut sink = sink(connection, "strikes").with_capacity(4).build().unwrap();
    sink.open().await.unwrap();
    cluster.broker_down(broker).unwrap();
    let verdicts = Verdicts::counting();
    let mut batch = batch(&verdicts, (0..10).map(|n| vec![n]));
    {
        let mut write = Box::pin(sink.write(&mut batch));
        let polled = futures_now(&mut write);
        assert!(polled.is_pending());
    }
    assert_eq!(batch.len(), 6);
    assert_eq!(batch.front(), Some(&vec![4]));
    assert!((0..10).all(|token| verdicts.verdict(token).is_none()));
    cluster.broker_up(broker).unwrap();
    sink.write(&mut batch).await.unwrap();
    sink.flush().await.unwrap();
    assert!((0..10).all(|token| verdicts.verdict(token) == ACK));
}

#[tokio::test]
async fn a_flush_and_a_close_that_are_given_up_lose_nothing() {
    let (cluster, connection) = mock();
    let mut sink = sink(connection, "strikes").build().unwrap();
    sink.open().await.unwrap();
    cluster.broker_down(1).unwrap();
    let verdicts = Verdicts::counting();
    sink.write(&mut batch(&verdicts, (0..10).map(|n| vec![n]))).await.unwrap();
    for _ in 0..3 {
        assert!(futures_now(&mut Box::pin(sink.flush())).is_pending(), "no report has come");
        assert!(futures_now(&mut Box::pin(sink.close())).is_pending());
    }
    assert!((0..10).all(|token| verdicts.verdict(token).is_none()));
    cluster.broker_up(1).unwrap();
    sink.flush().await.unwrap();
    assert!((0..10).all(|token| verdicts.verdict(token) == ACK));
    sink.close().await.unwrap();
    sink.close().await.unwrap();
}

#[tokio::test]
async fn a_key_function_that_panics_leaves_the_item_to_its_stage() {
    let (_cluster, connection) = mock();
    let key = |value: &Vec<u8>, key: &mut Vec<u8>| {
        key.extend_from_slice(b"half a key");
        assert_ne!(value[0], 3, "no key for it");
    };
    let mut sink = sink(connection, "strikes").with_key(key).build().unwrap();
    sink.open().await.unwrap();
    let verdicts = Verdicts::counting();
    let mut batch = batch(&verdicts, (0..10).map(|n| vec![n]));
    assert!(caught(sink.write(&mut batch)).await);
    assert_eq!(batch.front(), Some(&vec![3]));
    batch.take().unwrap().into_parts().1.nack(NackReason::Failed);
    sink.write(&mut batch).await.unwrap();
    sink.flush().await.unwrap();
    let wanted = |token| if token == 3 { FAILED } else { ACK };
    assert!((0..10).all(|token| verdicts.verdict(token) == wanted(token)));
}

/// Whether `future` panics.
async fn caught(future: impl Future) -> bool {
    let mut future = std::pin::pin!(future);
    std::future::poll_fn(|cx| {
        let poll = || future.as_mut().poll(cx).map(drop);
        match std::panic::catch_unwind(std::panic::AssertUnwindSafe(poll)) {
            Ok(polled) => polled.map(|()| false),
            Err(_) => std::task::Poll::Ready(true),
        }
    })
    .await
}

fn futures_now<F: Future + Unpin>(future: &mut F) -> std::task::Poll<F::Output> {
    let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
    std::pin::Pin::new(future).poll(&mut cx)
}

#[tokio::test]
async fn a_sink_that_is_dropped_gives_its_receipts_back_at_once() {
    let (cluster, connection) = mock();
    let mut sink = sink(connection, "strikes").build().unwrap();
    sink.open().await.unwrap();
    cluster.broker_down(1).unwrap();
    let verdicts = Verdicts::counting();
    sink.write(&mut batch(&verdicts, (0..10).map(|n| vec![n]))).await.unwrap();
    drop(sink);
    let dropped = Some(Verdict::Nack(NackReason::Dropped));
    assert!((0..10).all(|token| verdicts.verdict(token) == dropped));
    assert_eq!(verdicts.breaches(), Vec::<String>::new());
}
