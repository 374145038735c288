use std::collections::BTreeMap;
use std::time::{Duration, Instant, SystemTime};

use electrician_types::{NackReason, Receipt};
use proptest::prelude::*;

use super::{Admission, Failure, Lane, Policy};

const POLICY: Policy = Policy {
    attempts: 3,
    backoff: Duration::from_secs(1),
    longest: Duration::from_secs(3),
    replays: false,
};

#[expect(clippy::disallowed_methods, reason = "any instant will do to begin with")]
fn start() -> Instant {
    Instant::now()
}

fn deliver(lane: &mut Lane, offset: i64) -> Receipt {
    match lane.admit(offset) {
        Admission::Deliver(receipt) => receipt,
        other => panic!("{offset}: {other:?}"),
    }
}

#[test]
fn what_is_committed_is_without_a_gap() {
    let mut lane = Lane::new(POLICY, 10, None);
    let receipts: Vec<_> = (5..10).map(|offset| deliver(&mut lane, offset)).collect();
    assert_eq!((lane.done(), lane.watermark(), lane.next()), (None, Some(5), 10));
    let mut receipts = receipts.into_iter();
    let first = receipts.next().unwrap();
    receipts.for_each(Receipt::ack);
    lane.look(start(), SystemTime::now());
    assert_eq!(lane.done(), None);
    first.ack();
    lane.look(start(), SystemTime::now());
    assert_eq!((lane.done(), lane.in_flight()), (Some(10), 0));
}

#[test]
fn waits_double_up_to_the_longest() {
    let waits = (1..5).map(|attempts| POLICY.wait_after(attempts).as_secs());
    assert!(waits.eq([1, 2, 3, 3]));
    assert_eq!(POLICY.wait_after(u32::MAX), Duration::from_secs(3));
    assert_eq!(POLICY.wait_after(0), Duration::from_secs(1));
}

#[test]
fn a_nacked_record_is_delivered_again_after_its_wait_and_then_buried() {
    let (mut lane, wall) = (Lane::new(POLICY, 10, Some(0)), SystemTime::UNIX_EPOCH);
    let mut now = start();
    let nacked = deliver(&mut lane, 0);
    deliver(&mut lane, 1).ack();
    nacked.nack(NackReason::Rejected);
    for (attempt, wait) in [(1, 1), (2, 2)] {
        lane.look(now, wall);
        assert_eq!(lane.rewind(now), None);
        assert_eq!(lane.rewind(now + Duration::from_millis(wait * 1000 - 1)), None);
        now += Duration::from_secs(wait);
        assert_eq!(lane.rewind(now), Some(0), "attempt {attempt}");
        let again = deliver(&mut lane, 0);
        assert!(matches!(lane.admit(1), Admission::Known));
        again.nack(NackReason::Rejected);
    }
    lane.look(now, wall + Duration::from_secs(9));
    assert_eq!(lane.exhausted().map(|(offset, _)| offset), Some(0));
    assert_eq!(lane.rewind(now + Duration::from_secs(3)), Some(0));
    let Admission::Bury(receipt, Failure { attempts: 3, since, reason, .. }) = lane.admit(0) else {
        panic!("it must be buried");
    };
    assert_eq!((since, reason), (wall, NackReason::Rejected));
    lane.look(now, wall);
    assert_eq!((lane.done(), lane.exhausted()), (Some(0), None));
    receipt.ack();
    lane.look(now, wall);
    assert_eq!((lane.done(), lane.failing()), (Some(2), 0));
}

#[test]
fn what_was_handed_back_was_not_tried() {
    let mut lane = Lane::new(Policy { attempts: 1, ..POLICY }, 10, None);
    let mut now = start();
    deliver(&mut lane, 0).nack(NackReason::Returned);
    for _ in 0..5 {
        lane.look(now, SystemTime::now());
        now += Duration::from_secs(3);
        assert_eq!(lane.rewind(now), Some(0));
        deliver(&mut lane, 0).nack(NackReason::Returned);
    }
    assert_eq!(lane.exhausted(), None);
}

