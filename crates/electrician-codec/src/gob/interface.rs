//! A value in an interface, with the name of its type.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde::ser::{Serialize, SerializeStruct, Serializer};

use super::Value;

/// What a Go interface holds: a value, and the name under which its type was registered with
/// `gob.Register`, such as `main.Circle`, or a plain one such as `int` or `string`.
///
/// Three ways lead out of an interface: this; an enum whose variants are the names, where `Circle`
/// also stands for `main.Circle` and `*main.Circle`; and the type of the value itself, which takes
/// any name. One that may hold nothing is an [`Option`] of these.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Interface<T = Value> {
    /// The name of the type.
    pub name: String,
    /// The value.
    pub value: T,
}

/// By this name the serializer and the deserializer know an [`Interface`].
pub(super) const TOKEN: &str = "$electrician::gob::Interface";

const FIELDS: &[&str] = &["name", "value"];

struct InterfaceVisitor<T>(PhantomData<T>);

// === impl Interface ===

impl<T> Interface<T> {
    /// `value` under the registered `name`.
    pub fn new(name: impl Into<String>, value: T) -> Self {
        Self { name: name.into(), value }
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Interface<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_newtype_struct(TOKEN, InterfaceVisitor(PhantomData))
    }
}

impl<'de, T: Deserialize<'de>> Visitor<'de> for InterfaceVisitor<T> {
    type Value = Interface<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an interface that holds a value")
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(
        self,
        inner: D,
    ) -> Result<Interface<T>, D::Error> {
        inner.deserialize_struct(TOKEN, FIELDS, self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Interface<T>, A::Error> {
        let missing = || A::Error::custom("an interface is a name and a value");
        let name = access.next_element()?.ok_or_else(missing)?;
        let value = access.next_element()?.ok_or_else(missing)?;
        Ok(Interface { name, value })
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Interface<T>, A::Error> {
        let (mut name, mut value) = (None, None);
        while let Some(field) = access.next_key::<String>()? {
            match field.as_str() {
                "name" => name = Some(access.next_value()?),
                "value" => value = Some(access.next_value()?),
                _ => return Err(A::Error::unknown_field(&field, FIELDS)),
            }
        }
        let name = name.ok_or_else(|| A::Error::missing_field("name"))?;
        let value = value.ok_or_else(|| A::Error::missing_field("value"))?;
        Ok(Interface { name, value })
    }
}

impl<T: Serialize> Serialize for Interface<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = serializer.serialize_struct(TOKEN, 2)?;
        fields.serialize_field("name", &self.name)?;
        fields.serialize_field("value", &self.value)?;
        fields.end()
    }
}

/// The whole name of a type, and what is left of it without the pointer, the path of its package,
/// and its package: `*example.com/shop.Card`, `example.com/shop.Card`, `shop.Card`, `Card`.
pub(super) fn short_names(name: &str) -> [&str; 4] {
    let value = name.strip_prefix('*').unwrap_or(name);
    let local = value.rsplit_once('/').map_or(value, |(_, local)| local);
    let short = local.rsplit_once('.').map_or(local, |(_, short)| short);
    [name, value, local, short]
}

/// Whether `variant` is meant by the registered `name`.
pub(super) fn is_short(variant: &str, name: &str) -> bool {
    short_names(name).contains(&variant)
}
