//! What can go to another thread, and what can be shared, as the types say.

use std::cell::Cell;
use std::time::Duration;

use electrician::generator::Generator;
use electrician::plug::{FunctionSource, IterSource, StreamSource, Tap};
use electrician::types::StageView;
use electrician::wire::{InletSink, Leftover};
use electrician::{
    Batch, Batching, Conduit, ConduitBuilder, ConfigError, DeadLetter, DeadLetterPort, DeadLetters,
    EncoderSink, Ended, Error, Inlet, Item, Ledger, Output, Plug, Receipt, Refused, Restart, Retry,
    Routes, Running, SinkStage, Stopped, Watermark, Wire,
};

/// Can go to another thread, but cannot be shared: the least that an item may be.
type Sendable = Cell<u64>;

fn send<T: Send>() {}
fn send_sync<T: Send + Sync>() {}
fn is_send<T: Send>(value: T) -> T {
    value
}

#[test]
fn what_is_configured_can_be_shared_whatever_the_items() {
    send_sync::<Wire<Sendable, Sendable>>();
    send_sync::<Conduit<Sendable, Sendable>>();
    send_sync::<Conduit<Sendable, Ended>>();
    send_sync::<ConduitBuilder<Sendable, Sendable>>();
    send_sync::<Routes<Sendable, Sendable>>();
    send_sync::<SinkStage<Sendable, EncoderSink<Vec<u8>, ()>>>();
    send_sync::<SinkStage<Sendable, Cell<u8>>>();
    send_sync::<Plug<IterSource<std::vec::IntoIter<Sendable>>>>();
    send_sync::<Generator<Plug<FunctionSource<Sendable>>>>();
    send_sync::<(Restart, Retry, Batching<Sendable>, ConfigError, Error, Ledger)>();
}

#[test]
fn what_runs_can_be_shared_whatever_the_items() {
    send_sync::<Running<Conduit<Sendable, Sendable>>>();
    send_sync::<Running<Wire<Sendable, Sendable>>>();
    send_sync::<(Inlet<Sendable>, InletSink<u64>, Tap<Sendable>, DeadLetterPort<Sendable>)>();
    send::<(Output<Sendable>, DeadLetters<Sendable>)>();
    send_sync::<(Receipt, StageView, Watermark)>();
}

#[test]
fn what_comes_back_can_go_to_another_thread() {
    send::<Stopped<Conduit<Sendable, Sendable>>>();
    send::<(Item<Sendable>, Batch<Sendable>, Leftover, DeadLetter<Sendable>, Refused<Sendable>)>();
    send::<(FunctionSource<Sendable>, StreamSource<Cell<u8>>, EncoderSink<Vec<u8>, ()>)>();
}

/// Never called: that it compiles is the test.
#[expect(dead_code, reason = "the types are looked at, the futures not awaited")]
fn every_wait_can_go_to_another_thread(start: fn() -> Running<Conduit<Sendable, Sendable>>) {
    let running = start();
    let mut batch = Vec::new();
    drop(is_send(running.submit(Cell::new(1))));
    drop(is_send(running.submit_batch(&mut batch)));
    drop(is_send(running.inlet().submit_item(Item::new(Cell::new(1)))));
    drop(is_send(running.output().recv()));
    drop(is_send(running.output().collect()));
    drop(is_send(start().stop(Duration::ZERO)));
    drop(is_send(start().finish()));
    drop(is_send(start().finish_or_stop(std::future::ready(()), Duration::ZERO)));
}

fn tap_waits_can_go_to_another_thread(tap: &Tap<Sendable>) {
    drop(is_send(tap.submit(Cell::new(1))));
    drop(is_send(tap.submit_item(Item::new(Cell::new(1)))));
}

#[test]
fn a_tap_can_be_used_from_any_thread() {
    let waits: fn(&Tap<Sendable>) = tap_waits_can_go_to_another_thread;
    drop(FunctionSource::new(move |tap: Tap<Sendable>| {
        waits(&tap);
        std::future::ready(Ok::<_, String>(()))
    }));
}
