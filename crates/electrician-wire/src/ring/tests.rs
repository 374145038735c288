use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

use electrician_types::{Acknowledge, Item, NackReason, Receipt, Verdict};

use super::{PushError, Ring};

/// Under Miri, which is some hundred times slower, a little is enough.
const fn scaled(native: u64, miri: u64) -> u64 {
    if cfg!(miri) { miri } else { native }
}

fn push(ring: &Ring<u64>, values: impl IntoIterator<Item = u64>) -> Result<usize, PushError> {
    let mut values: Vec<_> = values.into_iter().collect();
    ring.push(values.len(), |_| values.remove(0).into())
}

fn pop(ring: &Ring<u64>, want: usize) -> Vec<u64> {
    let mut values = Vec::new();
    let count = ring.pop(want, |_, item| values.push(item.accept()));
    assert_eq!(count, values.len());
    values
}

fn push_from<T>(ring: &Ring<T>, values: &mut Vec<T>) -> Result<usize, PushError> {
    ring.push_from(values, &mut Vec::new())
}

fn pop_into<T>(ring: &Ring<T>, want: usize, values: &mut Vec<T>) -> Option<(u64, u64)> {
    ring.pop_into(want, values, |index, _| panic!("the value at {index} has no receipt"))
}

/// Counts how many of it were dropped.
struct Counted(Arc<AtomicUsize>);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

// --- one thread ---

#[test]
fn holds_exactly_its_capacity() {
    for capacity in 1..=9 {
        let ring = Ring::new(capacity);
        assert_eq!(ring.capacity(), capacity);
        for lap in 0..3 {
            assert_eq!(push(&ring, 0..20), Ok(capacity), "capacity {capacity}, lap {lap}");
            assert_eq!(push(&ring, [20]), Err(PushError::Full));
            assert_eq!(ring.len(), capacity);
            assert!(!ring.has_room());
            assert_eq!(pop(&ring, 20), (0..capacity as u64).collect::<Vec<_>>());
            assert!(pop(&ring, 1).is_empty());
            assert!(ring.is_empty() && ring.has_room());
        }
    }
}

#[test]
fn a_capacity_of_none_is_one() {
    let ring = Ring::new(0);
    assert_eq!(ring.capacity(), 1);
    assert_eq!(push(&ring, [7, 8]), Ok(1));
    assert_eq!(pop(&ring, 2), [7]);
}

#[test]
fn keeps_the_order_over_many_laps() {
    for capacity in [1, 2, 3, 4, 5, 7, 8] {
        let ring = Ring::new(capacity);
        let (mut pushed, mut popped) = (0, 0);
        let mut random = fastrand::Rng::with_seed(capacity as u64);
        while popped < scaled(10_000, 200) {
            let want = random.u64(1..=10);
            if let Ok(count) = push(&ring, pushed..pushed + want) {
                pushed += count as u64;
            }
            for value in pop(&ring, random.usize(1..=10)) {
                assert_eq!(value, popped);
                popped += 1;
            }
            assert_eq!(ring.accepted(), pushed);
            assert_eq!(ring.taken(), popped);
            assert_eq!(ring.len() as u64, pushed - popped);
            assert_eq!(ring.is_empty(), pushed == popped);
            assert_eq!(ring.len_up_to(2), ring.len().min(2));
        }
    }
}

#[test]
fn positions_number_the_values() {
    let ring = Ring::new(3);
    for lap in 0..5 {
        let mut pushed = Vec::new();
        let count = ring.push(3, |position| {
            pushed.push(position);
            (position * 10).into()
        });
        assert_eq!(count, Ok(3));
        assert_eq!(pushed, [lap * 3, lap * 3 + 1, lap * 3 + 2]);
        ring.pop(3, |position, item| assert_eq!(*item.value(), position * 10));
    }
}

#[test]
fn a_batch_takes_what_there_is() {
    let ring = Ring::new(4);
    assert_eq!(push(&ring, 0..3), Ok(3));
    assert_eq!(pop(&ring, 2), [0, 1]);
    assert_eq!(push(&ring, 3..9), Ok(3));
    assert_eq!(pop(&ring, 9), [2, 3, 4, 5]);
    assert_eq!(pop(&ring, 9), [0; 0]);
    assert_eq!(push(&ring, []), Err(PushError::Full));
    assert_eq!(pop(&ring, 0), [0; 0]);
}

