//! Events for whoever is slow: a bounded channel that loses rather than waits.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};

use electrician_types::{Event, Observer};
use futures_core::Stream;

use crate::owned::OwnedEvent;

/// An observer that passes events on to an [`EventStream`] and never waits for it: an event for
/// which there is no room is dropped and counted.
#[derive(Clone)]
pub struct EventFeed {
    sender: flume::Sender<OwnedEvent>,
    tally: Arc<Tally>,
}

/// Events to be read by a task or a thread of its own, at its own pace; see [`events`].
///
/// It ends when every [`EventFeed`] is gone. The component that has one keeps it also when it is
/// stopped, for it may be started again.
///
/// As a [`Stream`] it may be polled anywhere. Several streams of one feed cannot be had: give each
/// reader a feed of its own.
pub struct EventStream {
    receiver: flume::Receiver<OwnedEvent>,
    tally: Arc<Tally>,
    /// What this was polled for as a stream.
    polled: Option<flume::r#async::RecvFut<'static, OwnedEvent>>,
}

/// The events of a stream, for a thread: see [`EventStream::blocking_iter`].
#[derive(Debug)]
pub struct EventStreamIter<'a>(&'a mut EventStream);

/// What became of the events of a feed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct FeedCounts {
    /// Those that the feed was told.
    pub given: u64,
    /// Those that the stream gave out.
    pub received: u64,
    /// Those for which there was no room, or nobody to read them.
    pub dropped: u64,
}

#[derive(Debug, Default)]
struct Tally {
    given: AtomicU64,
    received: AtomicU64,
    dropped: AtomicU64,
}

/// A feed, which is an observer, and the stream that its events come out of. At most `capacity` of
/// them wait; 0 counts as 1. The newest are dropped.
///
/// ```
/// use electrician_sensor::types::{Event, EventKind, Observer};
///
/// let (feed, mut stream) = electrician_sensor::events(2);
/// for workers in 1..=5 {
///     feed.observe(&Event::Started { component: "parse", workers });
/// }
/// assert_eq!(stream.try_recv().map(|event| event.kind()), Some(EventKind::Started));
/// let counts = stream.counts();
/// assert_eq!((counts.given, counts.received, counts.dropped), (5, 1, 3));
/// assert_eq!(stream.len(), 1);
/// ```
pub fn events(capacity: usize) -> (EventFeed, EventStream) {
    let (sender, receiver) = flume::bounded(capacity.max(1));
    let tally = Arc::<Tally>::default();
    let stream = EventStream { receiver, tally: Arc::clone(&tally), polled: None };
    (EventFeed { sender, tally }, stream)
}

// === impl EventFeed ===

impl EventFeed {
    /// What became of the events so far.
    pub fn counts(&self) -> FeedCounts {
        self.tally.counts()
    }
}

impl Observer for EventFeed {
    fn observe(&self, event: &Event<'_>) {
        self.tally.given.fetch_add(1, Ordering::Relaxed);
        // What will not be read need not be copied.
        let has_room = !self.sender.is_full() && !self.sender.is_disconnected();
        if !has_room || self.sender.try_send(event.into()).is_err() {
            self.tally.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }
}

impl fmt::Debug for EventFeed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EventFeed").field("counts", &self.counts()).finish()
    }
}

// === impl EventStream ===

impl EventStream {
    /// The next event; `None` when there will be no more. Cancel-safe.
    pub async fn recv(&mut self) -> Option<OwnedEvent> {
        self.polled = None;
        let received = self.receiver.recv_async().await.ok();
        self.note(received)
    }

    /// The next event if there is one now.
    pub fn try_recv(&mut self) -> Option<OwnedEvent> {
        let received = self.receiver.try_recv().ok();
        self.note(received)
    }

    /// The next event, for which the thread waits; `None` when there will be no more. Not for
    /// tasks.
    pub fn blocking_recv(&mut self) -> Option<OwnedEvent> {
        self.polled = None;
        let received = self.receiver.recv().ok();
        self.note(received)
    }

    /// As an iterator for a thread, which waits for each event.
    pub const fn blocking_iter(&mut self) -> EventStreamIter<'_> {
        EventStreamIter(self)
    }

    /// How many events wait to be read.
    pub fn len(&self) -> usize {
        self.receiver.len()
    }

    /// Whether no event waits.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What became of the events so far: given are those received, dropped and waiting.
    pub fn counts(&self) -> FeedCounts {
        self.tally.counts()
    }

    fn note(&self, received: Option<OwnedEvent>) -> Option<OwnedEvent> {
        if received.is_some() {
            self.tally.received.fetch_add(1, Ordering::Relaxed);
        }
        received
    }
}

impl Stream for EventStream {
    type Item = OwnedEvent;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<OwnedEvent>> {
        let this = self.get_mut();
        let polled = this.polled.get_or_insert_with(|| this.receiver.clone().into_recv_async());
        let Poll::Ready(received) = Future::poll(Pin::new(polled), cx) else {
            return Poll::Pending;
        };
        this.polled = None;
        Poll::Ready(this.note(received.ok()))
    }
}

impl fmt::Debug for EventStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EventStream")
            .field("len", &self.len())
            .field("counts", &self.counts())
            .finish_non_exhaustive()
    }
}

// What nobody reads any more is lost as well.
impl Drop for EventStream {
    fn drop(&mut self) {
        self.polled = None;
        let lost = self.receiver.drain().count() as u64;
        self.tally.dropped.fetch_add(lost, Ordering::Relaxed);
    }
}

// === impl EventStreamIter ===

impl Iterator for EventStreamIter<'_> {
    type Item = OwnedEvent;

    fn next(&mut self) -> Option<OwnedEvent> {
        self.0.blocking_recv()
    }
}

// === impl Tally ===

impl Tally {
    fn counts(&self) -> FeedCounts {
        let load = |count: &AtomicU64| count.load(Ordering::Relaxed);
        FeedCounts {
            received: load(&self.received),
            dropped: load(&self.dropped),
            given: load(&self.given),
        }
    }
}
