//! Keys that are known beforehand.

use electrician_testkit::{Authority, Leaf};
use electrician_tls::{ClientTls, Pem, ServerTls, SpkiPin};

use crate::support::{client, connect, pair};

fn pin_of(pem: &str) -> SpkiPin {
    SpkiPin::from_pem(&Pem::memory("pinned.pem", pem)).expect("a certificate")
}

#[tokio::test]
async fn a_pin_is_demanded_beside_the_authority() {
    let authority = Authority::new("ours");
    let (known, other) = (
        authority.certify(&Leaf::server(["localhost"])),
        authority.certify(&Leaf::server(["localhost"])),
    );
    let client = client(&authority).with_pins([pin_of(known.pem())]).build().unwrap();
    let known = ServerTls::builder(pair(&known)).build().unwrap();
    let (near, _) = connect(&client, &known).await.both();
    assert!(near.peer.is_some());
    let other = ServerTls::builder(pair(&other)).build().unwrap();
    let error = connect(&client, &other).await.client.expect_err("another key");
    assert!(error.contains("none of those that are pinned"), "{error}");
}

#[tokio::test]
async fn a_pin_beside_the_authority_does_not_replace_it() {
    let own = Leaf::server(["localhost"]).self_signed();
    let client = client(&Authority::new("ours")).with_pins([pin_of(own.pem())]).build().unwrap();
    let server = ServerTls::builder(pair(&own)).build().unwrap();
    assert!(connect(&client, &server).await.client.is_err());
}

#[tokio::test]
async fn a_pinned_certificate_that_signed_itself_works() {
    let own = Leaf::server(["somewhere.else"]).self_signed();
    let pins = [SpkiPin::from_bytes([0; 32]), pin_of(own.pem())];
    let client = ClientTls::builder().with_pinned_keys_only(pins).build().unwrap();
    assert!(client.verifies_servers());
    let server = ServerTls::builder(pair(&own)).build().unwrap();
    let (near, _) = connect(&client, &server).await.both();
    assert_eq!(near.peer.map(|peer| peer.pin()), Some(pin_of(own.pem())));

    let other =
        ServerTls::builder(pair(&Leaf::server(["localhost"]).self_signed())).build().unwrap();
    let error = connect(&client, &other).await.client.expect_err("another key");
    assert!(error.contains("none of those that are pinned"), "{error}");
}

#[tokio::test]
async fn a_pinned_certificate_that_is_only_sent_along_proves_nothing() {
    let authority = Authority::new("ours");
    let (pinned, thief) = (
        authority.certify(&Leaf::server(["localhost"])),
        authority.certify(&Leaf::server(["localhost"])),
    );
    let chain = Pem::memory("chain.pem", thief.pem().to_owned() + pinned.pem());
    let key = Pem::memory("key.pem", thief.key_pem());
    let server = ServerTls::builder(electrician_tls::KeyPair::new(chain, key)).build().unwrap();
    let client = client(&authority).with_pins([pin_of(pinned.pem())]).build().unwrap();
    assert!(connect(&client, &server).await.client.is_err());
}
