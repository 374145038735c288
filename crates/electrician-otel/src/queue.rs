//! A queue with a bound, which drops what there is no room for and counts it.

use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::Notify;
use tokio::sync::mpsc::{self, Receiver, Sender, error::TrySendError};

use crate::record::Record;
use crate::stats::Counts;

/// Where pipelines leave their records. Nobody waits here.
#[derive(Debug)]
pub(crate) struct Queue {
    sender: Sender<Record>,
    /// Whether the exporter was called since it last came.
    is_called: AtomicBool,
    half_full: Notify,
    pub(crate) counts: Counts,
}

// === impl Queue ===

impl Queue {
    pub(crate) fn new(capacity: usize) -> (Self, Receiver<Record>) {
        let (sender, receiver) = mpsc::channel(capacity);
        let queue = Self {
            sender,
            is_called: AtomicBool::new(false),
            half_full: Notify::new(),
            counts: Counts::default(),
        };
        (queue, receiver)
    }

    pub(crate) fn push(&self, record: Record) {
        self.counts.spans.add(1);
        match self.sender.try_send(record) {
            Ok(()) => self.call(),
            Err(TrySendError::Full(_)) => self.counts.full.add(1),
            Err(TrySendError::Closed(_)) => self.counts.late.add(1),
        }
    }

    /// Whether nobody takes records any more.
    pub(crate) fn is_closed(&self) -> bool {
        self.sender.is_closed()
    }

    /// When the queue is half full. The exporter comes by itself now and then; waking it for each
    /// record would cost the pipeline a system call.
    pub(crate) async fn half_full(&self) {
        self.half_full.notified().await;
    }

    /// The exporter is here.
    pub(crate) fn answer(&self) {
        self.is_called.store(false, Ordering::Relaxed);
    }

    fn call(&self) {
        if self.sender.capacity() <= self.sender.max_capacity() / 2
            && !self.is_called.swap(true, Ordering::Relaxed)
        {
            self.half_full.notify_one();
        }
    }
}
