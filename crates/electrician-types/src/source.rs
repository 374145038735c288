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
/// - **End.** When no more is wanted, `hand_over` is called once, then `close`, also after an error
///   of `read`. By then the intake is closed and the pipeline drains, so `close` may wait for
///   outstanding receipts and commit; it is cancelled at the deadline of the run's stop.
pub trait Source: Send + 'static {
    /// What the source yields.
    type Item: Send + 'static;

    /// Appends up to `demand` items to `batch`.
    fn read(
        &mut self,
        batch: &mut Batch<Self::Item>,
        demand: usize,
    ) -> impl Future<Output = Result<Next>> + Send;

    /// Appends items that the source has already taken from upstream and not yet given. The default
    /// does nothing, right for sources that do not read ahead.
    fn hand_over(&mut self, batch: &mut Batch<Self::Item>) {
        let _ = batch;
    }

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

/// Opens a source, once per start and once per restart: what a generator is given.
///
/// # Laws
///
/// - **At once.** Neither `check` nor `open` waits or blocks: what takes time is for the first
///   `read`.
/// - **Anew.** `open` gives a source that knows nothing of those before it but what they have
///   committed. A source that can be opened only once gives an error the second time.
/// - **No trace.** `check` changes nothing, and does not promise that `open` succeeds.
pub trait OpenSource: Send + Sync + 'static {
    /// What it opens.
    type Source: Source;

    /// Whether it can be opened; asked at start, which fails with the error. The default is yes.
    fn check(&self) -> Result<()> {
        Ok(())
    }

    /// Opens it. An error is treated as a failure of the source: restarted if its policy says so,
    /// reported at the end of the run if not.
    fn open(&self) -> Result<Self::Source>;
}

// A function that makes sources opens them.
impl<F, S> OpenSource for F
where
    F: Fn() -> Result<S> + Send + Sync + 'static,
    S: Source,
{
    type Source = S;

    fn open(&self) -> Result<S> {
        self()
    }
}
