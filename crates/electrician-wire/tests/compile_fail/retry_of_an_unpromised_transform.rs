//! A transform of one's own is retried only if it promises to keep its input.

use electrician_wire::types::{BoxError, Transform};
use electrician_wire::{Retry, Wire};

struct Mine;

impl Transform<u64> for Mine {
    type Out = u64;
    type State = ();

    fn state(&self) {}

    fn apply(
        &self,
        (): &mut (),
        slot: &mut Option<u64>,
        emit: &mut impl FnMut(u64) -> Result<(), BoxError>,
    ) -> Result<(), BoxError> {
        emit(slot.take().ok_or("empty")?)
    }
}

fn main() {
    let _ = Wire::transform("mine", Mine).with_retry(Retry::exponential(3));
}
