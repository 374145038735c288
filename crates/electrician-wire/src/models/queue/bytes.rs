//! The byte budget: what comes in is what goes out, and nobody sleeps beside free bytes.

use std::sync::Arc;

use loom::thread;

use super::{Stir, Values, all_taken, explore, pushed, task};
use crate::queue::{Queue, QueueSpec};

const LIMIT: u64 = 10;

/// A queue in which an item weighs its value.
fn weighed(capacity: usize) -> Arc<Queue<u64>> {
    let budget = Some((LIMIT, Arc::new(|value: &u64| *value) as _));
    let spec = QueueSpec { capacity, consumers: 1, key: None, budget };
    Queue::new(spec, Arc::default())
}

/// An empty queue has all of its budget, no byte less and no byte more.
fn check_account(queue: &Queue<u64>, stir: &Stir) {
    assert!(queue.is_empty());
    queue.try_push(&mut Values::new([LIMIT], stir)).expect("all bytes are free");
    queue.try_push(&mut Values::new([1], stir)).expect_err("no byte is free");
}

/// 1 preemption. A small and a large item that do not fit together.
#[test]
fn small_and_large_take_turns() {
    explore(1, || {
        let stir = Stir::default();
        let queue = weighed(2);
        let small = task(pushed(Arc::clone(&queue), Values::new([3], &stir)));
        let large = task(pushed(Arc::clone(&queue), Values::new([8], &stir)));
        let mut all = loom::future::block_on(all_taken(Arc::clone(&queue), 0, 2, stir.clone()));
        all.sort_unstable();
        assert_eq!(all, [3, 8]);
        small.join().unwrap();
        large.join().unwrap();
        check_account(&queue, &stir);
    });
}

/// 2 preemptions. Items of different weights in the same place, one after the other: each gives
/// back what it took.
#[test]
fn the_account_does_not_drift() {
    explore(2, || {
        let stir = Stir::default();
        let queue = weighed(2);
        let producer = task(pushed(Arc::clone(&queue), Values::new([1, 2, 4], &stir)));
        loom::future::block_on(all_taken(Arc::clone(&queue), 0, 3, stir.clone()));
        producer.join().unwrap();
        check_account(&queue, &stir);
    });
}

/// 2 preemptions. Bytes that were set aside for an item which then found no place are free again;
/// who was turned away meanwhile must learn of it.
#[test]
fn bytes_set_aside_in_vain_are_missed_by_nobody() {
    explore(2, || {
        let stir = Stir::default();
        let queue = weighed(1);
        queue.try_push(&mut Values::new([4], &stir)).expect("there is room");
        let hasty = {
            let (queue, stir) = (Arc::clone(&queue), stir.clone());
            thread::spawn(move || queue.try_push(&mut Values::new([5], &stir)).is_ok())
        };
        let patient = task(pushed(Arc::clone(&queue), Values::new([6], &stir)));
        loom::future::block_on(all_taken(Arc::clone(&queue), 0, 1, stir.clone()));
        let others = usize::from(hasty.join().unwrap());
        loom::future::block_on(all_taken(Arc::clone(&queue), 0, others, stir.clone()));
        patient.join().unwrap();
        loom::future::block_on(all_taken(Arc::clone(&queue), 0, 1, stir.clone()));
        check_account(&queue, &stir);
    });
}
