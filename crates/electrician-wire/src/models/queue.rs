//! Whoever waits at a queue is woken when it is time, and no item is forgotten on the way.

mod bytes;
mod end;

use std::collections::VecDeque;
use std::sync::Arc;
use std::task::{Context, Waker};

use electrician_types::{Batch, Item};
use loom::thread;

use super::{Stir, explore, task};
use crate::queue::{Pending, Queue, QueueSpec};

/// Values on their way in, with a pause between the claim of a place and its filling.
struct Values {
    values: VecDeque<u64>,
    stir: Stir,
}

impl Values {
    fn new(values: impl IntoIterator<Item = u64>, stir: &Stir) -> Self {
        Self { values: values.into_iter().collect(), stir: stir.clone() }
    }
}

impl Pending<u64> for Values {
    fn len(&self) -> usize {
        self.values.len()
    }

    fn front(&self) -> Option<&u64> {
        self.values.front()
    }

    fn take(&mut self) -> Item<u64> {
        self.stir.stir();
        Item::new(self.values.pop_front().expect("no more than there are"))
    }
}

fn plain(capacity: usize, consumers: usize) -> Arc<Queue<u64>> {
    Queue::new(QueueSpec { capacity, consumers, key: None, budget: None }, Arc::default())
}

/// Takes up to `max` items of `lane`, front first; none at the end.
async fn taken(queue: Arc<Queue<u64>>, lane: usize, max: usize, stir: Stir) -> Vec<u64> {
    let mut waiter = queue.item_waiter(lane);
    let mut batch = Batch::new();
    stir.stir();
    queue.pop(&mut waiter, lane, max, &mut batch).await;
    batch.into_iter().map(Item::accept).collect()
}

/// Takes items of `lane` until there are `count`.
async fn all_taken(queue: Arc<Queue<u64>>, lane: usize, count: usize, stir: Stir) -> Vec<u64> {
    let mut all = Vec::new();
    while all.len() < count {
        all.extend(taken(Arc::clone(&queue), lane, usize::MAX, stir.clone()).await);
    }
    all
}

/// Pushes `values`, waiting for room.
async fn pushed(queue: Arc<Queue<u64>>, mut values: Values) {
    queue.push(&mut values, None).await.expect("nobody closes it");
}

/// 2 preemptions. Two items from two threads, for two consumers that take one each.
#[test]
fn an_item_for_each_sleeper() {
    explore(2, || {
        let (queue, stir) = (plain(2, 2), Stir::default());
        let sleeper = task(taken(Arc::clone(&queue), 0, 1, stir.clone()));
        let giver = task(pushed(Arc::clone(&queue), Values::new([1], &stir)));
        let other = task(pushed(Arc::clone(&queue), Values::new([2], &stir)));
        let mut all = loom::future::block_on(taken(queue, 0, 1, stir));
        all.extend(sleeper.join().unwrap());
        all.sort_unstable();
        assert_eq!(all, [1, 2]);
        giver.join().unwrap();
        other.join().unwrap();
    });
}

/// 3 preemptions. Two items at once, for two consumers that take one each: the one that was woken
/// wakes the other.
#[test]
fn a_batch_for_two_sleepers() {
    explore(3, || {
        let (queue, stir) = (plain(2, 2), Stir::default());
        let sleepers = [(); 2].map(|()| task(taken(Arc::clone(&queue), 0, 1, stir.clone())));
        loom::future::block_on(pushed(queue, Values::new([1, 2], &stir)));
        let mut all: Vec<_> =
            sleepers.into_iter().flat_map(|sleeper| sleeper.join().unwrap()).collect();
        all.sort_unstable();
        assert_eq!(all, [1, 2]);
    });
}

/// 3 preemptions. More items than places.
#[test]
fn room_wakes_the_producer() {
    explore(3, || {
        for capacity in [1, 2] {
            let (queue, stir) = (plain(capacity, 1), Stir::default());
            let producer = task(pushed(Arc::clone(&queue), Values::new([1, 2, 3], &stir)));
            assert_eq!(loom::future::block_on(all_taken(queue, 0, 3, stir)), [1, 2, 3]);
            producer.join().unwrap();
        }
    });
}

/// 2 preemptions. One place, two producers that wait for it.
#[test]
fn room_wakes_one_producer_after_the_other() {
    explore(2, || {
        let (queue, stir) = (plain(1, 1), Stir::default());
        let producers =
            [1, 2].map(|value| task(pushed(Arc::clone(&queue), Values::new([value], &stir))));
        let mut all = loom::future::block_on(all_taken(queue, 0, 2, stir));
        all.sort_unstable();
        assert_eq!(all, [1, 2]);
        producers.into_iter().for_each(|producer| producer.join().unwrap());
    });
}

/// 3 preemptions. Eight places, one freed by one consumer (too few to wake anybody), seven by
/// another: whoever comes last wakes the producer, even where the first is not done in the eyes of
/// the second.
#[test]
fn the_last_consumer_wakes_the_producer() {
    explore(3, || {
        let (queue, stir) = (plain(8, 1), Stir::default());
        queue.try_push(&mut Values::new(0..8, &stir)).expect("there is room");
        let slow = task(taken(Arc::clone(&queue), 0, 1, stir.clone()));
        let fast = task(taken(Arc::clone(&queue), 0, 8, stir.clone()));
        loom::future::block_on(pushed(Arc::clone(&queue), Values::new([8], &stir)));
        slow.join().unwrap();
        fast.join().unwrap();
    });
}

/// 3 preemptions. A producer that was woken and goes away lets the next one in.
#[test]
fn a_cancelled_producer_lets_the_next_in() {
    explore(3, || {
        let (queue, stir) = (plain(1, 1), Stir::default());
        queue.try_push(&mut Values::new([0], &stir)).expect("there is room");
        let fickle = {
            let (queue, stir) = (Arc::clone(&queue), stir.clone());
            thread::spawn(move || {
                let mut values = Values::new([1], &stir);
                let mut push = std::pin::pin!(queue.push(&mut values, None));
                push.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_ready()
            })
        };
        let producer = task(pushed(Arc::clone(&queue), Values::new([2], &stir)));
        let first = loom::future::block_on(taken(Arc::clone(&queue), 0, 1, stir.clone()));
        assert_eq!(first, [0]);
        let entered = fickle.join().unwrap();
        let rest = all_taken(queue, 0, 1 + usize::from(entered), stir);
        assert!(loom::future::block_on(rest).contains(&2));
        producer.join().unwrap();
    });
}

/// 2 preemptions. Two lanes of one place each; items for both come from one thread.
#[test]
fn lanes_do_not_forget_each_other() {
    explore(2, || {
        let stir = Stir::default();
        let key = stir.clone();
        let spec = QueueSpec {
            capacity: 2,
            consumers: 2,
            key: Some(Arc::new(move |value: &u64| {
                key.stir();
                *value
            })),
            budget: None,
        };
        let queue = Queue::new(spec, Arc::default());
        let odd = task(all_taken(Arc::clone(&queue), 1, 2, stir.clone()));
        let producer = task(pushed(Arc::clone(&queue), Values::new([1, 3, 2], &stir)));
        let other = task(pushed(Arc::clone(&queue), Values::new([4], &stir)));
        let mut even = loom::future::block_on(all_taken(queue, 0, 2, stir));
        even.sort_unstable();
        assert_eq!(even, [2, 4]);
        assert_eq!(odd.join().unwrap(), [1, 3]);
        producer.join().unwrap();
        other.join().unwrap();
    });
}
