//! Checking servers with what was loaded last.

use std::fmt;
use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, DigitallySignedStruct, Error, OtherError, SignatureScheme};

use super::{Loader, Trust};
use crate::live::Live;
use crate::pin::SpkiPin;

#[derive(Debug)]
pub(super) struct ServerVerifier(pub(super) Arc<Live<Loader>>);

/// The key of the server is not among the pins.
struct NotPinned(SpkiPin);

// === impl ServerVerifier ===

impl ServerCertVerifier for ServerVerifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let material = self.0.polled();
        if let Some(authorities) = &material.authorities {
            let verifier = &authorities.verifier;
            verifier.verify_server_cert(end_entity, intermediates, name, ocsp, now)?;
        }
        match &self.0.loader().trust {
            Trust::Authorities { pins, .. } if !pins.is_empty() => pinned(end_entity, pins)?,
            Trust::Pins(pins) => pinned(end_entity, pins)?,
            Trust::Authorities { .. } | Trust::Anybody => {}
        }
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.0.loader().provider.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.0.loader().provider.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.loader().provider.signature_verification_algorithms.supported_schemes()
    }
}

/// Only the server's own certificate is looked at. The others that it sends prove nothing: anybody
/// can add one.
fn pinned(end_entity: &CertificateDer<'_>, pins: &[SpkiPin]) -> Result<(), Error> {
    let own = SpkiPin::of(end_entity)
        .map_err(|_| Error::InvalidCertificate(CertificateError::BadEncoding))?;
    if pins.contains(&own) {
        return Ok(());
    }
    let error = OtherError(Arc::new(NotPinned(own)));
    Err(Error::InvalidCertificate(CertificateError::Other(error)))
}

// === impl NotPinned ===

impl fmt::Display for NotPinned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the server's key {} is none of those that are pinned", self.0)
    }
}

/// The message: rustls shows what others refuse by `Debug`.
impl fmt::Debug for NotPinned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for NotPinned {}
