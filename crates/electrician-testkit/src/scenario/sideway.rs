//! Another way for parcels: slow at times, refusing at times.

use electrician_types::{Item, NackReason, Refusal, Refused, Submit};
use std::time::Duration;

use crate::fault::mix;
use crate::oracle::Fate;
use crate::scenario::parcel::Parcel;
use crate::scenario::world::World;

/// Where a stage's parcels go while its guard gives no leave.
pub(super) struct Sideway {
    pub(super) world: World,
    /// The stage that they come from.
    pub(super) stage: String,
}

impl Submit<Parcel> for Sideway {
    async fn submit(&self, parcel: Parcel) -> Result<(), Refused<Parcel>> {
        self.submit_item(parcel.into())
            .await
            .map_err(|refused| refused.map(|item| item.into_parts().0))
    }

    fn try_submit(&self, parcel: Parcel) -> Result<(), Refused<Parcel>> {
        Err(Refused::new(parcel, Refusal::Full))
    }

    async fn submit_item(&self, item: Item<Parcel>) -> Result<(), Refused<Item<Parcel>>> {
        let Self { world, stage } = self;
        let trace = world.arrived(stage, &item.value().trace);
        let draw = mix(trace.number() ^ 0x57);
        if draw.is_multiple_of(4) {
            // Where the run ends meanwhile, the parcel goes down with this future.
            let in_hand = world.in_hand(trace.clone());
            world.pass(Duration::from_millis(1 + draw / 4 % 5)).await;
            in_hand.release();
        }
        if (draw >> 8).is_multiple_of(5) {
            world.oracle.may_fail(trace);
            return Err(Refused::new(item, Refusal::Closed));
        }
        let (_, receipt) = item.into_parts();
        match (draw >> 16) % 8 {
            0 => receipt.nack(NackReason::Rejected),
            1 => drop(receipt),
            _ => {
                receipt.ack();
                world.oracle.saw(Fate::Diverted, trace);
                return Ok(());
            }
        }
        world.oracle.saw(Fate::DiversionRejected, trace);
        Ok(())
    }
}
