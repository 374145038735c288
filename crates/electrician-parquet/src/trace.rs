//! What columns a type has, asked of its `Deserialize`.
//!
//! A type that reads itself says what it wants: a struct with these fields, an integer of that
//! width. So the type is deserialized from nothing, once for each node of its tree; each time the
//! request at that node is noted, and everything ends in an error that nobody looks at. No value is
//! ever made, so types that refuse made-up values can be asked, too.

use std::fmt;

use arrow_schema::DataType;
use serde::de::value::StrDeserializer;
use serde::de::{DeserializeOwned, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::forward_to_deserialize_any;

use crate::ParquetError;
use crate::types::{self, decimal};

/// How deep types may nest; one that contains itself has no columns.
const DEPTH: usize = 32;

/// What a type is made of.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Shape {
    Leaf(DataType),
    Optional(Box<Self>),
    Struct(Vec<(&'static str, Self)>),
    List(Box<Self>),
    Map(Box<Self>, Box<Self>),
}

/// The shape of `T`.
pub(crate) fn shape<T: DeserializeOwned>() -> Result<Shape, ParquetError> {
    shape_at::<T>(&mut Vec::new())
}

/// A way down from a node.
#[derive(Clone, Copy, Debug)]
enum Step {
    /// The field by this name.
    Field(&'static str),
    /// What is optional, or the element of a list.
    Inner,
    Key,
    Value,
}

/// What a node asked for.
#[derive(Clone, Copy, Debug)]
enum Asked {
    Leaf(Leaf),
    Optional,
    Struct(&'static [&'static str]),
    Seq,
    Map,
    Never(&'static str),
}

#[derive(Clone, Copy, Debug)]
enum Leaf {
    Plain(fn() -> DataType),
    Named(&'static str),
}

fn shape_at<T: DeserializeOwned>(path: &mut Vec<Step>) -> Result<Shape, ParquetError> {
    let refuse = |path: &[Step], why: &str| {
        let place = Path(path).to_string();
        ParquetError::schema(format!("{place} has no columns: {why}"))
    };
    if path.len() > DEPTH {
        return Err(refuse(path, "it nests too deep, or contains itself"));
    }
    let mut asked = None;
    // Always an error: nothing is there to be read.
    drop(T::deserialize(Probe { path, asked: &mut asked }));
    let is_root = path.is_empty();
    let below = |step: Step, path: &mut Vec<Step>| {
        path.push(step);
        let shape = shape_at::<T>(path);
        path.pop();
        shape
    };
    match asked {
        Some(Asked::Leaf(Leaf::Plain(data_type))) => Ok(Shape::Leaf(data_type())),
        Some(Asked::Leaf(Leaf::Named(name))) => match named(name) {
            Some(data_type) => Ok(Shape::Leaf(data_type)),
            None => Err(refuse(path, "a decimal has 1 to 38 digits, and no more after the point")),
        },
        Some(Asked::Optional) => Ok(match below(Step::Inner, path)? {
            // An `Option` within an `Option`: a column knows one kind of nothing.
            nested @ Shape::Optional(_) => nested,
            shape => Shape::Optional(Box::new(shape)),
        }),
        Some(Asked::Struct(&[])) => Err(refuse(path, "it is a struct without fields")),
        Some(Asked::Struct(names)) => {
            let fields = names.iter().map(|name| Ok((*name, below(Step::Field(name), path)?)));
            Ok(Shape::Struct(fields.collect::<Result<_, ParquetError>>()?))
        }
        Some(Asked::Seq) => Ok(Shape::List(Box::new(below(Step::Inner, path)?))),
        Some(Asked::Map) if is_root => {
            Err(refuse(path, "its fields are not known before there is a value (`flatten`, a map)"))
        }
        Some(Asked::Map) => {
            Ok(Shape::Map(Box::new(below(Step::Key, path)?), Box::new(below(Step::Value, path)?)))
        }
        Some(Asked::Never(why)) => Err(refuse(path, why)),
        None => Err(refuse(path, "it asks for nothing when it is deserialized")),
    }
}

/// The type of the column of one of our own types.
fn named(name: &str) -> Option<DataType> {
    use arrow_schema::TimeUnit::{Microsecond, Millisecond, Nanosecond};
    let timestamp = |unit| DataType::Timestamp(unit, Some("UTC".into()));
    Some(match name {
        types::DATE => DataType::Date32,
        types::MILLIS => timestamp(Millisecond),
        types::MICROS => timestamp(Microsecond),
        types::NANOS => timestamp(Nanosecond),
        name => {
            let (precision, scale) = decimal(name)?;
            let is_right =
                (1..=38).contains(&precision) && (0..=precision.cast_signed()).contains(&scale);
            return is_right.then_some(DataType::Decimal128(precision, scale));
        }
    })
}

/// Whether serde's name of a type is that of one of ours.
#[inline]
pub(crate) fn is_named(name: &str) -> bool {
    name.starts_with("$electrician::")
}

/// Deserializes nothing, and notes what was asked for at the end of the path.
struct Probe<'a> {
    path: &'a [Step],
    asked: &'a mut Option<Asked>,
}

/// One field, element or entry of what is on the path.
struct One<'a>(Option<Probe<'a>>);

impl<'a> Probe<'a> {
    /// Notes what is asked for if this is the end; the way on if not.
    fn note(self, asked: Asked) -> Result<Probe<'a>, ParquetError> {
        if self.path.is_empty() {
            *self.asked = Some(asked);
            return Err(ParquetError::schema("noted"));
        }
        Ok(self)
    }

    fn leaf<T>(self, data_type: fn() -> DataType) -> Result<T, ParquetError> {
        self.note(Asked::Leaf(Leaf::Plain(data_type)))?;
        Err(ParquetError::schema("no way on"))
    }

    fn never<T>(self, why: &'static str) -> Result<T, ParquetError> {
        self.note(Asked::Never(why))?;
        Err(ParquetError::schema("no way on"))
    }

    fn down(self) -> Probe<'a> {
        Probe { path: &self.path[1..], asked: self.asked }
    }
}

