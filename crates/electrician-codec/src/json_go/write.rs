//! Values to text.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Serialize, Serializer, ser};

use super::map::Map;
use super::{Wrong, float};

/// Appends a value.
pub(super) struct Writer<'a> {
    pub(super) into: &'a mut Vec<u8>,
}

/// Elements, or fields in their order, up to the closing brackets.
pub(super) struct Parts<'a> {
    into: &'a mut Vec<u8>,
    is_begun: bool,
    end: &'static [u8],
}

pub(super) fn text(text: &str, into: &mut Vec<u8>) {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    into.push(b'"');
    let bytes = text.as_bytes();
    let mut plain = 0;
    let mut place = 0;
    while let Some(&byte) = bytes.get(place) {
        let (width, unicode) = match byte {
            b'"' | b'\\' | b'\n' | b'\r' | b'\t' | 8 | 12 => (1, None),
            0..0x20 | b'<' | b'>' | b'&' => (1, Some(byte)),
            // U+2028 and U+2029 are e2 80 a8 and e2 80 a9.
            0xe2 if bytes[place..].starts_with(&[0xe2, 0x80])
                && matches!(bytes[place + 2], 0xa8 | 0xa9) =>
            {
                (3, None)
            }
            _ => {
                place += 1;
                continue;
            }
        };
        into.extend_from_slice(&bytes[plain..place]);
        match (byte, unicode) {
            (_, Some(byte)) => {
                into.extend_from_slice(b"\\u00");
                into.push(HEX[usize::from(byte >> 4)]);
                into.push(HEX[usize::from(byte & 15)]);
            }
            (0xe2, None) => {
                into.extend_from_slice(b"\\u202");
                into.push(HEX[usize::from(bytes[place + 2] & 15)]);
            }
            (byte, None) => {
                let short = match byte {
                    b'\n' => b'n',
                    b'\r' => b'r',
                    b'\t' => b't',
                    8 => b'b',
                    12 => b'f',
                    same => same,
                };
                into.extend_from_slice(&[b'\\', short]);
            }
        }
        place += width;
        plain = place;
    }
    into.extend_from_slice(&bytes[plain..]);
    into.push(b'"');
}

// === impl Writer ===

impl<'a> Writer<'a> {
    fn plain(self: &mut Writer<'a>, value: impl std::fmt::Display) -> Result<(), Wrong> {
        use std::io::Write;
        write!(self.into, "{value}").map_err(ser::Error::custom)
    }

    fn parts(&mut self, start: u8, end: &'static [u8]) -> Parts<'_> {
        self.into.push(start);
        Parts { into: self.into, is_begun: false, end }
    }

    /// `{"Name":`, of an enum's variant.
    fn variant(&mut self, name: &str) {
        self.into.push(b'{');
        text(name, self.into);
        self.into.push(b':');
    }
}

macro_rules! plain {
    ($($method:ident $type:ty)*) => {
        $(fn $method(self, value: $type) -> Result<(), Wrong> {
            self.plain(value)
        })*
    };
}

impl<'b> Serializer for &'b mut Writer<'_> {
    type Ok = ();
    type Error = Wrong;
    type SerializeSeq = Parts<'b>;
    type SerializeTuple = Parts<'b>;
    type SerializeTupleStruct = Parts<'b>;
    type SerializeTupleVariant = Parts<'b>;
    type SerializeMap = Map<'b>;
    type SerializeStruct = Parts<'b>;
    type SerializeStructVariant = Parts<'b>;

    plain! {
        serialize_bool bool
        serialize_i8 i8 serialize_i16 i16 serialize_i32 i32 serialize_i64 i64 serialize_i128 i128
        serialize_u8 u8 serialize_u16 u16 serialize_u32 u32 serialize_u64 u64 serialize_u128 u128
    }

    fn serialize_f32(self, value: f32) -> Result<(), Wrong> {
        finite(value.into())?;
        let has_exponent = value != 0.0 && !(1e-6..1e21).contains(&value.abs());
        float::write(value, has_exponent, self.into);
        Ok(())
    }

