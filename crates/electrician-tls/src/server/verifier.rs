//! Checking clients with what was loaded last.

use std::fmt;
use std::sync::Arc;

use rustls::client::danger::HandshakeSignatureValid;
use rustls::pki_types::{CertificateDer, UnixTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{
    CertificateError, DigitallySignedStruct, DistinguishedName, Error, OtherError, SignatureScheme,
};

use super::Loader;
use crate::clients::ClientCheck;
use crate::live::Live;
use crate::peer::PeerIdentity;
use crate::principal::Principal;

#[derive(Debug)]
pub(super) struct ClientVerifier(pub(super) Arc<Live<Loader>>);

/// The certificate is good, but not of one who may come in.
struct NotAllowed {
    peer: PeerIdentity,
    allowed: Arc<[Principal]>,
}

// === impl ClientVerifier ===

impl ClientVerifier {
    fn with<T>(&self, ask: impl FnOnce(&ClientCheck) -> T) -> T {
        let material = self.0.current();
        ask(material.clients.as_ref().expect("it is used only where clients are checked"))
    }
}

impl ClientCertVerifier for ClientVerifier {
    fn client_auth_mandatory(&self) -> bool {
        self.with(|check| check.verifier.client_auth_mandatory())
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        self.with(|check| {
            let verified = check.verifier.verify_client_cert(end_entity, intermediates, now)?;
            let Some(allowed) = &check.allowed else { return Ok(verified) };
            let peer = PeerIdentity::from_chain(std::slice::from_ref(end_entity))
                .map_err(|error| refused(Arc::new(error)))?;
            if allowed.iter().any(|principal| principal.matches(&peer)) {
                return Ok(verified);
            }
            Err(refused(Arc::new(NotAllowed { peer, allowed: Arc::clone(allowed) })))
        })
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.with(|check| check.verifier.verify_tls12_signature(message, certificate, signature))
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.with(|check| check.verifier.verify_tls13_signature(message, certificate, signature))
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.with(|check| check.verifier.supported_verify_schemes())
    }
}

fn refused(error: Arc<dyn std::error::Error + Send + Sync>) -> Error {
    Error::InvalidCertificate(CertificateError::Other(OtherError(error)))
}

// === impl NotAllowed ===

impl fmt::Display for NotAllowed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.peer.principal().unwrap_or("one without a name");
        write!(f, "the client certificate is of {name:?}, allowed is ")?;
        for (index, principal) in self.allowed.iter().enumerate() {
            let before = if index == 0 { "" } else { ", " };
            write!(f, "{before}{principal}")?;
        }
        Ok(())
    }
}

/// The message: rustls shows what others refuse by `Debug`.
impl fmt::Debug for NotAllowed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for NotAllowed {}
