//! One connection of a stream: what is said on it, and what is answered.

use std::ops::ControlFlow;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Instant;

use electrician_auth::{Identity, Time};
use electrician_relay::proto::StreamOpen;
use electrician_relay::session::{Delivery, Received, Settle};
use electrician_relay::transport::{Alarm, now};
use electrician_relay::{Ack, Frame, RawPayload, Text};
use electrician_types::Item;
use futures_util::FutureExt;
use tokio::sync::OwnedSemaphorePermit;
use tokio::sync::mpsc::error::TrySendError;
use tonic::{Status, Streaming};

use crate::hub::count;
use crate::reading::Lent;
use crate::service::{Desk, Phase};
use crate::stream::Stream;

/// Frames that are taken before it is looked what to say.
const AT_ONCE: u32 = 32;

/// What a stream says while it lasts. Its acknowledgements are polled by the connection, which is all
/// that drives it: nothing of it runs on when the connection is gone.
pub(crate) struct Conversation<T> {
    desk: Desk<T>,
    frames: Streaming<Frame>,
    reader: Lent<T>,
    identity: Arc<Identity>,
    expired: Pin<Box<dyn Future<Output = ()> + Send>>,
    joined: Option<Joined>,
    /// What waits for room in the queue; meanwhile nothing more is read.
    pending: Option<Pending<T>>,
    alarm: Alarm,
    /// There is room for another payload, as far as the session goes.
    may_go_on: bool,
    /// Nothing more is read.
    is_closed: bool,
    is_over: bool,
    /// Counts the stream as one while it lasts.
    _place: OwnedSemaphorePermit,
}

/// A stream as one of its connections has it. It is detached when this is dropped.
pub(crate) struct Joined {
    pub(crate) stream: Arc<Stream>,
    pub(crate) connection: u32,
    pub(crate) id: String,
}

/// A payload as an item.
pub(crate) struct Pending<T> {
    token: u64,
    pub(crate) item: Item<T>,
}

/// What came of one step.
enum Step {
    Again,
    Say(Ack),
    End(Option<Status>),
}

/// What was waited for.
enum Happened {
    Something,
    Expired,
    /// The payload of this token has a place in the queue.
    Queued(u64),
    Gone,
    Frame(Result<Option<Frame>, Status>),
}

/// What a session wants now.
struct Wish {
    wake_at: Option<Instant>,
    is_ready: bool,
}

// === impl Conversation ===

