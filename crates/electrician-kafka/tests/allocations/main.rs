//! No allocation per record beyond what the driver's binding does. An allocator counts, so this is a
//! program of its own, with one test.

mod counter;
#[path = "../it/support.rs"]
mod support;

use electrician_kafka::rdkafka::Message;
use electrician_kafka::rdkafka::consumer::{BaseConsumer, Consumer};
use electrician_kafka::{KafkaTopics, Record};
use electrician_types::{Batch, OpenSource, Source};

use support::{Kafka, LONG, Sent, unique};

/// How many records come before anything is counted, and how many are counted.
const WARM: usize = 20_000;
const COUNTED: usize = 100_000;

fn number(payload: Option<&[u8]>) -> Result<u64, &'static str> {
    let bytes = payload.and_then(|payload| payload.try_into().ok());
    bytes.map(u64::from_le_bytes).ok_or("not a number")
}

/// How many allocations the bare driver makes.
fn bare(kafka: &Kafka, topic: &str) -> u64 {
    let mut config = kafka.connection().with("group.id", unique("bare")).to_config();
    config.set("auto.offset.reset", "earliest").set("enable.auto.commit", "false");
    let consumer: BaseConsumer = config.create().unwrap();
    consumer.subscribe(&[topic]).unwrap();
    let read = |count: usize| {
        let mut left = count;
        while left > 0 {
            if let Some(message) = consumer.poll(LONG) {
                number(message.unwrap().payload()).unwrap();
                left -= 1;
            }
        }
    };
    read(WARM);
    let before = counter::count();
    read(COUNTED);
    counter::count() - before
}

async fn ours(kafka: &Kafka, topic: &str) -> u64 {
    let decode = |record: &Record<'_>| number(record.payload());
    let connection = kafka.connection().with("statistics.interval.ms", "0");
    let builder = KafkaTopics::builder(connection, decode).with_group(unique("ours"));
    let mut source = builder.with_topics([topic]).build().unwrap().open().unwrap();
    let mut batch = Batch::with_capacity(64);
    let mut before = 0;
    let (mut seen, mut sum) = (0, 0);
    while seen < WARM + COUNTED {
        if seen < WARM {
            before = counter::count();
        }
        source.read(&mut batch, 64).await.unwrap();
        while let Some(number) = batch.accept() {
            seen += 1;
            sum += number;
        }
    }
    let count = counter::count() - before;
    let all = (WARM + COUNTED) as u64;
    assert_eq!(sum, all * (all - 1) / 2);
    source.close().await.unwrap();
    count
}

#[tokio::test]
async fn a_source_allocates_nothing_per_record() {
    let Some(kafka) = Kafka::one() else { return };
    let topic = kafka.topic("allocations", 2).await;
    let sent = |at: usize| Sent::new((at as u64).to_le_bytes()).to(i32::try_from(at % 2).unwrap());
    kafka.produce(&topic, (0..WARM + COUNTED).map(sent));
    let bare = bare(&kafka, &topic);
    let ours = ours(&kafka, &topic).await;
    let most = bare + COUNTED as u64 / 1000;
    eprintln!("{COUNTED} records: {bare} allocations by the driver's binding, {ours} in all");
    assert!(ours <= most, "{COUNTED} records: {bare} by the driver's binding, but {ours} in all");
}
