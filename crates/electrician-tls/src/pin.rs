//! Pins: keys that are known beforehand.

use std::fmt;
use std::str::FromStr;

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use electrician_types::ConfigError;
use rustls_pki_types::CertificateDer;

use crate::pem::Pem;
use crate::problem::refuse;
use crate::x509::Facts;

const LENGTH: usize = 32;

/// The SHA-256 hash of a public key as certificates carry it (`SubjectPublicKeyInfo`, RFC 7469).
///
/// It stays the same when a certificate is renewed with the same key. As text it is `sha256/` and
/// 44 letters of base64; 64 hex digits are read as well. `openssl x509 -in cert.pem -pubkey -noout
/// | openssl pkey -pubin -outform der | openssl dgst -sha256 -binary | base64` prints one.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct SpkiPin([u8; LENGTH]);

// === impl SpkiPin ===

impl SpkiPin {
    /// The pin of these 32 bytes.
    pub const fn from_bytes(hash: [u8; LENGTH]) -> Self {
        Self(hash)
    }

    /// The pin of the first certificate in the PEM text.
    pub fn from_pem(pem: &Pem) -> Result<Self, ConfigError> {
        let certificates = pem.certificates().map_err(refuse)?;
        let pins = certificates.iter().take(1).map(Self::of).collect::<Result<Vec<_>, _>>();
        let pins = pins.map_err(|problem| refuse(format!("{}: {problem}", pem.name())))?;
        pins.first().copied().ok_or_else(|| refuse(format!("{}: no certificate", pem.name())))
    }

    pub(crate) fn of(certificate: &CertificateDer<'_>) -> Result<Self, String> {
        let facts = Facts::of(certificate)?;
        Ok(Self::of_public_key(&facts.public_key_info))
    }

    pub(crate) fn of_public_key(info: &[u8]) -> Self {
        Self(sha256(info))
    }
}

impl FromStr for SpkiPin {
    type Err = ConfigError;

    fn from_str(text: &str) -> Result<Self, ConfigError> {
        let trimmed = text.trim();
        let bare = trimmed.strip_prefix("sha256/").unwrap_or(trimmed);
        let bytes = from_hex(bare).or_else(|| STANDARD.decode(bare).ok());
        let hash = bytes.and_then(|bytes| <[u8; LENGTH]>::try_from(bytes).ok());
        hash.map(Self).ok_or_else(|| {
            refuse(format!(
                "pin {text:?}: give the SHA-256 hash of a public key, as `sha256/` and 44 letters \
                 of base64, or as 64 hex digits"
            ))
        })
    }
}

impl fmt::Display for SpkiPin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "sha256/{}", STANDARD.encode(self.0))
    }
}

impl fmt::Debug for SpkiPin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SpkiPin({self})")
    }
}

pub(crate) fn sha256(bytes: &[u8]) -> [u8; LENGTH] {
    digest(&SHA256, bytes).as_ref().try_into().expect("a SHA-256 hash has 32 bytes")
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    let bytes = text.as_bytes();
    if bytes.len() != 2 * LENGTH {
        return None;
    }
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    bytes.chunks(2).map(|pair| Some(digit(pair[0])? << 4 | digit(pair[1])?)).collect()
}

#[cfg(test)]
mod tests;
