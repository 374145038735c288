//! What only the queue on disk promises.

use std::time::{Duration, UNIX_EPOCH};

use electrician_resister::{
    DiskResister, DiskResisterBuilder, Element, Fsync, OpenError, Placement,
};
use electrician_testkit::{Verdicts, VirtualClock};
use electrician_types::{Batch, NackReason, Receipt, Refusal};

use crate::support::{Folder, Task};

/// Small segments, so that there are many; nothing forced to the disk, so that it is quick.
pub(crate) fn small(folder: &Folder) -> DiskResisterBuilder<String> {
    DiskResister::builder(folder.path())
        .with_max_bytes(64 * 1024)
        .with_segment_bytes(1024)
        .with_fsync(Fsync::Never)
}

fn open(folder: &Folder) -> DiskResister<String> {
    let (queue, report) = small(folder).open().unwrap();
    assert!(report.is_clean(), "{report}");
    queue
}

fn rest(queue: &DiskResister<String>) -> Vec<String> {
    std::iter::from_fn(|| queue.try_pop().map(Element::accept)).collect()
}

#[test]
fn what_was_pushed_is_there_after_a_restart_in_order() {
    let folder = Folder::new();
    let queue = open(&folder);
    for (value, priority) in [("c", 0), ("a", 9), ("d", -4), ("b", 9)] {
        queue.try_push(value.to_owned(), priority).unwrap();
    }
    queue.try_pop().unwrap().accept();
    drop(queue);
    let (queue, report) = small(&folder).open().unwrap();
    assert_eq!((report.records, report.frames, report.segments), (3, 5, 1));
    assert_eq!(queue.counters().recovered, 3);
    assert_eq!(rest(&queue), ["b", "c", "d"]);
}

#[test]
fn what_has_no_verdict_is_there_after_a_restart() {
    let folder = Folder::new();
    let queue = open(&folder);
    queue.try_push("acked".to_owned(), 3).unwrap();
    queue.try_push("nacked".to_owned(), 2).unwrap();
    queue.try_push("out".to_owned(), 1).unwrap();
    let acked = queue.try_pop().unwrap();
    let nacked = queue.try_pop().unwrap();
    let out = queue.try_pop().unwrap();
    acked.accept();
    let (_, receipt) = nacked.into_item().into_parts();
    receipt.nack(NackReason::Failed);
    assert_eq!((queue.len(), queue.in_flight()), (1, 1));
    drop(queue);
    // The element in flight still holds the directory.
    assert!(matches!(small(&folder).open(), Err(OpenError::Locked { .. })));
    // As a kill does, it leaves no verdict behind.
    drop(out);
    let queue = open(&folder);
    let elements: Vec<_> = std::iter::from_fn(|| queue.try_pop()).collect();
    let seen: Vec<_> = elements.iter().map(|e| (e.value().as_str(), e.retries())).collect();
    assert_eq!(seen, [("nacked", 1), ("out", 1)]);
}

#[test]
fn a_dropped_element_goes_back_to_the_queue() {
    let folder = Folder::new();
    let queue = open(&folder);
    queue.try_push("a".to_owned(), 0).unwrap();
    queue.try_push("b".to_owned(), 0).unwrap();
    drop(queue.try_pop());
    let second = queue.try_pop().unwrap();
    let third = queue.try_pop().unwrap();
    assert_eq!((second.value().as_str(), second.retries()), ("b", 0));
    assert_eq!((third.value().as_str(), third.retries()), ("a", 1));
    assert_eq!(queue.counters().requeued, 1);
}

/// At once, without another call to the queue.
#[test]
fn a_verdict_wakes_who_waits() {
    let folder = Folder::new();
    let (queue, _) = DiskResister::builder(folder.path()).with_capacity(1).open().unwrap();
    queue.try_push("a".to_owned(), 0).unwrap();
    let element = queue.try_pop().unwrap();
    let mut pop = Task::parked(queue.pop());
    drop(element);
    assert_eq!(pop.wakes(), 1);
    let element = pop.poll().flatten().expect("it came back");
    let mut push = Task::parked(queue.push("b".to_owned(), 0));
    let mut next = Task::parked(queue.push("c".to_owned(), 0));
    element.accept();
    assert_eq!((push.wakes(), next.wakes()), (1, 0));
    push.poll().expect("there is room").unwrap();
    assert!(next.wakes() > 0 && next.poll().is_none());
}

