//! Building the configuration of a client.

use std::sync::Arc;
use std::time::Duration;

use electrician_types::ConfigError;
use rustls::ClientConfig;
use rustls::client::Resumption;
use rustls::crypto::aws_lc_rs;
use rustls::time_provider::{DefaultTimeProvider, TimeProvider};

use super::sessions::Sessions;
use super::verifier::ServerVerifier;
use super::{ClientTls, Loader, Resolver, Trust};
use crate::alpn;
use crate::key_pair::KeyPair;
use crate::live::{Live, poll_problem};
use crate::pin::SpkiPin;
use crate::problem::{Problems, conclude, note, note_all};
use crate::roots::Roots;
use crate::versions;

/// The configuration of a client in the making. [`ClientTls::builder`] begins one.
#[derive(Debug)]
#[must_use = "a builder does nothing until it is built"]
pub struct ClientTlsBuilder {
    key_pair: Option<KeyPair>,
    roots: Option<Roots>,
    pins: Option<Vec<SpkiPin>>,
    only_pins: Option<Vec<SpkiPin>>,
    trusts_anybody: bool,
    alpn: Vec<String>,
    has_tls12: bool,
    poll: Option<Duration>,
    time: Arc<dyn TimeProvider>,
}

// === impl ClientTlsBuilder ===

impl ClientTlsBuilder {
    pub(super) fn new() -> Self {
        Self {
            key_pair: None,
            roots: None,
            pins: None,
            only_pins: None,
            trusts_anybody: false,
            alpn: Vec::new(),
            has_tls12: false,
            poll: None,
            time: Arc::new(DefaultTimeProvider),
        }
    }

    /// Trusts these authorities, and no others. Default: [`Roots::system`].
    pub fn with_roots(mut self, roots: Roots) -> Self {
        self.roots = Some(roots);
        self
    }

    /// Shows a certificate to servers that ask for one. Default: none.
    pub fn with_key_pair(mut self, key_pair: KeyPair) -> Self {
        self.key_pair = Some(key_pair);
        self
    }

    /// Demands that the key in the server's own certificate is one of these, and that an authority
    /// vouches for it as ever. Give the pin of the next key as well, before it is used. Default: any
    /// key.
    pub fn with_pins(mut self, pins: impl IntoIterator<Item = SpkiPin>) -> Self {
        self.pins = Some(pins.into_iter().collect());
        self
    }

    /// Trusts these keys and nothing else: the key in the server's own certificate must be one of
    /// them. Authorities, names and dates are not looked at, so a certificate that the server signed
    /// itself will do.
    pub fn with_pinned_keys_only(mut self, pins: impl IntoIterator<Item = SpkiPin>) -> Self {
        self.only_pins = Some(pins.into_iter().collect());
        self
    }

    /// **Dangerous**: believes every server, so anybody on the way can read and change everything.
    /// A pin ([`with_pinned_keys_only`](Self::with_pinned_keys_only)) is almost always possible.
    pub const fn dangerously_without_verification(mut self) -> Self {
        self.trusts_anybody = true;
        self
    }

    /// The application protocols that are offered, the most wanted first, such as `h2`. Default:
    /// none.
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
    /// [`reload`](ClientTls::reload) looks.
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
    pub fn build(self) -> Result<ClientTls, ConfigError> {
        let mut problems = Problems::new();
        let protocols = alpn::encode(&self.alpn, &mut problems);
        problems.extend(self.poll.and_then(poll_problem));
        let trust = self.trust(&mut problems);
        let fixed_roots = match &trust {
            Trust::Authorities { roots, .. } if !roots.can_change() => {
                note(roots.load(), &mut problems)
            }
            _ => None,
        };
        // Otherwise the loader would say the same again.
        ConfigError::check(problems)?;
        let mut problems = Problems::new();
        let provider = Arc::new(aws_lc_rs::default_provider());
        let loader =
            Loader { provider: Arc::clone(&provider), key_pair: self.key_pair, trust, fixed_roots };
        let live = Live::new(loader, Arc::clone(&self.time), self.poll);
        let live = note_all(live, &mut problems).map(Arc::new);
        let live = conclude(live, problems)?;

        let mut config = ClientConfig::builder_with_details(provider, self.time)
            .with_protocol_versions(versions::select(self.has_tls12))
            .map_err(|error| versions::unfit(&error))?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(ServerVerifier(Arc::clone(&live))))
            .with_client_cert_resolver(Arc::new(Resolver(Arc::clone(&live))));
        config.alpn_protocols = protocols;
        config.resumption = Resumption::store(Arc::new(Sessions(Arc::clone(&live))));
        Ok(ClientTls { config: Arc::new(config), live })
    }

    fn trust(&self, problems: &mut Problems) -> Trust {
        let given = [
            (self.roots.is_some(), "roots"),
            (self.pins.is_some(), "pins beside them"),
            (self.only_pins.is_some(), "pinned keys only"),
            (self.trusts_anybody, "no verification"),
        ];
        let given: Vec<&str> = given.iter().filter(|(is, _)| *is).map(|(_, name)| *name).collect();
        if (self.only_pins.is_some() || self.trusts_anybody) && given.len() > 1 {
            problems.push(format!(
                "{} exclude each other: choose roots with or without pins, or pinned keys only, or \
                 no verification",
                given.join(" and ")
            ));
        }
        let pins = [&self.pins, &self.only_pins];
        if pins.into_iter().flatten().any(Vec::is_empty) {
            problems.push("a list of no pins trusts no server: give at least one".into());
        }
        match (&self.only_pins, self.trusts_anybody) {
            (Some(pins), _) => Trust::Pins(pins.clone()),
            (None, true) => Trust::Anybody,
            (None, false) => Trust::Authorities {
                roots: self.roots.clone().unwrap_or_default(),
                pins: self.pins.clone().unwrap_or_default(),
            },
        }
    }
}
