//! Iterators on a thread of their own. Time is real here: while a thread works, virtual time runs off.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex};
use std::thread;

use electrician_plug::{BlockingSource, Plug};
use electrician_types::{Batch, ErrorKind, Source};

use crate::support::{Count, fed, finish, ms, read, soon, stalled, stop, stop_within, values};

/// An iterator over what comes through a channel, which says when it is dropped.
struct Blocking {
    items: Receiver<u64>,
    dropped: Arc<AtomicBool>,
}

impl Iterator for Blocking {
    type Item = u64;

    fn next(&mut self) -> Option<u64> {
        self.items.recv().ok()
    }
}

impl Drop for Blocking {
    fn drop(&mut self) {
        self.dropped.store(true, Ordering::SeqCst);
    }
}

/// A plug for a blocking iterator, the way in, and whether the iterator is gone.
fn blocking() -> (Plug<BlockingSource<u64>>, SyncSender<u64>, Arc<AtomicBool>) {
    let (sender, items) = sync_channel(8);
    let dropped = Arc::new(AtomicBool::new(false));
    let items = Mutex::new(Some(Blocking { items, dropped: Arc::clone(&dropped) }));
    let plug = Plug::iter_blocking(move || items.lock().unwrap().take().unwrap());
    (plug, sender, dropped)
}

#[tokio::test]
async fn it_gives_everything_in_order_and_is_made_anew_at_every_start() {
    let mut running = fed(Plug::iter_blocking(|| 0..10_000_u64));
    for _ in 0..2 {
        let mut output = running.output();
        let reading = tokio::spawn(async move {
            let mut next = 0;
            while let Some(n) = output.recv().await {
                assert_eq!(n, next);
                next += 1;
            }
            next
        });
        let stopped = finish(running).await;
        assert!(stopped.is_clean(), "{stopped:?}");
        assert_eq!(reading.await.unwrap(), 10_000);
        running = stopped.component.start().unwrap();
    }
    assert_eq!(stop(running).await.ledger.failed, 0);
}

/// On the one thread of this runtime, nothing else could go on if it blocked there.
#[tokio::test]
async fn it_blocks_no_thread_of_the_runtime() {
    let (plug, sender, dropped) = blocking();
    let running = fed(plug);
    let mut output = running.output();
    for n in 0..3 {
        sender.send(n).unwrap();
        assert_eq!(soon(output.recv()).await, Some(n), "while the iterator blocks for the next");
    }
    drop((sender, output));
    assert!(finish(running).await.is_clean());
    assert!(dropped.load(Ordering::SeqCst));
}

#[tokio::test]
async fn a_stalled_pipeline_makes_the_thread_wait() {
    let count = Count::new();
    let pulled = Arc::clone(&count);
    let plug = Plug::iter_blocking(move || {
        let pulled = Arc::clone(&pulled);
        (0..).inspect(move |_| {
            pulled.up();
        })
    });
    let running = stalled(plug, 4);
    // One is in the worker's hand, four are queued, and perhaps as many with the generator.
    soon(count.reached(1 + 4 + 64)).await;
    let stopped = stop_within(running, ms(10)).await;
    let pulled = count.get();
    assert!(pulled <= 1 + 4 + 4 + 64 + 1, "{pulled} were pulled");
    let mut back = values(stopped.inputs);
    back.sort_unstable();
    let expected: Vec<u64> = (0..back.len() as u64).collect();
    assert_eq!(back, expected, "what it was ahead came back");
    // The last one came of a call that the stop did not wait for.
    assert!(back.len() + 1 >= pulled, "{} of {pulled}", back.len());
}

#[tokio::test]
async fn a_stop_ends_the_thread_as_soon_as_the_iterator_returns() {
    let (plug, sender, dropped) = blocking();
    let running = fed(plug);
    let mut output = running.output();
    sender.send(0).unwrap();
    assert_eq!(soon(output.recv()).await, Some(0));
    drop(output);
    // It blocks for the next, so the stop waits for that, and what comes is not read any more.
    let late = thread::spawn(move || sender.send(1));
    let stopped = stop(running).await;
    assert!(dropped.load(Ordering::SeqCst), "the thread is gone when the stop is done");
    assert!(late.join().unwrap().is_ok() && stopped.source_errors.is_empty(), "{stopped:?}");
    assert!(stopped.ledger.accepted <= 2, "{}", stopped.ledger);
}

#[tokio::test]
async fn a_stop_does_not_wait_longer_than_its_deadline() {
    let (plug, sender, dropped) = blocking();
    let running = fed(plug);
    let mut output = running.output();
    sender.send(0).unwrap();
    assert_eq!(soon(output.recv()).await, Some(0));
    let stopped = stop_within(running, ms(10)).await;
    assert_eq!(stopped.source_errors[0].kind(), ErrorKind::Cancelled, "{stopped:?}");
    assert!(!dropped.load(Ordering::SeqCst));
}

#[tokio::test]
async fn errors_and_panics_are_errors_of_the_source() {
    let stopped = finish(fed(Plug::try_iter_blocking(|| [Ok(1), Err("no two"), Ok(3)]))).await;
    assert_eq!(values(stopped.outputs), [1]);
    assert!(stopped.source_errors[0].to_string().contains("no two"));

    let items = || (0..10_u64).inspect(|n| assert_ne!(*n, 5, "as told"));
    let stopped = finish(fed(Plug::iter_blocking(items))).await;
    assert_eq!(values(stopped.outputs), [0, 1, 2, 3, 4], "what came before is there");
    assert_eq!(stopped.source_errors.len(), 1, "the end of it is told once");
    assert_eq!(stopped.source_errors[0].kind(), ErrorKind::Panicked);
    assert!(stopped.source_errors[0].to_string().contains("as told"));

    let make = || -> std::vec::IntoIter<u64> { panic!("no iterator") };
    let stopped = finish(fed(Plug::iter_blocking(make))).await;
    assert_eq!(stopped.source_errors[0].kind(), ErrorKind::Panicked);
}

#[tokio::test]
async fn a_source_that_is_never_read_starts_no_thread() {
    let (made, making) = (Count::new(), Count::new());
    let make = Arc::clone(&making);
    let mut source = BlockingSource::new(move || {
        make.up();
        0..3_u64
    });
    source.hand_over(&mut Batch::new());
    soon(source.close()).await.unwrap();
    let make = Arc::clone(&made);
    let mut source = BlockingSource::new(move || {
        make.up();
        0..3_u64
    });
    assert_eq!(read(&mut source, 1).await.0, [0]);
    assert_eq!((made.get(), making.get()), (1, 0));
}
