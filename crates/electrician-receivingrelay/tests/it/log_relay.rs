//! The log of a process as the source of a pipeline in another.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use electrician_conduit::{Conduit, Ended};
use electrician_forwardrelay::{LogRelay, LogRelayBuilder};
use electrician_generator::Generator;
use electrician_logger::{Logger, LoggerBuilder, QueueSettings, SinkHealth, SinkState};
use electrician_plug::sink_async;
use electrician_receivingrelay::auth::Authenticator;
use electrician_receivingrelay::{ReceivingRelay, ReceivingRelayBuilder};
use electrician_relay::RawPayload;
use electrician_testkit::Gate;
use electrician_testkit::drive::{soon, stop};
use electrician_wire::{Running, Wire};
use tracing_subscriber::layer::SubscriberExt;

use crate::support::open_relay;

const LONG: Duration = Duration::from_mins(1);

/// The lines that arrived.
struct Book {
    lines: Mutex<Vec<RawPayload>>,
    gate: Gate,
}

// === impl Book ===

impl Book {
    fn new() -> Arc<Self> {
        Arc::new(Self { lines: Mutex::default(), gate: Gate::new() })
    }

    fn lines(&self) -> Vec<RawPayload> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What each line says, and nothing else of it.
    fn messages(&self) -> Vec<String> {
        let message = |line: &RawPayload| {
            let line: serde_json::Value = serde_json::from_slice(line.payload_bytes()).unwrap();
            line["msg"].as_str().unwrap().to_owned()
        };
        self.lines().iter().map(message).collect()
    }

    async fn write(&self, line: RawPayload) -> Result<(), String> {
        self.gate.pass().await;
        self.lines.lock().unwrap_or_else(PoisonError::into_inner).push(line);
        Ok(())
    }
}

fn receiver(address: &str) -> ReceivingRelayBuilder<RawPayload> {
    ReceivingRelay::builder(address)
        .dangerously_in_plaintext()
        .with_authenticator(Authenticator::nobody_is_asked())
        .passing_through()
}

fn pipeline(
    relay: ReceivingRelay<RawPayload>,
    book: &Arc<Book>,
) -> Running<Conduit<RawPayload, Ended>> {
    let book = Arc::clone(book);
    let sink = sink_async(move |line: RawPayload| {
        let book = Arc::clone(&book);
        async move { book.write(line).await }
    });
    let conduit = Conduit::from(Wire::map("same", |line: RawPayload| line).with_capacity(16))
        .sink("book", sink)
        .with_source(Generator::new("relay", relay))
        .build();
    conduit.unwrap().start().unwrap()
}

fn sender(address: impl std::fmt::Display) -> LogRelayBuilder {
    LogRelay::builder(address.to_string()).with_relay(|relay| {
        let backoff = (Duration::from_millis(1), Duration::from_millis(20));
        relay.dangerously_in_plaintext().with_backoff(backoff.0, backoff.1)
    })
}

fn logger(sink: LogRelay) -> LoggerBuilder {
    let queue = QueueSettings::default().with_delay(Duration::ZERO);
    Logger::builder().with_queued_sink("relay", sink, queue)
}

fn log(logger: &Logger, lines: std::ops::Range<u32>) {
    let registry = tracing_subscriber::registry().with(logger.layer());
    tracing::subscriber::with_default(registry, || {
        for n in lines {
            tracing::info!(n, token = "not for you", "line {n}");
        }
    });
}

fn health(logger: &Logger) -> SinkHealth {
    let health = logger.health().sink("relay").unwrap().clone();
    assert!(health.is_balanced(), "{health:?}");
    health
}

/// A port that is free now.
fn free() -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().to_string()
}

/// Waits on another thread, for a flush blocks.
async fn flush(logger: &Logger) -> Result<(), electrician_logger::FlushError> {
    let logger = logger.clone();
    soon(tokio::task::spawn_blocking(move || logger.flush(LONG))).await.unwrap()
}

async fn close(logger: &Logger) {
    let logger = logger.clone();
    soon(tokio::task::spawn_blocking(move || logger.close(LONG))).await.unwrap().unwrap();
}

