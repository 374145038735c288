//! The laws of those who take verdicts.

use std::thread;

use electrician_types::{NackReason, Receipt, Verdict};

use crate::suite::{Laws, Suite};
use crate::verdicts::Verdicts;

/// How many receipts a check has out at once.
const MANY: u64 = 64;

/// Gives out receipts and learns what became of the items: a source, or its watermark.
pub trait Issuer: Send {
    /// A receipt for item `number`. Numbers ascend from 0.
    fn receipt(&mut self, number: u64) -> Receipt;

    /// What is known of item `number`: `None` while a part of it is out. Asked only when all items
    /// with a lower number are settled.
    fn outcome(&mut self, number: u64) -> Option<Verdict>;
}

impl Issuer for Verdicts {
    fn receipt(&mut self, number: u64) -> Receipt {
        Self::receipt(self, number)
    }

    fn outcome(&mut self, number: u64) -> Option<Verdict> {
        self.verdict(number)
    }
}

/// Checks the laws of [`Acknowledge`](electrician_types::Acknowledge), through the receipts it is
/// behind: verdicts in any order, from any thread, for parts and for merged items.
///
/// `make` makes it anew, with room for 64 items at once.
pub fn acknowledge<'a, A, F>(make: F) -> Suite<'a>
where
    A: Issuer,
    F: Fn() -> A + Send + Sync + 'a,
{
    Suite::new("Acknowledge", |laws| async move {
        let check = Check { make, laws };
        check.one_verdict();
        check.parts();
        check.merged();
        check.any_order();
        check.any_thread();
    })
}

struct Check<F> {
    make: F,
    laws: Laws,
}

impl<A: Issuer, F: Fn() -> A> Check<F> {
    fn one_verdict(&self) {
        self.laws.now("One verdict");
        let reasons = [NackReason::Failed, NackReason::Rejected, NackReason::Returned];
        for verdict in reasons.map(Verdict::Nack).into_iter().chain([Verdict::Ack]) {
            let mut issuer = (self.make)();
            let receipt = issuer.receipt(0);
            self.outcome(&mut issuer, 0, None, "before its verdict");
            receipt.settle(verdict);
            self.outcome(&mut issuer, 0, Some(verdict), "after its verdict");
        }
        let mut issuer = (self.make)();
        drop(issuer.receipt(0));
        let dropped = Some(Verdict::Nack(NackReason::Dropped));
        self.outcome(&mut issuer, 0, dropped, "when its receipt was dropped");
    }

    fn parts(&self) {
        self.laws.now("Parts");
        for count in [1, 2, 5] {
            for nacked in (0..count).map(Some).chain([None]) {
                self.settle_parts(count, nacked);
            }
        }
        // Parts of parts.
        let mut issuer = (self.make)();
        let mut parts = issuer.receipt(0).split(2);
        let inner = parts.next().into_iter().flat_map(|part| part.split(3));
        inner.for_each(Receipt::ack);
        self.outcome(&mut issuer, 0, None, "while a part is out");
        parts.for_each(Receipt::ack);
        self.outcome(&mut issuer, 0, Some(Verdict::Ack), "when all parts of parts are acked");
    }

    fn settle_parts(&self, count: usize, nacked: Option<usize>) {
        let mut issuer = (self.make)();
        let parts = issuer.receipt(0).split(count);
        for (index, part) in parts.enumerate() {
            self.outcome(&mut issuer, 0, None, "while a part is out");
            if nacked == Some(index) {
                part.nack(NackReason::Failed);
            } else {
                part.ack();
            }
        }
        let expected = match nacked {
            Some(_) => Verdict::Nack(NackReason::Failed),
            None => Verdict::Ack,
        };
        self.outcome(&mut issuer, 0, Some(expected), "when all parts are settled");
    }

    fn merged(&self) {
        self.laws.now("Merged items");
        for verdict in [Verdict::Ack, Verdict::Nack(NackReason::Failed)] {
            let mut issuer = (self.make)();
            let merged = Receipt::merge((0..3).map(|number| issuer.receipt(number)));
            self.outcome(&mut issuer, 0, None, "while the merged item is out");
            merged.settle(verdict);
            for number in 0..3 {
                self.outcome(&mut issuer, number, Some(verdict), "when the merged item is settled");
            }
        }
    }

    fn any_order(&self) {
        self.laws.now("Any order");
        let mut issuer = (self.make)();
        let receipts: Vec<Receipt> = (0..MANY).map(|number| issuer.receipt(number)).collect();
        receipts.into_iter().rev().for_each(Receipt::ack);
        for number in 0..MANY {
            self.outcome(&mut issuer, number, Some(Verdict::Ack), "when all are acked backwards");
        }
    }

    fn any_thread(&self) {
        self.laws.now("Any thread");
        let mut issuer = (self.make)();
        let receipts: Vec<Receipt> = (0..MANY).map(|number| issuer.receipt(number)).collect();
        thread::scope(|scope| {
            for receipt in receipts {
                scope.spawn(move || receipt.split(3).for_each(Receipt::ack));
            }
        });
        for number in 0..MANY {
            self.outcome(&mut issuer, number, Some(Verdict::Ack), "when threads settled all");
        }
    }

    fn outcome(&self, issuer: &mut A, number: u64, expected: Option<Verdict>, when: &str) {
        let outcome = issuer.outcome(number);
        self.laws.check(outcome == expected, || {
            format!("item {number} {when} should be {expected:?}, but is {outcome:?}")
        });
    }
}
