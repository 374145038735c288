//! What the server knows, and what ails it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Map, Value, json};

use crate::changes::{Changes, lock};
use crate::issuer::{DevIssuer, SigningKey};

/// The most tokens and answers that are remembered: it is a server for tests.
const MAX_TOLD: usize = 1 << 16;

/// What a server offers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Endpoint {
    /// The published keys.
    Jwks,
    /// Tokens for clients.
    Token,
    /// Answers about tokens.
    Introspection,
}

/// How an endpoint misbehaves.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Ill {
    /// Not at all.
    Well,
    /// It answers with this status, and no more.
    Status(u16),
    /// It answers with this status, and asks to come again after so many seconds.
    RetryAfter(u16, u64),
    /// It closes the connection without an answer.
    HangUp,
    /// It does not answer until something else ails it.
    Silent,
    /// It answers with this text.
    Body(String),
    /// It refuses with this status and this text.
    Refusal(u16, String),
    /// It answers with a text of so many bytes that never says what it should.
    Huge(usize),
    /// It points elsewhere.
    Redirect(String),
}

pub(super) struct Book {
    algorithm: &'static str,
    lifetime: Duration,
    seconds: Box<dyn Fn() -> u64 + Send + Sync>,
    state: Mutex<State>,
    changes: Changes,
}

#[derive(Default)]
struct State {
    keys: Vec<(String, Arc<SigningKey>)>,
    made: usize,
    published: Option<Value>,
    told: BTreeMap<String, Value>,
    seen: BTreeMap<Endpoint, Seen>,
    ills: BTreeMap<Endpoint, Ill>,
}

#[derive(Default)]
struct Seen {
    requests: usize,
    last: Option<(Option<String>, String)>,
}

// === impl Endpoint ===

impl Endpoint {
    pub(super) const fn path(self) -> &'static str {
        match self {
            Self::Jwks => "/api/auth/oauth/jwks.json",
            Self::Token => "/api/auth/oauth/token",
            Self::Introspection => "/api/auth/oauth/introspect",
        }
    }

    pub(super) fn at(path: &str) -> Option<Self> {
        [Self::Jwks, Self::Token, Self::Introspection].into_iter().find(|at| at.path() == path)
    }
}

// === impl Book ===

impl Book {
    pub(super) fn new(
        algorithm: &'static str,
        lifetime: Duration,
        seconds: Box<dyn Fn() -> u64 + Send + Sync>,
    ) -> Self {
        let state = Mutex::new(State::default());
        let book = Self { algorithm, lifetime, seconds, state, changes: Changes::default() };
        book.rotate(false);
        book
    }

    pub(super) fn lifetime(&self) -> u64 {
        self.lifetime.as_secs()
    }

    pub(super) fn claims(&self, client: &str, scope: &str) -> Map<String, Value> {
        let now = (self.seconds)();
        let claims = json!({
            "iss": DevIssuer::ISSUER,
            "aud": DevIssuer::AUDIENCE,
            "sub": client,
            "client_id": client,
            "scope": scope,
            "iat": now,
            "exp": now + self.lifetime(),
        });
        let Value::Object(claims) = claims else { unreachable!("it is one") };
        claims
    }

    pub(super) fn key(&self) -> (String, Arc<SigningKey>) {
        lock(&self.state).keys.last().cloned().expect("there is a key from the start")
    }

    pub(super) fn rotate(&self, keeps: bool) -> String {
        let key = Arc::new(SigningKey::generate(self.algorithm));
        let mut state = lock(&self.state);
        state.made += 1;
        let id = format!("mock-key-{}", state.made);
        if !keeps {
            state.keys.clear();
        }
        state.keys.push((id.clone(), key));
        id
    }

    pub(super) fn publish(&self, jwks: Option<Value>) {
        lock(&self.state).published = jwks;
    }

    pub(super) fn jwks(&self) -> Value {
        let state = lock(&self.state);
        state.published.clone().unwrap_or_else(|| {
            let keys: Vec<Value> = state.keys.iter().map(|(id, key)| key.jwk(id)).collect();
            json!({ "keys": keys })
        })
    }

    pub(super) fn tell(&self, token: &str, answer: Value) {
        let told = &mut lock(&self.state).told;
        if told.len() >= MAX_TOLD {
            told.pop_first();
        }
        told.insert(token.to_owned(), answer);
    }

    pub(super) fn revoke(&self, token: &str) {
        self.tell(token, json!({ "active": false }));
    }

    /// What is known of the token.
    pub(super) fn told(&self, token: &str) -> Value {
        if let Some(answer) = lock(&self.state).told.get(token) {
            return answer.clone();
        }
        if token == DevIssuer::OPAQUE_TOKEN {
            let mut claims = self.claims(DevIssuer::CLIENT_ID, DevIssuer::SCOPE);
            claims.insert("active".to_owned(), true.into());
            return Value::Object(claims);
        }
        json!({ "active": false })
    }

    pub(super) fn ail(&self, endpoint: Endpoint, ill: Ill) {
        lock(&self.state).ills.insert(endpoint, ill);
        self.changes.announce();
    }

    /// What ails the endpoint, once it is not silent any more.
    pub(super) async fn ill(&self, endpoint: Endpoint) -> Ill {
        let ill = || lock(&self.state).ills.get(&endpoint).cloned().unwrap_or(Ill::Well);
        self.changes.until(|| Some(ill()).filter(|ill| *ill != Ill::Silent)).await
    }

    pub(super) fn saw(&self, endpoint: Endpoint, authorization: Option<String>, form: String) {
        {
            let mut state = lock(&self.state);
            let seen = state.seen.entry(endpoint).or_default();
            seen.requests += 1;
            seen.last = Some((authorization, form));
        }
        self.changes.announce();
    }

    pub(super) fn requests(&self, endpoint: Endpoint) -> usize {
        lock(&self.state).seen.get(&endpoint).map_or(0, |seen| seen.requests)
    }

    pub(super) fn last_request(&self, endpoint: Endpoint) -> Option<(Option<String>, String)> {
        lock(&self.state).seen.get(&endpoint)?.last.clone()
    }

    pub(super) async fn wait_for_requests(&self, endpoint: Endpoint, count: usize) {
        self.changes.until(|| (self.requests(endpoint) >= count).then_some(())).await;
    }
}
