//! What a stage does with an item.

use std::future::Future;

use crate::BoxError;

/// A transform that computes: no await, no blocking.
///
/// One value is shared by all workers; what a worker changes is its own [`State`](Self::State),
/// made once per worker by [`state`](Self::state).
///
/// # Laws
///
/// - **The slot.** `slot` holds the item. A transform by value takes it out at once; one by
///   reference leaves it there, so that a failed item can be tried again or dead-lettered
///   ([`KeepsInput`] promises that).
/// - **All or nothing.** What was emitted before an error is discarded.
/// - **Emit.** `emit` may be called any number of times: never (the item is filtered out), once,
///   or several times. If it fails, return its error at once.
/// - **Panics** are user errors like any other: they fail the item, not the worker.
pub trait Transform<In>: Send + Sync + 'static {
    /// What comes out.
    type Out: Send + 'static;
    /// What each worker has for itself.
    type State: Send + 'static;

    /// Makes one worker's state; called at start, once per worker. Panicking here fails the start.
    fn state(&self) -> Self::State;

    /// Transforms the item in `slot`.
    fn apply(
        &self,
        state: &mut Self::State,
        slot: &mut Option<In>,
        emit: &mut impl FnMut(Self::Out) -> Result<(), BoxError>,
    ) -> Result<(), BoxError>;
}

/// A transform that waits: for a network, a disk, another task.
///
/// # Laws
///
/// - **The slot** as for [`Transform`].
/// - **Cancellation.** The future is dropped when the item's timeout or the run's deadline
///   strikes. An item that is still in the slot is not lost by that.
pub trait AsyncTransform<In>: Send + Sync + 'static {
    /// What comes out.
    type Out: Send + 'static;
    /// What each worker has for itself.
    type State: Send + 'static;

    /// Makes one worker's state; called at start, once per worker. Panicking here fails the start.
    fn state(&self) -> Self::State;

    /// Transforms the item in `slot`.
    fn apply<'a>(
        &'a self,
        state: &'a mut Self::State,
        slot: &'a mut Option<In>,
    ) -> impl Future<Output = Result<Self::Out, BoxError>> + Send + 'a;
}

/// Promise of a transform: when it fails, the item is still in the slot. Only such transforms can
/// be retried or dead-lettered.
///
/// # Laws
///
/// - **Kept.** After an error, a panic or, of an asynchronous one, a cancellation, the item is in
///   the slot. It may have been changed in place.
/// - **Again.** It may be applied to the same item once more, at any later time, by the same worker.
#[diagnostic::on_unimplemented(
    message = "this transform takes its input by value, so a failed item cannot be tried again or dead-lettered",
    note = "use a transform by reference (`Wire::by_ref`, `Wire::async_by_ref`), one in place, or `.keep_by_clone()` if the input is `Clone`"
)]
pub trait KeepsInput {}

/// Promise of a transform: it never takes the item out of the slot, so the item outlives whatever
/// follows it in the same stage.
///
/// # Laws
///
/// - **Left.** The item is in the slot after a success, too: the engine takes it away.
/// - Those of [`KeepsInput`].
#[diagnostic::on_unimplemented(
    message = "this transform takes its input by value, so a failed item cannot be tried again or dead-lettered",
    note = "use a transform by reference (`Wire::by_ref`, `Wire::async_by_ref`), one in place, or `.keep_by_clone()` if the input is `Clone`"
)]
pub trait BorrowsInput: KeepsInput {}
