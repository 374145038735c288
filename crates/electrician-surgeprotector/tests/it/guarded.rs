//! An entrance in front of a target: what is not admitted is accounted for, whatever the policy.

use std::sync::Arc;

use electrician_surgeprotector::{
    Account, Admission, Backup, Fifo, Guarded, Overflow, SurgeProtector,
};
use electrician_types::{Denial, Refusal, Refused, Submit};
use proptest::collection::vec;
use proptest::prelude::*;

use crate::support::{Target, Task, count, exhaust, limited, ms, now};

type Entrance = Guarded<u32, Target>;
type Policy = Overflow<u32, Target>;

fn submit(
    entrance: &Entrance,
    item: u32,
) -> impl Future<Output = Result<(), Refused<u32>>> + Send + 'static {
    let entrance = entrance.clone();
    async move { entrance.submit(item).await }
}

fn queue(capacity: usize) -> Policy {
    Overflow::Queue(Arc::new(Fifo::new(count(capacity))))
}

#[track_caller]
fn accounted(entrance: &Entrance) -> Account {
    let account = entrance.account();
    assert!(account.is_balanced(), "{account}");
    account
}

fn all_policies() -> Vec<Policy> {
    vec![
        Overflow::Wait,
        Overflow::Reject,
        Overflow::DropOldest(count(2)),
        Overflow::DropNewest,
        queue(3),
        Overflow::Divert(Backup::failover(Target::open())),
    ]
}

#[test]
fn wait_waits_in_order() {
    let (protector, clock) = limited(ms(10), 1);
    let entrance = Entrance::new(protector, Target::open(), Overflow::Wait);
    now(entrance.submit(1)).unwrap();
    let mut second = Task::waiting(submit(&entrance, 2));
    let mut third = Task::waiting(submit(&entrance, 3));
    assert_eq!(entrance.try_submit(4), Err(Refused::new(4, Refusal::Denied(Denial::RateLimited))));
    assert_eq!(accounted(&entrance).waiting, 2);
    clock.advance(ms(10));
    assert_eq!((second.run(), third.run()), (Some(Ok(())), None));
    clock.advance(ms(10));
    assert_eq!(third.run(), Some(Ok(())));
    assert_eq!(entrance.target().items(), [1, 2, 3]);
    let account = accounted(&entrance);
    assert_eq!((account.offered, account.delivered, account.rejected), (4, 3, 1));
}

#[test]
fn reject_gives_the_item_back() {
    let (protector, _clock) = limited(ms(10), 1);
    let entrance = Entrance::new(protector.clone(), Target::open(), Overflow::Reject);
    now(entrance.submit(1)).unwrap();
    assert_eq!(now(entrance.submit(2)), Err(Refused::new(2, Refusal::Denied(Denial::RateLimited))));
    protector.trip();
    assert_eq!(now(entrance.submit(3)), Err(Refused::new(3, Refusal::Denied(Denial::Tripped))));
    assert_eq!(accounted(&entrance).to_string(), "offered 3 = delivered 1 + rejected 2");
}

#[test]
fn drop_newest_drops_what_comes() {
    let (protector, clock) = limited(ms(10), 1);
    let entrance = Entrance::new(protector, Target::open(), Overflow::DropNewest);
    for item in 0..5 {
        now(entrance.submit(item)).unwrap();
    }
    clock.advance(ms(10));
    entrance.try_submit(5).unwrap();
    entrance.try_submit(6).unwrap();
    assert_eq!(entrance.target().items(), [0, 5]);
    assert_eq!(accounted(&entrance).to_string(), "offered 7 = delivered 2 + dropped 5");
}

#[test]
fn drop_oldest_drops_who_waits_longest() {
    let (protector, clock) = limited(ms(10), 1);
    let entrance = Entrance::new(protector, Target::open(), Overflow::DropOldest(count(2)));
    now(entrance.submit(0)).unwrap();
    let mut tasks: Vec<_> = (1..=4).map(|item| Task::waiting(submit(&entrance, item))).collect();
    assert_eq!(tasks[0].run(), Some(Ok(())), "dropped by a policy that has a name");
    assert_eq!(tasks[1].run(), Some(Ok(())));
    assert_eq!(accounted(&entrance).dropped, 2);
    for task in &mut tasks[2..] {
        clock.advance(ms(10));
        assert_eq!(task.run(), Some(Ok(())));
    }
    assert_eq!(entrance.target().items(), [0, 3, 4]);
    assert_eq!(accounted(&entrance).to_string(), "offered 5 = delivered 3 + dropped 2");
}

