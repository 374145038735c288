//! A run of a relay, as the source of a pipeline.

use std::fmt;
use std::sync::Arc;

use electrician_types::{Batch, Error, ErrorKind, Item, Next, Result, Source};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;

use crate::hub::Hub;
use crate::service::Phase;

/// The items that come in while a relay runs. It never ends by itself.
pub struct RelaySource<T> {
    items: mpsc::Receiver<Item<T>>,
    phase: watch::Sender<Phase>,
    running: Option<JoinHandle<()>>,
    is_serving: bool,
    hub: Arc<Hub>,
}

// === impl RelaySource ===

impl<T: Send + 'static> RelaySource<T> {
    pub(crate) const fn new(
        items: mpsc::Receiver<Item<T>>,
        phase: watch::Sender<Phase>,
        running: JoinHandle<()>,
        hub: Arc<Hub>,
    ) -> Self {
        Self { items, phase, running: Some(running), is_serving: false, hub }
    }
}

impl<T: Send + 'static> Source for RelaySource<T> {
    type Item = T;

    async fn read(&mut self, batch: &mut Batch<T>, demand: usize) -> Result<Next> {
        if !self.is_serving {
            self.is_serving = true;
            self.phase.send_if_modified(|phase| {
                let is_opening = *phase == Phase::Opening;
                if is_opening {
                    *phase = Phase::Serving;
                }
                is_opening
            });
        }
        let Some(first) = self.items.recv().await else {
            return Err(Error::new(ErrorKind::Closed, "the server of the relay has ended"));
        };
        batch.push(first);
        for _ in 1..demand {
            let Ok(item) = self.items.try_recv() else { break };
            batch.push(item);
        }
        Ok(Next::More)
    }

    fn hand_over(&mut self, batch: &mut Batch<T>) {
        self.phase.send_replace(Phase::Draining);
        // What is in the queue was taken; what waits for a place in it is sent again.
        self.items.close();
        while let Ok(item) = self.items.try_recv() {
            batch.push(item);
        }
    }

    async fn close(&mut self) -> Result<()> {
        self.phase.send_replace(Phase::Draining);
        self.hub.address.send_replace(None);
        let Some(running) = &mut self.running else { return Ok(()) };
        let ended = running.await;
        self.running = None;
        ended.map_err(|error| {
            Error::new(ErrorKind::Panicked, "the server of the relay").with_source(error)
        })
    }
}

impl<T> Drop for RelaySource<T> {
    fn drop(&mut self) {
        self.hub.address.send_replace(None);
        if let Some(running) = &self.running {
            running.abort();
        }
    }
}

impl<T> fmt::Debug for RelaySource<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RelaySource").field("queued", &self.items.len()).finish_non_exhaustive()
    }
}
