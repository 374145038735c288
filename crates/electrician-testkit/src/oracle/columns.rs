//! The columns of the ledger, and what the oracle saw of each.

use std::collections::BTreeMap;

use electrician_types::Ledger;

use crate::oracle::Fate;
use crate::oracle::book::Book;
use crate::oracle::cover::Cover;
use crate::oracle::report::Finding;
use crate::oracle::terms::{Ending, Terms};

/// The account as it was seen.
pub(super) struct Columns {
    pub(super) seen: Ledger,
    /// Parts that were never seen.
    pub(super) missing: u64,
}

// === impl Columns ===

impl Columns {
    pub(super) fn of(book: &Book, covers: &BTreeMap<u64, Cover>) -> Self {
        let mut seen = Ledger::default();
        for entry in book.entries.values() {
            seen.accepted += entry.accepted;
            for sighting in entry.sightings.iter().filter(|sighting| sighting.is_item) {
                *column(&mut seen, sighting.fate) += 1;
            }
        }
        let missing = |cover: &Cover| cover.missing.iter().map(|(_, times)| times).sum::<u64>();
        seen.split = covers.values().map(|cover| cover.split).sum::<u64>() + book.unbatched;
        seen.merged = book.batches.iter().map(|batch| batch.len() as u64 - 1).sum();
        let missing = covers.values().map(missing).sum();
        Self { seen, missing }
    }

    pub(super) fn compare(
        &self,
        book: &Book,
        covers: &BTreeMap<u64, Cover>,
        terms: &Terms,
        findings: &mut Vec<Finding>,
    ) {
        let Some(ledger) = &book.ledger else {
            if terms.ending != Ending::Dropped {
                findings.push(Finding::new("no ledger", "the run was not stopped".into()));
            }
            return;
        };
        if book.stuck > 0 && terms.ending < Ending::Stuck {
            let detail = format!("{} task(s) did not end", book.stuck);
            findings.push(Finding::new("stuck", detail));
        }
        if terms.ending >= Ending::Stuck {
            return;
        }
        if !ledger.is_balanced() {
            findings.push(Finding::new("unbalanced", format!("the ledger says {ledger}")));
        }
        self.compare_columns(ledger, terms, findings);
        self.compare_rest(ledger, covers, terms, findings);
    }

    fn compare_columns(&self, ledger: &Ledger, terms: &Terms, findings: &mut Vec<Finding>) {
        let seen = &self.seen;
        let letters = ledger.dead_lettered;
        let lost_letters = terms.may_lose_letters && letters >= seen.dead_lettered;
        for (name, says, saw) in [
            ("accepted", ledger.accepted, seen.accepted),
            ("split", ledger.split, seen.split + self.split_unseen(ledger, terms)),
            ("delivered", ledger.delivered, seen.delivered),
            ("filtered", ledger.filtered, seen.filtered),
            ("merged", ledger.merged, seen.merged),
            ("diverted", ledger.diverted, seen.diverted),
            (
                "dead-lettered",
                if lost_letters { seen.dead_lettered } else { letters },
                seen.dead_lettered,
            ),
            ("dropped", ledger.dropped, seen.dropped),
            ("returned", ledger.returned, seen.returned),
            ("retried", ledger.retried, terms.retried.unwrap_or(ledger.retried)),
        ] {
            if says != saw {
                let detail = format!("the ledger counts {says} {name}, the oracle saw {saw}");
                findings.push(Finding::new("wrong column", detail));
            }
        }
        if ledger.abandoned > 0 && terms.ending < Ending::Struck {
            let detail = format!("{} item(s), and no deadline struck", ledger.abandoned);
            findings.push(Finding::new("abandoned", detail));
        }
    }

    /// What was never seen again must be what the ledger calls failed or abandoned.
    fn compare_rest(
        &self,
        ledger: &Ledger,
        covers: &BTreeMap<u64, Cover>,
        terms: &Terms,
        findings: &mut Vec<Finding>,
    ) {
        let owned_up = self.owned_up(ledger, terms);
        let gone = self.missing + self.seen.failed + self.split_unseen(ledger, terms);
        let Ledger { failed, abandoned, .. } = ledger;
        if gone > owned_up {
            let why = format!(
                "were accepted and never seen again, {} more than the ledger's {failed} failed and \
                 {abandoned} abandoned",
                gone - owned_up
            );
            let missing = covers.values().flat_map(|cover| &cover.missing);
            let named = missing.map(|(trace, _)| trace);
            findings.extend(Finding::about("lost", &why, named));
        } else if gone < owned_up {
            let detail = format!(
                "the ledger counts {failed} failed and {abandoned} abandoned, but only {gone} \
                 item(s) were not seen elsewhere"
            );
            findings.push(Finding::new("counted twice", detail));
        }
    }
}

impl Columns {
    /// How many items the ledger says nobody will see again.
    fn owned_up(&self, ledger: &Ledger, terms: &Terms) -> u64 {
        let letters = ledger.dead_lettered.saturating_sub(self.seen.dead_lettered);
        let lost_letters = if terms.may_lose_letters { letters } else { 0 };
        ledger.failed + ledger.abandoned + lost_letters
    }

    /// Where all parts of an item were lost, nobody knows that there were several. As many as
    /// there are too many in both accounts, split and failed, may have been.
    fn split_unseen(&self, ledger: &Ledger, terms: &Terms) -> u64 {
        let gone = self.missing + self.seen.failed;
        let failed_more = self.owned_up(ledger, terms).saturating_sub(gone);
        let split_more = ledger.split.saturating_sub(self.seen.split);
        if self.missing > 0 { split_more.min(failed_more) } else { 0 }
    }
}

const fn column(ledger: &mut Ledger, fate: Fate) -> &mut u64 {
    match fate {
        Fate::Delivered | Fate::Rejected => &mut ledger.delivered,
        Fate::Filtered => &mut ledger.filtered,
        Fate::Dropped => &mut ledger.dropped,
        Fate::Diverted | Fate::DiversionRejected => &mut ledger.diverted,
        Fate::DeadLettered | Fate::LetterRejected => &mut ledger.dead_lettered,
        Fate::Failed => &mut ledger.failed,
        Fate::Returned => &mut ledger.returned,
    }
}
