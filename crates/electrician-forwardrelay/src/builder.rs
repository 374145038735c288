//! Building a relay: settings, validated once.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use electrician_auth::TokenSource;
use electrician_relay::session::{Acks, SenderBuilder, SenderSession};
use electrician_relay::{EnvelopeWriter, Frame, RawPayload};
use electrician_tls::ClientTls;
use electrician_types::{ConfigError, Flushing};
use http::{HeaderMap, HeaderName, HeaderValue};
use tokio_rustls::TlsConnector;

use crate::backoff::Backoff;
use crate::connect::{AddHeaders, Dialing};
use crate::link::{FailedPayload, OnFailure};
use crate::packing::{AppendTo, Packing, Texts, Writing};
use crate::sink::{ForwardRelay, Plan};
use crate::targets::Target;
use crate::totals::Totals;

/// The largest window of flow control that HTTP/2 has.
const MOST_WINDOW: u32 = (1 << 31) - 1;

/// What is left of a message for what stands around a payload.
const AROUND: usize = 32;

/// To which of several targets an item goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Routing {
    /// To the first that can be reached, in the order in which they are given. What is not
    /// acknowledged when a connection ends goes to the next. After each end the first is tried first.
    #[default]
    Failover,
    /// To all. An item is acknowledged when all of them have acknowledged it, so one that is away
    /// holds up all when its window is full.
    Broadcast,
    /// To one: the same for each item of a key ([`ForwardRelayBuilder::with_balancing_key`]), or the
    /// next that has room. Items wait for a target that is away.
    Balanced,
}

/// A relay in the making. [`ForwardRelay::builder`] begins one, [`build`](Self::build) ends it.
///
/// It must be told a target, how items are written and whether connections are encrypted; everything
/// else has a default.
#[must_use = "a builder does nothing until it is built"]
pub struct ForwardRelayBuilder<T> {
    targets: Vec<String>,
    routing: Routing,
    writing: Option<Writing<T>>,
    dedupe_key: Option<Box<AppendTo<T>>>,
    ordering_key: Option<Box<AppendTo<T>>>,
    channel: Option<Box<AppendTo<T>>>,
    balancing_key: Option<Box<AppendTo<T>>>,
    tls: Option<ClientTls>,
    is_plaintext: bool,
    tokens: Option<Arc<dyn TokenSource>>,
    headers: Vec<(String, String)>,
    dynamic: Option<Box<AddHeaders>>,
    sessions: SenderBuilder,
    max_message_bytes: usize,
    window_bytes: usize,
    deadline: Option<Duration>,
    connect_at_open: Option<Duration>,
    connect_timeout: Duration,
    backoff: (Duration, Duration),
    keep_alive: Option<Duration>,
    keep_alive_timeout: Duration,
    windows: (u32, u32),
    flushing: Flushing,
    on_failure: Option<Arc<OnFailure>>,
}

// === impl ForwardRelayBuilder ===

