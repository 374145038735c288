//! A value as bytes, by a plan.

mod compound;
mod held;
mod parts;

use serde::ser::{Serialize, Serializer};

use self::compound::{Content, Fields, Items, Pairs};
use self::held::{Held, HeldFields, HeldItems};
use self::parts::{Entries, List, Record};
use super::fault::Fault;
use super::plan::{At, Kind, Plan};
use super::{Names, interface, put};
use crate::Limits;

/// Writes one value, which is not a field.
pub(super) fn write<T: Serialize + ?Sized>(
    value: &T,
    plan: &Plan,
    names: Names,
    into: &mut Vec<u8>,
) -> Result<(), Fault> {
    let mut writer = Writer { into, plan, names, depth: Limits::DEFAULT.depth };
    writer.single(plan.root());
    value.serialize(Spot { writer: &mut writer, at: plan.root(), delta: None })?;
    Ok(())
}

#[derive(Debug)]
struct Writer<'w> {
    into: &'w mut Vec<u8>,
    plan: &'w Plan,
    names: Names,
    /// Levels that are left.
    depth: usize,
}

/// Where a value goes. It says whether it wrote something.
#[derive(Debug)]
struct Spot<'a, 'w> {
    writer: &'a mut Writer<'w>,
    at: At,
    /// Of a field: the distance to the one before. A field that is zero is left out.
    delta: Option<u64>,
}

// === impl Writer ===

impl Writer<'_> {
    /// Writes what stands before a value that is neither a field nor a struct.
    fn single(&mut self, at: At) {
        if !matches!(self.plan.node(at).kind, Kind::Struct(_)) {
            self.into.push(0);
        }
    }

    fn enter(&mut self) -> Result<(), Fault> {
        self.depth = self.depth.checked_sub(1).ok_or_else(super::infer::too_deep)?;
        Ok(())
    }
}

// === impl Spot ===

