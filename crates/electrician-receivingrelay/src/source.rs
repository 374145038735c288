//! A run of a relay, as the source of a pipeline.

use std::fmt;
use std::sync::Arc;

use electrician_types::{Batch, Error, ErrorKind, Item, Next, Result, Source};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tonic_health::ServingStatus;
use tonic_health::server::HealthReporter;

use crate::hub::Hub;
use crate::service::Phase;

/// The items that come in while a relay runs. It never ends by itself.
pub struct RelaySource<T> {
    items: mpsc::Receiver<Item<T>>,
    phase: watch::Sender<Phase>,
    running: Option<JoinHandle<()>>,
    health: HealthReporter,
    is_told: bool,
    hub: Arc<Hub>,
}

/// The service as checks of its health name it; the empty name is the server.
const SERVICE: &str = "electrician.RelayService";
const MESH: &str = "electrician.MeshService";

// === impl RelaySource ===

impl<T: Send + 'static> RelaySource<T> {
    pub(crate) const fn new(
        items: mpsc::Receiver<Item<T>>,
        phase: watch::Sender<Phase>,
        running: JoinHandle<()>,
        health: HealthReporter,
        hub: Arc<Hub>,
    ) -> Self {
        Self { items, phase, running: Some(running), health, is_told: false, hub }
    }

    async fn tell(&self, status: ServingStatus) {
        self.health.set_service_status(SERVICE, status).await;
        if self.hub.room.is_some() {
            self.health.set_service_status(MESH, status).await;
        }
        self.health.set_service_status("", status).await;
    }
}

impl<T: Send + 'static> Source for RelaySource<T> {
    type Item = T;

    async fn read(&mut self, batch: &mut Batch<T>, demand: usize) -> Result<Next> {
        if !self.is_told {
            self.tell(ServingStatus::Serving).await;
            self.is_told = true;
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
        self.tell(ServingStatus::NotServing).await;
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
