//! A forward relay and a receiving relay.

use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

use electrician_forwardrelay::ForwardRelay;
use electrician_receivingrelay::auth::Authenticator;
use electrician_receivingrelay::{ReceivingRelay, ReceivingRelayHandle};
use electrician_relay::grpc::relay_service_client::RelayServiceClient;
use electrician_relay::session::Acks;
use electrician_relay::{About, EnvelopeReader, EnvelopeWriter};
use electrician_types::{Batch, OpenSource, Receipt, Sink, Source};
use tokio::task::JoinSet;
use tonic::transport::Endpoint;

use super::{Acked, CALLERS, WINDOW, letter};
use crate::clock::now;
use crate::line::BATCH;

/// What the sink is given at once.
const WRITTEN: u64 = 64;

/// A receiving relay whose items are looked at and acknowledged.
pub(super) struct Ours {
    handle: ReceivingRelayHandle,
    _reading: JoinSet<()>,
}

// === impl Ours ===

impl Ours {
    pub(super) fn start() -> Self {
        let relay = ReceivingRelay::<Vec<u8>>::builder("127.0.0.1:0")
            .dangerously_in_plaintext()
            .with_authenticator(Authenticator::nobody_is_asked())
            .with_reader(EnvelopeReader::bytes)
            .build()
            .expect("valid");
        let handle = relay.handle();
        let mut source = relay.open().expect("a port is free");
        let mut reading = JoinSet::new();
        reading.spawn(async move {
            let mut batch = Batch::with_capacity(BATCH);
            while source.read(&mut batch, BATCH).await.is_ok() {
                while let Some(letter) = batch.accept() {
                    black_box(letter);
                }
            }
        });
        Self { handle, _reading: reading }
    }

    /// A sink that is connected.
    pub(super) async fn sink(&self, every: u32) -> ForwardRelay<Vec<u8>> {
        let acks = if every == 1 { Acks::PerMessage } else { Acks::Batch(every) };
        let mut sink = ForwardRelay::builder()
            .with_target(self.handle.bound().await.to_string())
            .dangerously_in_plaintext()
            .with_writer(EnvelopeWriter::bytes())
            .with_window(WINDOW)
            .with_acks(acks)
            .with_connect_at_open(Duration::from_secs(10))
            .build()
            .expect("valid");
        sink.open().await.expect("it listens");
        sink
    }

    /// Sends from a task, as a pipeline does.
    pub(super) async fn send(&self, payloads: u64, every: u32) -> Duration {
        let mut sink = self.sink(every).await;
        let acked = Arc::new(Acked::new(payloads));
        let mut batch = Batch::new();
        let start = now();
        let mut seq = 0;
        while seq < payloads {
            let end = payloads.min(seq + WRITTEN);
            for seq in seq..end {
                let receipt = Receipt::new(Arc::clone(&acked) as _, seq);
                batch.push_tracked(letter(seq), receipt);
            }
            seq = end;
            sink.write(&mut batch).await.expect("they are taken");
        }
        sink.flush().await.expect("they are delivered");
        let elapsed = start.elapsed();
        assert!(acked.is_done());
        sink.close().await.expect("nothing is left");
        elapsed
    }

    /// Calls from several tasks, one after the other each, by the client of the contract.
    pub(super) async fn call(&self, payloads: u64) -> Duration {
        let address = self.handle.bound().await;
        let endpoint = Endpoint::from_shared(format!("http://{address}")).expect("an address");
        let channel = endpoint.connect().await.expect("it listens");
        let mut callers = JoinSet::new();
        let start = now();
        for caller in 0..u64::from(CALLERS) {
            let mut client = RelayServiceClient::new(channel.clone());
            let mut writer = EnvelopeWriter::<Vec<u8>>::bytes();
            callers.spawn(async move {
                for seq in (caller..payloads).step_by(usize::from(CALLERS)) {
                    let payload = writer.write(&letter(seq), &About::default()).expect("it fits");
                    let answer = client.receive(payload.with_seq(seq + 1)).await;
                    assert!(answer.expect("it is served").into_inner().success);
                }
            });
        }
        while let Some(called) = callers.join_next().await {
            called.expect("no call fails");
        }
        start.elapsed()
    }
}
