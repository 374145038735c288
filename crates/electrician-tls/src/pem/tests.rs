use super::*;

fn problem(text: &str) -> String {
    Pem::memory("x.pem", text).certificates().expect_err("no certificate")
}

#[test]
fn what_is_no_certificate_says_what_it_is() {
    assert_eq!(problem(" \n"), "x.pem: it is empty: give PEM text with a certificate");
    let wanted = "give PEM text with `-----BEGIN CERTIFICATE-----`";
    assert_eq!(
        problem("0\u{82}binary"),
        format!("x.pem: it holds no certificate, it is no PEM text: {wanted}")
    );
    let key = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n";
    assert_eq!(
        problem(key),
        format!("x.pem: it holds no certificate, its first section is PRIVATE KEY: {wanted}")
    );
    let cut = "-----BEGIN CERTIFICATE-----\nAAAA\n";
    assert!(problem(cut).starts_with("x.pem: it is damaged: "), "{}", problem(cut));
}

#[test]
fn a_locked_key_is_told_from_a_missing_one() {
    let text = "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n";
    let error = Pem::memory("key.pem", text).private_key().expect_err("no password");
    assert_eq!(error, "key.pem: the private key is encrypted: give it without a password");
}

#[test]
fn a_file_that_is_not_there_is_named() {
    let error = Pem::file("/nonexistent/ca.pem").certificates().expect_err("no such file");
    assert!(error.starts_with("/nonexistent/ca.pem: it cannot be read: "), "{error}");
}

#[test]
fn a_file_without_an_end_is_not_read_to_its_end() {
    let error = Pem::file("/dev/zero").certificates().expect_err("no such text");
    assert!(error.contains("longer than 4194304 bytes"), "{error}");
}

#[test]
fn nobody_sees_what_it_holds() {
    let pem = Pem::memory("key.pem", "-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n");
    assert_eq!(format!("{pem:?}"), r#"Pem("key.pem")"#);
}
