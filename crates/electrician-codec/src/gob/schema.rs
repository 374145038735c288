//! The types of what is written.

mod merge;

use std::borrow::Cow;

use serde::Serialize;

use super::infer;
use crate::CodecError;

pub(super) use self::merge::merge;

/// The Go type of what is written.
///
/// Gob sends the types of values before the values, but serde shows a type only as far as the value
/// at hand goes: nothing is known of the elements of an empty list, or of what an `Option` does not
/// hold. A writer without a schema leaves such fields out of the struct, which is sound: to a reader
/// they are zero. Elsewhere it cannot: an empty list within a list has elements of a type that must
/// be sent, so writing it is an error. A schema says what the types are:
///
/// - [`of`](Self::of) takes them from values of which at least one is not empty,
/// - the other functions build them by hand, which also says what serde does not know: that a Rust
///   `u32` is a Go `int`, or the names under which Go has registered types.
///
/// ```
/// use electrician_codec::gob::Schema;
///
/// let line = Schema::structure("Line", [("SKU", Schema::string()), ("Count", Schema::int())]);
/// let order = Schema::structure(
///     "Order",
///     [("ID", Schema::string()), ("At", Schema::time()), ("Lines", Schema::slice(line))],
/// );
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schema(pub(super) Shape);

/// A type, as far as it is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// Nothing but emptiness was seen.
    Unknown,
    Bool,
    Int,
    Uint,
    /// An unsigned integer of one byte: a slice of them is of bytes, not of integers.
    Byte,
    Float,
    Complex,
    String,
    Bytes,
    Slice(Box<Shape>),
    Array(Box<Shape>, usize),
    Map(Box<Shape>, Box<Shape>),
    Struct(Name, Vec<(Name, Shape)>),
    /// The types that it may hold, by name.
    Interface(Vec<(Name, Shape)>),
    Blob(Blob, Name),
}

pub(super) type Name = Cow<'static, str>;

/// The method by which a Go type writes itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Blob {
    /// `GobEncode`. It comes first where a type has several, as `time.Time` has.
    Gob,
    /// `MarshalBinary`.
    Binary,
    /// `MarshalText`. Go reads it but does not write it.
    Text,
}

// === impl Schema ===

impl Schema {
    /// The types of `sample`. What is empty in it has no type yet: [`and`](Self::and) adds that of
    /// another sample. Struct fields have the names that serde gives them.
    pub fn of<T: Serialize + ?Sized>(sample: &T) -> Result<Self, CodecError> {
        infer::shape(sample).map(Self).map_err(|fault| fault.into_error(None))
    }

    /// These types and those of another sample of the same Rust type.
    pub fn and<T: Serialize + ?Sized>(self, sample: &T) -> Result<Self, CodecError> {
        let other = infer::shape(sample).and_then(|other| merge(self.0, other));
        other.map(Self).map_err(|fault| fault.into_error(None))
    }

    /// `bool`.
    pub const fn bool() -> Self {
        Self(Shape::Bool)
    }

    /// `int` and the other signed integers.
    pub const fn int() -> Self {
        Self(Shape::Int)
    }

    /// `uint` and the other unsigned integers.
    pub const fn uint() -> Self {
        Self(Shape::Uint)
    }

    /// `float64` and `float32`.
    pub const fn float() -> Self {
        Self(Shape::Float)
    }

    /// `complex128` and `complex64`.
    pub const fn complex() -> Self {
        Self(Shape::Complex)
    }

    /// `string`.
    pub const fn string() -> Self {
        Self(Shape::String)
    }

    /// `[]byte`. Rust gives bytes or a sequence of `u8`.
    pub const fn bytes() -> Self {
        Self(Shape::Bytes)
    }

    /// `time.Time`. Rust gives a [`GoTime`](super::GoTime).
    pub const fn time() -> Self {
        Self(Shape::Blob(Blob::Gob, Cow::Borrowed("Time")))
    }

    /// A slice of `elem`.
    pub fn slice(elem: Self) -> Self {
        match elem.0 {
            Shape::Byte => Self::bytes(),
            elem => Self(Shape::Slice(Box::new(elem))),
        }
    }

    /// An array of `length` times `elem`.
    pub fn array(elem: Self, length: usize) -> Self {
        Self(Shape::Array(Box::new(elem.0), length))
    }

    /// A map.
    pub fn map(key: Self, elem: Self) -> Self {
        Self(Shape::Map(Box::new(key.0), Box::new(elem.0)))
    }

    /// A struct: its name, then the names and types of its fields, in the order in which Rust gives
    /// them. Rust fields that are not among them may only be empty.
    pub fn structure<N: Into<String>>(
        name: impl Into<String>,
        fields: impl IntoIterator<Item = (N, Self)>,
    ) -> Self {
        Self(Shape::Struct(Cow::Owned(name.into()), named(fields)))
    }

    /// An interface: the types that it may hold by the names under which Go has registered them.
    /// Rust gives an enum or an [`Interface`](super::Interface); the variant `Circle` is also
    /// `main.Circle`.
    pub fn interface<N: Into<String>>(types: impl IntoIterator<Item = (N, Self)>) -> Self {
        Self(Shape::Interface(named(types)))
    }

    /// A type that writes itself, by its name. Rust gives bytes, or a string for a text.
    pub fn blob(kind: Blob, name: impl Into<String>) -> Self {
        Self(Shape::Blob(kind, Cow::Owned(name.into())))
    }
}

fn named<N: Into<String>>(all: impl IntoIterator<Item = (N, Schema)>) -> Vec<(Name, Shape)> {
    all.into_iter().map(|(name, schema)| (Cow::Owned(name.into()), schema.0)).collect()
}

// === impl Shape ===

impl Shape {
    /// Whether all that was seen of it may be left out of a struct.
    pub(super) fn is_void(&self) -> bool {
        match self {
            Self::Unknown => true,
            Self::Slice(elem) => **elem == Self::Unknown,
            Self::Array(elem, length) => *length == 0 && **elem == Self::Unknown,
            Self::Map(key, elem) => **key == Self::Unknown && **elem == Self::Unknown,
            _ => false,
        }
    }

    /// As Go would call it.
    pub(super) fn label(&self) -> Name {
        Cow::Borrowed(match self {
            Self::Unknown => "?",
            Self::Bool => "bool",
            Self::Int => "int",
            Self::Uint => "uint",
            Self::Byte => "uint8",
            Self::Float => "float64",
            Self::Complex => "complex128",
            Self::String => "string",
            Self::Bytes => "[]uint8",
            Self::Slice(elem) => return Cow::Owned(format!("[]{}", elem.label())),
            Self::Array(elem, length) => {
                return Cow::Owned(format!("[{length}]{}", elem.label()));
            }
            Self::Map(key, elem) => {
                return Cow::Owned(format!("map[{}]{}", key.label(), elem.label()));
            }
            Self::Struct(name, _) | Self::Blob(_, name) => return name.clone(),
            Self::Interface(_) => "interface",
        })
    }
}
