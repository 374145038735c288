//! Names that a certificate can prove.

use std::fmt;

use crate::peer::PeerIdentity;

/// A name that a client certificate must carry to be let in.
///
/// Each kind looks at one field of the certificate alone, and compares the whole name: a wildcard in
/// a certificate is a name like any other.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Principal(Kind);

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Kind {
    Dns(String),
    Uri(String),
    UrisBelow(String),
    CommonName(String),
}

// === impl Principal ===

impl Principal {
    /// A DNS name among the subject alternative names. Case does not matter.
    pub fn dns(name: impl Into<String>) -> Self {
        Self(Kind::Dns(name.into()))
    }

    /// A URI among the subject alternative names, to the letter, such as
    /// `spiffe://prod/billing`.
    pub fn uri(uri: impl Into<String>) -> Self {
        Self(Kind::Uri(uri.into()))
    }

    /// Every URI among the subject alternative names that begins with `prefix`, which ends in a
    /// slash, such as `spiffe://prod/`.
    pub fn uris_below(prefix: impl Into<String>) -> Self {
        Self(Kind::UrisBelow(prefix.into()))
    }

    /// The common name of the subject, to the letter. A certificate with several has none.
    pub fn common_name(name: impl Into<String>) -> Self {
        Self(Kind::CommonName(name.into()))
    }

    pub(crate) fn matches(&self, peer: &PeerIdentity) -> bool {
        match &self.0 {
            Kind::Dns(name) => peer.dns_names().iter().any(|own| own.eq_ignore_ascii_case(name)),
            Kind::Uri(uri) => peer.uris().contains(uri),
            Kind::UrisBelow(prefix) => peer.uris().iter().any(|own| own.starts_with(prefix)),
            Kind::CommonName(name) => peer.common_name() == Some(name),
        }
    }

    /// What is wrong with it.
    pub(crate) fn problem(&self) -> Option<String> {
        match &self.0 {
            Kind::Dns(name) | Kind::Uri(name) | Kind::CommonName(name) if name.is_empty() => {
                Some("an empty principal lets nobody in: give a name".to_owned())
            }
            Kind::UrisBelow(prefix) if !prefix.ends_with('/') || !prefix.contains("://") => {
                Some(format!(
                    "URIs below {prefix:?}: give a scheme, an authority and a slash at the end, or \
                     longer names pass as well"
                ))
            }
            _ => None,
        }
    }
}

impl fmt::Display for Principal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kind::Dns(name) => write!(f, "DNS name {name}"),
            Kind::Uri(uri) => write!(f, "URI {uri}"),
            Kind::UrisBelow(prefix) => write!(f, "URI below {prefix}"),
            Kind::CommonName(name) => write!(f, "common name {name}"),
        }
    }
}
