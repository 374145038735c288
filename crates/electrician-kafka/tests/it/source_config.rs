//! What is wrong is said: before anything is connected where that is possible.

use electrician_kafka::{Connection, KafkaTopics, Start};
use electrician_types::{ErrorKind, Source};

use crate::reader::{Reader, row, rows, soon};
use crate::support::{Kafka, unique};

fn nowhere() -> electrician_kafka::KafkaTopicsBuilder<crate::reader::Row> {
    KafkaTopics::builder(Connection::new("127.0.0.1:1"), row)
}

#[test]
fn all_problems_are_reported_at_once() {
    let builder =
        KafkaTopics::builder(Connection::new(" ").with("enable.auto.commit", "true"), row);
    let error = builder
        .with_topics(["^odd"])
        .with_partitions("numbers", [-1])
        .with_start(Start::Offset(-5))
        .with_window(0)
        .with_attempts(0)
        .with_drain_time(std::time::Duration::from_hours(1))
        .build()
        .unwrap_err();
    let text = error.to_string();
    for expected in [
        "no broker is named",
        "`enable.auto.commit` is set by this client",
        "do not go together",
        "are read by a group",
        "`^odd` is no topic",
        "no partition -1",
        "negative: -5",
        "the window is 0",
        "attempts is 0",
        "the drain time 3600s must be shorter",
    ] {
        assert!(text.contains(expected), "{expected} is not in {text}");
    }
    assert_eq!(error.problems().len(), 10, "{text}");
}

#[test]
fn a_source_reads_something() {
    let text = nowhere().with_group("readers").build().unwrap_err().to_string();
    assert!(text.contains("name topics, a pattern or partitions"), "{text}");
    let text = nowhere().with_group("a").with_pattern("odd.*").build().unwrap_err().to_string();
    assert!(text.contains("must begin with `^`"), "{text}");
    let builder = nowhere().with_group("a").with_topics(["one"]).with_dead_letter_topic("one");
    let text = builder.build().unwrap_err().to_string();
    assert!(text.contains("the dead-letter topic `one` is one of those"), "{text}");
}

#[tokio::test]
async fn a_broker_that_does_not_answer_is_named() {
    let connection = Connection::new("127.0.0.1:1");
    let connection = connection.with("socket.connection.setup.timeout.ms", "1000");
    let builder = KafkaTopics::builder(connection, row).with_group("a").with_topics(["topic"]);
    let mut reader = Reader::open(builder);
    let (_, error) = reader.error().await;
    let text = error.to_string();
    assert!(text.contains("no broker at `127.0.0.1:1` answered within 1s"), "{text}");
    assert!(text.contains("Connection refused"), "{text}");
    assert!(error.is_retryable());
    soon("closing", reader.source.close()).await.unwrap();
}

#[tokio::test]
async fn a_topic_that_does_not_exist_is_named() {
    let Some(kafka) = Kafka::one() else { return };
    let topic = unique("no-such");
    let there = kafka.topic("there", 1).await;
    let builder = || rows(&kafka).with_group(unique("group"));
    for builder in [
        builder().with_topics([&topic, &there]),
        builder().with_topics([&there]).with_dead_letter_topic(&topic),
        builder().with_partitions(&topic, [0]),
    ] {
        let (_, error) = Reader::open(builder).error().await;
        let text = error.to_string();
        assert!(text.contains(&format!("topic `{topic}` does not exist")), "{text}");
        assert_eq!((error.kind(), error.is_retryable()), (ErrorKind::Config, false));
    }
    let (_, error) = Reader::open(builder().with_partitions(&there, [0, 7])).error().await;
    let text = error.to_string();
    assert!(text.contains("has no partition 7, it has 1: 0 to 0"), "{text}");
}

#[tokio::test]
async fn a_setting_that_the_driver_does_not_know_is_named() {
    let connection = Connection::new("127.0.0.1:1").with("no.such.setting", "1");
    let builder = KafkaTopics::builder(connection, row).with_group("a").with_topics(["topic"]);
    let (_, error) = Reader::open(builder).error().await;
    assert!(error.to_string().contains("no.such.setting"), "{error}");
    assert_eq!(error.kind(), ErrorKind::Config);
}

#[tokio::test]
async fn a_source_that_was_never_read_closes_at_once() {
    let builder = nowhere().with_group("a").with_topics(["topic"]);
    let mut reader = Reader::open(builder);
    reader.source.close().await.unwrap();
    assert!(reader.events.all().is_empty());
}