#[test]
fn blocks_move_like_single_values() {
    for capacity in [1, 2, 3, 5, 8] {
        let ring = Ring::new(capacity);
        let mut random = fastrand::Rng::with_seed(capacity as u64);
        let (mut next, mut expected) = (0, 0);
        let mut rest: Vec<Box<u64>> = Vec::new();
        let mut taken: Vec<Box<u64>> = Vec::new();
        while expected < scaled(10_000, 200) {
            while rest.len() < random.usize(1..=10) {
                rest.push(Box::new(next));
                next += 1;
            }
            let before = rest.len();
            match push_from(&ring, &mut rest) {
                Ok(count) => assert_eq!(rest.len(), before - count),
                Err(error) => {
                    assert_eq!(error, PushError::Full);
                    assert_eq!(ring.len(), capacity);
                }
            }
            let head = ring.taken();
            let want = random.usize(1..=10);
            if let Some((start, count)) = pop_into(&ring, want, &mut taken) {
                assert_eq!(start, head);
                assert_eq!(count, taken.len() as u64);
                assert!(taken.len() <= want);
            }
            for value in taken.drain(..) {
                assert_eq!(*value, expected);
                expected += 1;
            }
        }
        assert_eq!(pop_into(&ring, 0, &mut taken), None);
        assert_eq!(push_from(&ring, &mut Vec::new()), Err(PushError::Full));
    }
}

#[test]
fn blocks_are_appended_to_what_is_there() {
    let ring = Ring::new(4);
    let mut from = vec![1, 2, 3, 4, 5];
    let mut into = vec![0];
    assert_eq!(push_from(&ring, &mut from), Ok(4));
    assert_eq!(from, [5]);
    assert_eq!(pop_into(&ring, 3, &mut into), Some((0, 3)));
    assert_eq!(push_from(&ring, &mut from), Ok(1));
    assert_eq!(pop_into(&ring, 9, &mut into), Some((3, 2)));
    assert_eq!(pop_into(&ring, 9, &mut into), None);
    assert_eq!(into, [0, 1, 2, 3, 4, 5]);
}

#[test]
fn values_of_no_size_are_counted() {
    let ring = Ring::new(3);
    assert_eq!(push_from(&ring, &mut vec![(); 5]), Ok(3));
    let mut into = Vec::new();
    assert_eq!(pop_into(&ring, 2, &mut into), Some((0, 2)));
    assert_eq!(ring.pop(9, |_, _| ()), 1);
}

#[test]
fn a_closed_ring_gives_what_it_has() {
    let ring = Ring::new(2);
    assert_eq!(push(&ring, [1]), Ok(1));
    assert!(!ring.is_closed());
    assert!(ring.close());
    assert!(!ring.close(), "it was closed already");
    assert!(ring.is_closed() && ring.has_room() && !ring.is_drained());
    assert_eq!(push(&ring, [2]), Err(PushError::Closed));
    assert_eq!((ring.len(), ring.accepted(), ring.taken()), (1, 1, 0));
    assert_eq!(pop(&ring, 9), [1]);
    assert!(ring.is_drained());
    assert_eq!((ring.len(), ring.accepted(), ring.taken()), (0, 1, 1));
}

#[test]
fn every_value_is_dropped_once() {
    for (capacity, laps) in [(1, 1), (3, 2), (4, 0), (4, 3), (5, 1)] {
        let dropped = Arc::new(AtomicUsize::new(0));
        let ring = Ring::new(capacity);
        for _ in 0..laps * capacity {
            ring.push(1, |_| Counted(Arc::clone(&dropped)).into()).unwrap();
            ring.pop(1, |_, item| drop(item));
        }
        assert_eq!(dropped.load(Ordering::Relaxed), laps * capacity);
        let mut half: Vec<_> =
            (0..capacity.div_ceil(2)).map(|_| Counted(Arc::clone(&dropped))).collect();
        push_from(&ring, &mut half).unwrap();
        drop(ring);
        assert_eq!(dropped.load(Ordering::Relaxed), laps * capacity + capacity.div_ceil(2));
    }
}

// --- receipts ---

/// Keeps what became of each token.
#[derive(Default)]
struct Verdicts(Mutex<Vec<(u64, Verdict)>>);

impl Acknowledge for Verdicts {
    fn settle(&self, token: u64, verdict: Verdict) {
        self.0.lock().unwrap().push((token, verdict));
    }
}

impl Verdicts {
    fn take(&self) -> Vec<(u64, Verdict)> {
        let mut verdicts = std::mem::take(&mut *self.0.lock().unwrap());
        verdicts.sort_unstable_by_key(|(token, _)| *token);
        verdicts
    }
}

