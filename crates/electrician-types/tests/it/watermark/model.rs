//! A watermark against the plainest model: a list of items that each know how many verdicts are
//! still to come, and what was wrong.

use std::future::poll_fn;
use std::pin::pin;

use electrician_types::{NackReason, Receipt, Verdict, Watermark};
use fastrand::Rng;

use crate::executor::poll_once;
use crate::seeds::for_each_seed;
use crate::verdicts::{ACK, DROPPED, REASONS};

/// An item, or several merged.
#[derive(Debug, Default)]
struct Node {
    /// Of an item that was tracked.
    offset: Option<u64>,
    /// What it speaks for, when it is merged.
    parents: Vec<usize>,
    /// How many verdicts are to come.
    open: usize,
    /// The reasons of its nacks.
    reasons: Vec<NackReason>,
    /// Whether the watermark went past it.
    passed: bool,
}

#[derive(Debug, Default)]
struct Model {
    nodes: Vec<Node>,
    committed: Option<u64>,
}

impl Model {
    fn add(&mut self, offset: Option<u64>, parents: Vec<usize>) -> usize {
        self.nodes.push(Node { offset, parents, open: 1, ..Node::default() });
        self.nodes.len() - 1
    }

    fn settle(&mut self, node: usize, reasons: &[NackReason]) {
        let it = &mut self.nodes[node];
        it.reasons.extend(reasons);
        it.open -= 1;
        if it.open == 0 {
            let (parents, reasons) = (it.parents.clone(), it.reasons.clone());
            for parent in parents {
                self.settle(parent, &reasons);
            }
        }
    }

    /// The items that the watermark did not pass, oldest first.
    fn in_flight(&self) -> impl Iterator<Item = &Node> {
        self.nodes.iter().filter(|node| node.offset.is_some() && !node.passed)
    }

    fn nacked(&self) -> impl Iterator<Item = &Node> {
        self.in_flight().filter(|node| node.is_nacked())
    }

    /// The place of the nacked item at `offset`.
    fn find_nacked(&self, offset: u64) -> Option<usize> {
        let is_it = |node: &Node| node.offset == Some(offset) && !node.passed && node.is_nacked();
        self.nodes.iter().position(is_it)
    }

    fn advance(&mut self) -> Option<u64> {
        let items = self.nodes.iter_mut().filter(|node| node.offset.is_some() && !node.passed);
        let done = items.take_while(|node| node.open == 0 && node.reasons.is_empty());
        let moved = done.fold(None, |_, node| {
            node.passed = true;
            node.offset
        });
        self.committed = moved.or(self.committed);
        moved
    }

    fn is_ready(&self) -> bool {
        self.in_flight().next().is_none_or(|oldest| oldest.open == 0)
            || self.nacked().next().is_some()
    }
}

impl Node {
    fn is_nacked(&self) -> bool {
        self.open == 0 && !self.reasons.is_empty()
    }
}

/// A watermark and its model, and the receipts that are out, each with its node.
struct Pair {
    real: Watermark,
    model: Model,
    window: usize,
    out: Vec<(Receipt, usize)>,
    next: u64,
}

impl Pair {
    fn new(window: usize, first: u64) -> Self {
        let (real, model) = (Watermark::new(window), Model::default());
        Self { real, model, window, out: Vec::new(), next: first }
    }

    fn step(&mut self, random: &mut Rng) {
        match random.u8(..12) {
            0..=3 => self.track(random),
            4..=6 => self.settle(random),
            7 => self.split(random),
            8 => self.merge(random),
            9 => self.decide(random),
            _ => assert_eq!(self.real.advance(), self.model.advance()),
        }
    }

    fn any(&mut self, random: &mut Rng) -> Option<(Receipt, usize)> {
        let index = random.choice(0..self.out.len())?;
        Some(self.out.swap_remove(index))
    }

    fn track(&mut self, random: &mut Rng) {
        self.next += random.u64(1..4);
        let receipt = self.real.track(self.next);
        let has_room = self.model.in_flight().count() < self.window;
        assert_eq!(receipt.is_some(), has_room, "room for {}", self.next);
        if let Some(receipt) = receipt {
            self.out.push((receipt, self.model.add(Some(self.next), Vec::new())));
        }
    }

