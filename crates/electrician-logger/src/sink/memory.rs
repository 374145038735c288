//! Lines in memory, for tests.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{Lines, LogSink};
use crate::SinkError;

/// Reads what a [`MemorySink`] got. Clones read the same.
#[derive(Clone, Debug)]
pub struct MemoryLog {
    lines: Arc<Mutex<VecDeque<String>>>,
    capacity: usize,
}

/// Keeps the latest lines in memory, for tests.
#[derive(Debug)]
pub struct MemorySink(MemoryLog);

// === impl MemoryLog ===

impl MemoryLog {
    /// Keeps the latest `capacity` lines.
    pub fn with_capacity(capacity: usize) -> Self {
        Self { lines: Arc::default(), capacity }
    }

    /// A sink whose lines are read here.
    pub fn sink(&self) -> MemorySink {
        MemorySink(self.clone())
    }

    /// The lines, oldest first, without line feeds. Flush before.
    pub fn lines(&self) -> Vec<String> {
        self.lock().iter().cloned().collect()
    }

    /// The lines; they are not kept any longer.
    pub fn take(&self) -> Vec<String> {
        self.lock().drain(..).collect()
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<String>> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for MemoryLog {
    /// Keeps 10,000 lines.
    fn default() -> Self {
        Self::with_capacity(10_000)
    }
}

// === impl MemorySink ===

impl LogSink for MemorySink {
    fn write(&mut self, lines: Lines<'_>) -> Result<(), SinkError> {
        let mut kept = self.0.lock();
        for line in lines.iter() {
            if kept.len() == self.0.capacity {
                kept.pop_front();
            }
            if kept.len() < self.0.capacity {
                kept.push_back(String::from_utf8_lossy(line).into_owned());
            }
        }
        Ok(())
    }
}
