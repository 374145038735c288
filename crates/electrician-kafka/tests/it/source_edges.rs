//! Records and moments that are rare.

use std::task::{Context, Poll, Waker};

use electrician_kafka::rdkafka::producer::{BaseProducer, BaseRecord, Producer};
use electrician_kafka::{KafkaTopics, Record};
use electrician_types::{Batch, ErrorKind, Item, NackReason, OpenSource, Source};

use crate::events::Events;
use crate::reader::{Reader, row, rows, soon};
use crate::support::{Kafka, LONG, Sent, unique};

/// Polls once.
fn now<F: Future>(future: std::pin::Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

#[tokio::test]
async fn an_empty_topic_gives_nothing_and_ends_when_it_is_told() {
    let Some(kafka) = Kafka::one() else { return };
    let (topic, group) = (kafka.topic("empty", 2).await, unique("empty"));
    let mut reader = Reader::open(rows(&kafka).with_group(&group).with_topics([&topic]));
    let mut batch = Batch::new();
    assert!(now(std::pin::pin!(reader.source.read(&mut batch, 10))).is_pending());
    reader.events.until("kafka.assigned partitions=2", 1).await;
    assert!(now(std::pin::pin!(reader.source.read(&mut batch, 10))).is_pending());
    reader.close().await;
    assert!(batch.is_empty() && kafka.committed(&group, &topic).is_empty());
}

#[tokio::test]
async fn tombstones_and_records_of_ten_megabytes_are_records_like_others() {
    let Some(kafka) = Kafka::one() else { return };
    let large = [("max.message.bytes", "20000000")];
    let topic = kafka.topic_with("rare", 1, &large).await;
    let producer: BaseProducer =
        kafka.connection().with("message.max.bytes", "20000000").to_config().create().unwrap();
    let payload = vec![7; 10_000_000];
    for at in 0..6 {
        let record = BaseRecord::<str, [u8]>::to(&topic).key("key");
        let record = if at % 2 == 0 { record } else { record.payload(&payload) };
        producer.send(record).map_err(|(error, _)| error).unwrap();
    }
    producer.flush(LONG).unwrap();
    let decode = |record: &Record<'_>| {
        assert_eq!(record.key(), Some(&b"key"[..]));
        Ok::<_, &str>(record.payload().map(<[u8]>::len))
    };
    let topics = KafkaTopics::builder(kafka.connection(), decode).with_partitions(&topic, [0]);
    let mut source = topics.build().unwrap().open().unwrap();
    let mut batch = Batch::new();
    while batch.len() < 6 {
        soon("all", source.read(&mut batch, 6)).await.unwrap();
    }
    let lengths = batch.into_iter().map(Item::accept);
    assert!(lengths.eq([None, Some(10_000_000)].into_iter().cycle().take(6)));
    soon("closing", source.close()).await.unwrap();
}

/// A value that cannot be dropped by the thread that polls.
struct Fragile(i64);

impl Drop for Fragile {
    fn drop(&mut self) {
        let is_polling = std::thread::current().name() == Some("kafka-source");
        assert!(self.0 != 3 || !is_polling, "this value cannot be dropped here");
    }
}

#[tokio::test]
async fn a_thread_that_panics_fails_the_read() {
    let Some(kafka) = Kafka::one() else { return };
    let (topic, group) = (kafka.topic("fragile", 1).await, unique("fragile"));
    kafka.produce(&topic, (0..6).map(|at| Sent::new(at.to_string())));
    let decode = |record: &Record<'_>| Ok::<_, &str>(Fragile(record.offset()));
    let events = Events::default();
    let topics = KafkaTopics::builder(kafka.connection(), decode)
        .with_group(&group)
        .with_topics([&topic])
        .with_observer(events.clone())
        // What waits for the pipeline is taken back, and dropped.
        .with_replay(true)
        .build()
        .unwrap();
    let mut source = topics.open().unwrap();
    let mut batch = Batch::new();
    while batch.is_empty() {
        soon("one", source.read(&mut batch, 1)).await.unwrap();
    }
    batch.take().unwrap().into_parts().1.nack(NackReason::Failed);
    events.until("kafka.closed", 1).await;
    let error = soon("the end", source.read(&mut batch, 1)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Panicked);
    soon("closing", source.close()).await.unwrap();
    assert_eq!(kafka.committed(&group, &topic).get(&0), None);
}

