//! What may move between threads, and be held across an await there.

use electrician_wire::engine::{Feeder, Launch};
use electrician_wire::types::{
    BoxError, Error, Item, Ledger, Receipt, Refused, StageView, Watermark,
};
use electrician_wire::{
    Batching, DeadLetter, DeadLetterPort, DeadLetters, Inlet, InletSink, Leftover, Output, Retry,
    Running, Stopped, Wire,
};

use crate::support::{AMPLE, same};

fn send<T: Send>() {}
fn sync<T: Send + Sync>() {}
fn send_value<T: Send>(value: T) -> T {
    value
}

/// Neither in nor out may be asked to be `Sync`.
type Cell = std::cell::Cell<u64>;

#[test]
fn handles_move_between_threads() {
    sync::<Wire<Cell, Cell>>();
    send::<Running<Wire<Cell, Cell>>>();
    send::<Stopped<Wire<Cell, Cell>>>();
    sync::<Running<Wire<u64, u64>>>();
    sync::<Inlet<Cell>>();
    send::<InletSink<Cell>>();
    send::<Output<Cell>>();
    sync::<DeadLetterPort<Cell>>();
    send::<DeadLetters<Cell>>();
    send::<DeadLetter<Cell>>();
    send::<Leftover>();
    sync::<StageView>();
    sync::<(Retry, Batching<Cell>)>();
    sync::<(Error, BoxError, Ledger, Receipt, Refused<u64>, Item<u64>)>();
    send::<(Watermark, Launch, Feeder<Cell>)>();
}

#[tokio::test(start_paused = true)]
async fn futures_move_between_threads() {
    let running = same(8).start().unwrap();
    let inlet = running.inlet();
    let mut output = running.output();
    send_value(running.submit(1)).await.unwrap();
    send_value(inlet.submit_item(Item::new(2))).await.unwrap();
    send_value(inlet.submit_batch(&mut vec![3, 4])).await.unwrap();
    send_value(inlet.submit_from(&mut Some(5))).await.unwrap();
    assert_eq!(send_value(output.recv()).await, Some(1));
    assert_eq!(send_value(output.recv_batch(&mut Vec::new(), 2)).await, 2);
    assert!(send_value(output.recv_item()).await.is_some());
    drop(output);
    let _ = send_value(running.stop(AMPLE)).await;
    let _ = send_value(same(8).start().unwrap().finish()).await;
    let ready = std::future::ready(());
    let _ = send_value(same(8).start().unwrap().finish_or_stop(ready, AMPLE)).await;
}

#[test]
fn everything_can_be_printed_without_its_items() {
    struct Opaque;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let _inside = runtime.enter();
    let wire = Wire::map("same", |o: Opaque| o).build().unwrap();
    assert!(format!("{wire:?}").contains("same"));
    let running = wire.start().unwrap();
    running.try_submit(Opaque).unwrap();
    let text = format!("{running:?} {:?} {:?}", running.inlet(), running.output());
    assert!(text.contains("same"), "{text}");
}
