//! The conservation oracle: what really happened to every item, and whether the account says so.

mod audit;
mod book;
mod columns;
mod cover;
mod report;
mod terms;
mod verdict;

use std::fmt;
use std::sync::{Arc, Mutex};

use electrician_types::{Item, Ledger, Receipt};
use electrician_wire::{Component, Stopped};

use crate::changes::lock;
use crate::trace::Trace;
use crate::verdicts::Verdicts;
use book::{Book, Sighting};

pub use report::{Finding, Report};
pub use terms::Terms;

/// Records, independently of the engine, what became of every item, and at the end compares that
/// with the ledger and with the verdicts on the receipts.
///
/// Every item has an id that is used once. Tell the oracle what goes in ([`accepted`],
/// [`refused`]), what comes out wherever it does ([`saw`]), what one item became where it became
/// several ([`became`], or just the parts' traces), what the run says ([`stopped`]), and then
/// [`check`]. Clones are the same oracle, so closures can have their own.
///
/// What was accepted and never seen again must be among the items that the ledger calls failed or
/// abandoned: nobody sees those. If there are more of them, they are lost, and the report names
/// them.
///
/// [`accepted`]: Self::accepted
/// [`refused`]: Self::refused
/// [`saw`]: Self::saw
/// [`became`]: Self::became
/// [`stopped`]: Self::stopped
/// [`check`]: Self::check
#[derive(Clone)]
pub struct Oracle {
    book: Arc<Mutex<Book>>,
    verdicts: Verdicts,
}

/// Where an item was seen at last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Fate {
    /// It came out of an output or was written by a sink, and was acknowledged.
    Delivered,
    /// It came out, and its receiver did not acknowledge it.
    Rejected,
    /// A transform did not pass it on.
    Filtered,
    /// A policy that the user named dropped it.
    Dropped,
    /// A guard gave no leave, and it came out of the way that it went instead, and was
    /// acknowledged.
    Diverted,
    /// It came out of the way that it went instead, and its receiver did not acknowledge it.
    DiversionRejected,
    /// Its dead letter was read and acknowledged.
    DeadLettered,
    /// Its dead letter was read and not acknowledged.
    LetterRejected,
    /// It failed, and somebody saw that. Failed items need not be seen.
    Failed,
    /// It was handed back, and not acknowledged.
    Returned,
}

// === impl Oracle ===

impl Oracle {
    /// An oracle whose receipts count the parts of a split item themselves.
    pub fn new() -> Self {
        Self::with_verdicts(Verdicts::counting())
    }

    /// An oracle whose receipts come from `verdicts`, under tokens of the oracle's choice.
    pub fn with_verdicts(verdicts: Verdicts) -> Self {
        Self { book: Arc::default(), verdicts }
    }

    // --- what goes in ---

    /// `value` as item `id`, with a receipt that the oracle watches. Say whether it was accepted.
    pub fn item<T>(&self, id: u64, value: T) -> Item<T> {
        Item::with_receipt(value, self.receipt(id))
    }

    /// A receipt for item `id`.
    pub fn receipt(&self, id: u64) -> Receipt {
        let token = lock(&self.book).new_token(id);
        self.verdicts.receipt(token)
    }

    /// Item `id` was accepted. A source that gives an item twice says so twice.
    pub fn accepted(&self, id: u64) {
        lock(&self.book).entry(id).accepted += 1;
    }

    /// Item `id` was refused, or its submit was cancelled before it was accepted.
    pub fn refused(&self, id: u64) {
        lock(&self.book).entry(id).refused += 1;
    }

    // --- what happens inside ---

    /// An item became `parts` parts, at least two.
    pub fn became(&self, trace: impl Into<Trace>, parts: u32) {
        let trace = trace.into();
        let evidence = trace.part(0, parts);
        lock(&self.book).entry(trace.id()).nodes.push(evidence);
    }