impl<T: Send + 'static> ForwardRelayBuilder<T> {
    pub(crate) fn new() -> Self {
        Self {
            targets: Vec::new(),
            routing: Routing::default(),
            writing: None,
            dedupe_key: None,
            ordering_key: None,
            channel: None,
            balancing_key: None,
            tls: None,
            is_plaintext: false,
            tokens: None,
            headers: Vec::new(),
            dynamic: None,
            sessions: SenderSession::<()>::builder(),
            max_message_bytes: Frame::MAX_BYTES,
            window_bytes: 64 << 20,
            deadline: None,
            connect_at_open: None,
            connect_timeout: Duration::from_secs(10),
            backoff: (Duration::from_millis(100), Duration::from_secs(10)),
            keep_alive: Some(Duration::from_secs(310)),
            keep_alive_timeout: Duration::from_secs(20),
            windows: (64 << 10, 256 << 20),
            flushing: Flushing::EAGER.with_items(100_000).with_when_idle(false),
            on_failure: None,
        }
    }

    /// A target more: `host:port`.
    pub fn with_target(mut self, target: impl Into<String>) -> Self {
        self.targets.push(target.into());
        self
    }

    /// To which of several targets an item goes. Default: to the first that can be reached.
    pub const fn with_routing(mut self, routing: Routing) -> Self {
        self.routing = routing;
        self
    }

    /// Items of the same key go to the same target: what `append` appends. For
    /// [`Routing::Balanced`]; without it any target will do.
    pub fn with_balancing_key(mut self, append: impl Fn(&T, &mut String) + Send + 'static) -> Self {
        self.balancing_key = Some(Box::new(append));
        self
    }

    /// Payloads are what `writer` writes.
    pub fn with_writer(mut self, writer: EnvelopeWriter<T>) -> Self {
        self.writing = Some(Writing::Envelope(Box::new(writer)));
        self
    }

    /// What tells a receiver that it had an item before, also from another process: what `append`
    /// appends. Default: nothing.
    pub fn with_dedupe_key(mut self, append: impl Fn(&T, &mut String) + Send + 'static) -> Self {
        self.dedupe_key = Some(Box::new(append));
        self
    }

    /// The key by which the order counts, for receivers that heed it. Default: none.
    pub fn with_ordering_key(mut self, append: impl Fn(&T, &mut String) + Send + 'static) -> Self {
        self.ordering_key = Some(Box::new(append));
        self
    }

    /// The channel that an item is published on. Default: none.
    pub fn with_channel(mut self, append: impl Fn(&T, &mut String) + Send + 'static) -> Self {
        self.channel = Some(Box::new(append));
        self
    }

    /// Connections are encrypted.
    pub fn with_tls(mut self, tls: ClientTls) -> Self {
        self.tls = Some(tls);
        self
    }

    /// Connections are not encrypted: others can read and change what is sent. No token is sent then.
    pub const fn dangerously_in_plaintext(mut self) -> Self {
        self.is_plaintext = true;
        self
    }

    /// Each stream begins with a token of `tokens`; one that is refused is told to it. Only with TLS.
    pub fn with_token_source(mut self, tokens: impl TokenSource + 'static) -> Self {
        self.tokens = Some(Arc::new(tokens));
        self
    }

    /// Each stream begins with this header, too.
    pub fn with_header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// Each stream begins with the headers that `add` adds, too. It is called for each attempt.
    pub fn with_dynamic_headers(
        mut self,
        add: impl Fn(&mut HeaderMap) + Send + Sync + 'static,
    ) -> Self {
        self.dynamic = Some(Box::new(add));
        self
    }

    /// What is acknowledged. Default: every 64 payloads, and sooner when nothing follows.
    pub fn with_acks(mut self, acks: Acks) -> Self {
        self.sessions = self.sessions.with_acks(acks);
        self
    }

    /// How many payloads of a link are held until they are acknowledged. Default: 1,024.
    pub fn with_window(mut self, payloads: usize) -> Self {
        self.sessions = self.sessions.with_window_items(payloads);
        self
    }

    /// How many bytes of a link are held until they are acknowledged. Default: 64 MiB.
    pub const fn with_window_bytes(mut self, bytes: usize) -> Self {
        self.window_bytes = bytes;
        self
    }

    /// The largest message, bytes. Default: 4 MiB, which is what receivers take unless told.
    pub const fn with_max_message_bytes(mut self, bytes: usize) -> Self {
        self.max_message_bytes = bytes;
        self
    }

    /// After how long without an acknowledgement the stream is closed, so that the receiver
    /// acknowledges what it holds back; after the same time again the connection is given up.
    /// Default: 30 s.
    pub fn with_ack_timeout(mut self, timeout: Duration) -> Self {
        self.sessions = self.sessions.with_ack_timeout(timeout);
        self
    }

    /// How often, and after how long, a payload is sent again that was refused for now. Default: 16
    /// times in all, 100 ms unless the receiver says how long.
    pub fn with_retries(mut self, attempts: u32, delay: Duration) -> Self {
        self.sessions = self.sessions.with_retry_attempts(attempts).with_retry_delay(delay);
        self
    }

    /// How long an item makes sense: if it is not acknowledged by then, it has failed. Default: for
    /// ever.
    pub const fn with_deadline(mut self, deadline: Duration) -> Self {
        self.deadline = Some(deadline);
        self
    }

    /// Connects when a run begins, which fails if not every link has a stream within `limit`: a relay
    /// has one for each target, or a single one where another target takes over
    /// ([`Routing::Failover`]). Default: when there is something to send.
    pub const fn with_connect_at_open(mut self, limit: Duration) -> Self {
        self.connect_at_open = Some(limit);
        self
    }

    /// How long one attempt to connect may take. Default: 10 s.
    pub const fn with_connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = timeout;
        self
    }

    /// How long to wait before connecting again: `first`, then twice as long each time, up to `most`,
    /// each spread over its second half. Default: 100 ms and 10 s.
    pub const fn with_backoff(mut self, first: Duration, most: Duration) -> Self {
        self.backoff = (first, most);
        self
    }

    /// How often a receiver is asked whether it is there, and how long it has to answer; `None` does
    /// not ask. Default: every 310 s, and 20 s.
    ///
    /// Receivers in Go end connections on which that is asked more than every 300 s. Where something
    /// was sent, a missing acknowledgement tells sooner.
    pub const fn with_keep_alive(mut self, interval: Option<Duration>, timeout: Duration) -> Self {
        self.keep_alive = interval;
        self.keep_alive_timeout = timeout;
        self
    }

    /// The windows of HTTP/2 for what comes back, bytes: of a stream, and of a connection. Default:
    /// 64 KiB and 256 MiB; a small window of the connection would let the protection against floods
    /// end it when many small acknowledgements come.
    pub const fn with_windows(mut self, stream: u32, connection: u32) -> Self {
        self.windows = (stream, connection);
        self
    }

    /// How often the engine flushes, apart from the end of a run. Default: every 100,000 items.
    pub const fn with_flush_every(mut self, items: u64) -> Self {
        self.flushing = self.flushing.with_items(items);
        self
    }

    /// Calls `on_failure` for each payload that was not delivered. It must not block.
    pub fn with_failures(
        mut self,
        on_failure: impl Fn(&FailedPayload<'_>) + Send + Sync + 'static,
    ) -> Self {
        self.on_failure = Some(Arc::new(on_failure));
        self
    }

    /// The relay, or everything that is wrong with it.
    pub fn build(self) -> Result<ForwardRelay<T>, ConfigError> {
        let mut problems = self.problems();
        let targets = self.parse_targets(&mut problems);
        let headers = parse_headers(&self.headers, self.tokens.is_some(), &mut problems);
        let payload_bytes = self.max_message_bytes.saturating_sub(AROUND);
        let sessions = self
            .sessions
            .with_max_payload_bytes(payload_bytes)
            .with_window_bytes(self.window_bytes);
        if let Err(error) = sessions.clone().build::<()>() {
            problems.extend(error.problems().iter().cloned());
        }
        ConfigError::check(problems)?;
        let writing = match self.writing {
            Some(Writing::Envelope(writer)) => {
                Writing::Envelope(Box::new(writer.with_max_bytes(payload_bytes)))
            }
            Some(passing @ Writing::Passing(_)) => passing,
            None => unreachable!("it was looked for"),
        };
        let tls = self.tls.map(|tls| {
            let mut config = (*tls.config()).clone();
            config.alpn_protocols = vec![b"h2".to_vec()];
            TlsConnector::from(Arc::new(config))
        });
        let dialing = Dialing {
            tls,
            timeout: self.connect_timeout,
            keep_alive: self.keep_alive,
            keep_alive_timeout: self.keep_alive_timeout,
            stream_window: self.windows.0,
            connection_window: self.windows.1,
            headers,
            dynamic: self.dynamic,
            tokens: self.tokens,
        };
        let targets: Vec<Vec<Target>> = match self.routing {
            Routing::Failover => vec![targets],
            Routing::Broadcast | Routing::Balanced => {
                targets.into_iter().map(|target| vec![target]).collect()
            }
        };
        let plan = Plan {
            totals: targets.iter().map(|_| Arc::new(Totals::default())).collect(),
            targets,
            dialing: Arc::new(dialing),
            sessions,
            backoff: Backoff::new(self.backoff.0, self.backoff.1),
            is_broadcast: self.routing == Routing::Broadcast,
            key: self.balancing_key,
            key_text: String::new(),
            connect_at_open: self.connect_at_open,
            flushing: self.flushing,
            on_failure: self.on_failure,
            max_message_bytes: self.max_message_bytes,
        };
        let packing = Packing {
            writing,
            dedupe_key: self.dedupe_key,
            ordering_key: self.ordering_key,
            channel: self.channel,
            deadline: self.deadline,
            texts: Texts::default(),
        };
        Ok(ForwardRelay { packing, plan, links: Vec::new(), turn: 0 })
    }

    fn parse_targets(&self, problems: &mut Vec<String>) -> Vec<Target> {
        let mut targets = Vec::new();
        for text in &self.targets {
            match Target::parse(text, self.tls.is_some()) {
                Ok(target) if targets.contains(&target) => {
                    problems.push(format!("forward relay: target {text:?} is there twice"));
                }
                Ok(target) => targets.push(target),
                Err(problem) => problems.push(format!("forward relay: {problem}")),
            }
        }
        targets
    }

    fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        let mut check = |is_right: bool, problem: &str| {
            if !is_right {
                problems.push(format!("forward relay: {problem}"));
            }
        };
        check(!self.targets.is_empty(), "no target: say `with_target`");
        check(self.writing.is_some(), "nothing writes payloads: say `with_writer`");
        check(
            self.tls.is_some() || self.is_plaintext,
            "nothing encrypts connections: say `with_tls`, or `dangerously_in_plaintext`",
        );
        check(
            self.tls.is_none() || !self.is_plaintext,
            "it is told to encrypt connections and not to: say one of them",
        );
        check(
            self.tokens.is_none() || self.tls.is_some(),
            "a token is not sent without TLS: say `with_tls`",
        );
        check(
            self.balancing_key.is_none() || self.routing == Routing::Balanced,
            "a balancing key, and nothing is balanced: say `with_routing(Routing::Balanced)`",
        );
        let (first, most) = self.backoff;
        check(
            !first.is_zero() && first <= most,
            &format!(
                "a backoff from {first:?} to {most:?}; the first is above 0, the last not below"
            ),
        );
        let (stream, connection) = self.windows;
        check(
            stream > 0 && stream <= connection && connection <= MOST_WINDOW,
            &format!(
                "windows of {stream} and {connection} bytes; the second is at least the first, and \
                 both are 1 to {MOST_WINDOW}"
            ),
        );
        let timeouts = [Some(self.connect_timeout), self.keep_alive, Some(self.keep_alive_timeout)];
        let timeouts = timeouts.into_iter().chain([self.deadline, self.connect_at_open]);
        let is_right = timeouts.flatten().all(|timeout| !timeout.is_zero());
        check(is_right, "a timeout or a deadline is 0; it must be longer");
        check(
            self.max_message_bytes > AROUND,
            &format!(
                "messages of at most {} bytes; give more than {AROUND}",
                self.max_message_bytes
            ),
        );
        problems
    }
}

