//! The parts of the domain that the file that comes with it does not try out.

use electrician_examples::strikes::{Animal, Damage, Date, Phase, Season, Severity, Word, grouped};

#[test]
fn dates_are_days_that_exist() {
    for text in ["1990-01-08", "2000-02-29", "1996-02-29", "0001-12-31", "1999-04-30"] {
        assert_eq!(Date::parse(text).map(|date| date.to_string()).as_deref(), Some(text));
    }
    for text in [
        "",
        "1999",
        "1999-01",
        "1999-1-1",
        "1999-01-01-01",
        "1999-00-01",
        "1999-13-01",
        "1999-01-00",
        "1999-04-31",
        "1900-02-29",
        "1999-02-29",
        "+999-01-01",
        "99-01-01",
        "1999/01/01",
        "1999-01-01T00:00",
        "١٩٩٩-٠١-٠١",
    ] {
        assert_eq!(Date::parse(text), None, "{text}");
    }
    assert!(Date::parse("1999-12-31") < Date::parse("2000-01-01"));
}

#[test]
fn seasons_are_whole_months() {
    let season = |text: &str| Season::of(Date::parse(text).unwrap());
    assert_eq!(season("1999-02-28"), Season::Winter);
    assert_eq!(season("1999-03-01"), Season::Spring);
    assert_eq!(season("1999-08-31"), Season::Summer);
    assert_eq!(season("1999-09-01"), Season::Autumn);
    assert_eq!(season("1999-12-01"), Season::Winter);
}

#[test]
fn animals_are_known_by_their_last_word() {
    assert_eq!(Animal::of("White-tailed deer"), Animal::Land);
    assert_eq!(Animal::of("Coyote"), Animal::Land);
    assert_eq!(Animal::of("Black-tailed jackrabbit"), Animal::Land);
    assert_eq!(Animal::of("Cattle egret"), Animal::Bird);
    assert_eq!(Animal::of("Turkey vulture"), Animal::Bird);
    assert_eq!(Animal::of("Unknown bird or bat"), Animal::Unknown);
}

#[test]
fn severity_is_damage_or_cost() {
    assert_eq!(Severity::of(Damage::None, 0), Severity::Harmless);
    assert_eq!(Severity::of(Damage::None, 1), Severity::Costly);
    assert_eq!(Severity::of(Damage::Minor, 99_999), Severity::Damaging);
    assert_eq!(Severity::of(Damage::Medium, 0), Severity::Damaging);
    assert_eq!(Severity::of(Damage::None, 100_000), Severity::Severe);
    assert_eq!(Severity::of(Damage::Substantial, 0), Severity::Severe);
}

#[test]
fn words_are_read_as_they_are_written() {
    for phase in Phase::ALL {
        assert_eq!(Phase::from_word(phase.word()), Some(*phase));
        assert_eq!(Phase::ALL[phase.index()], *phase);
    }
    assert_eq!(Phase::from_word("Hover"), None);
}

#[test]
fn numbers_are_grouped_by_three() {
    for (number, text) in [(0, "0"), (999, "999"), (1_000, "1,000"), (1_234_567, "1,234,567")] {
        assert_eq!(grouped(number), text);
    }
}
