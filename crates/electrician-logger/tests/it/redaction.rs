//! Secrets stay out.

use std::error::Error;

use tracing::{info, info_span};

use crate::support::Bench;

const SECRET: &str = "hunter2";

#[test]
fn secret_fields_are_redacted_wherever_they_stand() {
    let bench =
        Bench::new(|builder| builder.with_field("db.password", SECRET).with_secret("card number"));
    let span = info_span!("login", accessToken = SECRET);
    let _span = span.enter();
    info!(
        Authorization = SECRET,
        api_key = %SECRET,
        client_secret = ?SECRET,
        token = 12_345_678,
        password = true,
        "customer.cardNumber" = SECRET,
    );
    let line = bench.line();
    assert!(!line.contains(SECRET) && !line.contains("12345678"), "{line}");
    let json: serde_json::Value = serde_json::from_str(&line).unwrap();
    for key in [
        "Authorization",
        "api_key",
        "client_secret",
        "token",
        "password",
        "customer.cardNumber",
        "accessToken",
        "db.password",
    ] {
        assert_eq!(json[key], "[redacted]", "{key}");
    }
}

#[test]
fn credentials_within_values_are_redacted() {
    let bench = Bench::new(|builder| builder);
    let error = std::io::Error::other("refused: Authorization: Bearer hunter2");
    info!(
        header = "Bearer hunter2",
        url = %"https://me:hunter2@host/?token=hunter2",
        error = &error as &(dyn Error + 'static),
        component = "Bearer hunter2",
        "sent with bearer hunter2"
    );
    let line = bench.line();
    assert!(!line.contains(SECRET), "{line}");
    assert_eq!(line.matches("[redacted]").count(), 6, "{line}");
}

#[test]
fn a_secret_that_is_cut_is_redacted_all_the_same() {
    let bench = Bench::new(|builder| builder.with_max_value_bytes(64));
    let long = format!("{} Bearer {}", "x".repeat(49), SECRET.repeat(50));
    info!(long);
    let line = bench.line();
    assert!(!line.contains("hunt"), "{line}");
}
