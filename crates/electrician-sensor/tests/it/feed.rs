//! A channel that loses rather than waits.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use electrician_sensor::types::{EventKind, Observer};
use electrician_sensor::{EventStream, FeedCounts, events};
use futures_util::{Stream, StreamExt};

use crate::support::started;

fn columns(counts: FeedCounts) -> (u64, u64, u64) {
    (counts.given, counts.received, counts.dropped)
}

#[test]
fn what_has_no_room_is_dropped_and_counted_the_newest_first() {
    let (feed, mut stream) = events(3);
    for name in ["a", "b", "c", "d", "e"] {
        feed.observe(&started(name));
    }
    assert_eq!(columns(feed.counts()), (5, 0, 2));
    let names: Vec<_> = std::iter::from_fn(|| stream.try_recv())
        .map(|event| event.component().to_owned())
        .collect();
    assert_eq!(names, ["a", "b", "c"]);
    assert_eq!(columns(stream.counts()), (5, 3, 2));
}

#[test]
fn a_capacity_of_zero_is_one() {
    let (feed, stream) = events(0);
    feed.observe(&started("a"));
    feed.observe(&started("b"));
    assert_eq!((stream.len(), stream.counts().dropped), (1, 1));
}

#[test]
fn what_nobody_will_read_is_dropped_as_well() {
    let (feed, stream) = events(8);
    feed.observe(&started("a"));
    drop(stream);
    feed.observe(&started("b"));
    assert_eq!(columns(feed.counts()), (2, 0, 2));
}

#[test]
fn a_thread_reads_until_the_last_feed_is_gone() {
    let (feed, mut stream) = events(8);
    let reader = std::thread::spawn(move || stream.blocking_iter().count());
    let other = feed.clone();
    feed.observe(&started("a"));
    drop(feed);
    other.observe(&started("b"));
    drop(other);
    assert_eq!(reader.join().unwrap(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_task_reads_with_recv_and_as_a_stream() {
    let (feed, mut stream) = events(8);
    feed.observe(&started("a"));
    feed.observe(&started("b"));
    assert_eq!(stream.recv().await.unwrap().component(), "a");
    let second = stream.next().await.unwrap();
    assert_eq!((second.component(), second.kind()), ("b", EventKind::Started));
    drop(feed);
    assert_eq!(stream.next().await, None);
    assert_eq!(stream.recv().await, None);
}

#[derive(Default)]
struct Wakes(AtomicUsize);

impl Wake for Wakes {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

fn poll(stream: &mut EventStream, wakes: &Arc<Wakes>) -> Poll<Option<String>> {
    let waker = Waker::from(Arc::clone(wakes));
    Pin::new(stream)
        .poll_next(&mut Context::from_waker(&waker))
        .map(|event| event.map(|event| event.component().to_owned()))
}

#[test]
fn a_wait_that_is_given_up_loses_nothing() {
    let (feed, mut stream) = events(8);
    let wakes = Arc::<Wakes>::default();
    assert!(poll(&mut stream, &wakes).is_pending());
    feed.observe(&started("a"));
    assert_eq!(wakes.0.load(Ordering::Relaxed), 1);
    // It was polled as a stream and is read otherwise.
    assert_eq!(stream.try_recv().unwrap().component(), "a");
    assert!(poll(&mut stream, &wakes).is_pending());
    {
        let receiving = std::pin::pin!(stream.recv());
        let waker = Waker::from(Arc::clone(&wakes));
        assert!(receiving.poll(&mut Context::from_waker(&waker)).is_pending());
    }
    feed.observe(&started("b"));
    feed.observe(&started("c"));
    assert_eq!(poll(&mut stream, &wakes), Poll::Ready(Some("b".into())));
    assert_eq!(stream.blocking_recv().unwrap().component(), "c");
    assert_eq!(columns(stream.counts()), (3, 3, 0));
}

#[test]
fn under_load_given_is_received_and_dropped() {
    let (feed, mut stream) = events(16);
    let reader = std::thread::spawn(move || {
        let read = stream.blocking_iter().count();
        (read as u64, stream.counts())
    });
    std::thread::scope(|scope| {
        for _ in 0..4 {
            let feed = feed.clone();
            scope.spawn(move || (0..2500).for_each(|_| feed.observe(&started("a"))));
        }
    });
    drop(feed);
    let (read, counts) = reader.join().unwrap();
    assert_eq!(counts.given, 10_000);
    assert_eq!(counts.received, read);
    assert_eq!(counts.given, counts.received + counts.dropped);
}
