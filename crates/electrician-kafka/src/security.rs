//! How a connection is kept secret, and how both sides prove who they are.

mod sasl;
mod tls;

use std::collections::BTreeMap;

pub use sasl::{Sasl, Token};
pub use tls::Tls;

use crate::tokens::Tokens;

/// Whether a connection is encrypted, and how the client proves who it is.
///
/// There is no fallback from one to another: a connection that cannot be made as told fails.
///
/// ```
/// use electrician_kafka::{Connection, Sasl, Secret, Security, Tls};
///
/// # fn password() -> Secret { Secret::new("secret") }
/// let user = Sasl::scram_sha_512("strikes", password());
/// let connection = Connection::new("kafka-1.example:9094,kafka-2.example:9094")
///     .with_security(Security::Sasl(user, Tls::new().with_ca_file("ca.pem")));
/// # assert!(!format!("{connection:?}").contains("secret"));
/// ```
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub enum Security {
    /// Neither encrypted nor authenticated: whoever is on the way reads and changes what passes.
    #[default]
    Plaintext,
    /// Encrypted, and the broker is verified. With a certificate of its own ([`Tls::with_client_files`],
    /// [`Tls::with_client_pem`]) the client is verified too.
    Tls(Tls),
    /// A user, inside of TLS.
    Sasl(Sasl, Tls),
    /// A user, without encryption. Whoever is on the way reads a password of PLAIN and a token, and
    /// takes over the connection of any mechanism. Good for a broker on the same machine.
    DangerousPlaintextSasl(Sasl),
}

// === impl Security ===

impl Security {
    /// Adds what is wrong with it.
    pub(crate) fn validate(&self, problems: &mut Vec<String>) {
        match self {
            Self::Plaintext => {}
            Self::Tls(tls) => tls.validate(problems),
            Self::Sasl(sasl, tls) => {
                sasl.validate(problems);
                tls.validate(problems);
            }
            Self::DangerousPlaintextSasl(sasl) => sasl.validate(problems),
        }
        // The driver would not take it, and its error would show what it did not take.
        for (property, _) in self.properties().iter().filter(|(_, value)| value.contains('\0')) {
            problems.push(format!("`{property}` has a zero byte in it"));
        }
    }

    /// The properties of the driver that make it so.
    pub(crate) fn properties(&self) -> BTreeMap<&'static str, String> {
        let mut properties = BTreeMap::new();
        let (protocol, sasl, tls) = match self {
            Self::Plaintext => ("plaintext", None, None),
            Self::Tls(tls) => ("ssl", None, Some(tls)),
            Self::Sasl(sasl, tls) => ("sasl_ssl", Some(sasl), Some(tls)),
            Self::DangerousPlaintextSasl(sasl) => ("sasl_plaintext", Some(sasl), None),
        };
        properties.insert("security.protocol", protocol.to_owned());
        if let Some(sasl) = sasl {
            sasl.add_to(&mut properties);
        }
        if let Some(tls) = tls {
            tls.add_to(&mut properties);
        }
        properties
    }

    /// Where the tokens of OAUTHBEARER come from.
    pub(crate) fn tokens(&self) -> Tokens {
        match self {
            Self::Sasl(sasl, _) | Self::DangerousPlaintextSasl(sasl) => sasl.tokens(),
            Self::Plaintext | Self::Tls(_) => Tokens::default(),
        }
    }
}
