//! The ends of a relay in Rust: a pipeline that sends items, and one that keeps what comes.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use electrician_conduit::{Conduit, Ended};
use electrician_forwardrelay::{ForwardRelay, ForwardRelayBuilder};
use electrician_generator::Generator;
use electrician_plug::{Plug, sink_fn};
use electrician_receivingrelay::auth::Authenticator;
use electrician_receivingrelay::{ReceivingRelay, ReceivingRelayBuilder};
use electrician_testkit::drive::{Count, finish, stop};
use electrician_types::Ledger;
use electrician_wire::{Running, Wire};

use crate::feedback::Feedback;
use crate::harness::Outcome;
use crate::way::Way;

/// A pipeline that a relay feeds, while it runs.
pub(crate) struct Far {
    running: Running<Conduit<Feedback, Ended>>,
    items: Arc<Mutex<Vec<Feedback>>>,
    count: Arc<Count>,
    pub(crate) address: SocketAddr,
}

/// A sender that is quick to try again, and to ask for acknowledgements that are held back.
pub(crate) fn sender(way: &Way) -> ForwardRelayBuilder<Feedback> {
    ForwardRelay::builder()
        .with_writer(way.writer())
        .with_acks(way.acks)
        .with_backoff(Duration::from_millis(1), Duration::from_millis(20))
        .with_ack_timeout(Duration::from_millis(200))
}

pub(crate) fn plain_sender(way: &Way, target: &str) -> ForwardRelayBuilder<Feedback> {
    sender(way).dangerously_in_plaintext().with_target(target)
}

/// What became of items that were sent.
#[derive(Debug)]
pub(crate) struct Sent {
    pub(crate) ledger: Ledger,
    /// What the relay says of a run as a whole.
    pub(crate) errors: Vec<String>,
}

/// Sends all of them.
pub(crate) async fn send(relay: ForwardRelay<Feedback>, items: Vec<Feedback>) -> Outcome<Sent> {
    let conduit = Conduit::from(Wire::map("same", |item: Feedback| item).with_workers(1))
        .sink("relay", relay)
        .with_source(Generator::new("items", Plug::iter(move || items.clone())))
        .build()?;
    let stopped = finish(conduit.start().map_err(|failed| failed.error)?).await;
    let errors = stopped.sink_errors.iter().map(ToString::to_string).collect();
    Ok(Sent { ledger: stopped.ledger, errors })
}

pub(crate) fn receiver(way: Way) -> ReceivingRelayBuilder<Feedback> {
    ReceivingRelay::builder("127.0.0.1:0")
        .with_reader(move || way.reader())
        .with_ack_age(Duration::from_millis(2))
}

/// One that lets in everybody.
pub(crate) async fn open(way: Way) -> Outcome<Far> {
    let everybody = Authenticator::nobody_is_asked();
    start(receiver(way).dangerously_in_plaintext().with_authenticator(everybody)).await
}

/// Starts it, and waits until it listens.
pub(crate) async fn start(relay: ReceivingRelayBuilder<Feedback>) -> Outcome<Far> {
    let relay = relay.build()?;
    let handle = relay.handle();
    let (items, count) = (Arc::<Mutex<Vec<Feedback>>>::default(), Count::new());
    let (kept, counted) = (Arc::clone(&items), Arc::clone(&count));
    let keep = sink_fn(move |item: &Feedback| {
        kept.lock().unwrap_or_else(PoisonError::into_inner).push(item.clone());
        counted.up();
        Ok::<_, String>(())
    });
    let running = Conduit::from(Wire::map("same", |item: Feedback| item).with_workers(1))
        .sink("kept", keep)
        .with_source(Generator::new("relay", relay))
        .build()?
        .start()
        .map_err(|failed| failed.error)?;
    Ok(Far { running, items, count, address: handle.bound().await })
}

// === impl Sent ===

impl Sent {
    /// All of them were acknowledged.
    #[track_caller]
    pub(crate) fn expect_all(&self, count: u32) {
        assert_eq!((self.ledger.delivered, self.errors.len()), (count.into(), 0), "{self:?}");
    }
}

// === impl Far ===

impl Far {
    /// Waits until so many came.
    pub(crate) async fn reached(&self, count: usize) {
        self.count.reached(count).await;
    }

    /// Stops it, and gives what came.
    pub(crate) async fn stop(self) -> Vec<Feedback> {
        drop(stop(self.running).await);
        std::mem::take(&mut *self.items.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
