//! Values in memory to records.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserializer;
use serde::de::value::{MapDeserializer, SeqDeserializer, StrDeserializer};
use serde::de::{
    self, DeserializeSeed, EnumAccess, IntoDeserializer, Unexpected, VariantAccess, Visitor,
};
use serde::forward_to_deserialize_any;

use super::Wrong;
use super::node::Node;

/// An enum's variant: its name, and what it holds.
struct Variant {
    name: String,
    content: Option<Node>,
}

/// A key of an object, which may have to be a number.
struct Key(String);

// === impl Node ===

impl Node {
    fn unexpected(&self) -> Unexpected<'_> {
        match self {
            Self::Null => Unexpected::Unit,
            Self::Bool(value) => Unexpected::Bool(*value),
            Self::Unsigned(value) => Unexpected::Unsigned(*value),
            Self::Signed(value) => Unexpected::Signed(*value),
            Self::Float(value) => Unexpected::Float(*value),
            Self::Text(text) => Unexpected::Str(text),
            Self::Array(_) => Unexpected::Seq,
            Self::Object(_) => Unexpected::Map,
        }
    }

    fn wrong<'de>(&self, visitor: &impl Visitor<'de>) -> Wrong {
        de::Error::invalid_type(self.unexpected(), visitor)
    }
}

/// `null` is zero.
macro_rules! number {
    ($($method:ident)*) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
            match self {
                Self::Null => visitor.visit_u64(0),
                node => node.deserialize_any(visitor),
            }
        })*
    };
}

impl<'de> Deserializer<'de> for Node {
    type Error = Wrong;

    number! {
        deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64 deserialize_i128
        deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64 deserialize_u128
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        match self {
            Self::Null => visitor.visit_unit(),
            Self::Bool(value) => visitor.visit_bool(value),
            Self::Unsigned(value) => visitor.visit_u64(value),
            Self::Signed(value) => visitor.visit_i64(value),
            Self::Float(value) => visitor.visit_f64(value),
            Self::Text(text) => visitor.visit_string(text),
            Self::Array(nodes) => elements(nodes, visitor),
            Self::Object(entries) => {
                let entries = entries.into_iter().map(|(key, node)| (Key(key), node));
                visitor.visit_map(MapDeserializer::new(entries))
            }
        }
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        match self {
            Self::Null => visitor.visit_bool(false),
            node => node.deserialize_any(visitor),
        }
    }

