//! Shows what becomes of records that cannot be worked on: those that cannot be read, and those that
//! a stage refuses time and again, end in a topic of their own, with the reason, and hold nobody up.
//!
//! ```sh
//! cargo xtask services up kafka
//! cargo run --release --example kafka_dead_letters --features kafka -- 127.0.0.1:9092
//! ```
//!
//! The argument is the broker that the first command prints. Prints each dead letter with where it
//! came from and how often it was tried, and how far the group has committed: to the end, for a
//! record that is buried is done with. Why a stage refused a record is said by its own log and
//! events; the letter says no more than that it failed.

use std::collections::BTreeMap;
use std::time::Duration;

use electrician::kafka::rdkafka::consumer::{BaseConsumer, Consumer};
use electrician::kafka::rdkafka::{Offset, TopicPartitionList};
use electrician::kafka::{Connection, DeadLetter, KafkaSink, KafkaTopics, Record};
use electrician::{BoxError, Conduit, Generator, Plug, Wire, sink_fn};
use electrician_examples::kafka::{Topics, broker, ended_well};
use tokio::sync::mpsc;

/// How many orders there are. Every tenth cannot be read, and every tenth is for a dead account.
const ORDERS: u32 = 100;

/// Who works on the orders.
const GROUP: &str = "orders";

/// An order, as it is worked on.
#[derive(Debug)]
struct Order {
    number: u32,
    account: String,
}

/// What a dead letter says.
type Reason = String;

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    let kafka = Connection::new(broker()?);
    let (topics, [orders, dead]) =
        Topics::create(&kafka, [("orders", 1), ("orders-dead", 1)]).await?;
    produce(&kafka, &orders).await?;
    let filled = work(&kafka, &orders, &dead).await?;
    println!("{filled} of {ORDERS} orders filled");
    let reasons = letters(&kafka, &dead).await?;
    for (reason, count) in &reasons {
        println!("{count} times: {reason}");
    }
    let committed = committed(&kafka, &orders)?;
    println!("committed up to {committed} of {ORDERS}");
    topics.delete().await?;
    let buried: u32 = reasons.values().sum();
    if filled + buried != ORDERS || committed != i64::from(ORDERS) {
        return Err("an order is missing".into());
    }
    Ok(())
}

/// What the customers send. Some of it is no order.
async fn produce(kafka: &Connection, topic: &str) -> Result<(), BoxError> {
    let order = Wire::map("order", |number: u32| match number % 10 {
        3 => "please call back".to_owned(),
        7 => format!("{number} closed"),
        _ => format!("{number} open"),
    });
    let sink = KafkaSink::builder(kafka.clone())
        .with_topic(topic)
        .with_value(|text: &String, into| into.extend_from_slice(text.as_bytes()))
        .build()?;
    let numbers = Generator::new("numbers", Plug::iter(|| 0..ORDERS));
    let conduit = Conduit::from(order).sink("orders", sink).with_source(numbers).build()?;
    let stopped = conduit.start()?.finish().await;
    ended_well([stopped.source_errors, stopped.sink_errors])
}

/// Fills the orders; how many.
async fn work(kafka: &Connection, orders: &str, dead: &str) -> Result<u32, BoxError> {
    let topics = KafkaTopics::builder(kafka.clone(), parse)
        .with_group(GROUP)
        .with_topics([orders])
        .with_dead_letter_topic(dead)
        .with_attempts(2)
        .with_backoff(Duration::from_millis(10), Duration::from_millis(10))
        .build()?;
    let handle = topics.handle();
    let fill = Wire::new("fill", |order: Order| match order.account.as_str() {
        "open" => Ok(order.number),
        account => Err(format!("the account is {account}")),
    });
    let (filled, mut done) = mpsc::channel(ORDERS as usize);
    let count = sink_fn(move |number: &u32| filled.try_send(*number));
    let source = Generator::new("orders", topics);
    let conduit = Conduit::from(fill).sink("filled", count).with_source(source).build()?;
    let running = conduit.start()?;
    let mut count = 0;
    // A topic has no end: here it is known how much is in it.
    while u64::from(count) + handle.stats().dead_lettered < u64::from(ORDERS) {
        tokio::select! {
            number = done.recv() => count += u32::from(number.is_some()),
            () = tokio::time::sleep(Duration::from_millis(50)) => {}
        }
    }
    let stopped = running.stop(Duration::from_secs(5)).await;
    ended_well([stopped.source_errors, stopped.sink_errors])?;
    Ok(count)
}

/// An order, or why it is none.
fn parse(record: &Record<'_>) -> Result<Order, BoxError> {
    let text = std::str::from_utf8(record.payload().unwrap_or_default())?;
    let (number, account) = text.split_once(' ').ok_or("there is nothing in it")?;
    let number = number.parse().map_err(|_| format!("`{number}` is no number"))?;
    Ok(Order { number, account: account.to_owned() })
}

/// Reads the dead letters, prints the first of each kind, and counts the reasons.
async fn letters(kafka: &Connection, dead: &str) -> Result<BTreeMap<Reason, u32>, BoxError> {
    let decode = |record: &Record<'_>| {
        let letter = DeadLetter::of(record).ok_or("it is no dead letter")?;
        let DeadLetter { topic, partition, offset, attempts, error, .. } = letter;
        let text = String::from_utf8_lossy(record.payload().unwrap_or_default());
        let line = format!("{text:?} of {topic}[{partition}]@{offset}, tried {attempts} times");
        Ok::<_, &str>((line, error.to_owned()))
    };
    let topics = KafkaTopics::builder(kafka.clone(), decode).with_partitions(dead, [0]).build()?;
    let (found, mut letters) = mpsc::channel(ORDERS as usize);
    let look = Wire::map("look", |letter: (String, Reason)| letter);
    let send = sink_fn(move |letter: &(String, Reason)| found.try_send(letter.clone()));
    let source = Generator::new("dead letters", topics);
    let running = Conduit::from(look).sink("found", send).with_source(source).build()?.start()?;
    let mut reasons = BTreeMap::new();
    while reasons.values().sum::<u32>() < ORDERS / 5 {
        let (line, reason) = letters.recv().await.ok_or("the letters have ended")?;
        if !reasons.contains_key(&reason) {
            println!("{line}");
        }
        *reasons.entry(reason).or_default() += 1;
    }
    let stopped = running.stop(Duration::from_secs(5)).await;
    ended_well([stopped.source_errors, stopped.sink_errors])?;
    Ok(reasons)
}

/// The first offset that the group would read next.
fn committed(kafka: &Connection, topic: &str) -> Result<i64, BoxError> {
    let look: BaseConsumer = kafka.clone().with("group.id", GROUP).to_config().create()?;
    let mut list = TopicPartitionList::new();
    list.add_partition(topic, 0);
    let list = look.committed_offsets(list, Duration::from_secs(10))?;
    match list.elements()[0].offset() {
        Offset::Offset(offset) => Ok(offset),
        _ => Ok(0),
    }
}
