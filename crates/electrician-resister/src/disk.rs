//! The queue on disk.

mod builder;
mod compact;
mod core;
mod error;
mod file;
mod frame;
mod known;
mod log;
mod open;
mod pop;
mod push;
mod record;
mod report;
mod scan;
mod spoiled;
mod traits;

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use electrician_types::{BoxError, Error, ErrorKind, Metadata};

pub use builder::DiskResisterBuilder;
pub use error::OpenError;
pub use log::Fsync;
pub use record::Record;
pub use report::OpenReport;
pub use spoiled::Spoiled;

use self::core::Core;
use record::Codec;

use crate::Counters;

/// A bounded priority queue on disk, which survives the end of its process, however it comes.
///
/// A handle, as [`Resister`](crate::Resister) is, with the same order, keys, aging and expiry, and
/// the same calls. In memory it keeps about 150 bytes for each element, not the values.
///
/// # Receipts
///
/// The receipt that an item brings along is acknowledged when the item is stored, as safely as
/// [`Fsync`] says: from then on the queue is responsible. The element that comes out carries a
/// receipt of the queue. When that is acknowledged, the element is done with and leaves the log.
/// When it is nacked or dropped, the element goes back to the end of its priority, with one more
/// retry; after its [last attempt](DiskResisterBuilder::with_max_attempts) it is set aside for
/// [`drain_exhausted`](Self::drain_exhausted), and still there after a restart.
///
/// # At least once
///
/// An element that was not acknowledged when the process ended is queued again at the next opening,
/// and so are the last few that were: an acknowledgement is written with the next call to the
/// queue (a parked `pop` counts as one), and a write that the end interrupts is lost. None is lost,
/// some come twice. [`Element::id`](crate::Element::id) stays the same.
///
/// # Bounds
///
/// `max_bytes` bounds the elements that are in the queue, in flight included, at their size in the
/// log. The files take at most twice that and three segments more, as long as they can be written:
/// when more than half of the log is done with, what is left in its oldest segment is written again
/// at the end, so that one old element does not keep everything alive that came after it.
///
/// # Blocking
///
/// Every call writes to files, or reads them, on the thread that makes it, and waits for the disk
/// where [`Fsync`] says so. Only acknowledging never waits. Where that matters, call from a thread
/// that may block.
///
/// # When the disk is full
///
/// A push that cannot be written is refused with its item
/// ([`Refusal::NotStored`](electrician_types::Refusal::NotStored)), and leaves nothing behind. The
/// queue stays usable: popping and acknowledging make room.
pub struct DiskResister<T> {
    core: Arc<Core>,
    codec: Arc<Codec<T>>,
}

// === impl DiskResister ===

impl<T: Record> DiskResister<T> {
    /// Opens or creates the queue in `dir` with the defaults of its
    /// [builder](DiskResisterBuilder).
    pub fn open(dir: impl AsRef<Path>) -> Result<(Self, OpenReport), OpenError> {
        Self::builder(dir.as_ref()).open()
    }

    /// Configures the queue in `dir`.
    pub fn builder(dir: impl Into<PathBuf>) -> DiskResisterBuilder<T> {
        DiskResisterBuilder::new(dir.into(), Codec::new(T::encode, T::decode))
    }
}

impl<T> DiskResister<T> {
    /// Configures the queue in `dir` for values that are no [`Record`]: two functions, whose laws
    /// are those of its methods.
    pub fn builder_with(
        dir: impl Into<PathBuf>,
        encode: impl Fn(&T, &mut Vec<u8>) + Send + Sync + 'static,
        decode: impl Fn(&[u8]) -> Result<T, BoxError> + Send + Sync + 'static,
    ) -> DiskResisterBuilder<T> {
        DiskResisterBuilder::new(dir.into(), Codec::new(encode, decode))
    }

    /// Name, kind and id.
    pub fn metadata(&self) -> &Metadata {
        &self.core.herald.metadata
    }

    /// How many elements wait. Overdue and exhausted ones, and those that are in flight, are not among them.
    pub fn len(&self) -> usize {
        self.core.work(|state, now| {
            state.line.expire(now);
            state.line.waiting()
        })
    }

    /// Whether no element waits.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many overdue elements are to be fetched by [`drain_expired`](Self::drain_expired).
    pub fn expired_len(&self) -> usize {
        self.core.work(|state, now| {
            state.line.expire(now);
            state.line.expired()
        })
    }

    /// How many elements that made their last attempt are to be fetched by
    /// [`drain_exhausted`](Self::drain_exhausted).
    pub fn exhausted_len(&self) -> usize {
        self.core.work(|state, _| state.line.exhausted())
    }

    /// How many elements came out and have no verdict yet.
    pub fn in_flight(&self) -> usize {
        self.core.work(|state, _| state.in_flight)
    }

    /// What the elements take in the log, those in flight included.
    pub fn bytes(&self) -> u64 {
        self.core.work(|state, _| state.line.bytes())
    }

    /// What the files take.
    pub fn disk_bytes(&self) -> u64 {
        self.core.work(|state, _| state.log.total)
    }

    /// How many elements fit, whatever they weigh.
    pub fn capacity(&self) -> usize {
        self.core.capacity
    }

    /// What has happened since the opening.
    pub fn counters(&self) -> Counters {
        self.core.work(|state, _| state.line.counters)
    }

    /// Forces everything that was accepted and acknowledged so far to the disk.
    pub fn sync(&self) -> Result<(), Error> {
        let synced = self.core.work(|state, now| {
            state.write_pending(now)?;
            state.log.sync(now)
        });
        synced.map_err(|why| Error::new(ErrorKind::Io, "writing to the queue").with_source(why))
    }

    /// Lets nothing more in; who waits for room is refused. What is inside can still be taken, and
    /// then `pop` yields `None`; what is not taken stays for the next opening.
    ///
    /// Everything so far is forced to the disk; the error says that this failed. The directory is
    /// free for others when the last handle and the last receipt are gone.
    pub fn close(&self) -> Result<(), Error> {
        self.core.work(|state, _| state.is_closed = true);
        self.core.items.wake_all();
        self.core.room.wake();
        self.sync()
    }

    /// Whether the queue was closed.
    pub fn is_closed(&self) -> bool {
        self.core.work(|state, _| state.is_closed)
    }
}

impl<T> Clone for DiskResister<T> {
    fn clone(&self) -> Self {
        Self { core: Arc::clone(&self.core), codec: Arc::clone(&self.codec) }
    }
}

impl<T> fmt::Debug for DiskResister<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DiskResister")
            .field("len", &self.len())
            .field("expired", &self.expired_len())
            .field("exhausted", &self.exhausted_len())
            .field("in_flight", &self.in_flight())
            .field("closed", &self.is_closed())
            .finish_non_exhaustive()
    }
}

#[cfg(all(test, not(loom)))]
mod tests;
