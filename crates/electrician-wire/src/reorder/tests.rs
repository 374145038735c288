use std::future::Future;
use std::hint::spin_loop;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};
use std::thread;

use electrician_types::{Batch, Item};

use super::{Reorder, Turn};
use crate::queue::Ticket;

fn ticket(start: u64, count: u64) -> Ticket {
    Ticket { start, count }
}

/// One output per position.
fn outputs(ticket: Ticket) -> Batch<u64> {
    let items = (ticket.start..ticket.start + ticket.count).map(Item::new);
    Batch::from(items.collect::<Vec<_>>())
}

fn values(items: impl IntoIterator<Item = Item<u64>>) -> Vec<u64> {
    items.into_iter().map(Item::accept).collect()
}

fn poll<R>(future: std::pin::Pin<&mut impl Future<Output = R>>) -> Poll<R> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

/// Hands over what needs no waiting.
fn hand_over(reorder: &Reorder<u64>, ticket: Ticket, outputs: &mut Batch<u64>) -> Option<Turn> {
    match poll(pin!(reorder.hand_over(ticket, outputs, || false))) {
        Poll::Ready(turn) => turn,
        Poll::Pending => panic!("it waits with {ticket:?}"),
    }
}

// --- one thread ---

#[test]
fn the_next_ticket_emits_at_once() {
    let reorder = Reorder::new(2, 4);
    let mut batch = outputs(ticket(0, 3));
    assert_eq!(hand_over(&reorder, ticket(0, 3), &mut batch), Some(Turn::Emit));
    assert_eq!(values(std::mem::take(&mut batch)), [0, 1, 2]);
    assert_eq!(reorder.after(ticket(0, 3), &mut batch), None);
    let mut batch = outputs(ticket(3, 1));
    assert_eq!(hand_over(&reorder, ticket(3, 1), &mut batch), Some(Turn::Emit));
}

#[test]
fn later_tickets_wait_for_the_first() {
    let reorder = Reorder::new(3, 2);
    for later in [ticket(4, 1), ticket(2, 2)] {
        let mut batch = outputs(later);
        assert_eq!(hand_over(&reorder, later, &mut batch), Some(Turn::Left));
        assert!(batch.is_empty(), "an empty batch in exchange");
    }
    let mut batch = outputs(ticket(0, 2));
    assert_eq!(hand_over(&reorder, ticket(0, 2), &mut batch), Some(Turn::Emit));
    let mut emitted = values(std::mem::take(&mut batch));
    let mut turn = ticket(0, 2);
    while let Some(next) = reorder.after(turn, &mut batch) {
        emitted.extend(values(std::mem::take(&mut batch)));
        turn = next;
    }
    assert_eq!(emitted, [0, 1, 2, 3, 4]);
    assert!(reorder.take_rest().is_empty());
}

#[test]
fn a_batch_without_outputs_has_its_turn() {
    let reorder = Reorder::new(2, 8);
    let mut empty = Batch::new();
    assert_eq!(hand_over(&reorder, ticket(5, 2), &mut outputs(ticket(5, 2))), Some(Turn::Left));
    assert_eq!(hand_over(&reorder, ticket(0, 5), &mut empty), Some(Turn::Emit));
    assert_eq!(reorder.after(ticket(0, 5), &mut empty), Some(ticket(5, 2)));
    assert_eq!(values(empty), [5, 6]);
}

#[test]
fn a_ticket_is_handed_over_in_parts() {
    let reorder = Reorder::new(2, 8);
    let mut rest = ticket(0, 8);
    let parts = [6, 1, 0].map(|left| rest.split_off_all_but(left));
    assert_eq!(parts, [ticket(0, 2), ticket(2, 5), ticket(7, 1)]);
    assert_eq!(rest, ticket(8, 0));
    let [first, second, third] = parts;
    let later = ticket(8, 2);
    assert_eq!(hand_over(&reorder, later, &mut outputs(later)), Some(Turn::Left));
    let mut emitted = Vec::new();
    let mut batch = outputs(first);
    assert_eq!(hand_over(&reorder, first, &mut batch), Some(Turn::Emit));
    // What its worker has not handed over holds the later ones up.
    assert_eq!(reorder.after(first, &mut Batch::new()), None);
    emitted.append(&mut values(batch));
    let mut batch = outputs(second);
    assert_eq!(hand_over(&reorder, second, &mut batch), Some(Turn::Emit));
    assert_eq!(reorder.after(second, &mut Batch::new()), None);
    emitted.append(&mut values(batch));
    let mut batch = outputs(third);
    assert_eq!(hand_over(&reorder, third, &mut batch), Some(Turn::Emit));
    emitted.append(&mut values(std::mem::take(&mut batch)));
    assert_eq!(reorder.after(third, &mut batch), Some(later));
    emitted.append(&mut values(batch));
    assert!(emitted.into_iter().eq(0..10));
}

