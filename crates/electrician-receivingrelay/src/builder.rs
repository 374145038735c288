//! Building a relay: settings, validated once.

use std::fmt;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use electrician_auth::Authenticator;
use electrician_relay::session::{AckOn, DedupeKeys, NumberedBy, ReceiverBuilder};
use electrician_relay::{EnvelopeReader, Frame, RawPayload};
use electrician_tls::ServerTls;
use electrician_types::ConfigError;
use tokio_rustls::TlsAcceptor;

use crate::hub::Hub;
use crate::mesh::{Mesh, Room};
use crate::reading::Reading;
use crate::receiving::ReceivingRelay;
use crate::reflection::Index;
use crate::server::services;
use crate::web::GrpcWeb;

/// The largest window of flow control that HTTP/2 has.
const MOST_WINDOW: u32 = (1 << 31) - 1;

/// The most items that wait, for their queue is allocated as it fills.
const MOST_QUEUED: usize = 1 << 20;

/// Where a relay listens.
#[derive(Debug)]
pub(crate) enum Place {
    Address(String),
    Listener(TcpListener),
}

/// How much is taken.
#[derive(Clone, Debug)]
pub(crate) struct Limits {
    pub(crate) queue: usize,
    pub(crate) message_bytes: usize,
    pub(crate) connections: usize,
    pub(crate) streams: usize,
    pub(crate) calls: u32,
    pub(crate) stream_window: u32,
    pub(crate) connection_window: u32,
    pub(crate) handshake: Duration,
    pub(crate) keep_alive: Duration,
    pub(crate) keep_alive_timeout: Duration,
}

/// A relay in the making. [`ReceivingRelay::builder`] begins one, [`build`](Self::build) ends it.
///
/// It must be told how payloads are read, whether connections are encrypted, and who may send;
/// everything else has a default.
#[must_use = "a builder does nothing until it is built"]
pub struct ReceivingRelayBuilder<T> {
    place: Place,
    tls: Option<ServerTls>,
    is_plaintext: bool,
    authenticator: Option<Authenticator>,
    reading: Option<Reading<T>>,
    sessions: ReceiverBuilder,
    mesh: Option<Mesh>,
    limits: Limits,
    web: Option<GrpcWeb>,
    describes_itself: bool,
}

// === impl ReceivingRelayBuilder ===

