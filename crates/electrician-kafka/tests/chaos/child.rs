//! What the processes do that are killed.
//!
//! Each line that a child prints is written at once. Its life ends with its standard input.

use std::env;
use std::io::{BufRead, Write};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use electrician_conduit::Conduit;
use electrician_generator::Generator;
use electrician_kafka::{
    Connection, ExactlyOnce, KafkaSink, KafkaSinkBuilder, KafkaTopics, Record,
};
use electrician_types::{Batch, BoxError, Item, Sink};
use electrician_wire::Wire;
use tokio::sync::mpsc;

/// The variable that tells a child what it is.
pub(crate) const ROLE: &str = "KAFKA_CHAOS_ROLE";

/// How many records a producer writes at a time, and after how many a worker says so.
pub(crate) const CHUNK: u64 = 50;

/// Told to stop, it has as long.
const GRACE: Duration = Duration::from_secs(30);

/// The test that the processes run. The other tests start it with a role.
#[test]
fn child() {
    let Ok(role) = env::var(ROLE) else { return };
    // The harness has begun a line.
    say("");
    let words: Vec<&str> = role.split(' ').collect();
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    let runtime = runtime.worker_threads(2).enable_all().build().unwrap();
    let outcome = match words[..] {
        ["feed", bootstrap, input, from] => {
            runtime.block_on(feed(bootstrap, input, from.parse().unwrap()))
        }
        ["work", bootstrap, group, input, output] => {
            runtime.block_on(work(bootstrap, group, [input, output], None))
        }
        ["once", bootstrap, group, input, output, id] => {
            runtime.block_on(work(bootstrap, group, [input, output], Some(id)))
        }
        _ => panic!("no such role: {role}"),
    };
    match outcome {
        Ok(said) => say(&format!("ended {said}")),
        Err(error) => say(&format!("failed {error}")),
    }
}

fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}").unwrap();
    out.flush().unwrap();
}

/// The lines of standard input, until its end.
fn heard() -> mpsc::Receiver<String> {
    let (lines, heard) = mpsc::channel(1024);
    let listen = move || {
        for line in std::io::stdin().lock().lines().map_while(Result::ok) {
            if lines.blocking_send(line).is_err() {
                break;
            }
        }
    };
    std::thread::spawn(listen);
    heard
}

fn connection(bootstrap: &str) -> Connection {
    Connection::new(bootstrap).with("reconnect.backoff.max.ms", "500")
}

fn sink<T: Send + 'static>(bootstrap: &str, topic: &str) -> KafkaSinkBuilder<T> {
    KafkaSink::builder(connection(bootstrap)).with_topic(topic)
}

/// Writes a chunk for each line that it hears, beginning with number `from`, and says `fed N` when
/// the brokers have all numbers below N.
async fn feed(bootstrap: &str, input: &str, from: u64) -> Result<String, BoxError> {
    let value =
        |number: &u64, into: &mut Vec<u8>| into.extend_from_slice(number.to_string().as_bytes());
    let mut sink = sink(bootstrap, input).with_value(value).with_key(value).build()?;
    sink.open().await?;
    let mut heard = heard();
    let mut next = from;
    while heard.recv().await.is_some() {
        let mut batch: Batch<u64> = (next..next + CHUNK).map(Item::from).collect();
        sink.write(&mut batch).await?;
        sink.flush().await?;
        next += CHUNK;
        say(&format!("fed {next}"));
    }
    sink.close().await?;
    Ok(format!("at {next}"))
}

/// Where a record was, and what was in it.
fn decode(record: &Record<'_>) -> Result<String, BoxError> {
    let number = std::str::from_utf8(record.payload().ok_or("no number")?)?;
    Ok(format!("{} {} {number}", record.partition(), record.offset()))
}

/// Reads, thinks, and writes, until standard input ends; in transactions if they have an `id`. Says
/// `done` after each chunk.
async fn work(
    bootstrap: &str,
    group: &str,
    [input, output]: [&str; 2],
    id: Option<&str>,
) -> Result<String, BoxError> {
    let connection = connection(bootstrap)
        .with("session.timeout.ms", "3000")
        .with("heartbeat.interval.ms", "500");
    let topics = KafkaTopics::builder(connection, decode)
        .with_group(group)
        .with_topics([input])
        .with_commit_interval(Duration::from_millis(200));
    let sink = sink(bootstrap, output)
        .with_value(|text: &String, into| into.extend_from_slice(text.as_bytes()));
    let (topics, sink) = match id {
        None => (topics.build()?, sink.build()?),
        Some(id) => {
            let once = ExactlyOnce::new(id).with_timeout(Duration::from_secs(10));
            once.pair(topics, sink)?
        }
    };
    let count = AtomicU64::new(0);
    // Two at a time, so that records overtake each other.
    let think = Wire::map("think", move |text: String| {
        if count.fetch_add(1, Ordering::Relaxed) % CHUNK == CHUNK - 1 {
            say("done");
        }
        text
    });
    let conduit = Conduit::from(think.with_workers(2))
        .sink("output", sink)
        .with_source(Generator::new("input", topics))
        .build()?;
    let mut heard = heard();
    let end = async move { while heard.recv().await.is_some() {} };
    let stopped = conduit.start()?.finish_or_stop(end, GRACE).await;
    let mut errors =
        [stopped.source_errors, stopped.sink_errors, stopped.failures].into_iter().flatten();
    if let Some(error) = errors.next() {
        return Err(error.into());
    }
    Ok(stopped.ledger.to_string())
}
