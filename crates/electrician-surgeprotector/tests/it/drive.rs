//! Letting out of the queue what waits in it.

use std::sync::Arc;

use electrician_surgeprotector::{
    Admission, DriveError, Fifo, Guarded, Overflow, Queue, SurgeProtector,
};
use electrician_testkit::VirtualClock;
use electrician_types::Submit;

use crate::support::{Target, Task, count, exhaust, limited, ms, now};

type Entrance = Guarded<u32, Target>;

fn entrance(target: Target) -> (Entrance, Arc<Fifo<u32>>, SurgeProtector, VirtualClock) {
    let (protector, clock) = limited(ms(10), 1);
    let queue = Arc::new(Fifo::new(count(100)));
    let overflow = Overflow::Queue(Arc::clone(&queue) as _);
    (Guarded::new(protector.clone(), target, overflow), queue, protector, clock)
}

fn drive(entrance: &Entrance) -> Task<Result<(), DriveError>> {
    let entrance = entrance.clone();
    Task::waiting(async move { entrance.drive().await })
}

/// What is queued after the queue was empty comes out too, without another submit.
#[test]
fn a_drive_goes_on_after_the_queue_was_empty() {
    let (entrance, queue, _protector, clock) = entrance(Target::open());
    let mut driving = drive(&entrance);
    for round in 1..=3 {
        for item in 0..5 {
            now(entrance.submit(item)).unwrap();
        }
        for _ in 0..6 {
            driving.run();
            clock.advance(ms(10));
        }
        assert!(queue.is_empty());
        assert_eq!(entrance.target().items().len(), 5 * round);
    }
    assert_eq!(entrance.account().to_string(), "offered 15 = delivered 15");
}

/// One token for each, also for what was queued, and none for an empty queue.
#[test]
fn each_item_pays_one_token() {
    let (entrance, _queue, protector, clock) = entrance(Target::open());
    for item in 0..4 {
        now(entrance.submit(item)).unwrap();
    }
    let mut driving = drive(&entrance);
    for delivered in 2..=4 {
        clock.advance(ms(10));
        assert_eq!(driving.run(), None);
        assert_eq!(entrance.target().items().len(), delivered);
    }
    clock.advance(ms(10));
    assert_eq!(driving.run(), None);
    assert_eq!(protector.try_admit(1), Admission::Admitted(1), "nothing was queued");
    assert_eq!(clock.pending(), 0, "it waits for an item, and looks at no clock");
    assert_eq!(entrance.target().items(), [0, 1, 2, 3]);
}

#[test]
fn a_drive_waits_for_the_reset() {
    let (entrance, queue, protector, clock) = entrance(Target::open());
    protector.trip();
    now(entrance.submit(1)).unwrap();
    let mut driving = drive(&entrance);
    clock.advance(ms(100));
    assert_eq!((driving.run(), queue.len()), (None, 1));
    protector.reset();
    assert_eq!((driving.run(), queue.len()), (None, 0));
}

#[test]
fn a_drive_ends_with_its_target_and_leaves_the_rest_in_order() {
    let (entrance, queue, protector, clock) = entrance(Target::open());
    exhaust(&protector);
    for item in 1..=3 {
        now(entrance.submit(item)).unwrap();
    }
    entrance.target().close();
    let mut driving = drive(&entrance);
    clock.advance(ms(10));
    assert_eq!(driving.run(), Some(Err(DriveError::Closed)));
    let rest: Vec<u32> = std::iter::from_fn(|| queue.pop()).collect();
    assert_eq!(rest, [1, 2, 3]);
    assert_eq!(entrance.account().to_string(), "offered 3 = delivered 0 + queued 3");
}

#[test]
fn a_drive_given_up_counts_what_it_held() {
    let (entrance, queue, protector, clock) = entrance(Target::with_room(0));
    exhaust(&protector);
    for item in 1..=3 {
        now(entrance.submit(item)).unwrap();
    }
    drop(drive(&entrance));
    assert_eq!(queue.len(), 3, "waiting for a token it holds nothing");
    let mut driving = drive(&entrance);
    clock.advance(ms(10));
    assert_eq!((driving.run(), queue.len()), (None, 2));
    drop(driving);
    let account = entrance.account();
    assert!(account.is_balanced(), "{account}");
    assert_eq!((account.abandoned, account.queued), (1, 2));
}

