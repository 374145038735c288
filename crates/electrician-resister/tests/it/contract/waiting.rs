//! Waiting for elements and for room.

use electrician_resister::{Element, Placement};
use electrician_testkit::{Verdicts, contract};
use electrician_types::{Batch, Item};

use super::{Queue, Spec, for_both, queue};
use crate::support::Task;

for_both!(
    pop_parks_and_is_woken_once,
    a_queue_that_ran_empty_goes_on,
    push_waits_for_room,
    who_waits_longest_for_room_is_first,
    a_wake_up_that_is_not_used_goes_on,
    a_given_up_push_has_not_queued,
    a_given_up_pop_has_taken_nothing,
    batches_come_out_together,
    many_tasks_lose_nothing,
    what_comes_back_wakes_who_waits,
    one_that_leaves_room_lets_the_next_in,
    light_ones_do_not_slip_past_a_heavy_one,
    a_heavy_one_that_is_given_up_lets_the_next_in,
    a_batch_that_waits_keeps_its_turn,
    a_lighter_value_makes_room,
);

fn pop_parks_and_is_woken_once<Q: Queue>() {
    let queue = queue::<Q>(10);
    let mut popping = Task::parked(queue.pop());
    assert_eq!(popping.wakes(), 0);
    queue.fill(&["a"], 0);
    assert_eq!(popping.wakes(), 1);
    assert_eq!(popping.poll().flatten().map(Element::accept).as_deref(), Some("a"));
}

/// A consumer that found the queue empty is there when something comes later.
fn a_queue_that_ran_empty_goes_on<Q: Queue>() {
    let queue = queue::<Q>(10);
    for round in 0..5 {
        let mut popping = Task::parked(queue.pop());
        queue.fill(&[&round.to_string()], 0);
        let element = popping.poll().flatten().unwrap();
        assert_eq!(element.accept(), round.to_string());
    }
    assert_eq!(queue.counters().popped, 5);
}

fn item(value: &str) -> Item<String> {
    Item::new(value.to_owned())
}

fn push_waits_for_room<Q: Queue>() {
    let queue = queue::<Q>(1);
    queue.fill(&["a"], 0);
    let mut pushing = Task::parked(queue.push(item("b"), Placement::new(0)));
    assert!(pushing.poll().is_none());
    queue.try_pop().unwrap().accept();
    assert!(pushing.wakes() > 0, "room is announced");
    assert!(pushing.poll().is_some_and(|result| result.is_ok()));
    drop(pushing);
    assert_eq!(queue.rest(), ["b"]);
    assert_eq!(queue.counters().refused, 0);
}

fn who_waits_longest_for_room_is_first<Q: Queue>() {
    let queue = queue::<Q>(1);
    queue.fill(&["a"], 0);
    let mut second = Task::parked(queue.push(item("b"), Placement::new(0)));
    let mut third = Task::parked(queue.push(item("c"), Placement::new(0)));
    queue.try_pop().unwrap().accept();
    assert_eq!((second.wakes(), third.wakes()), (1, 0));
    assert!(second.poll().is_some() && third.poll().is_none());
    drop((second, third));
    assert_eq!(queue.rest(), ["b"]);
}

fn a_wake_up_that_is_not_used_goes_on<Q: Queue>() {
    let queue = queue::<Q>(1);
    let first = Task::parked(queue.pop());
    let mut second = Task::parked(queue.pop());
    queue.fill(&["a"], 0);
    assert_eq!((first.wakes(), second.wakes()), (1, 0));
    drop(first);
    assert_eq!(second.wakes(), 1);
    let element = second.poll().flatten().unwrap();
    queue.fill(&[], 0);
    // The same for those who wait for room.
    queue.requeue(element).unwrap();
    let third = Task::parked(queue.push(item("b"), Placement::new(0)));
    let fourth = Task::parked(queue.push(item("c"), Placement::new(0)));
    queue.try_pop().unwrap().accept();
    drop(third);
    assert!(fourth.wakes() > 0);
}

fn a_given_up_push_has_not_queued<Q: Queue>() {
    let queue = queue::<Q>(1);
    let verdicts = Verdicts::counting();
    queue.fill(&["a"], 0);
    drop(Task::parked(queue.push(verdicts.item(1, "b".to_owned()), Placement::new(0))));
    assert!(verdicts.is_nacked(1));
    assert_eq!(queue.rest(), ["a"]);
    assert_eq!(queue.counters().pushed, 1);
}

