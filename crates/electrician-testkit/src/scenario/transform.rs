//! Transforms that have no function of their own.

use std::panic::resume_unwind;

use electrician_types::{AsyncTransform, BorrowsInput, BoxError, KeepsInput, Transform};

use crate::fault::mix;
use crate::scenario::parcel::Parcel;
use crate::scenario::world::Bench;

const EMPTY: &str = "an item was applied without an item in its slot";

/// How many parts the item with this number becomes.
pub(super) fn count_of(number: u64) -> u32 {
    match mix(number ^ 0x50) % 8 {
        0 => 0,
        1 => 4,
        2 | 3 => 2,
        _ => 1,
    }
}

/// The parts of a parcel, made as they are asked for. A parcel that panics does so after its first
/// part.
pub(super) struct Parts {
    bench: Bench,
    parcel: Parcel,
    next: u32,
    count: u32,
    /// Whether the end was told.
    is_told: bool,
}

/// By reference: emits the parts one by one, and fails afterwards if it does.
pub(super) struct EmitOp(pub(super) Bench);

/// Asynchronous, by reference.
pub(super) struct AsyncOp(pub(super) Bench);

// === impl Parts ===

impl Parts {
    pub(super) fn new(bench: Bench, parcel: Parcel) -> Self {
        let count = count_of(parcel.trace.number());
        Self { bench, parcel, next: 0, count, is_told: false }
    }
}

impl Iterator for Parts {
    type Item = Parcel;

    fn next(&mut self) -> Option<Parcel> {
        let Self { bench, parcel, next, count, is_told } = self;
        if next == count {
            if !*is_told {
                bench
                    .meet(parcel)
                    .unwrap_or_else(|error| resume_unwind(Box::new(error.to_string())));
                tell(bench, parcel, *count);
                *is_told = true;
            }
            return None;
        }
        *next += 1;
        Some(part(bench, parcel, *next - 1, *count))
    }
}

// === impl EmitOp ===

impl Transform<Parcel> for EmitOp {
    type Out = Parcel;
    type State = ();

    fn state(&self) {}

    fn apply(
        &self,
        (): &mut (),
        slot: &mut Option<Parcel>,
        emit: &mut impl FnMut(Parcel) -> Result<(), BoxError>,
    ) -> Result<(), BoxError> {
        let parcel = slot.as_ref().ok_or(EMPTY)?;
        let count = count_of(parcel.trace.number());
        (0..count).try_for_each(|index| emit(part(&self.0, parcel, index, count)))?;
        self.0.meet(parcel)?;
        tell(&self.0, parcel, count);
        Ok(())
    }
}

impl KeepsInput for EmitOp {}
impl BorrowsInput for EmitOp {}

// === impl AsyncOp ===

impl AsyncTransform<Parcel> for AsyncOp {
    type Out = Parcel;
    type State = ();

    fn state(&self) {}

    async fn apply(&self, (): &mut (), slot: &mut Option<Parcel>) -> Result<Parcel, BoxError> {
        let parcel = slot.as_ref().ok_or(EMPTY)?;
        self.0.meet_async(parcel).await?;
        Ok(self.0.done(parcel))
    }
}

impl KeepsInput for AsyncOp {}
impl BorrowsInput for AsyncOp {}

fn part(bench: &Bench, parcel: &Parcel, index: u32, count: u32) -> Parcel {
    let whole = bench.done(parcel);
    if count == 1 {
        return whole;
    }
    Parcel { trace: whole.trace.part(index, count), ..whole }
}

fn tell(bench: &Bench, parcel: &Parcel, count: u32) {
    match count {
        0 => bench.filtered(parcel),
        1 => {}
        _ => bench.world.oracle.became(bench.trace(parcel), count),
    }
}
