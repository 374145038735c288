//! The comparison of everything with everything.

use std::collections::BTreeMap;

use crate::oracle::book::{Book, Entry};
use crate::oracle::columns::Columns;
use crate::oracle::cover::Cover;
use crate::oracle::report::{Finding, Report};
use crate::oracle::terms::{Ending, Terms};
use crate::oracle::verdict;
use crate::trace::Trace;
use crate::verdicts::Verdicts;

pub(super) fn audit(book: &Book, verdicts: &Verdicts, terms: &Terms) -> Report {
    let covers: BTreeMap<u64, Cover> =
        book.entries.iter().map(|(id, entry)| (*id, cover(*id, entry))).collect();
    let columns = Columns::of(book, &covers);
    let mut findings = book.complaints.clone();
    findings.extend(strangers(book));
    findings.extend(surplus(&covers));
    findings.extend(unexpected(book, &covers, terms));
    columns.compare(book, &covers, terms, &mut findings);
    verdict::compare(book, verdicts, &covers, &mut findings);
    findings.extend(disorder(book, terms));
    Report::new(findings, book.ledger, columns.seen, columns.missing)
}

fn cover(id: u64, entry: &Entry) -> Cover {
    let seen = entry.sightings.iter().map(|sighting| &sighting.trace);
    // What may have failed has been.
    let known = entry.nodes.iter().chain(&entry.may_fail);
    Cover::of(id, entry.accepted, seen, known)
}

/// Items that came out and never went in.
fn strangers(book: &Book) -> Option<Finding> {
    let strangers =
        book.entries.iter().filter(|(_, entry)| entry.accepted == 0 && !entry.sightings.is_empty());
    let named = strangers.map(|(id, entry)| {
        let how = if entry.refused > 0 { "refused" } else { "unknown" };
        format!("{id} ({how}, then {:?})", entry.sightings[0].fate)
    });
    Finding::about("invented", "came out and had not been accepted", named)
}

/// Items that came out too often.
fn surplus(covers: &BTreeMap<u64, Cover>) -> Option<Finding> {
    let surplus = covers.values().flat_map(|cover| &cover.surplus);
    let named = surplus.map(|(trace, times)| format!("{trace} (+{times})"));
    Finding::about("duplicated", "were seen more often than they went in", named)
}

/// Items that are gone though nothing was to happen to them.
fn unexpected(book: &Book, covers: &BTreeMap<u64, Cover>, terms: &Terms) -> Option<Finding> {
    if !terms.is_strict || terms.ending >= Ending::Stuck {
        return None;
    }
    let missing = covers.values().flat_map(|cover| &cover.missing);
    let unexplained = missing.map(|(trace, _)| trace).filter(|trace| {
        let may_fail = book.entries.get(&trace.id()).map(|entry| &entry.may_fail);
        !may_fail.is_some_and(|all| all.iter().any(|other| other.is_related_to(trace)))
    });
    Finding::about("unexpected", "are gone, and nothing had happened to them", unexplained)
}

/// Items that came out in another order than they went in.
fn disorder(book: &Book, terms: &Terms) -> Vec<Finding> {
    let Some(group) = &terms.group else {
        return Vec::new();
    };
    let mut findings = Vec::new();
    for (place, lane) in &book.lanes {
        let mut last: BTreeMap<u64, &Trace> = BTreeMap::new();
        let mut late = Vec::new();
        for trace in lane {
            let before = last.insert(group(trace), trace);
            if let Some(before) = before.filter(|before| before.id() > trace.id()) {
                late.push(format!("{trace} after {before}"));
            }
        }
        let why = format!("came out of {place} behind a later one");
        findings.extend(Finding::about("out of order", &why, late));
    }
    findings
}
