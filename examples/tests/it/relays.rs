//! Relays between processes: what arrives, and what does not.

use crate::program::{Outcome, example};

#[test]
fn a_receiver_that_goes_away_costs_nothing() {
    let outcome = Outcome::of(&mut example("relay_basic")).expect_success();
    assert!(outcome.stdout.contains("acknowledged 2000, "), "{}", outcome.stdout);
    assert!(outcome.stdout.contains(", processed twice 0"), "{}", outcome.stdout);
}

#[test]
fn what_is_wrong_is_said_in_words() {
    let mut command = example("relay_basic");
    let outcome = Outcome::of(command.args(["receive", "nowhere"]));
    outcome.expect_complaint(1, &["relay_basic: ", "\"nowhere\" is no place to listen at"]);
}

#[test]
fn who_may_not_send_does_not() {
    let outcome = Outcome::of(&mut example("relay_secure")).expect_success();
    outcome.expect_line("booked 2000 orders");
    let said = |who: &str| {
        let line = outcome.stdout.lines().find(|line| line.starts_with(who));
        line.unwrap_or_else(|| panic!("nothing about {who:?} in\n{}", outcome.stdout))
    };
    assert!(said("billing: ").contains("delivered 2000"));
    for (who, why) in [
        // In TLS 1.3 a client learns it after it has begun, and not always why.
        ("without a certificate", "connection error"),
        ("with the certificate of \"marketing\"", "connection error"),
        ("without a token", "auth validation failed"),
        ("with another key", "the tag does not match"),
    ] {
        assert!(said(who).contains(why) && !said(who).contains("came in"), "{}", said(who));
    }
}

#[test]
fn a_hop_passes_on_what_it_cannot_read() {
    let outcome = Outcome::of(&mut example("relay_passthrough_hop")).expect_success();
    outcome.expect_line("booked 2000 orders, each with its unknown field");
    assert!(outcome.stdout.contains("the hop tries to read one: "), "{}", outcome.stdout);
    assert!(!outcome.stdout.contains("should not"), "{}", outcome.stdout);
}

#[test]
fn two_responders_have_the_known_answers() {
    let outcome = Outcome::of(&mut example("relay_fan_out")).expect_success();
    outcome.expect_line("most strikes: Texas 1,495, California 890, Louisiana 613");
    outcome.expect_line(
        "costliest: Canada goose 15,389,869, Unknown bird - large 10,359,212, \
         Unknown bird - medium 4,015,639",
    );
    outcome.expect_line("cost of all: 39,023,044 $");
}