impl<T: Send + 'static> ReceivingRelayBuilder<T> {
    pub(crate) fn new(place: Place) -> Self {
        Self {
            place,
            tls: None,
            is_plaintext: false,
            authenticator: None,
            reading: None,
            sessions: ReceiverBuilder::default(),
            mesh: None,
            limits: Limits {
                queue: 1024,
                message_bytes: Frame::MAX_BYTES,
                connections: 256,
                streams: 256,
                calls: 128,
                stream_window: 64 << 10,
                connection_window: 256 << 20,
                handshake: Duration::from_secs(10),
                keep_alive: Duration::from_secs(30),
                keep_alive_timeout: Duration::from_secs(20),
            },
            web: None,
            describes_itself: false,
        }
    }

    /// Connections are encrypted. Which client certificates are good is for `tls` to decide.
    pub fn with_tls(mut self, tls: ServerTls) -> Self {
        self.tls = Some(tls);
        self
    }

    /// Connections are not encrypted: others can read and change what is sent, tokens included.
    pub const fn dangerously_in_plaintext(mut self) -> Self {
        self.is_plaintext = true;
        self
    }

    /// Who may send. [`Authenticator::nobody_is_asked`] lets in everybody.
    pub fn with_authenticator(mut self, authenticator: Authenticator) -> Self {
        self.authenticator = Some(authenticator);
        self
    }

    /// Payloads are read by what `reader` makes, once for each stream that is open.
    pub fn with_reader(
        mut self,
        reader: impl Fn() -> EnvelopeReader<T> + Send + Sync + 'static,
    ) -> Self {
        self.reading = Some(Reading::by(reader));
        self
    }

    /// Serves publish and subscribe, too, on the same port. Default: not.
    pub fn with_mesh(mut self, mesh: Mesh) -> Self {
        self.mesh = Some(mesh);
        self
    }

    /// What an acknowledgement stands for. Default: that the receipt was resolved.
    pub fn with_ack_on(mut self, ack_on: AckOn) -> Self {
        self.sessions = self.sessions.with_ack_on(ack_on);
        self
    }

    /// How long an acknowledgement of several payloads waits for more. Default: 50 ms.
    pub fn with_ack_age(mut self, age: Duration) -> Self {
        self.sessions = self.sessions.with_ack_age(age);
        self
    }

    /// How many items of a stream may be under way, from when they are read until their receipts are
    /// resolved. Default: 1,024. Where that is more than the dedupe window, say that, too.
    pub fn with_max_in_flight(mut self, items: usize) -> Self {
        self.sessions = self.sessions.with_max_in_flight(items);
        self
    }

    /// How many numbers of a stream are remembered, a byte for each. Default: 8,192.
    pub fn with_dedupe_window(mut self, numbers: usize) -> Self {
        self.sessions = self.sessions.with_dedupe_window(numbers);
        self
    }

    /// Recognises payloads by their dedupe keys, too, on all streams. Relays may share `keys`.
    pub fn with_dedupe_keys(mut self, keys: Arc<DedupeKeys>) -> Self {
        self.sessions = self.sessions.with_dedupe_keys(keys);
        self
    }

    /// Whose numbers are trusted. Default: those of senders that say so.
    pub fn with_numbered_by(mut self, numbered_by: NumberedBy) -> Self {
        self.sessions = self.sessions.with_numbered_by(numbered_by);
        self
    }

    /// How many items may wait for the pipeline, of all streams. Default: 1,024.
    pub const fn with_queue(mut self, items: usize) -> Self {
        self.limits.queue = items;
        self
    }

    /// The largest message, bytes. Default: 4 MiB.
    pub const fn with_max_message_bytes(mut self, bytes: usize) -> Self {
        self.limits.message_bytes = bytes;
        self
    }

    /// How many connections are open at once; more wait to be accepted. Default: 256.
    pub const fn with_max_connections(mut self, connections: usize) -> Self {
        self.limits.connections = connections;
        self
    }

    /// How many streams are open at once, and how many are remembered; about 100 KB each. Default:
    /// 256. One that is too many gets `RESOURCE_EXHAUSTED`.
    pub const fn with_max_streams(mut self, streams: usize) -> Self {
        self.limits.streams = streams;
        self
    }

    /// How many calls a connection may have open. Default: 128.
    pub const fn with_max_calls_per_connection(mut self, calls: u32) -> Self {
        self.limits.calls = calls;
        self
    }

    /// The windows of HTTP/2, bytes: how much of a stream, and of a connection, may be sent that was
    /// not read. Default: 64 KiB and 256 MiB.
    ///
    /// The window of the connection is large on purpose. What a slow stream has not read uses it up,
    /// and a small one holds back other streams; and a peer that sends many small messages while
    /// little is read would have its connection ended by the protection against floods, whose measure
    /// this window is. The bound for a stream is its own window.
    pub const fn with_windows(mut self, stream: u32, connection: u32) -> Self {
        self.limits.stream_window = stream;
        self.limits.connection_window = connection;
        self
    }

    /// How long a connection may take to be encrypted, and then to ask for something. Default: 10 s.
    pub const fn with_handshake_timeout(mut self, timeout: Duration) -> Self {
        self.limits.handshake = timeout;
        self
    }

    /// How often peers are asked whether they are there, and how long they have to answer. Default:
    /// every 30 s, and 20 s.
    pub const fn with_keep_alive(mut self, interval: Duration, timeout: Duration) -> Self {
        self.limits.keep_alive = interval;
        self.limits.keep_alive_timeout = timeout;
        self
    }

    /// The services can be called in gRPC-Web, too, and over HTTP/1.1. Default: they cannot.
    ///
    /// HTTP/1.1 has the bounds of HTTP/2. The handshake timeout is for each request: its headers must
    /// come in that time, and a connection that asks for nothing so long is ended. The timeout of
    /// keep-alive is that of a peer that does not read what it is sent.
    pub fn with_grpc_web(mut self, web: GrpcWeb) -> Self {
        self.web = Some(web);
        self
    }

    /// The services describe themselves to whoever may send (`grpc.reflection.v1` and `v1alpha`), so
    /// that tools can call them that have no `.proto` file. Default: they do not.
    pub const fn with_reflection(mut self) -> Self {
        self.describes_itself = true;
        self
    }

    /// The relay, or everything that is wrong with it.
    pub fn build(self) -> Result<ReceivingRelay<T>, ConfigError> {
        let mut problems = self.problems();
        let room = self.mesh.map(|mesh| Room::new(mesh, self.limits.message_bytes)).transpose();
        if let Err(error) = &room {
            problems.extend(error.problems().iter().cloned());
        }
        let hub = Hub::new(self.sessions, self.limits.streams, room.ok().flatten());
        if let Err(error) = &hub {
            problems.extend(error.problems().iter().cloned());
        }
        if let Some(web) = &self.web {
            problems
                .extend(web.problems().iter().map(|problem| format!("receiving relay: {problem}")));
        }
        ConfigError::check(problems)?;
        let (Some(authenticator), Some(reading)) = (self.authenticator, self.reading) else {
            unreachable!("both were looked for");
        };
        let tls = self.tls.map(|tls| {
            let mut config = (*tls.config()).clone();
            config.alpn_protocols = vec![b"h2".to_vec()];
            if self.web.is_some() {
                config.alpn_protocols.push(b"http/1.1".to_vec());
            }
            TlsAcceptor::from(Arc::new(config))
        });
        let (reading, hub) = (Arc::new(reading), Arc::new(hub?));
        let has_mesh = hub.room.is_some();
        Ok(ReceivingRelay {
            place: self.place,
            tls,
            authenticator,
            reading,
            limits: self.limits,
            hub,
            web: self.web.as_ref().map(GrpcWeb::rules),
            index: self.describes_itself.then(|| Arc::new(index(has_mesh))),
        })
    }

    fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        let mut check = |is_right: bool, problem: &str| {
            if !is_right {
                problems.push(format!("receiving relay: {problem}"));
            }
        };
        if let Place::Address(address) = &self.place {
            let is_right = address.parse::<SocketAddr>().is_ok();
            check(
                is_right,
                &format!(
                    "{address:?} is no place to listen at: give an IP address and a port, such as \
                     \"0.0.0.0:50051\""
                ),
            );
        }
        check(
            self.tls.is_some() || self.is_plaintext,
            "nothing encrypts connections: say `with_tls`, or `dangerously_in_plaintext`",
        );
        check(
            self.tls.is_none() || !self.is_plaintext,
            "it is told to encrypt connections and not to: say one of them",
        );
        check(
            self.authenticator.is_some(),
            "nobody says who may send: say `with_authenticator`; \
             `Authenticator::nobody_is_asked()` lets in everybody",
        );
        check(self.reading.is_some(), "nothing reads payloads: say `with_reader`");
        let Limits { queue, message_bytes, connections, streams, calls, .. } = self.limits;
        check(
            (1..=MOST_QUEUED).contains(&queue),
            &format!("a queue of {queue} items; it has 1 to {MOST_QUEUED}"),
        );
        check(message_bytes > 0, "messages of at most 0 bytes; give 1 at least");
        let is_right = connections > 0 && streams > 0 && calls > 0;
        check(is_right, "no connections, streams or calls are allowed; give 1 of each at least");
        let Limits { stream_window, connection_window, .. } = self.limits;
        let is_right = (1..=MOST_WINDOW).contains(&stream_window)
            && (stream_window..=MOST_WINDOW).contains(&connection_window);
        check(
            is_right,
            &format!(
                "windows of {stream_window} and {connection_window} bytes; the second is at least \
                 the first, and both are 1 to {MOST_WINDOW}"
            ),
        );
        let Limits { handshake, keep_alive, keep_alive_timeout, .. } = self.limits;
        let is_right =
            !(handshake.is_zero() || keep_alive.is_zero() || keep_alive_timeout.is_zero());
        check(is_right, "a timeout is 0; it must be longer");
        problems
    }
}

