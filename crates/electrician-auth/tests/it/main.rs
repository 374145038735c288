//! Against an issuer in the process, on virtual time.

mod authenticator;
mod build;
mod client_credentials;
mod headers;
mod hostile;
mod introspection;
mod jwks;
mod jwks_faults;
mod jwt;
mod secrets;
mod send_sync;
mod support;
mod tls;