#[test]
fn the_receipt_of_an_item_is_acknowledged_when_it_is_stored() {
    let folder = Folder::new();
    let queue = open(&folder);
    let verdicts = Verdicts::counting();
    queue.try_push(verdicts.item(1, "a".to_owned()), 0).unwrap();
    assert!(verdicts.is_acked(1));
    let mut batch = Batch::new();
    batch.push(verdicts.item(2, "b".to_owned()));
    batch.push(verdicts.item(3, "c".to_owned()));
    queue.try_push_batch(&mut batch, 0).unwrap();
    assert!(verdicts.is_acked(2) && verdicts.is_acked(3));
    queue.close().unwrap();
    let refused = queue.try_push(verdicts.item(4, "d".to_owned()), 0).unwrap_err();
    assert_eq!(verdicts.open(), [4]);
    drop(refused);
    assert!(verdicts.is_nacked(4) && verdicts.breaches().is_empty());
}

/// Whatever a stage makes of an element: it is done with when all of its parts are.
#[test]
fn receipts_of_the_queue_can_be_split_and_merged() {
    let folder = Folder::new();
    let queue = open(&folder);
    queue.try_push("a".to_owned(), 0).unwrap();
    queue.try_push("b".to_owned(), 0).unwrap();
    let receipt =
        |queue: &DiskResister<String>| queue.try_pop().unwrap().into_item().into_parts().1;
    let mut parts = receipt(&queue).split(2);
    parts.next().unwrap().ack();
    assert_eq!((queue.len(), queue.in_flight()), (1, 1));
    drop(parts);
    assert_eq!((queue.len(), queue.in_flight()), (2, 0));
    let merged = Receipt::merge([receipt(&queue), receipt(&queue)]);
    assert_eq!(queue.in_flight(), 2);
    std::thread::spawn(|| merged.ack()).join().unwrap();
    assert_eq!((queue.len(), queue.in_flight(), queue.counters().acked), (0, 0, 2));
}

#[test]
fn everything_that_is_known_survives_a_restart() {
    let folder = Folder::new();
    let clock = VirtualClock::new();
    let start = UNIX_EPOCH + Duration::from_secs(1_000_000_000);
    let at = |passed: u64| {
        small(&folder)
            .with_clock(clock.clone())
            .with_wall_time(start + Duration::from_secs(passed))
            .open()
            .unwrap()
            .0
    };
    let queue = at(0);
    let placement = Placement::new(4).with_key("name").with_ttl(Duration::from_secs(100));
    queue.try_push("v".to_owned(), placement).unwrap();
    clock.advance(Duration::from_secs(5));
    let id = queue.try_pop().map(|element| element.id()).unwrap();
    drop(queue);
    let queue = at(30);
    let element = queue.try_pop().unwrap();
    assert_eq!((element.id(), element.priority(), element.retries()), (id, 4, 1));
    assert_eq!(element.key(), Some(&"name".into()));
    assert_eq!(element.first_seen(), start);
    assert_eq!(
        (element.waited(), element.age()),
        (Duration::from_secs(25), Duration::from_secs(30))
    );
    assert_eq!(element.expires(), Some(start + Duration::from_secs(100)));
    drop((element, queue));
    assert_eq!(at(101).expired_len(), 1);
}

#[test]
fn numbers_are_not_given_twice() {
    let folder = Folder::new();
    let mut last = 0;
    for _ in 0..5 {
        let queue = open(&folder);
        for _ in 0..30 {
            queue.try_push("x".repeat(50), 0).unwrap();
            let element = queue.try_pop().unwrap();
            assert!(element.id() > last);
            last = element.id();
            element.accept();
        }
    }
}

#[test]
fn time_does_not_go_back_when_the_wall_clock_does() {
    let folder = Folder::new();
    let day = Duration::from_hours(24);
    let at = |wall| small(&folder).with_wall_time(UNIX_EPOCH + wall).open().unwrap().0;
    at(3 * day).try_push("a".to_owned(), 0).unwrap();
    let element = at(2 * day).try_pop().unwrap();
    assert!(element.waited() < day && element.first_seen() >= UNIX_EPOCH + 3 * day);
}

