//! Sinks: order, flush, retry, dead letters, one run at a time.

use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use electrician_conduit::{Conduit, Discard, SinkStage};
use electrician_types::{Batch, ErrorKind, Event, Flushing, NackReason, Result, Sink};
use electrician_wire::{Retry, Wire, dead_letters};

use crate::record::{Log, Record};
use crate::script::{Act, Do, scripted, written};
use crate::support::{
    Gate, branch, columns, finish, ms, names_all, numbers, same, settle, soon, stop, stop_within,
    values,
};

#[tokio::test(start_paused = true)]
async fn a_sink_is_opened_then_written_in_order_flushed_and_closed() {
    let log = Log::default();
    let conduit = Conduit::from(same("head", 256))
        .sink_stage(scripted(&log, |_| Do::Well))
        .with_source(numbers(0..200))
        .build()
        .unwrap();
    let mut conduit = conduit;
    for _ in 0..3 {
        let before = log.len();
        let stopped = finish(conduit.start().unwrap()).await;
        assert!(stopped.is_clean(), "{stopped:?}");
        assert_eq!(stopped.ledger.delivered, 200);
        let acts = log.all().split_off(before);
        let writes = acts.iter().copied().filter(|act| matches!(act, Act::Write(_)));
        assert!(writes.eq((0..200).map(Act::Write)), "in order");
        assert_eq!(
            (acts[0], acts[acts.len() - 2..].to_vec()),
            (Act::Open, vec![Act::Flush, Act::Close])
        );
        assert_eq!(acts.iter().filter(|act| matches!(act, Act::Open | Act::Close)).count(), 2);
        conduit = stopped.component;
    }
}

#[tokio::test(start_paused = true)]
async fn a_run_without_items_opens_and_closes_its_sink() {
    let log = Log::default();
    let conduit = branch("head").sink_stage(scripted(&log, |_| Do::Well)).build().unwrap();
    let stopped = stop(conduit.start().unwrap()).await;
    assert!(stopped.is_clean());
    assert_eq!(log.all(), [Act::Open, Act::Close]);
}

#[tokio::test(start_paused = true)]
async fn it_is_flushed_when_its_queue_runs_empty() {
    let (log, record) = (Log::default(), Record::new());
    let conduit = branch("head").sink_stage(scripted(&log, |_| Do::Hold)).build().unwrap();
    let running = conduit.start().unwrap();
    for token in 0..3 {
        running.inlet().submit_item(record.item(token, token)).await.unwrap();
        settle().await;
        assert!(record.is_acked(token), "idle, so flushed, so safe");
    }
    let acts = [Act::Write(0), Act::Flush, Act::Write(1), Act::Flush, Act::Write(2), Act::Flush];
    assert_eq!(log.all()[1..], acts);
    assert_eq!(stop(running).await.ledger.delivered, 3);
}

#[tokio::test(start_paused = true)]
async fn it_is_flushed_at_least_every_1024_items() {
    let largest = largest_flush(None).await;
    assert!(largest <= 1024, "{largest} items between two flushes");
    assert!(largest > 900, "many items share a flush: {largest}");
}

#[tokio::test(start_paused = true)]
async fn it_is_flushed_as_often_as_it_says() {
    assert_eq!(largest_flush(Some(100)).await, 100);
    assert_eq!(largest_flush(Some(u64::MAX)).await, 3063);
    assert_eq!(largest_flush(Some(0)).await, 1);
}

