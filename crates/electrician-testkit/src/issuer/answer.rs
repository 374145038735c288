//! Requests and answers.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue, LOCATION, RETRY_AFTER};
use hyper::{Request, Response, StatusCode};
use serde_json::{Value, json};

use crate::issuer::DevIssuer;
use crate::issuer::book::{Book, Endpoint, Ill};

/// The longest form that is read, in bytes.
const MAX_FORM: usize = 1 << 16;

type Answer = Response<Full<Bytes>>;

/// Ends a connection without an answer.
#[derive(Debug)]
pub(super) struct HungUp;

impl fmt::Display for HungUp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("hung up")
    }
}

impl std::error::Error for HungUp {}

pub(super) async fn answer(request: Request<Incoming>, book: Arc<Book>) -> Result<Answer, HungUp> {
    let path = request.uri().path().to_owned();
    let Some(endpoint) = Endpoint::at(&path) else {
        let is_well = path == "/healthz";
        return Ok(status(if is_well { StatusCode::OK } else { StatusCode::NOT_FOUND }));
    };
    let authorization = request.headers().get(AUTHORIZATION);
    let authorization = authorization.and_then(|value| value.to_str().ok()).map(str::to_owned);
    let body = Limited::new(request.into_body(), MAX_FORM).collect().await.map_err(|_| HungUp)?;
    let form = String::from_utf8_lossy(&body.to_bytes()).into_owned();
    book.saw(endpoint, authorization.clone(), form.clone());
    match book.ill(endpoint).await {
        Ill::Well | Ill::Silent => {}
        Ill::Status(code) => return Ok(status(known(code))),
        Ill::RetryAfter(code, seconds) => {
            let mut answer = status(known(code));
            answer.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
            return Ok(answer);
        }
        Ill::HangUp => return Err(HungUp),
        Ill::Body(text) => return Ok(Response::new(Full::from(text))),
        Ill::Refusal(code, text) => {
            let mut answer = Response::new(Full::from(text));
            *answer.status_mut() = known(code);
            return Ok(answer);
        }
        Ill::Huge(bytes) => return Ok(Response::new(Full::from(vec![b' '; bytes]))),
        Ill::Redirect(to) => {
            let mut answer = status(StatusCode::TEMPORARY_REDIRECT);
            let to = HeaderValue::from_str(&to).map_err(|_| HungUp)?;
            answer.headers_mut().insert(LOCATION, to);
            return Ok(answer);
        }
    }
    let form = Form(form);
    Ok(match endpoint {
        Endpoint::Jwks => json_of(&book.jwks()),
        Endpoint::Token if !form.is_of_client(authorization.as_deref()) => {
            refusal(StatusCode::UNAUTHORIZED, "invalid_client")
        }
        Endpoint::Token => token(&form, &book),
        Endpoint::Introspection => {
            let bearer = format!("Bearer {}", DevIssuer::INTROSPECTION_BEARER);
            if authorization.as_deref() == Some(&bearer)
                || form.is_of_client(authorization.as_deref())
            {
                json_of(&book.told(&form.value("token").unwrap_or_default()))
            } else {
                status(StatusCode::UNAUTHORIZED)
            }
        }
    })
}

fn token(form: &Form, book: &Book) -> Answer {
    if form.value("grant_type").as_deref() != Some("client_credentials") {
        return refusal(StatusCode::BAD_REQUEST, "unsupported_grant_type");
    }
    let scope = form.value("scope").unwrap_or(Cow::Borrowed(DevIssuer::SCOPE));
    let claims = book.claims(DevIssuer::CLIENT_ID, &scope);
    let (id, key) = book.key();
    let header = json!({ "alg": key.algorithm(), "typ": "JWT", "kid": id });
    let token = key.token(&header, &Value::Object(claims.clone()));
    let mut active = claims;
    active.insert("active".to_owned(), true.into());
    book.tell(&token, Value::Object(active));
    json_of(&json!({
        "access_token": token,
        "token_type": "Bearer",
        "expires_in": book.lifetime(),
        "scope": scope,
    }))
}

fn json_of(value: &Value) -> Answer {
    let mut answer = Response::new(Full::from(value.to_string()));
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    answer
}

fn refusal(code: StatusCode, error: &str) -> Answer {
    let mut answer = json_of(&json!({ "error": error }));
    *answer.status_mut() = code;
    answer
}

fn status(code: StatusCode) -> Answer {
    let mut answer = Response::new(Full::default());
    *answer.status_mut() = code;
    answer
}

fn known(code: u16) -> StatusCode {
    StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

// === Form ===

/// `application/x-www-form-urlencoded`.
struct Form(String);

impl Form {
    fn value(&self, name: &str) -> Option<Cow<'_, str>> {
        let mut pairs = form_urlencoded::parse(self.0.as_bytes());
        pairs.find(|(key, _)| key == name).map(|(_, value)| value)
    }

    /// Whether the client has shown its secret, in the header or in the form.
    fn is_of_client(&self, authorization: Option<&str>) -> bool {
        let (id, secret) = (DevIssuer::CLIENT_ID, DevIssuer::CLIENT_SECRET);
        match authorization {
            Some(header) => {
                header == format!("Basic {}", STANDARD.encode(format!("{id}:{secret}")))
            }
            None => {
                self.value("client_id").as_deref() == Some(id)
                    && self.value("client_secret").as_deref() == Some(secret)
            }
        }
    }
}
