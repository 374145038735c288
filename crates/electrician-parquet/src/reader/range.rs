//! Row groups that cannot have what is wanted.

use parquet::file::metadata::RowGroupMetaData;
use parquet::file::statistics::Statistics;

/// A value that bounds a range: an integer, a float or text.
#[derive(Clone, Debug, PartialEq)]
pub struct Bound(Value);

#[derive(Clone, Debug, PartialEq)]
enum Value {
    Integer(i64),
    Float(f64),
    Text(String),
}

/// What a column must have some value of.
#[derive(Clone, Debug)]
pub(crate) struct Range {
    pub(crate) column: String,
    pub(crate) low: Bound,
    pub(crate) high: Bound,
}

// === impl Range ===

impl Range {
    /// Whether the row group may have a value in the range; yes where nothing is known.
    pub(crate) fn may_hold(&self, group: &RowGroupMetaData) -> bool {
        let is_column = |path: &[String]| path.join(".") == self.column;
        let mut chunks = group.columns().iter();
        let Some(chunk) = chunks.find(|chunk| is_column(chunk.column_path().parts())) else {
            return true;
        };
        let Some(statistics) = chunk.statistics() else {
            return true;
        };
        // Unsigned numbers are stored as if they had a sign.
        let is_unsigned = chunk.column_descr().logical_type_ref().is_some_and(|logical| {
            matches!(logical, parquet::basic::LogicalType::Integer(kind) if !kind.is_signed)
        });
        let (low, high) = (&self.low.0, &self.high.0);
        match (statistics, low, high) {
            (Statistics::Int32(own), Value::Integer(low), Value::Integer(high)) if !is_unsigned => {
                let (min, max) = (own.min_opt(), own.max_opt());
                min.is_none_or(|min| i64::from(*min) <= *high)
                    && max.is_none_or(|max| i64::from(*max) >= *low)
            }
            (Statistics::Int64(own), Value::Integer(low), Value::Integer(high)) if !is_unsigned => {
                let (min, max) = (own.min_opt(), own.max_opt());
                min.is_none_or(|min| min <= high) && max.is_none_or(|max| max >= low)
            }
            (Statistics::Float(own), Value::Float(low), Value::Float(high)) => {
                // Written so that what is no number excludes nothing.
                let (min, max) = (own.min_opt(), own.max_opt());
                !(min.is_some_and(|min| f64::from(*min) > *high)
                    || max.is_some_and(|max| f64::from(*max) < *low))
            }
            (Statistics::Double(own), Value::Float(low), Value::Float(high)) => {
                let (min, max) = (own.min_opt(), own.max_opt());
                !(min.is_some_and(|min| min > high) || max.is_some_and(|max| max < low))
            }
            (Statistics::ByteArray(own), Value::Text(low), Value::Text(high)) => {
                let (min, max) = (own.min_opt(), own.max_opt());
                min.is_none_or(|min| min.data() <= high.as_bytes())
                    && max.is_none_or(|max| max.data() >= low.as_bytes())
            }
            _ => true,
        }
    }
}

// === impl Bound ===

macro_rules! bounds {
    ($($type:ty => $variant:ident,)*) => {
        $(
            impl From<$type> for Bound {
                fn from(value: $type) -> Self {
                    Self(Value::$variant(value.into()))
                }
            }
        )*
    };
}

bounds! {
    i8 => Integer,
    i16 => Integer,
    i32 => Integer,
    i64 => Integer,
    u8 => Integer,
    u16 => Integer,
    u32 => Integer,
    f32 => Float,
    f64 => Float,
    &str => Text,
    String => Text,
}
