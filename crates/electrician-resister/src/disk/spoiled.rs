//! What cannot be read.

use electrician_types::{Error, Receipt};

use crate::Key;
use crate::line::Ticket;

/// An element whose value could not be read when its turn came.
#[derive(Debug)]
#[non_exhaustive]
pub struct Spoiled {
    /// Its number.
    pub id: u64,
    /// Its name.
    pub key: Option<Key>,
    /// Its priority.
    pub priority: i32,
    /// How often it was queued again.
    pub retries: u32,
    /// What the encoder wrote; empty if the disk does not give that back.
    pub bytes: Vec<u8>,
    /// Why it cannot be read.
    pub error: Error,
    /// Acknowledged, it is gone; nacked or dropped, it is tried again.
    pub receipt: Receipt,
}

// === impl Spoiled ===

impl Spoiled {
    pub(crate) fn new(ticket: Ticket, bytes: Vec<u8>, error: Error, receipt: Receipt) -> Self {
        let Ticket { id, key, priority, retries, .. } = ticket;
        Self { id, key, priority, retries, bytes, error, receipt }
    }
}