#[tokio::test]
async fn a_line_is_a_payload_of_the_contract() {
    let book = Book::new();
    book.gate.open();
    let relay = receiver("127.0.0.1:0").build().unwrap();
    let handle = relay.handle();
    let running = pipeline(relay, &book);
    let address = soon(handle.bound()).await;
    let logger = logger(sender(address).build().unwrap()).build().unwrap();
    let before = SystemTime::now();
    log(&logger, 0..3);
    flush(&logger).await.unwrap();

    assert_eq!(book.messages(), ["line 0", "line 1", "line 2"]);
    let lines = book.lines();
    for line in &lines {
        let message = line.decode().unwrap();
        assert_eq!(message.payload_type, "electrician.log.v1");
        assert_eq!(message.payload_encoding, 0);
        assert_eq!(message.error_info, None);
        let json: serde_json::Value = serde_json::from_slice(&message.payload).unwrap();
        assert_eq!((&json["level"], &json["token"]), (&"info".into(), &"[redacted]".into()));
        let metadata = message.metadata.unwrap();
        let headers: Vec<_> = metadata.headers.iter().map(|(a, b)| (&**a, &**b)).collect();
        assert_eq!(
            headers,
            [("log_schema", "electrician.log.v1"), ("source", "electrician-logger")]
        );
        assert_eq!(metadata.content_type, "application/json");
        let version = metadata.version.unwrap();
        assert_eq!((version.major, version.minor), (1, 0));
        assert_eq!((metadata.performance, metadata.security), (None, None));
        // The id is the moment of sending, as text.
        let sent: SystemTime = message.timestamp.unwrap().try_into().unwrap();
        assert!(sent >= before && message.id.ends_with('Z') && message.id.contains('T'));
        let fraction = message.id.trim_end_matches('Z').split('.').nth(1).unwrap_or("1");
        assert!(fraction.len() <= 9 && !fraction.ends_with('0'), "{}", message.id);
    }
    let ids: std::collections::BTreeSet<_> = lines.iter().map(RawPayload::id).collect();
    assert_eq!(ids.len(), 3);
    close(&logger).await;
    drop(stop(running).await);
    assert_eq!(handle.stats().streams, 1);
}

#[tokio::test]
async fn lines_wait_for_a_receiver_that_comes_late() {
    let (book, address) = (Book::new(), free());
    book.gate.open();
    let sink = sender(&address).build().unwrap();
    let stats = sink.stats();
    let logger = logger(sink).build().unwrap();
    log(&logger, 0..50);
    while stats.links()[0].attempts < 2 {
        tokio::task::yield_now().await;
    }
    let waiting = health(&logger);
    assert_eq!((waiting.pending, waiting.written, waiting.dropped), (50, 0, 0));

    let running = pipeline(receiver(&address).build().unwrap(), &book);
    flush(&logger).await.unwrap();
    let done = health(&logger);
    assert_eq!((done.written, done.dropped), (50, 0));
    assert_eq!(book.lines().len(), 50);
    close(&logger).await;
    drop(stop(running).await);
}

#[tokio::test]
async fn what_has_no_room_is_dropped_and_counted_and_nobody_who_logs_waits() {
    let book = Book::new();
    let relay = receiver("127.0.0.1:0").build().unwrap();
    let handle = relay.handle();
    let running = pipeline(relay, &book);
    let address = soon(handle.bound()).await;
    let queue = QueueSettings::default().with_bytes(4096).with_delay(Duration::ZERO);
    let sink = sender(address).build().unwrap();
    let builder = Logger::builder().with_max_record_bytes(1024);
    let logger = builder.with_queued_sink("relay", sink, queue).build().unwrap();
    // Nothing is processed, so nothing is acknowledged, and this comes to an end all the same.
    log(&logger, 0..500);
    soon(book.gate.wait_for_waiting(1)).await;
    let full = health(&logger);
    assert_eq!((full.submitted, full.written), (500, 0));
    assert!(full.dropped > 400, "{full:?}");

    book.gate.open();
    flush(&logger).await.unwrap();
    let done = health(&logger);
    assert_eq!((done.written, done.dropped, done.failed), (full.pending, full.dropped, 0));
    assert_eq!(book.lines().len() as u64, done.written);
    close(&logger).await;
    drop(stop(running).await);
}

#[tokio::test]
async fn lines_that_nobody_takes_are_lost_after_a_while_and_it_is_said_why() {
    let sink = sender(free()).with_patience(Duration::from_millis(20)).build().unwrap();
    let logger = logger(sink).build().unwrap();
    log(&logger, 0..20);
    while health(&logger).pending > 0 {
        tokio::task::yield_now().await;
    }
    let lost = health(&logger);
    assert_eq!((lost.failed, lost.dropped, lost.state), (20, 20, SinkState::Running));
    let why = lost.last_error.unwrap();
    assert!(why.contains("nothing was acknowledged for 20ms"), "{why}");
    assert!(why.contains("no connection"), "{why}");
    close(&logger).await;
}

#[tokio::test]
async fn lines_that_are_refused_are_lost_and_those_behind_them_are_not_held_up() {
    // It takes numbers, and a line is none.
    let store = crate::support::Store::new();
    let far = crate::support::start(open_relay().build().unwrap(), &store).await;
    let logger = logger(sender(far.address).build().unwrap()).build().unwrap();
    log(&logger, 0..10);
    let _ = flush(&logger).await;
    let refused = health(&logger);
    assert_eq!((refused.written, refused.failed, refused.pending), (0, 10, 0));
    let why = refused.last_error.unwrap();
    assert!(why.contains("lines were not acknowledged") && why.contains("refused: 400"), "{why}");
    assert_eq!(far.handle.stats().unreadable, 10);
    close(&logger).await;
    far.stop().await;
}

#[tokio::test]
async fn one_that_was_never_used_may_be_dropped_anywhere() {
    drop(sender(free()).build().unwrap());
    let logger = logger(sender(free()).build().unwrap()).build().unwrap();
    close(&logger).await;
}
