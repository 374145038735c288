use std::sync::Arc;
use std::time::Duration;

use electrician_types::Clock;

use super::{Batch, Item, Park, SystemTime};
use crate::clock::RuntimeClock;

fn keyed() -> Park<u64> {
    Park::new(8, Some(Arc::new(|n: &u64| n % 10)))
}

fn batch(items: impl IntoIterator<Item = u64>) -> Batch<u64> {
    items.into_iter().map(Item::new).collect()
}

fn values(items: impl IntoIterator<Item = Item<u64>>) -> Vec<u64> {
    items.into_iter().map(Item::accept).collect()
}

#[test]
fn the_first_due_goes_first_and_of_two_at_once_the_first_to_come() {
    let start = RuntimeClock.now();
    let at = |ms| start + Duration::from_millis(ms);
    let mut park = Park::new(8, None);
    for (n, due) in [(1_u64, 30), (2, 10), (3, 20), (4, 10)] {
        park.add(Item::new(n), 1, SystemTime::UNIX_EPOCH, at(due));
    }
    assert_eq!((park.len(), park.next_due()), (4, Some(at(10))));
    assert!(park.take_due(at(9)).is_none());
    let mut order = Vec::new();
    while let Some((parked, behind)) = park.take_due(at(20)) {
        assert!(behind.is_empty());
        order.push(parked.item.accept());
    }
    assert_eq!(order, [2, 4, 3]);
    assert_eq!((park.len(), park.next_due()), (1, Some(at(30))));
}

#[test]
fn what_follows_an_item_of_its_key_is_held_back_and_comes_with_it() {
    let start = RuntimeClock.now();
    let mut park = keyed();
    park.add(Item::new(3), 1, SystemTime::UNIX_EPOCH, start);
    let mut inbox = batch([1, 13, 2, 23]);
    park.hold_back(&mut inbox);
    assert_eq!(values(inbox), [1, 2]);
    assert_eq!(park.len(), 3);
    let (parked, mut behind) = park.take_due(start).unwrap();
    assert_eq!((parked.item.accept(), parked.key, park.len()), (3, Some(3), 0));
    // It is done with: they are free, and their key as well.
    park.put_behind(Some(3), &mut behind);
    assert_eq!(values(behind), [13, 23]);
    let mut inbox = batch([33]);
    park.hold_back(&mut inbox);
    assert_eq!(inbox.len(), 1);
}

#[test]
fn what_was_behind_an_item_that_waits_again_stays_behind_it() {
    let start = RuntimeClock.now();
    let mut park = keyed();
    park.add(Item::new(3), 1, SystemTime::UNIX_EPOCH, start);
    park.hold_back(&mut batch([13, 23]));
    let (parked, mut behind) = park.take_due(start).unwrap();
    let key = parked.key();
    park.add(parked.item, 2, SystemTime::UNIX_EPOCH, start);
    park.put_behind(key, &mut behind);
    assert!(behind.is_empty());
    park.hold_back(&mut batch([33]));
    assert_eq!(park.len(), 4);
    assert_eq!(values(park.drain()), [3, 13, 23, 33]);
    assert_eq!((park.len(), park.next_due()), (0, None));
}

#[test]
fn it_has_room_up_to_its_limit() {
    let mut park = Park::new(2, None);
    for n in 0..2_u64 {
        assert!(park.has_room());
        park.add(Item::new(n), 1, SystemTime::UNIX_EPOCH, RuntimeClock.now());
    }
    assert!(!park.has_room());
    assert!(!Park::<u64>::new(0, None).has_room());
}
