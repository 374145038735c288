//! What waits for a sink: lines in one buffer, with a bound.

use std::mem;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::clock::now;
use crate::{SinkHealth, SinkState, Unflushed, Why};

/// How lines wait for a sink.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct QueueSettings {
    /// Bytes that may wait; default 1 MiB. Lines without room are dropped and counted. While a
    /// batch is being written, as much again may wait.
    pub bytes: usize,
    /// For how long the writer collects lines before it writes them, unless the queue is half full
    /// or somebody flushes; default 2 ms, and 0 does not wait. Each wait costs somebody who logs
    /// one wake-up, so a longer one makes logging cheaper.
    pub delay: Duration,
}

/// Between the threads that log and the one that writes.
#[derive(Debug)]
pub(crate) struct Queue {
    id: String,
    settings: QueueSettings,
    state: Mutex<State>,
    /// For the writer: there is something to do.
    wake: Condvar,
    /// For those who flush: something was done.
    done: Condvar,
}

#[derive(Debug, Default)]
struct State {
    lines: Buffer,
    /// Lines in the batch that is being written.
    writing: u64,
    counts: Counts,
    last_error: Option<String>,
    writer: Writer,
    is_closed: bool,
    end: Option<End>,
    /// Whoever closed it did not wait for the end: what waits is dropped.
    is_abandoned: bool,
    asked: Asked,
    answered: u64,
    /// Why the last flush failed.
    answer: Option<String>,
}

/// What the writer does, as far as those who log must know.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Writer {
    /// It looks again by itself.
    #[default]
    Busy,
    /// It waits for a line.
    Parked,
    /// It has lines, and waits a while for more.
    Collects,
}

/// How the sink ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Closed,
    Panicked,
}

#[derive(Debug, Default)]
struct Counts {
    submitted: u64,
    written: u64,
    dropped: u64,
    failed: u64,
    errors: u64,
}

/// A flush that somebody wants.
#[derive(Clone, Copy, Debug, Default)]
struct Asked {
    /// Counts the wishes; the writer answers the latest.
    ticket: u64,
    until: Option<Instant>,
    reopens: bool,
}

/// Lines one behind the other.
#[derive(Debug, Default)]
pub(crate) struct Buffer {
    pub(crate) bytes: Vec<u8>,
    pub(crate) count: u64,
}

/// What the writer does next.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Job {
    /// Write the batch.
    Write,
    /// Flush within the time, perhaps after opening again.
    Flush { ticket: u64, within: Duration, reopens: bool },
    /// Close: there will be no more lines.
    Close { within: Duration },
}

/// A flush under way: how many lines had failed, and the ticket.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Flush {
    ticket: u64,
    failed: u64,
}

// === impl QueueSettings ===

impl Default for QueueSettings {
    fn default() -> Self {
        Self { bytes: 1 << 20, delay: Duration::from_millis(2) }
    }
}

impl QueueSettings {
    /// The same with room for `bytes`.
    #[must_use]
    pub const fn with_bytes(self, bytes: usize) -> Self {
        Self { bytes, ..self }
    }

    /// The same, collecting lines for `delay`.
    #[must_use]
    pub const fn with_delay(self, delay: Duration) -> Self {
        Self { delay, ..self }
    }
}

// === impl Queue: those who log ===

impl Queue {
    pub(crate) fn new(id: String, settings: QueueSettings) -> Self {
        let lines = Buffer::with_room(settings.bytes);
        let state = Mutex::new(State { lines, ..State::default() });
        Self { id, settings, state, wake: Condvar::new(), done: Condvar::new() }
    }

    pub(crate) fn id(&self) -> &str {
        &self.id
    }

    /// Adds a line, or counts it as dropped. Never waits for the sink.
    pub(crate) fn push(&self, line: &[u8]) {
        let mut state = self.lock();
        state.counts.submitted += 1;
        let length = state.lines.bytes.len() + line.len();
        if length > self.settings.bytes || state.is_closed || state.end.is_some() {
            state.counts.dropped += 1;
            return;
        }
        state.lines.bytes.extend_from_slice(line);
        state.lines.count += 1;
        let wakes = match state.writer {
            Writer::Busy => false,
            Writer::Parked => true,
            Writer::Collects => length > self.settings.bytes / 2,
        };
        if wakes {
            // Once: the next to log need not do it again.
            state.writer = Writer::Busy;
            drop(state);
            self.wake.notify_one();
        }
    }

    pub(crate) fn health(&self) -> SinkHealth {
        let state = self.lock();
        let Counts { submitted, written, dropped, failed, errors } = state.counts;
        SinkHealth {
            id: self.id.clone(),
            submitted,
            written,
            dropped,
            failed,
            pending: state.pending(),
            errors,
            last_error: state.last_error.clone(),
            state: match () {
                () if state.has_panicked() => SinkState::Panicked,
                () if state.is_closed => SinkState::Closed,
                () => SinkState::Running,
            },
        }
    }

    /// Asks the writer for a flush of what there is now.
    pub(crate) fn ask(&self, until: Instant, reopens: bool) -> Flush {
        let mut state = self.lock();
        state.asked.ticket += 1;
        state.asked.until = Some(until);
        state.asked.reopens |= reopens;
        let flush = Flush { ticket: state.asked.ticket, failed: state.counts.failed };
        drop(state);
        self.wake.notify_one();
        flush
    }

