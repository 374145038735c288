//! Whether the parts that were seen make up the whole.

use crate::trace::{Part, Trace};

/// How well the sightings of one item cover it.
#[derive(Debug, Default)]
pub(super) struct Cover {
    /// Parts that should have been seen, and how many times more.
    pub(super) missing: Vec<(Trace, u64)>,
    /// Parts that were seen too often, and how many times.
    pub(super) surplus: Vec<(Trace, u64)>,
    /// Items gained where one became several.
    pub(super) split: u64,
}

// === impl Cover ===

impl Cover {
    /// The cover of item `id`, which went in `expected` times, by what was `seen`. Parts are
    /// `known` to have been, seen or not.
    pub(super) fn of<'a>(
        id: u64,
        expected: u64,
        seen: impl IntoIterator<Item = &'a Trace>,
        known: impl IntoIterator<Item = &'a Trace>,
    ) -> Self {
        let seen: Vec<&[Part]> = seen.into_iter().map(Trace::path).collect();
        let known: Vec<&[Part]> = known.into_iter().map(Trace::path).collect();
        let mut cover = Self::default();
        cover.walk(&Trace::new(id), expected, &seen, &known);
        cover
    }

    fn walk(&mut self, at: &Trace, expected: u64, seen: &[&[Part]], known: &[&[Part]]) {
        let here = here(seen);
        if here > expected {
            self.surplus.push((at.clone(), here - expected));
        }
        // What was seen, or is known to have been, further down was here before; what else is
        // missing went missing here.
        let left = expected.saturating_sub(here);
        let below_here = units(seen, known) - here;
        let down = left.min(below_here);
        if left > down {
            self.missing.push((at.clone(), left - down));
        }
        let first = seen.iter().chain(known).find_map(|path| path.first());
        let Some(&Part { of, .. }) = first.filter(|_| below_here > 0) else {
            return;
        };
        self.split += down * u64::from(of - 1);
        for index in 0..of {
            let part = Part { index, of };
            let (seen, known) = (below(seen, part), below(known, part));
            self.walk(&at.part(index, of), down, &seen, &known);
        }
        // The same item cannot become a different number of parts.
        let strange = seen.iter().filter_map(|path| path.first()).filter(|part| part.of != of);
        for part in strange {
            self.surplus.push((at.part(part.index, part.of), 1));
        }
    }
}

/// How often the item itself was seen, not a part of it.
fn here(seen: &[&[Part]]) -> u64 {
    seen.iter().filter(|path| path.is_empty()).count() as u64
}

/// How many items there must have been at least for all of this to be seen.
fn units(seen: &[&[Part]], known: &[&[Part]]) -> u64 {
    let first = seen.iter().chain(known).find_map(|path| path.first());
    let Some(&Part { of, .. }) = first else {
        return here(seen);
    };
    let parts = (0..of).map(|index| {
        let part = Part { index, of };
        units(&below(seen, part), &below(known, part))
    });
    let is_known = u64::from(known.iter().any(|path| !path.is_empty()) && here(seen) == 0);
    here(seen) + parts.max().unwrap_or(0).max(is_known)
}

/// The rest of the paths that lead through `part`.
fn below<'a>(paths: &[&'a [Part]], part: Part) -> Vec<&'a [Part]> {
    let split = paths.iter().filter_map(|path| path.split_first());
    split.filter(|(first, _)| **first == part).map(|(_, rest)| rest).collect()
}
