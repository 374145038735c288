//! Which clients a server lets in.

use std::sync::Arc;

use rustls::RootCertStore;
use rustls::crypto::CryptoProvider;
use rustls::server::WebPkiClientVerifier;
use rustls::server::danger::ClientCertVerifier;
use rustls_pki_types::CertificateRevocationListDer;

use crate::pem::Pem;
use crate::principal::Principal;
use crate::problem::{Problems, note};
use crate::roots::store;

/// Mutual TLS: the client shows a certificate, and the server checks it.
///
/// The chain must end at one of the authorities, be valid now and be made for clients. Without
/// [`allowing`](Self::allowing) any such certificate is enough.
#[derive(Clone, Debug)]
pub struct ClientCertificates {
    authorities: Pem,
    revocations: Option<Pem>,
    allowed: Option<Vec<Principal>>,
    is_optional: bool,
}

/// What was read.
pub(crate) struct ClientCheck {
    pub(crate) verifier: Arc<dyn ClientCertVerifier>,
    pub(crate) allowed: Option<Arc<[Principal]>>,
    roots: Arc<RootCertStore>,
    lists: Option<Vec<CertificateRevocationListDer<'static>>>,
}

// === impl ClientCertificates ===

impl ClientCertificates {
    /// Demands a certificate from one of the authorities in the PEM text.
    pub const fn signed_by(authorities: Pem) -> Self {
        Self { authorities, revocations: None, allowed: None, is_optional: false }
    }

    /// Lets in only who carries at least one of these names. More calls add names.
    pub fn allowing(mut self, principals: impl IntoIterator<Item = Principal>) -> Self {
        self.allowed.get_or_insert_default().extend(principals);
        self
    }

    /// Refuses certificates that are on the revocation lists (PEM, `X509 CRL`), and those whose
    /// issuer has no list among them. The client's own certificate is looked up, those of
    /// intermediate authorities are not.
    pub fn with_revocations(mut self, lists: Pem) -> Self {
        self.revocations = Some(lists);
        self
    }

    /// Lets clients in that show no certificate: they have no identity, and something else must
    /// tell who they are. A certificate that is shown must be right all the same.
    pub const fn optional(mut self) -> Self {
        self.is_optional = true;
        self
    }

    pub(crate) fn load(&self, provider: &Arc<CryptoProvider>) -> Result<ClientCheck, Problems> {
        let mut problems = Problems::new();
        match &self.allowed {
            Some(allowed) if allowed.is_empty() => {
                problems.push("a list of no principals lets nobody in: name at least one".into());
            }
            Some(allowed) => problems.extend(allowed.iter().filter_map(Principal::problem)),
            None => {}
        }
        let roots = note(store(&self.authorities), &mut problems);
        let lists = self.revocations.as_ref().map(Pem::revocations).transpose();
        let lists = note(lists, &mut problems);
        let (Some(roots), Some(lists)) = (roots, lists) else { return Err(problems) };
        // The names of the authorities would have to be the same for as long as the server runs.
        let mut builder =
            WebPkiClientVerifier::builder_with_provider(Arc::clone(&roots), Arc::clone(provider))
                .clear_root_hint_subjects()
                .only_check_end_entity_revocation();
        if let Some(lists) = &lists {
            builder = builder.with_crls(lists.iter().cloned());
        }
        if self.is_optional {
            builder = builder.allow_unauthenticated();
        }
        let name = self.revocations.as_ref().unwrap_or(&self.authorities).name();
        let verifier = builder.build().map_err(|error| format!("{name}: {error}"));
        match note(verifier, &mut problems) {
            Some(verifier) if problems.is_empty() => {
                let allowed = self.allowed.as_deref().map(Arc::from);
                Ok(ClientCheck { verifier, allowed, roots, lists })
            }
            _ => Err(problems),
        }
    }
}

// === impl ClientCheck ===

impl ClientCheck {
    /// Whether both were made of the same certificates and lists.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        self.roots.roots == other.roots.roots && self.lists == other.lists
    }
}