    /// These items had become one, and are themselves again.
    pub fn unbatched<'a>(&self, traces: impl IntoIterator<Item = &'a Trace>) {
        let members: Vec<Trace> = traces.into_iter().cloned().collect();
        let mut book = lock(&self.book);
        book.unbatched += (members.len() as u64).saturating_sub(1);
        book.see_batch(&members);
    }

    /// The item may fail, or be abandoned: see [`Terms::only_expected_failures`].
    pub fn may_fail(&self, trace: impl Into<Trace>) {
        let trace = trace.into();
        lock(&self.book).entry(trace.id()).may_fail.push(trace);
    }

    // --- what comes out ---

    /// The item was seen at last.
    pub fn saw(&self, fate: Fate, trace: impl Into<Trace>) {
        let sighting = Sighting { trace: trace.into(), fate, is_item: true };
        lock(&self.book).see(sighting);
    }

    /// The items were seen at last, as one batch.
    pub fn saw_batch<'a>(&self, fate: Fate, traces: impl IntoIterator<Item = &'a Trace>) {
        let members: Vec<Trace> = traces.into_iter().cloned().collect();
        let mut book = lock(&self.book);
        for (index, trace) in members.iter().cloned().enumerate() {
            let is_item = index == 0;
            book.see(Sighting { trace, fate, is_item });
        }
        book.see_batch(&members);
    }

    /// The item came out here, after all that came out here before: for [`Terms::ordered_by`].
    pub fn saw_in_turn(&self, place: &str, fate: Fate, trace: impl Into<Trace>) {
        let trace = trace.into();
        let mut book = lock(&self.book);
        match book.lanes.get_mut(place) {
            Some(lane) => lane.push(trace.clone()),
            None => drop(book.lanes.insert(place.to_owned(), vec![trace.clone()])),
        }
        book.see(Sighting { trace, fate, is_item: true });
    }

    /// These items were handed back. Their receipts are dropped.
    pub fn returned<T>(
        &self,
        items: impl IntoIterator<Item = Item<T>>,
        trace: impl Fn(&T) -> Trace,
    ) {
        for item in items {
            self.saw(Fate::Returned, trace(item.value()));
        }
    }

    // --- the end ---

    /// The run has ended with this account. Several runs add up.
    pub fn ledger(&self, ledger: &Ledger) {
        *lock(&self.book).ledger.get_or_insert_default() += *ledger;
    }

    /// The run has ended like this: its ledger, its stages, and how much of what it calls returned
    /// there is. The values themselves are still to be told.
    pub fn stopped<C: Component>(&self, stopped: &Stopped<C>) {
        self.ledger(&stopped.ledger);
        let mut book = lock(&self.book);
        book.stuck += stopped.stuck;
        let values = stopped.inputs.len() + stopped.outputs.len() + stopped.between.len();
        if stopped.ledger.returned != values as u64 {
            let returned = stopped.ledger.returned;
            book.complain(
                "returned values",
                format!("the ledger says {returned}, there are {values}"),
            );
        }
        for stage in &stopped.stages {
            let is_empty = stage.queued == 0 && stage.in_hand == 0;
            if stopped.stuck == 0 && !(stage.ledger.is_balanced() && is_empty) {
                book.complain("stage not settled", format!("{stage:?}"));
            }
        }
    }

    /// Compares everything. Call it when all receipts have gone their way: outputs and dead letters
    /// are read or dropped, returned items too.
    pub fn check(&self, terms: &Terms) -> Report {
        audit::audit(&lock(&self.book), &self.verdicts, terms)
    }

    /// Asserts that everything adds up.
    ///
    /// # Panics
    ///
    /// With the report of [`check`](Self::check) if something does not.
    #[track_caller]
    pub fn assert(&self, terms: &Terms) {
        let report = self.check(terms);
        assert!(report.is_clean(), "{report}");
    }

    /// The receipts that the oracle gave out.
    pub const fn verdicts(&self) -> &Verdicts {
        &self.verdicts
    }

    /// How many items were accepted so far.
    pub fn accepted_so_far(&self) -> u64 {
        let book = lock(&self.book);
        book.entries.values().map(|entry| entry.accepted).sum()
    }
}

impl Default for Oracle {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Oracle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let book = lock(&self.book);
        f.debug_struct("Oracle")
            .field("items", &book.entries.len())
            .field("ledger", &book.ledger)
            .finish_non_exhaustive()
    }
}

// === impl Fate ===

impl Fate {
    /// Whether a source is told that the item is done with.
    pub const fn is_acknowledged(self) -> bool {
        matches!(
            self,
            Self::Delivered | Self::Filtered | Self::Dropped | Self::Diverted | Self::DeadLettered
        )
    }
}
