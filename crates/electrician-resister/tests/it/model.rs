//! Both queues against a naive one, on virtual time.

use std::time::Duration;

use electrician_resister::{Aging, Element, Key, Placement};
use electrician_testkit::VirtualClock;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use crate::contract::{Queue, Spec};

const CAPACITY: usize = 6;

#[derive(Clone, Debug)]
enum Step {
    Push { priority: i32, key: Option<u64>, ttl: Option<u64> },
    PushBatch { count: usize, priority: i32 },
    Pop,
    Requeue { priority: Option<i32> },
    DrainExpired,
    Drain,
    Advance(u64),
    Reopen,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        8 => (-3..4, option::of(0..3_u64), option::of(0..12_u64))
            .prop_map(|(priority, key, ttl)| Step::Push { priority, key, ttl }),
        1 => (0..4_usize, -3..4).prop_map(|(count, priority)| Step::PushBatch { count, priority }),
        5 => Just(Step::Pop),
        3 => option::of(-3..4).prop_map(|priority| Step::Requeue { priority }),
        1 => Just(Step::DrainExpired),
        1 => Just(Step::Drain),
        4 => (0..6_u64).prop_map(Step::Advance),
        1 => Just(Step::Reopen),
    ]
}

/// A queue that looks at everything, each time.
struct Naive {
    step: Option<u64>,
    now: u64,
    next: u64,
    waiting: Vec<Entry>,
    expired: Vec<Entry>,
}

#[derive(Clone, Debug)]
struct Entry {
    id: u64,
    value: String,
    key: Option<u64>,
    owns_key: bool,
    priority: i32,
    retries: u32,
    queued: u64,
    sequence: u64,
    deadline: Option<u64>,
    first_seen: u64,
}

// === impl Naive ===

impl Naive {
    fn expire(&mut self) {
        let now = self.now;
        let is_due = |entry: &Entry| entry.deadline.is_some_and(|deadline| deadline <= now);
        let mut due: Vec<Entry> = self.waiting.extract_if(.., |entry| is_due(entry)).collect();
        due.sort_by_key(|entry| (entry.deadline, entry.sequence));
        self.expired.extend(due);
    }

    fn push(&mut self, value: String, priority: i32, key: Option<u64>, ttl: Option<u64>) -> bool {
        self.expire();
        let deadline = ttl.map(|ttl| self.now + ttl);
        let same = |entry: &&mut Entry| entry.owns_key && entry.key == key && key.is_some();
        if let Some(entry) = self.waiting.iter_mut().find(same) {
            *entry = Entry { value, priority, deadline, retries: 0, ..entry.clone() };
            return true;
        }
        if self.waiting.len() + self.expired.len() >= CAPACITY {
            return false;
        }
        self.next += 1;
        self.waiting.push(Entry {
            id: self.next,
            value,
            key,
            owns_key: key.is_some(),
            priority,
            retries: 0,
            queued: self.now,
            sequence: self.next,
            deadline,
            first_seen: self.now,
        });
        true
    }

    /// The one with the highest priority, age included; of equals the first.
    fn pop(&mut self) -> Option<Entry> {
        self.expire();
        let merit = |entry: &Entry| match self.step {
            None => i128::from(entry.priority),
            Some(step) => {
                i128::from(entry.priority) * i128::from(step) + i128::from(self.now - entry.queued)
            }
        };
        let best = self.waiting.iter().map(merit).max()?;
        let equals = self.waiting.iter().enumerate().filter(|(_, entry)| merit(entry) == best);
        let (index, _) = equals.min_by_key(|(_, entry)| entry.sequence)?;
        Some(self.waiting.remove(index))
    }

    fn requeue(&mut self, mut entry: Entry, priority: Option<i32>) {
        self.next += 1;
        entry.sequence = self.next;
        entry.retries += 1;
        entry.queued = self.now;
        entry.priority = priority.unwrap_or(entry.priority);
        let others = || self.waiting.iter().filter(|other| other.key == entry.key);
        let newest = others().filter(|other| other.owns_key).map(|other| other.id).max();
        entry.owns_key = entry.key.is_some() && newest.is_none_or(|newest| newest < entry.id);
        if entry.owns_key {
            let key = entry.key;
            self.waiting.iter_mut().filter(|o| o.key == key).for_each(|o| o.owns_key = false);
        }
        self.waiting.push(entry);
    }

    /// After a restart a name belongs to the newest, unless that is overdue, and the overdue are
    /// found all at once.
    fn reopen(&mut self) {
        self.expire();
        self.expired.sort_by_key(|entry| (entry.deadline, entry.sequence));
        let all: Vec<_> = self.waiting.iter().chain(&self.expired).cloned().collect();
        for entry in &mut self.waiting {
            let newest = all.iter().filter(|other| other.key == entry.key).map(|other| other.id);
            entry.owns_key = entry.key.is_some() && newest.max() == Some(entry.id);
        }
    }
}

