//! What cannot work is said at once.

use std::time::Duration;

use electrician_testkit::{Authority, Leaf};
use electrician_tls::{
    ClientCertificates, ClientTls, KeyPair, Pem, Principal, Roots, ServerTls, SpkiPin,
};

use crate::support::{client, pair, server};

#[test]
fn the_key_of_another_certificate_is_named() {
    let authority = Authority::new("ours");
    let (one, other) = (
        authority.certify(&Leaf::server(["localhost"])),
        authority.certify(&Leaf::server(["localhost"])),
    );
    let mixed =
        KeyPair::new(Pem::memory("one.pem", one.pem()), Pem::memory("other.key", other.key_pem()));
    let error = ServerTls::builder(mixed).build().expect_err("they do not belong together");
    assert_eq!(
        error.problems(),
        [
            "other.key: the private key does not match the first certificate of one.pem: give the key \
          that the certificate was made for, and the leaf first"
        ]
    );
}

#[test]
fn dates_are_looked_at() {
    let authority = Authority::new("ours");
    let build = |leaf: &Leaf| {
        let error = ServerTls::builder(pair(&authority.certify(leaf))).build();
        error.expect_err("it is not valid now").to_string()
    };
    let leaf = Leaf::server(["localhost"]);
    let error = build(&leaf.clone().valid((2000, 1, 1), (2001, 1, 1)));
    assert!(error.contains("cert.pem: the certificate expired "), "{error}");
    let error = build(&leaf.valid((4000, 1, 1), (4001, 1, 1)));
    assert!(error.contains("cert.pem: the certificate is not valid yet, but in "), "{error}");
}

#[test]
fn every_problem_is_told_at_once() {
    let key_pair = KeyPair::new(Pem::file("/nonexistent/cert.pem"), Pem::memory("key.pem", " "));
    let clients = ClientCertificates::signed_by(Pem::memory("clients.pem", "nothing"))
        .allowing([])
        .with_revocations(Pem::memory("revoked.pem", ""));
    let error = ServerTls::builder(key_pair)
        .with_client_certificates(clients)
        .with_alpn([""])
        .with_reload_interval(Duration::ZERO)
        .build()
        .expect_err("nothing is right");
    let wanted = [
        "the application protocol \"\" has 0 bytes",
        "a reload interval of 0ns",
        "/nonexistent/cert.pem: it cannot be read",
        "key.pem: it is empty",
        "a list of no principals lets nobody in",
        "clients.pem: it holds no certificate",
        "revoked.pem: it is empty",
    ];
    assert_eq!(error.problems().len(), wanted.len(), "{error}");
    for (problem, wanted) in error.problems().iter().zip(wanted) {
        assert!(problem.starts_with(wanted), "{problem}");
    }
}

#[test]
fn trust_is_of_one_kind() {
    let pin = SpkiPin::from_bytes([7; 32]);
    let authority = Authority::new("ours");
    let error = client(&authority).with_pinned_keys_only([pin]).build().expect_err("both");
    assert!(error.to_string().contains("roots and pinned keys only exclude each other"), "{error}");
    let error = ClientTls::builder()
        .with_pins([pin])
        .dangerously_without_verification()
        .build()
        .expect_err("both");
    assert!(error.to_string().contains("pins beside them and no verification exclude"), "{error}");
    for client in [client(&authority).with_pins([]), ClientTls::builder().with_pinned_keys_only([])]
    {
        let error = client.build().expect_err("nobody");
        assert!(error.to_string().contains("a list of no pins trusts no server"), "{error}");
    }
}

#[test]
fn a_pin_of_what_is_no_certificate_is_an_error() {
    let error = SpkiPin::from_pem(&Pem::file("/nonexistent/pin.pem")).expect_err("no such file");
    assert!(error.to_string().contains("/nonexistent/pin.pem: it cannot be read"), "{error}");
    let text = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    let error = SpkiPin::from_pem(&Pem::memory("pin.pem", text)).expect_err("no certificate");
    assert!(error.to_string().contains("pin.pem: it is no X.509 certificate"), "{error}");
    let error = ClientTls::builder().with_roots(Roots::pem(Pem::memory("ca.pem", text))).build();
    let error = error.expect_err("no certificate");
    assert!(error.to_string().contains("ca.pem: a certificate cannot be a root"), "{error}");
}

#[test]
fn principals_that_let_in_too_many_are_refused() {
    let authority = Authority::new("ours");
    for principal in [
        Principal::uris_below("spiffe://prod"),
        Principal::uris_below("/"),
        Principal::dns(""),
        Principal::common_name(""),
    ] {
        let clients = ClientCertificates::signed_by(Pem::memory("ca", authority.pem()));
        let clients = clients.allowing([principal.clone()]);
        server(&authority)
            .with_client_certificates(clients)
            .build()
            .expect_err(&format!("{principal:?}"));
    }
}

#[test]
fn keys_are_never_shown() {
    let authority = Authority::new("ours");
    let certificate = authority.certify(&Leaf::server(["localhost"]));
    let secret = certificate.key_pem().lines().nth(1).expect("base64").to_owned();
    let builder = server(&authority).with_client_certificates(ClientCertificates::signed_by(
        Pem::memory("ca.pem", authority.pem()),
    ));
    let pair = pair(&certificate);
    let client = client(&authority).with_key_pair(pair.clone());
    let mut shown = format!("{pair:?} {builder:?} {client:?}");
    shown += &format!("{:?}", builder.build().expect("a server"));
    let client = client.build().expect("a client");
    shown += &format!("{client:?} {:?}", client.config());
    assert!(!shown.contains(&secret) && !shown.contains("BEGIN"), "{shown}");
    assert!(shown.contains("key.pem"), "{shown}");
}
