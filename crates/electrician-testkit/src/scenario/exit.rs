//! Those who read, and what is left in the end.

use std::convert::Infallible;
use std::future::Future;

use electrician_types::{Item, NackReason};
use electrician_wire::{Component, DeadLetters, Leftover, Output, Stopped};

use crate::fault::mix;
use crate::oracle::Fate;
use crate::polls::give_up_after;
use crate::scenario::parcel::Parcel;
use crate::scenario::spec::{Letters, Reader, Reading};
use crate::scenario::world::World;
use crate::sink::Written;

/// What comes out of a scenario: parcels, or nothing.
pub(super) trait Exit: Sized + Send + 'static {
    fn read(
        output: Output<Self>,
        place: String,
        reader: Reader,
        world: World,
    ) -> impl Future<Output = ()> + Send;

    fn trace(&self) -> &crate::trace::Trace;
}

impl Exit for Infallible {
    async fn read(_output: Output<Self>, _place: String, _reader: Reader, _world: World) {}

    fn trace(&self) -> &crate::trace::Trace {
        match *self {}
    }
}

impl Exit for Parcel {
    async fn read(mut output: Output<Self>, place: String, reader: Reader, world: World) {
        let quits_after = reader.quits_after.unwrap_or(usize::MAX);
        let mut count = 0;
        let mut several = Vec::new();
        while count < quits_after {
            match reader.way {
                Reading::Value => match output.recv().await {
                    Some(parcel) => world.came_out(&place, &parcel),
                    None => return,
                },
                Reading::Item { rejects } => match output.recv_item().await {
                    Some(item) => world.settle(&place, item, rejects),
                    None => return,
                },
                Reading::Batch(max) => {
                    if output.recv_batch(&mut several, max).await == 0 {
                        return;
                    }
                    several.drain(..).for_each(|parcel| world.came_out(&place, &parcel));
                }
                Reading::Cancelling => match give_up_after(1, output.recv()).await {
                    Some(Some(parcel)) => world.came_out(&place, &parcel),
                    Some(None) => return,
                    None => {
                        tokio::task::yield_now().await;
                        continue;
                    }
                },
                Reading::Stalled => world.gate.pass().await,
            }
            count += 1;
            if let Some(pause) = reader.pause {
                world.pass(pause).await;
            }
            if world.gate.is_open() && reader.way == Reading::Stalled {
                return;
            }
        }
    }

    fn trace(&self) -> &crate::trace::Trace {
        &self.trace
    }
}

impl World {
    fn came_out(&self, place: &str, parcel: &Parcel) {
        self.oracle.saw_in_turn(place, Fate::Delivered, &parcel.trace);
    }

    fn settle(&self, place: &str, item: Item<Parcel>, rejects: u64) {
        let (parcel, receipt) = item.into_parts();
        let draw = mix(parcel.trace.number() ^ 0x52) % 1000;
        if draw >= rejects {
            receipt.ack();
            self.came_out(place, &parcel);
            return;
        }
        if draw.is_multiple_of(2) {
            receipt.nack(NackReason::Rejected);
        } else {
            drop(receipt);
        }
        self.oracle.saw_in_turn(place, Fate::Rejected, &parcel.trace);
    }

    /// Reads dead letters until there are no more.
    pub(super) async fn read_letters(self, mut letters: DeadLetters<Parcel>, spec: Letters) {
        let quits_after = spec.quits_after.unwrap_or(usize::MAX);
        let mut count = 0;
        if spec.is_stalled {
            self.gate.pass().await;
        }
        while count < quits_after
            && let Some(letter) = letters.recv().await
        {
            count += 1;
            let stage = std::sync::Arc::clone(&letter.stage);
            let (parcel, receipt) = letter.item.into_parts();
            let trace = self.arrived(&stage, &parcel.trace);
            if mix(trace.number() ^ 0x4C) % 1000 < spec.rejects {
                self.oracle.saw(Fate::LetterRejected, trace);
                drop(receipt);
            } else {
                self.oracle.saw(Fate::DeadLettered, trace);
                receipt.ack();
            }
            if let Some(pause) = spec.pause {
                self.pass(pause).await;
            }
        }
    }

    /// Takes note of what a stopped run handed back, drops it, and gives what can start again.
    pub(super) fn collect<C>(&self, stopped: Stopped<C>) -> C
    where
        C: Component<In = Parcel>,
        C::Out: Exit,
    {
        self.oracle.stopped(&stopped);
        let Stopped { component, inputs, outputs, between, .. } = stopped;
        self.oracle.returned(inputs, |parcel: &Parcel| parcel.trace.clone());
        self.oracle.returned(outputs, |parcel: &C::Out| parcel.trace().clone());
        for leftover in between {
            self.left_over(leftover);
        }
        component
    }

    fn left_over(&self, leftover: Leftover) {
        let stage = std::sync::Arc::clone(&leftover.stage);
        let leftover = match leftover.downcast::<Parcel>() {
            Ok((parcel, _receipt)) => {
                return self.oracle.saw(Fate::Returned, self.arrived(&stage, &parcel.trace));
            }
            Err(leftover) => leftover,
        };
        if let Ok((batch, _receipt)) = leftover.downcast::<Vec<Parcel>>() {
            let traces: Vec<_> = batch.into_iter().map(|parcel| parcel.trace).collect();
            self.oracle.saw_batch(Fate::Returned, &traces);
        }
    }

    /// Takes note of what the sinks have written.
    pub(super) fn look_into_sinks(&self) {
        for spot in self.sinks() {
            for (written, parcel) in spot.record.drain() {
                let trace = self.arrived(&spot.name, &parcel.trace);
                let fate = match written {
                    Written::Safe => Fate::Delivered,
                    Written::Swallowed => Fate::Rejected,
                    Written::FlushFailed => Fate::Failed,
                    // Nobody knows, and nobody may say that it is safe.
                    Written::Unflushed => {
                        self.oracle.may_fail(trace);
                        continue;
                    }
                };
                self.oracle.saw_in_turn(&spot.name, fate, trace);
            }
        }
    }
}
