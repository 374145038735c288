//! How the services are, for those who ask (`grpc.health.v1`).

use std::pin::Pin;
use std::sync::Arc;

use futures_util::{Stream, stream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tonic::{Request, Response, Status};
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::{HealthCheckRequest, HealthCheckResponse, health_server};

use crate::conversation::gone;
use crate::service::Phase;

/// Answers from the phase of the run, so that there is nothing to keep up to date.
pub(crate) struct Health {
    phase: watch::Receiver<Phase>,
    /// The services that there are, and the empty name, which is the server.
    names: Arc<[&'static str]>,
    places: Arc<Semaphore>,
}

/// Somebody who is told of changes.
struct Watcher {
    phase: watch::Receiver<Phase>,
    is_known: bool,
    told: Option<ServingStatus>,
    is_over: bool,
    _place: OwnedSemaphorePermit,
}

// === impl Health ===

impl Health {
    /// For these services, with at most as many watching as there are `places`.
    pub(crate) fn new(
        phase: watch::Receiver<Phase>,
        names: &[&'static str],
        places: Arc<Semaphore>,
    ) -> Self {
        let names = names.iter().copied().chain([""]).collect();
        Self { phase, names, places }
    }
}

#[tonic::async_trait]
impl health_server::Health for Health {
    async fn check(
        &self,
        request: Request<HealthCheckRequest>,
    ) -> Result<Response<HealthCheckResponse>, Status> {
        let name = request.into_inner().service;
        if !self.names.contains(&&*name) {
            return Err(Status::not_found("there is no service of that name"));
        }
        Ok(Response::new(response(status(*self.phase.borrow()))))
    }

    type WatchStream = Pin<Box<dyn Stream<Item = Result<HealthCheckResponse, Status>> + Send>>;

    async fn watch(
        &self,
        request: Request<HealthCheckRequest>,
    ) -> Result<Response<Self::WatchStream>, Status> {
        let place = Arc::clone(&self.places).try_acquire_owned();
        let place = place.map_err(|_| Status::resource_exhausted("too many are watching"))?;
        let name = request.into_inner().service;
        let watcher = Watcher {
            phase: self.phase.clone(),
            is_known: self.names.contains(&&*name),
            told: None,
            is_over: false,
            _place: place,
        };
        let changes = stream::unfold(watcher, async |mut watcher| {
            let said = watcher.next().await?;
            Some((said, watcher))
        });
        Ok(Response::new(Box::pin(changes)))
    }
}

// === impl Watcher ===

impl Watcher {
    async fn next(&mut self) -> Option<Result<HealthCheckResponse, Status>> {
        while !self.is_over {
            let phase = *self.phase.borrow_and_update();
            let now = if self.is_known { status(phase) } else { ServingStatus::ServiceUnknown };
            if self.told != Some(now) {
                self.told = Some(now);
                return Some(Ok(response(now)));
            }
            if phase == Phase::Draining || self.phase.changed().await.is_err() {
                // It was told; the connection is to end.
                self.is_over = true;
                return Some(Err(gone()));
            }
        }
        None
    }
}

fn status(phase: Phase) -> ServingStatus {
    match phase {
        Phase::Serving => ServingStatus::Serving,
        Phase::Opening | Phase::Draining => ServingStatus::NotServing,
    }
}

fn response(status: ServingStatus) -> HealthCheckResponse {
    HealthCheckResponse { status: status.into() }
}
