//! What is committed, and when.

use std::collections::BTreeSet;

use electrician_types::{NackReason, Source};

use crate::reader::{Reader, accept, rows, rows_with, soon};
use crate::support::{Kafka, Sent, unique};

fn numbered(count: usize, partitions: usize) -> impl Iterator<Item = Sent> {
    (0..count).map(move |at| {
        let partition = i32::try_from(at % partitions).unwrap();
        Sent::new(at.to_string()).to(partition)
    })
}

#[tokio::test]
async fn everything_is_read_once_and_the_next_run_goes_on_behind_it() {
    let Some(kafka) = Kafka::one() else { return };
    let (topic, group) = (kafka.topic("once", 3).await, unique("once"));
    kafka.produce(&topic, numbered(3000, 3));
    let reader = || Reader::open(rows(&kafka).with_group(&group).with_topics([&topic]));
    let mut first = reader();
    let mut all = first.accept(2000).await;
    first.close().await;
    let committed: i64 = kafka.committed(&group, &topic).values().sum();
    assert_eq!(committed, 2000);
    let mut second = reader();
    all.extend(second.accept(1000).await);
    let events = second.close().await;
    assert_eq!(all.iter().cloned().collect::<BTreeSet<_>>().len(), 3000, "{:?}", events.all());
    assert_eq!(kafka.committed(&group, &topic).into_values().collect::<Vec<_>>(), [1000; 3]);
    // In order within each partition.
    for partition in 0..3 {
        let mine = all.iter().filter(|row| row.partition == partition);
        assert!(mine.map(|row| row.offset).eq(0..1000), "partition {partition}");
    }
}

#[tokio::test]
async fn offsets_are_committed_while_it_runs() {
    let Some(kafka) = Kafka::one() else { return };
    let topic = kafka.topic("interval", 1).await;
    kafka.produce(&topic, numbered(100, 1));
    let (shared, named) = (unique("interval"), unique("interval"));
    for (group, builder) in [
        (&shared, rows(&kafka).with_group(&shared).with_topics([&topic])),
        (&named, rows(&kafka).with_group(&named).with_partitions(&topic, [0])),
    ] {
        let interval = std::time::Duration::from_millis(20);
        let mut reader = Reader::open(builder.with_commit_interval(interval));
        reader.accept(100).await;
        soon("a commit", async {
            while kafka.committed(group, &topic).get(&0) != Some(&100) {
                tokio::task::yield_now().await;
            }
        })
        .await;
        soon("the source hears of it", async {
            while reader.handle.stats().partitions[0].committed != Some(100) {
                tokio::task::yield_now().await;
            }
        })
        .await;
        assert!(reader.handle.stats().commits > 0);
        reader.close().await;
    }
}

#[tokio::test]
async fn a_slow_item_holds_the_watermark() {
    let Some(kafka) = Kafka::one() else { return };
    let (topic, group) = (kafka.topic("slow", 1).await, unique("slow"));
    kafka.produce(&topic, numbered(100, 1));
    let reader = || Reader::open(rows(&kafka).with_group(&group).with_topics([&topic]));
    let mut first = reader();
    let mut items = first.take(100).await;
    let slow = items.remove(10);
    // Backwards, as an unordered stage might.
    accept(items.into_iter().rev());
    first.give_up().await;
    assert_eq!(kafka.committed(&group, &topic)[&0], 10);
    // Too late: somebody else has it.
    slow.accept();
    let mut second = reader();
    let again = second.accept(90).await;
    assert!(again.iter().map(|row| row.offset).eq(10..100));
    second.close().await;
    assert_eq!(kafka.committed(&group, &topic)[&0], 100);
}

#[tokio::test]
async fn a_close_waits_for_what_is_in_flight() {
    let Some(kafka) = Kafka::one() else { return };
    let (topic, group) = (kafka.topic("close", 1).await, unique("close"));
    kafka.produce(&topic, numbered(100, 1));
    let mut reader = Reader::open(rows(&kafka).with_group(&group).with_topics([&topic]));
    let mut items = reader.take(50).await;
    let last = items.pop().unwrap();
    accept(items);
    let mut closing = Box::pin(reader.source.close());
    tokio::select! {
        biased;
        closed = &mut closing => panic!("it did not wait: {closed:?}"),
        () = tokio::task::yield_now() => {}
    }
    last.accept();
    soon("closing", closing).await.unwrap();
    assert_eq!(kafka.committed(&group, &topic)[&0], 50);
}

