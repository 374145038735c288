//! What went wrong, where, and whether trying again may help.

use std::error::Error as _;
use std::io;

use electrician_types::{BoxError, Error, ErrorKind};

const KINDS: [ErrorKind; 9] = [
    ErrorKind::Config,
    ErrorKind::Failed,
    ErrorKind::Panicked,
    ErrorKind::Timeout,
    ErrorKind::Cancelled,
    ErrorKind::Closed,
    ErrorKind::TooLarge,
    ErrorKind::Malformed,
    ErrorKind::Io,
];

#[derive(Debug, thiserror::Error, PartialEq)]
#[error("row {0} is no good")]
struct BadRow(u32);

#[derive(Debug, thiserror::Error)]
#[error("a page could not be read")]
struct BadPage(#[source] BadRow);

#[test]
fn is_what_it_was_made_of() {
    for kind in KINDS {
        let error = Error::new(kind, "reading");
        assert_eq!((error.kind(), error.component(), error.operation()), (kind, "", "reading"));
        assert!(error.source().is_none());
        assert!(error.cause::<BadRow>().is_none());
    }
    let named = Error::new(ErrorKind::Io, String::from("reading")).with_component("orders");
    assert_eq!((named.component(), named.operation()), ("orders", "reading"));
}

#[test]
fn the_kind_says_whether_to_try_again() {
    let retryable = KINDS.into_iter().filter(|kind| Error::new(*kind, "").is_retryable());
    let expected = [ErrorKind::Failed, ErrorKind::Timeout, ErrorKind::Io];
    assert_eq!(retryable.collect::<Vec<_>>(), expected);
}

#[test]
fn the_error_itself_has_the_last_word() {
    for kind in KINDS {
        for retryable in [true, false] {
            let error = Error::new(kind, "").with_retryable(retryable);
            let error = error.with_component("orders").with_source(BadRow(1));
            assert_eq!((error.kind(), error.is_retryable()), (kind, retryable));
        }
    }
}

#[test]
fn user_errors_are_failures_with_their_cause() {
    let error = Error::failed(BadRow(3));
    assert_eq!((error.kind(), error.operation(), error.component()), (ErrorKind::Failed, "", ""));
    assert!(error.is_retryable());
    assert_eq!(error.source().unwrap().downcast_ref(), Some(&BadRow(3)));
    assert_eq!(error.to_string(), "row 3 is no good");
    assert_eq!(Error::failed("just a word").to_string(), "just a word");
}

#[test]
fn an_error_of_ours_stays_what_it_is() {
    let ours = Error::new(ErrorKind::Timeout, "asking").with_component("price");
    let ours = ours.with_retryable(false).with_source(BadRow(1));
    for same in [Error::failed(ours.clone()), Error::failed(Box::new(ours) as BoxError)] {
        assert_eq!((same.kind(), same.is_retryable()), (ErrorKind::Timeout, false));
        assert_eq!((same.component(), same.operation()), ("price", "asking"));
        assert_eq!(same.cause(), Some(&BadRow(1)));
    }
}

#[test]
fn causes_are_found_however_deep() {
    let inner = Error::new(ErrorKind::Io, "reading").with_source(BadPage(BadRow(4)));
    let error = Error::new(ErrorKind::Failed, "loading").with_source(inner);
    assert_eq!(error.cause(), Some(&BadRow(4)));
    assert_eq!(error.cause::<BadPage>().unwrap().0, BadRow(4));
    assert_eq!(error.cause::<Error>().unwrap().operation(), "reading");
    assert!(error.cause::<io::Error>().is_none());
}

#[test]
fn the_first_cause_of_a_type_is_found() {
    let inner = Error::new(ErrorKind::Io, "inner");
    let middle = Error::new(ErrorKind::Io, "middle").with_source(inner);
    let error = Error::new(ErrorKind::Io, "outer").with_source(middle);
    assert_eq!(error.cause::<Error>().unwrap().operation(), "middle");
}

#[test]
fn the_chain_of_sources_has_an_end() {
    let error = Error::failed(BadPage(BadRow(4))).with_component("pages");
    let mut told = Vec::new();
    let mut next = error.source();
    while let Some(error) = next {
        told.push(error.to_string());
        next = error.source();
    }
    assert_eq!(told, ["a page could not be read", "row 4 is no good"]);
}

#[test]
fn says_where_what_and_why() {
    let bare = Error::new(ErrorKind::Timeout, "");
    assert_eq!(bare.to_string(), "timed out");
    assert_eq!(bare.with_component("price").to_string(), "price: timed out");
    let error = Error::new(ErrorKind::Timeout, "asking");
    assert_eq!(error.to_string(), "asking");
    let error = error.with_component("price");
    assert_eq!(error.to_string(), "price: asking");
    let error = error.with_source(BadRow(2));
    assert_eq!(error.to_string(), "price: asking: row 2 is no good");
    let error = Error::failed(BadRow(2)).with_component("price");
    assert_eq!(error.to_string(), "price: row 2 is no good");
}

#[test]
fn each_kind_says_what_it_is() {
    let told = KINDS.map(|kind| Error::new(kind, "").to_string());
    let expected = [
        "invalid configuration",
        "failed",
        "panicked",
        "timed out",
        "cancelled",
        "closed",
        "too large",
        "malformed input",
        "input or output failed",
    ];
    assert_eq!(told, expected);
    assert_eq!(KINDS.map(|kind| kind.to_string()), expected);
}

#[test]
fn the_later_word_replaces_the_former() {
    let error = Error::new(ErrorKind::Io, "reading").with_component("a").with_component("b");
    assert_eq!(error.to_string(), "b: reading");
    let error = error.with_source(BadRow(1)).with_source(BadRow(2));
    assert_eq!(error.to_string(), "b: reading: row 2 is no good");
    assert!(
        error.with_retryable(true).with_retryable(false).with_component("c").kind()
            == ErrorKind::Io
    );
}

/// Somebody else may hold the error while it gets its name: it is the same error all the same.
#[test]
fn a_shared_error_changes_like_any_other() {
    let make = || Error::new(ErrorKind::Io, "reading").with_source(BadPage(BadRow(1)));
    let changes: [fn(Error) -> Error; 4] = [
        |error| error.with_component("orders"),
        |error| error.with_retryable(false),
        |error| error.with_source(BadRow(9)),
        |error| error.with_component("orders").with_retryable(false).with_component("rows"),
    ];
    for change in changes {
        let alone = change(make());
        let held = make();
        let shared = change(held.clone());
        assert_eq!(shared.to_string(), alone.to_string());
        assert_eq!(shared.kind(), alone.kind());
        assert_eq!(shared.is_retryable(), alone.is_retryable());
        assert_eq!(shared.cause::<BadRow>(), alone.cause::<BadRow>());
        assert_eq!(
            shared.source().map(ToString::to_string),
            alone.source().map(ToString::to_string)
        );
        assert_eq!(held.to_string(), "reading: a page could not be read", "what is held stays");
        assert_eq!((held.component(), held.is_retryable()), ("", true));
    }
}

#[test]
fn clones_are_the_same_error() {
    let error = Error::failed(BadRow(1)).with_component("rows").with_retryable(false);
    let clone = error.clone();
    drop(error);
    assert_eq!(clone.cause(), Some(&BadRow(1)));
    assert_eq!((clone.component(), clone.is_retryable()), ("rows", false));
    let debug = format!("{clone:?}");
    for part in ["Failed", "rows", "BadRow(1)"] {
        assert!(debug.contains(part), "{part} in {debug}");
    }
}

#[test]
fn errors_of_the_system_are_io() {
    let error = Error::from(io::Error::new(io::ErrorKind::NotFound, "no such topic"));
    assert_eq!(error.kind(), ErrorKind::Io);
    assert!(error.is_retryable());
    assert_eq!(error.to_string(), "no such topic");
    assert_eq!(error.cause::<io::Error>().unwrap().kind(), io::ErrorKind::NotFound);
}
