//! Who is at the other end.

use std::fmt;
use std::time::SystemTime;

use rustls_pki_types::CertificateDer;

use crate::pin::{SpkiPin, sha256};
use crate::x509::Facts;

/// What the certificate of a peer says. It is proven if the connection verified the certificate, as
/// those of [`ServerTls`](crate::ServerTls) with client certificates do.
#[derive(Clone, PartialEq, Eq)]
pub struct PeerIdentity {
    facts: Facts,
    fingerprint: [u8; 32],
}

/// A chain from which no identity can be read.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PeerError {
    /// The peer showed no certificate.
    NoCertificate,
    /// The certificate cannot be read.
    Malformed(String),
}

// === impl PeerIdentity ===

impl PeerIdentity {
    /// The identity of the first certificate in `chain`, as `peer_certificates()` of a rustls
    /// connection and `peer_certs()` of a tonic request give it.
    pub fn from_chain(chain: &[CertificateDer<'_>]) -> Result<Self, PeerError> {
        let leaf = chain.first().ok_or(PeerError::NoCertificate)?;
        let facts = Facts::of(leaf).map_err(PeerError::Malformed)?;
        Ok(Self { facts, fingerprint: sha256(leaf) })
    }

    /// The one name for logs and decisions: the first URI, else the first DNS name, else the common
    /// name. `None` for a certificate without any of them.
    pub fn principal(&self) -> Option<&str> {
        let first = self.facts.uris.first().or(self.facts.dns_names.first());
        first.or(self.facts.common_name.as_ref()).map(String::as_str)
    }

    /// The DNS names among the subject alternative names.
    pub fn dns_names(&self) -> &[String] {
        &self.facts.dns_names
    }

    /// The URIs among the subject alternative names.
    pub fn uris(&self) -> &[String] {
        &self.facts.uris
    }

    /// The common name of the subject, if it has exactly one.
    pub fn common_name(&self) -> Option<&str> {
        self.facts.common_name.as_deref()
    }

    /// When the certificate ends, so that a stream can end with it.
    pub fn expires_at(&self) -> SystemTime {
        self.facts.expires_at()
    }

    /// The SHA-256 hash of the whole certificate.
    pub const fn fingerprint(&self) -> &[u8; 32] {
        &self.fingerprint
    }

    /// The pin of its public key.
    pub fn pin(&self) -> SpkiPin {
        SpkiPin::of_public_key(&self.facts.public_key_info)
    }
}

impl fmt::Debug for PeerIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PeerIdentity")
            .field("dns_names", &self.facts.dns_names)
            .field("uris", &self.facts.uris)
            .field("common_name", &self.facts.common_name)
            .finish_non_exhaustive()
    }
}

impl fmt::Display for PeerIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.principal().unwrap_or("a certificate without a name"))
    }
}

// === impl PeerError ===

impl fmt::Display for PeerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoCertificate => f.write_str("the peer showed no certificate"),
            Self::Malformed(problem) => write!(f, "the certificate of the peer: {problem}"),
        }
    }
}

impl std::error::Error for PeerError {}