#[test]
fn the_name_of_an_element_survives_a_restart() {
    let folder = Folder::new();
    open(&folder).try_push("a1".to_owned(), (0, "a")).unwrap();
    open(&folder).try_push("a2".to_owned(), (5, "a")).unwrap();
    let queue = open(&folder);
    assert_eq!((queue.len(), rest(&queue)), (1, vec!["a2".to_owned()]));
    drop(queue);
    assert_eq!(open(&folder).len(), 0);
}

#[test]
fn segments_that_are_done_with_are_deleted() {
    let folder = Folder::new();
    let queue = open(&folder);
    for round in 0..500 {
        queue.try_push(format!("{round} {}", "x".repeat(100)), 0).unwrap();
        queue.try_pop().unwrap().accept();
    }
    assert_eq!((queue.len(), queue.bytes()), (0, 0));
    assert!(folder.segments().len() <= 2, "{:?}", folder.segments());
    drop(queue);
    assert!(open(&folder).is_empty());
}

/// One old element does not keep everything alive that came after it.
#[test]
fn an_old_element_is_moved_to_the_front() {
    let folder = Folder::new();
    let mut queue = open(&folder);
    queue.try_push("old".to_owned(), -1).unwrap();
    let held = queue.try_pop().unwrap();
    for round in 0..2000 {
        queue.try_push(format!("{round} {}", "x".repeat(100)), 0).unwrap();
        queue.try_pop().unwrap().accept();
        // Twice what is in it, and three segments.
        let bound = 2 * queue.bytes() + 3 * 1024;
        assert!(queue.disk_bytes() <= bound, "{} of {bound}", queue.disk_bytes());
    }
    let on_disk: u64 = folder.segments().iter().map(|path| path.metadata().unwrap().len()).sum();
    assert_eq!(queue.disk_bytes(), on_disk);
    drop(held);
    for _ in 0..3 {
        drop(queue);
        queue = open(&folder);
        assert_eq!(queue.len(), 1);
    }
    assert_eq!(rest(&queue), ["old"]);
}

/// An element that fails again and again, and one that is replaced, fill the log as well.
#[test]
fn what_comes_back_or_is_replaced_does_not_fill_the_disk() {
    let folder = Folder::new();
    let queue = open(&folder);
    queue.try_push("failing".to_owned(), 0).unwrap();
    for round in 0..3000_u64 {
        drop(queue.try_pop());
        queue.try_push(format!("value {round}"), (-1, "same")).unwrap();
        assert!(queue.disk_bytes() <= 2 * queue.bytes() + 4 * 1024, "{}", queue.disk_bytes());
    }
    drop(queue);
    let queue = open(&folder);
    let element = queue.try_pop().unwrap();
    assert_eq!((element.value().as_str(), element.retries()), ("failing", 3000));
    element.accept();
    assert_eq!(rest(&queue), ["value 2999"]);
}

#[test]
fn acknowledged_elements_stay_away_when_segments_go() {
    let folder = Folder::new();
    let mut expected = Vec::new();
    for round in 0..20 {
        let queue = open(&folder);
        for number in 0..40 {
            queue.try_push(format!("{round}-{number}"), 0).unwrap();
            expected.push(format!("{round}-{number}"));
        }
        for value in expected.drain(..37) {
            assert_eq!(queue.try_pop().unwrap().accept(), value);
        }
    }
    assert_eq!(rest(&open(&folder)), expected);
}

#[test]
fn a_value_larger_than_a_segment_has_one_of_its_own() {
    let folder = Folder::new();
    let queue = open(&folder);
    queue.try_push("small".to_owned(), 0).unwrap();
    queue.try_push("y".repeat(5000), 0).unwrap();
    let refused = queue.try_push("z".repeat(64 * 1024), 0).unwrap_err();
    assert!(matches!(refused.reason, Refusal::TooLarge { .. }));
    drop(queue);
    assert_eq!(rest(&open(&folder)), ["small".to_owned(), "y".repeat(5000)]);
}