    fn settle(&mut self, random: &mut Rng) {
        let Some((receipt, node)) = self.any(random) else { return };
        let reason = REASONS[random.usize(..REASONS.len())];
        let verdict = if random.u8(..4) > 0 { ACK } else { Verdict::Nack(reason) };
        match verdict {
            Verdict::Ack => self.model.settle(node, &[]),
            Verdict::Nack(reason) => self.model.settle(node, &[reason]),
        }
        if verdict == DROPPED { drop(receipt) } else { receipt.settle(verdict) }
    }

    fn split(&mut self, random: &mut Rng) {
        let Some((receipt, node)) = self.any(random) else { return };
        let count = random.usize(..5);
        let lost = if random.u8(..8) == 0 { random.usize(..=count) } else { 0 };
        let mut parts = receipt.split(count);
        self.model.nodes[node].open += count.max(1) - 1;
        self.out.extend(parts.by_ref().take(count - lost).map(|part| (part, node)));
        drop(parts);
        for _ in 0..if count == 0 { 1 } else { lost } {
            self.model.settle(node, &[NackReason::Dropped]);
        }
    }

    fn merge(&mut self, random: &mut Rng) {
        let count = random.usize(..4);
        let (mut receipts, mut parents) = (vec![Receipt::none()], Vec::new());
        for _ in 0..count {
            let Some((receipt, node)) = self.any(random) else { break };
            receipts.push(receipt);
            parents.push(node);
        }
        random.shuffle(&mut receipts);
        let merged = Receipt::merge(receipts);
        assert_eq!(merged.is_tracked(), !parents.is_empty());
        if merged.is_tracked() {
            self.out.push((merged, self.model.add(None, parents)));
        }
    }

    /// Retries or resolves an item, which is nacked more often than not.
    fn decide(&mut self, random: &mut Rng) {
        let nacked = self.model.nacked().filter_map(|node| node.offset).collect::<Vec<_>>();
        let offset = if random.u8(..4) > 0 { random.choice(nacked) } else { None };
        let offset = offset.unwrap_or_else(|| random.u64(..=self.next + 1));
        let node = self.model.find_nacked(offset);
        if random.bool() {
            let again = self.real.retry(offset);
            assert_eq!(again.is_some(), node.is_some(), "retry {offset}");
            if let Some((receipt, node)) = again.zip(node) {
                self.model.nodes[node].open = 1;
                self.model.nodes[node].reasons.clear();
                self.out.push((receipt, node));
            }
        } else {
            assert_eq!(self.real.resolve(offset), node.is_some(), "resolve {offset}");
            if let Some(node) = node {
                self.model.nodes[node].reasons.clear();
            }
        }
    }

    fn check(&mut self) {
        assert_eq!(self.real.committed(), self.model.committed);
        assert_eq!(self.real.in_flight(), self.model.in_flight().count());
        let real: Vec<_> = self.real.nacked().collect();
        assert_eq!(real.len(), self.model.nacked().count(), "{real:?}");
        for (real, model) in real.iter().zip(self.model.nacked()) {
            assert_eq!(Some(real.offset), model.offset);
            assert!(model.reasons.contains(&real.reason), "{real:?}, {model:?}");
        }
        let poll = poll_once(pin!(poll_fn(|cx| self.real.poll_settled(cx))));
        assert_eq!(poll.is_ready(), self.model.is_ready());
    }
}

#[test]
fn any_order_of_verdicts_is_the_model() {
    for_each_seed(300, |random| {
        let mut pair = Pair::new(random.usize(1..20), random.u64(..1000));
        for _ in 0..random.usize(..300) {
            pair.step(random);
            pair.check();
        }
        // The end: everything that is out is acknowledged, and what was nacked is resolved.
        while let Some((receipt, node)) = pair.any(random) {
            receipt.ack();
            pair.model.settle(node, &[]);
            pair.check();
        }
        let nacked: Vec<_> = pair.real.nacked().collect();
        assert!(nacked.iter().all(|nacked| pair.real.resolve(nacked.offset)));
        let last = pair.model.nodes.iter().rev().find_map(|node| node.offset);
        pair.real.advance();
        assert_eq!((pair.real.committed(), pair.real.in_flight()), (last, 0));
    });
}
