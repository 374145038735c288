//! The end of a queue: everybody learns of it, and nothing stays inside.

use std::sync::Arc;

use electrician_types::Refusal;
use loom::thread;

use super::{Stir, Values, explore, plain, taken, task};
use crate::queue::{Feeder, Queue, QueueSpec};
use crate::signal::Signal;

/// Takes what comes, to the end.
async fn drained(queue: Arc<Queue<u64>>, stir: Stir) -> Vec<u64> {
    let mut all = Vec::new();
    loop {
        let some = taken(Arc::clone(&queue), 0, 2, stir.clone()).await;
        if some.is_empty() {
            return all;
        }
        all.extend(some);
    }
}

/// 3 preemptions. The last feeder goes away while a consumer parks.
#[test]
fn the_last_feeder_ends_every_consumer() {
    explore(3, || {
        let (queue, stir) = (plain(2, 2), Stir::default());
        let feeder = Feeder::new(&queue);
        let consumer = task(drained(Arc::clone(&queue), stir.clone()));
        feeder.queue().try_push(&mut Some(1)).expect("there is room");
        drop(feeder);
        let mut all = loom::future::block_on(drained(queue, stir));
        all.extend(consumer.join().unwrap());
        assert_eq!(all, [1]);
    });
}

/// 2 preemptions. An item that claimed its place before the queue closed, and fills it when the
/// consumers have been woken for the end and sleep again: whoever takes it tells the others.
#[test]
fn a_late_item_ends_every_consumer() {
    explore(2, || {
        let (queue, stir) = (plain(2, 2), Stir::default());
        let consumer = task(drained(Arc::clone(&queue), stir.clone()));
        let late = {
            let (queue, stir) = (Arc::clone(&queue), stir.clone());
            thread::spawn(move || queue.try_push(&mut Values::new([1], &stir)).is_ok())
        };
        stir.stir();
        queue.close();
        let mut all = loom::future::block_on(drained(Arc::clone(&queue), stir));
        all.extend(consumer.join().unwrap());
        assert_eq!(all.len(), usize::from(late.join().unwrap()));
        assert_eq!(queue.accepted(), all.len() as u64);
    });
}

/// 3 preemptions. What was accepted is in the rest, also an item that was on its way into its place
/// when the queue was closed.
#[test]
fn the_rest_has_the_late_item() {
    explore(3, || {
        let (queue, stir) = (plain(2, 1), Stir::default());
        let late = {
            let (queue, stir) = (Arc::clone(&queue), stir.clone());
            thread::spawn(move || queue.try_push(&mut Values::new([1], &stir)).is_ok())
        };
        stir.stir();
        queue.close();
        let rest = queue.take_rest();
        let accepted = late.join().unwrap();
        assert_eq!(rest.len(), usize::from(accepted));
        assert_eq!(queue.accepted(), rest.len() as u64);
    });
}

/// 3 preemptions. Closing a full queue sends its waiting producers away; each keeps its item.
#[test]
fn closing_sends_producers_away() {
    explore(3, || {
        let (queue, stir) = (plain(1, 1), Stir::default());
        queue.try_push(&mut Values::new([0], &stir)).expect("there is room");
        let producers = [1, 2].map(|value| {
            let (queue, mut values) = (Arc::clone(&queue), Values::new([value], &stir));
            task(async move {
                let refused = queue.push(&mut values, None).await;
                assert_eq!(refused, Err(Refusal::Closed));
                assert_eq!(values.values, [value]);
            })
        });
        stir.stir();
        queue.close();
        producers.into_iter().for_each(|producer| producer.join().unwrap());
    });
}

/// 2 preemptions. The signal ends who waits for items, and who waits for room.
#[test]
fn an_abort_ends_everybody() {
    explore(2, || {
        let (abort, stir) = (Arc::<Signal>::default(), Stir::default());
        let spec = QueueSpec { capacity: 1, consumers: 2, key: None, budget: None };
        let queue = Queue::new(spec, Arc::clone(&abort));
        queue.try_push(&mut Values::new([0], &stir)).expect("there is room");
        let producer = {
            let (queue, mut values) = (Arc::clone(&queue), Values::new([1, 2, 3], &stir));
            task(async move { (queue.push(&mut values, None).await, values.values.len()) })
        };
        let consumer = task(drained(Arc::clone(&queue), stir.clone()));
        stir.stir();
        abort.raise();
        queue.wake_all();
        let (refused, left) = producer.join().unwrap();
        let taken = consumer.join().unwrap();
        assert!(left == 0 || refused == Err(Refusal::Closed));
        assert_eq!(taken.len() + queue.take_rest().len() + left, 4);
    });
}

/// 3 preemptions. A stop refuses a submit that waits, and the item stays with it: it is never both
/// refused and accepted.
#[test]
fn a_stop_refuses_or_accepts() {
    explore(3, || {
        let (queue, stir) = (plain(1, 1), Stir::default());
        let stop = Arc::<Signal>::default();
        queue.try_push(&mut Values::new([0], &stir)).expect("there is room");
        let submit = {
            let (queue, stop) = (Arc::clone(&queue), Arc::clone(&stop));
            let mut values = Values::new([1], &stir);
            task(async move {
                let result = queue.push(&mut values, Some(&stop)).await;
                assert_eq!(result.is_err(), values.values.len() == 1);
                result.is_ok()
            })
        };
        let consumer = task(taken(Arc::clone(&queue), 0, 1, stir.clone()));
        stir.stir();
        stop.raise();
        queue.wake_all();
        let accepted = submit.join().unwrap();
        assert_eq!(consumer.join().unwrap(), [0]);
        assert_eq!(queue.accepted(), 1 + u64::from(accepted));
    });
}

/// 3 preemptions. Whoever waits for the readers to go learns that the last one has.
#[test]
fn the_last_reader_is_missed() {
    explore(3, || {
        let queue = plain(1, 1);
        queue.add_reader();
        queue.add_reader();
        let waiting = {
            let queue = Arc::clone(&queue);
            let mut waiter = queue.reader_waiter();
            task(std::future::poll_fn(move |cx| queue.poll_unread(cx, &mut waiter)))
        };
        let reader = {
            let queue = Arc::clone(&queue);
            thread::spawn(move || queue.remove_reader())
        };
        queue.remove_reader();
        reader.join().unwrap();
        waiting.join().unwrap();
    });
}
