use proptest::prelude::*;

use super::Tally;

/// Rows of failures, call by call.
fn rows(run: usize, calls: &[bool]) -> (usize, usize) {
    calls.iter().fold((run, run), |(run, peak), is_failure| {
        let run = if *is_failure { run + 1 } else { 0 };
        (run, peak.max(run))
    })
}

proptest! {
    #[test]
    fn a_tally_counts_rows_as_if_each_call_was_told(
        run in 0..5_usize,
        calls in prop::collection::vec(any::<bool>(), 0..20),
    ) {
        let mut tally = Tally::default();
        for is_failure in &calls {
            tally.push(*is_failure, false);
        }
        prop_assert_eq!(tally.follow(run), rows(run, &calls));
    }

    #[test]
    fn the_first_failure_stays_where_it_was(
        calls in prop::collection::vec(any::<(bool, bool)>(), 0..20),
    ) {
        let mut all = Tally::default();
        let mut expected = Tally::default();
        let mut failed = false;
        for (is_failure, is_slow) in calls {
            all.push(is_failure, is_slow);
            if !is_failure || !failed {
                expected.push(is_failure, is_slow);
            }
            failed |= is_failure;
        }
        prop_assert_eq!(format!("{:?}", all.with_first_failure()), format!("{expected:?}"));
    }
}
