//! A certificate chain with its private key.

use std::path::Path;
use std::sync::Arc;

use rustls::crypto::CryptoProvider;
use rustls::sign::CertifiedKey;
use rustls::{Error, InconsistentKeys};

use crate::pem::Pem;
use crate::problem::{Problems, note};
use crate::x509::Facts;

/// What one side of a connection proves to be: a certificate chain, leaf first, and the private key
/// of the leaf (PKCS#8, PKCS#1 or SEC1, not encrypted).
#[derive(Clone, Debug)]
pub struct KeyPair {
    certificates: Pem,
    key: Pem,
}

// === impl KeyPair ===

impl KeyPair {
    /// The chain and the key. Both may be in one PEM text.
    pub fn new(certificates: Pem, key: Pem) -> Self {
        Self { certificates, key }
    }

    /// The chain and the key, each in a file.
    pub fn files(certificates: impl AsRef<Path>, key: impl AsRef<Path>) -> Self {
        Self::new(Pem::file(certificates), Pem::file(key))
    }

    /// Reads both, and checks that they belong together and are valid at `now`.
    pub(crate) fn load(
        &self,
        provider: &CryptoProvider,
        now: u64,
    ) -> Result<Arc<CertifiedKey>, Problems> {
        let mut problems = Problems::new();
        let chain = note(self.certificates.certificates(), &mut problems);
        let key = note(self.key.private_key(), &mut problems);
        if let Some(leaf) = chain.as_ref().and_then(|chain| chain.first()) {
            let checked = Facts::of(leaf).and_then(|facts| facts.check_time(now));
            let named =
                checked.map_err(|problem| format!("{}: {problem}", self.certificates.name()));
            note(named, &mut problems);
        }
        let (Some(chain), Some(key)) = (chain, key) else { return Err(problems) };
        let made = CertifiedKey::from_der(chain, key, provider).map_err(|error| self.unfit(&error));
        match note(made, &mut problems) {
            Some(made) if problems.is_empty() => Ok(Arc::new(made)),
            _ => Err(problems),
        }
    }

    fn unfit(&self, error: &Error) -> String {
        let (key, certificates) = (self.key.name(), self.certificates.name());
        match error {
            Error::InconsistentKeys(InconsistentKeys::KeyMismatch) => format!(
                "{key}: the private key does not match the first certificate of {certificates}: \
                 give the key that the certificate was made for, and the leaf first"
            ),
            error => format!("{key}: the private key cannot be used: {error}"),
        }
    }
}
