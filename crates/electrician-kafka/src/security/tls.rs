//! Encryption, and whom to trust.

use std::{
    collections::BTreeMap,
    fs::File,
    io::{self, Read},
    path::{Path, PathBuf},
};

use crate::Secret;

/// An encrypted connection to brokers that are verified.
///
/// A broker's certificate must be signed by a trusted authority and bear the host name by which the
/// broker is reached; neither check can be switched off. Unless told otherwise the authorities of
/// the system are trusted.
///
/// Everything is in PEM form. Files are read each time a client is made, so a restart of a source or
/// sink picks up a renewed certificate.
#[derive(Clone, Debug, Default)]
pub struct Tls {
    authorities: Option<Pem>,
    client: Option<Client>,
    key_password: Option<Secret>,
}

/// The most that is read of a file: more than any chain of certificates has.
const LARGEST: u64 = 4 << 20;

/// What the client shows about itself.
#[derive(Clone, Debug)]
struct Client {
    certificate: Pem,
    key: Pem,
}

/// Where a text in PEM form is.
#[derive(Clone, Debug)]
enum Pem {
    File(PathBuf),
    Text(Secret),
}

// === impl Tls ===

impl Tls {
    /// Trusts the authorities of the system.
    pub fn new() -> Self {
        Self::default()
    }

    /// Trusts the authorities in this file and no others.
    pub fn with_ca_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.authorities = Some(Pem::File(path.into()));
        self
    }

    /// Trusts the authorities in this text and no others.
    pub fn with_ca_pem(mut self, text: impl Into<String>) -> Self {
        self.authorities = Some(Pem::Text(Secret::new(text)));
        self
    }

    /// Shows this certificate (with its chain, if it has one), proven by this key.
    pub fn with_client_files(
        mut self,
        certificate: impl Into<PathBuf>,
        key: impl Into<PathBuf>,
    ) -> Self {
        let (certificate, key) = (Pem::File(certificate.into()), Pem::File(key.into()));
        self.client = Some(Client { certificate, key });
        self
    }

    /// Shows this certificate (with its chain, if it has one), proven by this key.
    pub fn with_client_pem(
        mut self,
        certificate: impl Into<String>,
        key: impl Into<Secret>,
    ) -> Self {
        let (certificate, key) = (Pem::Text(Secret::new(certificate)), Pem::Text(key.into()));
        self.client = Some(Client { certificate, key });
        self
    }

    /// The password of the client's key, where that is encrypted.
    pub fn with_key_password(mut self, password: impl Into<Secret>) -> Self {
        self.key_password = Some(password.into());
        self
    }

    pub(super) fn validate(&self, problems: &mut Vec<String>) {
        if let Some(authorities) = &self.authorities {
            authorities.validate("the CA", "CERTIFICATE", problems);
        }
        if let Some(Client { certificate, key }) = &self.client {
            certificate.validate("the client's certificate", "CERTIFICATE", problems);
            let key = key.validate("the client's key", "PRIVATE KEY", problems);
            // By itself the driver would only say that it cannot read the key.
            if self.key_password.is_none() && key.is_some_and(|key| is_locked(key.expose())) {
                problems.push(
                    "the client's key is encrypted: give its password by `with_key_password`"
                        .to_owned(),
                );
            }
        }
        if self.key_password.is_some() && self.client.is_none() {
            problems.push(
                "TLS has a password for a client's key but no key: name it by \
                 `with_client_files` or `with_client_pem`"
                    .to_owned(),
            );
        }
    }

    pub(super) fn add_to(&self, properties: &mut BTreeMap<&'static str, String>) {
        let mut add = |name, value: String| {
            properties.insert(name, value);
        };
        // What the driver does anyway, said so that no default of another version undoes it.
        add("enable.ssl.certificate.verification", "true".to_owned());
        add("ssl.endpoint.identification.algorithm", "https".to_owned());
        match &self.authorities {
            None => add("ssl.ca.location", "probe".to_owned()),
            Some(Pem::File(path)) => add("ssl.ca.location", path.display().to_string()),
            Some(Pem::Text(text)) => add("ssl.ca.pem", text.expose().to_owned()),
        }
        if let Some(Client { certificate, key }) = &self.client {
            match certificate {
                Pem::File(path) => add("ssl.certificate.location", path.display().to_string()),
                Pem::Text(text) => add("ssl.certificate.pem", text.expose().to_owned()),
            }
            match key {
                Pem::File(path) => add("ssl.key.location", path.display().to_string()),
                Pem::Text(text) => add("ssl.key.pem", text.expose().to_owned()),
            }
        }
        if let Some(password) = &self.key_password {
            add("ssl.key.password", password.expose().to_owned());
        }
    }
}

// === impl Pem ===

impl Pem {
    /// The text, if it can be read and holds a block of the `kind`; otherwise a problem.
    fn validate(&self, what: &str, kind: &str, problems: &mut Vec<String>) -> Option<Secret> {
        let (text, place) = match self {
            Self::Text(text) => (text.clone(), String::new()),
            Self::File(path) => match read(path) {
                Ok(text) => (text, format!(" in `{}`", path.display())),
                Err(error) => {
                    problems
                        .push(format!("{what} in `{}` cannot be read: {error}", path.display()));
                    return None;
                }
            },
        };
        if !holds(text.expose(), kind) {
            problems.push(format!("{what}{place} has no block `-----BEGIN {kind}-----`"));
            return None;
        }
        Some(text)
    }
}

fn read(path: &Path) -> io::Result<Secret> {
    let mut text = String::new();
    File::open(path)?.take(LARGEST).read_to_string(&mut text)?;
    Ok(Secret::new(text))
}

/// Whether some line begins a block of the kind; an `RSA PRIVATE KEY` is a `PRIVATE KEY`.
fn holds(text: &str, kind: &str) -> bool {
    let begun = |line: &str| -> Option<bool> {
        let found = line.trim().strip_prefix("-----BEGIN ")?.strip_suffix("-----")?;
        Some(found.ends_with(kind))
    };
    text.lines().filter_map(begun).any(|is_kind| is_kind)
}

/// Whether it takes a password to read the key, in the form of today or that of old.
fn is_locked(key: &str) -> bool {
    key.contains("-----BEGIN ENCRYPTED PRIVATE KEY-----") || key.contains("Proc-Type: 4,ENCRYPTED")
}
