//! `Value` out of the deserializer, which knows it by its token.

use std::fmt;

use serde::de::{
    Deserialize, Deserializer, EnumAccess, Error, MapAccess, SeqAccess, VariantAccess, Visitor,
};

use super::Value;
use crate::gob::Complex;

struct ValueVisitor;

/// What a value is, and its name if it has one.
enum Tag {
    Plain(u32),
    Struct(String),
    Interface(String),
    Blob(String),
}

struct TagVisitor;

/// The entries of a map, or the fields of a struct, in their order.
struct Entries<K>(Vec<(K, Value)>);

struct EntriesVisitor<K>(std::marker::PhantomData<K>);

/// Bytes, and strings of any encoding.
struct Raw(Value);

struct RawVisitor;

// === impl Value ===

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_newtype_struct(super::TOKEN, ValueVisitor)
    }
}

impl<'de> Visitor<'de> for ValueVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a gob value")
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, _inner: D) -> Result<Value, D::Error> {
        Err(D::Error::custom("`gob::Value` reads gob only"))
    }

    fn visit_enum<A: EnumAccess<'de>>(self, access: A) -> Result<Value, A::Error> {
        let (tag, content) = access.variant()?;
        Ok(match tag {
            Tag::Plain(super::NIL) => Value::Nil,
            Tag::Plain(super::BOOL) => Value::Bool(content.newtype_variant()?),
            Tag::Plain(super::INT) => Value::Int(content.newtype_variant()?),
            Tag::Plain(super::UINT) => Value::Uint(content.newtype_variant()?),
            Tag::Plain(super::FLOAT) => Value::Float(content.newtype_variant()?),
            Tag::Plain(super::COMPLEX) => Value::Complex(content.newtype_variant::<Complex>()?),
            Tag::Plain(super::BYTES | super::STRING) => content.newtype_variant::<Raw>()?.0,
            Tag::Plain(super::LIST) => Value::List(content.newtype_variant()?),
            Tag::Plain(super::MAP) => Value::Map(content.newtype_variant::<Entries<Value>>()?.0),
            Tag::Plain(kind) => return Err(A::Error::custom(format!("no kind {kind} of value"))),
            Tag::Struct(name) => {
                let fields = content.newtype_variant::<Entries<String>>()?.0;
                Value::Struct { name, fields }
            }
            Tag::Interface(name) => Value::Interface { name, value: content.newtype_variant()? },
            Tag::Blob(name) => match content.newtype_variant::<Raw>()?.0 {
                Value::Bytes(bytes) => Value::Blob { name, bytes },
                _ => return Err(A::Error::custom("a blob is bytes")),
            },
        })
    }
}

// === impl Tag ===

impl<'de> Deserialize<'de> for Tag {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_identifier(TagVisitor)
    }
}

impl Visitor<'_> for TagVisitor {
    type Value = Tag;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a kind of value")
    }

    fn visit_u32<E: Error>(self, kind: u32) -> Result<Tag, E> {
        Ok(Tag::Plain(kind))
    }

    fn visit_str<E: Error>(self, tag: &str) -> Result<Tag, E> {
        let mut chars = tag.chars();
        let kind = chars.next();
        let name = chars.as_str().to_owned();
        match kind {
            Some(super::STRUCT) => Ok(Tag::Struct(name)),
            Some(super::INTERFACE) => Ok(Tag::Interface(name)),
            Some(super::BLOB) => Ok(Tag::Blob(name)),
            _ => Err(E::custom("no kind of value")),
        }
    }
}

// === impl Entries ===

impl<'de, K: Deserialize<'de>> Deserialize<'de> for Entries<K> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(EntriesVisitor(std::marker::PhantomData))
    }
}

impl<'de, K: Deserialize<'de>> Visitor<'de> for EntriesVisitor<K> {
    type Value = Entries<K>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("names or keys with their values")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Entries<K>, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = access.next_entry()? {
            entries.push(entry);
        }
        Ok(Entries(entries))
    }
}

// === impl Raw ===

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(RawVisitor)
    }
}

impl<'de> Visitor<'de> for RawVisitor {
    type Value = Raw;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("bytes or a string")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Raw, E> {
        Ok(Raw(Value::String(text.to_owned())))
    }

    fn visit_bytes<E: Error>(self, bytes: &[u8]) -> Result<Raw, E> {
        Ok(Raw(Value::Bytes(bytes.to_vec())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Raw, A::Error> {
        let mut bytes = Vec::new();
        while let Some(byte) = access.next_element()? {
            bytes.push(byte);
        }
        Ok(Raw(Value::Bytes(bytes)))
    }
}
