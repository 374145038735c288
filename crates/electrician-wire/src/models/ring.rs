//! Nothing is lost, nothing comes twice, and everybody's own order stays.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};

use electrician_types::{Acknowledge, Item, Receipt, Verdict};
use loom::sync::Arc;
use loom::thread;

use super::{Stir, explore};
use crate::ring::{PushError, Ring};

/// A value that says who made it, and that counts its end.
struct Value {
    producer: u64,
    number: u64,
    /// Not loom's: it is looked at when the threads are gone, and must not multiply the states.
    ends: std::sync::Arc<Ends>,
}

/// What became of the values.
#[derive(Default)]
struct Ends {
    dropped: AtomicUsize,
    settled: AtomicUsize,
}

impl Acknowledge for Ends {
    fn settle(&self, _token: u64, _verdict: Verdict) {
        self.settled.fetch_add(1, Ordering::Relaxed);
    }
}

/// At which position a value was seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Seen {
    position: u64,
    producer: u64,
    number: u64,
}

impl Value {
    /// Every second value has a receipt.
    const fn is_tracked(&self) -> bool {
        self.number.is_multiple_of(2)
    }

    fn into_item(self) -> Item<Self> {
        let receipt =
            if self.is_tracked() { Receipt::new(self.ends.clone(), 0) } else { Receipt::none() };
        Item::with_receipt(self, receipt)
    }

    fn seen_at(&self, position: u64) -> Seen {
        Seen { position, producer: self.producer, number: self.number }
    }
}

impl Drop for Value {
    fn drop(&mut self) {
        self.ends.dropped.fetch_add(1, Ordering::Relaxed);
    }
}

/// What the threads of a model do.
#[derive(Clone, Copy)]
struct Plan {
    capacity: usize,
    producers: u64,
    consumers: usize,
    /// How many values each producer has.
    values: u64,
    /// How many a thread moves at once.
    batch: usize,
    /// How often a thread tries.
    attempts: usize,
}

/// Tries to push all of `values`; returns what was accepted, and where.
fn produce(ring: &Ring<Value>, mut values: VecDeque<Value>, plan: Plan, stir: &Stir) -> Vec<Seen> {
    let mut accepted = Vec::new();
    for _ in 0..plan.attempts {
        let want = plan.batch.min(values.len());
        stir.stir();
        let pushed = ring.push(want, |position| {
            stir.stir();
            let value = values.pop_front().expect("no more than wanted");
            accepted.push(value.seen_at(position));
            value.into_item()
        });
        match pushed {
            Ok(_) if values.is_empty() => break,
            Ok(count) => assert!((1..=want).contains(&count)),
            Err(PushError::Full) => thread::yield_now(),
            Err(PushError::Closed) => break,
        }
    }
    accepted
}

fn consume(ring: &Ring<Value>, batch: usize, attempts: usize, stir: &Stir) -> Vec<Seen> {
    let mut taken = Vec::new();
    for _ in 0..attempts {
        stir.stir();
        let count = ring.pop(batch, |position, item| {
            stir.stir();
            taken.push(item.value().seen_at(position));
            let (value, receipt) = item.into_parts();
            // Its own receipt, not that of the lap before.
            assert_eq!(receipt.is_tracked(), value.is_tracked());
            receipt.ack();
        });
        if count == 0 {
            thread::yield_now();
        }
    }
    taken
}

/// Producers and consumers at once; what is left is taken out at the end.
fn exchange(plan: Plan) {
    let stir = Stir::default();
    let ring = Arc::new(Ring::new(plan.capacity));
    let ends = std::sync::Arc::<Ends>::default();
    let producers: Vec<_> = (0..plan.producers)
        .map(|producer| {
            let (ring, stir) = (Arc::clone(&ring), stir.clone());
            let values = (0..plan.values)
                .map(|number| Value { producer, number, ends: std::sync::Arc::clone(&ends) })
                .collect();
            thread::spawn(move || produce(&ring, values, plan, &stir))
        })
        .collect();
    // The model's own thread is the last of the consumers.
    let consumers: Vec<_> = (1..plan.consumers)
        .map(|_| {
            let (ring, stir) = (Arc::clone(&ring), stir.clone());
            thread::spawn(move || consume(&ring, plan.batch, plan.attempts, &stir))
        })
        .collect();
    let mut taken = vec![consume(&ring, plan.batch, plan.attempts, &stir)];
    taken.extend(consumers.into_iter().map(|thread| thread.join().unwrap()));
    let accepted: Vec<_> = producers.into_iter().map(|thread| thread.join().unwrap()).collect();
    taken.push(consume(&ring, usize::MAX, 2, &stir));
    assert_eq!(ring.len(), 0);

    let tracked = accepted.iter().flatten().filter(|seen| seen.number.is_multiple_of(2)).count();
    check(&ring, accepted, taken);
    drop(ring);
    assert_eq!(ends.dropped.load(Ordering::Relaxed), (plan.producers * plan.values) as usize);
    // Of those that never entered, no receipt was made.
    assert_eq!(ends.settled.load(Ordering::Relaxed), tracked);
}

