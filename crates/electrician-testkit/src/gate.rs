//! What hangs, hangs here.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use crate::changes::{Changes, block_on};

/// A gate that is shut until a test opens it. Clones are the same gate.
#[derive(Clone, Debug, Default)]
pub struct Gate {
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    is_open: AtomicBool,
    waiting: AtomicUsize,
    changes: Changes,
}

/// One who waits at a gate.
struct Visitor<'a>(&'a Shared);

// === impl Gate ===

impl Gate {
    /// A gate that is shut.
    pub fn new() -> Self {
        Self::default()
    }

    /// Opens the gate, for good: whoever waits goes on, and nobody waits any more.
    pub fn open(&self) {
        self.shared.is_open.store(true, Ordering::SeqCst);
        self.shared.changes.announce();
    }

    /// Whether the gate is open.
    pub fn is_open(&self) -> bool {
        self.shared.is_open.load(Ordering::SeqCst)
    }

    /// Waits until the gate is open. Cancel-safe.
    pub async fn pass(&self) {
        let _visitor = self.shared.visit();
        let is_open = || self.is_open().then_some(());
        self.shared.changes.until(is_open).await;
    }

    /// Blocks this thread until the gate is open.
    pub fn pass_blocking(&self) {
        block_on(self.pass());
    }

    /// How many wait.
    pub fn waiting(&self) -> usize {
        self.shared.waiting.load(Ordering::SeqCst)
    }

    /// Waits until at least `count` wait at the gate: for a test that needs something to hang.
    /// Cancel-safe.
    pub async fn wait_for_waiting(&self, count: usize) {
        let enough = || (self.waiting() >= count).then_some(());
        self.shared.changes.until(enough).await;
    }
}

// === impl Shared ===

impl Shared {
    fn visit(&self) -> Visitor<'_> {
        self.waiting.fetch_add(1, Ordering::SeqCst);
        self.changes.announce();
        Visitor(self)
    }
}

impl Drop for Visitor<'_> {
    fn drop(&mut self) {
        self.0.waiting.fetch_sub(1, Ordering::SeqCst);
    }
}
