//! What has a name besides its content: the values of interfaces, and all of `Value`.

use serde::de::value::{StrDeserializer, U32Deserializer};
use serde::de::{DeserializeSeed, Deserializer, EnumAccess, SeqAccess, VariantAccess, Visitor};

use super::{Slot, skip};
use crate::gob::fault::Fault;
use crate::gob::interface::short_names;
use crate::gob::types::Type;
use crate::gob::value;

/// An interface as an enum: the variant is the name of its type.
#[derive(Debug)]
pub(super) struct Variant<'r, 'de, 'd> {
    slot: Slot<'r, 'de, 'd>,
    name: &'de str,
}

/// An interface as its name and its value.
#[derive(Debug)]
pub(super) struct Pair<'r, 'de, 'd> {
    name: Option<&'de str>,
    slot: Option<Slot<'r, 'de, 'd>>,
}

/// Anything as a [`Value`](value::Value): the variant says what it is.
#[derive(Debug)]
pub(super) struct Tagged<'r, 'de, 'd> {
    slot: Slot<'r, 'de, 'd>,
    kind: u32,
    name: Option<String>,
}

/// An interface as a [`Value`](value::Value).
#[derive(Debug)]
pub(super) struct Named<'r, 'de, 'd> {
    slot: Slot<'r, 'de, 'd>,
    name: &'de str,
}

/// What belongs to a variant.
#[derive(Debug)]
pub(super) struct Content<'r, 'de, 'd>(Slot<'r, 'de, 'd>);

// === impl Variant ===

impl<'r, 'de, 'd> Variant<'r, 'de, 'd> {
    /// The variant is the whole name, or the part of it that there is a variant for.
    pub(super) fn new(
        slot: Slot<'r, 'de, 'd>,
        name: &'de str,
        variants: &'static [&'static str],
    ) -> Self {
        let found = short_names(name).into_iter().find(|name| variants.contains(name));
        Self { slot, name: found.unwrap_or(name) }
    }
}

impl<'r, 'de, 'd> EnumAccess<'de> for Variant<'r, 'de, 'd> {
    type Error = Fault;
    type Variant = Content<'r, 'de, 'd>;

    fn variant_seed<V: DeserializeSeed<'de>>(
        self,
        seed: V,
    ) -> Result<(V::Value, Self::Variant), Fault> {
        let variant = seed.deserialize(StrDeserializer::<Fault>::new(self.name))?;
        Ok((variant, Content(self.slot)))
    }
}

// === impl Pair ===

impl<'r, 'de, 'd> Pair<'r, 'de, 'd> {
    pub(super) fn new(slot: Slot<'r, 'de, 'd>, name: &'de str) -> Self {
        Self { name: Some(name), slot: Some(slot) }
    }
}

impl<'de> SeqAccess<'de> for Pair<'_, 'de, '_> {
    type Error = Fault;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Fault> {
        if let Some(name) = self.name.take() {
            return seed.deserialize(StrDeserializer::new(name)).map(Some);
        }
        self.slot.take().map(|slot| seed.deserialize(slot)).transpose()
    }
}

// === impl Tagged ===

impl<'r, 'de, 'd> Tagged<'r, 'de, 'd> {
    pub(super) fn new(slot: Slot<'r, 'de, 'd>, found: &Type) -> Self {
        let is_zero = slot.is_zero;
        let (kind, name) = match found {
            Type::Struct(_) | Type::Blob(_) | Type::Interface if is_zero => (value::NIL, None),
            Type::Interface => (value::NIL, None),
            Type::Bool => (value::BOOL, None),
            Type::Int => (value::INT, None),
            Type::Uint => (value::UINT, None),
            Type::Float => (value::FLOAT, None),
            Type::Complex => (value::COMPLEX, None),
            Type::Bytes => (value::BYTES, None),
            Type::String => (value::STRING, None),
            Type::Array(..) | Type::Slice(_) => (value::LIST, None),
            Type::Map(..) => (value::MAP, None),
            Type::Struct(of) => (0, Some(format!("{}{}", value::STRUCT, of.name))),
            Type::Blob(name) => (0, Some(format!("{}{name}", value::BLOB))),
        };
        Self { slot, kind, name }
    }
}

impl<'r, 'de, 'd> EnumAccess<'de> for Tagged<'r, 'de, 'd> {
    type Error = Fault;
    type Variant = Content<'r, 'de, 'd>;

    fn variant_seed<V: DeserializeSeed<'de>>(
        self,
        seed: V,
    ) -> Result<(V::Value, Self::Variant), Fault> {
        let tag = match &self.name {
            Some(name) => {
                self.slot.reader.charge(name.len())?;
                seed.deserialize(StrDeserializer::<Fault>::new(name))
            }
            None => seed.deserialize(U32Deserializer::new(self.kind)),
        }?;
        Ok((tag, Content(self.slot)))
    }
}

// === impl Named ===

impl<'r, 'de, 'd> Named<'r, 'de, 'd> {
    pub(super) fn new(slot: Slot<'r, 'de, 'd>, name: &'de str) -> Self {
        Self { slot, name }
    }
}

impl<'r, 'de, 'd> EnumAccess<'de> for Named<'r, 'de, 'd> {
    type Error = Fault;
    type Variant = Content<'r, 'de, 'd>;

    fn variant_seed<V: DeserializeSeed<'de>>(
        self,
        seed: V,
    ) -> Result<(V::Value, Self::Variant), Fault> {
        let tag = format!("{}{}", value::INTERFACE, self.name);
        let tag = seed.deserialize(StrDeserializer::<Fault>::new(&tag))?;
        Ok((tag, Content(self.slot)))
    }
}

// === impl Content ===

impl<'de> VariantAccess<'de> for Content<'_, 'de, '_> {
    type Error = Fault;

    fn unit_variant(self) -> Result<(), Fault> {
        if self.0.is_zero { Ok(()) } else { skip(self.0.reader, self.0.id) }
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Fault> {
        seed.deserialize(self.0)
    }

    fn tuple_variant<V: Visitor<'de>>(self, _len: usize, visitor: V) -> Result<V::Value, Fault> {
        self.0.deserialize_seq(visitor)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        self.0.deserialize_struct("", fields, visitor)
    }
}