#[tokio::test]
async fn two_sources_of_the_same_topics_are_two_members() {
    let Some(kafka) = Kafka::one() else { return };
    let (topic, group) = (kafka.topic("twins", 2).await, unique("twins"));
    let topics = rows(&kafka).with_group(&group).with_topics([&topic]);
    let events = Events::default();
    let topics = topics.with_observer(events.clone()).build().unwrap();
    let (mut one, mut two) = (topics.open().unwrap(), topics.open().unwrap());
    let (mut first, mut second) = (Batch::new(), Batch::new());
    assert!(now(std::pin::pin!(one.read(&mut first, 9))).is_pending());
    assert!(now(std::pin::pin!(two.read(&mut second, 9))).is_pending());
    let (mut counts, mut all) = ([0; 2], Vec::new());
    soon("records for both", async {
        while counts.contains(&0) {
            kafka.produce(&topic, (0..2).map(|at| Sent::new("some").to(at)));
            tokio::select! {
                read = one.read(&mut first, 9) => { read.unwrap(); }
                read = two.read(&mut second, 9) => { read.unwrap(); }
            }
            for (count, batch) in counts.iter_mut().zip([&mut first, &mut second]) {
                *count += batch.len();
                all.extend(std::mem::take(batch).into_iter().map(Item::accept));
            }
            tokio::task::yield_now().await;
        }
    })
    .await;
    let distinct: std::collections::BTreeSet<_> = all.iter().collect();
    assert_eq!(distinct.len(), all.len(), "{:?}", events.all());
    soon("closing", one.close()).await.unwrap();
    soon("closing", two.close()).await.unwrap();
}

#[test]
fn a_runtime_that_ends_takes_its_source_with_it() {
    let Some(kafka) = Kafka::one() else { return };
    let runtime = || tokio::runtime::Runtime::new().unwrap();
    let group = unique("runtime");
    let (topic, events) = runtime().block_on(async {
        let topic = kafka.topic("runtime", 1).await;
        kafka.produce(&topic, (0..100).map(|at| Sent::new(at.to_string())));
        let mut reader = Reader::open(rows(&kafka).with_group(&group).with_topics([&topic]));
        let events = reader.events.clone();
        let (told, hears) = tokio::sync::oneshot::channel();
        tokio::spawn(async move {
            reader.accept(60).await;
            told.send(()).unwrap();
            // Until the runtime ends.
            let mut batch = Batch::new();
            while batch.len() < 1000 {
                reader.source.read(&mut batch, 10).await.unwrap();
            }
        });
        hears.await.unwrap();
        (topic, events)
    });
    runtime().block_on(events.until("kafka.closed", 1));
    assert_eq!(kafka.committed(&group, &topic)[&0], 60);
}

#[tokio::test]
async fn a_close_that_is_given_up_can_be_had_again() {
    let Some(kafka) = Kafka::one() else { return };
    let (topic, group) = (kafka.topic("twice", 1).await, unique("twice"));
    kafka.produce(&topic, (0..100).map(|at| Sent::new(at.to_string())));
    let topics = KafkaTopics::builder(kafka.connection(), row);
    let topics = topics.with_group(&group).with_topics([&topic]).build().unwrap();
    let mut source = topics.open().unwrap();
    let mut batch = Batch::new();
    while batch.len() < 50 {
        soon("fifty", source.read(&mut batch, 50)).await.unwrap();
    }
    for _ in 0..3 {
        assert!(now(std::pin::pin!(source.close())).is_pending());
    }
    batch.into_iter().for_each(|item| drop(item.accept()));
    soon("closing", source.close()).await.unwrap();
    soon("closing again", source.close()).await.unwrap();
    assert_eq!(kafka.committed(&group, &topic)[&0], 50);
}
