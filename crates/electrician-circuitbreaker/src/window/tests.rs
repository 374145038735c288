use std::time::Duration;

use electrician_types::Clock;
use proptest::prelude::*;

use super::{Counts, Window};
use crate::clock::SystemClock;
use crate::settings::Span;
use crate::tally::Tally;

/// A failure, and slow.
type Call = (bool, bool);

fn counts<'a>(calls: impl Iterator<Item = &'a Call>) -> Counts {
    calls.fold(Counts::default(), |mut counts, (is_failure, is_slow)| {
        counts.calls += 1;
        counts.failures += usize::from(*is_failure);
        counts.slow += usize::from(*is_slow);
        counts
    })
}

/// A tally of a batch that is in order already: the window has no more to go by.
fn tally(batch: &[Call]) -> Tally {
    let mut tally = Tally::default();
    for (is_failure, is_slow) in batch {
        tally.push(*is_failure, *is_slow);
    }
    tally
}

proptest! {
    #[test]
    fn the_call_window_holds_the_last_calls(
        size in 1..20_usize,
        batches in prop::collection::vec(prop::collection::vec(any::<Call>(), 0..12), 0..30),
    ) {
        let now = SystemClock.now();
        let mut window = Window::new(Span::Calls(size), now);
        let mut all = Vec::new();
        for mut batch in batches {
            batch.sort_unstable();
            window.record(&tally(&batch), now);
            all.extend(batch);
            prop_assert_eq!(window.counts(), counts(all.iter().rev().take(size)));
        }
        let Window::Calls(window) = window else { unreachable!() };
        prop_assert!(window.rows.len() <= size && window.rows.capacity() < size.max(4) * 2);
    }

    #[test]
    fn the_time_window_holds_the_calls_of_its_parts(
        parts in 1..6_u32,
        calls in prop::collection::vec((0..400_u64, any::<Call>()), 0..60),
    ) {
        let origin = SystemClock.now();
        let width = 100;
        let length = Duration::from_millis(width) * parts;
        let mut window = Window::new(Span::Time(length, parts), origin);
        let (mut at, mut all) = (0, Vec::new());
        for (wait, call) in calls {
            at += wait;
            window.record(&tally(&[call]), origin + Duration::from_millis(at));
            all.push((at / width, call));
            let held = all.iter().filter(|(part, _)| part + u64::from(parts) > at / width);
            prop_assert_eq!(window.counts(), counts(held.map(|(_, call)| call)));
        }
    }
}

#[test]
fn a_cleared_window_is_empty() {
    let now = SystemClock.now();
    for span in [Span::Calls(5), Span::Time(Duration::from_secs(1), 5)] {
        let mut window = Window::new(span, now);
        window.record(&tally(&[(true, true), (false, false)]), now);
        window.clear();
        assert_eq!(window.counts(), Counts::default());
        window.record(&tally(&[(true, false)]), now);
        assert_eq!(window.counts(), Counts { calls: 1, failures: 1, slow: 0 });
    }
}
