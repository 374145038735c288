//! What a certificate says of itself.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rustls_pki_types::CertificateDer;
use x509_parser::prelude::{FromDer, GeneralName, X509Certificate};

/// The parts of a certificate that this crate looks at. They are claims until a chain was verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Facts {
    pub(crate) dns_names: Vec<String>,
    pub(crate) uris: Vec<String>,
    pub(crate) common_name: Option<String>,
    /// Seconds since the epoch, the first and the last.
    pub(crate) valid: (i64, i64),
    pub(crate) public_key_info: Vec<u8>,
}

// === impl Facts ===

impl Facts {
    pub(crate) fn of(certificate: &CertificateDer<'_>) -> Result<Self, String> {
        let (rest, parsed) = X509Certificate::from_der(certificate)
            .map_err(|error| format!("it is no X.509 certificate: {error}"))?;
        if !rest.is_empty() {
            return Err("bytes follow the X.509 certificate".to_owned());
        }
        let mut dns_names = Vec::new();
        let mut uris = Vec::new();
        let names = parsed
            .subject_alternative_name()
            .map_err(|error| format!("its alternative names cannot be read: {error}"))?;
        for name in names.iter().flat_map(|names| &names.value.general_names) {
            match name {
                GeneralName::DNSName(name) => dns_names.push((*name).to_owned()),
                GeneralName::URI(uri) => uris.push((*uri).to_owned()),
                _ => {}
            }
        }
        // With several common names it would be left to the reader which of them counts.
        let mut common = parsed.subject().iter_common_name();
        let common_name = match (common.next(), common.next()) {
            (Some(name), None) => name.as_str().ok().map(str::to_owned),
            _ => None,
        };
        let validity = parsed.validity();
        Ok(Self {
            dns_names,
            uris,
            common_name,
            valid: (validity.not_before.timestamp(), validity.not_after.timestamp()),
            public_key_info: parsed.public_key().raw.to_vec(),
        })
    }

    /// When the certificate ends.
    pub(crate) fn expires_at(&self) -> SystemTime {
        let seconds = u64::try_from(self.valid.1).unwrap_or_default();
        UNIX_EPOCH.checked_add(Duration::from_secs(seconds)).unwrap_or(UNIX_EPOCH)
    }

    /// Says when it is not valid at `now`, seconds since the epoch.
    pub(crate) fn check_time(&self, now: u64) -> Result<(), String> {
        let now = i64::try_from(now).unwrap_or(i64::MAX);
        let (from, to) = self.valid;
        if now > to {
            return Err(format!("the certificate expired {} ago", span(now - to)));
        }
        if now < from {
            return Err(format!("the certificate is not valid yet, but in {}", span(from - now)));
        }
        Ok(())
    }
}

/// Seconds for readers.
fn span(seconds: i64) -> String {
    match seconds {
        ..=119 => format!("{seconds} s"),
        120..=7_199 => format!("{} min", seconds / 60),
        7_200..=172_799 => format!("{} h", seconds / 3_600),
        _ => format!("{} days", seconds / 86_400),
    }
}
