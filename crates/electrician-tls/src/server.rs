//! TLS for those who accept connections.

mod builder;
mod verifier;

use std::fmt;
use std::sync::Arc;

use electrician_types::ConfigError;
use rustls::ServerConfig;
use rustls::crypto::CryptoProvider;
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;

pub use builder::ServerTlsBuilder;

use crate::clients::{ClientCertificates, ClientCheck};
use crate::key_pair::KeyPair;
use crate::live::Live;
use crate::load::Load;
use crate::problem::{Problems, note_all};

/// A rustls configuration for servers, whose files can be read again while it is in use.
///
/// Clones share everything.
#[derive(Clone)]
pub struct ServerTls {
    config: Arc<ServerConfig>,
    live: Arc<Live<Loader>>,
}

/// What a server reads.
struct Loader {
    provider: Arc<CryptoProvider>,
    key_pair: KeyPair,
    clients: Option<ClientCertificates>,
}

struct Material {
    key: Arc<CertifiedKey>,
    clients: Option<ClientCheck>,
}

/// Shows the certificate that was loaded last.
#[derive(Debug)]
struct Resolver(Arc<Live<Loader>>);

// === impl ServerTls ===

impl ServerTls {
    /// A server that proves to be `key_pair`. TLS 1.3, no client certificates, unless told.
    pub fn builder(key_pair: KeyPair) -> ServerTlsBuilder {
        ServerTlsBuilder::new(key_pair)
    }

    /// The configuration, for `TlsAcceptor`, tonic, quinn and the like. It stays valid over
    /// reloads: new handshakes see the new files.
    pub fn config(&self) -> Arc<ServerConfig> {
        Arc::clone(&self.config)
    }

    /// Reads all files again, at once; `Ok(true)` if something changed.
    ///
    /// New handshakes use what was read, open connections go on as they are. What is wrong is told,
    /// and then everything stays as it was. It blocks for as long as the files take.
    pub fn reload(&self) -> Result<bool, ConfigError> {
        self.live.reload()
    }

    /// Why the last reload was refused, also one that a handshake began; `None` once one succeeds.
    pub fn refused_reload(&self) -> Option<ConfigError> {
        self.live.refused()
    }
}

impl fmt::Debug for ServerTls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServerTls")
            .field("key_pair", &self.live.loader().key_pair)
            .field("clients", &self.live.loader().clients)
            .finish_non_exhaustive()
    }
}

// === impl Loader ===

impl Load for Loader {
    type Material = Material;

    fn load(&self, now: u64) -> Result<Material, Problems> {
        let mut problems = Problems::new();
        let key = note_all(self.key_pair.load(&self.provider, now), &mut problems);
        let clients = self.clients.as_ref().map(|clients| clients.load(&self.provider));
        let clients = note_all(clients.transpose(), &mut problems);
        match (key, clients) {
            (Some(key), Some(clients)) => Ok(Material { key, clients }),
            _ => Err(problems),
        }
    }

    fn is_same(one: &Material, other: &Material) -> bool {
        one.key.cert == other.key.cert
            && match (&one.clients, &other.clients) {
                (Some(one), Some(other)) => one.is_same(other),
                (one, other) => one.is_none() && other.is_none(),
            }
    }
}

// === impl Resolver ===

impl ResolvesServerCert for Resolver {
    fn resolve(&self, _hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.0.polled().key))
    }
}
