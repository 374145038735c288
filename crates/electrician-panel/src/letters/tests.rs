use std::time::{Duration, SystemTime};

use electrician_types::{Error, ErrorKind, Item};

use super::*;

fn letter<T>(item: T, error: Error) -> DeadLetter<T> {
    let first_seen = SystemTime::UNIX_EPOCH + Duration::from_millis(1_500);
    DeadLetter { item: Item::new(item), error, attempts: 3, stage: "parse".into(), first_seen }
}

fn failed(message: &'static str) -> Error {
    Error::new(ErrorKind::Malformed, message)
}

#[test]
fn the_latest_are_kept_and_all_are_counted() {
    let book = LetterBook::new(2);
    for number in 1..=3 {
        book.note(&letter(number, failed("no number")));
    }
    assert_eq!(book.count(), 3);
    let kept: Vec<_> =
        book.latest().into_iter().map(|letter| (letter.number, letter.item)).collect();
    assert_eq!(kept, [(3, "3".into()), (2, "2".into())]);
}

#[test]
fn a_letter_tells_where_when_and_why() {
    let book = LetterBook::new(2);
    let cause = std::io::Error::other("the disk is full");
    book.note_as(&letter("secret", failed("writing").with_source(cause)), format_args!("a row"));
    let [letter] = &book.latest()[..] else { panic!("one letter") };
    assert_eq!((&*letter.stage, letter.attempts, letter.first_seen), ("parse", 3, 1_500));
    assert!(letter.error.ends_with("the disk is full"), "{}", letter.error);
    assert_eq!((&*letter.kind, &*letter.item), ("Malformed", "a row"));
}

#[test]
fn a_long_text_is_cut_between_characters() {
    let text = cut(format_args!("{}{}", "a", "é".repeat(5_000)));
    assert!(text.ends_with("é…"), "cut at {}", text.len());
    assert!(text.len() <= LONGEST + "…".len());
    assert_eq!(cut(format_args!("{}", "a".repeat(LONGEST))).len(), LONGEST, "that much fits");
}
