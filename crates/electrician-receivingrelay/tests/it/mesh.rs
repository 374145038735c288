//! Peers that publish and subscribe at a relay.

mod hostile;
mod lifecycle;
mod pubsub;

use std::net::SocketAddr;
use std::time::Duration;

use electrician_forwardrelay::{MeshClient, MeshClientBuilder, MeshInbox, MeshPeer};
use electrician_receivingrelay::{Mesh, ReceivingRelayBuilder};
use electrician_relay::{About, EnvelopeReader, EnvelopeWriter, RawPayload, StreamDefaults};
use electrician_testkit::drive::soon;

use crate::support::open_relay;

fn relay(mesh: Mesh) -> ReceivingRelayBuilder<u64> {
    open_relay().with_mesh(mesh)
}

fn client(address: impl std::fmt::Display) -> MeshClientBuilder {
    MeshClient::builder(address.to_string()).with_relay(|relay| {
        let relay = relay.dangerously_in_plaintext();
        relay.with_backoff(Duration::from_millis(1), Duration::from_millis(20))
    })
}

fn peer(address: SocketAddr) -> (MeshPeer, MeshInbox) {
    client(address).build().unwrap().start()
}

/// A number on a channel, with all that a reader needs.
fn on(channel: &str, n: u64) -> RawPayload {
    let mut writer = EnvelopeWriter::<u64>::json().with_metadata_in_each();
    writer.write(&n, &About { channel, ..About::default() }).unwrap()
}

async fn next(inbox: &mut MeshInbox) -> (String, u64) {
    let payload = soon(inbox.recv()).await.unwrap();
    let mut reader = EnvelopeReader::<u64>::json();
    let n = reader.read(&payload, &StreamDefaults::default()).unwrap();
    (payload.channel().to_owned(), n)
}
