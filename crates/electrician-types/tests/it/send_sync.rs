//! What can go to another thread, and what can be shared, as the types say.

use std::cell::Cell;

use electrician_types::{
    Acknowledge, Batch, BatchIter, Clock, ComponentId, ComponentKind, ConfigError, Error,
    ErrorKind, Event, Item, Ledger, Metadata, NackReason, Nacked, Next, Observer, Receipt,
    Receipts, Refusal, Refused, Timer, Verdict, Watermark,
};

/// Can go to another thread, but cannot be shared: the least that an item may be.
type Sendable = Cell<u64>;

fn send<T: ?Sized + Send>() {}
fn send_sync<T: ?Sized + Send + Sync + 'static>() {}
fn unpin<T: Unpin>() {}

#[test]
fn receipts_can_be_settled_from_anywhere() {
    send_sync::<(Receipt, Receipts, Verdict, NackReason)>();
    send_sync::<(Watermark, Nacked)>();
    send_sync::<dyn Acknowledge>();
}

#[test]
fn items_go_where_their_values_go() {
    send::<(Item<Sendable>, Batch<Sendable>, BatchIter<Sendable>, Refused<Sendable>)>();
    send_sync::<(Item<u64>, Batch<u64>, BatchIter<u64>, Refused<u64>)>();
}

#[test]
fn what_is_said_about_a_run_can_be_shared() {
    send_sync::<(Error, ErrorKind, ConfigError, Refusal)>();
    send_sync::<(Ledger, Metadata, ComponentId, ComponentKind, Next, Event<'static>)>();
    send_sync::<dyn Observer>();
}

#[test]
fn clocks_can_be_shared_and_timers_moved() {
    send_sync::<dyn Clock>();
    send::<dyn Timer>();
}

#[test]
fn nothing_has_to_be_pinned() {
    unpin::<(Receipt, Receipts, Item<u64>, Batch<u64>, Watermark, Error)>();
}
