//! What a peer publishes.

use std::time::Instant;

use electrician_relay::mesh::{Address, Published};
use electrician_relay::session::{Delivery, Received, Settle};
use electrician_relay::{RawPayload, Text};
use electrician_types::Item;
use tokio::sync::mpsc::OwnedPermit;
use tokio::sync::mpsc::error::TrySendError;
use tonic::Status;

use super::{Step, Talk};
use crate::conversation::{Joined, gone, read};
use crate::hub::count;
use crate::mesh::room::moment;
use electrician_relay::transport::now;

/// What is left of a frame for what stands around a payload, and its number.
const AROUND: usize = 32;

/// A payload that is being published.
pub(super) struct Pending<T> {
    token: u64,
    address: Address,
    payload: RawPayload,
    /// What the pipeline gets, if it gets something.
    item: Option<Item<T>>,
    /// Somebody has no room; when to look again at the latest.
    waits: Option<Instant>,
}

// === impl Pending ===

impl<T> Pending<T> {
    /// Whether it needs a place in the queue of the pipeline next.
    pub(super) const fn wants_place(&self) -> bool {
        self.item.is_some() && self.waits.is_none()
    }

    pub(super) const fn waits_until(&self) -> Option<Instant> {
        self.waits
    }
}

// === impl Talk ===

impl<T: Send + 'static> Talk<T> {
    pub(super) fn payload(&mut self, payload: RawPayload) -> Step {
        let joined = self
            .joined
            .get_or_insert_with(|| Joined::attach(self.desk.hub.unnamed(), String::new()));
        let received = {
            let mut inner = joined.stream.lock();
            if !inner.session.is_current(joined.connection) {
                return Step::Again;
            }
            inner.session.on_payload(payload, now())
        };
        match received {
            Received::Deliver(delivery) => self.deliver(delivery),
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

    fn deliver(&mut self, delivery: Delivery) -> Step {
        let Delivery { token, payload, defaults } = &delivery;
        let token = *token;
        let address = match Address::of(payload, defaults, &self.default_channel) {
            Ok(address) => address,
            Err(error) => return self.reject(token, error.code, error.message),
        };
        let room = self.seat.room();
        if !room.mesh.may_publish(&self.identity, &address) {
            return self.reject(token, 403, Text::from_static("you may not publish there"));
        }
        let whole = payload.clone().completed(defaults, address.channel());
        let (bytes, most) = (whole.encoded_len() + AROUND, room.message_bytes);
        if bytes > most {
            let what = format!(
                "with what its stream says of it, a payload of {bytes} bytes; at most {most} go on"
            );
            return self.reject(token, 413, what.into());
        }
        let mut item = None;
        if room.mesh.is_for_pipeline(&address) {
            let Some(joined) = &self.joined else { return Step::Again };
            let Some(read) = read(&self.desk, &mut self.reader, &joined.stream, delivery) else {
                return Step::Again;
            };
            item = Some(read.item);
        }
        self.pending = Some(Pending { token, address, payload: whole, item, waits: None });
        self.advance()
    }

    fn reject(&mut self, token: u64, code: i32, message: Text) -> Step {
        tracing::debug!(code, %message, "a payload is not published");
        self.settle(token, &Settle::Rejected { code, message });
        Step::Again
    }

    fn settle(&self, token: u64, settle: &Settle) {
        if let Some(joined) = &self.joined {
            joined.stream.lock().session.settle(token, settle, now());
        }
    }

    /// Publishes what waits for that, if it can be.
    pub(super) fn advance(&mut self) -> Step {
        let Some(pending) = &mut self.pending else { return Step::Again };
        pending.waits = None;
        if !pending.wants_place() {
            return self.publish(None);
        }
        match self.desk.queue.clone().try_reserve_owned() {
            Ok(place) => self.publish(Some(place)),
            Err(TrySendError::Full(_)) => Step::Again,
            Err(TrySendError::Closed(_)) => Step::End(Some(gone())),
        }
    }

    /// Publishes what waits for that. It has a place in the queue of the pipeline if it needs one.
    pub(super) fn publish(&mut self, place: Option<OwnedPermit<Item<T>>>) -> Step {
        let Some(Pending { token, address, payload, item, waits }) = &mut self.pending else {
            return Step::Again;
        };
        let moment = moment();
        let published =
            self.seat.with(|exchange, id| exchange.publish(id, address, payload, moment));
        if let Published::Wait(until) = published {
            *waits = Some(until);
            return Step::Again;
        }
        let (token, item) = (*token, item.take());
        self.pending = None;
        match (item, place) {
            (Some(item), Some(place)) => {
                place.send(item);
                count(&self.desk.hub.counts.received);
                if let Some(joined) = &self.joined {
                    joined.stream.lock().session.accepted(token, now());
                }
            }
            // An item without a place is not processed, as its receipt says.
            (Some(item), None) => drop(item),
            (None, _) => self.settle(token, &Settle::Done),
        }
        Step::Again
    }

    /// What was not published is to be sent again, to another.
    pub(super) fn give_back(&mut self) {
        let Some(Pending { token, item, .. }) = self.pending.take() else { return };
        // That of an item says so itself; what is said a second time does not count.
        drop(item);
        let message = Text::from_static("not published");
        self.settle(token, &Settle::Later { code: 503, message });
    }
}
