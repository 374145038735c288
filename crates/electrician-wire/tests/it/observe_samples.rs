//! Sampled items: their waits and their whole time, and that their sources notice nothing.

use electrician_testkit::{Recorder, StageRecord};
use electrician_wire::types::{Finished, Item, NackReason, Refusal, Verdict};
use electrician_wire::{Batching, Retry, Running, Wire};
use tokio::time::sleep;

use crate::support::{Record, ms, now, settle, stop, values};

const RETURNED: Verdict = Verdict::Nack(NackReason::Returned);
const DROPPED: Verdict = Verdict::Nack(NackReason::Dropped);
const FAILED: Verdict = Verdict::Nack(NackReason::Failed);

/// A wire of one worker that takes 5 ms for an item.
fn slow(recorder: &Recorder) -> Running<Wire<u64, u64>> {
    let wire = Wire::new_async("slow", |n: u64| async move {
        sleep(ms(5)).await;
        Ok::<_, String>(n)
    });
    wire.with_concurrency(1).with_observer(recorder.clone()).build().unwrap().start().unwrap()
}

fn verdicts(stage: &StageRecord) -> Vec<Verdict> {
    stage.finished().iter().map(|item| item.verdict).collect()
}

#[tokio::test(start_paused = true)]
async fn waits_and_ages_are_exact() {
    let recorder = Recorder::new();
    let running = slow(&recorder);
    let mut output = running.output();
    let begin = now();
    running.submit(0).await.unwrap(); // sampled: the first always is
    sleep(ms(6)).await; // its batch was told at 5 ms: the next to enter is sampled
    running.submit_batch(&mut vec![1, 2]).await.unwrap(); // the first of them, which need not wait
    sleep(ms(6)).await; // at 12 ms: 1 was told at 11 ms, and 2 is worked on until 16 ms
    running.submit(3).await.unwrap(); // sampled, waits 4 ms
    sleep(ms(18)).await; // at 30 ms
    let stage = recorder.stage_named("slow");
    assert_eq!(stage.waits(), [ms(0), ms(0), ms(4)]);
    assert_eq!(stage.finished().len(), 0, "nothing was read");
    assert_eq!(output.recv().await, Some(0));
    sleep(ms(10)).await;
    for n in 1..=3 {
        assert_eq!(output.recv().await, Some(n));
    }
    let times = |item: &Finished| (item.entered - begin, item.age, item.verdict);
    let finished: Vec<_> = stage.finished().iter().map(times).collect();
    let ack = Verdict::Ack;
    assert_eq!(finished, [(ms(0), ms(30), ack), (ms(6), ms(34), ack), (ms(12), ms(28), ack)]);
    drop(output);
    drop(stop(running).await);
}

#[tokio::test(start_paused = true)]
async fn who_waits_for_a_receipt_gets_one_verdict_the_right_one() {
    let (recorder, record) = (Recorder::new(), Record::new());
    let wire = Wire::by_ref("odd", |n: &u64| if n % 2 == 1 { Err("odd") } else { Ok(*n) });
    let wire = wire.filter(|n| *n != 4).with_workers(1).with_observer(recorder.clone());
    let running = wire.build().unwrap().start().unwrap();
    let mut output = running.output();
    for token in 0..5 {
        running.submit_item(record.item(token, token)).await.unwrap();
        settle().await;
    }
    assert_eq!(output.recv_item().await.map(Item::accept), Some(0));
    drop(output.recv_item().await.expect("the second even number"));
    drop(output);
    drop(stop(running).await);
    let expected = [Verdict::Ack, FAILED, DROPPED, FAILED, Verdict::Ack];
    for (token, verdict) in (0..).zip(expected) {
        assert_eq!(record.verdict(token), Some(verdict), "token {token}");
    }
    // In the order in which they were settled: failures, the filtered one, then what was read.
    let stage = recorder.stage_named("odd");
    assert_eq!(verdicts(&stage), [FAILED, FAILED, Verdict::Ack, Verdict::Ack, DROPPED]);
    assert_eq!(stage.waits().len(), 5);
}

