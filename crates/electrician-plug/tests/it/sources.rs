//! Iterators, streams and sources as plugs: demand, backpressure, ends, errors, panics.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use electrician_plug::{IterSource, Plug, StreamSource, TryIterSource, TryStreamSource};
use electrician_types::{Batch, ErrorKind, Next, OpenSource, Result, Source};
use futures_util::stream::{self, StreamExt};

use crate::support::{
    AMPLE, Count, fed, finish, ms, poll_once, read, settle, soon, stalled, stop, stop_within,
    values,
};

/// The numbers from 0, counting how many were pulled.
fn counted(count: &Arc<Count>) -> impl Iterator<Item = u64> + Clone + Send + Sync + 'static {
    let count = Arc::clone(count);
    (0..).inspect(move |_| {
        count.up();
    })
}

#[tokio::test]
async fn a_read_takes_what_is_asked_for_and_no_more() {
    let count = Count::new();
    let mut source = IterSource::new(counted(&count));
    for (demand, sum) in [(1, 1), (5, 6), (64, 70), (0, 70)] {
        let (given, next) = read(&mut source, demand).await;
        assert_eq!((given.len(), next.unwrap(), count.get()), (demand, Next::More, sum));
    }
    let count = Count::new();
    let mut source = TryIterSource::new(counted(&count).map(Ok::<_, String>));
    assert_eq!(read(&mut source, 7).await.0.len(), 7);
    assert_eq!(count.get(), 7);
    let count = Count::new();
    let mut source = StreamSource::new(stream::iter(counted(&count)));
    assert_eq!(read(&mut source, 7).await.0.len(), 7);
    assert_eq!(count.get(), 7);
}

#[tokio::test]
async fn the_end_comes_with_the_last_items() {
    let mut source = IterSource::new(0..3_u64);
    let (given, next) = read(&mut source, 10).await;
    assert_eq!((given, next.unwrap()), (vec![0, 1, 2], Next::End));
    let mut source = StreamSource::new(stream::iter(0..3_u64));
    let (given, next) = read(&mut source, 10).await;
    assert_eq!((given, next.unwrap()), (vec![0, 1, 2], Next::End));
    let mut source = TryIterSource::new([Ok(1), Err("bad"), Ok(2)].into_iter());
    let (given, next) = read(&mut source, 10).await;
    assert_eq!(given, [1], "what came before the error is given");
    assert!(next.unwrap_err().to_string().contains("bad"));
    let mut source = TryStreamSource::new(stream::iter([Ok(1), Err("bad"), Ok(2)]));
    let (given, next) = read(&mut source, 10).await;
    assert_eq!(given, [1], "what came before the error is given");
    assert!(next.unwrap_err().to_string().contains("bad"));
}

#[tokio::test]
async fn a_stream_gives_what_it_has_and_waits_for_the_first_only() {
    let (sender, receiver) = tokio::sync::mpsc::channel::<u64>(8);
    let receiver = Box::pin(stream::unfold(receiver, async |mut receiver| {
        receiver.recv().await.map(|item| (item, receiver))
    }));
    let mut source = StreamSource::new(receiver);
    let mut batch = Batch::new();
    assert!(poll_once(source.read(&mut batch, 10)).is_pending());
    for n in 0..3 {
        sender.send(n).await.unwrap();
    }
    let (given, next) = read(&mut source, 10).await;
    assert_eq!((given, next.unwrap()), (vec![0, 1, 2], Next::More));
    drop(sender);
    assert_eq!(read(&mut source, 10).await.1.unwrap(), Next::End);
}

#[tokio::test(start_paused = true)]
async fn the_end_of_a_source_drains_and_ends_the_run() {
    let stopped = finish(fed(Plug::iter(|| 0..1000_u64))).await;
    assert_eq!(values(stopped.outputs), (0..1000).collect::<Vec<_>>());
    let stopped = finish(stopped.component.start().unwrap()).await;
    assert_eq!(values(stopped.outputs).len(), 1000, "made anew at every start");
    let stopped = finish(fed(Plug::stream(|| stream::iter(0..1000_u64)))).await;
    assert_eq!(values(stopped.outputs), (0..1000).collect::<Vec<_>>());
    let stopped = finish(fed(Plug::iter(Vec::new))).await;
    assert!(stopped.is_clean() && stopped.ledger.accepted == 0);
}