fn a_given_up_pop_has_taken_nothing<Q: Queue>() {
    let queue = queue::<Q>(1);
    let popping = Task::parked(queue.pop());
    queue.fill(&["a"], 0);
    drop(popping);
    assert_eq!(queue.rest(), ["a"]);
}

fn batches_come_out_together<Q: Queue>() {
    let queue = queue::<Q>(10);
    let mut elements = Vec::new();
    let mut popping = Task::parked(queue.pop_batch(&mut elements, 3));
    queue.fill(&["a", "b", "c", "d"], 0);
    assert_eq!(popping.poll(), Some(3));
    drop(popping);
    assert_eq!(elements.into_iter().map(Element::accept).collect::<Vec<_>>(), ["a", "b", "c"]);
    assert_eq!(queue.rest(), ["d"]);
}

/// Four producers, three consumers, room for five: everything arrives, once.
fn many_tasks_lose_nothing<Q: Queue>() {
    const EACH: usize = 300;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap();
    let queue = queue::<Q>(5);
    let mut all: Vec<String> = runtime.block_on(async {
        let producers: Vec<_> = (0..4_usize)
            .map(|producer| {
                let queue = queue.clone();
                tokio::spawn(async move {
                    for number in 0..EACH {
                        let priority = i32::try_from(number % 3).unwrap();
                        let value = item(&format!("{producer}-{number}"));
                        queue.push(value, Placement::new(priority)).await.unwrap();
                    }
                })
            })
            .collect();
        let consumers: Vec<_> = (0..3)
            .map(|_| {
                let queue = queue.clone();
                tokio::spawn(async move {
                    let mut all = Vec::new();
                    while let Some(element) = queue.pop().await {
                        // Some are tried twice.
                        if element.retries() == 0 && all.len() % 7 == 0 {
                            if let Err(refused) = queue.requeue(element) {
                                all.push(refused.item.accept());
                            }
                        } else {
                            all.push(element.accept());
                        }
                    }
                    all
                })
            })
            .collect();
        for producer in producers {
            producer.await.unwrap();
        }
        queue.close();
        let mut all = Vec::new();
        for consumer in consumers {
            all.extend(consumer.await.unwrap());
        }
        all
    });
    all.extend(queue.rest());
    all.sort();
    all.dedup();
    assert_eq!(all.len(), 4 * EACH);
    let counters = queue.counters();
    assert_eq!(counters.pushed + counters.requeued, counters.popped);
}

/// The laws of `Submit` and `Receive`.
#[tokio::test]
async fn the_queue_in_memory_keeps_the_contract() {
    let suite = contract::submit_receive(
        || {
            let queue = queue::<super::InMemory>(16).0;
            let closing = queue.clone();
            contract::Line::new(queue.clone(), queue, async move { closing.close() })
        },
        |number| number.to_string(),
    );
    suite.await.unwrap();
}

#[cfg(feature = "disk")]
#[tokio::test]
async fn the_queue_on_disk_keeps_the_contract() {
    let folders = std::sync::Mutex::new(Vec::new());
    let suite = contract::submit_receive(
        || {
            let queue = queue::<super::OnDisk>(16);
            let (submit, receive, closing) =
                (queue.queue.clone(), queue.queue.clone(), queue.queue.clone());
            folders.lock().unwrap().push(queue);
            contract::Line::new(submit, receive, async move { closing.close().unwrap() })
        },
        |number| number.to_string(),
    );
    suite.await.unwrap();
}

fn what_comes_back_wakes_who_waits<Q: Queue>() {
    let queue = queue::<Q>(2);
    queue.fill(&["a"], 0);
    let element = queue.try_pop().unwrap();
    let mut pop = Task::parked(queue.pop());
    let before = pop.wakes();
    queue.requeue(element).unwrap();
    assert!(pop.wakes() > before);
    assert_eq!(pop.poll().expect("it is there").map(Element::accept).as_deref(), Some("a"));
}

