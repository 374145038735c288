//! A pipeline behind a receiving relay, and one in front of a forward relay.

use std::net::SocketAddr;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use electrician_conduit::{Conduit, Ended};
use electrician_forwardrelay::{ForwardRelay, ForwardRelayBuilder};
use electrician_generator::Generator;
use electrician_plug::sink_async;
use electrician_receivingrelay::auth::Authenticator;
use electrician_receivingrelay::{ReceivingRelay, ReceivingRelayBuilder, ReceivingRelayHandle};
use electrician_relay::{EnvelopeReader, EnvelopeWriter};
use electrician_testkit::drive::{Count, soon, stop};
use electrician_testkit::{Authority, Certificate, Gate, Verdicts};
use electrician_tls::{
    ClientTls, ClientTlsBuilder, KeyPair, Pem, Roots, ServerTls, ServerTlsBuilder,
};
use electrician_types::{Batch, Sink};
use electrician_wire::{Running, Stopped, Wire};

pub(crate) type Pipeline = Conduit<u64, Ended>;

/// What came out at the far end.
#[derive(Debug)]
pub(crate) struct Store {
    items: Mutex<Vec<u64>>,
    pub(crate) count: Arc<Count>,
    pub(crate) gate: Gate,
}

/// A pipeline that a relay feeds, while it runs.
pub(crate) struct Far {
    pub(crate) running: Running<Pipeline>,
    pub(crate) handle: ReceivingRelayHandle,
    pub(crate) address: SocketAddr,
}

// === impl Store ===

impl Store {
    pub(crate) fn new() -> Arc<Self> {
        let store = Self::closed();
        store.gate.open();
        store
    }

    /// One that takes nothing until its gate is opened.
    pub(crate) fn closed() -> Arc<Self> {
        Arc::new(Self { items: Mutex::default(), count: Count::new(), gate: Gate::new() })
    }

    pub(crate) fn items(&self) -> Vec<u64> {
        self.items.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn sorted(&self) -> Vec<u64> {
        let mut items = self.items();
        items.sort_unstable();
        items
    }

    async fn put(&self, item: u64) -> Result<(), String> {
        self.gate.pass().await;
        self.items.lock().unwrap_or_else(PoisonError::into_inner).push(item);
        self.count.up();
        Ok(())
    }
}

/// The pipeline from a relay to a store.
pub(crate) fn pipeline(relay: ReceivingRelay<u64>, store: &Arc<Store>) -> Pipeline {
    let store = Arc::clone(store);
    let sink = sink_async(move |item: u64| {
        let store = Arc::clone(&store);
        async move { store.put(item).await }
    });
    Conduit::from(Wire::map("same", |n: u64| n).with_capacity(16))
        .sink("store", sink)
        .with_source(Generator::new("relay", relay))
        .build()
        .unwrap()
}

/// Starts it, and waits until it listens.
pub(crate) async fn start(relay: ReceivingRelay<u64>, store: &Arc<Store>) -> Far {
    let handle = relay.handle();
    let running = pipeline(relay, store).start().unwrap();
    let address = soon(handle.bound()).await;
    Far { running, handle, address }
}

/// A relay that lets in everybody.
pub(crate) fn open_relay() -> ReceivingRelayBuilder<u64> {
    open_relay_at("127.0.0.1:0")
}

pub(crate) fn open_relay_at(address: &str) -> ReceivingRelayBuilder<u64> {
    ReceivingRelay::builder(address)
        .dangerously_in_plaintext()
        .with_authenticator(Authenticator::nobody_is_asked())
        .with_reader(EnvelopeReader::json)
        .with_ack_age(Duration::from_millis(2))
}

/// A sender in JSON that is quick to try again.
pub(crate) fn sender() -> ForwardRelayBuilder<u64> {
    ForwardRelay::builder()
        .with_writer(EnvelopeWriter::json())
        .with_backoff(Duration::from_millis(1), Duration::from_millis(20))
}

pub(crate) fn plain_sender(address: SocketAddr) -> ForwardRelay<u64> {
    sender().dangerously_in_plaintext().with_target(address.to_string()).build().unwrap()
}

/// Writes items whose receipts are watched.
pub(crate) async fn write(sink: &mut ForwardRelay<u64>, verdicts: &Verdicts, items: Range<u64>) {
    let mut batch: Batch<u64> = items.map(|n| verdicts.item(n, n)).collect();
    while !batch.is_empty() {
        soon(sink.write(&mut batch)).await.unwrap();
    }
}

/// All of them were acknowledged, once.
pub(crate) fn assert_acked(verdicts: &Verdicts, items: Range<u64>) {
    assert_eq!(verdicts.breaches(), Vec::<String>::new());
    let open: Vec<u64> = items.filter(|n| !verdicts.is_acked(*n)).collect();
    assert!(open.is_empty(), "not acknowledged: {open:?}");
}

// === impl Far ===

impl Far {
    /// Stops it, and looks at the account no more than any stop does.
    pub(crate) async fn stop(self) {
        drop(self.stopped().await);
    }

    pub(crate) async fn stopped(self) -> Stopped<Pipeline> {
        stop(self.running).await
    }
}

pub(crate) fn pair(certificate: &Certificate) -> KeyPair {
    KeyPair::new(
        Pem::memory("cert.pem", certificate.pem()),
        Pem::memory("key.pem", certificate.key_pem()),
    )
}

/// A server for `localhost`.
pub(crate) fn server_tls(authority: &Authority) -> ServerTlsBuilder {
    let leaf = electrician_testkit::Leaf::server(["localhost"]);
    ServerTls::builder(pair(&authority.certify(&leaf)))
}

/// A client that trusts the authority.
pub(crate) fn client_tls(authority: &Authority) -> ClientTlsBuilder {
    ClientTls::builder().with_roots(Roots::pem(Pem::memory("ca.pem", authority.pem())))
}