fn same(element: &Element<String>, entry: &Entry, now: u64) -> Result<(), TestCaseError> {
    prop_assert_eq!(element.value(), &entry.value);
    prop_assert_eq!(element.priority(), entry.priority);
    prop_assert_eq!(element.retries(), entry.retries);
    prop_assert_eq!(element.key().cloned(), entry.key.map(Key::from));
    prop_assert_eq!(element.waited(), Duration::from_secs(now - entry.queued));
    prop_assert_eq!(element.age(), Duration::from_secs(now - entry.first_seen));
    Ok(())
}

fn run<Q: Queue>(aging: Option<u64>, steps: Vec<Step>) -> Result<(), TestCaseError> {
    let clock = VirtualClock::new();
    let aged = aging.map_or(Aging::none(), |step| Aging::step(Duration::from_secs(step)));
    let spec = Spec { capacity: CAPACITY, aging: aged, clock: clock.clone(), ..Spec::default() };
    let mut queue = Q::make(&spec);
    let mut naive =
        Naive { step: aging, now: 0, next: 0, waiting: Vec::new(), expired: Vec::new() };
    for (number, step) in steps.into_iter().enumerate() {
        let value = format!("value {number}");
        match step {
            Step::Push { priority, key, ttl } => {
                let mut placement = Placement::new(priority);
                if let Some(key) = key {
                    placement = placement.with_key(key);
                }
                if let Some(ttl) = ttl {
                    placement = placement.with_ttl(Duration::from_secs(ttl));
                }
                let pushed = queue.try_push(value.clone(), placement).is_ok();
                prop_assert_eq!(pushed, naive.push(value, priority, key, ttl));
            }
            Step::PushBatch { count, priority } => {
                let mut batch = electrician_types::Batch::new();
                (0..count).for_each(|index| batch.push(format!("{value}.{index}")));
                let pushed = queue.try_push_batch(&mut batch, priority).is_ok();
                let fits = (0..count).take_while(|index| {
                    naive.push(format!("{value}.{index}"), priority, None, None)
                });
                prop_assert_eq!(count - batch.len(), fits.count());
                prop_assert_eq!(pushed, batch.is_empty());
            }
            Step::Pop => {
                let (element, entry) = (queue.try_pop(), naive.pop());
                prop_assert_eq!(element.is_some(), entry.is_some());
                if let (Some(element), Some(entry)) = (element, entry) {
                    same(&element, &entry, naive.now)?;
                    element.accept();
                }
            }
            Step::Requeue { priority } => {
                let (element, entry) = (queue.try_pop(), naive.pop());
                prop_assert_eq!(element.is_some(), entry.is_some());
                if let (Some(mut element), Some(entry)) = (element, entry) {
                    same(&element, &entry, naive.now)?;
                    if let Some(priority) = priority {
                        element = element.with_priority(priority);
                    }
                    prop_assert!(queue.requeue(element).is_ok());
                    naive.requeue(entry, priority);
                }
            }
            Step::DrainExpired => {
                naive.expire();
                let (elements, entries) =
                    (queue.drain_expired(), std::mem::take(&mut naive.expired));
                prop_assert_eq!(elements.len(), entries.len());
                for (element, entry) in elements.into_iter().zip(&entries) {
                    same(&element, entry, naive.now)?;
                    element.accept();
                }
            }
            Step::Drain => {
                let elements = queue.drain();
                for element in elements {
                    let entry = naive.pop().unwrap_or_else(|| naive.expired.remove(0));
                    same(&element, &entry, naive.now)?;
                    element.accept();
                }
                prop_assert!(naive.waiting.is_empty() && naive.expired.is_empty());
            }
            Step::Advance(seconds) => {
                clock.advance(Duration::from_secs(seconds));
                naive.now += seconds;
            }
            Step::Reopen => {
                if queue.survives() {
                    naive.reopen();
                }
                queue = queue.reopen(&spec);
            }
        }
        naive.expire();
        prop_assert_eq!(queue.len(), naive.waiting.len());
        prop_assert_eq!(queue.expired_len(), naive.expired.len());
    }
    Ok(())
}

fn config(cases: u32) -> ProptestConfig {
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(config(512))]

    #[test]
    fn the_queue_in_memory_is_like_the_naive_one(
        aging in option::of(0..4_u64),
        steps in vec(step(), 0..120),
    ) {
        run::<crate::contract::InMemory>(aging, steps)?;
    }
}

#[cfg(feature = "disk")]
proptest! {
    #![proptest_config(config(96))]

    #[test]
    fn the_queue_on_disk_is_like_the_naive_one_across_restarts(
        aging in option::of(0..4_u64),
        steps in vec(step(), 0..120),
    ) {
        run::<crate::contract::OnDisk>(aging, steps)?;
    }
}
