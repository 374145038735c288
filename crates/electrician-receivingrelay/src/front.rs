//! What a connection offers: which service a request is for, and in which protocol it comes.

use std::convert::Infallible;
use std::future::{Future, ready};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use electrician_relay::grpc::mesh_service_server::MeshServiceServer;
use electrician_relay::grpc::relay_service_server::RelayServiceServer;
use http::{Request, Response, StatusCode, Uri, Version, header};
use hyper::body::Incoming;
use tonic::Status;
use tonic::body::Body;
use tonic::codegen::StdError;
use tonic_health::pb::health_server::HealthServer;
use tonic_reflection::pb::v1::server_reflection_server::ServerReflectionServer;
use tonic_web::GrpcWebLayer;
use tower_layer::Layer;
use tower_service::Service;

use crate::health::Health;
use crate::mesh::MeshDesk;
use crate::reflection::{self, Reflection};
use crate::service::{Desk, Peer};
use crate::web::{Paced, Rules, is_grpc, is_preflight, is_web};

/// The services of one connection, and the protocols in which they are called.
pub(crate) struct Front<T> {
    services: Services<T>,
    web: Option<Rules>,
    /// Whether anything was asked.
    is_used: Arc<AtomicBool>,
}

/// The services. Clones are the same.
pub(crate) struct Services<T> {
    pub(crate) relay: RelayServiceServer<Desk<T>>,
    pub(crate) mesh: Option<MeshServiceServer<MeshDesk<T>>>,
    pub(crate) health: HealthServer<Health>,
    pub(crate) reflection: Option<ServerReflectionServer<Reflection<T>>>,
    pub(crate) peer: Option<Peer>,
}

type Answer = Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>>;

// === impl Front ===

impl<T: Send + 'static> Front<T> {
    pub(crate) const fn new(
        services: Services<T>,
        web: Option<Rules>,
        is_used: Arc<AtomicBool>,
    ) -> Self {
        Self { services, web, is_used }
    }

    /// A call in gRPC, or what is none.
    fn call_native(&self, request: Request<Incoming>) -> Answer {
        if is_grpc(request.headers()) {
            self.services.clone().answer(request)
        } else {
            let what = "this is for gRPC: send `content-type: application/grpc`";
            refuse(StatusCode::UNSUPPORTED_MEDIA_TYPE, what)
        }
    }

    fn call_web(&self, rules: &Rules, request: Request<Incoming>) -> Answer {
        let services = GrpcWebLayer::new().layer(self.services.clone());
        let pace = rules.pace;
        let request = request.map(|body| Paced::new(body, pace));
        Box::pin(rules.cors.layer(services).call(request))
    }
}

impl<T: Send + 'static> hyper::service::Service<Request<Incoming>> for Front<T> {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Answer;

    fn call(&self, request: Request<Incoming>) -> Answer {
        self.is_used.store(true, Ordering::Relaxed);
        let Some(rules) = &self.web else { return self.call_native(request) };
        if !rules.admit(request.headers()) {
            return refuse(StatusCode::FORBIDDEN, "pages of this origin may not call");
        }
        if is_preflight(&request) || is_web(request.headers()) {
            self.call_web(rules, request)
        } else if request.version() == Version::HTTP_2 {
            self.call_native(request)
        } else {
            let what = "this is for gRPC over HTTP/2, and for gRPC-Web: send `content-type: \
                        application/grpc-web`";
            refuse(StatusCode::UNSUPPORTED_MEDIA_TYPE, what)
        }
    }
}

/// An answer to what is no call.
fn refuse(status: StatusCode, what: &str) -> Answer {
    let mut response = Response::new(Body::new(format!("{what}\n")));
    *response.status_mut() = status;
    let kind = header::HeaderValue::from_static("text/plain; charset=utf-8");
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    Box::pin(ready(Ok(response)))
}

// === impl Services ===

impl<T> Clone for Services<T> {
    fn clone(&self) -> Self {
        Self {
            relay: self.relay.clone(),
            mesh: self.mesh.clone(),
            health: self.health.clone(),
            reflection: self.reflection.clone(),
            peer: self.peer.clone(),
        }
    }
}

impl<T: Send + 'static> Services<T> {
    fn answer<B>(mut self, mut request: Request<B>) -> Answer
    where
        B: http_body::Body + Send + 'static,
        B::Error: Into<StdError> + Send + 'static,
    {
        if let Some(peer) = self.peer {
            request.extensions_mut().insert(peer);
        }
        let path = request.uri().path();
        if path.starts_with("/electrician.RelayService/") {
            return self.relay.call(request);
        }
        if let Some(mesh) = &mut self.mesh
            && path.starts_with("/electrician.MeshService/")
        {
            return mesh.call(request);
        }
        if path.starts_with("/grpc.health.v1.Health/") {
            return self.health.call(request);
        }
        if let Some(reflection) = &mut self.reflection {
            if path.starts_with(reflection::V1) {
                return reflection.call(request);
            }
            if let Some(method) = path.strip_prefix(reflection::V1_ALPHA) {
                // The same messages under an older name.
                if let Ok(newer) = Uri::try_from(format!("{}{method}", reflection::V1)) {
                    *request.uri_mut() = newer;
                    return reflection.call(request);
                }
            }
        }
        let status = Status::unimplemented("there is no service of that name");
        Box::pin(ready(Ok(status.into_http())))
    }
}

impl<T: Send + 'static> Service<Request<Body>> for Services<T> {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Answer;

    fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Answer {
        self.clone().answer(request)
    }
}