    fn deserialize_f32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        self.deserialize_f64(visitor)
    }

    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        match self {
            Self::Null => visitor.visit_f64(0.0),
            node => node.deserialize_any(visitor),
        }
    }

    fn deserialize_char<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        self.deserialize_any(visitor)
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        self.deserialize_string(visitor)
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        match self {
            Self::Null => visitor.visit_str(""),
            node => node.deserialize_any(visitor),
        }
    }

    fn deserialize_bytes<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        self.deserialize_byte_buf(visitor)
    }

    fn deserialize_byte_buf<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        match self {
            Self::Null => visitor.visit_bytes(&[]),
            Self::Text(text) => {
                // A line feed or carriage return within is passed over, as Go does.
                let text: Vec<u8> =
                    text.into_bytes().into_iter().filter(|byte| !b"\r\n".contains(byte)).collect();
                match STANDARD.decode(text) {
                    Ok(bytes) => visitor.visit_byte_buf(bytes),
                    Err(error) => Err(Wrong(format!("bytes are base64 with padding: {error}"))),
                }
            }
            node => node.deserialize_any(visitor),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        match self {
            Self::Null => visitor.visit_none(),
            node => visitor.visit_some(node),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Wrong> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Wrong> {
        match self {
            Self::Object(_) => visitor.visit_unit(),
            node => node.deserialize_any(visitor),
        }
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        match self {
            Self::Null => elements(Vec::new(), visitor),
            node => node.deserialize_any(visitor),
        }
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        match self {
            Self::Null => Self::Object(Vec::new()).deserialize_any(visitor),
            node => node.deserialize_any(visitor),
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Wrong> {
        match self {
            Self::Null => Self::Object(Vec::new()).deserialize_any(visitor),
            Self::Object(entries) => object(entries, fields, visitor),
            node => Err(node.wrong(&visitor)),
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Wrong> {
        let variant = match self {
            Self::Text(name) => Variant { name, content: None },
            Self::Object(mut entries) if entries.len() == 1 => match entries.pop() {
                Some((name, node)) => Variant { name, content: Some(node) },
                None => return Err(Wrong("an object is empty".to_owned())),
            },
            node => return Err(node.wrong(&visitor)),
        };
        visitor.visit_enum(variant)
    }

    forward_to_deserialize_any! { unit tuple tuple_struct identifier ignored_any }
}

impl IntoDeserializer<'_, Wrong> for Node {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

fn elements<'de, V: Visitor<'de>>(nodes: Vec<Node>, visitor: V) -> Result<V::Value, Wrong> {
    let mut parts = SeqDeserializer::new(nodes.into_iter());
    let value = visitor.visit_seq(&mut parts)?;
    parts.end()?;
    Ok(value)
}

/// Gives each field the last entry whose key matches it.
fn object<'de, V: Visitor<'de>>(
    entries: Vec<(String, Node)>,
    fields: &'static [&'static str],
    visitor: V,
) -> Result<V::Value, Wrong> {
    let mut matched: Vec<Option<Node>> = fields.iter().map(|_| None).collect();
    let mut unknown = Vec::new();
    for (key, node) in entries {
        let exact = fields.iter().position(|field| *field == key);
        let field = exact.or_else(|| fields.iter().position(|field| folds_to(field, &key)));
        match field {
            Some(field) => matched[field] = Some(node),
            None => unknown.push((Key(key), node)),
        }
    }
    let known = fields.iter().zip(matched);
    let known = known.filter_map(|(field, node)| Some((Key((*field).to_owned()), node?)));
    visitor.visit_map(MapDeserializer::new(known.chain(unknown)))
}

/// Whether two keys are the same but for case. Two letters outside of ASCII have one in it as
/// their small form, here as in Go: the long s and the Kelvin sign.
fn folds_to(field: &str, key: &str) -> bool {
    fn fold(text: &str) -> impl Iterator<Item = char> {
        let folded = text.chars().map(|letter| if letter == '\u{17f}' { 's' } else { letter });
        folded.flat_map(char::to_lowercase)
    }
    fold(field).eq(fold(key))
}

// === impl Key ===

macro_rules! number_key {
    ($($method:ident $visit:ident $type:ty)*) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
            match self.0.parse::<$type>() {
                Ok(number) => visitor.$visit(number),
                Err(_) => Err(de::Error::invalid_type(Unexpected::Str(&self.0), &visitor)),
            }
        })*
    };
}

impl<'de> Deserializer<'de> for Key {
    type Error = Wrong;

    number_key! {
        deserialize_i8 visit_i8 i8
        deserialize_i16 visit_i16 i16
        deserialize_i32 visit_i32 i32
        deserialize_i64 visit_i64 i64
        deserialize_u8 visit_u8 u8
        deserialize_u16 visit_u16 u16
        deserialize_u32 visit_u32 u32
        deserialize_u64 visit_u64 u64
        deserialize_bool visit_bool bool
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        visitor.visit_string(self.0)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Wrong> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Wrong> {
        visitor.visit_enum(Variant { name: self.0, content: None })
    }

    forward_to_deserialize_any! {
        i128 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple tuple_struct
        map struct identifier ignored_any
    }
}

impl IntoDeserializer<'_, Wrong> for Key {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

// === impl Variant ===

impl<'de> EnumAccess<'de> for Variant {
    type Error = Wrong;
    type Variant = Self;

    fn variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<(S::Value, Self), Wrong> {
        let name: StrDeserializer<'_, Wrong> = self.name.as_str().into_deserializer();
        Ok((seed.deserialize(name)?, self))
    }
}

impl<'de> VariantAccess<'de> for Variant {
    type Error = Wrong;

    fn unit_variant(self) -> Result<(), Wrong> {
        match self.content {
            None | Some(Node::Null) => Ok(()),
            Some(node) => Err(de::Error::invalid_type(node.unexpected(), &"no content")),
        }
    }

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, Wrong> {
        seed.deserialize(self.content.unwrap_or(Node::Null))
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Wrong> {
        self.content.unwrap_or(Node::Null).deserialize_seq(visitor)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Wrong> {
        self.content.unwrap_or(Node::Null).deserialize_struct("", fields, visitor)
    }
}
