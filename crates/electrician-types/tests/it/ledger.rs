//! Every accepted item ends in exactly one column.

use electrician_types::Ledger;
use fastrand::Rng;

use crate::seeds::for_each_seed;

/// The columns where items end, each with its name.
fn ends(ledger: &mut Ledger) -> [(&'static str, &mut u64); 8] {
    [
        ("delivered", &mut ledger.delivered),
        ("filtered", &mut ledger.filtered),
        ("merged", &mut ledger.merged),
        ("dead-lettered", &mut ledger.dead_lettered),
        ("failed", &mut ledger.failed),
        ("dropped", &mut ledger.dropped),
        ("abandoned", &mut ledger.abandoned),
        ("returned", &mut ledger.returned),
    ]
}

fn ledger(change: impl FnOnce(&mut Ledger)) -> Ledger {
    let mut ledger = Ledger::default();
    change(&mut ledger);
    ledger
}

#[test]
fn nothing_is_balanced() {
    let empty = Ledger::default();
    assert!(empty.is_balanced());
    assert_eq!((empty.inflow(), empty.outflow(), empty.in_flight()), (0, 0, 0));
    assert_eq!(empty.to_string(), "accepted 0 = delivered 0");
}

#[test]
fn each_column_is_an_end_of_its_own() {
    for index in 0..8 {
        let mut account = Ledger::default();
        account.accepted = 5;
        *ends(&mut account)[index].1 = 3;
        assert!(!account.is_balanced());
        assert_eq!((account.outflow(), account.in_flight()), (3, 2));
        *ends(&mut account)[index].1 = 5;
        assert!(account.is_balanced(), "{account}");
        assert_eq!(account.in_flight(), 0);
    }
}

#[test]
fn what_was_split_off_came_in() {
    let account = ledger(|account| (account.accepted, account.split) = (2, 3));
    assert_eq!((account.inflow(), account.in_flight()), (5, 5));
}

#[test]
fn attempts_are_not_in_the_balance() {
    let account = ledger(|account| account.retried = 9);
    assert!(account.is_balanced());
    assert_eq!((account.inflow(), account.outflow()), (0, 0));
}

#[test]
fn more_out_than_in_is_unbalanced_and_nothing_is_in_flight() {
    let account = ledger(|account| (account.accepted, account.delivered) = (1, 2));
    assert!(!account.is_balanced());
    assert_eq!(account.in_flight(), 0);
    assert_eq!(account.to_string(), "accepted 1 ≠ delivered 2");
}

#[test]
fn is_said_in_one_line() {
    let balanced = ledger(|account| {
        account.accepted = 10;
        account.split = 18;
        for ((_, column), count) in ends(account).into_iter().zip(0..) {
            *column = count;
        }
        account.retried = 8;
    });
    assert_eq!(
        balanced.to_string(),
        "accepted 10 + split 18 = delivered 0 + filtered 1 + merged 2 + dead-lettered 3 \
         + failed 4 + dropped 5 + abandoned 6 + returned 7 (8 retries)"
    );
    let short = ledger(|account| (account.accepted, account.returned) = (7, 7));
    assert_eq!(short.to_string(), "accepted 7 = delivered 0 + returned 7");
    let open = ledger(|account| (account.accepted, account.failed) = (7, 3));
    assert_eq!(open.to_string(), "accepted 7 ≠ delivered 0 + failed 3");
}

fn any(random: &mut Rng) -> Ledger {
    ledger(|account| {
        for (_, column) in ends(account) {
            *column = random.u64(..1000);
        }
        account.split = random.u64(..1000);
        account.retried = random.u64(..1000);
        account.accepted = (account.outflow() + random.u64(..2)).saturating_sub(account.split);
    })
}

#[test]
fn sums_are_column_by_column() {
    for_each_seed(100, |random| {
        let (mut one, mut other) = (any(random), any(random));
        let mut sum = one;
        sum += other;
        for (((name, sum), (_, one)), (_, other)) in
            ends(&mut sum).into_iter().zip(ends(&mut one)).zip(ends(&mut other))
        {
            assert_eq!(*sum, *one + *other, "{name}");
        }
        assert_eq!(sum.accepted, one.accepted + other.accepted);
        assert_eq!(sum.split, one.split + other.split);
        assert_eq!(sum.retried, one.retried + other.retried);
        assert_eq!(sum.inflow(), one.inflow() + other.inflow());
        assert_eq!(sum.outflow(), one.outflow() + other.outflow());
    });
}

#[test]
fn the_balance_is_the_equation() {
    for_each_seed(100, |random| {
        let mut account = any(random);
        let out: u64 = ends(&mut account).iter().map(|(_, column)| **column).sum();
        let in_ = account.accepted + account.split;
        assert_eq!((account.inflow(), account.outflow()), (in_, out));
        assert_eq!(account.is_balanced(), in_ == out);
        assert_eq!(account.in_flight(), in_.saturating_sub(out));
    });
}