#[test]
fn a_full_window_refuses_and_has_the_refused_record_come_again() {
    let mut lane = Lane::new(POLICY, 2, None);
    let first = deliver(&mut lane, 0);
    assert!(!lane.is_full());
    let second = deliver(&mut lane, 1);
    assert!(lane.is_full());
    assert!(matches!(lane.admit(2), Admission::Full));
    assert_eq!(lane.resume_at(), Some(2));
    // What comes behind it is not taken before it.
    assert!(matches!(lane.admit(3), Admission::Astray(2)));
    first.ack();
    second.ack();
    lane.look(start(), SystemTime::now());
    assert!(!lane.is_full());
    deliver(&mut lane, 2).ack();
    assert_eq!(lane.resume_at(), None);
    deliver(&mut lane, 3).ack();
}

#[test]
fn a_record_that_never_comes_again_is_not_waited_for_for_ever() {
    let mut lane = Lane::new(POLICY, 10, None);
    let mut now = start();
    deliver(&mut lane, 0).nack(NackReason::Failed);
    deliver(&mut lane, 1).ack();
    for _ in 0..3 {
        assert_eq!(lane.take_vanished(), None);
        lane.look(now, SystemTime::now());
        now += Duration::from_secs(3);
        assert_eq!(lane.rewind(now), Some(0));
        // The broker has deleted it meanwhile.
        assert!(matches!(lane.admit(1), Admission::Known));
    }
    assert_eq!(lane.take_vanished(), Some(0));
    lane.look(now, SystemTime::now());
    assert_eq!(lane.done(), Some(2));
}

#[test]
fn reading_again_that_brings_nothing_is_begun_anew() {
    let mut lane = Lane::new(POLICY, 10, None);
    let mut now = start();
    deliver(&mut lane, 0).nack(NackReason::Failed);
    lane.look(now, SystemTime::now());
    now += Duration::from_secs(1);
    assert_eq!(lane.rewind(now), Some(0));
    lane.look(now, SystemTime::now());
    assert_eq!(lane.rewind(now + Duration::from_secs(20)), None, "it is under way");
    now += super::ROUND;
    lane.look(now, SystemTime::now());
    assert_eq!(lane.rewind(now + Duration::from_secs(1)), Some(0));
    deliver(&mut lane, 0).ack();
    assert_eq!(lane.take_vanished(), None);
}

#[test]
fn a_record_is_not_given_up_because_its_broker_is_away() {
    let mut lane = Lane::new(POLICY, 10, None);
    let mut now = start();
    deliver(&mut lane, 0).nack(NackReason::Failed);
    deliver(&mut lane, 1).ack();
    for _ in 0..10 {
        lane.look(now, SystemTime::now());
        now += Duration::from_secs(3);
        assert_eq!(lane.rewind(now), Some(0));
        // Nothing comes at all.
        now += super::ROUND;
    }
    lane.look(now, SystemTime::now());
    assert_eq!((lane.take_vanished(), lane.done()), (None, None));
    lane.rewind(now + Duration::from_secs(3));
    deliver(&mut lane, 0).ack();
    lane.look(now, SystemTime::now());
    assert_eq!(lane.done(), Some(2));
}

#[test]
fn a_record_that_failed_comes_again_while_another_was_refused() {
    let mut lane = Lane::new(POLICY, 2, None);
    let now = start();
    deliver(&mut lane, 0).nack(NackReason::Failed);
    let second = deliver(&mut lane, 1);
    assert!(matches!(lane.admit(2), Admission::Full));
    lane.look(now, SystemTime::now());
    assert_eq!(lane.rewind(now + Duration::from_secs(1)), Some(0));
    deliver(&mut lane, 0).ack();
    assert!(matches!(lane.admit(1), Admission::Known));
    second.ack();
    lane.look(now, SystemTime::now());
    deliver(&mut lane, 2).ack();
    lane.look(now, SystemTime::now());
    assert_eq!((lane.done(), lane.take_vanished()), (Some(3), None));
}

#[test]
fn what_begins_again_after_an_abort_is_no_shorter_log() {
    let mut lane = Lane::new(POLICY, 10, None);
    let wall = SystemTime::now();
    for attempt in 1..=3 {
        let failing = deliver(&mut lane, 0);
        deliver(&mut lane, 1).ack();
        failing.nack(NackReason::Failed);
        assert!(lane.settle(wall));
        assert_eq!(
            lane.exhausted().map(|(_, failure)| failure.attempts),
            (attempt == 3).then_some(3)
        );
        lane.restart(0);
        assert_eq!(lane.truncations(), 0);
    }
}

