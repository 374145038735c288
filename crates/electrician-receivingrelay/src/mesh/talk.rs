//! One connection of a mesh: what is said on it, and what is answered.

mod publishing;

use std::ops::ControlFlow;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Instant;

use electrician_auth::{Identity, Time};
use electrician_relay::Text;
use electrician_relay::mesh::{Filter, MeshFrame};
use electrician_relay::proto::{StreamClose, StreamOpen};
use electrician_types::Item;
use tokio::sync::OwnedSemaphorePermit;
use tokio::sync::mpsc::OwnedPermit;
use tonic::{Status, Streaming};

use super::MeshAccess;
use super::room::{Seat, moment};
use crate::conversation::{Joined, gone};
use crate::reading::Lent;
use crate::service::{Desk, Phase};
use electrician_relay::transport::{Alarm, now};
use publishing::Pending;

/// What a peer and the mesh say while their stream lasts. It is polled by the connection, which is all
/// that drives it: nothing of it runs on when the connection is gone.
pub(super) struct Talk<T> {
    desk: Desk<T>,
    seat: Seat,
    frames: Streaming<MeshFrame>,
    reader: Lent<T>,
    identity: Arc<Identity>,
    expired: Pin<Box<dyn Future<Output = ()> + Send>>,
    joined: Option<Joined>,
    default_channel: Text,
    /// What is being published; meanwhile nothing more is read.
    pending: Option<Pending<T>>,
    alarm: Alarm,
    intake: Intake,
    is_farewell_said: bool,
    is_over: bool,
    /// Counts the stream as one while it lasts.
    _place: OwnedSemaphorePermit,
}

/// What is to come from the peer.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Intake {
    Open,
    /// Nothing more; subscriptions go on.
    Closed,
    /// Nothing more, and it ends when all is said.
    Leaving,
}

/// What came of one step.
enum Step {
    Again,
    Say(MeshFrame),
    End(Option<Status>),
}

/// What was waited for.
enum Happened<T> {
    Something,
    Expired,
    /// There is a place in the queue of the pipeline, unless it is gone.
    Place(Option<OwnedPermit<Item<T>>>),
    Frame(Result<Option<MeshFrame>, Status>),
}

/// What is wanted now.
struct Wish {
    wake_at: Option<Instant>,
    is_ready: bool,
}

// === impl Talk ===

