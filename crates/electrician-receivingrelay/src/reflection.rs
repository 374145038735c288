//! What the services are, for those who do not know (`grpc.reflection`).

mod index;

use std::pin::Pin;
use std::sync::Arc;

use futures_util::{Stream, stream};
use tokio::sync::OwnedSemaphorePermit;
use tonic::{Code, Request, Response, Status, Streaming};
use tonic_reflection::pb::v1::server_reflection_request::MessageRequest;
use tonic_reflection::pb::v1::server_reflection_response::MessageResponse;
use tonic_reflection::pb::v1::server_reflection_server::ServerReflection;
use tonic_reflection::pb::v1::{
    ErrorResponse, ExtensionNumberResponse, FileDescriptorResponse, ListServiceResponse,
    ServerReflectionRequest, ServerReflectionResponse, ServiceResponse,
};

use crate::conversation::gone;
use crate::server::draining;
use crate::service::Desk;

pub(crate) use index::Index;

/// Where it is called. The older name is the one that many callers still use; what is sent is the
/// same.
pub(crate) const V1: &str = "/grpc.reflection.v1.ServerReflection/";
pub(crate) const V1_ALPHA: &str = "/grpc.reflection.v1alpha.ServerReflection/";

/// The longest question, bytes: a name, and what it is the name of.
pub(crate) const MOST_BYTES: usize = 16 << 10;

/// Answers whoever may send.
pub(crate) struct Reflection<T> {
    desk: Desk<T>,
    index: Arc<Index>,
}

/// Questions of one caller.
struct Talk<T> {
    questions: Streaming<ServerReflectionRequest>,
    desk: Desk<T>,
    index: Arc<Index>,
    is_over: bool,
    _place: OwnedSemaphorePermit,
}

type Answers = Pin<Box<dyn Stream<Item = Result<ServerReflectionResponse, Status>> + Send>>;

// === impl Reflection ===

impl<T> Reflection<T> {
    pub(crate) const fn new(desk: Desk<T>, index: Arc<Index>) -> Self {
        Self { desk, index }
    }
}

#[tonic::async_trait]
impl<T: Send + 'static> ServerReflection for Reflection<T> {
    type ServerReflectionInfoStream = Answers;

    async fn server_reflection_info(
        &self,
        request: Request<Streaming<ServerReflectionRequest>>,
    ) -> Result<Response<Answers>, Status> {
        self.desk.admit(&request).await?;
        let place = Arc::clone(&self.desk.onlookers).try_acquire_owned();
        let place = place.map_err(|_| Status::resource_exhausted("too many are asking"))?;
        let talk = Talk {
            questions: request.into_inner(),
            desk: self.desk.clone(),
            index: Arc::clone(&self.index),
            is_over: false,
            _place: place,
        };
        let answers = stream::unfold(talk, async |mut talk| {
            let said = talk.next().await?;
            Some((said, talk))
        });
        Ok(Response::new(Box::pin(answers)))
    }
}

// === impl Talk ===

impl<T: Send + 'static> Talk<T> {
    async fn next(&mut self) -> Option<Result<ServerReflectionResponse, Status>> {
        if self.is_over {
            return None;
        }
        let Self { questions, desk, .. } = self;
        let question = tokio::select! {
            biased;
            () = draining(&mut desk.phase) => Err(gone()),
            question = questions.message() => question,
        };
        match question {
            Ok(question) => Some(Ok(answer(&self.index, question?))),
            Err(status) => {
                self.is_over = true;
                Some(Err(status))
            }
        }
    }
}

fn answer(index: &Index, question: ServerReflectionRequest) -> ServerReflectionResponse {
    let files = |found: Option<Vec<u8>>, what: &str| match found {
        Some(file) => MessageResponse::FileDescriptorResponse(FileDescriptorResponse {
            file_descriptor_proto: vec![file],
        }),
        None => error(Code::NotFound, format!("there is no {what} of that name")),
    };
    let answer = match &question.message_request {
        Some(MessageRequest::ListServices(_)) => {
            let service = |name: &&str| ServiceResponse { name: (*name).to_owned() };
            let service = index.services().iter().map(service).collect();
            MessageResponse::ListServicesResponse(ListServiceResponse { service })
        }
        Some(MessageRequest::FileByFilename(name)) => files(index.file(name), "file"),
        Some(MessageRequest::FileContainingSymbol(name)) => files(index.symbol(name), "symbol"),
        Some(MessageRequest::FileContainingExtension(_)) => files(None, "extension"),
        Some(MessageRequest::AllExtensionNumbersOfType(name)) if index.symbol(name).is_some() => {
            let none = ExtensionNumberResponse {
                base_type_name: name.clone(),
                ..ExtensionNumberResponse::default()
            };
            MessageResponse::AllExtensionNumbersResponse(none)
        }
        Some(MessageRequest::AllExtensionNumbersOfType(_)) => files(None, "type"),
        None => error(Code::InvalidArgument, "nothing was asked".to_owned()),
    };
    ServerReflectionResponse {
        valid_host: question.host.clone(),
        original_request: Some(question),
        message_response: Some(answer),
    }
}

fn error(code: Code, error_message: String) -> MessageResponse {
    MessageResponse::ErrorResponse(ErrorResponse { error_code: code.into(), error_message })
}