#[test]
fn when_every_place_is_taken_only_the_next_passes() {
    let workers = 2;
    let reorder = Reorder::new(workers, 1);
    let places = 4 * workers as u64;
    for position in 1..=places {
        let mut batch = outputs(ticket(position, 1));
        assert_eq!(hand_over(&reorder, ticket(position, 1), &mut batch), Some(Turn::Left));
    }
    let mut held = outputs(ticket(places + 1, 1));
    {
        let mut waiting = pin!(reorder.hand_over(ticket(places + 1, 1), &mut held, || false));
        assert!(poll(waiting.as_mut()).is_pending());
    }
    assert_eq!(held.len(), 1, "a cancelled hand-over keeps its outputs");
    let mut waiting = Box::pin(reorder.hand_over(ticket(places + 1, 1), &mut held, || false));
    assert!(poll(waiting.as_mut()).is_pending());

    let mut batch = outputs(ticket(0, 1));
    assert_eq!(hand_over(&reorder, ticket(0, 1), &mut batch), Some(Turn::Emit));
    drop(batch.take());
    assert_eq!(reorder.after(ticket(0, 1), &mut batch), Some(ticket(1, 1)));
    assert_eq!(poll(waiting.as_mut()), Poll::Ready(Some(Turn::Left)), "a place is free now");
}

#[test]
fn who_gives_up_keeps_its_outputs_and_the_rest_is_in_order() {
    let reorder = Reorder::new(1, 1);
    for position in [4, 2, 1, 3] {
        let mut batch = outputs(ticket(position, 1));
        assert_eq!(hand_over(&reorder, ticket(position, 1), &mut batch), Some(Turn::Left));
    }
    let mut held = outputs(ticket(5, 1));
    let gave_up = AtomicBool::new(false);
    {
        let stop = || gave_up.load(Ordering::Relaxed);
        let mut waiting = pin!(reorder.hand_over(ticket(5, 1), &mut held, stop));
        assert!(poll(waiting.as_mut()).is_pending());
        gave_up.store(true, Ordering::Relaxed);
        reorder.wake_all();
        assert_eq!(poll(waiting.as_mut()), Poll::Ready(None));
    }
    assert_eq!(held.len(), 1);
    reorder.leave(ticket(5, 1), &mut held);
    assert!(held.is_empty());
    assert_eq!(values(reorder.take_rest()), [1, 2, 3, 4, 5]);
    assert!(reorder.take_rest().is_empty());
}

// --- many threads ---

/// Wakes a thread.
struct Unpark(thread::Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

fn block_on<R>(future: impl Future<Output = R>) -> R {
    let mut future = pin!(future);
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    loop {
        match future.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(result) => return result,
            Poll::Pending => thread::park(),
        }
    }
}

const WORKERS: usize = 4;
const MAX_BATCH: usize = 8;
const TOTAL: u64 = if cfg!(miri) { 300 } else { 60_000 };

/// Workers that take runs of positions, at the speed of chance.
struct Crew {
    reorder: Reorder<u64>,
    taken: Mutex<u64>,
    emitted: Mutex<Vec<u64>>,
    /// No hand-over waits any longer, and nothing more is taken.
    is_aborted: AtomicBool,
    /// The position at which one of them aborts.
    abort_at: u64,
}

