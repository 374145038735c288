//! In a whole pipeline.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use electrician_conduit::Conduit;
use electrician_generator::Generator;
use electrician_types::BoxError;
use electrician_wire::Wire;

use crate::events::Events;
use crate::reader::{Row, rows};
use crate::support::{Kafka, Sent, unique};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stop_commits_what_was_acknowledged() {
    let Some(kafka) = Kafka::one() else { return };
    let (topic, group) = (kafka.topic("stop", 2).await, unique("stop"));
    kafka.produce(&topic, (0..5000).map(|at| Sent::new(at.to_string()).to(at % 2)));
    let topics = rows(&kafka).with_group(&group).with_topics([&topic]).build().unwrap();
    let (seen, mut some) = tokio::sync::mpsc::channel(1);
    let wire = Wire::map("same", move |row: Row| {
        let _ = seen.try_send(());
        row
    });
    let conduit = Conduit::from(wire.with_workers(2))
        .discard()
        .with_source(Generator::new("rows", topics))
        .build()
        .unwrap();
    let running = conduit.start().unwrap();
    some.recv().await.unwrap();
    let stopped = running.stop(Duration::from_secs(20)).await;
    assert!(stopped.ledger.is_balanced(), "{}", stopped.ledger);
    let committed: i64 = kafka.committed(&group, &topic).into_values().sum();
    assert_eq!(u64::try_from(committed).unwrap(), stopped.ledger.delivered, "{}", stopped.ledger);
    assert!(committed > 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stage_that_fails_has_its_records_again_and_then_buried() {
    let Some(kafka) = Kafka::one() else { return };
    let (topic, group) = (kafka.topic("fails", 1).await, unique("fails"));
    let dead = kafka.topic("fails-dead", 1).await;
    kafka.produce(&topic, (0..300).map(|at| Sent::new(at.to_string())));
    let events = Events::default();
    let topics = rows(&kafka)
        .with_group(&group)
        .with_topics([&topic])
        .with_dead_letter_topic(&dead)
        .with_attempts(2)
        .with_observer(events.clone())
        .build()
        .unwrap();
    let handle = topics.handle();
    let wire = Wire::new("picky", |row: Row| {
        if row.offset % 100 == 50 { Err(BoxError::from("not this one")) } else { Ok(row) }
    });
    let conduit = Conduit::from(wire.with_workers(2))
        .discard()
        .with_source(Generator::new("rows", topics))
        .build()
        .unwrap();
    let running = conduit.start().unwrap();
    events.until("kafka.dead_lettered", 3).await;
    let stopped = running.stop(Duration::from_secs(20)).await;
    assert!(stopped.ledger.is_balanced(), "{}", stopped.ledger);
    let committed = kafka.committed(&group, &topic);
    assert_eq!(committed.get(&0), Some(&300), "{:?}", handle.stats());
    assert_eq!(kafka.read(&dead).len(), 3);
    assert_eq!(handle.stats().redelivered, 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_order_of_each_key_is_kept() {
    let Some(kafka) = Kafka::one() else { return };
    let (topic, group) = (kafka.topic("keys", 3).await, unique("keys"));
    // The driver sends a key to one partition.
    let sent = |at: u32| Sent::new(format!("{} {at}", at % 17)).with_key((at % 17).to_string());
    kafka.produce(&topic, (0..5100).map(sent));
    let topics = rows(&kafka).with_group(&group).with_topics([&topic]).build().unwrap();
    let seen = Arc::new(Mutex::new(BTreeMap::<String, Vec<u32>>::new()));
    let (done, mut is_done) = tokio::sync::mpsc::channel(1);
    let collect = {
        let (seen, mut count) = (Arc::clone(&seen), 0);
        move |row: Row| {
            let (key, number) = row.text.split_once(' ').unwrap();
            let number = number.parse().unwrap();
            seen.lock().unwrap().entry(key.to_owned()).or_default().push(number);
            count += 1;
            if count == 5100 {
                let _ = done.try_send(());
            }
        }
    };
    let collect = Mutex::new(collect);
    let work = Wire::map("work", |row: Row| row)
        .with_workers(4)
        .ordered_by_key(|row: &Row| row.text.split_once(' ').map(|(key, _)| key.to_owned()));
    let conduit = Conduit::from(work)
        .then(Wire::map("collect", move |row| (collect.lock().unwrap())(row)).with_workers(1))
        .discard()
        .with_source(Generator::new("rows", topics))
        .build()
        .unwrap();
    let running = conduit.start().unwrap();
    is_done.recv().await.unwrap();
    let stopped = running.stop(Duration::from_secs(20)).await;
    assert_eq!(stopped.ledger.to_string(), "accepted 5100 = delivered 5100");
    let seen = seen.lock().unwrap();
    assert_eq!(seen.len(), 17);
    for (key, numbers) in &*seen {
        assert_eq!(numbers.len(), 300, "{key}");
        assert!(numbers.is_sorted(), "{key}: {numbers:?}");
    }
}