#[test]
fn queue_holds_what_does_not_fit_and_refuses_when_full() {
    let (protector, clock) = limited(ms(10), 1);
    let entrance = Entrance::new(protector, Target::open(), queue(2));
    for item in 0..3 {
        now(entrance.submit(item)).unwrap();
    }
    assert_eq!(now(entrance.submit(3)), Err(Refused::new(3, Refusal::Full)));
    let account = accounted(&entrance).to_string();
    assert_eq!(account, "offered 4 = delivered 1 + rejected 1 + queued 2");
    clock.advance(ms(10));
    // One token: it is for the one that waits longest, and the new one takes its place.
    now(entrance.submit(4)).unwrap();
    assert_eq!(entrance.target().items(), [0, 1]);
    assert_eq!(accounted(&entrance).queued, 2);
}

#[test]
fn divert_sends_the_rest_elsewhere() {
    let (protector, _clock) = limited(ms(10), 1);
    let other = Target::with_room(1);
    let policy = Overflow::Divert(Backup::failover(other.clone()));
    let entrance = Entrance::new(protector, Target::open(), policy);
    now(entrance.submit(1)).unwrap();
    now(entrance.submit(2)).unwrap();
    assert_eq!(entrance.try_submit(3), Err(Refused::new(3, Refusal::Full)));
    assert_eq!((entrance.target().items(), other.items()), (vec![1], vec![2]));
    let account = accounted(&entrance).to_string();
    assert_eq!(account, "offered 3 = delivered 1 + diverted 1 + rejected 1");
}

/// Tripped, and nothing configured for that: the policy decides, and nothing calls itself for ever.
#[test]
fn tripped_without_a_backup_the_policy_holds() {
    for policy in all_policies() {
        let (protector, clock) = limited(ms(10), 1);
        let name = policy.name();
        let entrance = Entrance::new(protector.clone(), Target::open(), policy);
        protector.trip();
        let mut tasks: Vec<_> = (0..5).map(|item| Task::new(submit(&entrance, item))).collect();
        for task in &mut tasks {
            task.poll();
        }
        for item in 5..10 {
            let _ = entrance.try_submit(item);
        }
        assert!(entrance.target().items().is_empty(), "{name}");
        assert_eq!(accounted(&entrance).offered, 10, "{name}");
        protector.reset();
        for _ in 0..10 {
            for task in tasks.iter_mut().filter(|task| !task.is_done()) {
                task.run();
            }
            clock.advance(ms(10));
        }
        assert_eq!(accounted(&entrance).waiting, 0, "{name}");
    }
}

#[test]
fn closed_items_go_to_the_backup_also_those_who_wait() {
    let (protector, clock) = limited(ms(10), 1);
    let other = Target::open();
    let entrance = Entrance::with_backup(
        protector.clone(),
        Target::open(),
        Overflow::Wait,
        Backup::failover(other.clone()),
    );
    now(entrance.submit(1)).unwrap();
    let mut task = Task::waiting(submit(&entrance, 2));
    protector.trip();
    assert_eq!(task.run(), Some(Ok(())));
    entrance.try_submit(3).unwrap();
    protector.reset();
    clock.advance(ms(10));
    now(entrance.submit(4)).unwrap();
    assert_eq!((entrance.target().items(), other.items()), (vec![1, 4], vec![2, 3]));
    assert_eq!(accounted(&entrance).diverted, 2);
}

#[test]
fn when_no_backup_takes_the_item_it_comes_back() {
    let (protector, _clock) = limited(ms(10), 1);
    protector.trip();
    let backup = Backup::failover(Target::closed()).or(Target::closed());
    let entrance = Entrance::with_backup(protector, Target::open(), Overflow::DropNewest, backup);
    assert_eq!(now(entrance.submit(1)), Err(Refused::new(1, Refusal::Closed)));
    assert_eq!(entrance.try_submit(2), Err(Refused::new(2, Refusal::Closed)));
    assert_eq!(accounted(&entrance).rejected, 2);
}

#[test]
fn a_submit_given_up_is_withdrawn_and_takes_no_token() {
    for policy in [Overflow::Wait, Overflow::DropOldest(count(5))] {
        let (protector, clock) = limited(ms(10), 1);
        let entrance = Entrance::new(protector.clone(), Target::open(), policy);
        exhaust(&protector);
        let task = Task::waiting(submit(&entrance, 1));
        drop(task);
        assert_eq!(accounted(&entrance).withdrawn, 1);
        clock.advance(ms(10));
        assert_eq!(protector.try_admit(1), Admission::Admitted(1));
        assert_eq!(clock.pending(), 0);
    }
}