    /// Waits for what was asked for. `allowed` is for the message.
    pub(crate) fn wait(
        &self,
        flush: Flush,
        until: Instant,
        allowed: Duration,
    ) -> Result<(), Unflushed> {
        let is_open = |state: &mut State| state.answered < flush.ticket && state.end.is_none();
        let state = self.wait_while(until, is_open);
        let lost = state.counts.failed - flush.failed;
        let why = if state.has_panicked() {
            Why::Panicked
        } else if state.answered < flush.ticket && state.end.is_none() {
            Why::Timeout(allowed)
        } else if lost > 0 {
            let error = state.last_error.as_deref().unwrap_or("unknown");
            Why::Failed(format!("{lost} lines are lost: {error}"))
        } else if let Some(why) = &state.answer {
            Why::Failed(why.clone())
        } else {
            return Ok(());
        };
        Err(Unflushed { id: self.id.clone(), pending: state.pending(), why })
    }

    /// No more lines; those that wait are written within the time.
    pub(crate) fn close(&self, until: Option<Instant>) {
        let mut state = self.lock();
        state.is_closed = true;
        if until.is_some() {
            state.asked.until = until;
        }
        drop(state);
        self.wake.notify_one();
    }

    /// Waits for the end of a closed queue. After `until`, what waits still is dropped.
    pub(crate) fn wait_closed(&self, until: Instant, allowed: Duration) -> Result<(), Unflushed> {
        let mut state = self.wait_while(until, |state| state.end.is_none());
        let why = match () {
            () if state.has_panicked() => Why::Panicked,
            () if state.end.is_none() => Why::Timeout(allowed),
            () => match state.answer.take() {
                Some(why) => Why::Failed(why),
                None => return Ok(()),
            },
        };
        let pending = state.pending();
        state.is_abandoned = true;
        state.drop_waiting();
        Err(Unflushed { id: self.id.clone(), pending, why })
    }

    fn wait_while(
        &self,
        until: Instant,
        condition: impl FnMut(&mut State) -> bool,
    ) -> MutexGuard<'_, State> {
        let left = until.saturating_duration_since(now());
        let waited = self.done.wait_timeout_while(self.lock(), left, condition);
        waited.unwrap_or_else(PoisonError::into_inner).0
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing panics while it is held, and the numbers are whole at every step.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

// === impl Queue: the one who writes ===

impl Queue {
    /// What the writer swaps with the lines that wait.
    pub(crate) fn spare(&self) -> Buffer {
        Buffer::with_room(self.settings.bytes)
    }

    /// Waits for something to do. A batch is swapped into `batch`, which must be empty.
    pub(crate) fn next(&self, batch: &mut Buffer) -> Job {
        let mut state = self.lock();
        loop {
            if state.lines.count > 0 && !state.is_urgent() && !self.settings.delay.is_zero() {
                if state.lines.bytes.len() <= self.settings.bytes / 2 {
                    state.writer = Writer::Collects;
                }
                let collecting =
                    |state: &mut State| state.writer == Writer::Collects && !state.is_urgent();
                let delay = self.settings.delay;
                let waited = self.wake.wait_timeout_while(state, delay, collecting);
                state = waited.unwrap_or_else(PoisonError::into_inner).0;
                state.writer = Writer::Busy;
            }
            if state.lines.count > 0 {
                mem::swap(&mut state.lines, batch);
                state.writing = batch.count;
                return Job::Write;
            }
            let Asked { ticket, until, reopens } = state.asked;
            let within = until.map_or(Duration::MAX, |it| it.saturating_duration_since(now()));
            if state.answered < ticket {
                state.asked.reopens = false;
                return Job::Flush { ticket, within, reopens };
            }
            if state.is_closed {
                return Job::Close { within };
            }
            state.writer = Writer::Parked;
            state = self.wake.wait(state).unwrap_or_else(PoisonError::into_inner);
            state.writer = Writer::Busy;
        }
    }

    /// Of the batch, `written` lines were written; with an error if not all.
    pub(crate) fn wrote(&self, batch: &mut Buffer, written: u64, error: Option<String>) {
        let mut state = self.lock();
        let written = written.min(batch.count);
        let lost = batch.count - written;
        state.counts.written += written;
        state.counts.failed += lost;
        state.counts.dropped += lost;
        state.writing = 0;
        state.note(error);
        batch.count = 0;
        batch.bytes.clear();
    }

    /// The flush of this ticket was done.
    pub(crate) fn flushed(&self, ticket: u64, error: Option<String>) {
        let mut state = self.lock();
        state.answered = ticket;
        state.answer.clone_from(&error);
        state.note(error);
        drop(state);
        self.done.notify_all();
    }

    /// There is no sink any more.
    pub(crate) fn ended(&self, panicked: bool, error: Option<String>) {
        let mut state = self.lock();
        state.end = Some(if panicked { End::Panicked } else { End::Closed });
        state.drop_waiting();
        state.answer.clone_from(&error);
        state.note(error);
        drop(state);
        self.done.notify_all();
    }

    /// Whether nobody waits for the rest any more.
    pub(crate) fn is_abandoned(&self) -> bool {
        self.lock().is_abandoned
    }
}

// === impl Buffer ===

impl Buffer {
    /// With room for `bytes`, so that nobody who logs must make some. What is never used costs
    /// address space alone; beyond 4 MiB it grows when it must.
    fn with_room(bytes: usize) -> Self {
        Self { bytes: Vec::with_capacity(bytes.min(4 << 20)), count: 0 }
    }
}

// === impl State ===

impl State {
    fn pending(&self) -> u64 {
        self.lines.count + self.writing
    }

    fn is_urgent(&self) -> bool {
        self.answered < self.asked.ticket || self.is_closed
    }

    fn has_panicked(&self) -> bool {
        self.end == Some(End::Panicked)
    }

    fn drop_waiting(&mut self) {
        self.counts.dropped += self.lines.count;
        self.lines = Buffer::default();
    }

    fn note(&mut self, error: Option<String>) {
        if error.is_some() {
            self.counts.errors += 1;
            self.last_error = error;
        }
    }
}