impl<T: Send + 'static> Conversation<T> {
    pub(crate) fn new(
        desk: Desk<T>,
        frames: Streaming<Frame>,
        identity: Identity,
        place: OwnedSemaphorePermit,
    ) -> Self {
        let identity = Arc::new(identity);
        let watched = Arc::clone(&identity);
        let expired = Box::pin(async move { watched.expired(&Time::system()).await });
        Self {
            reader: desk.reading.lend(),
            desk,
            frames,
            identity,
            expired,
            joined: None,
            pending: None,
            alarm: Alarm::new(),
            may_go_on: false,
            is_closed: false,
            is_over: false,
            _place: place,
        }
    }

    /// The next acknowledgement; after an error, nothing.
    pub(crate) async fn next(&mut self) -> Option<Result<Ack, Status>> {
        while !self.is_over {
            match self.step().await {
                Step::Again => {}
                Step::Say(ack) => return Some(Ok(ack)),
                Step::End(status) => {
                    self.is_over = true;
                    return status.map(Err);
                }
            }
        }
        None
    }

    async fn step(&mut self) -> Step {
        let is_draining = *self.desk.phase.borrow() == Phase::Draining;
        if is_draining && !self.is_closed {
            self.drain();
        }
        let wish = match self.look(is_draining) {
            ControlFlow::Continue(wish) => wish,
            ControlFlow::Break(step) => return step,
        };
        self.alarm.set(wish.wake_at);
        let may_read = wish.is_ready && self.pending.is_none() && !self.is_closed;
        let Self { desk, frames, joined, pending, alarm, expired, .. } = self;
        let changed = async {
            match joined {
                Some(joined) => joined.stream.changed.notified().await,
                None => std::future::pending().await,
            }
        };
        let happened = tokio::select! {
            biased;
            () = changed => Happened::Something,
            () = alarm.rung() => Happened::Something,
            _ = desk.phase.changed(), if !is_draining => Happened::Something,
            () = expired.as_mut() => Happened::Expired,
            permit = desk.queue.reserve(), if pending.is_some() => match (permit, pending.take()) {
                (Ok(permit), Some(Pending { token, item })) => {
                    permit.send(item);
                    Happened::Queued(token)
                }
                _ => Happened::Gone,
            },
            frame = frames.message(), if may_read => Happened::Frame(frame),
        };
        match happened {
            Happened::Something => Step::Again,
            Happened::Expired => {
                Step::End(Some(Status::unauthenticated("the authentication of the stream ended")))
            }
            Happened::Queued(token) => {
                self.accepted(token);
                Step::Again
            }
            Happened::Gone => Step::End(Some(gone())),
            Happened::Frame(frame) => self.read(frame),
        }
    }

    /// Takes a frame, and those behind it that are there already.
    fn read(&mut self, mut frame: Result<Option<Frame>, Status>) -> Step {
        let mut left = AT_ONCE;
        loop {
            let step = match frame {
                Ok(Some(frame)) => self.take(frame),
                Ok(None) => {
                    self.close();
                    return Step::Again;
                }
                Err(status) => return Step::End(Some(status)),
            };
            left -= 1;
            let may_go_on = self.may_go_on && self.pending.is_none() && !self.is_closed;
            if left == 0 || !may_go_on || !matches!(step, Step::Again) {
                return step;
            }
            // Without a waker: it is waited for after all else was looked at.
            match self.frames.message().now_or_never() {
                Some(next) => frame = next,
                None => return Step::Again,
            }
        }
    }

    /// What is to be said, or else what to wait for.
    fn look(&mut self, is_draining: bool) -> ControlFlow<Step, Wish> {
        let over = || is_draining.then(gone);
        let Some(joined) = &self.joined else {
            return if self.is_closed {
                ControlFlow::Break(Step::End(over()))
            } else {
                ControlFlow::Continue(Wish { wake_at: None, is_ready: true })
            };
        };
        let mut inner = joined.stream.lock();
        let session = &mut inner.session;
        if !session.is_current(joined.connection) {
            let what = "the stream goes on on a later connection";
            return ControlFlow::Break(Step::End(Some(Status::aborted(what))));
        }
        if let Some(ack) = session.poll_ack(now()) {
            return ControlFlow::Break(Step::Say(ack));
        }
        if session.is_finished() {
            return ControlFlow::Break(Step::End(over()));
        }
        ControlFlow::Continue(Wish {
            wake_at: session.poll_timeout(),
            is_ready: session.is_ready(),
        })
    }

    /// Reads nothing more, and gives back what is not in the queue.
    fn drain(&mut self) {
        // Its receipt says that it was not processed: its sender sends it again.
        self.pending = None;
        self.close();
    }

    /// Nothing more is read; what came is answered.
    fn close(&mut self) {
        self.is_closed = true;
        if let Some(joined) = &self.joined {
            let mut inner = joined.stream.lock();
            if inner.session.is_current(joined.connection) {
                inner.session.on_close();
            }
        }
    }

    fn take(&mut self, frame: Frame) -> Step {
        self.may_go_on = false;
        match frame {
            Frame::Open(open) => self.open(&open),
            Frame::Payload(payload) => self.payload(payload),
            Frame::Close(_) => {
                self.close();
                Step::Again
            }
            _ => Step::Again,
        }
    }

    fn open(&mut self, open: &StreamOpen) -> Step {
        if let Some(joined) = self.joined.as_ref().filter(|joined| joined.id != open.stream_id) {
            let (one, other) = (&joined.id, &open.stream_id);
            let what =
                format!("stream {other:?} was opened within {one:?}: open it by a call of its own");
            return Step::End(Some(Status::invalid_argument(what)));
        }
        if self.joined.is_none() {
            let Some(stream) = self.desk.hub.stream_of(&self.identity, open) else {
                return Step::End(Some(Status::resource_exhausted("too many streams are open")));
            };
            self.joined = Some(Joined::attach(stream, open.stream_id.clone()));
        }
        if let Some(joined) = &self.joined {
            joined.stream.lock().session.open(open);
        }
        Step::Again
    }

    fn payload(&mut self, payload: RawPayload) -> Step {
        if self.joined.is_none() {
            self.joined = Some(Joined::attach(self.desk.hub.unnamed(), String::new()));
        }
        let Some(Joined { stream, connection, .. }) = &self.joined else { return Step::Again };
        let received = {
            let mut inner = stream.lock();
            if !inner.session.is_current(*connection) {
                return Step::Again;
            }
            let received = inner.session.on_payload(payload, now());
            self.may_go_on = inner.session.is_ready();
            received
        };
        match received {
            Received::Deliver(delivery) => {
                let stream = Arc::clone(stream);
                let item = read(&self.desk, &mut self.reader, &stream, delivery);
                item.map_or(Step::Again, |pending| self.queue(pending))
            }
            Received::Overrun => {
                Step::End(Some(Status::resource_exhausted("too much at once: wait for answers")))
            }
            Received::Duplicate => {
                count(&self.desk.hub.counts.duplicates);
                Step::Again
            }
            _ => Step::Again,
        }
    }

    fn queue(&mut self, Pending { token, item }: Pending<T>) -> Step {
        match self.desk.queue.try_send(item) {
            Ok(()) => {
                self.accepted(token);
                Step::Again
            }
            Err(TrySendError::Full(item)) => {
                self.pending = Some(Pending { token, item });
                Step::Again
            }
            Err(TrySendError::Closed(_)) => Step::End(Some(gone())),
        }
    }

    fn accepted(&self, token: u64) {
        count(&self.desk.hub.counts.received);
        if let Some(joined) = &self.joined {
            joined.stream.accepted(token);
        }
    }
}