impl ForwardRelayBuilder<RawPayload> {
    /// Items are payloads that go on as they are: nothing is decoded, and unknown fields are kept.
    pub fn passing_through(mut self) -> Self {
        self.writing = Some(Writing::Passing(RawPayload::clone));
        self
    }
}

/// The headers of every stream.
fn parse_headers(
    headers: &[(String, String)],
    has_tokens: bool,
    problems: &mut Vec<String>,
) -> HeaderMap {
    let mut parsed = HeaderMap::new();
    for (name, value) in headers {
        let (Ok(name), Ok(mut value)) = (name.parse::<HeaderName>(), value.parse::<HeaderValue>())
        else {
            problems.push(format!(
                "forward relay: header {name:?} has a name or value that none can have"
            ));
            continue;
        };
        // Its value may be a secret.
        value.set_sensitive(true);
        let is_ours = matches!(name.as_str(), "te" | "content-type" | "user-agent")
            || name.as_str().starts_with("grpc-")
            || has_tokens && name == http::header::AUTHORIZATION;
        if is_ours {
            problems.push(format!("forward relay: header {name} is set by the relay itself"));
        }
        parsed.append(name, value);
    }
    parsed
}

impl<T> fmt::Debug for ForwardRelayBuilder<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let headers: Vec<&str> = self.headers.iter().map(|(name, _)| name.as_str()).collect();
        f.debug_struct("ForwardRelayBuilder")
            .field("targets", &self.targets)
            .field("routing", &self.routing)
            .field("tls", &self.tls)
            .field("tokens", &self.tokens)
            .field("headers", &headers)
            .finish_non_exhaustive()
    }
}
