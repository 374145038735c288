//! Shows a relay that lets in those who may, and nobody else: both ends show certificates, the
//! sender a token as well, and what is sent is compressed and encrypted once more.
//!
//! ```sh
//! cargo run --release --example relay_secure --features relays-secure
//! ```
//!
//! ```text
//!            token ┌──────── issuer ────────┐ keys
//!                  ▼                        ▼
//! orders ──── forward relay ══ mTLS ══▶ receiving relay ──── book
//!             zstd, AES-GCM             AES-GCM, zstd
//! ```
//!
//! Everything is played in one process, with an OAuth 2 server and certificates made on the spot. A
//! real sender reads its certificate from files (`KeyPair::files`) and its secrets from the
//! environment (`Secret::from_env`).
//!
//! Prints the ledger of the sender that may send, then why four others may not: without a
//! certificate, with that of somebody else, without a token, with another key; then the ledger of the
//! receiver. In the end the book has the orders of the first, and no others.

use std::error::Error;
use std::process::ExitCode;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use electrician::auth::{Authenticator, ClientCredentials, Jwks, JwtValidator, Secret};
use electrician::codec::compress::{Compression, ZstdLevel};
use electrician::codec::seal::{KeyRing, SealKey};
use electrician::tls::{ClientCertificates, KeyPair, Pem, Principal, Roots};
use electrician::{
    ClientTls, Conduit, ConfigError, Ended, EnvelopeReader, EnvelopeWriter, ForwardRelay,
    Generator, Plug, ReceivingRelay, ServerTls, Wire, sink_fn,
};
use electrician_testkit::{Authority, Certificate, DevIssuer, Leaf};
use serde::{Deserialize, Serialize};

/// How many orders there are.
const ORDERS: u64 = 2000;

/// What both ends know, and nobody in between.
const KEY: &[u8] = b"thirty-two letters are one key..";

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Order {
    id: u64,
    metal: String,
}

/// What was booked.
type Book = Arc<Mutex<Vec<u64>>>;

/// Who vouches for certificates, and who gives tokens.
struct World {
    authority: Authority,
    issuer: DevIssuer,
}

/// What a sender has to show.
struct Sender<'a> {
    certificate: Option<&'a str>,
    has_token: bool,
    key: &'a [u8],
}

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("relay_secure: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<(), Box<dyn Error>> {
    let world =
        World { authority: Authority::new("orders"), issuer: DevIssuer::builder().start().await? };
    let book = Book::default();
    let relay = world.receiver()?;
    let handle = relay.handle();
    let receiving = receiving(relay, &book)?.start()?;
    let target = format!("localhost:{}", handle.bound().await.port());

    let good = Sender { certificate: Some("billing"), has_token: true, key: KEY };
    let relay = world.sender(&good, &target)?;
    let sent = sending(relay, ORDERS)?.start()?.finish().await;
    println!("billing: {}", sent.ledger);

    for (who, sender) in [
        ("without a certificate", Sender { certificate: None, ..good }),
        (
            "with the certificate of \"marketing\"",
            Sender { certificate: Some("marketing"), ..good },
        ),
        ("without a token", Sender { has_token: false, ..good }),
        ("with another key", Sender { key: b"thirty-two letters, another key.", ..good }),
    ] {
        let relay = world.sender(&sender, &target)?;
        let refused = refusal(relay).await?;
        println!("{who}: {refused}");
    }

    let received = receiving.stop(Duration::from_secs(5)).await;
    println!("receiver: {}", received.ledger);
    let mut booked = lock(&book).clone();
    println!("booked {} orders", booked.len());
    booked.sort_unstable();
    let is_whole = booked.into_iter().eq(0..ORDERS) && sent.ledger.delivered == ORDERS;
    if is_whole { Ok(()) } else { Err("an order is missing, or one came in that may not".into()) }
}

fn sending(relay: ForwardRelay<Order>, count: u64) -> Result<Conduit<u64, Ended>, ConfigError> {
    Conduit::from(Wire::map("order", |id| Order { id, metal: "copper".to_owned() }))
        .sink("relay", relay)
        .with_source(Generator::new("orders", Plug::iter(move || 0..count)))
        .build()
}

