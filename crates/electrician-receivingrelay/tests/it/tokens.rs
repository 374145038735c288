//! Tokens that end, are refused, or cannot be checked.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use electrician_auth::{
    AccessToken, Authenticator, ClientCredentials, IntrospectionAuth, Introspector, Jwks,
    JwtValidator, Secret, TokenFuture, TokenSource,
};
use electrician_receivingrelay::ReceivingRelay;
use electrician_relay::EnvelopeReader;
use electrician_testkit::drive::{Count, soon};
use electrician_testkit::{Authority, DevIssuer, Endpoint, Verdicts};
use electrician_types::Sink;

use crate::support::{Far, Store, assert_acked, client_tls, sender, server_tls, start, write};

/// Gives the next token when one is refused.
#[derive(Debug)]
struct Refused {
    tokens: Mutex<VecDeque<String>>,
    count: Arc<Count>,
}

/// A clone is the same source.
#[derive(Clone, Debug)]
struct Shared<T>(Arc<T>);

// === impl Refused ===

impl TokenSource for Refused {
    fn token(&self) -> TokenFuture<'_> {
        let tokens = self.tokens.lock().unwrap();
        let token = AccessToken::new(Secret::new(tokens[0].clone()), None);
        Box::pin(std::future::ready(Ok(token)))
    }

    fn refuse(&self, token: &AccessToken) {
        let mut tokens = self.tokens.lock().unwrap();
        if token.secret().expose() == tokens[0] && tokens.len() > 1 {
            tokens.pop_front();
        }
        self.count.up();
    }
}

impl<T: TokenSource> TokenSource for Shared<T> {
    fn token(&self) -> TokenFuture<'_> {
        self.0.token()
    }

    fn refuse(&self, token: &AccessToken) {
        self.0.refuse(token);
    }
}

async fn relay(authority: &Authority, asks: Authenticator, store: &Arc<Store>) -> Far {
    let relay = ReceivingRelay::builder("127.0.0.1:0")
        .with_authenticator(asks)
        .with_reader(EnvelopeReader::json)
        .with_ack_age(Duration::from_millis(2))
        .with_tls(server_tls(authority).build().unwrap());
    start(relay.build().unwrap(), store).await
}

fn introspector(issuer: &DevIssuer) -> Introspector {
    let auth = IntrospectionAuth::basic(DevIssuer::CLIENT_ID, DevIssuer::CLIENT_SECRET);
    Introspector::builder(issuer.introspection_url(), auth)
        .dangerously_allow_plaintext_on_loopback()
        .with_backoff(Duration::from_millis(200), Duration::from_millis(200))
        .build()
        .unwrap()
}

#[tokio::test]
async fn a_stream_ends_with_the_token_it_began_with() {
    let issuer = DevIssuer::builder().without_tls().start().await.unwrap();
    let authority = Authority::new("ca");
    let keys = Jwks::builder(issuer.jwks_url()).dangerously_allow_plaintext_on_loopback();
    let jwt = JwtValidator::builder(keys.build().unwrap())
        .with_issuer(DevIssuer::ISSUER)
        .with_audience(DevIssuer::AUDIENCE)
        .build()
        .unwrap();
    let store = Store::new();
    let asks = Authenticator::builder().with_jwt(jwt).build().unwrap();
    let far = relay(&authority, asks, &store).await;

    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let mut claims = issuer.claims();
    claims.insert("exp".to_owned(), (seconds + 2).into());
    let count = Count::new();
    let tokens = [issuer.sign(&claims), issuer.token()].into();
    let tokens = Refused { tokens: Mutex::new(tokens), count: Arc::clone(&count) };
    let mut near = sender()
        .with_tls(client_tls(&authority).build().unwrap())
        .with_target(format!("localhost:{}", far.address.port()))
        .with_token_source(tokens)
        .build()
        .unwrap();
    let (stats, verdicts) = (near.stats(), Verdicts::plain());
    soon(near.open()).await.unwrap();
    write(&mut near, &verdicts, 0..10).await;
    soon(near.flush()).await.unwrap();
    assert_acked(&verdicts, 0..10);

    // Nothing is sent when it ends, and nobody hangs up but the receiver.
    soon(count.reached(1)).await;
    let error = stats.links()[0].last_error.as_ref().unwrap().to_string();
    assert!(error.contains("authentication of the stream ended"), "{error}");
    write(&mut near, &verdicts, 10..20).await;
    soon(near.flush()).await.unwrap();
    assert_acked(&verdicts, 0..20);
    assert_eq!(store.items(), (0..20).collect::<Vec<_>>());
    assert_eq!((stats.links()[0].connections, count.get()), (2, 1));
    soon(near.close()).await.unwrap();
    far.stop().await;
}

#[tokio::test]
async fn a_token_that_is_refused_is_replaced_by_a_fresh_one() {
    let issuer = DevIssuer::builder().without_tls().start().await.unwrap();
    let authority = Authority::new("ca");
    let asks = Authenticator::builder().with_introspection(introspector(&issuer)).build().unwrap();
    let store = Store::new();
    let far = relay(&authority, asks, &store).await;
    let (id, secret) = (DevIssuer::CLIENT_ID, Secret::new(DevIssuer::CLIENT_SECRET));
    let tokens = ClientCredentials::builder(issuer.token_url(), id, secret)
        .with_scopes([DevIssuer::SCOPE])
        .dangerously_allow_plaintext_on_loopback()
        .build()
        .unwrap();
    let tokens = Shared(Arc::new(tokens));
    // It has a token that was revoked, and does not know yet.
    let token = soon(tokens.token()).await.unwrap();
    issuer.revoke(token.secret().expose());

    let mut near = sender()
        .with_tls(client_tls(&authority).build().unwrap())
        .with_target(format!("localhost:{}", far.address.port()))
        .with_token_source(tokens.clone())
        .build()
        .unwrap();
    let verdicts = Verdicts::plain();
    soon(near.open()).await.unwrap();
    write(&mut near, &verdicts, 0..10).await;
    soon(near.flush()).await.unwrap();
    assert_acked(&verdicts, 0..10);
    // Tokens of the same second are the same, so it may take a few.
    let refused = far.handle.stats().refused;
    assert!(refused >= 1, "it was revoked");
    assert_eq!(issuer.requests(Endpoint::Token) as u64, refused + 1, "one more for each");
    soon(near.close()).await.unwrap();
    far.stop().await;
}