macro_rules! leaves {
    ($($method:ident => $data_type:expr,)*) => {
        $(
            fn $method<V: Visitor<'de>>(self, _: V) -> Result<V::Value, ParquetError> {
                self.leaf(|| $data_type)
            }
        )*
    };
}

impl<'de> Deserializer<'de> for Probe<'_> {
    type Error = ParquetError;

    leaves! {
        deserialize_bool => DataType::Boolean,
        deserialize_i8 => DataType::Int8,
        deserialize_i16 => DataType::Int16,
        deserialize_i32 => DataType::Int32,
        deserialize_i64 => DataType::Int64,
        deserialize_u8 => DataType::UInt8,
        deserialize_u16 => DataType::UInt16,
        deserialize_u32 => DataType::UInt32,
        deserialize_u64 => DataType::UInt64,
        deserialize_f32 => DataType::Float32,
        deserialize_f64 => DataType::Float64,
        deserialize_char => DataType::Utf8,
        deserialize_str => DataType::Utf8,
        deserialize_string => DataType::Utf8,
        deserialize_bytes => DataType::Binary,
        deserialize_byte_buf => DataType::Binary,
    }

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, ParquetError> {
        self.never("it takes any type, so its own is not known before there is a value")
    }

    fn deserialize_i128<V: Visitor<'de>>(self, _: V) -> Result<V::Value, ParquetError> {
        self.never("no column has integers of 128 bits; `Decimal<38, 0>` has 38 digits")
    }

    fn deserialize_u128<V: Visitor<'de>>(self, _: V) -> Result<V::Value, ParquetError> {
        self.never("no column has integers of 128 bits; `Decimal<38, 0>` has 38 digits")
    }

    fn deserialize_unit<V: Visitor<'de>>(self, _: V) -> Result<V::Value, ParquetError> {
        self.never("it is nothing at all")
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: V,
    ) -> Result<V::Value, ParquetError> {
        self.never("it is nothing at all")
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ParquetError> {
        let way = self.note(Asked::Optional)?;
        visitor.visit_some(way.down())
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, ParquetError> {
        let way = if is_named(name) { self.note(Asked::Leaf(Leaf::Named(name)))? } else { self };
        visitor.visit_newtype_struct(way)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ParquetError> {
        let way = self.note(Asked::Seq)?;
        visitor.visit_seq(One(Some(way.down())))
    }

    fn deserialize_tuple<V: Visitor<'de>>(
        self,
        len: usize,
        visitor: V,
    ) -> Result<V::Value, ParquetError> {
        if len == 0 {
            return self.never("it is empty");
        }
        // An array. A tuple looks the same from here; one of several types is found out by its
        // first row.
        self.deserialize_seq(visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        len: usize,
        visitor: V,
    ) -> Result<V::Value, ParquetError> {
        self.deserialize_tuple(len, visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ParquetError> {
        let way = self.note(Asked::Map)?;
        visitor.visit_map(One(Some(way)))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, ParquetError> {
        let way = self.note(Asked::Struct(fields))?;
        visitor.visit_map(One(Some(way)))
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        _: V,
    ) -> Result<V::Value, ParquetError> {
        // By the name of the variant.
        self.leaf(|| DataType::Utf8)
    }

    forward_to_deserialize_any! { identifier ignored_any }
}

impl<'de> SeqAccess<'de> for One<'_> {
    type Error = ParquetError;

    fn next_element_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, ParquetError> {
        self.0.take().map(|way| seed.deserialize(way)).transpose()
    }
}

impl<'de> MapAccess<'de> for One<'_> {
    type Error = ParquetError;

    fn next_key_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, ParquetError> {
        match self.0.as_ref().map(|way| way.path[0]) {
            Some(Step::Field(name)) => seed.deserialize(StrDeserializer::new(name)).map(Some),
            Some(_) => self.0.take().map(|way| seed.deserialize(way.down())).transpose(),
            None => Ok(None),
        }
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<S::Value, ParquetError> {
        let way = self.0.take().ok_or_else(|| ParquetError::schema("no way on"))?;
        seed.deserialize(way.down())
    }

    // A map makes its key first, and there is none to be made; so its value is asked alone.
    fn next_entry_seed<K: DeserializeSeed<'de>, V: DeserializeSeed<'de>>(
        &mut self,
        key: K,
        value: V,
    ) -> Result<Option<(K::Value, V::Value)>, ParquetError> {
        if let Some(way) = self.0.take_if(|way| matches!(way.path[0], Step::Value)) {
            value.deserialize(way.down())?;
            return Ok(None);
        }
        match self.next_key_seed(key)? {
            Some(key) => Ok(Some((key, self.next_value_seed(value)?))),
            None => Ok(None),
        }
    }
}

/// The place of a node: `the record`, or `column a.b`.
struct Path<'a>(&'a [Step]);

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.0.iter().filter_map(|step| match step {
            Step::Field(name) => Some(*name),
            Step::Inner => None,
            Step::Key => Some("(key)"),
            Step::Value => Some("(value)"),
        });
        let names: Vec<&str> = names.collect();
        if names.is_empty() {
            f.write_str("the record")
        } else {
            write!(f, "column {}", names.join("."))
        }
    }
}
