//! Other places for items.

use electrician_surgeprotector::Backup;
use electrician_types::{Refusal, Refused, Submit};

use crate::support::{Target, Task, now};

#[test]
fn failover_takes_the_first_that_has_room() {
    let (first, second) = (Target::with_room(1), Target::open());
    let backup = Backup::failover(Target::closed()).or(first.clone()).or(second.clone());
    for item in 1..=3 {
        now(backup.submit(item)).unwrap();
    }
    assert_eq!((first.items(), second.items()), (vec![1], vec![2, 3]));
    assert_eq!(backup.targets().len(), 3);
}

#[test]
fn failover_waits_for_room_when_there_is_none_and_goes_on_when_it_closes() {
    let (first, second) = (Target::with_room(0), Target::with_room(0));
    let backup = Backup::failover(first.clone()).or(second.clone());
    assert_eq!(backup.try_submit(1), Err(Refused::new(1, Refusal::Full)));
    let mut task = Task::waiting(async move { backup.submit(2).await });
    first.close();
    assert_eq!(task.run(), None);
    second.add_room(1);
    assert_eq!(task.run(), Some(Ok(())));
    assert_eq!(second.items(), [2]);
}

#[test]
fn broadcast_gives_each_a_copy() {
    let (first, second) = (Target::open(), Target::open());
    let backup = Backup::broadcast(first.clone()).or(second.clone());
    now(backup.submit(1)).unwrap();
    backup.try_submit(2).unwrap();
    assert_eq!((first.items(), second.items()), (vec![1, 2], vec![1, 2]));
}

/// One that fails in the middle does not turn the success of the others into an error.
#[test]
fn broadcast_succeeds_when_one_has_taken_it() {
    let places = [Target::open(), Target::closed(), Target::closed()];
    for turn in 0..3 {
        let place = |index: usize| places[(index + turn) % 3].clone();
        let backup = Backup::broadcast(place(0)).or(place(1)).or(place(2));
        now(backup.submit(1)).unwrap();
        backup.try_submit(2).unwrap();
    }
    assert_eq!(places[0].items(), [1, 2, 1, 2, 1, 2]);
    let none = Backup::broadcast(Target::closed()).or(Target::closed());
    assert_eq!(now(none.submit(1)), Err(Refused::new(1, Refusal::Closed)));
    assert_eq!(none.try_submit(2), Err(Refused::new(2, Refusal::Closed)));
}
