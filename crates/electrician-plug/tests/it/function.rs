//! Functions as sources: the tap asks for demand, refuses after the stop, and loses nothing.

use std::sync::{Arc, Mutex};

use electrician_plug::{Plug, Tap};
use electrician_types::{Acknowledge, ErrorKind, Item, Receipt, Refusal, Submit, Verdict};

use crate::support::{Count, fed, finish, ms, settle, soon, stalled, stop, stop_within, values};

type Outcome = Result<(), String>;

#[tokio::test(start_paused = true)]
async fn what_a_function_submits_arrives_and_its_end_ends_the_run() {
    let plug = Plug::function(|tap: Tap<u64>| async move {
        for n in 0..500 {
            tap.submit(n).await.map_err(|refused| refused.to_string())?;
        }
        Outcome::Ok(())
    });
    let stopped = finish(fed(plug)).await;
    assert!(stopped.source_errors.is_empty());
    assert_eq!(values(stopped.outputs), (0..500).collect::<Vec<_>>());
    let again = finish(stopped.component.start().unwrap()).await;
    assert_eq!(values(again.outputs).len(), 500, "the function is called anew");
}

#[tokio::test(start_paused = true)]
async fn an_error_of_the_function_is_reported_and_what_it_submitted_goes_in() {
    let plug = Plug::function(|tap: Tap<u64>| async move {
        tap.submit(1).await.map_err(|refused| refused.to_string())?;
        Err::<(), _>(String::from("out of numbers"))
    });
    let stopped = finish(fed(plug)).await;
    assert_eq!(values(stopped.outputs), [1]);
    assert_eq!(stopped.source_errors.len(), 1);
    assert_eq!(stopped.source_errors[0].kind(), ErrorKind::Failed);
    assert!(stopped.source_errors[0].to_string().contains("out of numbers"));
}

#[tokio::test(start_paused = true)]
async fn a_panic_of_the_function_is_reported_and_what_it_submitted_goes_in() {
    let plug = Plug::function(|tap: Tap<u64>| async move {
        tap.submit(1).await.map_err(|refused| refused.to_string())?;
        tap.submit(2).await.map_err(|refused| refused.to_string())?;
        assert!(tap.try_submit(3).is_err(), "the function panicked as told");
        Outcome::Ok(())
    });
    let stopped = finish(fed(plug)).await;
    assert_eq!(values(stopped.outputs), [1, 2, 3]);
    assert_eq!(stopped.source_errors[0].kind(), ErrorKind::Panicked);
}

#[tokio::test(start_paused = true)]
async fn clones_of_the_tap_work_in_tasks_of_their_own() {
    let plug = Plug::function(|tap: Tap<u64>| async move {
        let tasks: Vec<_> = (0..8)
            .map(|task| {
                let tap = tap.clone();
                tokio::spawn(async move {
                    for n in 0..50 {
                        tap.submit(task * 50 + n).await.unwrap();
                    }
                })
            })
            .collect();
        for task in tasks {
            task.await.map_err(|error| error.to_string())?;
        }
        Outcome::Ok(())
    });
    let stopped = finish(fed(plug)).await;
    let mut outputs = values(stopped.outputs);
    outputs.sort_unstable();
    assert_eq!(outputs, (0..400).collect::<Vec<_>>());
}

#[tokio::test(start_paused = true)]
async fn after_the_stop_a_tap_gives_the_item_back() {
    let (lent, waiting) = (Arc::new(Mutex::new(None)), Count::new());
    let (place, count) = (Arc::clone(&lent), Arc::clone(&waiting));
    let plug = Plug::function(move |tap: Tap<u64>| {
        *place.lock().unwrap() = Some(tap.clone());
        let count = Arc::clone(&count);
        async move {
            tap.submit(1).await.map_err(|refused| refused.to_string())?;
            count.up();
            std::future::pending::<Outcome>().await
        }
    });
    let running = fed(plug);
    soon(waiting.reached(1)).await;
    let tap = lent.lock().unwrap().take().unwrap();
    let stopped = stop(running).await;
    assert_eq!(values(stopped.outputs), [1]);
    let refused = tap.try_submit(2).unwrap_err();
    assert_eq!((refused.reason, refused.item), (Refusal::Closed, 2));
    let refused = soon(Submit::submit(&tap, 3)).await.unwrap_err();
    assert!(refused.is_closed());
    assert_eq!(refused.into_item(), 3);
    let refused = soon(tap.submit_item(Item::new(4))).await.unwrap_err();
    assert_eq!(refused.into_item().accept(), 4);
}

