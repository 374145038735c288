//! What became of the lines.

/// The logger as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LoggerHealth {
    /// Each sink, in the order in which they were added.
    pub sinks: Vec<SinkHealth>,
}

/// A sink as it is. At every moment `submitted` = `written` + `dropped` + `pending`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SinkHealth {
    /// The sink.
    pub id: String,
    /// Lines that were for it.
    pub submitted: u64,
    /// Lines that it wrote.
    pub written: u64,
    /// Lines that are lost: there was no room for them, or the sink failed.
    pub dropped: u64,
    /// Those of `dropped` that the sink had accepted and could not write.
    pub failed: u64,
    /// Lines that wait, the ones that are being written included.
    pub pending: u64,
    /// How often the sink failed.
    pub errors: u64,
    /// What it said last.
    pub last_error: Option<String>,
    /// Whether it works.
    pub state: SinkState,
}

/// Whether a sink works.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SinkState {
    /// It takes lines, or would after an error.
    Running,
    /// It panicked. Lines for it are dropped until it is replaced.
    Panicked,
    /// It was closed, or is being closed.
    Closed,
}

// === impl LoggerHealth ===

impl LoggerHealth {
    /// The sink of that id.
    pub fn sink(&self, id: &str) -> Option<&SinkHealth> {
        self.sinks.iter().find(|sink| sink.id == id)
    }
}

// === impl SinkHealth ===

impl SinkHealth {
    /// Whether the columns add up. They always do.
    pub fn is_balanced(&self) -> bool {
        self.submitted == self.written + self.dropped + self.pending
    }
}
