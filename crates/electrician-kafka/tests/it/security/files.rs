//! Certificates and keys that cannot be used: told before a broker is asked.

use super::*;

/// Needs files of the service, but no broker.
#[tokio::test]
async fn a_key_that_does_not_fit_is_told_as_what_it_is() {
    let Some(secured) = Secured::new() else { return };
    let with = |certificate: &str, key: &str| {
        secured.tls().with_client_files(secured.file(certificate), secured.file(key))
    };
    let locked = || with("client.pem", "client-locked.key");
    let cases = [
        (with("client.pem", "stranger.key"), "does not belong to its certificate"),
        (locked().with_key_password("guess"), "its password right?"),
        (locked(), "with_key_password"),
    ];
    for (tls, words) in cases {
        let connection = Connection::new(&secured.certificates).with_security(Security::Tls(tls));
        assert_says(&refusal(&connection, &secured).await, ErrorKind::Config, &[words]);
    }
}

#[tokio::test]
async fn everything_that_is_wrong_with_tls_is_told_at_once() {
    let folder = std::env::temp_dir();
    let tls = Tls::new()
        .with_ca_file(folder.join("no-such-ca.pem"))
        .with_client_pem("-----BEGIN CERTIFICATE-----", "-----BEGIN CERTIFICATE-----");
    let connection = Connection::new("127.0.0.1:1").with_security(Security::Tls(tls));
    let error = connection.check().await.unwrap_err();
    let words = ["no-such-ca.pem", "No such file", "client's key", "BEGIN PRIVATE KEY"];
    assert_says(&error, ErrorKind::Config, &words);

    let tls = Tls::new().with_ca_pem("").with_key_password("hidden");
    let user = Sasl::plain("", Secret::new("hidd\0en"));
    let connection = Connection::new("127.0.0.1:1").with_security(Security::Sasl(user, tls));
    let error = connection.check().await.unwrap_err();
    let words = ["PLAIN has no user", "BEGIN CERTIFICATE", "no key", "`sasl.password` has a zero"];
    assert_says(&error, ErrorKind::Config, &words);
    assert!(!format!("{error:?} {connection:?}").contains("hidd"), "{error:?}");
}

#[tokio::test]
async fn security_by_properties_is_refused_beside_the_type_and_alone() {
    let properties = [("security.protocol", "plaintext"), ("sasl.password", "hidden")];
    for security in [Security::Plaintext, Security::Tls(Tls::new())] {
        let connection = Connection::new("127.0.0.1:1").with_security(security);
        for (property, value) in properties {
            let error = connection.clone().with(property, value).check().await.unwrap_err();
            assert_says(&error, ErrorKind::Config, &[property, "with_security"]);
            assert!(!error.to_string().contains("hidden"), "{error}");
        }
    }
}
