//! Whether sources were told the truth.

use std::collections::BTreeMap;

use electrician_types::Verdict;

use crate::oracle::book::{Book, Entry};
use crate::oracle::cover::Cover;
use crate::oracle::report::Finding;
use crate::verdicts::Verdicts;

pub(super) fn compare(
    book: &Book,
    verdicts: &Verdicts,
    covers: &BTreeMap<u64, Cover>,
    findings: &mut Vec<Finding>,
) {
    let id = |token: u64| {
        let index = usize::try_from(token).unwrap_or(usize::MAX);
        book.tokens.get(index).copied().unwrap_or(token)
    };
    let open = verdicts.open().into_iter().map(id);
    findings.extend(Finding::about("no verdict", "never got a verdict", open));
    findings.extend(Finding::about("many verdicts", "got too many", verdicts.breaches()));

    let mates = Mates::of(book, covers);
    let (mut acked, mut nacked) = (Vec::new(), Vec::new());
    for (id, entry) in &book.entries {
        let all: Option<Vec<Verdict>> =
            entry.tokens.iter().map(|token| verdicts.verdict(*token)).collect();
        // Untracked, or reported already.
        let Some(all) = all.filter(|all| !all.is_empty()) else {
            continue;
        };
        let acks = all.iter().filter(|verdict| **verdict == Verdict::Ack).count() as u64;
        if is_whole(entry, covers.get(id)) {
            if acks < entry.accepted && !mates.had_trouble(*id) {
                nacked.push(format!("{id} ({all:?})"));
            }
        } else if acks > 0 && acks >= entry.accepted {
            acked.push(format!("{id} ({})", trouble(entry, covers.get(id))));
        }
    }
    findings.extend(Finding::about("wrongly acked", "were acknowledged and are not done", acked));
    findings.extend(Finding::about("wrongly nacked", "are done and were not acknowledged", nacked));
}

/// Whether every part of the item was seen, and each is done with.
fn is_whole(entry: &Entry, cover: Option<&Cover>) -> bool {
    entry.accepted > 0
        && cover.is_some_and(|cover| cover.missing.is_empty())
        && entry.sightings.iter().all(|sighting| sighting.fate.is_acknowledged())
}

fn trouble(entry: &Entry, cover: Option<&Cover>) -> String {
    if entry.accepted == 0 {
        return "refused".into();
    }
    let bad = entry.sightings.iter().find(|sighting| !sighting.fate.is_acknowledged());
    let missing = cover.and_then(|cover| cover.missing.first());
    match (bad, missing) {
        (Some(bad), _) => format!("{} {:?}", bad.trace, bad.fate),
        (None, Some((trace, _))) => format!("{trace} never seen again"),
        (None, None) => String::new(),
    }
}

/// Which items share a verdict: they were in one batch, or in batches with a common member.
struct Mates {
    leader: BTreeMap<u64, u64>,
    trouble: BTreeMap<u64, bool>,
}

// === impl Mates ===

impl Mates {
    fn of(book: &Book, covers: &BTreeMap<u64, Cover>) -> Self {
        let mut mates = Self { leader: BTreeMap::new(), trouble: BTreeMap::new() };
        for batch in &book.batches {
            for pair in batch.windows(2) {
                let (one, other) = (mates.leader_of(pair[0]), mates.leader_of(pair[1]));
                mates.leader.insert(one, other);
            }
        }
        for (id, entry) in &book.entries {
            let leader = mates.leader_of(*id);
            *mates.trouble.entry(leader).or_default() |= !is_whole(entry, covers.get(id));
        }
        mates
    }

    fn leader_of(&self, id: u64) -> u64 {
        let mut leader = id;
        while let Some(next) = self.leader.get(&leader).filter(|next| **next != leader) {
            leader = *next;
        }
        leader
    }

    fn had_trouble(&self, id: u64) -> bool {
        self.trouble.get(&self.leader_of(id)).copied().unwrap_or(false)
    }
}
