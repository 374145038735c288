//! An exchange that connections share.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use electrician_relay::mesh::{Exchange, ExchangeStats, MemberId, Moment};
use electrician_types::ConfigError;
use tokio::sync::Notify;

use super::Mesh;
use electrician_relay::transport::now;

/// Where peers meet.
pub(crate) struct Room {
    inner: Mutex<Inner>,
    pub(super) mesh: Mesh,
    /// The largest frame, bytes.
    pub(super) message_bytes: usize,
}

struct Inner {
    exchange: Exchange,
    wakes: HashMap<MemberId, Arc<Notify>>,
}

/// A peer's place. It leaves when this is dropped.
pub(super) struct Seat {
    room: Arc<Room>,
    id: MemberId,
    /// There may be something for the peer.
    pub(super) wake: Arc<Notify>,
}

// === impl Room ===

impl Room {
    pub(crate) fn new(mesh: Mesh, message_bytes: usize) -> Result<Arc<Self>, ConfigError> {
        let inner = Inner { exchange: mesh.exchange.build()?, wakes: HashMap::new() };
        Ok(Arc::new(Self { inner: Mutex::new(inner), mesh, message_bytes }))
    }

    pub(crate) fn stats(&self) -> ExchangeStats {
        self.lock().exchange.stats()
    }

    /// A place, unless all are taken.
    pub(super) fn enter(self: &Arc<Self>) -> Option<Seat> {
        let mut inner = self.lock();
        let id = inner.exchange.join(now())?;
        let wake = Arc::new(Notify::new());
        inner.wakes.insert(id, Arc::clone(&wake));
        Some(Seat { room: Arc::clone(self), id, wake })
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        // A panic in the exchange leaves nothing that another thread could not read.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

// === impl Inner ===

impl Inner {
    fn wake(&mut self) {
        while let Some(id) = self.exchange.next_woken() {
            if let Some(wake) = self.wakes.get(&id) {
                wake.notify_one();
            }
        }
    }
}

// === impl Seat ===

impl Seat {
    pub(super) fn room(&self) -> &Room {
        &self.room
    }

    /// Does something, and wakes who is concerned.
    pub(super) fn with<R>(&self, work: impl FnOnce(&mut Exchange, MemberId) -> R) -> R {
        let mut inner = self.room.lock();
        let result = work(&mut inner.exchange, self.id);
        inner.wake();
        result
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut inner = self.room.lock();
        inner.exchange.leave(self.id);
        inner.wakes.remove(&self.id);
        inner.wake();
    }
}

impl fmt::Debug for Room {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Room").field("stats", &self.stats()).finish_non_exhaustive()
    }
}

/// The present.
pub(super) fn moment() -> Moment {
    Moment { now: now(), wall: SystemTime::now() }
}
