//! A sensor on a conduit.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use electrician_conduit::{Conduit, Discard};
use electrician_sensor::types::{EventKind, Observer};
use electrician_sensor::{EventStream, Sensor, events};
use electrician_wire::Wire;

use crate::support::Diary;

const AMPLE: Duration = Duration::from_secs(5);

fn drained(stream: &mut EventStream) -> Vec<(String, EventKind)> {
    std::iter::from_fn(|| stream.try_recv())
        .map(|event| (event.component().to_owned(), event.kind()))
        .collect()
}

#[tokio::test(start_paused = true)]
async fn one_call_covers_the_conduit_from_its_start_to_its_end() {
    let (feed, mut stream) = events(1024);
    let sensor = Sensor::new().with_observer(feed);
    let conduit = Conduit::from(Wire::map("parse", |n: u64| n))
        .sink("out", Discard)
        .named("orders")
        .with_observer(sensor)
        .build()
        .unwrap();
    let running = conduit.start().unwrap();
    running.submit_batch(&mut (0..10).collect()).await.unwrap();
    let stopped = running.stop(AMPLE).await;
    let seen = drained(&mut stream);
    assert_eq!(seen.first(), Some(&("orders".into(), EventKind::ConduitStarted)));
    assert_eq!(seen.last(), Some(&("orders".into(), EventKind::ConduitStopped)));
    let count = |kind| seen.iter().filter(|(_, own)| *own == kind).count();
    for kind in [EventKind::SinkOpened, EventKind::SinkClosed] {
        assert_eq!(count(kind), 1, "{kind}");
    }
    for kind in [EventKind::Started, EventKind::Stopped] {
        assert_eq!(count(kind), 2, "{kind}");
    }
    // The second run tells it all again.
    drop(stopped.component.start().unwrap().stop(AMPLE).await);
    assert_eq!(drained(&mut stream).first().unwrap().1, EventKind::ConduitStarted);
    assert!(stream.recv().await.is_none(), "the stream ends with the last holder of its feed");
}

// A reader that never comes is the slowest there is.
#[tokio::test(start_paused = true)]
async fn a_reader_that_does_not_read_stops_nothing() {
    let (feed, stream) = events(4);
    let wire = Wire::map("same", |n: u64| n).with_workers(2);
    let wire = wire.with_observer(Sensor::new().with_observer(feed)).build().unwrap();
    let running = wire.start().unwrap();
    let mut output = running.output();
    let reader = tokio::spawn(async move {
        let mut count = 0;
        while output.recv().await.is_some() {
            count += 1;
        }
        count
    });
    for start in 0..1000 {
        running.submit_batch(&mut (start * 64..(start + 1) * 64).collect()).await.unwrap();
    }
    let stopped = running.stop(AMPLE).await;
    assert_eq!(reader.await.unwrap(), 64_000);
    assert!(stopped.is_clean(), "{stopped:?}");
    let counts = stream.counts();
    assert_eq!((stream.len(), counts.received), (4, 0));
    assert!(counts.dropped > 500, "{counts:?}");
    assert_eq!(counts.given, counts.dropped + 4);
}

#[test]
fn a_reader_that_is_stuck_on_a_thread_stops_nothing() {
    let (feed, mut stream) = events(4);
    let stuck = Arc::new(Mutex::new(()));
    let held = stuck.lock().unwrap();
    let lock = Arc::clone(&stuck);
    let reader = std::thread::spawn(move || {
        for event in stream.blocking_iter() {
            drop((lock.lock().unwrap(), event));
        }
        stream.counts()
    });
    let diary = Diary::default();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_time()
        .build()
        .unwrap();
    runtime.block_on(async {
        let sensor = Sensor::new().with_observer(feed).with_observer(diary.clone());
        let wire = Wire::map("same", |n: u64| n).with_output_capacity(100_000);
        let running = wire.with_observer(sensor).build().unwrap().start().unwrap();
        for start in 0..1000 {
            running.submit_batch(&mut (start * 64..(start + 1) * 64).collect()).await.unwrap();
        }
        let stopped = running.stop(Duration::from_mins(1)).await;
        assert!(stopped.ledger.is_balanced());
        assert_eq!(stopped.outputs.len(), 64_000);
    });
    // Everything has gone through while the reader was stuck.
    drop(held);
    let counts = reader.join().unwrap();
    assert_eq!(counts.given, diary.len() as u64);
    assert_eq!(counts.given, counts.received + counts.dropped);
    assert!(counts.received <= 5, "{counts:?}");
}

#[test]
fn one_sensor_may_watch_several_components() {
    let diary = Diary::default();
    let sensor = Arc::new(Sensor::new().with_observer(diary.clone()));
    let (first, second) = (Arc::clone(&sensor), sensor);
    first.observe(&crate::support::started("a"));
    second.observe(&crate::support::started("b"));
    assert_eq!(diary.lines(), ["a started", "b started"]);
}
