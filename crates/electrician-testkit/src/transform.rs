//! Transforms that fail on plan.

use std::fmt;
use std::sync::Arc;

use electrician_types::{AsyncTransform, BorrowsInput, BoxError, KeepsInput, Transform};

use crate::faults::{Faults, Times};

const EMPTY: &str = "an item was applied to a transform without an item in its slot";

/// A transform by reference that meets faults: see [`faulty_transform`].
pub struct FaultyTransform<N, F> {
    faults: Faults,
    number: N,
    f: F,
}

/// An asynchronous transform by reference that meets faults: see [`faulty_async`].
pub struct FaultyAsync<N, F> {
    faults: Faults,
    number: N,
    f: Arc<F>,
}

/// `f` as a transform for [`Wire::transform`](electrician_wire::Wire::transform), which meets the
/// `faults` of the item that `number` names. It can be retried and dead-lettered.
///
/// A duplicate gives two outputs, a dropped item none. An item that hangs or is slow blocks its
/// thread: put the wire on blocking threads.
pub const fn faulty_transform<N, F>(faults: Faults, number: N, f: F) -> FaultyTransform<N, F> {
    FaultyTransform { faults, number, f }
}

/// `f` as a transform for [`Wire::transform_async`](electrician_wire::Wire::transform_async), which
/// meets the `faults` of the item that `number` names. It can be retried and dead-lettered.
///
/// An asynchronous transform has one output: it can neither duplicate nor drop an item.
pub fn faulty_async<N, F>(faults: Faults, number: N, f: F) -> FaultyAsync<N, F> {
    FaultyAsync { faults, number, f: Arc::new(f) }
}

// === impl FaultyTransform ===

impl<In, Out, N, F> Transform<In> for FaultyTransform<N, F>
where
    Out: Send + 'static,
    N: Fn(&In) -> u64 + Send + Sync + 'static,
    F: Fn(&In) -> Out + Send + Sync + 'static,
{
    type Out = Out;
    type State = ();

    fn state(&self) {}

    fn apply(
        &self,
        (): &mut (),
        slot: &mut Option<In>,
        emit: &mut impl FnMut(Out) -> Result<(), BoxError>,
    ) -> Result<(), BoxError> {
        let input = slot.as_ref().ok_or(EMPTY)?;
        let times = match self.faults.attempt((self.number)(input))? {
            Times::Once => 1,
            Times::Twice => 2,
            Times::Never => 0,
        };
        (0..times).try_for_each(|_| emit((self.f)(input)))
    }
}

impl<N, F> KeepsInput for FaultyTransform<N, F> {}
impl<N, F> BorrowsInput for FaultyTransform<N, F> {}

impl<N, F> fmt::Debug for FaultyTransform<N, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FaultyTransform").field("faults", &self.faults).finish_non_exhaustive()
    }
}

// === impl FaultyAsync ===

impl<In, Out, N, F> AsyncTransform<In> for FaultyAsync<N, F>
where
    In: Send + Sync + 'static,
    Out: Send + 'static,
    N: Fn(&In) -> u64 + Send + Sync + 'static,
    F: Fn(&In) -> Out + Send + Sync + 'static,
{
    type Out = Out;
    type State = ();

    fn state(&self) {}

    async fn apply(&self, (): &mut (), slot: &mut Option<In>) -> Result<Out, BoxError> {
        let input = slot.as_ref().ok_or(EMPTY)?;
        self.faults.attempt_async((self.number)(input)).await?;
        Ok((self.f)(input))
    }
}

impl<N, F> KeepsInput for FaultyAsync<N, F> {}
impl<N, F> BorrowsInput for FaultyAsync<N, F> {}

impl<N, F> fmt::Debug for FaultyAsync<N, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FaultyAsync").field("faults", &self.faults).finish_non_exhaustive()
    }
}
