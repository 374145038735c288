//! Records that are not processed.

use std::collections::BTreeMap;
use std::time::{SystemTime, UNIX_EPOCH};

use electrician_kafka::rdkafka::Message;
use electrician_kafka::rdkafka::message::{Headers, OwnedMessage};
use electrician_kafka::{DeadLetter, KafkaTopics};
use electrician_types::{ErrorKind, NackReason, Source};

use crate::reader::{Reader, accept, rows, soon};
use crate::support::{Kafka, Sent, unique};

fn headers(message: &OwnedMessage) -> BTreeMap<String, String> {
    let text = |value: Option<&[u8]>| String::from_utf8(value.unwrap().to_vec()).unwrap();
    let headers = message.headers().unwrap();
    headers.iter().map(|header| (header.key.to_owned(), text(header.value))).collect()
}

#[tokio::test]
async fn what_failed_is_delivered_again_alone() {
    let Some(kafka) = Kafka::one() else { return };
    let (topic, group) = (kafka.topic("again", 1).await, unique("again"));
    kafka.produce(&topic, (0..50).map(|at| Sent::new(at.to_string())));
    let mut reader = Reader::open(rows(&kafka).with_group(&group).with_topics([&topic]));
    for item in reader.take(50).await {
        let (row, receipt) = item.into_parts();
        if row.offset % 10 == 7 { receipt.nack(NackReason::Failed) } else { receipt.ack() }
    }
    let again = reader.accept(5).await;
    assert!(again.iter().map(|row| row.offset).eq([7, 17, 27, 37, 47]), "{again:?}");
    let events = reader.close().await;
    assert_eq!(kafka.committed(&group, &topic)[&0], 50);
    assert_eq!(events.count("kafka.redelivering"), 1, "{:?}", events.all());
    assert_eq!(events.count("kafka.dead_lettered"), 0);
}

#[tokio::test]
async fn what_failed_is_replayed_with_what_followed_when_asked() {
    let Some(kafka) = Kafka::one() else { return };
    let (topic, group) = (kafka.topic("replay", 1).await, unique("replay"));
    kafka.produce(&topic, (0..50).map(|at| Sent::new(at.to_string())));
    let builder = rows(&kafka).with_group(&group).with_topics([&topic]);
    let mut reader = Reader::open(builder.with_replay(true).with_buffer(4));
    let mut late = None;
    for item in reader.take(50).await {
        let (row, receipt) = item.into_parts();
        match row.offset {
            20 => receipt.nack(NackReason::Failed),
            30 => late = Some(receipt),
            _ => receipt.ack(),
        }
    }
    let again = reader.take(30).await;
    assert!(again.iter().map(|item| item.value().offset).eq(20..50));
    // Of the former delivery: nobody listens any more.
    late.unwrap().nack(NackReason::Failed);
    accept(again);
    let events = reader.close().await;
    assert_eq!(kafka.committed(&group, &topic)[&0], 50);
    assert_eq!(events.count("kafka.redelivering"), 1, "{:?}", events.all());
}

#[tokio::test]
async fn after_all_attempts_a_record_goes_to_the_dead_letter_topic() {
    let Some(kafka) = Kafka::one() else { return };
    let (topic, group) = (kafka.topic("letters", 2).await, unique("letters"));
    let dead = kafka.topic("letters-dead", 1).await;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis();
    let now = i64::try_from(now).unwrap();
    let sent = |at: i32| {
        let sent = Sent::new(at.to_string()).to(at % 2).with_key(format!("key {at}"));
        sent.with_header("own", "kept").at(now + i64::from(at))
    };
    kafka.produce(&topic, (0..20).map(sent));
    let builder = rows(&kafka).with_group(&group).with_topics([&topic]);
    let mut reader = Reader::open(builder.with_dead_letter_topic(&dead).with_attempts(4));
    let mut tries = 0;
    for _ in 0..23 {
        let (row, receipt) = reader.take(1).await.remove(0).into_parts();
        if row.text == "13" {
            tries += 1;
            receipt.nack(NackReason::Rejected);
        } else {
            receipt.ack();
        }
    }
    assert_eq!(tries, 4);
    reader.events.until("kafka.dead_lettered", 1).await;
    let stats = reader.handle.stats();
    assert_eq!((stats.delivered, stats.redelivered, stats.dead_lettered), (23, 3, 1), "{stats:?}");
    let events = reader.close().await;
    assert_eq!(kafka.committed(&group, &topic).into_values().collect::<Vec<_>>(), [10, 10]);
    let letters = kafka.read(&dead);
    assert_eq!(letters.len(), 1, "{:?}", events.all());
    let letter = &letters[0];
    assert_eq!(letter.payload(), Some(&b"13"[..]));
    assert_eq!(letter.key(), Some(&b"key 13"[..]));
    assert_eq!(letter.timestamp().to_millis(), Some(now + 13));
    let headers = headers(letter);
    assert_eq!(headers["own"], "kept");
    assert!(headers[DeadLetter::ERROR].starts_with("rejected: a stage refused it"));
    assert_eq!(headers[DeadLetter::TOPIC], topic);
    assert_eq!(headers[DeadLetter::PARTITION], "1");
    assert_eq!(headers[DeadLetter::OFFSET], "6");
    assert_eq!(headers[DeadLetter::ATTEMPTS], "4");
    assert!(headers[DeadLetter::FIRST_SEEN].parse::<i64>().unwrap() >= now);
}

