//! Connections.

use std::sync::Arc;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

use crate::authority::Certificate;
use crate::issuer::answer::answer;
use crate::issuer::book::Book;

const SOUND: &str = "a certificate that was made here serves";

/// Serves until it is aborted, and its connections with it.
pub(super) async fn serve(listener: TcpListener, acceptor: Option<TlsAcceptor>, book: Arc<Book>) {
    let mut connections = JoinSet::new();
    loop {
        while connections.try_join_next().is_some() {}
        let Ok((stream, _)) = listener.accept().await else { continue };
        let (acceptor, book) = (acceptor.clone(), Arc::clone(&book));
        connections.spawn(async move {
            match acceptor {
                None => talk(stream, book).await,
                Some(acceptor) => {
                    // Who does not get through is no concern of the server.
                    if let Ok(stream) = acceptor.accept(stream).await {
                        talk(stream, book).await;
                    }
                }
            }
        });
    }
}

async fn talk(stream: impl AsyncRead + AsyncWrite + Unpin, book: Arc<Book>) {
    let service = service_fn(|request| answer(request, Arc::clone(&book)));
    let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
    // A client that goes away is no concern of the server, and hanging up is its will.
    let _: Result<(), hyper::Error> = connection.await;
}

pub(super) fn acceptor(certificate: &Certificate) -> TlsAcceptor {
    let chain = vec![CertificateDer::from_pem_slice(certificate.pem().as_bytes()).expect(SOUND)];
    let key = PrivateKeyDer::from_pem_slice(certificate.key_pem().as_bytes()).expect(SOUND);
    let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .expect(SOUND)
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .expect(SOUND);
    TlsAcceptor::from(Arc::new(config))
}
