use super::{Goal, Verdict};

const GOAL: Goal = Goal { required: 3.0, aim: 7.0 };
const BOUND: Goal = Goal { required: 1.05, aim: 1.0 };

#[test]
fn the_mark_itself_counts() {
    assert_eq!(GOAL.judge(2.9, true), Verdict::Missed);
    assert_eq!(GOAL.judge(3.0, true), Verdict::Met);
    assert_eq!(GOAL.judge(7.0, true), Verdict::Reached);
}

#[test]
fn lower_can_be_better() {
    assert_eq!(BOUND.judge(1.06, false), Verdict::Missed);
    assert_eq!(BOUND.judge(1.02, false), Verdict::Met);
    assert_eq!(BOUND.judge(0.99, false), Verdict::Reached);
}

#[test]
fn no_number_meets_no_goal() {
    assert!(!GOAL.judge(f64::NAN, true).is_met());
    assert!(!BOUND.judge(f64::NAN, false).is_met());
}
