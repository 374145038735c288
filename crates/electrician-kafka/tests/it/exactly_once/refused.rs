//! What a pair refuses.

use std::time::Duration;

use electrician_kafka::{Connection, ExactlyOnce, KafkaSink, KafkaTopics, Record};
use electrician_types::{Batch, ErrorKind, Sink};

use super::copies::Copies;
use crate::support::Kafka;

fn problems(
    pair: &ExactlyOnce,
    input: Connection,
    group: Option<&str>,
    output: Connection,
) -> Vec<String> {
    let decode = |_: &Record<'_>| Ok::<_, std::convert::Infallible>(());
    let mut source = KafkaTopics::builder(input, decode).with_topics(["input"]);
    if let Some(group) = group {
        source = source.with_group(group);
    }
    let sink = KafkaSink::builder(output).with_topic("output").with_value(|(), _| {});
    match pair.clone().pair(source, sink) {
        Ok(_) => Vec::new(),
        Err(error) => error.problems().to_vec(),
    }
}

fn kafka() -> Connection {
    Connection::new("127.0.0.1:9092")
}

#[test]
fn a_pair_that_would_not_be_sound_is_not_made() {
    let pair = ExactlyOnce::new("id");
    let none = problems(&pair, kafka(), Some("group"), kafka());
    assert_eq!(none, Vec::<String>::new());
    let of = |pair: &ExactlyOnce, input, group, output, what: &str| {
        let problems = problems(pair, input, group, output);
        assert!(problems.iter().any(|problem| problem.contains(what)), "{what}: {problems:?}");
    };
    let group = Some("group");
    of(&ExactlyOnce::new(" "), kafka(), group, kafka(), "the transactional id is empty");
    of(&pair, kafka(), None, kafka(), "offsets are committed to a group");
    let uncommitted = kafka().with("isolation.level", "read_uncommitted");
    of(&pair, uncommitted, group, kafka(), "records of aborted transactions");
    let committed = kafka().with("isolation.level", "read_committed");
    assert_eq!(problems(&pair, committed, group, kafka()), Vec::<String>::new());
    of(&pair, kafka(), group, Connection::new("127.0.0.1:9093"), "different clusters");
    let auto = kafka().with("enable.auto.commit", "true");
    of(&pair, auto, group, kafka(), "`enable.auto.commit` is set by this client");
    for property in ["enable.idempotence", "acks", "transactional.id"] {
        of(&pair, kafka(), group, kafka().with(property, "1"), "is set by this client");
    }
    let second = Duration::from_secs(1);
    let slow = pair.clone().with_timeout(second).with_commit_interval(second);
    of(&slow, kafka(), group, kafka(), "a commit interval of 1s");
    of(&pair.clone().with_commit_records(0), kafka(), group, kafka(), "transactions of 0 records");
    of(&pair.clone().with_timeout(Duration::ZERO), kafka(), group, kafka(), "transactions of 0ns");
}

#[tokio::test]
async fn an_item_of_another_source_is_refused() {
    let Some(kafka) = Kafka::one() else { return };
    let copies = Copies::new(&kafka, 0).await;
    let (_, mut sink) =
        ExactlyOnce::new(&copies.group).pair(copies.source(), copies.sink()).unwrap();
    sink.open().await.unwrap();
    let mut batch = Batch::new();
    batch.push(1);
    let error = sink.write(&mut batch).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
    assert!(error.to_string().contains("nothing else may feed this sink"), "{error}");
    assert_eq!(batch.len(), 1);
    sink.close().await.unwrap();
}
