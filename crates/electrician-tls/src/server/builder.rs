//! Building the configuration of a server.

use std::sync::Arc;
use std::time::Duration;

use electrician_types::ConfigError;
use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs;
use rustls::server::NoServerSessionStorage;
use rustls::server::danger::ClientCertVerifier;
use rustls::time_provider::{DefaultTimeProvider, TimeProvider};

use super::verifier::ClientVerifier;
use super::{Loader, Resolver, ServerTls};
use crate::alpn;
use crate::clients::ClientCertificates;
use crate::key_pair::KeyPair;
use crate::live::{Live, poll_problem};
use crate::problem::{Problems, conclude, note_all};
use crate::versions;

/// The configuration of a server in the making. [`ServerTls::builder`] begins one.
#[derive(Debug)]
#[must_use = "a builder does nothing until it is built"]
pub struct ServerTlsBuilder {
    key_pair: KeyPair,
    clients: Option<ClientCertificates>,
    alpn: Vec<String>,
    has_tls12: bool,
    poll: Option<Duration>,
    time: Arc<dyn TimeProvider>,
}

// === impl ServerTlsBuilder ===

impl ServerTlsBuilder {
    pub(super) fn new(key_pair: KeyPair) -> Self {
        Self {
            key_pair,
            clients: None,
            alpn: Vec::new(),
            has_tls12: false,
            poll: None,
            time: Arc::new(DefaultTimeProvider),
        }
    }

    /// Mutual TLS: demands a certificate of every client and checks it, in every handshake: sessions
    /// are not resumed then. Default: clients need no certificate.
    pub fn with_client_certificates(mut self, clients: ClientCertificates) -> Self {
        self.clients = Some(clients);
        self
    }

    /// The application protocols that are spoken, the most wanted first, such as `h2`. Default:
    /// none are negotiated.
    pub fn with_alpn<T: Into<String>>(mut self, protocols: impl IntoIterator<Item = T>) -> Self {
        self.alpn = protocols.into_iter().map(Into::into).collect();
        self
    }

    /// Speaks TLS 1.2 as well. Default: TLS 1.3 alone.
    pub const fn with_tls12(mut self) -> Self {
        self.has_tls12 = true;
        self
    }

    /// Looks at the files again when a handshake comes and the last look was so long ago: at least
    /// 1 s, counted in whole seconds. That handshake waits for the files to be read. Default: only
    /// [`reload`](ServerTls::reload) looks.
    pub const fn with_reload_interval(mut self, interval: Duration) -> Self {
        self.poll = Some(interval);
        self
    }

    /// Takes the time from `time`, for the validity of certificates and the reload interval.
    /// Default: the system's clock.
    pub fn with_time(mut self, time: Arc<dyn TimeProvider>) -> Self {
        self.time = time;
        self
    }

    /// Reads the files and validates everything, reporting every problem at once.
    pub fn build(self) -> Result<ServerTls, ConfigError> {
        let mut problems = Problems::new();
        let protocols = alpn::encode(&self.alpn, &mut problems);
        problems.extend(self.poll.and_then(poll_problem));
        let provider = Arc::new(aws_lc_rs::default_provider());
        let has_clients = self.clients.is_some();
        let loader = Loader {
            provider: Arc::clone(&provider),
            key_pair: self.key_pair,
            clients: self.clients,
        };
        let time = Arc::clone(&self.time);
        let live = note_all(Live::new(loader, time, self.poll), &mut problems).map(Arc::new);
        let live = conclude(live, problems)?;

        let verifier: Arc<dyn ClientCertVerifier> = if has_clients {
            Arc::new(ClientVerifier(Arc::clone(&live)))
        } else {
            rustls::server::WebPkiClientVerifier::no_client_auth()
        };
        let mut config = ServerConfig::builder_with_details(provider, self.time)
            .with_protocol_versions(versions::select(self.has_tls12))
            .map_err(|error| versions::unfit(&error))?
            .with_client_cert_verifier(verifier)
            .with_cert_resolver(Arc::new(Resolver(Arc::clone(&live))));
        config.alpn_protocols = protocols;
        if has_clients {
            // A resumed session does not show its certificate again: it would outlive the
            // certificate, its revocation and a change of what is allowed.
            config.session_storage = Arc::new(NoServerSessionStorage {});
            config.send_tls13_tickets = 0;
        }
        Ok(ServerTls { config: Arc::new(config), live })
    }
}