#[tokio::test(start_paused = true)]
async fn an_item_that_is_split_is_finished_with_its_last_part() {
    let (recorder, record) = (Recorder::new(), Record::new());
    let wire = Wire::map("split", |n: u64| n).flat_map(|n| [n; 3]).with_workers(1);
    let running = wire.with_observer(recorder.clone()).build().unwrap().start().unwrap();
    let mut output = running.output();
    for token in 0..2 {
        running.submit_item(record.item(token, token)).await.unwrap();
        settle().await;
    }
    let stage = recorder.stage_named("split");
    for nth in 1..=6 {
        let part = output.recv_item().await.unwrap();
        // One part of the second item is not processed.
        if nth == 5 {
            drop(part);
        } else {
            part.accept();
        }
        assert_eq!(stage.finished().len(), nth / 3, "after {nth} parts");
    }
    assert_eq!(verdicts(&stage), [Verdict::Ack, DROPPED]);
    assert_eq!((record.verdict(0), record.verdict(1)), (Some(Verdict::Ack), Some(DROPPED)));
    drop(output);
    drop(stop(running).await);
}

#[tokio::test(start_paused = true)]
async fn an_item_that_is_merged_is_finished_with_its_batch() {
    let (recorder, record) = (Recorder::new(), Record::new());
    let wire = Wire::batch("gather", Batching::<u64>::items(3)).with_observer(recorder.clone());
    let running = wire.build().unwrap().start().unwrap();
    let mut output = running.output();
    for token in 0..6 {
        running.submit_item(record.item(token, token)).await.unwrap();
        settle().await;
    }
    let stage = recorder.stage_named("gather");
    let sampled = stage.waits().len();
    assert!(sampled >= 2, "{:?}", stage.batches());
    sleep(ms(7)).await;
    assert!(stage.finished().is_empty());
    assert_eq!(output.recv_item().await.map(Item::accept), Some(vec![0, 1, 2]));
    drop(output.recv_item().await);
    assert_eq!(stage.finished().len(), sampled);
    assert_eq!(
        stage.finished().first().map(|item| (item.age, item.verdict)),
        Some((ms(7), Verdict::Ack))
    );
    assert_eq!(stage.finished().last().map(|item| item.verdict), Some(DROPPED));
    let of_all: Vec<_> = (0..6).filter_map(|token| record.verdict(token)).collect();
    assert_eq!(of_all, [Verdict::Ack, Verdict::Ack, Verdict::Ack, DROPPED, DROPPED, DROPPED]);
    drop(output);
    drop(stop(running).await);
}

#[tokio::test(start_paused = true)]
async fn an_item_that_is_tried_again_is_one_item() {
    let (recorder, record) = (Recorder::new(), Record::new());
    let wire = Wire::by_ref("no", |_: &u64| Err::<u64, _>("no"));
    let wire = wire.with_retry(Retry::fixed(3, ms(5))).with_observer(recorder.clone());
    let running = wire.build().unwrap().start().unwrap();
    running.submit_item(record.item(1, 1)).await.unwrap();
    drop(stop(running).await);
    let stage = recorder.stage_named("no");
    assert_eq!(stage.waits(), [ms(0)], "it was in the queue once");
    let [item] = stage.finished()[..] else { panic!("{:?}", stage.finished()) };
    assert_eq!((item.age, item.verdict), (ms(15), FAILED));
    assert_eq!(record.verdict(1), Some(FAILED));
}

