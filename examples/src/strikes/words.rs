//! The words that some columns are restricted to, and the names of the columns.

/// One of a fixed set of words.
pub trait Word: Copy + Sized + 'static {
    /// All of the set, in the order of their indices.
    const ALL: &'static [Self];

    /// How it is written in the file.
    fn word(self) -> &'static str;

    /// Its place among all.
    fn index(self) -> usize;

    /// What `word` stands for.
    fn from_word(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|candidate| candidate.word() == word)
    }
}

macro_rules! words {
    ($(#[$about:meta])* $name:ident { $($variant:ident = $word:literal,)+ }) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $name {
            $(#[doc = concat!("`", $word, "`")] $variant,)+
        }

        impl $crate::strikes::words::Word for $name {
            const ALL: &'static [Self] = &[$(Self::$variant),+];

            fn word(self) -> &'static str {
                match self { $(Self::$variant => $word,)+ }
            }

            fn index(self) -> usize {
                self as usize
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad($crate::strikes::words::Word::word(*self))
            }
        }
    };
}

pub(crate) use words;

words! {
    /// A column of the file, found by its name.
    Column {
        Airport = "Airport Name",
        Aircraft = "Aircraft Make Model",
        Damage = "Effect Amount of damage",
        Date = "Flight Date",
        Operator = "Aircraft Airline Operator",
        State = "Origin State",
        Phase = "Phase of flight",
        Size = "Wildlife Size",
        Species = "Wildlife Species",
        Light = "Time of day",
        CostOther = "Cost Other",
        CostRepair = "Cost Repair",
        CostTotal = "Cost Total $",
        Speed = "Speed IAS in knots",
    }
}

words! {
    /// How badly the aircraft was damaged.
    Damage {
        None = "None",
        Minor = "Minor",
        Medium = "Medium",
        Substantial = "Substantial",
    }
}

words! {
    /// What the aircraft was doing.
    Phase {
        Parked = "Parked",
        Taxi = "Taxi",
        TakeOffRun = "Take-off run",
        Climb = "Climb",
        Descent = "Descent",
        Approach = "Approach",
        LandingRoll = "Landing Roll",
    }
}

words! {
    /// How large the animal was.
    Size {
        Small = "Small",
        Medium = "Medium",
        Large = "Large",
    }
}

words! {
    /// How light it was.
    Light {
        Dawn = "Dawn",
        Day = "Day",
        Dusk = "Dusk",
        Night = "Night",
    }
}

// === impl Phase ===

impl Phase {
    /// Whether the aircraft was in the air.
    pub const fn is_airborne(self) -> bool {
        matches!(self, Self::Climb | Self::Descent | Self::Approach)
    }

    /// Whether it was on the runway, and fast.
    pub const fn is_roll(self) -> bool {
        matches!(self, Self::TakeOffRun | Self::LandingRoll)
    }
}