#[tokio::test(start_paused = true)]
async fn a_submit_that_waits_at_the_stop_is_refused_with_its_item() {
    let refusals = Arc::new(Mutex::new(Vec::new()));
    let list = Arc::clone(&refusals);
    let plug = Plug::function(move |tap: Tap<u64>| {
        let list = Arc::clone(&list);
        async move {
            for n in 0..30 {
                let (tap, list) = (tap.clone(), Arc::clone(&list));
                tokio::spawn(async move {
                    if let Err(refused) = tap.submit(n).await {
                        list.lock().unwrap().push(refused.item);
                    }
                });
            }
            std::future::pending::<Outcome>().await
        }
    });
    let running = stalled(plug, 4);
    settle().await;
    let stopped = stop_within(running, ms(10)).await;
    settle().await;
    let mut all = values(stopped.inputs);
    let accepted = all.len();
    all.extend(refusals.lock().unwrap().iter());
    all.sort_unstable();
    assert_eq!(
        all,
        (0..30).collect::<Vec<_>>(),
        "came back ({accepted}) or was refused: each once"
    );
}

#[tokio::test(start_paused = true)]
async fn what_was_submitted_when_the_run_stops_still_goes_in() {
    let (lent, accepted) = (Arc::new(Mutex::new(None)), Count::new());
    let place = Arc::clone(&lent);
    let plug = Plug::function(move |tap: Tap<u64>| {
        *place.lock().unwrap() = Some(tap);
        std::future::pending::<Outcome>()
    });
    let running = fed(plug);
    settle().await;
    let tap = lent.lock().unwrap().take().unwrap();
    // The reader has no turn between these and the stop.
    for n in 0..20 {
        tap.try_submit(n).unwrap();
        accepted.up();
    }
    let stopped = stop(running).await;
    assert_eq!(stopped.ledger.accepted, accepted.get() as u64);
    assert_eq!(values(stopped.outputs), (0..20).collect::<Vec<_>>());
}

#[tokio::test(start_paused = true)]
async fn when_the_function_ends_its_clones_are_refused() {
    let results = Arc::new(Mutex::new(Vec::new()));
    let (list, over) = (Arc::clone(&results), Count::new());
    let wait = Arc::clone(&over);
    let plug = Plug::function(move |tap: Tap<u64>| {
        let (list, over) = (Arc::clone(&list), Arc::clone(&wait));
        async move {
            tap.submit(0).await.map_err(|refused| refused.to_string())?;
            tokio::spawn(async move {
                over.reached(1).await;
                let result = tap.submit(1).await;
                list.lock().unwrap().push(result);
            });
            Outcome::Ok(())
        }
    });
    let stopped = finish(fed(plug)).await;
    over.up();
    settle().await;
    assert_eq!(values(stopped.outputs), [0]);
    let results = results.lock().unwrap();
    assert!(matches!(&results[..], [Err(refused)] if refused.is_closed() && refused.item == 1));
}

#[tokio::test(start_paused = true)]
async fn what_a_tap_took_comes_back_at_the_deadline() {
    let lent = Arc::new(Mutex::new(None));
    let place = Arc::clone(&lent);
    let plug = Plug::function(move |tap: Tap<u64>| {
        *place.lock().unwrap() = Some(tap);
        std::future::pending::<Outcome>()
    });
    let running = stalled(plug, 4);
    settle().await;
    let tap = lent.lock().unwrap().take().unwrap();
    // Others take the room that the source was asked to fill.
    let mut accepted = Vec::new();
    for n in 0..5 {
        running.submit(n).await.unwrap();
        accepted.push(n);
        settle().await;
    }
    for n in 100..110 {
        if tap.try_submit(n).is_ok() {
            accepted.push(n);
        }
        settle().await;
    }
    assert!(accepted.len() > 5, "the tap took at least one item");
    let stopped = stop_within(running, ms(10)).await;
    let mut back = values(stopped.inputs);
    back.sort_unstable();
    assert_eq!(back, accepted, "everything that was accepted, with Ok, comes back");
}

struct Verdicts(Mutex<Vec<(u64, Verdict)>>);

impl Acknowledge for Verdicts {
    fn settle(&self, token: u64, verdict: Verdict) {
        self.0.lock().unwrap().push((token, verdict));
    }
}

#[tokio::test(start_paused = true)]
async fn receipts_go_back_through_a_tap() {
    let verdicts = Arc::new(Verdicts(Mutex::default()));
    let target = Arc::clone(&verdicts);
    let plug = Plug::function(move |tap: Tap<u64>| {
        let target = Arc::clone(&target);
        async move {
            let item = Item::with_receipt(5, Receipt::new(target, 77));
            tap.submit_item(item).await.map_err(|refused| refused.to_string())
        }
    });
    let running = fed(plug);
    let mut output = running.output();
    assert_eq!(soon(output.recv()).await, Some(5));
    drop(output);
    assert!(finish(running).await.is_clean());
    assert_eq!(*verdicts.0.lock().unwrap(), [(77, Verdict::Ack)]);
}
