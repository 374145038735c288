//! Those who submit.

use std::collections::BTreeSet;
use std::time::Duration;

use electrician_types::{Item, Refusal, Refused};
use electrician_wire::Inlet;
use fastrand::Rng;

use crate::polls::give_up_after;
use crate::scenario::parcel::{Parcel, id};
use crate::scenario::spec::{Producer, Way};
use crate::scenario::world::World;

/// A producer at work.
struct Submitter {
    world: World,
    inlet: Inlet<Parcel>,
    rng: Rng,
}

/// Submits what the producer has, each item in one way or another, until the intake is closed.
pub(super) async fn produce(world: World, inlet: Inlet<Parcel>, origin: u64, spec: Producer) {
    let mut submitter = Submitter { world, inlet, rng: Rng::with_seed(spec.seed) };
    let mut number = 0;
    while number < spec.items {
        let way = submitter.way(spec.way);
        let count = match way {
            Way::Batch(items) => (items as u64).min(spec.items - number),
            _ => 1,
        };
        let ids: Vec<u64> = (number..number + count).map(|number| id(origin, number)).collect();
        if !submitter.submit(way, &ids).await {
            return;
        }
        number += count;
        match submitter.rng.u8(..20) {
            0 => submitter.world.pass(Duration::from_millis(1)).await,
            1..5 => tokio::task::yield_now().await,
            _ => {}
        }
    }
}

impl Submitter {
    fn way(&mut self, way: Way) -> Way {
        if way != Way::Mixed {
            return way;
        }
        match self.rng.u8(..6) {
            0 => Way::Submit,
            1 => Way::Tracked,
            2 => Way::Try,
            3 => Way::Batch(self.rng.usize(1..12)),
            4 => Way::Retaken,
            _ => Way::Cancelled,
        }
    }

    /// Submits the items. `false`: the intake is closed.
    async fn submit(&mut self, way: Way, ids: &[u64]) -> bool {
        let world = self.world.clone();
        let parcel = |id| world.parcel(id);
        match way {
            Way::Batch(_) => self.batch(ids.iter().copied().map(parcel).collect()).await,
            Way::Submit => {
                let submitted = self.inlet.submit(parcel(ids[0])).await;
                let submitted = submitted.map_err(|refused| refused.map(Item::new));
                self.again_if_denied(ids[0], submitted).await
            }
            Way::Tracked | Way::Mixed => {
                let item = world.oracle.item(ids[0], parcel(ids[0]));
                let submitted = self.inlet.submit_item(item).await;
                self.again_if_denied(ids[0], submitted).await
            }
            Way::Try => self.try_until_taken(world.oracle.item(ids[0], parcel(ids[0]))).await,
            Way::Retaken => self.retaken(parcel(ids[0])).await,
            Way::Cancelled => {
                let item = world.oracle.item(ids[0], parcel(ids[0]));
                let polls = self.rng.usize(..3);
                if let Some(submitted) = give_up_after(polls, self.inlet.submit_item(item)).await {
                    self.note(ids[0], submitted)
                } else {
                    world.oracle.refused(ids[0]);
                    true
                }
            }
        }
    }

    async fn try_until_taken(&mut self, item: Item<Parcel>) -> bool {
        let id = item.value().trace.id();
        let mut item = item;
        for _ in 0..4 {
            match self.inlet.try_submit_item(item) {
                Err(refused) if refused.is_full() => item = refused.into_item(),
                other => return self.again_if_denied(id, other).await,
            }
            tokio::task::yield_now().await;
        }
        let submitted = self.inlet.submit_item(item).await;
        self.again_if_denied(id, submitted).await
    }

    /// What a guard refused may be taken later.
    async fn again_if_denied(
        &mut self,
        id: u64,
        submitted: Result<(), Refused<Item<Parcel>>>,
    ) -> bool {
        let mut submitted = submitted;
        for _ in 0..4 {
            match submitted {
                Err(Refused { item, reason: Refusal::Denied(_), .. }) => {
                    self.world.pass(Duration::from_millis(1)).await;
                    submitted = self.inlet.submit_item(item).await;
                }
                other => return self.note(id, other),
            }
        }
        self.note(id, submitted)
    }

    /// Submits from a slot, giving up and coming back.
    async fn retaken(&mut self, parcel: Parcel) -> bool {
        let id = parcel.trace.id();
        let mut slot = Some(parcel);
        loop {
            let polls = self.rng.usize(..4);
            match give_up_after(polls, self.inlet.submit_from(&mut slot)).await {
                Some(Ok(())) => {
                    assert!(slot.is_none(), "{id} was accepted and is still there");
                    return self.note(id, Ok(()));
                }
                Some(Err(Refusal::Denied(_))) if self.rng.u8(..4) > 0 => {
                    let is_same = slot.as_ref().is_some_and(|parcel| parcel.trace.id() == id);
                    assert!(is_same, "{id} was denied and is gone");
                    self.world.pass(Duration::from_millis(1)).await;
                }
                Some(Err(reason)) => {
                    let parcel = slot.take().expect("a refused item stays in its slot");
                    return self.note(id, Err(Refused::new(parcel.into(), reason)));
                }
                None => {
                    let is_same = slot.as_ref().is_some_and(|parcel| parcel.trace.id() == id);
                    assert!(is_same, "{id} was taken by a submit that was cancelled");
                    tokio::task::yield_now().await;
                }
            }
        }
    }

    async fn batch(&mut self, mut parcels: Vec<Parcel>) -> bool {
        let ids: Vec<u64> = parcels.iter().map(|parcel| parcel.trace.id()).collect();
        let mut refused = BTreeSet::new();
        let is_open = loop {
            let cancels = self.rng.u8(..4) == 0;
            let polls = if cancels { self.rng.usize(..3) } else { usize::MAX };
            match give_up_after(polls, self.inlet.submit_batch(&mut parcels)).await {
                Some(Ok(())) => {
                    assert!(parcels.is_empty(), "a batch was accepted and is still there");
                    break true;
                }
                Some(Err(Refusal::Closed)) => break false,
                // A submit that was given up had taken all, and the guard denies the next.
                Some(Err(Refusal::Denied(_))) if parcels.is_empty() => break true,
                Some(Err(Refusal::Denied(_))) if self.rng.u8(..4) > 0 => {
                    self.world.pass(Duration::from_millis(1)).await;
                }
                Some(Err(_)) => {
                    // The one in front can never enter.
                    refused.insert(parcels.remove(0).trace.id());
                }
                None => tokio::task::yield_now().await,
            }
        };
        refused.extend(parcels.iter().map(|parcel| parcel.trace.id()));
        for id in ids {
            if refused.contains(&id) {
                self.world.oracle.refused(id);
            } else {
                self.world.oracle.accepted(id);
            }
        }
        is_open
    }

    /// Notes whether the item was accepted. `false`: the intake is closed.
    fn note(&self, id: u64, submitted: Result<(), Refused<Item<Parcel>>>) -> bool {
        match submitted {
            Ok(()) => {
                self.world.oracle.accepted(id);
                true
            }
            Err(refused) => {
                let back = refused.item.value().trace.id();
                assert_eq!(back, id, "a refused submit gave another item back");
                self.world.oracle.refused(id);
                !refused.is_closed()
            }
        }
    }
}