impl Crew {
    fn run(seed: u64, abort_at: u64) -> Self {
        let crew = Self {
            reorder: Reorder::new(WORKERS, MAX_BATCH),
            taken: Mutex::new(0),
            emitted: Mutex::default(),
            is_aborted: AtomicBool::new(false),
            abort_at,
        };
        thread::scope(|scope| {
            for worker in 0..WORKERS as u64 {
                let crew = &crew;
                scope.spawn(move || {
                    let mut random = fastrand::Rng::with_seed(seed * 31 + worker);
                    while crew.work(&mut random) {}
                });
            }
        });
        crew
    }

    fn is_aborted(&self) -> bool {
        self.is_aborted.load(Ordering::Acquire)
    }

    fn take(&self, random: &mut fastrand::Rng) -> Option<Ticket> {
        let mut taken = self.taken.lock().unwrap();
        let count = random.u64(1..=MAX_BATCH as u64).min(TOTAL - *taken);
        if count == 0 || self.is_aborted() {
            return None;
        }
        let ticket = ticket(*taken, count);
        *taken += count;
        Some(ticket)
    }

    fn work(&self, random: &mut fastrand::Rng) -> bool {
        let Some(ticket) = self.take(random) else {
            return false;
        };
        let mut rest = ticket;
        while rest.count > 0 {
            // Whole, or in two parts, or in many.
            let left = if random.bool() { random.u64(0..rest.count) } else { 0 };
            let part = rest.split_off_all_but(left);
            self.hand_over(part, random);
        }
        true
    }

    fn hand_over(&self, ticket: Ticket, random: &mut fastrand::Rng) {
        let mut batch = outputs(ticket);
        // A slow worker now and then, so that the places run out. On a busy machine each of these
        // costs a time slice, so they are few.
        if random.u8(..) == 0 {
            (0..20).for_each(|_| thread::yield_now());
        } else {
            (0..random.u32(0..400)).for_each(|_| spin_loop());
        }
        if (ticket.start..ticket.start + ticket.count).contains(&self.abort_at) {
            self.is_aborted.store(true, Ordering::Release);
            self.reorder.wake_all();
        }
        match block_on(self.reorder.hand_over(ticket, &mut batch, || self.is_aborted())) {
            Some(Turn::Left) => assert!(batch.is_empty()),
            Some(Turn::Emit) => self.emit(ticket, batch),
            None => self.reorder.leave(ticket, &mut batch),
        }
    }

    fn emit(&self, mut ticket: Ticket, mut batch: Batch<u64>) {
        loop {
            assert_eq!(batch.front(), Some(&ticket.start));
            let mut emitted = self.emitted.try_lock().expect("one worker emits at a time");
            emitted.extend(values(std::mem::take(&mut batch)));
            drop(emitted);
            // Who gives up leaves its batch here besides.
            let is_bounded = self.waiting() <= WORKERS * 4 || self.is_aborted();
            assert!(is_bounded, "more wait than there are places");
            match self.reorder.after(ticket, &mut batch) {
                Some(next) => ticket = next,
                None => break,
            }
        }
    }

    fn waiting(&self) -> usize {
        self.reorder.lock().waiting.iter().flatten().count()
    }
}

#[test]
fn many_workers_emit_in_order() {
    for seed in 0..3 {
        let crew = Crew::run(seed, u64::MAX);
        let emitted = crew.emitted.into_inner().unwrap();
        assert!(emitted.into_iter().eq(0..TOTAL), "seed {seed}");
        assert!(crew.reorder.take_rest().is_empty(), "seed {seed}");
    }
}

#[test]
fn an_abort_leaves_nobody_waiting_and_nothing_behind() {
    for seed in 0..if cfg!(miri) { 2 } else { 20 } {
        let abort_at = fastrand::Rng::with_seed(seed).u64(0..TOTAL);
        let crew = Crew::run(seed, abort_at);
        let taken = crew.taken.into_inner().unwrap();
        let mut all = crew.emitted.into_inner().unwrap();
        let emitted = all.len() as u64;
        assert!(all.iter().copied().eq(0..emitted), "seed {seed}");
        let rest = values(crew.reorder.take_rest());
        assert!(rest.is_sorted(), "seed {seed}");
        all.extend(rest);
        assert!(all.into_iter().eq(0..taken), "seed {seed}");
    }
}
