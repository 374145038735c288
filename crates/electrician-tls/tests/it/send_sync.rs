//! Everything can be shared between threads.

use electrician_tls::{
    ClientCertificates, ClientTls, ClientTlsBuilder, KeyPair, PeerIdentity, Pem, Roots, ServerTls,
    ServerTlsBuilder, SpkiPin,
};

const fn shared<T: Send + Sync>() {}

#[test]
fn all_of_it() {
    shared::<(ClientTls, ClientTlsBuilder, ServerTls, ServerTlsBuilder)>();
    shared::<(Pem, KeyPair, Roots, ClientCertificates, PeerIdentity, SpkiPin)>();
}
