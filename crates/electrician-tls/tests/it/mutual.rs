//! Clients prove who they are.

use electrician_testkit::{Authority, Certificate, Leaf};
use electrician_tls::{ClientCertificates, Pem, Principal, ServerTls};

use crate::support::{client, connect, pair, server};

fn of(authority: &Authority) -> ClientCertificates {
    ClientCertificates::signed_by(Pem::memory("clients.pem", authority.pem()))
}

fn demanding(authority: &Authority, clients: ClientCertificates) -> ServerTls {
    server(authority).with_client_certificates(clients).build().expect("a server")
}

/// What became of a client with this certificate.
async fn as_client(
    authority: &Authority,
    certificate: &Certificate,
    server: &ServerTls,
) -> Result<Option<String>, String> {
    let client = client(authority).with_key_pair(pair(certificate)).build().expect("a client");
    let ends = connect(&client, server).await;
    assert_eq!(ends.client.is_ok(), ends.server.is_ok(), "both ends agree");
    let seen = ends.server?;
    Ok(seen.peer.expect("a certificate").principal().map(str::to_owned))
}

#[tokio::test]
async fn a_bare_client_is_refused() {
    let authority = Authority::new("ours");
    let ends =
        connect(&client(&authority).build().unwrap(), &demanding(&authority, of(&authority))).await;
    let error = ends.server.expect_err("it showed nothing");
    assert!(error.contains("no certificates"), "{error}");
    let error = ends.client.expect_err("it learns of it");
    assert!(error.contains("CertificateRequired"), "{error}");
}

#[tokio::test]
async fn a_client_of_an_unknown_authority_is_refused() {
    let (ours, theirs) = (Authority::new("ours"), Authority::new("theirs"));
    let server = demanding(&ours, of(&ours));
    let leaf = Leaf::client().with_dns("billing");
    let error = as_client(&ours, &theirs.certify(&leaf), &server).await.expect_err("a stranger");
    assert!(error.contains("UnknownIssuer"), "{error}");
    let error = as_client(&ours, &leaf.self_signed(), &server).await.expect_err("nobody vouches");
    assert!(error.contains("invalid peer certificate"), "{error}");
    let known = ours.certify(&leaf);
    assert_eq!(as_client(&ours, &known, &server).await, Ok(Some("billing".to_owned())));
}

#[tokio::test]
async fn a_client_of_an_authority_with_the_same_name_is_refused() {
    let (ours, twin) = (Authority::new("ours"), Authority::new("ours"));
    let server = demanding(&ours, of(&ours));
    let certificate = twin.certify(&Leaf::client().with_dns("billing"));
    as_client(&ours, &certificate, &server).await.expect_err("the key is another");
}

#[tokio::test]
async fn the_certificate_of_a_server_is_none_of_a_client() {
    let authority = Authority::new("ours");
    let server = demanding(&authority, of(&authority));
    let certificate = authority.certify(&Leaf::server(["billing"]));
    as_client(&authority, &certificate, &server).await.expect_err("it is for servers");
}

#[tokio::test]
async fn only_allowed_principals_come_in() {
    let authority = Authority::new("ours");
    let allowed = [
        Principal::dns("billing.internal"),
        Principal::uri("spiffe://prod/ledger"),
        Principal::uris_below("spiffe://prod/jobs/"),
        Principal::common_name("hermes-client"),
    ];
    let server = demanding(&authority, of(&authority).allowing(allowed));
    let ask = async |leaf: Leaf| as_client(&authority, &authority.certify(&leaf), &server).await;

    for leaf in [
        Leaf::client().with_dns("BILLING.internal"),
        Leaf::client().with_dns("other").with_dns("billing.internal"),
        Leaf::client().with_uri("spiffe://prod/ledger"),
        Leaf::client().with_uri("spiffe://prod/jobs/7"),
        Leaf::client().with_common_name("hermes-client"),
    ] {
        ask(leaf.clone()).await.unwrap_or_else(|error| panic!("{leaf:?}: {error}"));
    }
    for leaf in [
        Leaf::client(),
        Leaf::client().with_dns("billing.internal.example.org"),
        Leaf::client().with_dns("*.internal"),
        Leaf::client().with_uri("spiffe://prod/ledger/1"),
        Leaf::client().with_uri("spiffe://prod/LEDGER"),
        Leaf::client().with_uri("spiffe://prod/jobs"),
        Leaf::client().with_common_name("Hermes-Client"),
        // The right name in the wrong field.
        Leaf::client().with_common_name("billing.internal"),
        Leaf::client().with_dns("hermes-client"),
        Leaf::client().with_common_name("spiffe://prod/ledger"),
    ] {
        let error = ask(leaf.clone()).await.expect_err("not on the list");
        assert!(
            error.contains("allowed is DNS name billing.internal, URI spiffe://prod/ledger"),
            "{error}"
        );
    }
}

#[tokio::test]
async fn a_revoked_client_is_refused() {
    let authority = Authority::new("ours");
    let leaf = Leaf::client().with_dns("billing");
    let (good, bad) = (authority.certify(&leaf), authority.certify(&leaf));
    let lists = Pem::memory("revoked.pem", authority.revoke([&bad]));
    let server = demanding(&authority, of(&authority).with_revocations(lists));
    as_client(&authority, &good, &server).await.expect("it is not on the list");
    let error = as_client(&authority, &bad, &server).await.expect_err("it is on the list");
    assert!(error.contains("Revoked"), "{error}");
}

#[tokio::test]
async fn a_client_whose_authority_has_no_list_is_refused() {
    let (ours, theirs) = (Authority::new("ours"), Authority::new("theirs"));
    let both = Pem::memory("both.pem", ours.pem() + &theirs.pem());
    let lists = Pem::memory("revoked.pem", ours.revoke([]));
    let clients = ClientCertificates::signed_by(both).with_revocations(lists);
    let server = demanding(&ours, clients);
    let leaf = Leaf::client().with_dns("billing");
    as_client(&ours, &ours.certify(&leaf), &server).await.expect("looked up");
    let error = as_client(&ours, &theirs.certify(&leaf), &server).await.expect_err("not looked up");
    assert!(error.contains("UnknownRevocationStatus"), "{error}");
}

#[tokio::test]
async fn where_it_is_optional_nobody_is_somebody() {
    let authority = Authority::new("ours");
    let server = demanding(&authority, of(&authority).optional());
    let (_, seen) = connect(&client(&authority).build().unwrap(), &server).await.both();
    assert_eq!(seen.peer, None);
    let stranger = Authority::new("theirs").certify(&Leaf::client().with_dns("billing"));
    as_client(&authority, &stranger, &server).await.expect_err("what is shown must be right");
}

#[tokio::test]
async fn every_connection_shows_its_certificate() {
    let authority = Authority::new("ours");
    let server = demanding(&authority, of(&authority));
    let certificate = authority.certify(&Leaf::client().with_dns("billing"));
    let client = client(&authority).with_key_pair(pair(&certificate)).build().unwrap();
    for _ in 0..2 {
        let (near, _) = connect(&client, &server).await.both();
        assert!(!near.is_resumed, "a resumed session is not checked");
    }
}