/// Room for two values of 100 bytes, and one that takes all of it.
fn heavy<Q: Queue>() -> Q {
    let queue = Q::make(&Spec { capacity: 9, heavy: Some(2), ..Spec::default() });
    queue.try_push("x".repeat(200), (0, "heavy")).unwrap();
    queue
}

fn one_that_leaves_room_lets_the_next_in<Q: Queue>() {
    let queue = heavy::<Q>();
    let mut pushes = ["a", "b"]
        .map(|value| Task::parked(queue.push(Item::new(value.repeat(40)), Placement::new(0))));
    queue.try_pop().unwrap().accept();
    // On disk the verdict is looked at with the next call.
    assert_eq!(queue.len(), 0);
    for push in &mut pushes {
        assert!(push.wakes() > 0, "it fits");
        push.poll().expect("there is room").unwrap();
    }
}

/// Two values of 100 bytes in a queue for two, and one of 200 that waits.
fn full<Q: Queue>() -> Q {
    let queue = Q::make(&Spec { capacity: 9, heavy: Some(2), ..Spec::default() });
    queue.fill(&["1".repeat(100).as_str(), "2".repeat(100).as_str()], 0);
    queue
}

fn pop_one<Q: Queue>(queue: &Q) -> String {
    let value = queue.try_pop().expect("one is there").accept();
    // On disk the verdict is looked at with the next call.
    queue.len();
    value
}

fn light_ones_do_not_slip_past_a_heavy_one<Q: Queue>() {
    let queue = full::<Q>();
    let mut heavy = Task::parked(queue.push(item(&"h".repeat(200)), Placement::new(0)));
    let mut light = Task::parked(queue.push(item("light"), Placement::new(0)));
    assert_eq!(pop_one(&queue), "1".repeat(100));
    // It is woken in vain, and stays the first; those behind it wait, and those who come now.
    assert!(heavy.wakes() > 0 && heavy.poll().is_none());
    assert!(light.poll().is_none(), "there would be room for it");
    let mut late = Task::parked(queue.push(item("late"), Placement::new(0)));
    let woken = heavy.wakes();
    pop_one(&queue);
    assert!(heavy.wakes() > woken && light.poll().is_none() && late.poll().is_none());
    heavy.poll().expect("there is room").unwrap();
    assert_eq!(pop_one(&queue), "h".repeat(200));
    for (task, value) in [(&mut light, "light"), (&mut late, "late")] {
        assert!(task.wakes() > 0);
        task.poll().expect("there is room").unwrap();
        assert_eq!(pop_one(&queue), value);
    }
}

fn a_heavy_one_that_is_given_up_lets_the_next_in<Q: Queue>() {
    let queue = full::<Q>();
    let mut heavy = Task::parked(queue.push(item(&"h".repeat(200)), Placement::new(0)));
    let mut light = Task::parked(queue.push(item("light"), Placement::new(0)));
    let mut late = Task::parked(queue.push(item("late"), Placement::new(0)));
    pop_one(&queue);
    assert!(heavy.poll().is_none() && light.wakes() == 0);
    drop(heavy);
    for task in [&mut light, &mut late] {
        assert!(task.wakes() > 0);
        task.poll().expect("there is room").unwrap();
    }
}

fn a_batch_that_waits_keeps_its_turn<Q: Queue>() {
    let queue = queue::<Q>(1);
    queue.fill(&["a"], 0);
    let mut batch = Batch::new();
    batch.push("b".to_owned());
    batch.push("c".to_owned());
    let mut pushing = Task::parked(queue.push_batch(&mut batch, 0));
    let mut late = Task::parked(queue.push(item("late"), Placement::new(0)));
    for (value, is_in) in [("a", false), ("b", true)] {
        assert_eq!(pop_one(&queue), value);
        assert_eq!(pushing.poll().is_some(), is_in);
        assert!(late.poll().is_none());
    }
    assert_eq!(pop_one(&queue), "c");
    late.poll().expect("there is room").unwrap();
}

fn a_lighter_value_makes_room<Q: Queue>() {
    let queue = heavy::<Q>();
    let mut push = Task::parked(queue.push(Item::new("a".repeat(40)), Placement::new(0)));
    let before = push.wakes();
    queue.try_push("light".to_owned(), (0, "heavy")).unwrap();
    assert!(push.wakes() > before);
    push.poll().expect("there is room").unwrap();
}