/// The value `n`, with a receipt when `n` is a multiple of three.
fn receipt(verdicts: &Arc<Verdicts>, n: u64) -> Receipt {
    if n.is_multiple_of(3) { Receipt::new(verdicts.clone(), n) } else { Receipt::none() }
}

/// Every way in, every way out: each receipt stays with its value, whatever lies around it.
#[test]
fn receipts_stay_with_their_values() {
    for capacity in [1, 2, 3, 5, 8, 16] {
        let verdicts = Arc::new(Verdicts::default());
        let ring = Ring::new(capacity);
        let mut random = fastrand::Rng::with_seed(capacity as u64);
        let (mut next, mut expected) = (0, 0);
        let (mut rest, mut receipts) = (Vec::new(), Vec::new());
        while expected < scaled(10_000, 300) {
            if rest.is_empty() && random.bool() {
                let _full = ring.push(random.usize(1..=4), |_| {
                    next += 1;
                    Item::with_receipt(next - 1, receipt(&verdicts, next - 1))
                });
            } else {
                while rest.len() < random.usize(1..=10) {
                    if next.is_multiple_of(3) {
                        receipts.resize_with(rest.len(), Receipt::none);
                        receipts.push(receipt(&verdicts, next));
                    }
                    rest.push(next);
                    next += 1;
                }
                let _full = ring.push_from(&mut rest, &mut receipts);
                assert!(receipts.len() <= rest.len());
            }
            let mut check = |value: u64, receipt: Receipt| {
                assert_eq!(value, expected);
                assert_eq!(receipt.is_tracked(), value.is_multiple_of(3));
                receipt.ack();
                let verdict = value.is_multiple_of(3).then_some((value, Verdict::Ack));
                assert_eq!(verdicts.take(), verdict.into_iter().collect::<Vec<_>>());
                expected += 1;
            };
            if random.bool() {
                ring.pop(random.usize(1..=9), |_, item| {
                    let (value, receipt) = item.into_parts();
                    check(value, receipt);
                });
            } else {
                let (mut taken, mut kept) = (Vec::new(), VecDeque::new());
                ring.pop_into(random.usize(1..=9), &mut taken, |index, receipt| {
                    kept.push_back((index, receipt));
                });
                for (index, value) in taken.into_iter().enumerate() {
                    let own = kept.pop_front_if(|(of, _)| *of == index);
                    check(value, own.map_or_else(Receipt::none, |(_, receipt)| receipt));
                }
                assert!(kept.is_empty());
            }
            assert_eq!(ring.is_empty(), matches!(ring.len(), 0));
        }
    }
}

/// A place that held a receipt and then a value without one gives no receipt.
#[test]
fn a_place_forgets_its_former_receipt() {
    let verdicts = Arc::new(Verdicts::default());
    let ring = Ring::new(1);
    ring.push(1, |_| Item::with_receipt(0, Receipt::new(verdicts.clone(), 0))).unwrap();
    ring.pop(1, |_, item| assert!(item.receipt().is_tracked()));
    assert_eq!(verdicts.take(), [(0, Verdict::Nack(NackReason::Dropped))]);
    assert_eq!(push(&ring, [1]), Ok(1));
    ring.pop(1, |_, item| assert!(!item.receipt().is_tracked()));
    assert_eq!(verdicts.take(), []);
}

#[test]
fn receipts_left_in_a_ring_are_nacked_once() {
    let verdicts = Arc::new(Verdicts::default());
    let ring = Ring::new(4);
    for n in 0..4 {
        ring.push(1, |_| Item::with_receipt(n, receipt(&verdicts, n))).unwrap();
    }
    drop(ring);
    let nack = Verdict::Nack(NackReason::Dropped);
    assert_eq!(verdicts.take(), [(0, nack), (3, nack)]);
}

// --- many threads ---

/// What a consumer saw.
#[derive(Default)]
struct Account {
    count: u64,
    /// Of a mixture of producer and number, so that a value cannot stand in for another.
    checksum: u64,
}

const PRODUCERS: u64 = 5;
const CONSUMERS: usize = 4;

/// Producer and number in one word, and that spread over all bits.
fn mixed(producer: u64, number: u64) -> u64 {
    (producer << 48 | number).wrapping_mul(0x9E37_79B9_7F4A_7C15)
}