#[tokio::test(start_paused = true)]
async fn a_stalled_pipeline_pulls_no_further() {
    for capacity in [1, 4, 32] {
        let (iterator, streamed) = (Count::new(), Count::new());
        let (items, more) = (counted(&iterator), counted(&streamed));
        let runs = [
            (stalled(Plug::iter(move || items.clone()), capacity), iterator),
            (stalled(Plug::stream(move || stream::iter(more.clone())), capacity), streamed),
        ];
        for (running, count) in runs {
            settle().await;
            let pulled = count.get();
            // In the queue, in the worker's hand, and what the generator holds.
            assert!(pulled <= 2 * capacity + 1, "capacity {capacity}: pulled {pulled}");
            let stopped = stop_within(running, ms(10)).await;
            let pulled = count.get();
            assert!(pulled <= 2 * capacity + 1, "capacity {capacity}: pulled {pulled}");
            let mut back = values(stopped.inputs);
            back.sort_unstable();
            assert_eq!(back, (0..pulled as u64).collect::<Vec<_>>());
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_infinite_source_stops_in_time_and_nothing_is_lost() {
    for flavour in [true, false] {
        let count = Count::new();
        let items = counted(&count);
        let running = if flavour {
            fed(Plug::iter(move || items.clone()))
        } else {
            fed(Plug::stream(move || stream::iter(items.clone())))
        };
        let mut output = running.output();
        for n in 0..500 {
            assert_eq!(soon(output.recv()).await, Some(n));
        }
        drop(output);
        let stopped = stop(running).await;
        assert_eq!(stopped.ledger.accepted, count.get() as u64);
        let rest = values(stopped.outputs);
        assert!(rest.into_iter().eq(500..count.get() as u64), "the rest, in order");
    }
}

#[tokio::test(start_paused = true)]
async fn the_error_of_a_source_is_in_source_errors() {
    let items = || [Ok(1_u64), Ok(2), Err("no three"), Ok(4)];
    let stopped = finish(fed(Plug::try_iter(items))).await;
    assert_eq!(values(stopped.outputs), [1, 2]);
    assert_eq!(stopped.source_errors.len(), 1);
    assert_eq!(stopped.source_errors[0].component(), "plug");
    assert!(stopped.source_errors[0].to_string().contains("no three"));
    let stopped = finish(fed(Plug::try_stream(move || stream::iter(items())))).await;
    assert_eq!(values(stopped.outputs), [1, 2]);
    assert!(stopped.source_errors[0].to_string().contains("no three"));
}

#[tokio::test(start_paused = true)]
async fn a_panic_of_an_iterator_is_an_error_of_the_source() {
    let items = || (0..10_u64).inspect(|n| assert_ne!(*n, 5, "the iterator panicked as told"));
    let stopped = finish(fed(Plug::iter(items))).await;
    assert_eq!(values(stopped.outputs), [0, 1, 2, 3, 4], "what came before is there");
    assert_eq!(stopped.source_errors[0].kind(), ErrorKind::Panicked);
    let stream = move || stream::iter(items());
    let stopped = finish(fed(Plug::stream(stream))).await;
    assert_eq!(values(stopped.outputs), [0, 1, 2, 3, 4]);
    assert_eq!(stopped.source_errors[0].kind(), ErrorKind::Panicked);
    let stopped =
        finish(fed(Plug::iter(|| -> std::vec::IntoIter<u64> { panic!("as told") }))).await;
    assert_eq!(stopped.source_errors[0].kind(), ErrorKind::Panicked);
}

#[tokio::test(start_paused = true)]
async fn a_source_of_its_own_kind_is_opened_each_time() {
    static OPENINGS: AtomicUsize = AtomicUsize::new(0);
    let plug = Plug::source(|| {
        let opening = OPENINGS.fetch_add(1, Ordering::SeqCst) as u64;
        Ok(IterSource::new(opening..opening + 1))
    });
    let stopped = finish(fed(plug)).await;
    assert_eq!(values(stopped.outputs), [0]);
    let stopped = finish(stopped.component.start().unwrap()).await;
    assert_eq!(values(stopped.outputs), [1]);
}

#[tokio::test(start_paused = true)]
async fn a_plug_of_one_source_opens_once() {
    let plug = Plug::once(IterSource::new(0..3_u64));
    plug.open().unwrap();
    let error = plug.open().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
    assert!(error.to_string().contains("used already"), "{error}");

    let stopped = finish(fed(Plug::once(IterSource::new(0..3_u64)))).await;
    assert_eq!(values(stopped.outputs), [0, 1, 2]);
    assert!(stopped.source_errors.is_empty());
}

/// As `Conduit::start` says: it fails "when a source cannot be used again; nothing is started then".
#[tokio::test(start_paused = true)]
async fn a_second_start_of_a_plug_of_one_source_fails() {
    let stopped = finish(fed(Plug::once(IterSource::new(0..3_u64)))).await;
    assert_eq!(values(stopped.outputs), [0, 1, 2]);
    let error = match stopped.component.start() {
        Err(error) => error,
        Ok(running) => {
            let stopped = finish(running).await;
            let errors = stopped.source_errors;
            panic!("it started, and then ended with {errors:?}");
        }
    };
    assert!(error.to_string().contains("used already"), "{error}");
}

struct Endless;

impl Source for Endless {
    type Item = u64;

    async fn read(&mut self, _batch: &mut Batch<u64>, _demand: usize) -> Result<Next> {
        std::future::pending().await
    }
}

#[tokio::test(start_paused = true)]
async fn a_source_that_waits_is_dropped_at_the_stop() {
    let running = fed(Plug::source(|| Ok(Endless)));
    settle().await;
    assert!(stop(running).await.is_clean());
    let silent = fed(Plug::stream(|| stream::pending::<u64>().chain(stream::empty())));
    settle().await;
    let stopped =
        soon(silent.finish_or_stop(async { tokio::time::sleep(ms(5)).await }, AMPLE)).await;
    assert!(stopped.is_clean(), "{stopped:?}");
}
