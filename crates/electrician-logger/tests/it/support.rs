//! What the tests share.

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::{Duration, SystemTime};

use electrician_logger::{
    Lines, LogSink, Logger, LoggerBuilder, MemoryLog, QueueSettings, SinkError,
};
use serde_json::Value;
use tracing::subscriber::DefaultGuard;
use tracing_subscriber::layer::SubscriberExt;

/// Long enough for everything that comes to an end at all.
pub(crate) const LONG: Duration = Duration::from_mins(1);

/// A logger into memory, for this thread.
pub(crate) struct Bench {
    pub(crate) logger: Logger,
    log: MemoryLog,
    _default: DefaultGuard,
}

/// A sink that waits in each `write` for leave, and tells when it begins to.
pub(crate) struct Stuck {
    began: SyncSender<()>,
    leave: Receiver<()>,
}

/// Controls a [`Stuck`]. Dropped, it lets go for good.
pub(crate) struct Leave {
    pub(crate) began: Receiver<()>,
    _leave: SyncSender<()>,
}

/// A sink that calls a function.
pub(crate) struct Calls<F>(pub(crate) F);

// === impl Bench ===

impl Bench {
    pub(crate) fn new(configure: impl FnOnce(LoggerBuilder) -> LoggerBuilder) -> Self {
        let log = MemoryLog::default();
        let builder = Logger::builder().with_sink("memory", log.sink()).with_clock(fixed);
        let logger = configure(builder).build().unwrap();
        let default = install(&logger);
        Self { logger, log, _default: default }
    }

    /// The lines so far.
    pub(crate) fn take(&self) -> Vec<String> {
        self.logger.flush(LONG).unwrap();
        self.log.take()
    }

    /// The only line so far.
    pub(crate) fn line(&self) -> String {
        let lines = self.take();
        assert_eq!(lines.len(), 1, "{lines:?}");
        lines.into_iter().next().unwrap()
    }

    /// The only line so far, read.
    pub(crate) fn json(&self) -> Value {
        let line = self.line();
        serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"))
    }
}

/// Makes it the thread's logger.
pub(crate) fn install(logger: &Logger) -> DefaultGuard {
    tracing::subscriber::set_default(tracing_subscriber::registry().with(logger.layer()))
}

/// 2026-01-31, a moment before midnight.
pub(crate) fn fixed() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::new(1_769_903_999, 42)
}

pub(crate) fn queue() -> QueueSettings {
    QueueSettings::default().with_delay(Duration::ZERO)
}

// === impl Stuck ===

impl Stuck {
    pub(crate) fn new() -> (Self, Leave) {
        let (began, told) = sync_channel(1000);
        let (give, leave) = sync_channel(1000);
        (Self { began, leave }, Leave { began: told, _leave: give })
    }
}

impl LogSink for Stuck {
    fn write(&mut self, _lines: Lines<'_>) -> Result<(), SinkError> {
        // Without anybody at the other end there is nothing to wait for.
        let _ = self.began.send(());
        let _ = self.leave.recv();
        Ok(())
    }
}

// === impl Calls ===

impl<F: FnMut(Lines<'_>) -> Result<(), SinkError> + Send + 'static> LogSink for Calls<F> {
    fn write(&mut self, lines: Lines<'_>) -> Result<(), SinkError> {
        (self.0)(lines)
    }
}