impl<'a, 'w> Spot<'a, 'w> {
    fn kind(&self) -> &'w Kind {
        &self.writer.plan.node(self.at).kind
    }

    /// Writes what comes before the value.
    fn begin(&mut self) {
        if let Some(delta) = self.delta {
            put::uint(delta, self.writer.into);
        }
    }

    /// What is here is of another type.
    fn other(&self, found: &str) -> Fault {
        let expected = match self.kind() {
            Kind::Unknown => return Fault::outgrown(format!("{found} where nothing is known")),
            Kind::Raw => "a byte",
            Kind::Bool => "a bool",
            Kind::Int => "an int",
            Kind::Uint => "a uint",
            Kind::Float => "a float",
            Kind::Complex => "a complex number",
            Kind::String => "a string",
            Kind::Bytes => "bytes",
            Kind::Blob => "what a type writes of itself",
            Kind::Slice(_) => "a slice",
            Kind::Array(..) => "an array",
            Kind::Map(..) => "a map",
            Kind::Struct(_) => "a struct",
            Kind::Interface(_) => "an interface",
        };
        Fault::outgrown(format!("{found} where the schema has {expected}"))
    }

    fn uint(mut self, value: u64) -> Result<bool, Fault> {
        match self.kind() {
            Kind::Uint | Kind::Bool if value == 0 && self.delta.is_some() => Ok(false),
            Kind::Unknown if value == 0 => Ok(false),
            Kind::Uint | Kind::Bool => {
                self.begin();
                put::uint(value, self.writer.into);
                Ok(true)
            }
            Kind::Int => match i64::try_from(value) {
                Ok(value) => self.int(value),
                Err(_) => Err(Fault::unencodable(format!("{value} is out of the range of int64"))),
            },
            Kind::Raw => match u8::try_from(value) {
                Ok(byte) => {
                    self.writer.into.push(byte);
                    Ok(true)
                }
                Err(_) => Err(Fault::unencodable(format!("{value} is out of the range of a byte"))),
            },
            _ => Err(self.other("an unsigned integer")),
        }
    }

    fn int(mut self, value: i64) -> Result<bool, Fault> {
        match self.kind() {
            Kind::Int if value == 0 && self.delta.is_some() => Ok(false),
            Kind::Unknown if value == 0 => Ok(false),
            Kind::Int => {
                self.begin();
                put::int(value, self.writer.into);
                Ok(true)
            }
            Kind::Uint | Kind::Raw => match u64::try_from(value) {
                Ok(value) => self.uint(value),
                Err(_) => Err(Fault::unencodable(format!("{value} is out of the range of uint64"))),
            },
            _ => Err(self.other("a signed integer")),
        }
    }

    fn bytes(mut self, bytes: &[u8], found: &str) -> Result<bool, Fault> {
        match self.kind() {
            Kind::Unknown if bytes.is_empty() => return Ok(false),
            Kind::Bytes | Kind::String if bytes.is_empty() && self.delta.is_some() => {
                return Ok(false);
            }
            Kind::String if found == "bytes" => return Err(self.other(found)),
            Kind::Bytes if found == "a string" => return Err(self.other(found)),
            Kind::Bytes | Kind::String | Kind::Blob => {
                self.begin();
                put::bytes(bytes, self.writer.into);
            }
            Kind::Array(elem, length)
                if *length == bytes.len()
                    && matches!(self.writer.plan.node(*elem).kind, Kind::Uint) =>
            {
                self.begin();
                put::uint(bytes.len() as u64, self.writer.into);
                for byte in bytes {
                    put::uint(u64::from(*byte), self.writer.into);
                }
            }
            _ => return Err(self.other(found)),
        }
        Ok(true)
    }

    fn items(mut self, announced: Option<usize>) -> Result<Items<'a, 'w>, Fault> {
        let list = List::new(&mut self, announced)?;
        Ok(Items { writer: self.writer, list })
    }

    fn fields(mut self, name: &'static str) -> Result<Fields<'a, 'w>, Fault> {
        let record = Record::new(&mut self, name)?;
        Ok(Fields { writer: self.writer, record })
    }

    fn pairs(mut self, announced: Option<usize>) -> Result<Pairs<'a, 'w>, Fault> {
        let entries = Entries::new(&mut self, announced)?;
        Ok(Pairs { writer: self.writer, entries })
    }

    /// The begin of a value in an interface.
    fn hold(mut self, name: &str) -> Result<Held<'a, 'w>, Fault> {
        let Kind::Interface(types) = self.kind() else {
            return Err(self.other("an interface"));
        };
        let found = types.iter().find(|(known, _)| **known == *name);
        let found =
            found.or_else(|| types.iter().find(|(known, _)| interface::is_short(name, known)));
        let Some((name, at)) = found else {
            return Err(Fault::outgrown(format!(
                "`{name}` is not among the types of the interface"
            )));
        };
        self.begin();
        self.writer.enter()?;
        put::bytes(name.as_bytes(), self.writer.into);
        put::int(self.writer.plan.node(*at).id, self.writer.into);
        let start = self.writer.into.len();
        self.writer.single(*at);
        Ok(Held::new(self.writer, *at, start))
    }
}

macro_rules! numbers {
    ($($method:ident: $type:ty => $to:ident,)*) => {$(
        fn $method(self, value: $type) -> Result<bool, Fault> {
            self.$to(value.into())
        }
    )*};
}

impl<'a, 'w> Serializer for Spot<'a, 'w> {
    type Ok = bool;
    type Error = Fault;
    type SerializeSeq = Items<'a, 'w>;
    type SerializeTuple = Items<'a, 'w>;
    type SerializeTupleStruct = Items<'a, 'w>;
    type SerializeTupleVariant = HeldItems<'a, 'w>;
    type SerializeMap = Pairs<'a, 'w>;
    type SerializeStruct = Content<'a, 'w>;
    type SerializeStructVariant = HeldFields<'a, 'w>;

    numbers! {
        serialize_i8: i8 => int,
        serialize_i16: i16 => int,
        serialize_i32: i32 => int,
        serialize_i64: i64 => int,
        serialize_u8: u8 => uint,
        serialize_u16: u16 => uint,
        serialize_u32: u32 => uint,
        serialize_u64: u64 => uint,
    }

    fn serialize_bool(self, value: bool) -> Result<bool, Fault> {
        match self.kind() {
            Kind::Bool | Kind::Unknown => self.uint(value.into()),
            _ => Err(self.other("a bool")),
        }
    }

