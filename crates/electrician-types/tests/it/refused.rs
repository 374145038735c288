//! A refusal hands the item back and says why.

use electrician_types::{Refusal, Refused};

const REASONS: [(Refusal, &str); 4] = [
    (Refusal::Full, "the queue is full: wait with submit, or try again later"),
    (Refusal::Closed, "the intake is closed: the run has stopped"),
    (
        Refusal::TooLarge { size: 9, budget: 8 },
        "the item has 9 bytes, more than the byte budget of 8",
    ),
    (Refusal::Panicked, "the key or size function of the queue panicked on the item"),
];

/// An item that cannot say what it is.
#[derive(Clone, PartialEq, Eq)]
struct Mute(u32);

#[test]
fn each_reason_says_what_is_wrong() {
    for (reason, message) in REASONS {
        assert_eq!(reason.to_string(), message);
        let refused = Refused::new(Mute(1), reason);
        assert_eq!(refused.to_string(), format!("submit refused: {message}"));
    }
}

#[test]
fn the_item_comes_back() {
    for (reason, _) in REASONS {
        let refused = Refused::new(Mute(7), reason);
        assert!(refused == refused.clone());
        assert_eq!(refused.reason, reason);
        assert!(refused.item == Mute(7));
        assert!(refused.into_item() == Mute(7));
    }
}

#[test]
fn only_a_full_queue_is_full_and_only_a_closed_one_closed() {
    for (reason, _) in REASONS {
        let refused = Refused::new((), reason);
        assert_eq!(refused.is_full(), reason == Refusal::Full);
        assert_eq!(refused.is_closed(), reason == Refusal::Closed);
    }
}

#[test]
fn another_form_of_the_item_is_refused_for_the_same_reason() {
    for (reason, _) in REASONS {
        let refused = Refused::new(Mute(7), reason).map(|mute| mute.0 * 2);
        assert_eq!(refused, Refused::new(14, reason));
    }
}

#[test]
fn is_an_error_whatever_the_item() {
    let error: Box<dyn std::error::Error + Send + Sync> =
        Box::new(Refused::new(Mute(7), Refusal::Full));
    assert!(error.source().is_none());
    assert!(format!("{error:?}").contains("Full"), "{error:?}");
    let refused = error.downcast::<Refused<Mute>>().ok().unwrap();
    assert!(refused.into_item() == Mute(7));
}