/// Producers and consumers at once, by single values and by blocks. Each consumer checks that it
/// sees the values of every producer in their order, and positions ascend.
fn stress(capacity: usize, per_producer: u64) {
    let ring = Ring::<(u64, u64)>::new(capacity);
    let total = PRODUCERS * per_producer;
    let ring = &ring;
    let accounts: Vec<Account> = thread::scope(|scope| {
        let producers: Vec<_> = (0..PRODUCERS)
            .map(|producer| scope.spawn(move || produce(ring, producer, per_producer)))
            .collect();
        let consumers: Vec<_> =
            (0..CONSUMERS).map(|index| scope.spawn(move || consume(ring, index))).collect();
        for producer in producers {
            producer.join().unwrap();
        }
        ring.close();
        consumers.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(accounts.iter().map(|account| account.count).sum::<u64>(), total);
    let expected = (0..PRODUCERS)
        .flat_map(|producer| (0..per_producer).map(move |number| mixed(producer, number)))
        .fold(0, u64::wrapping_add);
    let seen = accounts.iter().map(|account| account.checksum).fold(0, u64::wrapping_add);
    assert_eq!(seen, expected);
    assert_eq!((ring.accepted(), ring.taken(), ring.len()), (total, total, 0));
}

fn produce(ring: &Ring<(u64, u64)>, producer: u64, count: u64) {
    let mut random = fastrand::Rng::with_seed(producer);
    let mut next = 0;
    let mut block = Vec::new();
    while next < count || !block.is_empty() {
        let want = random.u64(1..=64).min(count - next);
        let pushed = if producer.is_multiple_of(2) {
            ring.push(usize::try_from(want).unwrap(), |_| {
                next += 1;
                (producer, next - 1).into()
            })
        } else {
            if block.is_empty() {
                block.extend((next..next + want).map(|number| (producer, number)));
                next += want;
            }
            push_from(ring, &mut block)
        };
        match pushed {
            Ok(_) => {}
            Err(PushError::Full) => thread::yield_now(),
            Err(PushError::Closed) => panic!("closed before everything was accepted"),
        }
    }
}

#[expect(clippy::cast_possible_truncation, reason = "a handful")]
fn consume(ring: &Ring<(u64, u64)>, index: usize) -> Account {
    let mut random = fastrand::Rng::with_seed(index as u64);
    let mut account = Account::default();
    let mut next = [0; PRODUCERS as usize];
    let mut last = None;
    let mut block = Vec::new();
    loop {
        let want = random.usize(1..=64);
        if index.is_multiple_of(2) {
            ring.pop(want, |position, item| {
                assert!(last < Some(position), "{position} after {last:?}");
                last = Some(position);
                block.push(item.accept());
            });
        } else if let Some((start, count)) = pop_into(ring, want, &mut block) {
            assert!(last < Some(start), "{start} after {last:?}");
            last = Some(start + count - 1);
        }
        if block.is_empty() {
            if ring.is_drained() {
                return account;
            }
            thread::yield_now();
        }
        for (producer, number) in block.drain(..) {
            let next = &mut next[usize::try_from(producer).unwrap()];
            assert!(number >= *next, "{number} of {producer} after {next}");
            *next = number + 1;
            account.count += 1;
            account.checksum = account.checksum.wrapping_add(mixed(producer, number));
        }
    }
}

#[test]
fn loses_nothing_between_many_threads() {
    stress(1024, scaled(50_000, 200));
}

#[test]
fn loses_nothing_in_a_tight_ring() {
    stress(3, scaled(2_000, 30));
}

#[test]
fn loses_nothing_in_the_tightest_ring() {
    stress(1, scaled(1_000, 20));
}

#[test]
fn what_threads_leave_behind_is_dropped_once() {
    let dropped = Arc::new(AtomicUsize::new(0));
    let made = AtomicUsize::new(0);
    let ring = Ring::new(7);
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                for _ in 0..scaled(2_000, 20) {
                    let _full = ring.push(3, |_| {
                        made.fetch_add(1, Ordering::Relaxed);
                        Counted(Arc::clone(&dropped)).into()
                    });
                }
            });
            scope.spawn(|| {
                for _ in 0..scaled(1_000, 10) {
                    ring.pop(2, |_, item| drop(item));
                }
            });
        }
    });
    let left = ring.len();
    assert_eq!(dropped.load(Ordering::Relaxed), made.load(Ordering::Relaxed) - left);
    drop(ring);
    assert_eq!(dropped.load(Ordering::Relaxed), made.load(Ordering::Relaxed));
}