#[tokio::test]
async fn poison_goes_there_at_once_and_a_dead_letter_says_what_it_is() {
    let Some(kafka) = Kafka::one() else { return };
    let (topic, group) = (kafka.topic("poison", 1).await, unique("poison"));
    let dead = kafka.topic("poison-dead", 1).await;
    let texts = ["0", "poison", "2", "panic", "4"];
    kafka.produce(&topic, texts.map(Sent::new));
    let builder = rows(&kafka).with_group(&group).with_topics([&topic]);
    let mut reader = Reader::open(builder.with_dead_letter_topic(&dead));
    let good = reader.accept(3).await;
    assert!(good.iter().map(|row| &*row.text).eq(["0", "2", "4"]));
    reader.close().await;
    assert_eq!(kafka.committed(&group, &topic)[&0], 5);
    let decode = |record: &electrician_kafka::Record<'_>| {
        let letter = DeadLetter::of(record).ok_or("no dead letter")?;
        assert_eq!((letter.partition, letter.attempts), (0, 1));
        Ok::<_, &str>((letter.offset, letter.error.to_owned(), letter.topic.to_owned()))
    };
    let letters = KafkaTopics::builder(kafka.connection(), decode).with_partitions(&dead, [0]);
    let letters = letters.build().unwrap();
    let mut source = electrician_types::OpenSource::open(&letters).unwrap();
    let mut batch = electrician_types::Batch::new();
    while batch.len() < 2 {
        soon("a letter", source.read(&mut batch, 2)).await.unwrap();
    }
    assert_eq!(batch.accept().unwrap(), (1, "this record is poison".to_owned(), topic.clone()));
    let panicked = "the decode function panicked: this record cannot be borne";
    assert_eq!(batch.accept().unwrap(), (3, panicked.to_owned(), topic));
    source.close().await.unwrap();
}

#[tokio::test]
async fn without_a_dead_letter_topic_poison_ends_the_run_and_nothing_behind_it_is_committed() {
    let Some(kafka) = Kafka::one() else { return };
    let (topic, group) = (kafka.topic("ends", 1).await, unique("ends"));
    kafka.produce(&topic, ["0", "1", "poison", "3", "4"].map(Sent::new));
    let mut reader = Reader::open(rows(&kafka).with_group(&group).with_topics([&topic]));
    let (good, error) = reader.error().await;
    assert!(good.iter().map(|row| row.offset).eq(0..2), "{good:?}");
    let text = error.to_string();
    let expected = format!("the record at {topic}[0]@2 cannot be decoded");
    assert!(text.contains(&expected), "{text}");
    assert!(text.contains("no dead-letter topic") && text.contains("is poison"), "{text}");
    assert_eq!((error.kind(), error.is_retryable()), (ErrorKind::Malformed, false));
    reader.close().await;
    assert_eq!(kafka.committed(&group, &topic)[&0], 2);
}

#[tokio::test]
async fn without_a_dead_letter_topic_the_last_attempt_ends_the_run() {
    let Some(kafka) = Kafka::one() else { return };
    let (topic, group) = (kafka.topic("last", 1).await, unique("last"));
    kafka.produce(&topic, (0..10).map(|at| Sent::new(at.to_string())));
    let builder = rows(&kafka).with_group(&group).with_topics([&topic]).with_attempts(2);
    let mut reader = Reader::open(builder);
    for _ in 0..11 {
        let (row, receipt) = reader.take(1).await.remove(0).into_parts();
        if row.offset == 5 { receipt.nack(NackReason::Failed) } else { receipt.ack() }
    }
    let (_, error) = reader.error().await;
    let text = error.to_string();
    let expected = format!("the record at {topic}[0]@5 was not processed in 2 attempt(s)");
    assert!(text.contains(&expected), "{text}");
    reader.close().await;
    assert_eq!(kafka.committed(&group, &topic)[&0], 5);
}

#[tokio::test]
async fn a_record_that_the_dead_letter_topic_does_not_take_ends_the_run() {
    let Some(kafka) = Kafka::one() else { return };
    let (topic, group) = (kafka.topic("heavy", 1).await, unique("heavy"));
    let dead = kafka.topic_with("heavy-dead", 1, &[("max.message.bytes", "1000")]).await;
    let heavy = Sent::new("poison").with_header("weight", &"x".repeat(5000));
    kafka.produce(&topic, [Sent::new("0"), heavy, Sent::new("2")]);
    let builder = rows(&kafka).with_group(&group).with_topics([&topic]);
    let mut reader = Reader::open(builder.with_dead_letter_topic(&dead));
    let (_, error) = reader.error().await;
    let text = error.to_string();
    assert!(text.contains(&format!("writing to the dead-letter topic `{dead}`")), "{text}");
    assert_eq!(error.kind(), ErrorKind::TooLarge);
    reader.close().await;
    assert_eq!(kafka.committed(&group, &topic)[&0], 1);
}