    fn serialize_i128(self, value: i128) -> Result<bool, Fault> {
        match i64::try_from(value) {
            Ok(value) => self.int(value),
            Err(_) => Err(Fault::unencodable(format!("{value} is out of the range of int64"))),
        }
    }

    fn serialize_u128(self, value: u128) -> Result<bool, Fault> {
        match u64::try_from(value) {
            Ok(value) => self.uint(value),
            Err(_) => Err(Fault::unencodable(format!("{value} is out of the range of uint64"))),
        }
    }

    fn serialize_f32(self, value: f32) -> Result<bool, Fault> {
        self.serialize_f64(value.into())
    }

    fn serialize_f64(mut self, value: f64) -> Result<bool, Fault> {
        // Minus zero is not zero.
        let is_zero = value.to_bits() == 0;
        match self.kind() {
            Kind::Unknown if is_zero => Ok(false),
            Kind::Float if is_zero && self.delta.is_some() => Ok(false),
            Kind::Float => {
                self.begin();
                put::float(value, self.writer.into);
                Ok(true)
            }
            _ => Err(self.other("a float")),
        }
    }

    fn serialize_char(self, value: char) -> Result<bool, Fault> {
        match self.kind() {
            Kind::String => self.bytes(value.encode_utf8(&mut [0; 4]).as_bytes(), "a string"),
            _ => self.int(u32::from(value).into()),
        }
    }

    fn serialize_str(self, value: &str) -> Result<bool, Fault> {
        self.bytes(value.as_bytes(), "a string")
    }

    fn serialize_bytes(self, value: &[u8]) -> Result<bool, Fault> {
        self.bytes(value, "bytes")
    }

    fn serialize_none(self) -> Result<bool, Fault> {
        match self.kind() {
            _ if self.delta.is_some() => Ok(false),
            Kind::Interface(_) => {
                self.writer.into.push(0);
                Ok(true)
            }
            _ => Err(Fault::unencodable("None in a list or a map, where Go has no nil")),
        }
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<bool, Fault> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<bool, Fault> {
        self.serialize_none()
    }

    fn serialize_unit_struct(self, _name: &'static str) -> Result<bool, Fault> {
        self.serialize_none()
    }

    fn serialize_unit_variant(
        self,
        _name: &'static str,
        index: u32,
        variant: &'static str,
    ) -> Result<bool, Fault> {
        match self.kind() {
            Kind::Int | Kind::Uint => self.uint(index.into()),
            _ => self.bytes(variant.as_bytes(), "a string"),
        }
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _name: &'static str,
        value: &T,
    ) -> Result<bool, Fault> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<bool, Fault> {
        let mut held = self.hold(variant)?;
        value.serialize(held.spot())?;
        Ok(held.close())
    }

    fn serialize_seq(self, len: Option<usize>) -> Result<Items<'a, 'w>, Fault> {
        self.items(len)
    }

    fn serialize_tuple(self, len: usize) -> Result<Items<'a, 'w>, Fault> {
        self.items(Some(len))
    }

    fn serialize_tuple_struct(
        self,
        _name: &'static str,
        len: usize,
    ) -> Result<Items<'a, 'w>, Fault> {
        self.items(Some(len))
    }

    fn serialize_tuple_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        len: usize,
    ) -> Result<HeldItems<'a, 'w>, Fault> {
        let mut held = self.hold(variant)?;
        let list = List::new(&mut held.spot(), Some(len))?;
        Ok(HeldItems { held, list })
    }

    fn serialize_map(self, len: Option<usize>) -> Result<Pairs<'a, 'w>, Fault> {
        self.pairs(len)
    }

    fn serialize_struct(self, name: &'static str, _len: usize) -> Result<Content<'a, 'w>, Fault> {
        if name == interface::TOKEN {
            return Ok(Content::Interface(Some(self)));
        }
        self.fields(name).map(Content::Fields)
    }

    fn serialize_struct_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        _len: usize,
    ) -> Result<HeldFields<'a, 'w>, Fault> {
        let mut held = self.hold(variant)?;
        let record = Record::new(&mut held.spot(), variant)?;
        Ok(HeldFields { held, record })
    }

    fn is_human_readable(&self) -> bool {
        false
    }
}
