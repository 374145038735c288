//! Items that go no further: to the dead letters, into the account of failures, or back.

use std::sync::Arc;
use std::time::SystemTime;

use electrician_types::{Batch, Error, Item, NackReason};

use crate::dead_letter::{DeadLetter, DeadLetterPort};
use crate::panics;
use crate::worker::Worker;

/// A dead letter that waits for room at its port.
pub(crate) struct Posting<'a, In> {
    letter: Box<DeadLetter<In>>,
    port: &'a DeadLetterPort<In>,
}

impl<In: Send + 'static, Out: Send + 'static> Worker<In, Out> {
    /// Sends an item that failed for good to `port`, if there is one and somebody reads it, or
    /// counts it as failed; hands it back when the run is aborted meanwhile.
    pub async fn dispose(
        &mut self,
        item: Item<In>,
        error: Error,
        attempts: u32,
        first_seen: SystemTime,
        port: Option<&DeadLetterPort<In>>,
    ) {
        let posting = self.try_dispose(item, error, attempts, first_seen, port);
        if let Err(posting) = posting {
            self.post(posting).await;
        }
    }

    /// As [`dispose`](Self::dispose), as far as that needs no waiting: a letter for which there is
    /// no room at the port is still to be [posted](Self::post).
    pub(crate) fn try_dispose<'a>(
        &mut self,
        item: Item<In>,
        error: Error,
        attempts: u32,
        first_seen: SystemTime,
        port: Option<&'a DeadLetterPort<In>>,
    ) -> Result<(), Posting<'a, In>> {
        let error = self.stage.own(error);
        let Some(port) = port.filter(|port| port.is_open()) else {
            self.give_up(item, &error, attempts);
            return Ok(());
        };
        let stage = Arc::clone(&self.stage.name);
        let letter = DeadLetter { item, error: error.clone(), attempts, stage, first_seen };
        match port.try_send(letter) {
            Ok(()) => self.note_letter(&error, attempts),
            Err(letter) => return Err(Posting { letter, port }),
        }
        Ok(())
    }

    /// Waits for room at the port.
    pub(crate) async fn post(&mut self, Posting { letter, port }: Posting<'_, In>) {
        let (error, attempts) = (letter.error.clone(), letter.attempts);
        match port.send(*letter, &mut self.abort).await {
            Ok(()) => self.note_letter(&error, attempts),
            Err(letter) if self.abort.is_raised() => self.leave_inputs([letter.item]),
            // The reader went away while this worker waited for room.
            Err(letter) => self.give_up(letter.item, &error, attempts),
        }
    }

    fn note_letter(&mut self, error: &Error, attempts: u32) {
        self.stage.note_failure(error, attempts, true);
        self.counts.ledger.dead_lettered += 1;
    }

    /// An item goes no further, and nobody takes it over.
    fn give_up<T>(&mut self, item: Item<T>, error: &Error, attempts: u32) {
        let (value, receipt) = item.into_parts();
        self.stage.note_failure(error, attempts, false);
        self.counts.ledger.failed += 1;
        // Telling the source and dropping the value are user code, which may panic.
        drop(panics::caught(|| receipt.nack(NackReason::Failed)));
        drop(panics::caught(|| drop(value)));
    }

    /// An item that failed for good and that nobody takes over.
    pub fn fail_item<T>(&mut self, item: Item<T>, error: Error) {
        let error = self.stage.own(error);
        self.give_up(item, &error, 1);
    }

    /// Hands items that were taken and not processed back to the run.
    pub fn leave_inputs(&mut self, items: impl IntoIterator<Item = Item<In>>) {
        let mut count = 0;
        self.stage.queue.take_back(items.into_iter().inspect(|_| count += 1));
        self.counts.ledger.returned += count;
    }

    /// Hands outputs that the next stage did not take back to the run.
    pub(crate) fn leave_outputs(&mut self, outputs: &mut Batch<Out>) {
        self.counts.ledger.returned += outputs.len() as u64;
        self.downstream.queue().keep_out(std::mem::take(outputs));
    }
}