#[tokio::test(start_paused = true)]
async fn what_is_handed_back_keeps_its_receipt() {
    let (recorder, record) = (Recorder::new(), Record::new());
    let wire = Wire::async_by_ref("stalled", async |_: &u64| {
        std::future::pending::<Result<u64, String>>().await
    });
    let wire = wire.with_concurrency(1).with_observer(recorder.clone()).build().unwrap();
    let running = wire.start().unwrap();
    running.submit_item(record.item(7, 7)).await.unwrap();
    settle().await;
    let mut stopped = running.stop(ms(20)).await;
    let stage = recorder.stage_named("stalled");
    assert_eq!((record.verdict(7), stage.finished().len()), (None, 0), "it is not over yet");
    let (value, receipt) = stopped.inputs.remove(0).into_parts();
    assert_eq!(value, 7);
    receipt.nack(NackReason::Returned);
    assert_eq!(record.verdict(7), Some(RETURNED));
    assert_eq!(verdicts(&stage), [RETURNED]);
}

#[tokio::test(start_paused = true)]
async fn what_is_refused_goes_back_as_it_came_and_is_no_sample() {
    let (recorder, record) = (Recorder::new(), Record::new());
    let wire = Wire::map("sized", |n: u64| n).with_byte_budget(100, |n| *n).with_workers(1);
    let running = wire.with_observer(recorder.clone()).build().unwrap().start().unwrap();
    let inlet = running.inlet();
    // The first to enter is to be sampled, and these do not enter.
    for token in 0..3 {
        let refused = inlet.submit_item(record.item(token, 101)).await.unwrap_err();
        assert!(matches!(refused.reason, Refusal::TooLarge { .. }), "{:?}", refused.reason);
        assert_eq!(record.verdict(token), None);
        refused.item.accept();
        assert!(record.is_acked(token), "it is the source's own receipt");
    }
    inlet.submit_item(record.item(3, 1)).await.unwrap();
    let stopped = stop(running).await;
    assert_eq!(values(stopped.outputs), [1]);
    let refused = inlet.try_submit_item(record.item(4, 1)).unwrap_err();
    assert_eq!(refused.reason, Refusal::Closed);
    refused.item.accept();
    let stage = recorder.stage_named("sized");
    assert_eq!((stage.waits().len(), verdicts(&stage)), (1, vec![Verdict::Ack]));
    assert!((0..5).all(|token| record.is_acked(token)));
}

#[tokio::test(start_paused = true)]
async fn at_most_32_are_under_way_and_none_is_lost() {
    let (recorder, record) = (Recorder::new(), Record::new());
    let wire = Wire::map("same", |n: u64| n).with_workers(1).with_observer(recorder.clone());
    let running = wire.with_output_capacity(64).build().unwrap().start().unwrap();
    for token in 0..40 {
        running.submit_item(record.item(token, token)).await.unwrap();
        settle().await;
    }
    let stage = recorder.stage_named("same");
    assert_eq!(stage.waits().len(), 32);
    let mut output = running.output();
    for n in 0..40 {
        assert_eq!(output.recv().await, Some(n));
    }
    assert_eq!(stage.finished().len(), 32);
    assert_eq!(record.counts(), (40, 0));
    // Their places are free again.
    running.submit_item(record.item(40, 40)).await.unwrap();
    settle().await;
    assert_eq!(stage.waits().len(), 33);
    assert_eq!(output.recv().await, Some(40));
    assert!((0..=40).all(|token| record.is_acked(token)));
    drop(output);
    drop(stop(running).await);
}

#[tokio::test(start_paused = true)]
async fn samples_are_as_rare_as_they_should_be() {
    let recorder = Recorder::new().with_sample_every(ms(10));
    let wire = Wire::map("same", |n: u64| n).with_workers(1).with_observer(recorder.clone());
    let running = wire.build().unwrap().start().unwrap();
    // One item each millisecond, 0 to 34. A batch at 10 ms says that the next one is due.
    for n in 0..35 {
        running.submit(n).await.unwrap();
        settle().await;
        tokio::time::advance(ms(1)).await;
    }
    drop(stop(running).await);
    assert_eq!(recorder.stage_named("same").waits().len(), 4, "at 0, 11, 21 and 31 ms");
}