/// A value that a later version of the program cannot read does not stop the others.
#[test]
fn what_cannot_be_decoded_is_set_aside() {
    let folder = Folder::new();
    let open = |is_picky: bool| {
        DiskResister::<String>::builder_with(
            folder.path(),
            |value, bytes| bytes.extend_from_slice(value.as_bytes()),
            move |bytes| match bytes {
                b"old" if is_picky => Err("no longer understood".into()),
                b"bomb" if is_picky => panic!("a bomb"),
                bytes => Ok(String::from_utf8(bytes.to_vec())?),
            },
        )
        .with_fsync(Fsync::Never)
        .open()
        .unwrap()
        .0
    };
    let queue = open(false);
    for value in ["old", "bomb", "new"] {
        queue.try_push(value.to_owned(), 0).unwrap();
    }
    drop(queue);
    let queue = open(true);
    assert_eq!(rest(&queue), ["new"]);
    let spoiled = queue.drain_spoiled();
    let bytes: Vec<_> = spoiled.iter().map(|spoiled| &spoiled.bytes[..]).collect();
    assert_eq!(bytes, [&b"old"[..], b"bomb"]);
    assert!(spoiled[0].error.to_string().contains("no longer understood"));
    let mut spoiled = spoiled.into_iter();
    spoiled.next().unwrap().receipt.ack();
    drop(spoiled);
    assert_eq!(queue.len(), 1, "the other is tried again");
    assert!(queue.try_pop().is_none());
    drop(queue);
    assert_eq!(rest(&open(false)), ["bomb"]);
}

#[test]
fn an_encoder_that_panics_costs_one_item() {
    let folder = Folder::new();
    let (queue, _) = DiskResister::<u64>::builder_with(
        folder.path(),
        |value, bytes| {
            bytes.push(1);
            assert_ne!(*value, 13);
        },
        |bytes| Ok(bytes.len() as u64),
    )
    .open()
    .unwrap();
    let refused = queue.try_push(13, 0).unwrap_err();
    assert_eq!((*refused.item.value(), refused.reason), (13, Refusal::Panicked));
    let mut batch = Batch::new();
    for value in [1, 13, 2] {
        batch.push(value);
    }
    assert_eq!(queue.try_push_batch(&mut batch, 0), Err(Refusal::Panicked));
    assert_eq!((batch.front(), queue.len()), (Some(&13), 1));
    assert_eq!(queue.try_pop().unwrap().accept(), 1);
}

#[test]
fn an_element_of_another_queue_is_pushed_as_a_new_one() {
    let (one, two) = (Folder::new(), Folder::new());
    let (one, two) = (open(&one), open(&two));
    one.try_push("a".to_owned(), (3, "a")).unwrap();
    two.requeue(one.try_pop().unwrap()).unwrap();
    assert_eq!((one.len(), one.in_flight()), (0, 0));
    let element = two.try_pop().unwrap();
    assert_eq!((element.value().as_str(), element.priority(), element.retries()), ("a", 3, 0));
}

#[test]
fn a_configuration_that_cannot_work_says_everything() {
    let folder = Folder::new();
    let builder = DiskResister::<String>::builder(folder.path())
        .with_capacity(0)
        .with_max_bytes(0)
        .with_segment_bytes(10);
    match builder.open() {
        Err(OpenError::Config(error)) => assert_eq!(error.problems().len(), 3, "{error}"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn every_policy_survives_a_restart() {
    for fsync in [Fsync::EveryWrite, Fsync::Every(Duration::from_millis(1)), Fsync::Never] {
        let folder = Folder::new();
        let queue = small(&folder).with_fsync(fsync).open().unwrap().0;
        for number in 0..20 {
            queue.try_push(format!("{number} {}", "x".repeat(100)), 0).unwrap();
        }
        queue.sync().unwrap();
        drop(queue);
        assert_eq!(open(&folder).len(), 20);
    }
}

#[test]
fn handles_receipts_and_waits_go_anywhere() {
    fn send_sync<T: Send + Sync>() {}
    send_sync::<DiskResister<std::cell::Cell<u64>>>();
    send_sync::<OpenError>();
}
