//! Verdicts from several threads at once.

use std::future::poll_fn;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use electrician_types::{NackReason, Receipt, Watermark};
use fastrand::Rng;

use crate::executor::block_on;
use crate::seeds::for_each_seed;
use crate::verdicts::{ACK, FAILED, Verdicts};

const THREADS: usize = 3;
const ITEMS: usize = 2_000;
const WINDOW: usize = 64;

/// Settles what it gets: whole, in parts, or not at all. An item is marked before it is acked.
fn work(receipts: &Receiver<(usize, Receipt)>, done: &[AtomicBool], mut random: Rng) {
    let mut late = Vec::new();
    loop {
        let Ok((offset, receipt)) = receipts.try_recv().or_else(|_| {
            // Nothing comes while the window is full of what is kept here.
            late.drain(..).for_each(|(offset, receipt)| finish(done, offset, receipt));
            receipts.recv()
        }) else {
            return;
        };
        if random.u8(..10) == 0 {
            receipt.nack(NackReason::Failed);
            continue;
        }
        let mut parts = receipt.split(random.usize(1..4));
        let last = parts.next().expect("one at least");
        parts.for_each(Receipt::ack);
        late.push((offset, last));
        // Some time later and in another order.
        if late.len() > random.usize(..WINDOW / THREADS / 2) {
            random.shuffle(&mut late);
            late.drain(..).for_each(|(offset, receipt)| finish(done, offset, receipt));
        }
    }
}

fn finish(done: &[AtomicBool], offset: usize, receipt: Receipt) {
    done[offset].store(true, Ordering::Relaxed);
    receipt.ack();
}

/// Hands out all items, again when they were nacked, and never commits what is not done.
fn source(
    lines: &[SyncSender<(usize, Receipt)>],
    done: &[AtomicBool],
    random: &mut Rng,
) -> Watermark {
    let mut watermark = Watermark::new(WINDOW);
    let mut checked = 0;
    let mut next = 0;
    while next < ITEMS {
        for nacked in watermark.nacked().collect::<Vec<_>>() {
            let again = watermark.retry(nacked.offset).expect("it is listed");
            send(lines, nacked.offset, again, random);
        }
        if let Some(receipt) = watermark.track(next as u64) {
            send(lines, next as u64, receipt, random);
            next += 1;
        } else if watermark.advance().is_none() {
            block_on(poll_fn(|cx| watermark.poll_settled(cx)));
        }
        let passed = watermark.committed().map_or(0, |offset| to_index(offset) + 1);
        assert!(done[checked..passed].iter().all(|done| done.load(Ordering::Relaxed)));
        assert!(watermark.in_flight() <= WINDOW);
        checked = passed;
    }
    watermark
}

fn send(lines: &[SyncSender<(usize, Receipt)>], offset: u64, receipt: Receipt, random: &mut Rng) {
    let line = &lines[random.usize(..lines.len())];
    line.send((to_index(offset), receipt)).expect("its thread takes until there is no more");
}

fn to_index(offset: u64) -> usize {
    usize::try_from(offset).expect("a small offset")
}

#[test]
fn nothing_is_passed_before_it_is_done() {
    for_each_seed(5, |random| {
        let done: Vec<_> = (0..ITEMS).map(|_| AtomicBool::new(false)).collect();
        thread::scope(|scope| {
            let lines = (0..THREADS).map(|_| {
                let (line, receipts) = sync_channel(WINDOW);
                let (done, random) = (&done, random.fork());
                scope.spawn(move || work(&receipts, done, random));
                line
            });
            let lines: Vec<_> = lines.collect();
            let mut watermark = source(&lines, &done, random);
            drop(lines);
            // What is nacked from here on, is done here.
            while !block_on(watermark.drained()) {
                for nacked in watermark.nacked().collect::<Vec<_>>() {
                    let again = watermark.retry(nacked.offset).expect("it is listed");
                    finish(&done, to_index(nacked.offset), again);
                }
            }
            assert_eq!(watermark.committed(), Some(ITEMS as u64 - 1));
            assert!(done.iter().all(|done| done.load(Ordering::Relaxed)));
        });
    });
}

#[test]
fn parts_on_several_threads_are_one_verdict() {
    for_each_seed(20, |random| {
        let verdicts = Verdicts::new();
        let nacked = random.bool();
        let merged = Receipt::merge([verdicts.receipt(1), verdicts.receipt(2)]);
        let spoken = Arc::new(AtomicBool::new(false));
        thread::scope(|scope| {
            let mut parts = merged.split(THREADS + 1);
            let last = parts.next().unwrap();
            for (index, part) in parts.enumerate() {
                scope.spawn(move || {
                    let inner = part.split(8).enumerate();
                    inner.for_each(|(number, part)| match (index, number) {
                        (1, 3) if nacked => part.nack(NackReason::Failed),
                        _ => part.ack(),
                    });
                });
            }
            let (spoken, verdicts) = (Arc::clone(&spoken), &verdicts);
            scope.spawn(move || {
                assert_eq!(verdicts.take(), [], "a part is out");
                spoken.store(true, Ordering::Relaxed);
                last.ack();
            });
        });
        assert!(spoken.load(Ordering::Relaxed));
        let verdict = if nacked { FAILED } else { ACK };
        assert_eq!(verdicts.take(), [(1, verdict), (2, verdict)]);
    });
}
