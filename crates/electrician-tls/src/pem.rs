//! Where PEM text comes from.

use std::fmt;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls_pki_types::pem::{Error, PemObject};
use rustls_pki_types::{CertificateDer, CertificateRevocationListDer, PrivateKeyDer};
use zeroize::Zeroizing;

/// The longest text that is read, in bytes: a bundle of all public roots has a twentieth of it.
const MAX_BYTES: u64 = 4 << 20;

/// PEM text: a file, which is read again when the configuration is reloaded, or bytes in memory.
///
/// The text may be a private key: it is wiped from memory when it is dropped, and `Debug` shows
/// the name alone.
#[derive(Clone)]
pub struct Pem(Source);

#[derive(Clone)]
enum Source {
    File(PathBuf),
    Memory { name: Arc<str>, text: Arc<Zeroizing<Vec<u8>>> },
}

// === impl Pem ===

impl Pem {
    /// A file. It is read when something is built with it, at most 4 MiB.
    pub fn file(path: impl AsRef<Path>) -> Self {
        Self(Source::File(path.as_ref().to_owned()))
    }

    /// Text in memory. Errors call it `name`.
    pub fn memory(name: impl Into<Arc<str>>, text: impl Into<Vec<u8>>) -> Self {
        Self(Source::Memory { name: name.into(), text: Arc::new(Zeroizing::new(text.into())) })
    }

    /// What errors call it: the path of the file, or the name that was given.
    pub fn name(&self) -> String {
        match &self.0 {
            Source::File(path) => path.display().to_string(),
            Source::Memory { name, .. } => name.to_string(),
        }
    }

    /// The certificates, at least one.
    pub(crate) fn certificates(&self) -> Result<Vec<CertificateDer<'static>>, String> {
        self.all("certificate", "CERTIFICATE")
    }

    /// The lists of revoked certificates, at least one.
    pub(crate) fn revocations(&self) -> Result<Vec<CertificateRevocationListDer<'static>>, String> {
        self.all("certificate revocation list", "X509 CRL")
    }

    /// The first private key.
    pub(crate) fn private_key(&self) -> Result<PrivateKeyDer<'static>, String> {
        let text = self.read()?;
        if find(&text, b"BEGIN ENCRYPTED PRIVATE KEY") {
            let name = self.name();
            return Err(format!(
                "{name}: the private key is encrypted: give it without a password"
            ));
        }
        PrivateKeyDer::from_pem_slice(&text)
            .map_err(|error| self.unfit(&error, &text, "private key", "PRIVATE KEY"))
    }

    fn all<T: PemObject>(&self, what: &str, label: &str) -> Result<Vec<T>, String> {
        let text = self.read()?;
        let found: Result<Vec<T>, _> = T::pem_slice_iter(&text).collect();
        let found =
            found.and_then(|all| if all.is_empty() { Err(Error::NoItemsFound) } else { Ok(all) });
        found.map_err(|error| self.unfit(&error, &text, what, label))
    }

    /// Why the text does not hold what was wanted.
    fn unfit(&self, error: &Error, text: &[u8], what: &str, label: &str) -> String {
        let name = self.name();
        if text.iter().all(u8::is_ascii_whitespace) {
            return format!("{name}: it is empty: give PEM text with a {what}");
        }
        if !matches!(error, Error::NoItemsFound) {
            return format!("{name}: it is damaged: {error}");
        }
        let found = match found_label(text) {
            Some(found) => format!("its first section is {found}"),
            None => "it is no PEM text".to_owned(),
        };
        format!("{name}: it holds no {what}, {found}: give PEM text with `-----BEGIN {label}-----`")
    }

    fn read(&self) -> Result<Zeroizing<Vec<u8>>, String> {
        let path = match &self.0 {
            Source::Memory { text, .. } => return Ok(Zeroizing::clone(text)),
            Source::File(path) => path,
        };
        let fail = |error: std::io::Error| format!("{}: it cannot be read: {error}", self.name());
        let file = File::open(path).map_err(fail)?;
        let length = file.metadata().map_err(fail)?.len();
        let too_long = || {
            format!("{}: it is longer than {MAX_BYTES} bytes, which is no PEM text", self.name())
        };
        if length > MAX_BYTES {
            return Err(too_long());
        }
        // A vector that grows leaves copies behind that nobody wipes: room for all at once.
        let room = usize::try_from(length).unwrap_or_default() + 1;
        let mut text = Zeroizing::new(Vec::with_capacity(room));
        file.take(MAX_BYTES + 1).read_to_end(&mut text).map_err(fail)?;
        if text.len() as u64 > MAX_BYTES {
            return Err(too_long());
        }
        Ok(text)
    }
}

impl fmt::Debug for Pem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Pem").field(&self.name()).finish()
    }
}

/// The label of the first section, as far as it is one.
fn found_label(text: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(text);
    let (_, rest) = text.split_once("-----BEGIN ")?;
    let (label, _) = rest.split_once("-----")?;
    let is_label = label.len() < 40
        && label.bytes().all(|b| b.is_ascii_uppercase() || b == b' ' || b.is_ascii_digit());
    is_label.then(|| label.to_owned())
}

fn find(text: &[u8], wanted: &[u8]) -> bool {
    text.windows(wanted.len()).any(|window| window == wanted)
}

#[cfg(test)]
mod tests;
