//! What a reader of committed records sees, whatever goes wrong.

mod copies;
mod ends;
mod kills;
mod refused;
mod replaced;

use std::collections::HashMap;
use std::pin::pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use electrician_kafka::DeadLetter;
use electrician_kafka::rdkafka::Message;
use electrician_kafka::rdkafka::message::Headers;
use electrician_types::{BoxError, ErrorKind};
use tokio::sync::Semaphore;

use self::copies::Copies;
use crate::nodes::Nodes;
use crate::support::{Kafka, LONG, Sent};

/// Fails for every 97th number the first time.
fn picky() -> impl Fn(u64) -> Result<u64, BoxError> + Send + Sync + Clone + 'static {
    let failed: &'static Mutex<HashMap<u64, u32>> = Box::leak(Box::default());
    move |n| {
        let is_first = n.is_multiple_of(97) && failed.lock().unwrap().insert(n, 1).is_none();
        if is_first { Err("not the first time".into()) } else { Ok(n) }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stages_that_fail_repeat_nothing() {
    let Some(kafka) = Kafka::one() else { return };
    let copies = Copies::new(&kafka, 5000).await;
    let (running, handle) = copies.start("a", copies.source(), picky());
    copies.until(5000).await;
    let stopped = running.stop(LONG).await;
    assert_eq!(stopped.source_errors.len() + stopped.sink_errors.len(), 0);
    let stats = handle.stats();
    println!("{} commits, {} aborts", stats.commits, stats.aborts);
    assert!(stats.aborts > 0);
    copies.check("failing stages", 5000, |_| false);
    let committed = kafka.committed(&copies.group, &copies.input);
    // With the marks of transactions there would be more, and there are none in the input.
    assert_eq!(committed.into_values().sum::<i64>(), 5000);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn dead_letters_are_part_of_the_transaction() {
    let Some(kafka) = Kafka::one() else { return };
    let copies = Copies::new(&kafka, 1000).await;
    kafka.produce(&copies.input, [Sent::new("poison"), Sent::new("more poison")]);
    let source = copies.source().with_attempts(2).with_dead_letter_topic(&copies.dead);
    let picky = picky();
    let (running, handle) = copies.start("a", source, move |n| match n {
        500 => Err("never".into()),
        n => picky(n),
    });
    copies.until(999).await;
    let stopped = running.stop(LONG).await;
    assert_eq!(stopped.source_errors.len(), 0);
    copies.check("dead letters", 1000, |n| n == 500);
    let dead = kafka.read(&copies.dead);
    let attempts = |attempts: &str| {
        let is_it = |header: &rdkafka::message::Header<'_, &[u8]>| {
            header.key == DeadLetter::ATTEMPTS && header.value == Some(attempts.as_bytes())
        };
        dead.iter().filter(|letter| letter.headers().unwrap().iter().any(|one| is_it(&one))).count()
    };
    assert_eq!((dead.len(), attempts("1"), attempts("2")), (3, 2, 1), "{:?}", handle.stats());
    assert!(dead.iter().any(|letter| letter.payload() == Some(&500_u64.to_be_bytes())));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_record_that_never_works_ends_the_run_where_nobody_buries_it() {
    let Some(kafka) = Kafka::one() else { return };
    let copies = Copies::new(&kafka, 10).await;
    let source = copies.source().with_attempts(2);
    let (running, handle) = copies.start("a", source, |n| match n {
        5 => Err("never".into()),
        n => Ok(n),
    });
    let stopped = running.finish().await;
    assert!(!stopped.source_errors.is_empty());
    assert!(stopped.source_errors[0].to_string().contains("2 attempt(s)"));
    assert_eq!((handle.stats().commits, copies.counts().len()), (0, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 6)]
async fn who_has_the_same_transactional_id_takes_over() {
    let Some(kafka) = Kafka::one() else { return };
    let copies = Copies::new(&kafka, 4000).await;
    // The first is stopped by its stage, in the middle of a transaction.
    let leave = Arc::new(Semaphore::new(0));
    let stage = {
        let (leave, count) = (Arc::clone(&leave), Arc::new(AtomicU64::new(0)));
        move |n| {
            let count = count.fetch_add(1, Ordering::SeqCst);
            while count > 2200 && leave.available_permits() == 0 {
                std::thread::yield_now();
            }
            Ok(n)
        }
    };
    let (old, _) = copies.start("same", copies.source(), stage);
    copies.until(1000).await;
    let (new, _) = copies.start("same", copies.source(), Ok);
    // It has to come to the old one's notice, which is when that wants to commit.
    leave.add_permits(1);
    let mut numbers = 4000;
    let mut finished = pin!(old.finish());
    let stopped = loop {
        copies.produce(numbers..numbers + 500);
        numbers += 500;
        assert!(numbers < 100_000, "the old one goes on and on");
        tokio::select! {
            stopped = &mut finished => break stopped,
            () = copies.until(numbers) => {}
        }
    };
    let errors: Vec<_> = stopped.source_errors.iter().chain(&stopped.sink_errors).collect();
    println!("{errors:?}");
    assert!(errors.iter().any(|error| error.kind() == ErrorKind::Closed), "{errors:?}");
    let tells = |error: &&&electrician_types::Error| error.to_string().contains("taken over");
    assert!(errors.iter().any(|error| tells(&error)), "{errors:?}");
    copies.until(numbers).await;
    let stopped = new.stop(LONG).await;
    assert_eq!(stopped.source_errors.len(), 0);
    copies.check("taken over", numbers, |_| false);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn members_that_come_and_go_repeat_nothing() {
    let Some(kafka) = Kafka::one() else { return };
    let copies = Copies::new(&kafka, 3000).await;
    let (first, _) = copies.start("a", copies.source(), picky());
    copies.until(500).await;
    let (second, _) = copies.start("b", copies.source(), picky());
    copies.until(3000).await;
    copies.produce(3000..6000);
    copies.until(4000).await;
    assert!(first.stop(LONG).await.source_errors.is_empty());
    copies.until(6000).await;
    copies.produce(6000..8000);
    let (third, _) = copies.start("a", copies.source(), picky());
    copies.until(8000).await;
    assert!(third.stop(LONG).await.source_errors.is_empty());
    assert!(second.stop(LONG).await.source_errors.is_empty());
    copies.check("members that come and go", 8000, |_| false);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stop_in_the_middle_and_another_start_repeat_nothing() {
    let Some(kafka) = Kafka::one() else { return };
    let copies = Copies::new(&kafka, 6000).await;
    let (mut running, handle) = copies.start("a", copies.source(), picky());
    for round in 1..=4 {
        copies.until(1000 * round).await;
        let stopped = running.stop(LONG).await;
        assert!(stopped.source_errors.is_empty(), "{:?}", stopped.source_errors);
        running = stopped.component.start().unwrap();
    }
    copies.until(6000).await;
    assert!(running.stop(LONG).await.source_errors.is_empty());
    println!("{:?}", handle.stats());
    copies.check("stops and starts", 6000, |_| false);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broker_that_is_killed_repeats_nothing_in_transactions() {
    let Some(kafka) = Kafka::cluster() else { return };
    let Some(nodes) = Nodes::of_cluster().await else { return };
    let copies = Copies::new(&kafka, 4000).await;
    let leader = Nodes::leader(&kafka, &copies.output, 0);
    let (running, handle) = copies.start("a", copies.source(), picky());
    copies.until(1000).await;
    nodes.kill(leader);
    copies.produce(4000..6000);
    copies.until(6000).await;
    nodes.start(leader);
    let stopped = running.stop(LONG).await;
    println!("{:?} {:?}", handle.stats(), stopped.source_errors);
    assert!(stopped.source_errors.is_empty());
    copies.check("a broker killed", 6000, |_| false);
}
