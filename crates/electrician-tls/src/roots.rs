//! Whom a client trusts to vouch for servers.

use std::sync::Arc;

use rustls::RootCertStore;

use crate::pem::Pem;

/// The authorities that vouch for servers.
#[derive(Clone, Debug)]
pub struct Roots(Kind);

#[derive(Clone, Debug)]
enum Kind {
    System,
    #[cfg(feature = "webpki-roots")]
    Bundled,
    Given(Pem),
}

// === impl Roots ===

impl Roots {
    /// Those of the operating system. `SSL_CERT_FILE` and `SSL_CERT_DIR` are used instead where
    /// they are set. They are read once, when the configuration is built.
    pub const fn system() -> Self {
        Self(Kind::System)
    }

    /// Mozilla's list as it was when the program was compiled. For machines without roots of their
    /// own; who uses it must rebuild to keep up.
    #[cfg(feature = "webpki-roots")]
    pub const fn bundled() -> Self {
        Self(Kind::Bundled)
    }

    /// The certificates of the PEM text, and no others. They are read again when the configuration
    /// is reloaded.
    pub const fn pem(pem: Pem) -> Self {
        Self(Kind::Given(pem))
    }

    pub(crate) fn load(&self) -> Result<Arc<RootCertStore>, String> {
        match &self.0 {
            Kind::System => system(),
            #[cfg(feature = "webpki-roots")]
            Kind::Bundled => {
                let roots = webpki_roots::TLS_SERVER_ROOTS.to_vec();
                Ok(Arc::new(RootCertStore { roots }))
            }
            Kind::Given(pem) => store(pem),
        }
    }

    /// Whether loading again can give something else.
    pub(crate) const fn can_change(&self) -> bool {
        matches!(self.0, Kind::Given(_))
    }
}

impl Default for Roots {
    fn default() -> Self {
        Self::system()
    }
}

/// The store of the certificates in `pem`, each of which must be fit to be a root.
pub(crate) fn store(pem: &Pem) -> Result<Arc<RootCertStore>, String> {
    let mut store = RootCertStore::empty();
    for certificate in pem.certificates()? {
        store
            .add(certificate)
            .map_err(|error| format!("{}: a certificate cannot be a root: {error}", pem.name()))?;
    }
    Ok(Arc::new(store))
}

fn system() -> Result<Arc<RootCertStore>, String> {
    let loaded = rustls_native_certs::load_native_certs();
    let mut store = RootCertStore::empty();
    // Some systems keep certificates that no modern library takes.
    let (added, _) = store.add_parsable_certificates(loaded.certs);
    if added > 0 {
        return Ok(Arc::new(store));
    }
    let why = loaded.errors.first().map(|error| format!(" ({error})")).unwrap_or_default();
    Err(format!(
        "the system has no root certificates{why}: install them, or name roots with `with_roots`"
    ))
}