#[test]
fn what_the_target_refuses_comes_back() {
    let (builder, _clock) = crate::support::builder_at(std::time::SystemTime::UNIX_EPOCH);
    let protector: SurgeProtector = builder.build().unwrap();
    let entrance = Entrance::new(protector, Target::with_room(1), Overflow::Wait);
    now(entrance.submit(1)).unwrap();
    assert_eq!(entrance.try_submit(2), Err(Refused::new(2, Refusal::Full)));
    let mut task = Task::waiting(submit(&entrance, 3));
    entrance.target().close();
    assert_eq!(task.run(), Some(Err(Refused::new(3, Refusal::Closed))));
    assert_eq!(accounted(&entrance).to_string(), "offered 3 = delivered 1 + rejected 2");
}

#[derive(Clone, Copy, Debug)]
enum Step {
    Submit,
    TrySubmit,
    GiveUp(usize),
    Pass(u64),
    Trip,
    Reset,
    AddRoom,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => Just(Step::Submit),
        3 => Just(Step::TrySubmit),
        2 => (0..8_usize).prop_map(Step::GiveUp),
        4 => (1..30_u64).prop_map(Step::Pass),
        1 => Just(Step::Trip),
        1 => Just(Step::Reset),
        2 => Just(Step::AddRoom),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever happens, each item is in exactly one place, and the account says which.
    #[test]
    fn every_item_is_somewhere(
        which in 0..6_usize,
        has_backup in any::<bool>(),
        steps in vec(step(), 1..80),
    ) {
        let (protector, clock) = limited(ms(10), 2);
        let (target, other) = (Target::with_room(4), Target::with_room(5));
        let fifo = Arc::new(Fifo::new(count(3)));
        let overflow = match which {
            4 => Overflow::Queue(Arc::clone(&fifo) as _),
            5 => Overflow::Divert(Backup::failover(other.clone())),
            other => all_policies().swap_remove(other),
        };
        let entrance = if has_backup {
            let backup = Backup::failover(other.clone());
            Entrance::with_backup(protector.clone(), target.clone(), overflow, backup)
        } else {
            Entrance::new(protector.clone(), target.clone(), overflow)
        };
        let (mut tasks, mut next, mut back, mut ok) = (Vec::new(), 0, Vec::new(), 0_u64);
        let mut settle = |result: Result<(), Refused<u32>>| match result {
            Ok(()) => ok += 1,
            Err(refused) => back.push(refused.item),
        };
        let mut given_up = 0;
        for step in steps {
            match step {
                Step::Submit => {
                    let mut task = Task::new(submit(&entrance, next));
                    next += 1;
                    match task.poll() {
                        Some(result) => settle(result),
                        None => tasks.push(task),
                    }
                }
                Step::TrySubmit => {
                    settle(entrance.try_submit(next));
                    next += 1;
                }
                Step::GiveUp(index) if index < tasks.len() => {
                    drop(tasks.remove(index));
                    given_up += 1;
                }
                Step::GiveUp(_) => {}
                Step::Pass(millis) => clock.advance(ms(millis)),
                Step::Trip => drop(protector.trip()),
                Step::Reset => drop(protector.reset()),
                Step::AddRoom => {
                    target.add_room(1);
                    other.add_room(1);
                }
            }
            // Until nobody is woken any more.
            loop {
                let before = tasks.len();
                tasks.retain_mut(|task| match task.run() {
                    Some(result) => {
                        settle(result);
                        false
                    }
                    None => true,
                });
                if tasks.len() == before {
                    break;
                }
            }
            let account = entrance.account();
            prop_assert!(account.is_balanced(), "{}", account);
        }
        let account = entrance.account();
        prop_assert_eq!(account.offered, u64::from(next));
        prop_assert_eq!(account.delivered, target.items().len() as u64);
        prop_assert_eq!(account.diverted, other.items().len() as u64);
        prop_assert_eq!(account.queued, electrician_surgeprotector::Queue::len(&*fifo) as u64);
        prop_assert_eq!(account.rejected, back.len() as u64);
        prop_assert_eq!(account.withdrawn, given_up);
        prop_assert_eq!(account.waiting, tasks.len() as u64);
        prop_assert_eq!(
            ok, account.delivered + account.diverted + account.dropped + account.queued
        );
        prop_assert_eq!(account.abandoned, 0);
        let mut seen = [target.items(), other.items(), back].concat();
        seen.sort_unstable();
        let all = seen.len();
        seen.dedup();
        prop_assert_eq!(seen.len(), all, "an item is in two places");
    }
}
