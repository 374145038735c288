//! Where a source begins, and in what.

use electrician_kafka::{Connection, KafkaTopics, Start};
use std::sync::OnceLock;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::reader::{Reader, row, rows, rows_with};
use crate::support::{Kafka, Sent, unique};

/// A while ago, in milliseconds since 1970. Not too long: brokers delete what is old.
fn base() -> i64 {
    static BASE: OnceLock<i64> = OnceLock::new();
    let now = || SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis();
    *BASE.get_or_init(|| i64::try_from(now()).unwrap() - 1_000_000)
}

fn time(millis: i64) -> SystemTime {
    UNIX_EPOCH + Duration::from_millis(u64::try_from(millis).unwrap())
}

/// Records a second apart.
fn numbered(from: i64, to: i64) -> impl Iterator<Item = Sent> {
    (from..to).map(|at| Sent::new(at.to_string()).to(0).at(base() + at * 1000))
}

#[tokio::test]
async fn it_begins_where_it_is_told_to() {
    let Some(kafka) = Kafka::one() else { return };
    let topic = kafka.topic("start", 1).await;
    kafka.produce(&topic, numbered(0, 100));
    let between = time(base() + 41_500);
    for (start, first) in [
        (Start::Earliest, 0),
        (Start::Offset(17), 17),
        (Start::Timestamp(between), 42),
        (Start::Timestamp(UNIX_EPOCH), 0),
    ] {
        let group = rows(&kafka).with_group(unique("start")).with_topics([&topic]);
        let named = rows(&kafka).with_partitions(&topic, [0]);
        for builder in [group, named] {
            let mut reader = Reader::open(builder.with_start(start));
            assert_eq!(reader.accept(1).await[0].offset, first, "{start:?}");
            reader.close().await;
        }
    }
}

#[tokio::test]
async fn the_latest_is_decided_once() {
    let Some(kafka) = Kafka::one() else { return };
    let topic = kafka.topic("latest", 1).await;
    kafka.produce(&topic, numbered(0, 10));
    let late = time(base() + 2_000_000);
    for start in [Start::Latest, Start::Timestamp(late)] {
        let group = unique("latest");
        let ends = kafka.read(&topic).len();
        let reader = || {
            let builder = rows(&kafka).with_group(&group).with_topics([&topic]);
            Reader::open(builder.with_start(start))
        };
        let mut first = reader();
        let events = first.events.clone();
        tokio::select! {
            _ = first.take(1) => panic!("there is nothing yet"),
            () = events.until("kafka.assigned", 1) => {}
        }
        first.close().await;
        // While nobody reads.
        kafka.produce(&topic, numbered(10, 15));
        let mut second = reader();
        let rows = second.accept(5).await;
        assert_eq!(rows[0].offset, i64::try_from(ends).unwrap(), "{start:?}");
        second.close().await;
    }
}

#[tokio::test]
async fn partitions_have_starts_of_their_own() {
    let Some(kafka) = Kafka::one() else { return };
    let topic = kafka.topic("own", 3).await;
    kafka.produce(&topic, (0..90).map(|at| Sent::new(at.to_string()).to(at % 3)));
    let builder = rows(&kafka).with_partitions(&topic, [0, 2]).with_start(Start::Offset(10));
    let mut reader = Reader::open(builder.with_start_of(&topic, 2, Start::Offset(25)));
    let mut rows = reader.accept(25).await;
    rows.sort();
    let offsets = |partition: i32| {
        let mine = rows.iter().filter(move |row| row.partition == partition);
        mine.map(|row| row.offset).collect::<Vec<_>>()
    };
    assert_eq!(offsets(0), (10..30).collect::<Vec<_>>());
    assert!(offsets(1).is_empty());
    assert_eq!(offsets(2), (25..30).collect::<Vec<_>>());
    reader.close().await;
}

#[tokio::test]
async fn named_partitions_commit_to_a_group_if_there_is_one() {
    let Some(kafka) = Kafka::one() else { return };
    let (topic, group) = (kafka.topic("named", 2).await, unique("named"));
    kafka.produce(&topic, (0..40).map(|at| Sent::new(at.to_string()).to(at % 2)));
    let reader = || Reader::open(rows(&kafka).with_group(&group).with_partitions(&topic, [1]));
    let mut first = reader();
    first.accept(15).await;
    first.close().await;
    assert_eq!(kafka.committed(&group, &topic).into_iter().collect::<Vec<_>>(), [(1, 15)]);
    let mut second = reader();
    assert!(second.accept(5).await.iter().map(|row| row.offset).eq(15..20));
    second.close().await;
}

#[tokio::test]
async fn a_pattern_finds_topics_that_come_later() {
    let Some(kafka) = Kafka::one() else { return };
    let name = unique("pattern");
    let first = kafka.topic(&format!("{name}-a"), 1).await;
    let other = kafka.topic("other", 1).await;
    kafka.produce(&first, [Sent::new("first")]);
    kafka.produce(&other, [Sent::new("other")]);
    let quick = [("topic.metadata.refresh.interval.ms", "200")];
    let builder = rows_with(&kafka, &quick).with_group(&name).with_pattern(format!("^{name}-.*"));
    let mut reader = Reader::open(builder);
    assert_eq!(reader.accept(1).await[0].text, "first");
    let second = kafka.topic(&format!("{name}-b"), 1).await;
    kafka.produce(&second, [Sent::new("second")]);
    assert_eq!(reader.accept(1).await[0].text, "second");
    let stats = reader.handle.stats();
    assert_eq!(stats.partitions.len(), 2, "{stats:?}");
    reader.close().await;
    assert_eq!(kafka.committed(&name, &second)[&0], 1);
}

#[tokio::test]
async fn only_committed_records_of_transactions_are_read() {
    use electrician_kafka::rdkafka::producer::{BaseProducer, BaseRecord, Producer};
    let Some(kafka) = Kafka::one() else { return };
    let (topic, group) = (kafka.topic("committed", 1).await, unique("committed"));
    let connection: Connection = kafka.connection().with("transactional.id", unique("writer"));
    let producer: BaseProducer = connection.to_config().create().unwrap();
    let long = crate::support::LONG;
    producer.init_transactions(long).unwrap();
    for (text, is_good) in [("good", true), ("bad", false), ("better", true)] {
        producer.begin_transaction().unwrap();
        producer.send(BaseRecord::<(), str>::to(&topic).payload(text)).unwrap();
        producer.flush(long).unwrap();
        if is_good {
            producer.commit_transaction(long).unwrap();
        } else {
            producer.abort_transaction(long).unwrap();
        }
    }
    let builder = KafkaTopics::builder(kafka.connection(), row).with_group(&group);
    let mut reader = Reader::open(builder.with_topics([&topic]));
    let rows = reader.accept(2).await;
    assert!(rows.iter().map(|row| &*row.text).eq(["good", "better"]), "{rows:?}");
    reader.close().await;
}
