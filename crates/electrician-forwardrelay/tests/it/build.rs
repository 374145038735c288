//! What a relay must be told.

use std::time::Duration;

use electrician_forwardrelay::auth::StaticToken;
use electrician_forwardrelay::relay::session::Acks;
use electrician_forwardrelay::relay::{EnvelopeWriter, RawPayload};
use electrician_forwardrelay::{
    ForwardRelay, ForwardRelayBuilder, ForwardRelayStats, LinkStats, Routing,
};

fn builder() -> ForwardRelayBuilder<Vec<u8>> {
    ForwardRelay::builder()
        .with_target("relay:1")
        .with_writer(EnvelopeWriter::bytes())
        .dangerously_in_plaintext()
}

fn problems(builder: ForwardRelayBuilder<Vec<u8>>) -> String {
    builder.build().unwrap_err().problems().join("\n")
}

#[test]
fn one_that_is_told_nothing_says_all_that_it_misses() {
    let text = problems(ForwardRelay::builder());
    for part in ["`with_target`", "`with_writer`", "`with_tls`"] {
        assert!(text.contains(part), "{part} in {text}");
    }
    assert!(builder().build().is_ok());
}

#[test]
fn each_problem_is_told() {
    let token = StaticToken::new("secret-token").unwrap();
    let zero = Duration::ZERO;
    let cases = vec![
        (builder().with_target("relay"), "give a host and a port"),
        (builder().with_target("relay:1"), "there twice"),
        (builder().with_target("https://relay:2"), "leave out the scheme"),
        (builder().with_token_source(token), "not sent without TLS"),
        (builder().with_header("grpc-timeout", "1S"), "set by the relay itself"),
        (builder().with_header("a b", "1"), "name or value"),
        (builder().with_balancing_key(|_, _| {}), "Routing::Balanced"),
        (builder().with_backoff(zero, zero), "backoff"),
        (builder().with_windows(2, 1), "windows of 2 and 1"),
        (builder().with_deadline(zero), "a timeout or a deadline is 0"),
        (builder().with_max_message_bytes(32), "more than 32"),
        (builder().with_window_bytes(1000), "a window of 1000 bytes"),
        (builder().with_window(10).with_acks(Acks::Batch(64)), "every 64 payloads"),
    ];
    for (builder, part) in cases {
        let text = problems(builder);
        assert!(text.contains(part), "{part} in {text}");
        assert!(!text.contains("secret-token"));
    }
}

#[test]
fn payloads_that_pass_need_no_writer() {
    let built = ForwardRelay::<RawPayload>::builder()
        .with_target("relay:1")
        .dangerously_in_plaintext()
        .with_routing(Routing::Broadcast)
        .passing_through()
        .build();
    assert!(built.is_ok());
}

#[test]
fn debug_shows_no_header() {
    let shown = format!("{:?}", builder().with_header("x-key", "secret-value"));
    assert!(shown.contains("x-key") && !shown.contains("secret-value"), "{shown}");
}

#[test]
fn what_crosses_threads_may() {
    fn is_send<T: Send>() {}
    fn is_both<T: Send + Sync>() {}
    is_send::<ForwardRelay<Vec<u8>>>();
    is_send::<ForwardRelayBuilder<Vec<u8>>>();
    is_both::<ForwardRelayStats>();
    is_both::<LinkStats>();
}
