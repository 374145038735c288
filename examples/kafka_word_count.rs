//! Shows how a pipeline outgrows one process: three processes share a topic with 10,000 real records
//! of aircraft that struck wildlife, one of them is killed, and the words are counted all the same.
//!
//! ```sh
//! cargo xtask services up kafka
//! cargo run --release --example kafka_word_count --features kafka -- 127.0.0.1:9092
//! ```
//!
//! ```text
//! birdstrikes.csv ── strikes (6 partitions) ──┬── worker 1 ──┬── words (6 partitions) ── totals
//!                                             ├── worker 2 ──┤
//!                                             └── worker 3 ──┘
//! ```
//!
//! The argument is the broker that the first command prints. Prints how far the workers were when
//! one of them was killed, how many records were worked on twice because of that (delivery is at
//! least once; the totals tell repetitions by the record that they come from), the most frequent
//! words in the names of species, and that the totals are those of the file.

use std::collections::{BTreeMap, BTreeSet};
use std::env;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, sync_channel};
use std::time::Duration;

use electrician::kafka::{Compression, Connection, KafkaSink, KafkaTopics, Record};
use electrician::{BoxError, Conduit, Generator, Plug, Wire, sink_async};
use electrician_examples::kafka::{Topics, broker, ended_well};
use tokio::sync::mpsc;

const WORKERS: usize = 3;
const PARTITIONS: i32 = 6;

/// How many hundreds of records are worked on when a worker is killed.
const BEFORE: usize = 20;

/// Words, and how often each was found.
type Totals = BTreeMap<String, u64>;

/// Which record of the input it was, and the words in it.
type Words = (String, Vec<String>);

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    let args: Vec<String> = env::args().skip(1).collect();
    match args.as_slice() {
        [option, broker, strikes, words] if option == "--worker" => {
            work(broker, strikes, words).await
        }
        _ => parent(&broker()?).await,
    }
}

async fn parent(broker: &str) -> Result<(), BoxError> {
    let species = species()?;
    let records = species.len();
    let mut expected = Totals::new();
    for word in species.iter().flat_map(|species| words_of(species)) {
        *expected.entry(word).or_default() += 1;
    }

    let kafka = Connection::new(broker);
    let names = [("strikes", PARTITIONS), ("words", PARTITIONS)];
    let (topics, [strikes, words]) = Topics::create(&kafka, names).await?;
    produce(&kafka, &strikes, species).await?;

    let (mut workers, said) = hire(broker, &strikes, &words)?;
    let killing = std::thread::spawn(move || -> Result<Vec<Child>, BoxError> {
        // Whoever said that is in the middle of something.
        let busy = said.iter().nth(BEFORE - 1).ok_or("the workers have ended")?;
        // The others take over what it had.
        workers[busy].kill()?;
        workers[busy].wait()?;
        println!("a worker was killed after {} of {records} records", BEFORE * 100);
        // Somebody has to listen to the others.
        std::thread::spawn(move || said.iter().for_each(|_| ()));
        Ok(workers)
    });
    let (totals, repeated) = total(&kafka, &words, records).await?;
    let workers = killing.join().map_err(|_| "the thread panicked")??;
    dismiss(workers)?;
    topics.delete().await?;

    println!("{repeated} records were worked on twice");
    let mut ranking: Vec<_> = totals.iter().collect();
    ranking.sort_by_key(|(word, count)| (std::cmp::Reverse(**count), *word));
    for (word, count) in ranking.iter().take(8) {
        println!("{count:>6} {word}");
    }
    if totals != expected {
        return Err("the totals are not those of the file".into());
    }
    println!("{} words, as in the file", totals.values().sum::<u64>());
    Ok(())
}

/// The name of the species in each row of the file.
fn species() -> Result<Vec<String>, BoxError> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/birdstrikes.csv");
    let mut rows = csv::Reader::from_path(path)?;
    let column = rows.headers()?.iter().position(|name| name == "Wildlife Species");
    let column = column.ok_or("the file has no species")?;
    rows.records().map(|row| Ok(row?.get(column).unwrap_or_default().to_owned())).collect()
}

fn words_of(text: &str) -> impl Iterator<Item = String> {
    let words = text.split(|c: char| !c.is_alphanumeric() && c != '\'');
    words.filter(|word| !word.is_empty()).map(str::to_lowercase)
}