/// How many items come between two flushes of a sink whose queue does not run empty.
async fn largest_flush(every: Option<u64>) -> usize {
    struct Counting {
        every: Option<u64>,
        gate: Gate,
        unflushed: usize,
        flushes: Log<usize>,
    }
    impl Sink<u64> for Counting {
        async fn write(&mut self, batch: &mut Batch<u64>) -> Result<()> {
            self.gate.pass().await;
            self.unflushed += batch.len();
            batch.accept_all();
            Ok(())
        }
        async fn flush(&mut self) -> Result<()> {
            self.flushes.add(std::mem::take(&mut self.unflushed));
            Ok(())
        }
        fn flushing(&self) -> Flushing {
            self.every.map_or(Flushing::EAGER, |items| Flushing::EAGER.with_items(items))
        }
    }
    let (gate, flushes) = (Gate::default(), Log::default());
    let sink = Counting { every, gate: gate.clone(), unflushed: 0, flushes: flushes.clone() };
    let sink = SinkStage::new("out", sink).with_capacity(4096);
    let conduit = Conduit::from(same("head", 4096)).sink_stage(sink).build().unwrap();
    let running = conduit.start().unwrap();
    // The first batch is no full one, and the queue is never empty after it.
    running.submit_batch(&mut (0..63).collect()).await.unwrap();
    settle().await;
    running.submit_batch(&mut (0..3000).collect()).await.unwrap();
    settle().await;
    gate.open(10_000);
    let stopped = stop(running).await;
    assert_eq!(stopped.ledger.delivered, 3063);
    flushes.all().into_iter().max().unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_failed_write_is_tried_again_while_the_items_behind_wait() {
    let (log, tries) = (Log::default(), Log::default());
    let asked = tries.clone();
    let mut left = 2;
    let stage = scripted(&log, move |act| {
        asked.add(act);
        if act == Act::Write(1) && left > 0 {
            left -= 1;
            return if left == 1 { Do::Fail } else { Do::Nothing };
        }
        Do::Well
    });
    let retried = Log::default();
    let events = retried.clone();
    let stage =
        stage.with_retry(Retry::fixed(3, ms(100))).with_observer(move |event: &Event<'_>| {
            if let Event::Retrying { component, attempt, after, error } = event {
                events.add(((*component).to_owned(), *attempt, *after, error.to_string()));
            }
        });
    let conduit = Conduit::from(same("head", 8)).sink_stage(stage).build().unwrap();
    let running = conduit.start().unwrap();
    running.submit_batch(&mut vec![0, 1, 2]).await.unwrap();
    let stopped = stop(running).await;
    assert_eq!(written(&log), [0, 1, 2], "in order, each once");
    assert_eq!((stopped.ledger.delivered, stopped.ledger.retried), (3, 2));
    let attempts: Vec<_> =
        retried.all().iter().map(|(_, attempt, after, _)| (*attempt, *after)).collect();
    assert_eq!(attempts, [(1, ms(100)), (2, ms(100))]);
    assert!(retried.all()[1].3.contains("took nothing"), "{:?}", retried.all());
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_written_becomes_a_dead_letter() {
    let (log, record, (port, mut letters)) = (Log::default(), Record::new(), dead_letters(8));
    let began = Arc::new(Mutex::new(None));
    let first_try = Arc::clone(&began);
    let stage = scripted(&log, move |act| match act {
        Act::Write(2) => {
            first_try.lock().unwrap().get_or_insert_with(SystemTime::now);
            Do::Fail
        }
        Act::Write(1) => Do::Fail,
        _ => Do::Well,
    });
    let stage = stage.with_retry(Retry::fixed(2, ms(10))).with_dead_letters(port);
    let conduit = Conduit::from(same("head", 8)).sink_stage(stage).build().unwrap();
    let running = conduit.start().unwrap();
    for n in 0..4 {
        running.inlet().submit_item(record.item(n, n)).await.unwrap();
    }
    let first = soon(letters.recv()).await.unwrap();
    let second = soon(letters.recv()).await.unwrap();
    let stopped = stop(running).await;
    assert_eq!(written(&log), [0, 3]);
    assert_eq!((stopped.ledger.delivered, stopped.ledger.dead_lettered), (2, 2));
    assert_eq!((first.attempts, &*first.stage, *first.item.value()), (3, "out", 1));
    assert_eq!((second.attempts, &*second.stage, *second.item.value()), (3, "out", 2));
    let began = began.lock().unwrap().unwrap();
    assert!(second.first_seen >= began, "first seen when the stage first failed on it, not before");
    assert_eq!(second.accept(), 2);
    drop(first);
    assert_eq!(record.nack(1), Some(NackReason::Dropped));
    assert!([0, 2, 3].into_iter().all(|token| record.is_acked(token)));
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_written_and_nobody_takes_has_failed() {
    let (log, record) = (Log::default(), Record::new());
    let stage = scripted(&log, |act| match act {
        Act::Write(1) => Do::Fail,
        Act::Write(2) => Do::Panic,
        Act::Write(3) => Do::Nothing,
        _ => Do::Well,
    });
    let conduit = Conduit::from(same("head", 8)).sink_stage(stage).build().unwrap();
    let running = conduit.start().unwrap();
    for n in 0..6 {
        running.inlet().submit_item(record.item(n, n)).await.unwrap();
    }
    let stopped = stop(running).await;
    assert_eq!(written(&log), [0, 4, 5], "the items behind are written");
    assert_eq!((stopped.ledger.delivered, stopped.ledger.failed), (3, 3));
    let kinds: Vec<_> = stopped.failures.iter().map(electrician_types::Error::kind).collect();
    assert_eq!(kinds, [ErrorKind::Failed, ErrorKind::Panicked, ErrorKind::Failed]);
    assert!(stopped.failures.iter().all(|error| error.component() == "out"));
    for token in 0..6 {
        let failed = (1..=3).contains(&token);
        assert_eq!(record.nack(token), failed.then_some(NackReason::Failed), "{token}");
    }
}

#[tokio::test(start_paused = true)]
async fn settings_of_a_sink_are_validated() {
    let zero = Retry::fixed(0, ms(1));
    let stage = SinkStage::new("", Discard).with_capacity(0).with_retry(zero);
    let error = branch("head").sink_stage(stage).build().unwrap_err();
    names_all(error.problems(), &["name of a sink", "capacity 0", "0 retries"], &error);
    // As of a wire's queue: it is allocated at once.
    let huge = SinkStage::new("out", Discard).with_capacity(usize::MAX);
    assert!(branch("head").sink_stage(huge).build().is_err(), "a queue of usize::MAX places");
}

#[tokio::test(start_paused = true)]
async fn capacity_and_name_are_the_sinks_own() {
    let log = Log::default();
    let stage = scripted(&log, |_| Do::Well).with_capacity(3);
    let conduit = Conduit::from(same("head", 2)).sink_stage(stage).build().unwrap();
    let running = conduit.start().unwrap();
    let progress = running.progress();
    assert_eq!((&*progress[1].name, progress[1].capacity, progress[1].workers), ("out", 3, 1));
    assert!(stop(running).await.is_clean());
}

#[tokio::test(start_paused = true)]
async fn discard_takes_everything() {
    let record = Record::new();
    let conduit =
        Conduit::from(Wire::map("text", |n: u64| n.to_string())).discard().build().unwrap();
    let running = conduit.start().unwrap();
    for token in 0..5 {
        running.inlet().submit_item(record.item(token, token)).await.unwrap();
    }
    let stopped = stop(running).await;
    assert_eq!(
        columns(&stopped.ledger),
        [("accepted", 5), ("split", 0), ("delivered", 5), ("failed", 0), ("dropped", 0)]
    );
    assert_eq!(record.counts(), (5, 0));
}

#[tokio::test(start_paused = true)]
async fn at_the_deadline_a_hanging_write_leaves_its_items() {
    let (log, record) = (Log::default(), Record::new());
    let stage = scripted(&log, |act| if act == Act::Write(2) { Do::Hang } else { Do::Hold });
    let conduit = Conduit::from(same("head", 8)).sink_stage(stage).build().unwrap();
    let running = conduit.start().unwrap();
    for token in 0..5 {
        running.inlet().submit_item(record.item(token, token)).await.unwrap();
    }
    settle().await;
    let stopped = stop_within(running, Duration::from_secs(1)).await;
    assert_eq!((stopped.ledger.delivered, stopped.ledger.returned), (2, 3));
    assert_eq!(written(&log), [0, 1]);
    assert_eq!(log.all()[3..], [Act::Flush, Act::Close], "what was written is made safe");
    let left: Vec<_> =
        stopped.between.into_iter().map(|left| left.downcast::<u64>().unwrap()).collect();
    assert_eq!(left.iter().map(|(value, _)| *value).collect::<Vec<_>>(), [2, 3, 4]);
    assert_eq!(record.counts(), (2, 0), "those that came back are open");
    drop(left);
    assert_eq!((record.counts(), values(stopped.inputs).len()), ((2, 3), 0));
}
