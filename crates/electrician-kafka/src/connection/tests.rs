use super::*;

fn problems(connection: &Connection) -> Vec<String> {
    let mut problems = Vec::new();
    connection.validate(&["group.id"], &mut problems);
    problems
}

#[test]
fn a_connection_without_brokers_or_with_what_others_manage_is_refused() {
    assert_eq!(problems(&Connection::new("here:9092")), [] as [&str; 0]);
    let wrong = Connection::new(" ").with("group.id", "mine");
    let wrong = problems(&wrong.with_connect_timeout(Duration::from_millis(999)));
    assert_eq!(wrong.len(), 3, "{wrong:?}");
    assert!(wrong[0].contains("host:port"), "{wrong:?}");
    assert!(wrong[1].contains("`group.id`"), "{wrong:?}");
    assert!(wrong[2].contains("999ms") && wrong[2].contains("1 s"), "{wrong:?}");
}

#[test]
fn properties_of_security_are_refused_and_never_shown() {
    for property in [
        "security.protocol",
        "sasl.password",
        "sasl.mechanism",
        "ssl.key.pem",
        "ssl.endpoint.identification.algorithm",
        "enable.ssl.certificate.verification",
        "enable.sasl.oauthbearer.unsecure.jwt",
        "https.ca.pem",
    ] {
        let connection = Connection::new("here:9092").with(property, "hidden");
        let wrong = problems(&connection);
        assert_eq!(wrong.len(), 1, "{wrong:?}");
        assert!(wrong[0].contains(property) && wrong[0].contains("with_security"), "{wrong:?}");
        assert!(!format!("{connection:?} {wrong:?}").contains("hidden"));
    }
    let tuned = Connection::new("here:9092").with("ssl.cipher.suites", "HIGH");
    assert_eq!(problems(&tuned), [] as [&str; 0]);
    assert!(format!("{tuned:?}").contains("HIGH"));
}

#[test]
fn what_the_driver_does_not_take_is_told_without_the_value_of_a_secret() {
    let config = |property: &str| {
        let error = Connection::new("here:9092")
            .with(property, "hidden")
            .to_config()
            .create::<rdkafka::consumer::BaseConsumer>()
            .err()
            .expect("not a number or no such property");
        crate::error::failed("opening", error)
    };
    let secret = config("ssl.password.of.nothing");
    assert_eq!(secret.kind(), electrician_types::ErrorKind::Config);
    assert!(!secret.is_retryable());
    assert!(!format!("{secret} {secret:?}").contains("hidden"), "{secret}");
    assert!(config("linger.ms").to_string().contains("hidden"), "that is no secret");
}