    fn serialize_f64(self, value: f64) -> Result<(), Wrong> {
        finite(value)?;
        let has_exponent = value != 0.0 && !(1e-6..1e21).contains(&value.abs());
        float::write(value, has_exponent, self.into);
        Ok(())
    }

    fn serialize_char(self, value: char) -> Result<(), Wrong> {
        self.serialize_str(value.encode_utf8(&mut [0; 4]))
    }

    fn serialize_str(self, value: &str) -> Result<(), Wrong> {
        text(value, self.into);
        Ok(())
    }

    fn serialize_bytes(self, value: &[u8]) -> Result<(), Wrong> {
        self.into.push(b'"');
        let start = self.into.len();
        self.into.resize(start + value.len().div_ceil(3) * 4, 0);
        let written = STANDARD.encode_slice(value, &mut self.into[start..]);
        written.map_err(ser::Error::custom)?;
        self.into.push(b'"');
        Ok(())
    }

    fn serialize_none(self) -> Result<(), Wrong> {
        self.serialize_unit()
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Wrong> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<(), Wrong> {
        self.into.extend_from_slice(b"null");
        Ok(())
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<(), Wrong> {
        self.into.extend_from_slice(b"{}");
        Ok(())
    }

    fn serialize_unit_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
    ) -> Result<(), Wrong> {
        self.serialize_str(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<(), Wrong> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<(), Wrong> {
        self.variant(variant);
        value.serialize(&mut *self)?;
        self.into.push(b'}');
        Ok(())
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Parts<'b>, Wrong> {
        Ok(self.parts(b'[', b"]"))
    }

    fn serialize_tuple(self, _: usize) -> Result<Parts<'b>, Wrong> {
        Ok(self.parts(b'[', b"]"))
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Parts<'b>, Wrong> {
        Ok(self.parts(b'[', b"]"))
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Parts<'b>, Wrong> {
        self.variant(variant);
        Ok(self.parts(b'[', b"]}"))
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Map<'b>, Wrong> {
        Ok(Map::new(self.into))
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Parts<'b>, Wrong> {
        Ok(self.parts(b'{', b"}"))
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Parts<'b>, Wrong> {
        self.variant(variant);
        Ok(self.parts(b'{', b"}}"))
    }
}

fn finite(value: f64) -> Result<(), Wrong> {
    if value.is_finite() {
        return Ok(());
    }
    Err(Wrong(format!("{value} is no number of JSON: only finite ones are")))
}

// === impl Parts ===

impl Parts<'_> {
    fn value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Wrong> {
        self.comma();
        value.serialize(&mut Writer { into: self.into })
    }

    fn field<T: Serialize + ?Sized>(&mut self, key: &str, value: &T) -> Result<(), Wrong> {
        self.comma();
        text(key, self.into);
        self.into.push(b':');
        value.serialize(&mut Writer { into: self.into })
    }

    fn comma(&mut self) {
        if self.is_begun {
            self.into.push(b',');
        }
        self.is_begun = true;
    }

    fn close(self) {
        self.into.extend_from_slice(self.end);
    }
}

macro_rules! parts {
    ($($trait:ident $method:ident)*) => {
        $(impl ser::$trait for Parts<'_> {
            type Ok = ();
            type Error = Wrong;

            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Wrong> {
                self.value(value)
            }

            fn end(self) -> Result<(), Wrong> {
                self.close();
                Ok(())
            }
        })*
    };
}

macro_rules! fields {
    ($($trait:ident)*) => {
        $(impl ser::$trait for Parts<'_> {
            type Ok = ();
            type Error = Wrong;

            fn serialize_field<T: Serialize + ?Sized>(
                &mut self,
                key: &'static str,
                value: &T,
            ) -> Result<(), Wrong> {
                self.field(key, value)
            }

            fn end(self) -> Result<(), Wrong> {
                self.close();
                Ok(())
            }
        })*
    };
}

parts! {
    SerializeSeq serialize_element
    SerializeTuple serialize_element
    SerializeTupleStruct serialize_field
    SerializeTupleVariant serialize_field
}
fields! { SerializeStruct SerializeStructVariant }
