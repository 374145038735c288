//! Whom the broker refuses, and which broker the client refuses.

use electrician_kafka::{KafkaSink, KafkaTopics, Record};
use electrician_types::{Batch, OpenSource, Sink, Source};

use super::*;
use crate::support::Kafka;

/// Soon, for where the driver itself would wait for ever.
const SOON: Duration = Duration::from_secs(1);

#[tokio::test]
async fn a_wrong_password_is_denied_at_once() {
    let Some(secured) = Secured::new() else { return };
    let users = [
        Sasl::plain("alice", "guess"),
        Sasl::scram_sha_256("alice", "guess"),
        Sasl::scram_sha_512("alice", "guess"),
        Sasl::plain("nobody", secured.password()),
        Sasl::scram_sha_512("nobody", secured.password()),
        tokens::expired("alice"),
    ];
    for sasl in users {
        let connection = secured.user(sasl);
        let error = refusal(&connection, &secured).await;
        assert_says(&error, ErrorKind::Denied, &[&secured.users, "SASL"]);
        assert!(!error.is_retryable(), "{error}");
        assert!(!error.to_string().contains("guess"), "{error}");
    }
}

#[tokio::test]
async fn a_source_and_a_sink_with_a_wrong_password_end_at_once() {
    let Some(secured) = Secured::new() else { return };
    for sasl in [Sasl::plain("alice", "guess"), Sasl::scram_sha_512("alice", "guess")] {
        let connection = secured.user(sasl);
        let decode = |_: &Record<'_>| Ok::<_, &str>(());
        let topics = KafkaTopics::builder(connection.clone(), decode);
        let topics = topics.with_group("guessers").with_topics(["anything"]).build().unwrap();
        let mut source = topics.open().unwrap();
        let mut batch = Batch::new();
        let read = source.read(&mut batch, 1);
        let error = tokio::time::timeout(LONG, read).await.unwrap().unwrap_err();
        assert_says(&error, ErrorKind::Denied, &[&secured.users, "SASL"]);
        assert!(!error.is_retryable() && !error.to_string().contains("guess"), "{error}");
        source.close().await.unwrap();
        let sink = KafkaSink::builder(connection).with_topic("anything");
        let mut sink = sink.with_value(|(): &(), _| {}).build().unwrap();
        let error = tokio::time::timeout(LONG, sink.open()).await.unwrap().unwrap_err();
        assert_says(&error, ErrorKind::Denied, &["SASL"]);
        assert!(!error.is_retryable() && !error.to_string().contains("guess"), "{error}");
    }
}

#[tokio::test]
async fn a_mechanism_that_the_broker_does_not_speak_is_denied() {
    let Some(secured) = Secured::new() else { return };
    let scram = Security::DangerousPlaintextSasl(Sasl::scram_sha_512("alice", secured.password()));
    let connection = Connection::new(&secured.clear).with_security(scram);
    let error = refusal(&connection, &secured).await;
    assert_says(&error, ErrorKind::Denied, &["SCRAM-SHA-512", "PLAIN"]);
}

#[tokio::test]
async fn a_broker_of_an_unknown_authority_is_refused() {
    let Some(secured) = Secured::new() else { return };
    for tls in [Tls::new(), Tls::new().with_ca_file(secured.file("stranger.pem"))] {
        let user = Sasl::plain("alice", secured.password());
        let security = Security::Sasl(user, tls);
        let connection = Connection::new(&secured.users).with_security(security);
        let error = refusal(&connection, &secured).await;
        assert_says(&error, ErrorKind::Denied, &["certificate"]);
    }
}

#[tokio::test]
async fn a_broker_under_another_name_is_refused() {
    let Some(secured) = Secured::new() else { return };
    let port = secured.users.rsplit_once(':').unwrap().1;
    let user = Sasl::plain("alice", secured.password());
    let connection = Connection::new(format!("localhost:{port}"))
        .with_security(Security::Sasl(user, secured.tls()));
    let error = refusal(&connection, &secured).await;
    assert_says(&error, ErrorKind::Denied, &["certificate", "localhost"]);
}

#[tokio::test]
async fn a_client_without_the_certificate_that_is_asked_for_is_denied() {
    let Some(secured) = Secured::new() else { return };
    let stranger =
        secured.tls().with_client_files(secured.file("stranger.pem"), secured.file("stranger.key"));
    for tls in [secured.tls(), stranger] {
        let connection = Connection::new(&secured.certificates).with_security(Security::Tls(tls));
        let error = refusal(&connection, &secured).await;
        assert_says(&error, ErrorKind::Denied, &["certificate"]);
    }
}

#[tokio::test]
async fn ports_of_the_other_kind_are_told_in_time() {
    let Some(secured) = Secured::new() else { return };
    let Some(kafka) = Kafka::one() else { return };
    let tls = kafka.connection().with_security(Security::Tls(secured.tls()));
    let error = refusal(&tls.with_connect_timeout(SOON), &secured).await;
    assert_says(&error, ErrorKind::Timeout, &[&kafka.bootstrap, "does the port speak TLS?"]);

    for secure in [&secured.users, &secured.certificates] {
        let connection = Connection::new(secure).with_connect_timeout(SOON);
        let error = refusal(&connection, &secured).await;
        assert_says(&error, ErrorKind::Timeout, &[secure, "does the port want TLS"]);
    }

    // SASL is asked for, and nobody says who they are.
    let connection = Connection::new(&secured.clear).with_connect_timeout(SOON);
    let error = refusal(&connection, &secured).await;
    assert_says(&error, ErrorKind::Timeout, &[&secured.clear, "or SASL?"]);
}

#[tokio::test]
async fn where_nobody_listens_the_time_has_an_end() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    drop(listener);
    let connection = Connection::new(&address).with_connect_timeout(SOON);
    let error = connection.check().await.unwrap_err();
    assert_says(&error, ErrorKind::Timeout, &[&address, "refused"]);
    assert!(error.is_retryable());
}
