use electrician::parquet::TimestampMicros;

use super::{Airport, Flight, Month, Unbelievable};

const DAY: i64 = 24 * 60 * 60 * 1_000_000;

#[test]
fn months_are_those_of_the_calendar() {
    for (days, month) in [
        (0, "1970-01"),
        (-1, "1969-12"),
        (30, "1970-01"),
        (31, "1970-02"),
        (11_016, "2000-02"),
        (11_017, "2000-03"),
        (11_322, "2000-12"),
        (11_323, "2001-01"),
    ] {
        assert_eq!(Month::of(TimestampMicros(days * DAY)).to_string(), month, "{days}");
        assert_eq!(Month::of(TimestampMicros(days * DAY + DAY - 1)).to_string(), month, "{days}");
    }
}

#[test]
fn what_cannot_be_true_is_said() {
    let airport = |name: &str| Airport::try_from(name).unwrap();
    let flight = Flight {
        date: TimestampMicros(0),
        delay: 5,
        distance: 200,
        origin: airport("ATL"),
        destination: airport("SAV"),
    };
    assert!(flight.check().is_ok());
    let circle = Flight { destination: airport("ATL"), ..flight };
    assert_eq!(circle.check().unwrap_err(), Unbelievable::Circle(airport("ATL")));
    assert_eq!(Flight { distance: 0, ..flight }.check().unwrap_err(), Unbelievable::Distance(0));
    assert_eq!(Flight { delay: -9999, ..flight }.check().unwrap_err(), Unbelievable::Delay(-9999));
}

#[test]
fn airports_are_three_letters() {
    assert_eq!(Airport::try_from("ATL").unwrap().to_string(), "ATL");
    let error = Airport::try_from("Atlanta").unwrap_err();
    assert_eq!(error.to_string(), "an airport is three ASCII letters, not \"Atlanta\"");
    assert!(Airport::try_from("aü").is_err());
}