fn receiving(
    relay: ReceivingRelay<Order>,
    book: &Book,
) -> Result<Conduit<Order, Ended>, ConfigError> {
    let book = Arc::clone(book);
    let booking = sink_fn(move |order: &Order| {
        lock(&book).push(order.id);
        Ok::<_, String>(())
    });
    Conduit::from(Wire::map("check", |order: Order| order))
        .sink("book", booking)
        .with_source(Generator::new("relay", relay))
        .build()
}

/// Why an order is not taken. A relay that is not let in tries again, so it is stopped.
async fn refusal(relay: ForwardRelay<Order>) -> Result<String, Box<dyn Error>> {
    let stats = relay.stats();
    let running = sending(relay, 1)?.start()?;
    let link = loop {
        let link = stats.links().remove(0);
        if link.last_error.is_some() || link.failed > 0 || link.acked > 0 {
            break link;
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    };
    let stopped = running.stop(Duration::ZERO).await;
    Ok(match (link.last_error, stopped.failures.first()) {
        (Some(error), _) => causes(&*error),
        (None, Some(error)) => error.to_string(),
        (None, None) => "it came in".to_owned(),
    })
}

/// An error and what caused it, in one line.
fn causes(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let more = error.to_string();
        if !text.contains(&more) {
            text = format!("{text}: {more}");
        }
        cause = error.source();
    }
    text
}

// === impl World ===

impl World {
    fn receiver(&self) -> Result<ReceivingRelay<Order>, Box<dyn Error>> {
        let clients = ClientCertificates::signed_by(self.trusted())
            .allowing([Principal::common_name("billing")]);
        let server = self.authority.certify(&Leaf::server(["localhost"]));
        let tls = ServerTls::builder(pair(&server)).with_client_certificates(clients).build()?;
        // The keys of the issuer are fetched when the first token is to be checked.
        let keys = Jwks::builder(self.issuer.jwks_url()).with_tls(self.issuer_tls()?).build()?;
        let jwt = JwtValidator::builder(keys)
            .with_issuer(DevIssuer::ISSUER)
            .with_audience(DevIssuer::AUDIENCE)
            .with_scopes([DevIssuer::SCOPE])
            .build()?;
        let both = Authenticator::builder().with_client_certificate().with_jwt(jwt).build()?;
        let keys = keys_of(KEY)?;
        let relay = ReceivingRelay::builder("127.0.0.1:0")
            .with_tls(tls)
            .with_authenticator(both)
            .with_reader(move || EnvelopeReader::json().with_keys(Arc::clone(&keys)))
            .build()?;
        Ok(relay)
    }

    fn sender(
        &self,
        sender: &Sender<'_>,
        target: &str,
    ) -> Result<ForwardRelay<Order>, Box<dyn Error>> {
        let mut tls = ClientTls::builder().with_roots(Roots::pem(self.trusted()));
        if let Some(name) = sender.certificate {
            let client = self.authority.certify(&Leaf::client().with_common_name(name));
            tls = tls.with_key_pair(pair(&client));
        }
        let writer = EnvelopeWriter::json()
            .with_compression(Compression::Zstd(ZstdLevel::DEFAULT))
            .with_keys(keys_of(sender.key)?);
        let mut relay =
            ForwardRelay::builder().with_target(target).with_tls(tls.build()?).with_writer(writer);
        if sender.has_token {
            let secret = Secret::new(DevIssuer::CLIENT_SECRET);
            let tokens =
                ClientCredentials::builder(self.issuer.token_url(), DevIssuer::CLIENT_ID, secret)
                    .with_scopes([DevIssuer::SCOPE])
                    .with_tls(self.issuer_tls()?);
            relay = relay.with_token_source(tokens.build()?);
        }
        Ok(relay.build()?)
    }

    fn trusted(&self) -> Pem {
        Pem::memory("ca.pem", self.authority.pem())
    }

    fn issuer_tls(&self) -> Result<ClientTls, ConfigError> {
        let trusted = Pem::memory("issuer.pem", self.issuer.authority().unwrap_or_default());
        ClientTls::builder().with_roots(Roots::pem(trusted)).build()
    }
}

fn pair(certificate: &Certificate) -> KeyPair {
    KeyPair::new(
        Pem::memory("cert.pem", certificate.pem()),
        Pem::memory("key.pem", certificate.key_pem()),
    )
}

fn keys_of(key: &[u8]) -> Result<Arc<KeyRing>, Box<dyn Error>> {
    Ok(Arc::new(SealKey::from_bytes(key)?.into()))
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
