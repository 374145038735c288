//! From rows to strikes.

use std::str::FromStr;

use crate::strikes::rules::Suspicions;
use crate::strikes::source::{Columns, Content, Row};
use crate::strikes::strike::{Date, Strike};
use crate::strikes::words::{Column, Word};

/// Why a row is no strike. Nothing is guessed: a word that is not understood is an error, for a
/// person to look at.
///
/// Of the bundled file this concerns 15 rows, all for their amount of damage. It says `C` in 14 of
/// them and `B` in one: all are military, and these are the armed forces' classes of mishap, which
/// go by cost. How bad the damage was they do not say.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    /// The fields cannot be told apart.
    #[error("a quote is not closed on its line")]
    OpenQuote,
    /// The fields cannot be attributed to columns.
    #[error("{found} fields where the header has {expected}")]
    Width {
        /// How many there are.
        found: usize,
        /// How many there should be.
        expected: usize,
    },
    /// A field is no text.
    #[error("{column:?} is not plain UTF-8 text")]
    NotText {
        /// The column.
        column: &'static str,
    },
    /// A field has no value and needs one. Speed needs none: not known.
    #[error("{column:?} is empty")]
    Missing {
        /// The column.
        column: &'static str,
    },
    /// A field has a value that is none.
    #[error("{column:?} is {found:?}, not {expected}")]
    Value {
        /// The column.
        column: &'static str,
        /// What it says.
        found: String,
        /// What it should say.
        expected: String,
    },
}

/// A row whose fields can be attributed to columns.
struct Reader<'a> {
    fields: &'a csv::ByteRecord,
    columns: &'a Columns,
}

// === impl Malformed ===

impl Malformed {
    /// In few words, the same for all rows with this defect.
    pub fn rule(&self) -> String {
        match self {
            Self::OpenQuote => "a quote is not closed".into(),
            Self::Width { .. } => "wrong number of fields".into(),
            Self::NotText { .. } => "not plain UTF-8 text".into(),
            Self::Missing { column } => format!("no {column:?}"),
            Self::Value { column, .. } => format!("{column:?} not understood"),
        }
    }
}

/// Makes a strike of a row.
pub fn parse(row: &Row, columns: &Columns) -> Result<Strike, Malformed> {
    let Content::Fields(fields) = &*row.content else {
        return Err(Malformed::OpenQuote);
    };
    if fields.len() != columns.width() {
        return Err(Malformed::Width { found: fields.len(), expected: columns.width() });
    }
    let reader = Reader { fields, columns };
    let knots = match reader.text(Column::Speed)? {
        "" => None,
        text => Some(number(Column::Speed, text)?),
    };
    Ok(Strike {
        row: row.clone(),
        airport: reader.required(Column::Airport)?.to_owned(),
        state: reader.required(Column::State)?.to_owned(),
        aircraft: reader.required(Column::Aircraft)?.to_owned(),
        operator: reader.required(Column::Operator)?.to_owned(),
        date: reader.date()?,
        light: reader.word(Column::Light)?,
        phase: reader.word(Column::Phase)?,
        knots,
        species: reader.required(Column::Species)?.to_owned(),
        size: reader.word(Column::Size)?,
        damage: reader.word(Column::Damage)?,
        cost_repair: reader.dollars(Column::CostRepair)?,
        cost_other: reader.dollars(Column::CostOther)?,
        cost: reader.dollars(Column::CostTotal)?,
        suspicions: Suspicions::default(),
    })
}

// === impl Reader ===

impl<'a> Reader<'a> {
    /// Text that a terminal can show: the report prints names as they are.
    fn text(&self, column: Column) -> Result<&'a str, Malformed> {
        let bytes = self.columns.field(self.fields, column);
        let text = std::str::from_utf8(bytes).ok();
        text.filter(|text| !text.contains(char::is_control))
            .ok_or(Malformed::NotText { column: column.word() })
    }

    fn required(&self, column: Column) -> Result<&'a str, Malformed> {
        match self.text(column)? {
            "" => Err(Malformed::Missing { column: column.word() }),
            text => Ok(text),
        }
    }

    fn date(&self) -> Result<Date, Malformed> {
        let text = self.required(Column::Date)?;
        Date::parse(text).ok_or_else(|| value(Column::Date, text, "a date like 1999-12-31"))
    }

    fn word<W: Word>(&self, column: Column) -> Result<W, Malformed> {
        let text = self.required(column)?;
        W::from_word(text).ok_or_else(|| {
            let words: Vec<_> = W::ALL.iter().map(|word| word.word()).collect();
            value(column, text, &format!("one of {}", words.join(", ")))
        })
    }

    fn dollars(&self, column: Column) -> Result<u32, Malformed> {
        number(column, self.required(column)?)
    }
}

/// The largest that is believed is what fits.
fn number<T: FromStr>(column: Column, text: &str) -> Result<T, Malformed> {
    let bits = 8 * size_of::<T>();
    text.parse().map_err(|_| value(column, text, &format!("a whole number below 2^{bits}")))
}

fn value(column: Column, found: &str, expected: &str) -> Malformed {
    Malformed::Value {
        column: column.word(),
        found: found.to_owned(),
        expected: expected.to_owned(),
    }
}
