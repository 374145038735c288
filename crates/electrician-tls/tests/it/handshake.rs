//! Servers prove who they are.

use std::sync::Arc;

use electrician_testkit::{Authority, Leaf};
use electrician_tls::rustls::crypto::aws_lc_rs;
use electrician_tls::rustls::pki_types::pem::PemObject;
use electrician_tls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use electrician_tls::rustls::version::TLS12;
use electrician_tls::rustls::{ProtocolVersion, ServerConfig};
use electrician_tls::{ClientTls, ServerTls};

use crate::support::{client, connect, connect_config, pair, server};

#[tokio::test]
async fn a_client_reaches_a_server_of_its_authority() {
    let authority = Authority::new("ours");
    let (near, far) =
        connect(&client(&authority).build().unwrap(), &server(&authority).build().unwrap())
            .await
            .both();
    assert_eq!(near.version, Some(ProtocolVersion::TLSv1_3));
    assert_eq!(near.peer.expect("the server's").dns_names(), ["localhost"]);
    assert_eq!(far.peer, None);
    assert_eq!(far.alpn, None);
}

#[tokio::test]
async fn a_server_of_another_authority_is_refused() {
    let (ours, theirs) = (Authority::new("ours"), Authority::new("theirs"));
    let ends = connect(&client(&ours).build().unwrap(), &server(&theirs).build().unwrap()).await;
    let error = ends.client.expect_err("nobody vouches for it");
    assert!(error.contains("UnknownIssuer"), "{error}");
    assert!(ends.server.is_err());
}

#[tokio::test]
async fn a_server_of_another_name_is_refused() {
    let authority = Authority::new("ours");
    let elsewhere = authority.certify(&Leaf::server(["example.org", "10.0.0.1"]));
    let elsewhere = ServerTls::builder(pair(&elsewhere)).build().unwrap();
    let ends = connect(&client(&authority).build().unwrap(), &elsewhere).await;
    let error = ends.client.expect_err("it is for another");
    assert!(error.contains("not valid for name"), "{error}");
}

#[tokio::test]
async fn a_server_with_the_certificate_of_a_client_is_refused() {
    let authority = Authority::new("ours");
    let impostor = authority.certify(&Leaf::client().with_dns("localhost"));
    let impostor = ServerTls::builder(pair(&impostor)).build().unwrap();
    let ends = connect(&client(&authority).build().unwrap(), &impostor).await;
    assert!(ends.client.is_err());
}

#[tokio::test]
async fn the_systems_roots_do_not_know_a_private_authority() {
    // Where there are no roots at all, that is an error of its own.
    let Ok(client) = ClientTls::builder().build() else { return };
    let ends = connect(&client, &server(&Authority::new("ours")).build().unwrap()).await;
    let error = ends.client.expect_err("the system does not know it");
    assert!(error.contains("UnknownIssuer"), "{error}");
}

#[tokio::test]
async fn what_is_dangerous_must_be_called_so() {
    let client = ClientTls::builder().dangerously_without_verification().build().unwrap();
    assert!(!client.verifies_servers());
    connect(&client, &server(&Authority::new("any")).build().unwrap()).await.both();
}

#[tokio::test]
async fn tls_1_2_is_spoken_only_when_told() {
    let authority = Authority::new("ours");
    let old = old_server(&authority);
    let ends = connect_config(&client(&authority).build().unwrap(), old.clone()).await;
    assert!(ends.client.is_err(), "1.3 alone");
    let (near, _) =
        connect_config(&client(&authority).with_tls12().build().unwrap(), old).await.both();
    assert_eq!(near.version, Some(ProtocolVersion::TLSv1_2));

    // The newest that both speak.
    let server = server(&authority).with_tls12().build().unwrap();
    let (near, _) =
        connect(&client(&authority).with_tls12().build().unwrap(), &server).await.both();
    assert_eq!(near.version, Some(ProtocolVersion::TLSv1_3));
}

/// A server that speaks nothing newer than TLS 1.2.
fn old_server(authority: &Authority) -> Arc<ServerConfig> {
    let certificate = authority.certify(&Leaf::server(["localhost"]));
    let chain = CertificateDer::from_pem_slice(certificate.pem().as_bytes()).unwrap();
    let key = PrivateKeyDer::from_pem_slice(certificate.key_pem().as_bytes()).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_protocol_versions(&[&TLS12])
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![chain], key)
        .unwrap();
    Arc::new(config)
}

#[tokio::test]
async fn the_servers_favourite_protocol_is_taken() {
    let authority = Authority::new("ours");
    let client_tls = client(&authority).with_alpn(["http/1.1", "h2"]).build().unwrap();
    let server_tls = server(&authority).with_alpn(["h2", "http/1.1"]).build().unwrap();
    let (near, far) = connect(&client_tls, &server_tls).await.both();
    assert_eq!(near.alpn.as_deref(), Some("h2"));
    assert_eq!(far.alpn.as_deref(), Some("h2"));

    let stranger = client(&authority).with_alpn(["smtp"]).build().unwrap();
    assert!(connect(&stranger, &server_tls).await.server.is_err(), "no protocol in common");
}

#[tokio::test]
async fn a_second_connection_resumes_the_session() {
    let authority = Authority::new("ours");
    let (client, server) =
        (client(&authority).build().unwrap(), server(&authority).build().unwrap());
    let (first, _) = connect(&client, &server).await.both();
    let (second, _) = connect(&client, &server).await.both();
    assert_eq!((first.is_resumed, second.is_resumed), (false, true));
}
