//! Certificates for tests, made anew each time by the program `openssl`.

use std::{path::Path, process::Command};

use crate::{Result, process};

/// A pair of keys on a curve that both sides know.
const CURVE: [&str; 4] = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"];

/// Writes into the folder, each in PEM form:
///
/// - `ca.pem`, the authority that signed what follows;
/// - `broker.pem`, a broker's key and certificate, good for 127.0.0.1 and for no name;
/// - `client.pem` and `client.key`, and the same key under `password` in `client-locked.key`;
/// - `stranger.pem` and `stranger.key`, an authority that has signed nothing of these.
pub(super) fn write(folder: &Path, password: &str) -> Result<()> {
    for name in ["ca", "stranger"] {
        let subject = format!("/CN={name}");
        let files = format!("{name}.key {name}.pem");
        make(folder, &files, &["-subj", &subject, "-addext", "keyUsage=critical,keyCertSign"])?;
    }
    let signed =
        ["-CA", "ca.pem", "-CAkey", "ca.key", "-addext", "basicConstraints=critical,CA:FALSE"];
    let address = ["-subj", "/CN=broker", "-addext", "subjectAltName=IP:127.0.0.1"];
    make(folder, "broker.key broker.crt", &[&signed[..], &address[..]].concat())?;
    make(folder, "client.key client.pem", &[&signed[..], &["-subj", "/CN=client"]].concat())?;
    let lock = format!("pass:{password}");
    let lock = ["pkcs8", "-topk8", "-in", "client.key", "-passout", &lock];
    openssl(folder, &[&lock[..], &["-out", "client-locked.key"]].concat())?;
    let pair = ["broker.key", "broker.crt"].map(|name| std::fs::read(folder.join(name)));
    let [key, certificate] = pair;
    std::fs::write(folder.join("broker.pem"), [key?, certificate?].concat())?;
    Ok(())
}

/// A key and a certificate, in the two `files`.
fn make(folder: &Path, files: &str, more: &[&str]) -> Result<()> {
    let (key, certificate) = files.split_once(' ').unwrap_or((files, files));
    let request = ["req", "-x509", "-nodes", "-days", "30", "-keyout", key, "-out", certificate];
    openssl(folder, &[&request[..], &CURVE, more].concat())
}

fn openssl(folder: &Path, args: &[&str]) -> Result<()> {
    process::read(Command::new("openssl").current_dir(folder).args(args)).map(drop)
}
