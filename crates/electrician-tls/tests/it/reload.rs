//! New files without a restart.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use electrician_testkit::{Authority, Certificate, Leaf};
use electrician_tls::{ClientCertificates, ClientTls, KeyPair, Pem, Roots, ServerTls, SpkiPin};
use tempfile::TempDir;

use crate::support::{Sundial, client, connect, pair, server};

struct Files {
    folder: TempDir,
}

impl Files {
    fn new() -> Self {
        Self { folder: TempDir::new().expect("a folder") }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, text: impl AsRef<[u8]>) {
        fs::write(self.path(name), text).expect("a file");
    }

    fn put(&self, certificate: &Certificate) -> KeyPair {
        self.write("cert.pem", certificate.pem());
        self.write("key.pem", certificate.key_pem());
        KeyPair::files(self.path("cert.pem"), self.path("key.pem"))
    }
}

fn pem(path: &Path) -> Pem {
    Pem::file(path)
}

/// The pin of the server that the client meets.
async fn met(client: &ClientTls, server: &ServerTls) -> SpkiPin {
    let (near, _) = connect(client, server).await.both();
    near.peer.expect("the server's").pin()
}

fn pin(certificate: &Certificate) -> SpkiPin {
    SpkiPin::from_pem(&Pem::memory("pin", certificate.pem())).unwrap()
}

fn localhost(authority: &Authority) -> Certificate {
    authority.certify(&Leaf::server(["localhost"]))
}

#[tokio::test]
async fn a_reload_picks_up_the_new_certificate() {
    let (files, authority) = (Files::new(), Authority::new("ours"));
    let (first, second) = (localhost(&authority), localhost(&authority));
    let server = ServerTls::builder(files.put(&first)).build().unwrap();
    // A client of its own each time: one that resumes a session sees no certificate.
    let client = || client(&authority).build().unwrap();
    assert_eq!(met(&client(), &server).await, pin(&first));
    assert_eq!(server.reload(), Ok(false), "nothing new");

    files.put(&second);
    assert_eq!(met(&client(), &server).await, pin(&first), "not before it is told");
    assert_eq!(server.reload(), Ok(true));
    assert_eq!(met(&client(), &server).await, pin(&second));
}

#[tokio::test]
async fn what_does_not_fit_changes_nothing() {
    let (files, authority) = (Files::new(), Authority::new("ours"));
    let (first, second) = (localhost(&authority), localhost(&authority));
    let server = ServerTls::builder(files.put(&first)).build().unwrap();
    // One file was written, the other not yet.
    files.write("cert.pem", second.pem());
    let error = server.reload().expect_err("the key is of the former").to_string();
    assert!(error.contains("key.pem: the private key does not match"), "{error}");
    assert_eq!(server.refused_reload().map(|error| error.to_string()), Some(error));
    assert_eq!(met(&client(&authority).build().unwrap(), &server).await, pin(&first));

    files.write("key.pem", second.key_pem());
    assert_eq!(server.reload(), Ok(true));
    assert_eq!(server.refused_reload(), None);
    assert_eq!(met(&client(&authority).build().unwrap(), &server).await, pin(&second));
}

#[tokio::test]
async fn handshakes_look_at_the_files_when_it_is_time() {
    let (files, authority, sundial) = (Files::new(), Authority::new("ours"), Sundial::new());
    let (first, second) = (localhost(&authority), localhost(&authority));
    let server = ServerTls::builder(files.put(&first))
        .with_reload_interval(Duration::from_mins(1))
        .with_time(Arc::new(sundial.clone()))
        .build()
        .unwrap();
    let client = || client(&authority).build().unwrap();
    files.put(&second);
    sundial.advance(Duration::from_secs(59));
    assert_eq!(met(&client(), &server).await, pin(&first), "too early");
    sundial.advance(Duration::from_secs(1));
    assert_eq!(met(&client(), &server).await, pin(&second));

    // What is wrong with the files is no concern of the handshake.
    files.write("cert.pem", "");
    sundial.advance(Duration::from_mins(1));
    assert_eq!(met(&client(), &server).await, pin(&second));
    let error = server.refused_reload().expect("it is remembered").to_string();
    assert!(error.contains("cert.pem: it is empty"), "{error}");
}