#[test]
fn a_replay_brings_everything_from_there_on_and_knows_no_late_verdicts() {
    let mut lane = Lane::new(Policy { replays: true, ..POLICY }, 10, None);
    let now = start();
    let receipts: Vec<_> = (0..5).map(|offset| deliver(&mut lane, offset)).collect();
    let mut late = None;
    for (offset, receipt) in receipts.into_iter().enumerate() {
        match offset {
            2 => receipt.nack(NackReason::Failed),
            4 => late = Some(receipt),
            _ => receipt.ack(),
        }
    }
    lane.look(now, SystemTime::now());
    assert_eq!(lane.rewind(now + Duration::from_secs(1)), Some(2));
    // A stray of before.
    assert!(matches!(lane.admit(5), Admission::Astray(2)));
    let again: Vec<_> = (2..5).map(|offset| deliver(&mut lane, offset)).collect();
    late.unwrap().nack(NackReason::Failed);
    again.into_iter().for_each(Receipt::ack);
    lane.look(now, SystemTime::now());
    assert_eq!((lane.done(), lane.in_flight(), lane.failing()), (Some(5), 0, 0));
}

#[test]
fn a_log_that_ends_earlier_than_it_did_is_read_anew() {
    let mut lane = Lane::new(POLICY, 10, None);
    let now = start();
    let late = deliver(&mut lane, 0);
    for offset in 1..8 {
        deliver(&mut lane, offset).ack();
    }
    assert_eq!(lane.truncations(), 0);
    // Other records than those before.
    let receipts: Vec<_> = (5..9).map(|offset| deliver(&mut lane, offset)).collect();
    late.nack(NackReason::Failed);
    receipts.into_iter().for_each(Receipt::ack);
    lane.look(now, SystemTime::now());
    assert_eq!((lane.truncations(), lane.done(), lane.failing()), (1, Some(9), 0));
}

#[test]
fn a_drain_ends_when_every_verdict_is_there_and_commits_nothing_behind_a_failure() {
    let mut lane = Lane::new(POLICY, 10, Some(0));
    let mut receipts: Vec<_> = (0..6).map(|offset| Some(deliver(&mut lane, offset))).collect();
    let mut settle = |offset: usize, is_good: bool| {
        let receipt: Receipt = receipts[offset].take().unwrap();
        if is_good { receipt.ack() } else { receipt.nack(NackReason::Dropped) }
    };
    settle(4, false);
    settle(5, true);
    assert!(!lane.drain());
    assert_eq!(lane.done(), Some(0));
    settle(0, true);
    settle(1, true);
    assert!(!lane.drain());
    assert_eq!(lane.done(), Some(2));
    settle(3, true);
    settle(2, false);
    assert!(lane.drain());
    assert_eq!(lane.done(), Some(2));
}

/// What happens to a partition, in any order.
#[derive(Clone, Copy, Debug)]
enum Step {
    /// The driver brings the next record, which may lie behind a gap.
    Come { gap: i64 },
    /// The oldest but so many of those in flight is settled.
    Settle { which: usize, is_good: bool },
    /// Time passes, and the source looks.
    Look { millis: u64 },
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        4 => (0..3_i64).prop_map(|gap| Step::Come { gap: gap / 2 }),
        4 => (0..8_usize, prop::bool::weighted(0.7))
            .prop_map(|(which, is_good)| Step::Settle { which, is_good }),
        2 => (0..4000_u64).prop_map(|millis| Step::Look { millis }),
    ];
    prop::collection::vec(step, 1..300)
}

/// A broker's log, a reader of it, and what the pipeline makes of the records.
struct Model {
    lane: Lane,
    now: Instant,
    /// All offsets that exist, ascending.
    log: Vec<i64>,
    /// Which of them comes next.
    at: usize,
    in_flight: Vec<(i64, Receipt)>,
    /// How often each was delivered, and whether it is done.
    fates: BTreeMap<i64, (u32, bool)>,
    window: usize,
    replays: bool,
}

impl Model {
    fn step(&mut self, step: Step) {
        match step {
            Step::Come { gap } => self.come(gap),
            Step::Settle { which, is_good } => {
                if which < self.in_flight.len() {
                    let (offset, receipt) = self.in_flight.remove(which);
                    if is_good {
                        self.fates.get_mut(&offset).unwrap().1 = true;
                        receipt.ack();
                    } else {
                        receipt.nack(NackReason::Failed);
                    }
                }
            }
            Step::Look { millis } => {
                self.now += Duration::from_millis(millis);
                self.look();
            }
        }
        self.check();
    }

