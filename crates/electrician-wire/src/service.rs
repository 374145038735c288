//! Wires and `tower::Service`s: either can be the other.

use std::convert::Infallible;
use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use electrician_types::{AsyncTransform, BoxError, ConfigError, Error, ErrorKind, Result};
use tower_service::Service;

use crate::builder::WireBuilder;
use crate::chain::Identity;
use crate::inlet::Inlet;
use crate::logic::Awaiting;
use crate::running::Running;
use crate::serve::{Call, Reply, Serve};
use crate::wait::Waiter;
use crate::wire::Wire;

/// A `tower::Service` as a transform. Each worker has its own clone.
pub struct ServiceTransform<S>(Mutex<S>);

/// A running wire as a `tower::Service`: the response is the output of the request. Clones share
/// the wire.
pub struct WireService<In, Out> {
    inlet: Inlet<Call<In, Out>>,
    waiter: Waiter,
}

// === A service as a transform ===

impl<In: Send + 'static, Out: Send + 'static> Wire<In, Out> {
    /// An asynchronous transform that calls a `tower::Service`. Each worker has a clone of it and
    /// waits until it is ready before it hands the item over.
    pub fn service<S>(
        name: impl Into<Arc<str>>,
        service: S,
    ) -> WireBuilder<In, Awaiting<ServiceTransform<S>, Identity>>
    where
        S: Service<In, Response = Out> + Clone + Send + 'static,
        S::Future: Send + 'static,
        S::Error: Into<BoxError> + Send + 'static,
    {
        Self::transform_async(name, ServiceTransform(Mutex::new(service)))
    }
}

impl<In, S> AsyncTransform<In> for ServiceTransform<S>
where
    In: Send + 'static,
    S: Service<In> + Clone + Send + 'static,
    S::Response: Send + 'static,
    S::Future: Send + 'static,
    S::Error: Into<BoxError> + Send + 'static,
{
    type Out = S::Response;
    type State = S;

    fn state(&self) -> S {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    async fn apply(
        &self,
        service: &mut S,
        slot: &mut Option<In>,
    ) -> std::result::Result<S::Response, BoxError> {
        // The item stays in its slot until the service can take it.
        poll_fn(|cx| service.poll_ready(cx)).await.map_err(Into::into)?;
        let input = slot.take().ok_or("there is no item to call the service with")?;
        service.call(input).await.map_err(Into::into)
    }
}

impl<S> fmt::Debug for ServiceTransform<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ServiceTransform")
    }
}

// === A wire as a service ===

impl<In, L> WireBuilder<In, L>
where
    In: Send + 'static,
    L: Serve<In>,
{
    /// Starts the wire as a `tower::Service`, with all its settings: workers, queue, timeout. Every
    /// request gets exactly one response: an item that the wire filters out, or makes several of,
    /// is an error. The wire counts answered requests as delivered to nobody, that is, as filtered.
    ///
    /// A caller gets the error of its own request, with the wire's name:
    ///
    /// | kind | what happened |
    /// |---|---|
    /// | [`Failed`](ErrorKind::Failed), or that of an [`Error`] it returned | the transform failed |
    /// | [`Panicked`](ErrorKind::Panicked) | the transform panicked |
    /// | [`Timeout`](ErrorKind::Timeout) | it took longer than the wire's timeout |
    /// | [`Closed`](ErrorKind::Closed) | the wire has stopped, or began to, before it took the request |
    /// | [`Cancelled`](ErrorKind::Cancelled) | the deadline of a stop has passed meanwhile |
    ///
    /// Stop the wire through the returned handle: requests that it has taken are answered first. What
    /// has not begun at the deadline comes back in [`Stopped::inputs`](crate::Stopped::inputs), and
    /// is answered when that is dropped. Dropping the handle cancels them.
    ///
    /// Order, byte budget, guards, retries and dead letters are about items on their way through a
    /// pipeline and are refused here: put `tower` layers around the service instead.
    #[expect(clippy::type_complexity, reason = "a service and the handle to stop it")]
    pub fn serve(self) -> Result<(WireService<In, L::Out>, Served<In, L::Out>)> {
        let Self { logic, settings } = self;
        let (settings, mut problems) = settings.for_calls();
        let wire = WireBuilder { logic: logic.into_serving(), settings }.into_wire();
        wire.segment.problems(&mut problems);
        ConfigError::check(problems)?;
        let running = wire.start()?;
        let inlet = running.inlet();
        let waiter = inlet.room_waiter();
        Ok((WireService { inlet, waiter }, running))
    }
}

/// The running wire behind a [`WireService`].
pub type Served<In, Out> = Running<Wire<Call<In, Out>, Infallible>>;

impl<In: Send + 'static, Out: Send + 'static> Service<In> for WireService<In, Out> {
    type Response = Out;
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<Out>> + Send>>;

    /// Ready when the wire's queue has room; another caller may still be faster, and `call` then
    /// waits.
    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<()>> {
        let Self { inlet, waiter } = self;
        inlet.poll_room(cx, waiter).map(|open| if open { Ok(()) } else { Err(closed()) })
    }

    /// Nothing happens before the future is polled. Dropping it while it waits for room drops the
    /// request; once the wire has taken it, the request is processed all the same, and the response
    /// dropped.
    fn call(&mut self, input: In) -> Self::Future {
        let inlet = self.inlet.clone();
        Box::pin(async move {
            let (reply, response) = Reply::new();
            inlet.submit(Call { input: Some(input), reply }).await.map_err(|refused| {
                Error::new(ErrorKind::Closed, "calling the wire").with_source(refused.reason)
            })?;
            response.await.unwrap_or_else(|_| Err(closed()))
        })
    }
}

impl<In, Out> Clone for WireService<In, Out> {
    fn clone(&self) -> Self {
        Self { inlet: self.inlet.clone(), waiter: self.inlet.room_waiter() }
    }
}

impl<In, Out> fmt::Debug for WireService<In, Out> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WireService").field("inlet", &self.inlet).finish_non_exhaustive()
    }
}

fn closed() -> Error {
    Error::new(ErrorKind::Closed, "the wire behind the service has stopped")
}
