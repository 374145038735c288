//! What can go wrong, with what would be right.

use std::fmt;
use std::io;
use std::time::Duration;

use electrician_types::{BoxError, Error, ErrorKind};

/// Text that is no filter.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{problem}")]
pub struct UnknownFilter {
    problem: String,
}

/// There is no sink of that id.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no sink \"{id}\": there is {}", list(.known))]
pub struct UnknownSink {
    /// The id that was asked for.
    pub id: String,
    /// Those that there are.
    pub known: Vec<String>,
}

/// There is a sink of that id already.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the id \"{id}\" is taken: choose another, or replace the sink")]
pub struct SinkTaken {
    /// The id.
    pub id: String,
}

/// A sink could not write all that it was given.
#[derive(Debug, thiserror::Error)]
#[error("{source}")]
pub struct SinkError {
    /// How many lines, from the first on, were written all the same.
    pub written: usize,
    /// Why not more.
    pub source: BoxError,
}

/// Not everything reached its sink in time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FlushError {
    /// The sinks that are not done.
    pub sinks: Vec<Unflushed>,
}

/// A sink that is not done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unflushed {
    /// The sink.
    pub id: String,
    /// Lines that wait still.
    pub pending: u64,
    /// What is the matter.
    pub why: Why,
}

/// Why a sink is not done.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Why {
    /// The time was up; this was the time.
    Timeout(Duration),
    /// The sink failed, or lost lines, and says why.
    Failed(String),
    /// The sink panicked and is no more.
    Panicked,
}

// === impl UnknownFilter ===

impl UnknownFilter {
    pub(crate) fn level(directive: &str, level: &str) -> Self {
        let hint = if directive == level && level.contains("::") {
            format!("; for a target write \"{level}=debug\"")
        } else {
            String::new()
        };
        let problem = format!(
            "unknown level {level:?} in {directive:?}: \
             expected off, error, warn, info, debug or trace{hint}"
        );
        Self { problem }
    }

    pub(crate) fn target(directive: &str, target: &str) -> Self {
        let problem = format!(
            "no target in {directive:?}: {target:?} is none, expected a module path, \
             as in \"electrician_wire=debug\""
        );
        Self { problem }
    }

    pub(crate) fn second_default(directive: &str) -> Self {
        let problem = format!(
            "a second level for everything: {directive:?}; expected one, and the others with \
             their target, as in \"info,electrician_wire=debug\""
        );
        Self { problem }
    }
}

impl From<UnknownFilter> for Error {
    fn from(error: UnknownFilter) -> Self {
        Self::new(ErrorKind::Config, "").with_source(error)
    }
}

// === impl SinkError ===

impl SinkError {
    /// After `written` lines, `source`.
    pub fn new(written: usize, source: impl Into<BoxError>) -> Self {
        Self { written, source: source.into() }
    }
}

impl From<io::Error> for SinkError {
    fn from(error: io::Error) -> Self {
        Self::new(0, error)
    }
}

// === impl FlushError ===

impl FlushError {
    /// Lines that wait still, in all sinks.
    pub fn pending(&self) -> u64 {
        self.sinks.iter().map(|sink| sink.pending).sum()
    }

    pub(crate) fn check(sinks: Vec<Unflushed>) -> Result<(), Self> {
        if sinks.is_empty() { Ok(()) } else { Err(Self { sinks }) }
    }
}

impl fmt::Display for FlushError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, sink) in self.sinks.iter().enumerate() {
            let separator = if at == 0 { "" } else { "; " };
            let Unflushed { id, pending, why } = sink;
            write!(f, "{separator}sink \"{id}\" has {pending} lines pending: {why}")?;
        }
        Ok(())
    }
}

impl std::error::Error for FlushError {}

impl From<FlushError> for Error {
    fn from(error: FlushError) -> Self {
        let is_late = error.sinks.iter().all(|sink| matches!(sink.why, Why::Timeout(_)));
        let kind = if is_late { ErrorKind::Timeout } else { ErrorKind::Io };
        Self::new(kind, "flush the log").with_source(error)
    }
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Timeout(time) => write!(f, "not done within {time:?}"),
            Self::Failed(why) => f.write_str(why),
            Self::Panicked => f.write_str("it panicked; replace it"),
        }
    }
}

fn list(known: &[String]) -> String {
    if known.is_empty() { "none".into() } else { known.join(", ") }
}
