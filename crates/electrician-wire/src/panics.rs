//! Panics of user code become errors.

use std::any::Any;
use std::future::{Future, poll_fn};
use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll};

use electrician_types::{Error, ErrorKind};

/// Runs `f`, turning a panic into an error of kind [`ErrorKind::Panicked`].
///
/// Unwind safety is asserted, not proven: what user code leaves broken behind a shared reference
/// is its own; the engine touches nothing of it but calls.
pub fn caught<R>(f: impl FnOnce() -> R) -> Result<R, Error> {
    catch_unwind(AssertUnwindSafe(f)).map_err(|payload| {
        let error = error(&*payload);
        discard(payload);
        error
    })
}

/// Polls `future` once, turning a panic into an error.
pub(crate) fn poll_caught<F: Future + ?Sized>(
    future: Pin<&mut F>,
    cx: &mut Context<'_>,
) -> Poll<Result<F::Output, Error>> {
    match caught(|| future.poll(cx)) {
        Ok(Poll::Pending) => Poll::Pending,
        Ok(Poll::Ready(output)) => Poll::Ready(Ok(output)),
        Err(error) => Poll::Ready(Err(error)),
    }
}

/// Awaits `future`, turning a panic into an error.
pub async fn caught_async<F: Future>(future: F) -> Result<F::Output, Error> {
    let mut future = std::pin::pin!(future);
    poll_fn(|cx| poll_caught(future.as_mut(), cx)).await
}

/// Drops the payload of a panic, which is user code, too. If that panics, its own payload is
/// forgotten, or this might go on for ever.
pub(crate) fn discard(payload: Box<dyn Any + Send>) {
    if let Err(payload) = catch_unwind(AssertUnwindSafe(|| drop(payload))) {
        mem::forget(payload);
    }
}

fn error(payload: &(dyn Any + Send)) -> Error {
    let message = payload
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| payload.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("(no message)");
    Error::new(ErrorKind::Panicked, format!("panicked: {message}"))
}