    fn look(&mut self) {
        self.lane.look(self.now, SystemTime::UNIX_EPOCH);
        if let Some(from) = self.lane.rewind(self.now) {
            self.seek(from);
        }
        if let (false, Some(from)) = (self.lane.is_full(), self.lane.resume_at()) {
            self.seek(from);
        }
    }

    fn seek(&mut self, from: i64) {
        self.at = self.log.partition_point(|offset| *offset < from);
    }

    fn come(&mut self, gap: i64) {
        if self.lane.is_full() {
            return;
        }
        if self.at == self.log.len() {
            let next = self.log.last().map_or(0, |last| last + 1) + gap;
            self.log.push(next);
        }
        let offset = self.log[self.at];
        self.at += 1;
        let fate = self.fates.entry(offset).or_default();
        match self.lane.admit(offset) {
            Admission::Deliver(receipt) => {
                assert!(!fate.1 || self.replays, "{offset} is done already");
                assert!(self.replays || fate.0 < POLICY.attempts, "{offset}: too many attempts");
                fate.0 += 1;
                self.in_flight.push((offset, receipt));
            }
            Admission::Bury(receipt, failure) => {
                assert!(failure.attempts >= POLICY.attempts);
                self.in_flight.push((offset, receipt));
            }
            Admission::Known => {}
            // What it begins again with lies in a gap.
            Admission::Astray(from) => self.seek(from),
            Admission::Full => panic!("{offset}: there was room"),
        }
        assert!(self.lane.in_flight() <= self.window);
    }

    /// Nothing is committed that is not done.
    fn check(&self) {
        let Some(done) = self.lane.done() else { return };
        let undone = self.fates.range(..done).find(|(_, (_, is_done))| !is_done);
        assert_eq!(undone, None, "{done} would be committed");
    }

    /// Settles everything well, in the end.
    fn finish(&mut self) {
        for _ in 0..200 {
            for (offset, receipt) in std::mem::take(&mut self.in_flight) {
                self.fates.get_mut(&offset).unwrap().1 = true;
                receipt.ack();
            }
            self.now += Duration::from_secs(5);
            self.look();
            while self.at < self.log.len() && !self.lane.is_full() {
                self.come(0);
            }
            self.check();
        }
        assert!(self.in_flight.is_empty());
        let end = self.log.last().map(|last| last + 1);
        assert_eq!(self.lane.done(), end, "everything is done in the end");
        assert!(self.fates.values().all(|(_, is_done)| *is_done));
    }
}

proptest! {
    #[test]
    fn nothing_is_lost_and_nothing_is_committed_too_early(
        steps in steps(),
        window in 1..12_usize,
        replays in any::<bool>(),
    ) {
        let policy = Policy { replays, ..POLICY };
        let mut model = Model {
            lane: Lane::new(policy, window, None),
            now: start(),
            log: Vec::new(),
            at: 0,
            in_flight: Vec::new(),
            fates: BTreeMap::new(),
            window,
            replays,
        };
        for step in steps {
            model.step(step);
        }
        model.finish();
    }

    #[test]
    fn a_partition_that_is_given_up_commits_only_what_is_done(
        steps in steps(),
        window in 1..12_usize,
        verdicts in prop::collection::vec(any::<bool>(), 12),
    ) {
        let mut model = Model {
            lane: Lane::new(POLICY, window, None),
            now: start(),
            log: Vec::new(),
            at: 0,
            in_flight: Vec::new(),
            fates: BTreeMap::new(),
            window,
            replays: false,
        };
        for step in steps {
            model.step(step);
        }
        for ((offset, receipt), is_good) in model.in_flight.drain(..).zip(verdicts) {
            model.lane.drain();
            if is_good {
                model.fates.get_mut(&offset).unwrap().1 = true;
                receipt.ack();
            } else {
                receipt.nack(NackReason::Returned);
            }
        }
        prop_assert!(model.lane.drain());
        model.check();
        let first_undone = model.fates.iter().find(|(_, (_, is_done))| !is_done);
        let end = first_undone.map_or_else(|| model.log.last().map(|last| last + 1), |one| Some(*one.0));
        // Nothing done yet says nothing, which is as good as the first offset.
        prop_assert_eq!(model.lane.done().or(model.log.first().copied()), end);
    }
}