/// Every taker saw ascending positions, every producer's values lie in its order, and what was
/// taken is what was accepted, position by position, without a gap.
fn check(ring: &Ring<Value>, accepted: Vec<Vec<Seen>>, taken: Vec<Vec<Seen>>) {
    for one in accepted.iter().chain(&taken) {
        assert!(one.is_sorted_by(|a, b| a.position < b.position), "{one:?}");
        for a in one {
            let later = one.iter().filter(|b| b.producer == a.producer && b.position > a.position);
            assert!(later.into_iter().all(|b| b.number > a.number), "{one:?}");
        }
    }
    let mut accepted: Vec<_> = accepted.into_iter().flatten().collect();
    let mut taken: Vec<_> = taken.into_iter().flatten().collect();
    accepted.sort_unstable();
    taken.sort_unstable();
    assert_eq!(accepted, taken);
    assert!(taken.iter().map(|seen| seen.position).eq(0..taken.len() as u64));
    assert_eq!(ring.accepted(), taken.len() as u64);
    assert_eq!(ring.taken(), taken.len() as u64);
}

const PLAN: Plan =
    Plan { capacity: 2, producers: 2, consumers: 1, values: 2, batch: 2, attempts: 2 };

/// 2 preemptions.
#[test]
fn two_producers_one_place() {
    explore(2, || exchange(Plan { capacity: 1, ..PLAN }));
}

/// 3 preemptions.
#[test]
fn two_producers_two_places() {
    explore(3, || exchange(PLAN));
}

/// 3 preemptions. Three is no power of two: the bound is less than the number of slots.
#[test]
fn two_producers_three_places() {
    explore(3, || exchange(Plan { capacity: 3, ..PLAN }));
}

/// 3 preemptions.
#[test]
fn two_consumers_one_place() {
    explore(3, || exchange(Plan { capacity: 1, producers: 1, consumers: 2, values: 3, ..PLAN }));
}

/// 2 preemptions. Four values in two places: the second lap meets the first.
#[test]
fn two_consumers_two_places() {
    explore(2, || {
        exchange(Plan { producers: 1, consumers: 2, values: 4, attempts: 3, ..PLAN });
    });
}

/// 3 preemptions.
#[test]
fn two_consumers_three_places() {
    explore(3, || {
        exchange(Plan { capacity: 3, producers: 1, consumers: 2, values: 4, ..PLAN });
    });
}

/// 2 preemptions.
#[test]
fn two_producers_two_consumers() {
    explore(2, || exchange(Plan { consumers: 2, values: 1, attempts: 1, ..PLAN }));
}

/// 3 preemptions. A place is free for the next value only when its value was handed out: what the
/// taker reads beside the ring, by position, is still what the producer of this value wrote there.
#[test]
fn a_place_is_free_when_its_value_was_handed_out() {
    explore(3, || {
        let stir = Stir::default();
        let ring = Arc::new(Ring::new(2));
        let beside: Arc<[loom::sync::atomic::AtomicU64; 2]> = Arc::default();
        let producer = {
            let (ring, beside, stir) = (Arc::clone(&ring), Arc::clone(&beside), stir.clone());
            thread::spawn(move || {
                for number in 0..3_u64 {
                    stir.stir();
                    let _full = ring.push(1, |position| {
                        beside[position as usize % 2].store(number, Ordering::Relaxed);
                        number.into()
                    });
                }
            })
        };
        for _ in 0..2 {
            stir.stir();
            ring.pop(1, |position, number| {
                stir.stir();
                let beside = beside[position as usize % 2].load(Ordering::Relaxed);
                assert_eq!(beside, *number.value());
            });
        }
        producer.join().unwrap();
    });
}

/// 2 preemptions. What was accepted when `close` returned is all there will ever be, and all of it
/// comes out.
#[test]
fn nothing_enters_after_close() {
    explore(2, || {
        let stir = Stir::default();
        let ring = Arc::new(Ring::new(2));
        let producers: Vec<_> = [0, 10]
            .map(|first| {
                let (ring, stir) = (Arc::clone(&ring), stir.clone());
                thread::spawn(move || {
                    let mut next = first..;
                    stir.stir();
                    let pushed = ring.push(2, |_| {
                        stir.stir();
                        next.next().expect("endless").into()
                    });
                    stir.stir();
                    (pushed.unwrap_or(0), ring.push(1, |_| first.into()).unwrap_or(0))
                })
            })
            .into();
        stir.stir();
        assert!(ring.close());
        let accepted = ring.accepted();
        assert!(!ring.close(), "only the first to close it did");
        let mut taken = 0;
        while !ring.is_drained() {
            stir.stir();
            if ring.pop(2, |_, _| taken += 1) == 0 {
                thread::yield_now();
            }
        }
        assert_eq!(taken, accepted);
        assert_eq!(ring.push(1, |_| 0.into()), Err(PushError::Closed));
        let pushed: usize = producers
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .map(|(first, second)| first + second)
            .sum();
        assert_eq!(pushed as u64, accepted);
        assert_eq!(ring.accepted(), accepted);
    });
}

/// 3 preemptions. A ring that goes away with values in it drops each once.
#[test]
fn the_rest_is_dropped_with_the_ring() {
    explore(3, || {
        let stir = Stir::default();
        let ring = Arc::new(Ring::new(3));
        let ends = std::sync::Arc::<Ends>::default();
        let producer = {
            let (ring, stir) = (Arc::clone(&ring), stir.clone());
            let ends = std::sync::Arc::clone(&ends);
            thread::spawn(move || {
                let values = (0..3)
                    .map(|number| Value { producer: 0, number, ends: std::sync::Arc::clone(&ends) })
                    .collect();
                produce(&ring, values, Plan { attempts: 3, ..PLAN }, &stir).len()
            })
        };
        stir.stir();
        ring.pop(1, |_, item| drop(item));
        drop(ring);
        producer.join().unwrap();
        assert_eq!(ends.dropped.load(Ordering::Relaxed), 3);
    });
}
