//! Every policy, with everything that can go wrong in an order that a seed decides.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use electrician_surgeprotector::{Backup, DriveError, Fifo, Guarded, Overflow, Queue};
use electrician_types::{Refusal, Refused, Submit};
use fastrand::Rng;

use crate::support::{Target, Task, count, limited, ms};

/// A target that has no room at times, and at times refuses what it has room for.
#[derive(Clone, Debug)]
struct Moody {
    target: Target,
    refuses: Arc<AtomicBool>,
    /// Submits that could wait and were refused.
    refusals: Arc<AtomicU64>,
}

impl Moody {
    fn new() -> Self {
        Self { target: Target::with_room(0), refuses: Arc::default(), refusals: Arc::default() }
    }

    fn check(&self, item: u32) -> Result<u32, Refused<u32>> {
        let refusal = Refusal::TooLarge { size: 2, budget: 1 };
        if self.refuses.load(Ordering::SeqCst) {
            Err(Refused::new(item, refusal))
        } else {
            Ok(item)
        }
    }
}

impl Submit<u32> for Moody {
    async fn submit(&self, item: u32) -> Result<(), Refused<u32>> {
        let checked = self.check(item);
        self.refusals.fetch_add(u64::from(checked.is_err()), Ordering::SeqCst);
        self.target.submit(checked?).await
    }

    fn try_submit(&self, item: u32) -> Result<(), Refused<u32>> {
        self.target.try_submit(self.check(item)?)
    }
}

type Entrance = Guarded<u32, Moody>;

/// What a seed does to an entrance.
struct Course {
    entrance: Entrance,
    places: [Moody; 2],
    submits: Vec<Task<Result<(), Refused<u32>>>>,
    driving: Option<Task<Result<(), DriveError>>>,
    refused: Vec<u32>,
    next: u32,
    /// How many drives were given up.
    given_up: u64,
    rng: Rng,
}

impl Course {
    fn submit(&mut self) {
        let (entrance, item) = (self.entrance.clone(), self.next);
        self.next += 1;
        if self.rng.u8(..3) == 0 {
            self.refused.extend(entrance.try_submit(item).err().map(|refused| refused.item));
            return;
        }
        let mut submit = Task::new(async move { entrance.submit(item).await });
        match submit.poll() {
            Some(result) => self.refused.extend(result.err().map(|refused| refused.item)),
            None => self.submits.push(submit),
        }
    }

    fn drive(&mut self) {
        let entrance = self.entrance.clone();
        // One at a time: the last one ends first.
        self.stop_driving();
        let mut driving = Task::new(async move { entrance.drive().await });
        self.driving = driving.poll().is_none().then_some(driving);
    }

    fn stop_driving(&mut self) {
        self.given_up += u64::from(self.driving.take().is_some());
    }

    /// Everybody goes on who was woken.
    fn run(&mut self) {
        let refused = &mut self.refused;
        self.submits.retain_mut(|submit| match submit.run() {
            Some(result) => {
                refused.extend(result.err().map(|refused| refused.item));
                false
            }
            None => true,
        });
        if self.driving.as_mut().is_some_and(|driving| driving.run().is_some()) {
            self.driving = None;
        }
    }

    fn step(&mut self) {
        let place = &self.places[self.rng.usize(..2)];
        match self.rng.u8(..20) {
            0..9 => self.submit(),
            9 | 10 if !self.submits.is_empty() => {
                let index = self.rng.usize(..self.submits.len());
                drop(self.submits.swap_remove(index));
            }
            11 => drop(self.entrance.protector().trip()),
            12 | 13 => drop(self.entrance.protector().reset()),
            14 => drop(place.refuses.fetch_xor(true, Ordering::SeqCst)),
            15..18 => place.target.add_room(self.rng.usize(1..4)),
            18 => self.drive(),
            19 => self.stop_driving(),
            _ => {}
        }
    }
}

fn overflow(policy: usize, queue: &Arc<Fifo<u32>>, backup: &Moody) -> Overflow<u32, Moody> {
    match policy {
        0 => Overflow::Wait,
        1 => Overflow::Reject,
        2 => Overflow::DropOldest(count(3)),
        3 => Overflow::DropNewest,
        4 => Overflow::Queue(Arc::clone(queue) as _),
        _ => Overflow::Divert(Backup::failover(backup.clone())),
    }
}

fn conserves(policy: usize, seed: u64) {
    let (protector, clock) = limited(ms(10), 2);
    let (places, queue) = ([Moody::new(), Moody::new()], Arc::new(Fifo::new(count(5))));
    let overflow = overflow(policy, &queue, &places[1]);
    let what = format!("{overflow:?}, seed {seed}");
    let entrance = if seed.is_multiple_of(2) {
        Guarded::new(protector, places[0].clone(), overflow)
    } else {
        let backup = Backup::failover(places[1].clone());
        Guarded::with_backup(protector, places[0].clone(), overflow, backup)
    };
    let (submits, refused) = (Vec::new(), Vec::new());
    let rng = Rng::with_seed(seed);
    let mut course =
        Course { entrance, places, submits, driving: None, refused, next: 0, given_up: 0, rng };
    for _ in 0..300 {
        course.step();
        if course.rng.u8(..4) == 0 {
            clock.advance(ms(course.rng.u64(1..15)));
        }
        course.run();
        let account = course.entrance.account();
        assert!(account.is_balanced(), "{what}: {account}");
    }
    // Now everything has the time and the room that it needs.
    course.entrance.protector().reset();
    for place in &course.places {
        place.refuses.store(false, Ordering::SeqCst);
        place.target.add_room(1000);
    }
    for _ in 0..1000 {
        clock.advance(ms(10));
        course.run();
    }
    assert!(course.submits.is_empty(), "{what}: {} submits hang", course.submits.len());
    course.stop_driving();
    let account = course.entrance.account();
    assert!(account.is_balanced(), "{what}: {account}");
    assert_eq!((account.offered, account.waiting), (u64::from(course.next), 0), "{what}");
    // What a drive had in hand when it was given up or refused; nothing else is lost.
    let losses = course.given_up + course.places[0].refusals.load(Ordering::SeqCst);
    assert!(account.abandoned <= losses, "{what}: {account}, at most {losses} abandoned");
    let queued: Vec<u32> = std::iter::from_fn(|| queue.pop()).collect();
    let [target, backup] = course.places.map(|place| place.target.items());
    let counted = [account.delivered, account.diverted, account.rejected, account.queued];
    let seen = [&target, &backup, &course.refused, &queued].map(|items| items.len() as u64);
    assert_eq!(counted, seen, "{what}: {account}");
    let mut all = [target, backup, course.refused, queued].concat();
    let count = all.len();
    all.sort_unstable();
    all.dedup();
    assert_eq!(all.len(), count, "{what}: an item is in two places");
    let unseen = account.dropped + account.withdrawn + account.abandoned;
    assert_eq!(count as u64 + unseen, account.offered, "{what}: {account}");
}

#[test]
fn whatever_happens_each_item_is_in_one_place() {
    for policy in 0..6 {
        (0..100).for_each(|seed| conserves(policy, seed));
    }
}
