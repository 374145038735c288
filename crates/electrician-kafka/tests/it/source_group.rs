//! Members come and go.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use electrician_kafka::rdkafka::consumer::{BaseConsumer, Consumer};
use electrician_kafka::{KafkaTopics, Record};
use electrician_types::{Batch, Item, OpenSource, Source};
use tokio::sync::mpsc;

use crate::events::Events;
use crate::reader::{Reader, Row, accept, row, rows, rows_with, soon};
use crate::support::{Kafka, LONG, Sent, unique};

/// A member that acknowledges whatever comes until it is told to stop, and then leaves. Hundreds of
/// records are in flight meanwhile, and settled out of order.
fn member(
    kafka: &Kafka,
    group: &str,
    topic: &str,
    seen: &mpsc::Sender<(i32, i64)>,
    settings: &[(&str, &str)],
) -> (Events, mpsc::Sender<()>, tokio::task::JoinHandle<()>) {
    let topics = rows_with(kafka, settings).with_group(group).with_topics([topic]);
    let mut reader = Reader::open(topics);
    let (stop, mut stopped) = mpsc::channel(1);
    let (events, seen) = (reader.events.clone(), seen.clone());
    let (work, mut pending) = mpsc::channel::<Item<Row>>(500);
    let worker = tokio::spawn(async move {
        let mut items = Vec::new();
        while pending.recv_many(&mut items, 300).await > 0 {
            for item in items.drain(..).rev() {
                // It is done before that is known.
                seen.send((item.value().partition, item.value().offset)).await.unwrap();
                item.accept();
            }
        }
    });
    let task = tokio::spawn(async move {
        let mut batch = Batch::new();
        loop {
            tokio::select! {
                read = reader.source.read(&mut batch, 64) => { read.unwrap(); }
                _ = stopped.recv() => break,
            }
            for item in std::mem::take(&mut batch) {
                work.send(item).await.unwrap();
            }
        }
        for item in batch {
            work.send(item).await.unwrap();
        }
        drop(work);
        reader.close().await;
        worker.await.unwrap();
    });
    (events, stop, task)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn members_who_come_and_go_lose_and_repeat_nothing() {
    come_and_go(&[]).await;
}

/// The protocol in which the broker decides who has what (KIP-848).
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn members_of_the_other_protocol_lose_and_repeat_nothing() {
    come_and_go(&[("group.protocol", "consumer")]).await;
}

async fn come_and_go(settings: &[(&str, &str)]) {
    const EACH: usize = 4000;
    let Some(kafka) = Kafka::one() else { return };
    let (topic, group) = (kafka.topic("members", 6).await, unique("members"));
    let (seen, mut all) = mpsc::channel(100_000);
    let sent = |from: usize| {
        (from..from + EACH).map(|at| Sent::new(at.to_string()).to(i32::try_from(at % 6).unwrap()))
    };
    kafka.produce(&topic, sent(0));
    let (one, stop_one, first) = member(&kafka, &group, &topic, &seen, settings);
    one.until("kafka.assigned", 1).await;
    kafka.produce(&topic, sent(EACH));
    let (two, stop_two, second) = member(&kafka, &group, &topic, &seen, settings);
    two.until("kafka.assigned partitions=", 1).await;
    one.until("kafka.revoked", 1).await;
    kafka.produce(&topic, sent(2 * EACH));
    let (three, stop_three, third) = member(&kafka, &group, &topic, &seen, settings);
    three.until("kafka.assigned", 1).await;
    kafka.produce(&topic, sent(3 * EACH));
    stop_one.send(()).await.unwrap();
    soon("the first leaves", first).await.unwrap();
    kafka.produce(&topic, sent(4 * EACH));
    stop_two.send(()).await.unwrap();
    soon("the second leaves", second).await.unwrap();
    kafka.produce(&topic, sent(5 * EACH));
    let mut counts = BTreeMap::<(i32, i64), usize>::new();
    while counts.len() < 6 * EACH {
        *counts.entry(soon("a record", all.recv()).await.unwrap()).or_default() += 1;
    }
    stop_three.send(()).await.unwrap();
    soon("the third leaves", third).await.unwrap();
    while let Ok(one) = all.try_recv() {
        *counts.entry(one).or_default() += 1;
    }
    let repeated = counts.values().filter(|count| **count > 1).count();
    assert_eq!(repeated, 0, "{:#?} {:#?} {:#?}", one.all(), two.all(), three.all());
    assert_eq!(counts.len(), 6 * EACH);
    let ends: Vec<_> = kafka.committed(&group, &topic).into_values().collect();
    assert_eq!(ends, [i64::try_from(EACH).unwrap(); 6]);
}

#[tokio::test]
async fn a_partition_is_kept_until_what_was_delivered_is_settled() {
    let Some(kafka) = Kafka::one() else { return };
    let (topic, group) = (kafka.topic("kept", 2).await, unique("kept"));
    kafka.produce(&topic, (0..20).map(|at| Sent::new(at.to_string()).to(at % 2)));
    let builder = || rows(&kafka).with_group(&group).with_topics([&topic]);
    let mut first = Reader::open(builder());
    let held = first.take(20).await;
    let mut second = Reader::open(builder());
    // It has joined, but has nothing yet.
    let events = second.events.clone();
    tokio::select! {
        rows = second.take(1) => panic!("it got {rows:?} too early"),
        () = events.until("kafka.assigned partitions=0", 1) => {}
    }
    assert_eq!(first.events.count("kafka.revoked"), 0);
    accept(held);
    first.events.until("kafka.revoked partitions=1", 1).await;
    kafka.produce(&topic, (0..2).map(|at| Sent::new("new").to(at)));
    assert_eq!(second.accept(1).await[0].offset, 10);
    assert_eq!(first.accept(1).await[0].offset, 10);
    let stats = first.handle.stats();
    assert_eq!((stats.lost, stats.cut_short), (0, 0), "{stats:?}");
    first.close().await;
    second.close().await;
}

#[tokio::test]
async fn a_partition_is_given_up_when_the_drain_time_is_over() {
    let Some(kafka) = Kafka::one() else { return };
    let (topic, group) = (kafka.topic("hangs", 2).await, unique("hangs"));
    kafka.produce(&topic, (0..20).map(|at| Sent::new(at.to_string()).to(at % 2)));
    let builder = || rows(&kafka).with_group(&group).with_topics([&topic]);
    let mut first = Reader::open(builder().with_drain_time(Duration::from_millis(100)));
    let held = first.take(20).await;
    let mut second = Reader::open(builder());
    let rows = second.accept(10).await;
    // From the beginning: nothing of it was acknowledged.
    assert!(rows.iter().map(|row| row.offset).eq(0..10), "{rows:?}");
    let stats = first.handle.stats();
    assert_eq!((stats.lost, stats.cut_short), (0, 1), "{stats:?}");
    second.close().await;
    // Verdicts that come too late count for what is still here, and only for that.
    accept(held);
    first.close().await;
    let ends: Vec<_> = kafka.committed(&group, &topic).into_values().collect();
    assert_eq!(ends, [10, 10]);
}

/// How many members the broker knows of.
fn members(watcher: &BaseConsumer, group: &str) -> usize {
    let groups = watcher.fetch_group_list(Some(group), LONG).unwrap();
    groups.groups().first().map_or(0, |group| group.members().len())
}

#[tokio::test]
async fn a_pipeline_that_takes_nothing_keeps_its_partitions() {
    let Some(kafka) = Kafka::one() else { return };
    let (topic, group) = (kafka.topic("blocked", 1).await, unique("blocked"));
    let impatient = [
        ("session.timeout.ms", "1500"),
        ("heartbeat.interval.ms", "300"),
        ("max.poll.interval.ms", "2500"),
    ];
    kafka.produce(&topic, (0..1000).map(|at| Sent::new(at.to_string())));
    let builder = rows_with(&kafka, &impatient).with_group(&group).with_topics([&topic]);
    let mut reader = Reader::open(builder.with_buffer(10));
    let mut all = reader.accept(10).await;
    // Another one, that is not polled for as long as ours is not read.
    let control = unique("control");
    let add = |connection: electrician_kafka::Connection, (property, value): (&str, &str)| {
        connection.with(property, value)
    };
    let connection = impatient.into_iter().fold(kafka.connection(), add);
    let idle: BaseConsumer = connection.with("group.id", &control).to_config().create().unwrap();
    idle.subscribe(&[&topic]).unwrap();
    while idle.assignment().unwrap().count() == 0 {
        idle.poll(Duration::from_millis(50));
    }
    assert_eq!(members(&idle, &control), 1);
    reader.events.until("kafka.held", 1).await;
    soon("the other one is thrown out", async {
        while members(&idle, &control) > 0 {
            tokio::task::yield_now().await;
        }
    })
    .await;
    assert_eq!(members(&idle, &group), 1);
    all.extend(reader.accept(990).await);
    assert!(all.iter().map(|row| row.offset).eq(0..1000));
    let stats = reader.handle.stats();
    assert_eq!((stats.lost, stats.rebalances), (0, 1), "{stats:?}");
    assert!(reader.events.count("kafka.released") > 0);
    reader.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lost_partitions_are_dropped_without_a_commit() {
    let Some(kafka) = Kafka::one() else { return };
    let (topic, group) = (kafka.topic("lost", 1).await, unique("lost"));
    kafka.produce(&topic, (0..10).map(|at| Sent::new(at.to_string())));
    let gate = Arc::new((Mutex::new(true), Condvar::new()));
    let is_shut = Arc::new(AtomicBool::new(false));
    // A decode function that hangs stops the thread that polls.
    let decode = {
        let (gate, is_shut) = (Arc::clone(&gate), Arc::clone(&is_shut));
        move |record: &Record<'_>| {
            if record.offset() == 10 && is_shut.swap(false, Ordering::SeqCst) {
                let shut = gate.0.lock().unwrap();
                drop(gate.1.wait_while(shut, |shut| *shut).unwrap());
            }
            row(record)
        }
    };
    let connection = kafka.connection().with("session.timeout.ms", "1500");
    let connection = connection.with("max.poll.interval.ms", "2000");
    let events = Events::default();
    let topics = KafkaTopics::builder(connection, decode)
        .with_group(&group)
        .with_topics([&topic])
        .with_commit_interval(Duration::from_mins(1))
        .with_observer(events.clone())
        .build()
        .unwrap();
    let handle = topics.handle();
    let mut source = topics.open().unwrap();
    let mut batch = Batch::new();
    while batch.len() < 10 {
        soon("ten", source.read(&mut batch, 10)).await.unwrap();
    }
    let (mut items, mut late): (Vec<_>, Vec<_>) = (Vec::new(), Vec::new());
    for item in batch {
        if item.value().offset < 5 { items.push(item) } else { late.push(item) }
    }
    accept(items);
    is_shut.store(true, Ordering::SeqCst);
    kafka.produce(&topic, [Sent::new("10")]);
    // The group gives its partition to somebody else.
    let mut second = Reader::open(rows(&kafka).with_group(&group).with_topics([&topic]));
    let rows = second.accept(11).await;
    assert!(rows.iter().map(|row| row.offset).eq(0..11), "{rows:?}");
    *gate.0.lock().unwrap() = false;
    gate.1.notify_all();
    events.until("kafka.lost partitions=1", 1).await;
    accept(late);
    second.close().await;
    // Now it is ours again, from where the other one was.
    kafka.produce(&topic, [Sent::new("11")]);
    let mut batch = Batch::new();
    while batch.is_empty() {
        soon("one more", source.read(&mut batch, 10)).await.unwrap();
    }
    let rows: Vec<_> = batch.into_iter().map(Item::accept).collect();
    assert!(rows.iter().map(|row| row.offset).eq([11]), "{rows:?}");
    assert_eq!(handle.stats().lost, 1);
    soon("closing", source.close()).await.unwrap();
    assert_eq!(kafka.committed(&group, &topic)[&0], 12);
}
