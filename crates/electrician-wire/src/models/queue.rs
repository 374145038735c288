//! Whoever waits at a queue is woken when it is time, and no item is forgotten on the way.

mod bytes;
mod end;

use std::collections::VecDeque;
use std::sync::Arc;
use std::task::{Context, Waker};

use electrician_types::{Batch, Item};
use loom::thread;

use super::{Stir, explore, task};
use crate::queue::{Feeder, Pending, Queue, QueueSpec};

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

/// 1 preemption. Two items, for two consumers that take one each.
#[test]
fn an_item_for_each_sleeper() {
    explore(1, || {
        let (queue, stir) = (plain(2, 2), Stir::default());
        let sleepers = [(); 2].map(|()| task(taken(Arc::clone(&queue), 0, 1, stir.clone())));
        queue.try_push(&mut Some(1)).expect("there is room");
        queue.try_push(&mut Some(2)).expect("there is room");
        let mut all = sleepers.map(|sleeper| sleeper.join().unwrap()[0]);
        all.sort_unstable();
        assert_eq!(all, [1, 2]);
    });
}

/// 1 preemption. Two items at once, for two consumers that take one each: the one that is woken
/// wakes the other.
#[test]
fn a_batch_for_two_sleepers() {
    explore(1, || {
        let (queue, stir) = (plain(2, 2), Stir::default());
        let sleepers = [(); 2].map(|()| task(taken(Arc::clone(&queue), 0, 1, stir.clone())));
        queue.try_push(&mut Values::new([1, 2], &stir)).expect("there is room");
        let mut all = sleepers.map(|sleeper| sleeper.join().unwrap()[0]);
        all.sort_unstable();
        assert_eq!(all, [1, 2]);
    });
}

/// 3 preemptions. Two items, one place.
#[test]
fn one_place_wakes_the_producer() {
    explore(3, || {
        let (queue, stir) = (plain(1, 1), Stir::default());
        let producer = task(pushed(Arc::clone(&queue), Values::new([1, 2], &stir)));
        assert_eq!(loom::future::block_on(all_taken(queue, 0, 2, stir)), [1, 2]);
        producer.join().unwrap();
    });
}

/// 3 preemptions. Three items, two places.
#[test]
fn two_places_wake_the_producer() {
    explore(3, || {
        let (queue, stir) = (plain(2, 1), Stir::default());
        let producer = task(pushed(Arc::clone(&queue), Values::new([1, 2, 3], &stir)));
        assert_eq!(loom::future::block_on(all_taken(queue, 0, 3, stir)), [1, 2, 3]);
        producer.join().unwrap();
    });
}

/// 1 preemption. One place, two producers that wait for it.
#[test]
fn room_wakes_one_producer_after_the_other() {
    explore(1, || {
        let (queue, stir) = (plain(1, 1), Stir::default());
        let producers =
            [1, 2].map(|value| task(pushed(Arc::clone(&queue), Values::new([value], &stir))));
        let mut all = loom::future::block_on(all_taken(queue, 0, 2, stir));
        all.sort_unstable();
        assert_eq!(all, [1, 2]);
        producers.into_iter().for_each(|producer| producer.join().unwrap());
    });
}

/// 2 preemptions. Eight places, one freed by one consumer (too few to wake anybody), seven by
/// another: whoever comes last wakes the producer, even where the first is not done in the eyes of
/// the second.
#[test]
fn the_last_consumer_wakes_the_producer() {
    explore(2, || {
        let (queue, stir) = (plain(8, 1), Stir::default());
        queue.try_push(&mut Values::new(0..8, &stir)).expect("there is room");
        let consumers = [1, 8].map(|max| {
            let queue = Arc::clone(&queue);
            thread::spawn(move || {
                let mut batch = Batch::new();
                let _none = queue.try_pop(0, max, &mut batch);
                batch.len()
            })
        });
        loom::future::block_on(pushed(Arc::clone(&queue), Values::new([8], &stir)));
        let taken = consumers.map(|consumer| consumer.join().unwrap());
        assert_eq!(queue.taken(), taken.iter().sum::<usize>() as u64);
    });
}

/// 2 preemptions. A producer that was woken and goes away lets the next one in.
#[test]
fn a_cancelled_producer_lets_the_next_in() {
    explore(2, || {
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

/// 3 preemptions. A source that only learns of the room, and then reads for long, does not keep it
/// from others.
#[test]
fn a_look_at_the_room_takes_none() {
    explore(3, || {
        let (queue, stir) = (plain(1, 1), Stir::default());
        let feeder = Feeder::new(&queue);
        queue.try_push(&mut Some(0)).expect("there is room");
        let source = task(async move {
            feeder.has_room().await;
            feeder
        });
        let producer = task(pushed(Arc::clone(&queue), Values::new([1], &stir)));
        loom::future::block_on(taken(Arc::clone(&queue), 0, 1, stir.clone()));
        producer.join().unwrap();
        loom::future::block_on(taken(queue, 0, 1, stir));
        source.join().unwrap();
    });
}

/// 1 preemption. Two lanes of one place each: the producer waits for one, then finds the other.
#[test]
fn lanes_do_not_forget_each_other() {
    explore(1, || {
        let stir = Stir::default();
        let spec = QueueSpec {
            capacity: 2,
            consumers: 2,
            key: Some(Arc::new(|value: &u64| *value)),
            budget: None,
        };
        let queue = Queue::new(spec, Arc::default());
        let odd = task(all_taken(Arc::clone(&queue), 1, 2, stir.clone()));
        let even = task(all_taken(Arc::clone(&queue), 0, 1, stir.clone()));
        loom::future::block_on(pushed(queue, Values::new([1, 3, 2], &stir)));
        assert_eq!(odd.join().unwrap(), [1, 3]);
        assert_eq!(even.join().unwrap(), [2]);
    });
}
