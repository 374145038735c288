//! A peer, as an exchange knows it.

use std::collections::{BTreeSet, VecDeque};
use std::time::Instant;

use super::MemberId;
use crate::Text;
use crate::mesh::MeshFrame;
use crate::mesh::filter::{Defaults, Interest};
use crate::mesh::outbox::Outbox;
use crate::session::pace::Pace;

/// How many answers may wait before a peer's questions are not read any more.
pub(super) const ANSWERS: usize = 16;

/// A peer.
#[derive(Debug)]
pub(super) struct Member {
    pub(super) stream_id: Text,
    pub(super) defaults: Defaults,
    pub(super) interests: Vec<(u64, Interest)>,
    /// What is said before payloads.
    pub(super) answers: VecDeque<Answer>,
    pub(super) outbox: Outbox,
    /// Who waits for room here.
    pub(super) waiters: BTreeSet<MemberId>,
    /// As it asks for.
    pub(super) pace: Pace,
    /// From when on it may be asked to pause again.
    pub(super) next_throttle: Option<Instant>,
    pub(super) is_ended: bool,
}

/// What waits to be said.
#[derive(Debug)]
pub(super) enum Answer {
    Frame(MeshFrame),
    /// The time of an answer is when it leaves.
    Clock {
        nonce: u64,
        t1: u64,
        t2: u64,
    },
}

// === impl Member ===

impl Member {
    pub(super) fn new(outbox: Outbox) -> Self {
        Self {
            stream_id: Text::EMPTY,
            defaults: Defaults::default(),
            interests: Vec::new(),
            answers: VecDeque::new(),
            outbox,
            waiters: BTreeSet::new(),
            pace: Pace::default(),
            next_throttle: None,
            is_ended: false,
        }
    }
}