impl<T: Send + 'static> Talk<T> {
    pub(super) fn new(
        desk: Desk<T>,
        seat: Seat,
        frames: Streaming<MeshFrame>,
        identity: Identity,
        place: OwnedSemaphorePermit,
    ) -> Self {
        let identity = Arc::new(identity);
        let watched = Arc::clone(&identity);
        let expired = Box::pin(async move { watched.expired(&Time::system()).await });
        Self {
            reader: desk.reading.lend(),
            desk,
            seat,
            frames,
            identity,
            expired,
            joined: None,
            default_channel: Text::EMPTY,
            pending: None,
            alarm: Alarm::new(),
            intake: Intake::Open,
            is_farewell_said: false,
            is_over: false,
            _place: place,
        }
    }

    /// The next frame for the peer; after an error, nothing.
    pub(super) async fn next(&mut self) -> Option<Result<MeshFrame, Status>> {
        while !self.is_over {
            match self.step().await {
                Step::Again => {}
                Step::Say(frame) => return Some(Ok(frame)),
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
        if is_draining && self.intake != Intake::Leaving {
            self.give_back();
            self.leave();
        }
        let wish = match self.look(is_draining) {
            ControlFlow::Continue(wish) => wish,
            ControlFlow::Break(step) => return step,
        };
        self.alarm.set(wish.wake_at);
        let may_read = wish.is_ready && self.pending.is_none() && self.intake == Intake::Open;
        let wants_place = self.pending.as_ref().is_some_and(Pending::wants_place);
        let Self { desk, seat, frames, joined, alarm, expired, .. } = self;
        let changed = async {
            match joined {
                Some(joined) => joined.stream.changed.notified().await,
                None => std::future::pending().await,
            }
        };
        let happened = tokio::select! {
            biased;
            () = changed => Happened::Something,
            () = seat.wake.notified() => Happened::Something,
            () = alarm.rung() => Happened::Something,
            _ = desk.phase.changed(), if !is_draining => Happened::Something,
            () = expired.as_mut() => Happened::Expired,
            place = desk.queue.clone().reserve_owned(), if wants_place => {
                Happened::Place(place.ok())
            }
            frame = frames.message(), if may_read => Happened::Frame(frame),
        };
        match happened {
            Happened::Something => self.advance(),
            Happened::Expired => {
                Step::End(Some(Status::unauthenticated("the authentication of the stream ended")))
            }
            Happened::Place(Some(place)) => self.publish(Some(place)),
            Happened::Place(None) => Step::End(Some(gone())),
            Happened::Frame(Ok(Some(frame))) => self.take(frame),
            Happened::Frame(Ok(None)) => {
                self.stop_reading(Intake::Closed);
                Step::Again
            }
            Happened::Frame(Err(status)) => Step::End(Some(status)),
        }
    }

    /// What is to be said, or else what to wait for.
    fn look(&mut self, is_draining: bool) -> ControlFlow<Step, Wish> {
        let (mut wake_at, mut is_ready, mut is_settled) = (None, true, true);
        if let Some(joined) = &self.joined {
            let mut inner = joined.stream.lock();
            let session = &mut inner.session;
            if !session.is_current(joined.connection) {
                let what = "the stream goes on on a later connection";
                return ControlFlow::Break(Step::End(Some(Status::aborted(what))));
            }
            if let Some(ack) = session.poll_ack(now()) {
                return ControlFlow::Break(Step::Say(MeshFrame::Ack(ack)));
            }
            wake_at = session.poll_timeout();
            is_ready = session.is_ready();
            is_settled = session.is_finished();
        }
        let moment = moment();
        let looked = self.seat.with(|exchange, id| {
            if exchange.is_ended(id) {
                let patience = exchange.patience();
                let what = format!("too slow: nothing was taken for {patience:?}");
                return ControlFlow::Break(Step::End(Some(Status::resource_exhausted(what))));
            }
            if let Some(frame) = exchange.poll_transmit(id, moment) {
                return ControlFlow::Break(Step::Say(frame));
            }
            let is_idle = exchange.is_drained(id) && exchange.interests(id) == 0;
            let timeout = exchange.poll_timeout(id, moment.now);
            ControlFlow::Continue((is_idle, timeout, exchange.is_ready(id)))
        });
        let (is_idle, timeout, may_ask) = match looked {
            ControlFlow::Continue(looked) => looked,
            ControlFlow::Break(step) => return ControlFlow::Break(step),
        };
        let is_read = self.intake != Intake::Open;
        if is_read && is_settled && is_idle && self.pending.is_none() {
            if is_draining && !std::mem::replace(&mut self.is_farewell_said, true) {
                let reason = "the relay stops".to_owned();
                return ControlFlow::Break(Step::Say(MeshFrame::Close(StreamClose { reason })));
            }
            return ControlFlow::Break(Step::End(is_draining.then(gone)));
        }
        let waits = self.pending.as_ref().and_then(Pending::waits_until);
        wake_at = [wake_at, timeout, waits].into_iter().flatten().min();
        ControlFlow::Continue(Wish { wake_at, is_ready: is_ready && may_ask })
    }

    /// Nothing more comes from the peer; what came is answered.
    fn stop_reading(&mut self, intake: Intake) {
        self.intake = intake;
        if let Some(joined) = &self.joined {
            let mut inner = joined.stream.lock();
            if inner.session.is_current(joined.connection) {
                inner.session.on_close();
            }
        }
    }

    /// It ends when what there is was said.
    fn leave(&mut self) {
        self.stop_reading(Intake::Leaving);
        self.seat.with(electrician_relay::mesh::Exchange::close);
    }

    fn take(&mut self, frame: MeshFrame) -> Step {
        match frame {
            MeshFrame::Open(open) => return self.open(&open),
            MeshFrame::Payload(payload) => return self.payload(payload),
            MeshFrame::Close(_) => self.leave(),
            MeshFrame::Subscribe(request) => {
                let mut allow = allowing(&self.seat, &self.identity);
                self.seat.with(|exchange, id| exchange.subscribe(id, &request, &mut allow));
            }
            MeshFrame::Unsubscribe(request) => {
                self.seat.with(|exchange, id| exchange.unsubscribe(id, &request));
            }
            MeshFrame::ClockSync(request) => {
                let moment = moment();
                self.seat.with(|exchange, id| exchange.clock_sync(id, request, moment));
            }
            MeshFrame::Ack(ack) => self.seat.with(|exchange, id| exchange.heed(id, &ack, now())),
            _ => {}
        }
        Step::Again
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
        self.default_channel = Text::from(open.default_channel.as_str());
        let mut allow = allowing(&self.seat, &self.identity);
        self.seat.with(|exchange, id| exchange.open(id, open, &mut allow));
        Step::Again
    }
}

/// Which subscriptions a peer may have.
fn allowing(seat: &Seat, identity: &Identity) -> impl FnMut(&Filter) -> bool {
    |filter| seat.room().mesh.allows(identity, MeshAccess::Subscribe(filter))
}