// === impl Joined ===

impl Joined {
    /// The stream goes on on this connection.
    pub(crate) fn attach(stream: Arc<Stream>, id: String) -> Self {
        let connection = stream.lock().session.attach();
        // A former connection of the stream learns that it is one.
        stream.changed.notify_one();
        Self { stream, connection, id }
    }
}

impl Drop for Joined {
    fn drop(&mut self) {
        let mut inner = self.stream.lock();
        if inner.session.is_current(self.connection) {
            inner.session.detach();
        }
        drop(inner);
        // A wake that was for the connection that counts may have come here.
        self.stream.changed.notify_one();
    }
}

/// The item in a payload. One that cannot be read is refused for good.
pub(crate) fn read<T>(
    desk: &Desk<T>,
    reader: &mut Lent<T>,
    stream: &Arc<Stream>,
    delivery: Delivery,
) -> Option<Pending<T>> {
    let Delivery { token, payload, defaults } = delivery;
    let receipt = stream.receipt(token, &payload);
    match reader.read(payload, &defaults) {
        Ok(value) => Some(Pending { token, item: Item::with_receipt(value, receipt) }),
        Err(error) => {
            count(&desk.hub.counts.unreadable);
            tracing::warn!(%error, "a payload cannot be read");
            let message = Text::from(error.to_string());
            let settle = Settle::Rejected { code: error.code(), message };
            stream.lock().session.settle(token, &settle, now());
            // What is said a second time does not count.
            drop(receipt);
            None
        }
    }
}

/// The relay stops; what was not acknowledged is to be sent to another.
pub(crate) fn gone() -> Status {
    Status::unavailable("the relay stops")
}

/// One payload and its answer.
pub(crate) async fn single<T: Send + 'static>(
    desk: &Desk<T>,
    payload: RawPayload,
) -> Result<Ack, Status> {
    let stream = desk.hub.single();
    let received = {
        let mut inner = stream.lock();
        inner.session.attach();
        inner.session.on_payload(payload, now())
    };
    match received {
        Received::Deliver(delivery) => {
            let mut reader = desk.reading.lend();
            if let Some(Pending { token, item }) = read(desk, &mut reader, &stream, delivery) {
                drop(reader);
                desk.queue.send(item).await.map_err(|_| gone())?;
                count(&desk.hub.counts.received);
                stream.accepted(token);
            }
        }
        Received::Duplicate => count(&desk.hub.counts.duplicates),
        _ => {}
    }
    loop {
        let answer = stream.lock().session.poll_ack(now());
        match answer {
            Some(ack) => return Ok(ack),
            None => stream.changed.notified().await,
        }
    }
}