#[tokio::test]
async fn what_is_handed_back_at_the_end_is_not_committed() {
    let Some(kafka) = Kafka::one() else { return };
    let (topic, group) = (kafka.topic("back", 1).await, unique("back"));
    kafka.produce(&topic, numbered(100, 1));
    let mut reader = Reader::open(rows(&kafka).with_group(&group).with_topics([&topic]));
    for item in reader.take(100).await {
        let (row, receipt) = item.into_parts();
        match row.offset {
            40 => receipt.nack(NackReason::Returned),
            60 => drop(receipt),
            _ => receipt.ack(),
        }
        if row.offset == 99 {
            reader.source.close().await.unwrap();
        }
    }
    assert_eq!(kafka.committed(&group, &topic)[&0], 40);
}

#[tokio::test]
async fn a_full_window_pauses_its_partition_alone() {
    let Some(kafka) = Kafka::one() else { return };
    let (topic, group) = (kafka.topic("window", 2).await, unique("window"));
    kafka.produce(&topic, numbered(400, 2));
    let builder = rows(&kafka).with_group(&group).with_topics([&topic]).with_window(10);
    let mut reader = Reader::open(builder);
    let mut held = Vec::new();
    let mut seen = BTreeSet::new();
    while seen.len() < 200 || held.len() < 10 {
        for item in reader.take(1).await {
            if item.value().partition == 0 {
                held.push(item);
            } else {
                seen.insert(item.accept().offset);
            }
        }
    }
    reader.events.until("kafka.paused topic", 1).await;
    assert_eq!(held.len(), 10, "the window has room for ten");
    let stats = soon("it shows", async {
        loop {
            let stats = reader.handle.stats();
            if stats.partitions[0].is_paused {
                break stats;
            }
            tokio::task::yield_now().await;
        }
    })
    .await;
    assert_eq!(stats.partitions[0].in_flight, 10, "{stats:?}");
    accept(held);
    for offset in 10..200 {
        assert_eq!(reader.accept(1).await[0].offset, offset);
    }
    reader.close().await;
    assert_eq!(kafka.committed(&group, &topic).into_values().collect::<Vec<_>>(), [200; 2]);
}

#[tokio::test]
async fn reads_that_are_given_up_lose_nothing() {
    let Some(kafka) = Kafka::one() else { return };
    let (topic, group) = (kafka.topic("cancel", 1).await, unique("cancel"));
    kafka.produce(&topic, numbered(2000, 1));
    let builder = rows(&kafka).with_group(&group).with_topics([&topic]).with_buffer(16);
    let mut reader = Reader::open(builder);
    let mut batch = electrician_types::Batch::new();
    let all = async {
        let mut given_up = 0;
        while batch.len() < 2000 {
            tokio::select! {
                biased;
                read = reader.source.read(&mut batch, 3) => assert!(read.is_ok()),
                () = tokio::task::yield_now() => given_up += 1,
            }
        }
        given_up
    };
    let given_up = soon("all", all).await;
    assert!(given_up > 0);
    let rows: Vec<_> = batch.into_iter().map(electrician_types::Item::accept).collect();
    assert!(rows.iter().map(|row| row.offset).eq(0..2000));
    reader.close().await;
}

#[tokio::test]
async fn the_ends_and_the_lag_are_known() {
    let Some(kafka) = Kafka::one() else { return };
    let (topic, group) = (kafka.topic("lag", 2).await, unique("lag"));
    kafka.produce(&topic, numbered(100, 2));
    let builder = rows_with(&kafka, &[]).with_group(&group).with_topics([&topic]);
    let mut reader = Reader::open(builder);
    let items = reader.take(100).await;
    let lag = |expected: u64| {
        let handle = reader.handle.clone();
        async move {
            while handle.stats().lag() != Some(expected) {
                tokio::task::yield_now().await;
            }
        }
    };
    soon("a lag of 100", lag(100)).await;
    accept(items);
    soon("no lag", lag(0)).await;
    let stats = reader.handle.stats();
    assert_eq!((stats.delivered, stats.redelivered, stats.lost), (100, 0, 0));
    assert_eq!(stats.partitions.len(), 2);
    assert_eq!(stats.partitions[1].end, Some(50));
    reader.close().await;
}
