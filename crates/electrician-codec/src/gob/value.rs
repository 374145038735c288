//! Any value, for those who do not know what comes.

mod read;
mod write;

use serde::de::value::U32Deserializer;

use super::Complex;
use super::fault::Fault;

/// A value of any type, with all that the wire says of it.
///
/// It reads gob only. It can be written in any self-describing format, such as JSON: there a struct
/// is an object, a map is an object if its keys are strings, bytes are a list of numbers, and an
/// interface is its value.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub enum Value {
    /// An interface that holds nothing, or a struct or an opaque value behind a nil pointer.
    #[default]
    Nil,
    /// A boolean.
    Bool(bool),
    /// A signed integer of any width.
    Int(i64),
    /// An unsigned integer of any width.
    Uint(u64),
    /// A float of any width.
    Float(f64),
    /// A complex number of any width.
    Complex(Complex),
    /// A slice of bytes, or a string that is not UTF-8.
    Bytes(Vec<u8>),
    /// A string.
    String(String),
    /// A slice or an array.
    List(Vec<Value>),
    /// A map, in the order of the wire.
    Map(Vec<(Value, Value)>),
    /// A struct. Fields that the sender left out are zero, empty or [`Nil`](Self::Nil).
    Struct {
        /// The name of its type, without its package.
        name: String,
        /// Names and values of its fields in their order.
        fields: Vec<(String, Value)>,
    },
    /// An interface that holds a value.
    Interface {
        /// The name under which the type of the value was registered.
        name: String,
        /// The value.
        value: Box<Value>,
    },
    /// What a type made of itself with `GobEncode`, `MarshalBinary` or `MarshalText`.
    Blob {
        /// The name of the type.
        name: String,
        /// What it wrote.
        bytes: Vec<u8>,
    },
}

/// By this name of a newtype the deserializer knows a [`Value`].
pub(super) const TOKEN: &str = "$electrician::gob::Value";

pub(super) const NIL: u32 = 0;
pub(super) const BOOL: u32 = 1;
pub(super) const INT: u32 = 2;
pub(super) const UINT: u32 = 3;
pub(super) const FLOAT: u32 = 4;
pub(super) const COMPLEX: u32 = 5;
pub(super) const BYTES: u32 = 6;
pub(super) const STRING: u32 = 7;
pub(super) const LIST: u32 = 8;
pub(super) const MAP: u32 = 9;
/// These come as text, before the name.
pub(super) const STRUCT: char = 'S';
pub(super) const INTERFACE: char = 'I';
pub(super) const BLOB: char = 'B';

/// [`Value::Nil`], to its visitor.
pub(super) fn nil() -> U32Deserializer<Fault> {
    U32Deserializer::new(NIL)
}

// === impl Value ===

impl Value {
    /// The field `name` of a struct, also of one in an interface.
    pub fn field(&self, name: &str) -> Option<&Self> {
        match self {
            Self::Struct { fields, .. } => {
                fields.iter().find(|(field, _)| field == name).map(|(_, value)| value)
            }
            Self::Interface { value, .. } => value.field(name),
            _ => None,
        }
    }
}