async fn produce(kafka: &Connection, topic: &str, species: Vec<String>) -> Result<(), BoxError> {
    let row = Wire::map("row", |species: String| species);
    let sink = KafkaSink::builder(kafka.clone())
        .with_topic(topic)
        .with_compression(Compression::Zstd)
        .with_value(|species: &String, into| into.extend_from_slice(species.as_bytes()))
        // One after the other, so that all of them have something to do.
        .with_partition({
            let next = AtomicU64::new(0);
            move |_| i32::try_from(next.fetch_add(1, Ordering::Relaxed) % PARTITIONS as u64).ok()
        })
        .build()?;
    let source = Generator::new("file", Plug::iter(move || species.clone()));
    let conduit = Conduit::from(row).sink("topic", sink).with_source(source).build()?;
    let stopped = conduit.start()?.finish().await;
    ended_well([stopped.source_errors, stopped.sink_errors])
}

/// Starts the workers; each of them says its number after each hundred records.
fn hire(
    broker: &str,
    strikes: &str,
    words: &str,
) -> Result<(Vec<Child>, Receiver<usize>), BoxError> {
    let (say, said) = sync_channel(64);
    let mut workers = Vec::new();
    for number in 0..WORKERS {
        let mut worker = Command::new(env::current_exe()?)
            .args(["--worker", broker, strikes, words])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let lines = BufReader::new(worker.stdout.take().ok_or("it has an output")?).lines();
        let say = say.clone();
        std::thread::spawn(move || {
            for _ in lines.map_while(Result::ok) {
                if say.send(number).is_err() {
                    break;
                }
            }
        });
        workers.push(worker);
    }
    Ok((workers, said))
}

/// Has them end: they work for as long as their standard input is open.
fn dismiss(workers: Vec<Child>) -> Result<(), BoxError> {
    for mut worker in workers {
        drop(worker.stdin.take());
        worker.wait()?;
    }
    Ok(())
}

/// What each worker does: finds the words of each record, and says from which record they are.
async fn work(broker: &str, strikes: &str, words: &str) -> Result<(), BoxError> {
    let kafka = Connection::new(broker).with("session.timeout.ms", "2000");
    let decode = |record: &Record<'_>| {
        let text = std::str::from_utf8(record.payload().unwrap_or_default())?;
        let origin = format!("{}/{}", record.partition(), record.offset());
        Ok::<(String, String), BoxError>((origin, text.to_owned()))
    };
    let source = KafkaTopics::builder(kafka.clone(), decode)
        .with_group("word-count")
        .with_topics([strikes])
        .build()?;
    let count = AtomicU64::new(0);
    let split = Wire::map("split", move |(origin, text): (String, String)| -> Words {
        if (count.fetch_add(1, Ordering::Relaxed) + 1).is_multiple_of(100) {
            println!("another hundred");
        }
        (origin, words_of(&text).collect())
    });
    let sink = KafkaSink::builder(kafka)
        .with_topic(words)
        .with_key(|(origin, _): &Words, into| into.extend_from_slice(origin.as_bytes()))
        .with_value(|(_, words): &Words, into| into.extend_from_slice(words.join(" ").as_bytes()))
        .build()?;
    let source = Generator::new("strikes", source);
    let conduit = Conduit::from(split.with_workers(2)).sink("words", sink).with_source(source);
    let running = conduit.build()?.start()?;
    let end =
        tokio::task::spawn_blocking(|| std::io::stdin().read_to_end(&mut Vec::new()).map(drop));
    let end = async { drop(end.await) };
    let stopped = running.finish_or_stop(end, Duration::from_secs(10)).await;
    ended_well([stopped.source_errors, stopped.sink_errors])
}

/// Sums up the words of each record, once, until those of all records are there; the totals, and how
/// many came again.
async fn total(kafka: &Connection, topic: &str, records: usize) -> Result<(Totals, u64), BoxError> {
    let decode = |record: &Record<'_>| {
        let origin = String::from_utf8(record.key().unwrap_or_default().to_vec())?;
        let words = std::str::from_utf8(record.payload().unwrap_or_default())?;
        Ok::<Words, BoxError>((origin, words.split(' ').map(str::to_owned).collect()))
    };
    let topics = KafkaTopics::builder(kafka.clone(), decode)
        .with_partitions(topic, 0..PARTITIONS)
        .build()?;
    let (give, mut taken) = mpsc::channel(64);
    let send = sink_async(move |words: Words| {
        let give = give.clone();
        async move { give.send(words).await }
    });
    let same = Wire::map("words", |words: Words| words);
    let source = Generator::new("words", topics);
    let running = Conduit::from(same).sink("totals", send).with_source(source).build()?.start()?;
    let (mut totals, mut seen, mut repeated) = (Totals::new(), BTreeSet::new(), 0);
    while seen.len() < records {
        let (origin, words) = taken.recv().await.ok_or("the words have ended")?;
        if seen.insert(origin) {
            for word in words {
                *totals.entry(word).or_default() += 1;
            }
        } else {
            repeated += 1;
        }
    }
    let stopped = running.stop(Duration::from_secs(5)).await;
    ended_well([stopped.source_errors, stopped.sink_errors])?;
    Ok((totals, repeated))
}
