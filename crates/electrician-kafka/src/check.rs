//! Whether a cluster lets a client in.

use std::{
    error::Error as StdError,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use electrician_types::{ConfigError, Error, ErrorKind};
use rdkafka::{
    ClientContext,
    client::OAuthToken,
    config::RDKafkaLogLevel,
    error::{KafkaError, RDKafkaErrorCode},
    producer::{BaseProducer, DeliveryResult, Producer, ProducerContext},
};

use crate::{Connection, error::failed, refusal::is_refusal, tokens::Tokens};

/// How long it waits for the driver before it looks around.
const SLICE: Duration = Duration::from_millis(50);

impl Connection {
    /// Connects once, and tells whether a broker answers and lets the client in.
    ///
    /// By itself the driver tries for ever, whatever a broker says. Sources and sinks ask this when
    /// they open, so that a wrong password is an error and not a silence.
    ///
    /// It takes three times the time to connect at most. Dropping the future ends the attempt within
    /// a moment; a client that is connecting is closed in a thread of its own.
    ///
    /// # Errors
    ///
    /// - [`ErrorKind::Config`]: what is set cannot work, a certificate or key that the driver cannot use
    ///   included.
    /// - [`ErrorKind::Denied`]: user, password, token or certificate are refused, or the broker's
    ///   certificate is, by the client. Trying again does not help.
    /// - [`ErrorKind::Timeout`]: no broker answered in time; what the driver met last is its cause.
    pub async fn check(&self) -> Result<(), Error> {
        let mut problems = Vec::new();
        self.validate(&[], &mut problems);
        ConfigError::check(problems)?;
        let connection = self.clone();
        let stop = Stop::default();
        let stopped = Arc::clone(&stop.0);
        let probe = tokio::task::spawn_blocking(move || probe(&connection, &stopped));
        let outcome = probe.await.unwrap_or_else(|_| {
            Err(Error::new(ErrorKind::Cancelled, "the runtime ended before a broker answered"))
        });
        drop(stop);
        outcome
    }
}

/// Ends the attempt when nobody waits for it any more.
#[derive(Default)]
struct Stop(Arc<AtomicBool>);

impl Drop for Stop {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

fn probe(connection: &Connection, stopped: &AtomicBool) -> Result<(), Error> {
    let context = Probe { tokens: connection.tokens(), heard: Mutex::default() };
    let place = || {
        let brokers = connection.get("bootstrap.servers").unwrap_or_default();
        format!("connecting to {brokers}")
    };
    let producer: BaseProducer<Probe> = connection
        .to_config()
        .create_with_context(context)
        .map_err(|error| failed(place(), error))?;
    let client = producer.client();
    let patience = connection.connect_timeout() * 3;
    let slices = patience.as_millis().div_ceil(SLICE.as_millis());
    for _ in 0..slices {
        if client.fetch_cluster_id(SLICE).is_some() {
            return Ok(());
        }
        // One event each.
        for _ in 0..16 {
            producer.poll(Duration::ZERO);
        }
        if let Some(refused) = client.context().heard().refused.take() {
            return Err(Error::new(ErrorKind::Denied, place()).with_source(refused));
        }
        if stopped.load(Ordering::Relaxed) {
            return Err(Error::new(ErrorKind::Cancelled, place()));
        }
    }
    let last = client.context().heard().last.take();
    let guess = guess(connection, last.as_deref());
    let last = last.unwrap_or_else(|| format!("no broker answered within {patience:?}"));
    Err(Error::new(ErrorKind::Timeout, place()).with_source(last + guess))
}

/// What may be wrong where both sides do not speak the same: neither understands the other enough
/// to say so.
fn guess(connection: &Connection, last: Option<&str>) -> &'static str {
    let config = connection.to_config();
    let is_plain = config.get("security.protocol").is_none_or(|name| name == "plaintext");
    let has = |word| last.is_some_and(|last| last.contains(word));
    if is_plain && (last.is_none() || has("APIVERSION") || has("in state UP")) {
        "; does the port want TLS or SASL? Tell by `Connection::with_security`"
    } else if has("SSL_HANDSHAKE") {
        "; does the port speak TLS? If not, tell by `Connection::with_security`"
    } else {
        ""
    }
}

/// The context of a client that only connects.
struct Probe {
    tokens: Tokens,
    heard: Mutex<Heard>,
}

/// What the driver said.
#[derive(Default)]
struct Heard {
    refused: Option<String>,
    last: Option<String>,
}

// === impl Probe ===

impl Probe {
    fn heard(&self) -> std::sync::MutexGuard<'_, Heard> {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ClientContext for Probe {
    const ENABLE_REFRESH_OAUTH_TOKEN: bool = true;

    /// Some ends of a connection are not errors to the driver, though they say what is wrong.
    fn log(&self, _level: RDKafkaLogLevel, facility: &str, text: &str) {
        if facility == "FAIL" {
            let text = text.split_once("]: ").map_or(text, |(_thread, text)| text);
            self.heard().last = Some(text.to_owned());
        }
    }

    fn error(&self, error: KafkaError, reason: &str) {
        let mut heard = self.heard();
        if is_refusal(&error, reason) {
            heard.refused.get_or_insert_with(|| reason.to_owned());
        } else if error.rdkafka_error_code() != Some(RDKafkaErrorCode::AllBrokersDown) {
            heard.last = Some(reason.to_owned());
        }
    }

    fn generate_oauth_token(&self, _: Option<&str>) -> Result<OAuthToken, Box<dyn StdError>> {
        self.tokens.next()
    }
}

impl ProducerContext for Probe {
    type DeliveryOpaque = ();

    fn delivery(&self, _result: &DeliveryResult<'_>, (): ()) {}
}
