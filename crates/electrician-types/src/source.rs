//! Where items come from.

use std::future::Future;

use crate::{Batch, Result};

/// A place items come from: a file, a topic, a socket, an iterator.
///
/// # Laws
///
/// - **Demand.** `read` is called only when there is room; the source appends at most `demand`
///   items to `batch`. It must not read ahead without bound.
/// - **Progress.** `read` resolves to [`Next::More`] after appending at least one item, or to
///   [`Next::End`] when there will never be another (items appended in that call count). An
///   error ends the run of this source; whoever supervises it may open a new one.
/// - **Cancellation.** The future of `read` is dropped when the run stops. Items that are in
///   `batch` by then are kept; an item that is neither in `batch` nor still in the source is a
///   loss, so append without awaiting in between.
/// - **Receipts.** An item appended with a receipt is settled exactly once, in any order. Commit
///   only what was acknowledged: see [`Watermark`](crate::Watermark).
/// - **End.** `close` is called once, after the last item of the run was settled or the run's
///   deadline passed. It is the place to commit.
pub trait Source: Send + 'static {
    /// What the source yields.
    type Item: Send + 'static;

    /// Appends up to `demand` items to `batch`.
    fn read(
        &mut self,
        batch: &mut Batch<Self::Item>,
        demand: usize,
    ) -> impl Future<Output = Result<Next>> + Send;

    /// Ends the source's business. The default does nothing.
    fn close(&mut self) -> impl Future<Output = Result<()>> + Send {
        async { Ok(()) }
    }
}

/// Whether a source has more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// Ask again.
    More,
    /// The source is exhausted.
    End,
}
