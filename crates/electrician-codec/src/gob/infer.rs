//! The types of a value, as far as serde shows them.

mod compound;

use std::borrow::Cow;

use serde::ser::{Serialize, Serializer};

use self::compound::{Fields, Held, Items, Pairs};
use super::fault::Fault;
use super::schema::{Blob, Shape};
use super::{complex, interface, time};
use crate::Limits;

/// The type of `value`.
pub(super) fn shape<T: Serialize + ?Sized>(value: &T) -> Result<Shape, Fault> {
    value.serialize(Infer { depth: Limits::DEFAULT.depth })
}

/// A serializer that writes types.
#[derive(Clone, Copy, Debug)]
struct Infer {
    /// Levels that are left.
    depth: usize,
}

// === impl Infer ===

impl Infer {
    fn deeper(self) -> Result<Self, Fault> {
        let depth = self.depth.checked_sub(1);
        depth.map(|depth| Self { depth }).ok_or_else(too_deep)
    }
}

pub(super) fn too_deep() -> Fault {
    Fault::unencodable(format!("a value of more than {} levels", Limits::DEFAULT.depth))
}

macro_rules! plain {
    ($($method:ident: $type:ty => $shape:ident,)*) => {$(
        fn $method(self, _value: $type) -> Result<Shape, Fault> {
            Ok(Shape::$shape)
        }
    )*};
}

impl Serializer for Infer {
    type Ok = Shape;
    type Error = Fault;
    type SerializeSeq = Items;
    type SerializeTuple = Items;
    type SerializeTupleStruct = Items;
    type SerializeTupleVariant = Held<Items>;
    type SerializeMap = Pairs;
    type SerializeStruct = Fields;
    type SerializeStructVariant = Held<Fields>;

    plain! {
        serialize_bool: bool => Bool,
        serialize_i8: i8 => Int,
        serialize_i16: i16 => Int,
        serialize_i32: i32 => Int,
        serialize_i64: i64 => Int,
        serialize_i128: i128 => Int,
        serialize_u8: u8 => Byte,
        serialize_u16: u16 => Uint,
        serialize_u32: u32 => Uint,
        serialize_u64: u64 => Uint,
        serialize_u128: u128 => Uint,
        serialize_f32: f32 => Float,
        serialize_f64: f64 => Float,
        serialize_char: char => Int,
        serialize_str: &str => String,
        serialize_bytes: &[u8] => Bytes,
        serialize_unit_struct: &'static str => Unknown,
    }

    fn serialize_none(self) -> Result<Shape, Fault> {
        Ok(Shape::Unknown)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<Shape, Fault> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<Shape, Fault> {
        Ok(Shape::Unknown)
    }

    fn serialize_unit_variant(
        self,
        _name: &'static str,
        _index: u32,
        _variant: &'static str,
    ) -> Result<Shape, Fault> {
        Ok(Shape::String)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        value: &T,
    ) -> Result<Shape, Fault> {
        match name {
            complex::TOKEN => Ok(Shape::Complex),
            time::TOKEN => Ok(Shape::Blob(Blob::Gob, Cow::Borrowed("Time"))),
            _ => value.serialize(self),
        }
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<Shape, Fault> {
        let held = value.serialize(self.deeper()?)?;
        Ok(Shape::Interface(vec![(Cow::Borrowed(variant), held)]))
    }

    fn serialize_seq(self, _len: Option<usize>) -> Result<Items, Fault> {
        Ok(Items::new(self.deeper()?, false))
    }

    fn serialize_tuple(self, _len: usize) -> Result<Items, Fault> {
        Ok(Items::new(self.deeper()?, true))
    }

    fn serialize_tuple_struct(self, _name: &'static str, _len: usize) -> Result<Items, Fault> {
        Ok(Items::new(self.deeper()?, true))
    }

    fn serialize_tuple_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        _len: usize,
    ) -> Result<Held<Items>, Fault> {
        Ok(Held::new(variant, Items::new(self.deeper()?, true)))
    }

    fn serialize_map(self, _len: Option<usize>) -> Result<Pairs, Fault> {
        Ok(Pairs::new(self.deeper()?))
    }

    fn serialize_struct(self, name: &'static str, len: usize) -> Result<Fields, Fault> {
        let is_interface = name == interface::TOKEN;
        Ok(Fields::new(self.deeper()?, name, len, is_interface))
    }

    fn serialize_struct_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        len: usize,
    ) -> Result<Held<Fields>, Fault> {
        Ok(Held::new(variant, Fields::new(self.deeper()?, variant, len, false)))
    }

    fn is_human_readable(&self) -> bool {
        false
    }
}
