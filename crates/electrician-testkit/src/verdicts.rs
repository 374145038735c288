//! A source's end of receipts that remembers every verdict.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use electrician_types::{Acknowledge, Item, Receipt, Verdict};

use crate::changes::{Changes, lock};

/// Hands out receipts and remembers what became of them. Clones are the same record.
///
/// It asks nothing of the law it watches over: a token that is settled too often is recorded, not
/// refused. See [`breaches`](Self::breaches).
#[derive(Clone, Debug)]
pub struct Verdicts {
    book: Arc<Book>,
}

#[derive(Debug)]
struct Book {
    counts_parts: bool,
    entries: Mutex<BTreeMap<u64, Entry>>,
    settled: Changes,
}

#[derive(Debug, Default)]
struct Entry {
    /// How many verdicts the token is owed.
    owed: u64,
    verdicts: Vec<Verdict>,
}

// === impl Verdicts ===

impl Verdicts {
    /// A record that counts the parts of a split item itself, as
    /// [`Watermark`](electrician_types::Watermark) does.
    pub fn counting() -> Self {
        Self::with_parts(true)
    }

    /// A record that refuses to count parts, so that the receipt has to.
    pub fn plain() -> Self {
        Self::with_parts(false)
    }

    fn with_parts(counts_parts: bool) -> Self {
        let book = Book { counts_parts, entries: Mutex::default(), settled: Changes::default() };
        Self { book: Arc::new(book) }
    }

    /// A receipt for `token`. Each receipt for the same token is owed a verdict.
    pub fn receipt(&self, token: u64) -> Receipt {
        lock(&self.book.entries).entry(token).or_default().owed += 1;
        Receipt::new(Arc::clone(&self.book) as _, token)
    }

    /// An item whose verdict is recorded under `token`.
    pub fn item<T>(&self, token: u64, value: T) -> Item<T> {
        Item::with_receipt(value, self.receipt(token))
    }

    /// The verdict on `token`: `None` while a part of it is out, the first nack if there was one.
    pub fn verdict(&self, token: u64) -> Option<Verdict> {
        let entries = lock(&self.book.entries);
        let entry = entries.get(&token).filter(|entry| entry.is_settled())?;
        let nack = entry.verdicts.iter().find(|verdict| **verdict != Verdict::Ack);
        Some(nack.copied().unwrap_or(Verdict::Ack))
    }

    /// Whether `token` was acknowledged, all of its parts.
    pub fn is_acked(&self, token: u64) -> bool {
        self.verdict(token) == Some(Verdict::Ack)
    }

    /// Whether `token` was negatively acknowledged.
    pub fn is_nacked(&self, token: u64) -> bool {
        matches!(self.verdict(token), Some(Verdict::Nack(_)))
    }

    /// The tokens without a whole verdict, in order.
    pub fn open(&self) -> Vec<u64> {
        let entries = lock(&self.book.entries);
        let open = entries.iter().filter(|(_, entry)| !entry.is_settled());
        open.map(|(token, _)| *token).collect()
    }

    /// How many tokens have their whole verdict.
    pub fn settled(&self) -> usize {
        let entries = lock(&self.book.entries);
        entries.values().filter(|entry| entry.is_settled()).count()
    }

    /// Waits, without a sleep, until `count` tokens have their whole verdict. Cancel-safe.
    pub async fn wait_for_settled(&self, count: usize) {
        let enough = || (self.settled() >= count).then_some(());
        self.book.settled.until(enough).await;
    }

    /// Tokens that were settled more often than they should have been, in words.
    pub fn breaches(&self) -> Vec<String> {
        let entries = lock(&self.book.entries);
        let often = entries.iter().filter(|(_, entry)| entry.verdicts.len() as u64 > entry.owed);
        often
            .map(|(token, Entry { owed, verdicts })| {
                format!("token {token} is owed {owed} verdict(s) but got {verdicts:?}")
            })
            .collect()
    }
}

// === impl Book ===

impl Acknowledge for Book {
    fn settle(&self, token: u64, verdict: Verdict) {
        let mut entries = lock(&self.entries);
        entries.entry(token).or_default().verdicts.push(verdict);
        drop(entries);
        self.settled.announce();
    }

    fn split(&self, token: u64, extra: u32) -> bool {
        if self.counts_parts {
            lock(&self.entries).entry(token).or_default().owed += u64::from(extra);
        }
        self.counts_parts
    }
}

// === impl Entry ===

impl Entry {
    const fn is_settled(&self) -> bool {
        self.verdicts.len() as u64 >= self.owed
    }
}