impl ReceivingRelayBuilder<RawPayload> {
    /// Items are the payloads as they came: nothing is decrypted or decoded, and unknown fields are
    /// kept. One without metadata gets what its stream says, so that it can go on to another.
    pub fn passing_through(mut self) -> Self {
        self.reading = Some(Reading::passing());
        self
    }
}

impl<T> fmt::Debug for ReceivingRelayBuilder<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReceivingRelayBuilder")
            .field("place", &self.place)
            .field("tls", &self.tls)
            .field("authenticator", &self.authenticator)
            .field("sessions", &self.sessions)
            .field("limits", &self.limits)
            .field("web", &self.web)
            .field("describes_itself", &self.describes_itself)
            .finish_non_exhaustive()
    }
}

/// The services, and those that tell of them.
fn index(has_mesh: bool) -> Index {
    let asides = [
        "grpc.health.v1.Health",
        "grpc.reflection.v1.ServerReflection",
        "grpc.reflection.v1alpha.ServerReflection",
    ];
    let descriptions = [
        electrician_relay::grpc::DESCRIPTORS,
        tonic_health::pb::FILE_DESCRIPTOR_SET,
        tonic_reflection::pb::v1::FILE_DESCRIPTOR_SET,
        tonic_reflection::pb::v1alpha::FILE_DESCRIPTOR_SET,
    ];
    Index::new(&[services(has_mesh), &asides[..]].concat(), &descriptions)
}
