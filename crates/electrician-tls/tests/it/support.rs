//! Both ends of a connection.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use electrician_testkit::{Authority, Certificate, Leaf};
use electrician_tls::rustls::pki_types::{ServerName, UnixTime};
use electrician_tls::rustls::time_provider::TimeProvider;
use electrician_tls::rustls::{HandshakeKind, ProtocolVersion, ServerConfig};
use electrician_tls::{
    ClientTls, ClientTlsBuilder, KeyPair, PeerIdentity, Pem, Roots, ServerTls, ServerTlsBuilder,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};
use tokio_rustls::{TlsAcceptor, TlsConnector};

/// What an end learnt of a connection that came about.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Seen {
    pub(crate) peer: Option<PeerIdentity>,
    pub(crate) version: Option<ProtocolVersion>,
    pub(crate) alpn: Option<String>,
    pub(crate) is_resumed: bool,
}

pub(crate) struct Ends {
    pub(crate) client: Result<Seen, String>,
    pub(crate) server: Result<Seen, String>,
}

impl Ends {
    /// Both ends are content.
    pub(crate) fn both(self) -> (Seen, Seen) {
        (self.client.expect("the client connects"), self.server.expect("the server accepts"))
    }
}

/// Connects to `localhost`, and sends a byte there and back: in TLS 1.3 a client learns only then
/// that the server refused its certificate.
pub(crate) async fn connect(client: &ClientTls, server: &ServerTls) -> Ends {
    connect_config(client, server.config()).await
}

/// As [`connect`], to a server that somebody else has configured.
pub(crate) async fn connect_config(client: &ClientTls, server: Arc<ServerConfig>) -> Ends {
    let (near, far) = duplex(1 << 16);
    let opening = async {
        let name = ServerName::try_from("localhost").expect("a name");
        let mut stream = TlsConnector::from(client.config()).connect(name, near).await?;
        stream.write_all(b"?").await?;
        stream.flush().await?;
        let answer = stream.read_u8().await?;
        assert_eq!(answer, b'!');
        let connection = stream.get_ref().1;
        io::Result::Ok(Seen {
            peer: connection
                .peer_certificates()
                .map(|chain| PeerIdentity::from_chain(chain).unwrap()),
            version: connection.protocol_version(),
            alpn: connection.alpn_protocol().map(|name| String::from_utf8(name.to_vec()).unwrap()),
            is_resumed: connection.handshake_kind() == Some(HandshakeKind::Resumed),
        })
    };
    let accepting = async {
        let mut stream = TlsAcceptor::from(server).accept(far).await?;
        assert_eq!(stream.read_u8().await?, b'?');
        stream.write_all(b"!").await?;
        stream.flush().await?;
        let connection = stream.get_ref().1;
        io::Result::Ok(Seen {
            peer: connection
                .peer_certificates()
                .map(|chain| PeerIdentity::from_chain(chain).unwrap()),
            version: connection.protocol_version(),
            alpn: connection.alpn_protocol().map(|name| String::from_utf8(name.to_vec()).unwrap()),
            is_resumed: connection.handshake_kind() == Some(HandshakeKind::Resumed),
        })
    };
    let (client, server) = tokio::join!(opening, accepting);
    Ends {
        client: client.map_err(|error| error.to_string()),
        server: server.map_err(|error| error.to_string()),
    }
}

pub(crate) fn pair(certificate: &Certificate) -> KeyPair {
    KeyPair::new(
        Pem::memory("cert.pem", certificate.pem()),
        Pem::memory("key.pem", certificate.key_pem()),
    )
}

/// A server for `localhost`.
pub(crate) fn server(authority: &Authority) -> ServerTlsBuilder {
    ServerTls::builder(pair(&authority.certify(&Leaf::server(["localhost"]))))
}

/// A client that trusts the authority.
pub(crate) fn client(authority: &Authority) -> ClientTlsBuilder {
    ClientTls::builder().with_roots(Roots::pem(Pem::memory("ca.pem", authority.pem())))
}

/// A time of day that stands still until it is moved. It begins in 2026.
#[derive(Clone, Debug)]
pub(crate) struct Sundial(Arc<AtomicU64>);

impl Sundial {
    pub(crate) fn new() -> Self {
        Self(Arc::new(AtomicU64::new(1_767_225_600)))
    }

    pub(crate) fn advance(&self, by: Duration) {
        self.0.fetch_add(by.as_secs(), Ordering::SeqCst);
    }
}

impl TimeProvider for Sundial {
    fn current_time(&self) -> Option<UnixTime> {
        Some(UnixTime::since_unix_epoch(Duration::from_secs(self.0.load(Ordering::SeqCst))))
    }
}