#[tokio::test]
async fn a_certificate_that_has_expired_meanwhile_is_not_taken_over() {
    let (files, authority, sundial) = (Files::new(), Authority::new("ours"), Sundial::new());
    let short = authority.certify(&Leaf::server(["localhost"]).valid((2025, 1, 1), (2026, 3, 1)));
    let server =
        ServerTls::builder(files.put(&short)).with_time(Arc::new(sundial.clone())).build().unwrap();
    sundial.advance(Duration::from_hours(24 * 90));
    let error = server.reload().expect_err("it is too late").to_string();
    assert!(error.contains("cert.pem: the certificate expired 31 days ago"), "{error}");
}

#[tokio::test]
async fn a_server_takes_over_authorities_and_revocations() {
    let (files, ours, theirs) = (Files::new(), Authority::new("ours"), Authority::new("theirs"));
    files.write("clients.pem", ours.pem());
    files.write("revoked.pem", ours.revoke([]));
    let clients = ClientCertificates::signed_by(pem(&files.path("clients.pem")))
        .with_revocations(pem(&files.path("revoked.pem")));
    let server = server(&ours).with_client_certificates(clients).build().unwrap();
    let leaf = Leaf::client().with_dns("billing");
    let (a, b, c) = (ours.certify(&leaf), ours.certify(&leaf), theirs.certify(&leaf));
    let comes_in = async |certificate: &Certificate| {
        let client = client(&ours).with_key_pair(pair(certificate)).build().unwrap();
        connect(&client, &server).await.server.is_ok()
    };
    assert!(comes_in(&a).await && comes_in(&b).await && !comes_in(&c).await);

    files.write("revoked.pem", ours.revoke([&b]));
    assert_eq!(server.reload(), Ok(true));
    assert!(comes_in(&a).await && !comes_in(&b).await && !comes_in(&c).await);

    files.write("clients.pem", theirs.pem());
    files.write("revoked.pem", theirs.revoke([]));
    assert_eq!(server.reload(), Ok(true));
    assert!(!comes_in(&a).await && !comes_in(&b).await && comes_in(&c).await);
}

#[tokio::test]
async fn a_client_takes_over_roots_and_its_certificate() {
    let (files, ours, theirs) = (Files::new(), Authority::new("ours"), Authority::new("theirs"));
    files.write("roots.pem", ours.pem());
    let leaf = Leaf::client().with_dns("first");
    let key_pair = files.put(&ours.certify(&leaf));
    let client = ClientTls::builder()
        .with_roots(Roots::pem(pem(&files.path("roots.pem"))))
        .with_key_pair(key_pair)
        .build()
        .unwrap();
    let demanding = |authority: &Authority| {
        let clients = ClientCertificates::signed_by(Pem::memory("clients.pem", ours.pem()));
        server(authority).with_client_certificates(clients).build().unwrap()
    };
    let (our_server, their_server) = (demanding(&ours), demanding(&theirs));
    let (_, seen) = connect(&client, &our_server).await.both();
    assert_eq!(seen.peer.expect("a certificate").dns_names(), ["first"]);

    files.write("roots.pem", theirs.pem());
    files.put(&ours.certify(&Leaf::client().with_dns("second")));
    assert_eq!(client.reload(), Ok(true));
    assert!(connect(&client, &our_server).await.client.is_err(), "not trusted any more");
    let (_, seen) = connect(&client, &their_server).await.both();
    assert_eq!(seen.peer.expect("a certificate").dns_names(), ["second"]);
}

#[tokio::test]
async fn sessions_do_not_outlive_the_trust_they_began_with() {
    let (files, ours, theirs) = (Files::new(), Authority::new("ours"), Authority::new("theirs"));
    files.write("roots.pem", ours.pem());
    let client =
        ClientTls::builder().with_roots(Roots::pem(pem(&files.path("roots.pem")))).build().unwrap();
    let server = server(&ours).build().unwrap();
    connect(&client, &server).await.both();
    let (near, _) = connect(&client, &server).await.both();
    assert!(near.is_resumed);
    files.write("roots.pem", theirs.pem());
    assert_eq!(client.reload(), Ok(true));
    assert!(connect(&client, &server).await.client.is_err(), "a resumed session would get through");
}
