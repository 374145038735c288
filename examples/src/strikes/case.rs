//! What follows from a strike.

use crate::strikes::strike::{Date, Strike};
use crate::strikes::words::{Damage, words};

/// A strike, enriched and classified.
#[derive(Clone, Debug)]
pub struct Case {
    /// What happened.
    pub strike: Strike,
    /// The season, of the northern hemisphere.
    pub season: Season,
    /// What kind of animal it was.
    pub animal: Animal,
    /// How bad it was.
    pub severity: Severity,
}

words! {
    /// Three months, counted as meteorologists do.
    Season {
        Spring = "Spring, Mar-May",
        Summer = "Summer, Jun-Aug",
        Autumn = "Autumn, Sep-Nov",
        Winter = "Winter, Dec-Feb",
    }
}

words! {
    /// What is known of the animal.
    Animal {
        Unknown = "not identified",
        Bird = "bird",
        Land = "land animal",
    }
}

words! {
    /// How bad a strike was, by damage and cost together.
    Severity {
        Harmless = "neither damage nor cost",
        Costly = "cost, but no damage",
        Damaging = "minor or medium damage",
        Severe = "substantial damage, or 100,000 $ and more",
    }
}

// === impl Case ===

impl From<Strike> for Case {
    fn from(strike: Strike) -> Self {
        Self {
            season: Season::of(strike.date),
            animal: Animal::of(&strike.species),
            severity: Severity::of(strike.damage, strike.cost),
            strike,
        }
    }
}

// === impl Season ===

impl Season {
    /// The season of a day.
    pub const fn of(date: Date) -> Self {
        match date.month() {
            3..=5 => Self::Spring,
            6..=8 => Self::Summer,
            9..=11 => Self::Autumn,
            _ => Self::Winter,
        }
    }
}

// === impl Animal ===

impl Animal {
    /// The kind of a species by its English name: the last word says what it is.
    pub fn of(species: &str) -> Self {
        const ON_LAND: &[&str] = &[
            "alligator",
            "armadillo",
            "cat",
            "cattle",
            "coyote",
            "deer",
            "dog",
            "elk",
            "fox",
            "hare",
            "jackrabbit",
            "moose",
            "opossum",
            "rabbit",
            "raccoon",
            "skunk",
            "turtle",
            "woodchuck",
        ];
        let last = species.rsplit([' ', '-']).next().unwrap_or_default();
        if species.starts_with("Unknown") {
            Self::Unknown
        } else if ON_LAND.iter().any(|name| name.eq_ignore_ascii_case(last)) {
            Self::Land
        } else {
            Self::Bird
        }
    }
}

// === impl Severity ===

impl Severity {
    /// The severity of a damage and a cost in US dollars.
    pub const fn of(damage: Damage, cost: u32) -> Self {
        match (damage, cost) {
            (Damage::Substantial, _) | (_, 100_000..) => Self::Severe,
            (Damage::Minor | Damage::Medium, _) => Self::Damaging,
            (Damage::None, 0) => Self::Harmless,
            (Damage::None, _) => Self::Costly,
        }
    }
}
