//! Who is at the other end.

use std::time::{Duration, UNIX_EPOCH};

use electrician_testkit::{Authority, Leaf};
use electrician_tls::rustls::pki_types::CertificateDer;
use electrician_tls::{PeerError, PeerIdentity};

fn of(leaf: &Leaf) -> PeerIdentity {
    let certificate = Authority::new("ours").certify(leaf);
    PeerIdentity::from_chain(&[CertificateDer::from(certificate.der())]).expect("a certificate")
}

#[test]
fn the_principal_is_the_first_uri_then_dns_name_then_common_name() {
    let leaf = Leaf::client();
    assert_eq!(of(&leaf).principal(), None);
    let leaf = leaf.with_common_name("hermes");
    assert_eq!(of(&leaf).principal(), Some("hermes"));
    let leaf = leaf.with_dns("a.internal").with_dns("b.internal");
    assert_eq!(of(&leaf).principal(), Some("a.internal"));
    let leaf = leaf.with_uri("spiffe://prod/a");
    let peer = of(&leaf);
    assert_eq!(peer.principal(), Some("spiffe://prod/a"));
    assert_eq!(peer.to_string(), "spiffe://prod/a");
    assert_eq!(peer.dns_names(), ["a.internal", "b.internal"]);
    assert_eq!(peer.common_name(), Some("hermes"));
}

#[test]
fn its_end_is_known() {
    let peer = of(&Leaf::client().valid((1990, 1, 1), (1990, 1, 2)));
    assert_eq!(peer.expires_at(), UNIX_EPOCH + Duration::from_hours(24 * 7_306));
}

#[test]
fn a_chain_that_tells_nothing_is_an_error() {
    assert_eq!(PeerIdentity::from_chain(&[]), Err(PeerError::NoCertificate));
    for bytes in [&b""[..], b"0", &[0x30, 0x80, 0, 0], &[0xff; 300]] {
        let error = PeerIdentity::from_chain(&[CertificateDer::from(bytes)]).expect_err("garbage");
        assert!(error.to_string().contains("no X.509 certificate"), "{error}");
    }
    // A certificate with something behind it is not the certificate that was signed.
    let mut longer = Authority::new("ours").certify(&Leaf::client()).der().to_vec();
    longer.push(0);
    let error = PeerIdentity::from_chain(&[CertificateDer::from(longer)]).expect_err("longer");
    assert!(error.to_string().contains("bytes follow"), "{error}");
}
