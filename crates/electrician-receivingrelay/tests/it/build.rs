//! What a relay must be told, and where it cannot listen.

use electrician_receivingrelay::ReceivingRelay;
use electrician_relay::EnvelopeReader;
use electrician_types::{ConfigError, ErrorKind, OpenSource};

use crate::support::{Store, open_relay, open_relay_at, pipeline, start};

#[test]
fn a_relay_that_is_told_nothing_says_all_that_it_misses() {
    let error: ConfigError = ReceivingRelay::<u64>::builder("localhost").build().unwrap_err();
    let text = error.problems().join("\n");
    for part in ["IP address", "`with_tls`", "who may send", "`with_reader`"] {
        assert!(text.contains(part), "{part} in {text}");
    }
    assert_eq!(error.problems().len(), 4, "{text}");
}

#[test]
fn authentication_is_not_left_out_by_accident() {
    let built = ReceivingRelay::<u64>::builder("127.0.0.1:0")
        .dangerously_in_plaintext()
        .with_reader(EnvelopeReader::json)
        .build();
    let text = built.unwrap_err().to_string();
    assert!(text.contains("nobody_is_asked"), "{text}");
}

#[test]
fn numbers_have_bounds() {
    let wrong = open_relay().with_queue(0).with_max_streams(0).with_windows(10, 5).build();
    assert_eq!(wrong.unwrap_err().problems().len(), 3);
    assert!(open_relay().with_max_in_flight(100_000).build().is_err(), "more than the window");
}

#[tokio::test]
async fn an_address_in_use_refuses_the_start() {
    let store = Store::new();
    let far = start(open_relay().build().unwrap(), &store).await;
    let second = open_relay_at(&far.address.to_string()).build().unwrap();
    let Err(error) = pipeline(second, &store).start() else { panic!("the address is in use") };
    assert_eq!(error.kind(), ErrorKind::Io);
    assert!(error.to_string().contains(&far.address.to_string()), "{error}");
    far.stop().await;
}

#[test]
fn without_a_runtime_it_is_an_error() {
    let error = open_relay().build().unwrap().open().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
}
