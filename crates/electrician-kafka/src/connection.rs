//! How to reach a cluster.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use rdkafka::ClientConfig;

/// Properties whose values are never shown.
const SECRETS: [&str; 6] = [
    "sasl.password",
    "sasl.oauthbearer.client.secret",
    "sasl.oauthbearer.config",
    "ssl.key.password",
    "ssl.key.pem",
    "ssl.keystore.password",
];

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
}

// === impl Connection ===

impl Connection {
    /// The cluster that answers at `brokers`: `host:port`, several separated by commas.
    pub fn new(brokers: impl Into<String>) -> Self {
        let mut properties = BTreeMap::new();
        properties.insert("bootstrap.servers".to_owned(), brokers.into());
        properties.insert("client.id".to_owned(), "electrician".to_owned());
        let connection = Self { properties };
        connection.with_connect_timeout(Duration::from_secs(10))
    }

    /// The name that brokers put into their logs and quotas.
    pub fn with_client_id(self, name: impl Into<String>) -> Self {
        self.with("client.id", name)
    }

    /// How long a broker may take to accept a connection, security included.
    pub fn with_connect_timeout(self, timeout: Duration) -> Self {
        self.with("socket.connection.setup.timeout.ms", timeout.as_millis().to_string())
    }

    /// Sets a property of librdkafka. What a builder of this crate manages itself it refuses when
    /// it is built, and says so.
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
    }

    /// The configuration of the driver, for a client of this crate or one of your own.
    pub fn to_config(&self) -> ClientConfig {
        let mut config = ClientConfig::new();
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
            let is_secret = SECRETS.contains(&property.as_str());
            (property.clone(), if is_secret { "***".to_owned() } else { value.clone() })
        };
        f.debug_map().entries(self.properties.iter().map(shown)).finish()
    }
}
