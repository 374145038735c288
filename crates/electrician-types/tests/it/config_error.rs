//! Everything that is wrong with a configuration, at once.

use electrician_types::{ConfigError, Error, ErrorKind};

fn two() -> Vec<String> {
    vec!["parse: 0 workers, at least 1".into(), "price: no name".into()]
}

#[test]
fn no_problem_is_no_error() {
    assert_eq!(ConfigError::check(Vec::new()), Ok(()));
}

#[test]
fn all_problems_are_reported_in_order() {
    let error = ConfigError::check(two()).unwrap_err();
    assert_eq!(error.problems(), two());
    assert_eq!(
        error.to_string(),
        "invalid configuration: parse: 0 workers, at least 1; price: no name"
    );
    let one = ConfigError::check(two()[..1].to_vec()).unwrap_err();
    assert_eq!(one.to_string(), "invalid configuration: parse: 0 workers, at least 1");
}

#[test]
fn as_an_error_it_keeps_its_problems() {
    let config = ConfigError::check(two()).unwrap_err();
    let error = Error::from(config.clone());
    assert_eq!(error.kind(), ErrorKind::Config);
    assert!(!error.is_retryable(), "the same configuration fails again");
    assert_eq!(error.to_string(), config.to_string());
    assert_eq!(error.cause(), Some(&config));
}