#[test]
fn a_drain_ends_when_the_queue_is_empty() {
    let (entrance, queue, protector, clock) = entrance(Target::open());
    exhaust(&protector);
    for item in 1..=3 {
        now(entrance.submit(item)).unwrap();
    }
    let draining = entrance.clone();
    let mut task = Task::waiting(async move { draining.drain().await });
    clock.advance(ms(10));
    assert_eq!(task.run(), None);
    clock.advance(ms(10));
    assert_eq!(task.run(), None);
    clock.advance(ms(10));
    assert_eq!((task.run(), queue.len()), (Some(Ok(())), 0));
}

#[test]
fn a_submit_does_not_lose_what_it_cannot_let_out() {
    let (entrance, queue, protector, clock) = entrance(Target::with_room(0));
    exhaust(&protector);
    now(entrance.submit(1)).unwrap();
    clock.advance(ms(10));
    now(entrance.submit(2)).unwrap();
    assert_eq!((queue.pop(), queue.pop()), (Some(1), Some(2)));
}

#[test]
fn without_a_queue_there_is_nothing_to_drive() {
    let (protector, _clock) = limited(ms(10), 1);
    let entrance: Entrance = Guarded::new(protector, Target::open(), Overflow::Wait);
    assert_eq!(now(entrance.drive()), Err(DriveError::NoQueue));
    assert_eq!(now(entrance.drain()), Err(DriveError::NoQueue));
}

#[test]
fn one_at_a_time_drives() {
    let (entrance, _queue, _protector, _clock) = entrance(Target::open());
    let first = drive(&entrance);
    assert_eq!(now(entrance.drive()), Err(DriveError::Driven));
    assert_eq!(now(entrance.drain()), Err(DriveError::Driven));
    drop(first);
    assert_eq!(now(entrance.drain()), Ok(()));
}

/// Nobody passes an item that a drive has in its hand.
#[test]
fn a_submit_does_not_pass_what_a_drive_holds() {
    let (entrance, queue, protector, clock) = entrance(Target::with_room(0));
    exhaust(&protector);
    now(entrance.submit(1)).unwrap();
    let mut driving = drive(&entrance);
    clock.advance(ms(10));
    assert_eq!((driving.run(), queue.len()), (None, 0));
    clock.advance(ms(10));
    entrance.target().add_room(9);
    now(entrance.submit(2)).unwrap();
    assert_eq!(entrance.target().items(), [0; 0]);
    assert_eq!((driving.run(), entrance.target().items()), (None, vec![1, 2]));
}

/// Several threads submit, and each item of each comes out in the order in which it went in.
#[test]
fn threads_that_let_items_out_keep_the_order() {
    for _ in 0..50 {
        let (entrance, queue, _protector, clock) = entrance(Target::open());
        std::thread::scope(|scope| {
            for thread in 0..4 {
                let entrance = &entrance;
                scope.spawn(move || {
                    for item in 0..20 {
                        entrance.try_submit(thread * 100 + item).unwrap();
                        std::thread::yield_now();
                    }
                });
            }
            for _ in 0..100 {
                clock.advance(ms(10));
                std::thread::yield_now();
            }
        });
        let draining = entrance.clone();
        let mut task = Task::new(async move { draining.drain().await });
        task.poll();
        while !task.is_done() {
            clock.advance(ms(10));
            task.run();
        }
        assert!(queue.is_empty());
        let items = entrance.target().items();
        assert_eq!(items.len(), 80);
        for thread in 0..4 {
            let mine = items.iter().filter(|item| *item / 100 == thread);
            assert!(mine.is_sorted(), "{items:?}");
        }
        assert_eq!(entrance.account().to_string(), "offered 80 = delivered 80");
    }
}
