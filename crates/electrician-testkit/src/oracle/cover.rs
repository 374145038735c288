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
        let here = seen.iter().filter(|path| path.is_empty()).count() as u64;
        if here > expected {
            self.surplus.push((at.clone(), here - expected));
        }
        let left = expected.saturating_sub(here);
        let parts_seen = seen.iter().find_map(|path| path.first());
        let parts_known = known
            .iter()
            .find_map(|path| path.first())
            .filter(|_| left > 0);
        let Some(&Part { of, .. }) = parts_seen.or(parts_known) else {
            if left > 0 {
                self.missing.push((at.clone(), left));
            }
            return;
        };
        self.split += left * u64::from(of - 1);
        for index in 0..of {
            let part = Part { index, of };
            let (seen, known) = (below(seen, part), below(known, part));
            self.walk(&at.part(index, of), left, &seen, &known);
        }
        // The same item cannot become a different number of parts.
        let strange = seen
            .iter()
            .filter_map(|path| path.first())
            .filter(|part| part.of != of);
        for part in strange {
            self.surplus.push((at.part(part.index, part.of), 1));
        }
    }
}

/// The rest of the paths that lead through `part`.
fn below<'a>(paths: &[&'a [Part]], part: Part) -> Vec<&'a [Part]> {
    let split = paths.iter().filter_map(|path| path.split_first());
    split
        .filter(|(first, _)| **first == part)
        .map(|(_, rest)| rest)
        .collect()
}
