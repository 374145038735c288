//! Shows that what is read from a topic has its effect on another exactly once, though the process
//! that does it is killed again and again.
//!
//! ```sh
//! cargo xtask services up kafka
//! cargo run --release --example kafka_exactly_once --features kafka -- 127.0.0.1:9092
//! ```
//!
//! The argument is the broker that the first command prints. The worker is a process of its own; it
//! squares numbers in transactions, and is killed three times in the middle of its work. Prints what
//! a reader of committed records finds, each square once, and what a reader finds that also sees what
//! was never committed: the traces of the kills.

use std::collections::BTreeMap;
use std::env;
use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use electrician::kafka::rdkafka::consumer::{BaseConsumer, Consumer};
use electrician::kafka::rdkafka::error::KafkaError;
use electrician::kafka::rdkafka::{Message, Offset, TopicPartitionList};
use electrician::kafka::{Connection, ExactlyOnce, KafkaSink, KafkaTopics, Record};
use electrician::{BoxError, Conduit, Generator, Plug, Wire};
use electrician_examples::kafka::{Topics, broker, ended_well};

/// How many numbers there are.
const NUMBERS: u64 = 20_000;

/// How many the worker has squared when it is killed.
const SQUARES: [u64; 3] = [2_000, 3_000, 4_000];

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    let args: Vec<String> = env::args().skip(1).collect();
    match args.as_slice() {
        [option, broker, numbers, squares] if option == "--worker" => {
            work(broker, numbers, squares).await
        }
        _ => parent(&broker()?).await,
    }
}

async fn parent(broker: &str) -> Result<(), BoxError> {
    let kafka = Connection::new(broker);
    let (topics, [numbers, squares]) =
        Topics::create(&kafka, [("numbers", 2), ("squares", 2)]).await?;
    produce(&kafka, &numbers).await?;
    for before in SQUARES {
        let said = work_until(broker, &numbers, &squares, |squared| squared >= before)?;
        println!("a worker was killed after {said} squares");
    }
    work_until(broker, &numbers, &squares, |_| false)?;

    let committed = read(&kafka, &squares, "read_committed")?;
    let all = read(&kafka, &squares, "read_uncommitted")?;
    topics.delete().await?;
    let twice = |found: &BTreeMap<u64, u32>| found.values().filter(|times| **times > 1).count();
    println!("committed    {} squares, {} of them twice", committed.len(), twice(&committed));
    println!("uncommitted  {} squares, {} of them twice", all.len(), twice(&all));
    let is_whole = (0..NUMBERS).all(|number| committed.get(&(number * number)) == Some(&1));
    if committed.len() as u64 != NUMBERS || !is_whole {
        return Err("it was not exactly once".into());
    }
    Ok(())
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "a sink lends its items")]
fn digits(number: &u64, into: &mut Vec<u8>) {
    into.extend_from_slice(number.to_string().as_bytes());
}

async fn produce(kafka: &Connection, topic: &str) -> Result<(), BoxError> {
    let same = Wire::map("number", |number: u64| number);
    let sink = KafkaSink::builder(kafka.clone()).with_topic(topic).with_key(digits);
    let sink = sink.with_value(digits).build()?;
    let source = Generator::new("numbers", Plug::iter(|| 0..NUMBERS));
    let conduit = Conduit::from(same).sink("topic", sink).with_source(source).build()?;
    let stopped = conduit.start()?.finish().await;
    ended_well([stopped.source_errors, stopped.sink_errors])
}

/// Runs a worker until it ends by itself, or is killed because it has squared as many; how many.
fn work_until(
    broker: &str,
    numbers: &str,
    squares: &str,
    is_enough: impl Fn(u64) -> bool,
) -> Result<u64, BoxError> {
    let mut worker = Command::new(env::current_exe()?)
        .args(["--worker", broker, numbers, squares])
        .stdout(Stdio::piped())
        .spawn()?;
    let mut squared = 0;
    for line in BufReader::new(worker.stdout.take().ok_or("it has an output")?).lines() {
        squared = line?.parse()?;
        if is_enough(squared) {
            worker.kill()?;
            break;
        }
    }
    worker.wait()?;
    Ok(squared)
}

/// Squares numbers until there are none left, and says after each hundred how many it has squared.
async fn work(broker: &str, numbers: &str, squares: &str) -> Result<(), BoxError> {
    let kafka = Connection::new(broker).with("session.timeout.ms", "2000");
    let source = KafkaTopics::builder(kafka.clone(), |record: &Record<'_>| {
        let text = std::str::from_utf8(record.payload().unwrap_or_default())?;
        Ok::<u64, BoxError>(text.parse()?)
    });
    let source = source.with_group("squares").with_topics([numbers]);
    let sink = KafkaSink::builder(kafka).with_topic(squares).with_value(digits);
    // A worker that is started again has the name of the one that it replaces.
    let (source, sink) = ExactlyOnce::new(format!("{squares}-1")).pair(source, sink)?;
    let handle = source.handle();

    let count = AtomicU64::new(0);
    let square = Wire::map("square", move |number: u64| {
        let count = count.fetch_add(1, Ordering::Relaxed) + 1;
        if count.is_multiple_of(100) {
            let mut out = std::io::stdout().lock();
            // Who listens has gone if this fails, and that is all the same.
            let _ = writeln!(out, "{count}").and_then(|()| out.flush());
        }
        number * number
    });
    let source = Generator::new("numbers", source);
    let conduit = Conduit::from(square.with_workers(2)).sink("squares", sink).with_source(source);
    let running = conduit.build()?.start()?;
    // A topic has no end: here it is known how much is in it.
    let is_done = async {
        let mut every = tokio::time::interval(Duration::from_millis(100));
        let committed = || {
            let partitions = handle.stats().partitions;
            partitions.iter().filter_map(|partition| partition.committed).sum::<i64>()
        };
        while committed().unsigned_abs() < NUMBERS {
            every.tick().await;
        }
    };
    let stopped = running.finish_or_stop(is_done, Duration::from_secs(10)).await;
    ended_well([stopped.source_errors, stopped.sink_errors])
}

/// How often each square is in the topic.
fn read(kafka: &Connection, topic: &str, level: &str) -> Result<BTreeMap<u64, u32>, BoxError> {
    let look = kafka.clone().with("group.id", "nobody").with("isolation.level", level);
    let look: BaseConsumer = look.with("enable.partition.eof", "true").to_config().create()?;
    let mut list = TopicPartitionList::new();
    for partition in 0..2 {
        list.add_partition_offset(topic, partition, Offset::Beginning)?;
    }
    look.assign(&list)?;
    let (mut found, mut open) = (BTreeMap::new(), 2);
    while open > 0 {
        match look.poll(Duration::from_secs(10)).ok_or("the broker does not answer")? {
            Ok(record) => {
                let square = std::str::from_utf8(record.payload().unwrap_or_default())?.parse()?;
                *found.entry(square).or_default() += 1;
            }
            Err(KafkaError::PartitionEOF(_)) => open -= 1,
            Err(error) => return Err(error.into()),
        }
    }
    Ok(found)
}
