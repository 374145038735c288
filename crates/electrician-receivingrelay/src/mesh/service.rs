//! The service that peers of a mesh call.

use std::pin::Pin;
use std::sync::Arc;

use electrician_relay::grpc::mesh_service_server::MeshService;
use electrician_relay::mesh::MeshFrame;
use futures_util::{Stream, stream};
use tonic::{Request, Response, Status, Streaming};

use super::Room;
use super::talk::Talk;
use crate::hub::count;
use crate::service::Desk;

/// What every call needs.
pub(crate) struct MeshDesk<T> {
    desk: Desk<T>,
    room: Arc<Room>,
}

/// Frames on their way.
type Frames = Pin<Box<dyn Stream<Item = Result<MeshFrame, Status>> + Send>>;

// === impl MeshDesk ===

impl<T> MeshDesk<T> {
    /// That of a relay that serves a mesh.
    pub(crate) fn of(desk: &Desk<T>) -> Option<Self> {
        let room = Arc::clone(desk.hub.room.as_ref()?);
        Some(Self { desk: desk.clone(), room })
    }
}

#[tonic::async_trait]
impl<T: Send + 'static> MeshService for MeshDesk<T> {
    type ConnectStream = Frames;

    async fn connect(
        &self,
        request: Request<Streaming<MeshFrame>>,
    ) -> Result<Response<Frames>, Status> {
        let identity = self.desk.admit(&request).await?;
        let too_many = || Status::resource_exhausted("too many streams are open");
        let place = Arc::clone(&self.desk.streams).try_acquire_owned();
        let place = place.map_err(|_| too_many())?;
        let seat = self.room.enter().ok_or_else(too_many)?;
        count(&self.desk.hub.counts.streams);
        let talk = Talk::new(self.desk.clone(), seat, request.into_inner(), identity, place);
        let frames = stream::unfold(talk, async |mut talk| {
            let said = talk.next().await?;
            Some((said, talk))
        });
        Ok(Response::new(Box::pin(frames)))
    }
}
