//! TLS for those who open connections.

mod builder;
mod sessions;
mod verifier;

use std::fmt;
use std::sync::Arc;

use electrician_types::ConfigError;
use rustls::client::{ClientSessionMemoryCache, ResolvesClientCert, WebPkiServerVerifier};
use rustls::crypto::CryptoProvider;
use rustls::sign::CertifiedKey;
use rustls::{ClientConfig, RootCertStore, SignatureScheme};

pub use builder::ClientTlsBuilder;

use crate::key_pair::KeyPair;
use crate::live::Live;
use crate::load::Load;
use crate::pin::SpkiPin;
use crate::problem::{Problems, note, note_all};
use crate::roots::Roots;

/// Sessions that a client remembers, so that it can resume them.
const SESSIONS: usize = 256;

/// A rustls configuration for clients, whose files can be read again while it is in use.
///
/// Clones share everything.
#[derive(Clone)]
pub struct ClientTls {
    config: Arc<ClientConfig>,
    live: Arc<Live<Loader>>,
}

/// Why a server is believed to be who it says.
#[derive(Clone, Debug)]
enum Trust {
    /// An authority vouches for it, and its key is among the pins, if there are any.
    Authorities { roots: Roots, pins: Vec<SpkiPin> },
    /// Its key is among the pins.
    Pins(Vec<SpkiPin>),
    /// It is not asked.
    Anybody,
}

/// What a client reads.
struct Loader {
    provider: Arc<CryptoProvider>,
    key_pair: Option<KeyPair>,
    trust: Trust,
    /// Roots that do not change, so that they are read once.
    fixed_roots: Option<Arc<RootCertStore>>,
}

struct Material {
    key: Option<Arc<CertifiedKey>>,
    authorities: Option<Authorities>,
    /// With new files, sessions begin anew: resuming one asks for no certificate.
    sessions: ClientSessionMemoryCache,
}

struct Authorities {
    roots: Arc<RootCertStore>,
    verifier: Arc<WebPkiServerVerifier>,
}

/// Shows the certificate that was loaded last.
#[derive(Debug)]
struct Resolver(Arc<Live<Loader>>);

// === impl ClientTls ===

impl ClientTls {
    /// A client that trusts the system's roots, shows no certificate and speaks TLS 1.3, unless
    /// told.
    pub fn builder() -> ClientTlsBuilder {
        ClientTlsBuilder::new()
    }

    /// The configuration, for `TlsConnector`, hyper-rustls, quinn and the like. It stays valid over
    /// reloads: new handshakes see the new files.
    pub fn config(&self) -> Arc<ClientConfig> {
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

    /// Whether servers prove who they are: not with
    /// [`dangerously_without_verification`](ClientTlsBuilder::dangerously_without_verification).
    pub fn verifies_servers(&self) -> bool {
        !matches!(self.live.loader().trust, Trust::Anybody)
    }
}

impl fmt::Debug for ClientTls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientTls")
            .field("key_pair", &self.live.loader().key_pair)
            .field("trust", &self.live.loader().trust)
            .finish_non_exhaustive()
    }
}

// === impl Loader ===

impl Loader {
    fn authorities(&self, roots: &Roots) -> Result<Authorities, String> {
        let fixed = self.fixed_roots.clone().map(Ok);
        let roots = fixed.unwrap_or_else(|| roots.load())?;
        let provider = Arc::clone(&self.provider);
        let verifier = WebPkiServerVerifier::builder_with_provider(Arc::clone(&roots), provider)
            .build()
            .map_err(|error| format!("the roots cannot be used: {error}"))?;
        Ok(Authorities { roots, verifier })
    }
}

impl Load for Loader {
    type Material = Material;

    fn load(&self, now: u64) -> Result<Material, Problems> {
        let mut problems = Problems::new();
        let key = self.key_pair.as_ref().map(|pair| pair.load(&self.provider, now)).transpose();
        let key = note_all(key, &mut problems);
        let authorities = match &self.trust {
            Trust::Authorities { roots, .. } => {
                note(self.authorities(roots), &mut problems).map(Some)
            }
            Trust::Pins(_) | Trust::Anybody => Some(None),
        };
        match (key, authorities) {
            (Some(key), Some(authorities)) => {
                let sessions = ClientSessionMemoryCache::new(SESSIONS);
                Ok(Material { key, authorities, sessions })
            }
            _ => Err(problems),
        }
    }

    fn is_same(one: &Material, other: &Material) -> bool {
        let chain = |material: &Material| material.key.as_ref().map(|key| key.cert.clone());
        let roots = |material: &Material| {
            material.authorities.as_ref().map(|authorities| Arc::clone(&authorities.roots))
        };
        let same_roots = match (roots(one), roots(other)) {
            (Some(one), Some(other)) => one.roots == other.roots,
            (one, other) => one.is_none() && other.is_none(),
        };
        same_roots && chain(one) == chain(other)
    }
}

// === impl Resolver ===

impl ResolvesClientCert for Resolver {
    fn resolve(
        &self,
        _authorities: &[&[u8]],
        _schemes: &[SignatureScheme],
    ) -> Option<Arc<CertifiedKey>> {
        self.0.current().key.clone()
    }

    fn has_certs(&self) -> bool {
        self.0.current().key.is_some()
    }
}
