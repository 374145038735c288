//! How to reach a cluster.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::RangeInclusive;
use std::time::Duration;

use rdkafka::ClientConfig;

#[cfg(feature = "tls")]
use crate::Security;
use crate::tokens::Tokens;

/// How long a broker may take to accept a connection unless told, and how long it may at all.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
const CONNECT_TIMEOUTS: RangeInclusive<Duration> = Duration::from_secs(1)..=Duration::from_mins(5);

/// Properties of these beginnings decide about security, which has a type of its own.
const SECURITY: [&str; 6] =
    ["security.protocol", "sasl.", "ssl.", "enable.ssl.", "enable.sasl.", "https.ca."];

/// Those of them that weaken nothing and carry no secret.
const TUNING: [&str; 4] =
    ["ssl.cipher.suites", "ssl.curves.list", "ssl.sigalgs.list", "ssl.crl.location"];

/// Whether a property may be set like any other; the value of one that may not is never shown.
pub(crate) fn is_free(property: &str) -> bool {
    TUNING.contains(&property) || !SECURITY.iter().any(|begin| property.starts_with(begin))
}

/// What every client of a cluster has in common: addresses, name, and any setting of the driver.
///
/// ```
/// use electrician_kafka::Connection;
///
/// let connection = Connection::new("127.0.0.1:9092")
///     .with_client_id("strikes")
///     .with("statistics.interval.ms", "5000"); // anything that librdkafka knows
/// # let _ = connection;
/// ```
///
/// Unless set, `client.id` is `electrician`, a broker has ten seconds to accept a connection, and
/// a broker that went away is tried again after 100 ms to 10 s.
#[derive(Clone)]
pub struct Connection {
    properties: BTreeMap<String, String>,
    connect_timeout: Duration,
    #[cfg(feature = "tls")]
    security: Security,
}

// === impl Connection ===

impl Connection {
    /// The cluster that answers at `brokers`: `host:port`, several separated by commas.
    pub fn new(brokers: impl Into<String>) -> Self {
        let mut properties = BTreeMap::new();
        properties.insert("bootstrap.servers".to_owned(), brokers.into());
        properties.insert("client.id".to_owned(), "electrician".to_owned());
        let connection = Self {
            properties,
            connect_timeout: CONNECT_TIMEOUT,
            #[cfg(feature = "tls")]
            security: Security::default(),
        };
        connection.with_connect_timeout(CONNECT_TIMEOUT)
    }

    /// Whether it is encrypted, and who the client is; [`Security::Plaintext`] unless told.
    #[cfg(feature = "tls")]
    pub fn with_security(mut self, security: Security) -> Self {
        self.security = security;
        self
    }

    /// The name that brokers put into their logs and quotas.
    pub fn with_client_id(self, name: impl Into<String>) -> Self {
        self.with("client.id", name)
    }

    /// How long a broker may take to accept a connection, security included: 1 s to 5 min.
    pub fn with_connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = timeout;
        self.with("socket.connection.setup.timeout.ms", timeout.as_millis().to_string())
    }

    /// Sets a property of librdkafka. What a builder of this crate manages itself it refuses when
    /// it is built, and says so; so it does with what decides about security, which is told by
    /// `with_security` (feature `tls`).
    pub fn with(mut self, property: impl Into<String>, value: impl Into<String>) -> Self {
        self.properties.insert(property.into(), value.into());
        self
    }

    /// The value of a property that was set.
    pub(crate) fn get(&self, property: &str) -> Option<&str> {
        self.properties.get(property).map(String::as_str)
    }

    /// Adds what is wrong with it.
    pub(crate) fn validate(&self, managed: &[&str], problems: &mut Vec<String>) {
        if self.get("bootstrap.servers").is_none_or(|brokers| brokers.trim().is_empty()) {
            problems.push("no broker is named: use `host:port`, several with commas".to_owned());
        }
        for property in managed.iter().filter(|property| self.get(property).is_some()) {
            problems.push(format!("`{property}` is set by this client, leave it out"));
        }
        let instead = if cfg!(feature = "tls") { "" } else { " of the feature `tls`" };
        for property in self.properties.keys().filter(|property| !is_free(property)) {
            problems.push(format!(
                "`{property}` decides about security: leave it out and use \
                 `Connection::with_security`{instead}"
            ));
        }
        if !CONNECT_TIMEOUTS.contains(&self.connect_timeout) {
            problems.push(format!(
                "{:?} to connect is out of bounds, use 1 s to 5 min",
                self.connect_timeout
            ));
        }
        #[cfg(feature = "tls")]
        self.security.validate(problems);
    }

    /// How long a broker may take to accept a connection.
    pub(crate) fn connect_timeout(&self) -> Duration {
        self.connect_timeout
    }

    /// Where the tokens of OAUTHBEARER come from; each client's context must ask for them.
    #[cfg(feature = "tls")]
    pub(crate) fn tokens(&self) -> Tokens {
        self.security.tokens()
    }

    /// None, without the feature `tls`.
    #[cfg(not(feature = "tls"))]
    #[expect(clippy::unused_self, reason = "with the feature its security is asked")]
    pub(crate) fn tokens(&self) -> Tokens {
        Tokens::default()
    }

    /// The configuration of the driver, for a client of this crate or one of your own. It holds the
    /// passwords as they are. A client of your own that uses OAUTHBEARER needs a context that gives
    /// it tokens.
    pub fn to_config(&self) -> ClientConfig {
        let mut config = ClientConfig::new();
        #[cfg(feature = "tls")]
        for (property, value) in self.security.properties() {
            config.set(property, value);
        }
        for (property, value) in &self.properties {
            config.set(property, value);
        }
        config
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = |(property, value)| {
            let property: &String = property;
            let value: &String = value;
            (property.as_str(), if is_free(property) { value.as_str() } else { "***" })
        };
        let properties = self.properties.iter().map(shown).collect::<BTreeMap<_, _>>();
        let mut shown = f.debug_struct("Connection");
        shown.field("properties", &properties);
        #[cfg(feature = "tls")]
        shown.field("security", &self.security);
        shown.finish()
    }
}

#[cfg(test)]
mod tests;
