//! The parts of structs, lists and maps, as serde asks for them.

use std::slice;

use serde::de::value::{StrDeserializer, U8Deserializer};
use serde::de::{DeserializeSeed, IntoDeserializer, MapAccess, SeqAccess};

use super::cell::Cell;
use super::node::{Group, Node};
use crate::ParquetError;

/// The fields of a struct, in the order in which it declares them.
pub(super) struct InOrder<'a> {
    nodes: slice::Iter<'a, Node>,
    row: usize,
    /// How many fields are still to come.
    left: &'a mut usize,
}

/// The fields of a struct with their names.
pub(super) struct ByName<'a> {
    nodes: slice::Iter<'a, Node>,
    value: Option<&'a Node>,
    row: usize,
}

/// The elements of a list.
pub(super) struct Items<'a> {
    node: &'a Node,
    row: usize,
    left: usize,
}

/// Bytes as numbers.
pub(super) struct Bytes<'a>(slice::Iter<'a, u8>);

/// The entries of a map.
pub(super) struct Entries<'a> {
    entry: &'a (Node, Node),
    row: usize,
    end: usize,
}

// === impl InOrder ===

impl<'a> InOrder<'a> {
    #[inline]
    pub(super) fn new(nodes: &'a [Node], row: usize, left: &'a mut usize) -> Self {
        Self { nodes: nodes.iter(), row, left }
    }
}

impl<'de> SeqAccess<'de> for InOrder<'_> {
    type Error = ParquetError;

    #[expect(clippy::inline_always, reason = "once for each field of each record")]
    #[inline(always)]
    fn next_element_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, ParquetError> {
        match self.nodes.next() {
            Some(node) => {
                *self.left -= 1;
                seed.deserialize(Cell::new(node, self.row)).map(Some)
            }
            None => Ok(None),
        }
    }
}

// === impl ByName ===

impl<'a> ByName<'a> {
    pub(super) fn new(group: &'a Group, row: usize) -> Self {
        Self { nodes: group.nodes.iter(), value: None, row }
    }
}

impl<'de> MapAccess<'de> for ByName<'_> {
    type Error = ParquetError;

    fn next_key_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, ParquetError> {
        self.value = self.nodes.next();
        let Some(node) = self.value else {
            return Ok(None);
        };
        seed.deserialize(StrDeserializer::new(&node.name)).map(Some)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<S::Value, ParquetError> {
        let node =
            self.value.take().ok_or_else(|| ParquetError::record("a value before its key"))?;
        seed.deserialize(Cell::new(node, self.row))
    }
}

// === impl Items ===

impl<'a> Items<'a> {
    pub(super) const fn new(node: &'a Node, row: usize, len: usize) -> Self {
        Self { node, row, left: len }
    }
}

impl<'de> SeqAccess<'de> for Items<'_> {
    type Error = ParquetError;

    #[inline]
    fn next_element_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, ParquetError> {
        if self.left == 0 {
            return Ok(None);
        }
        let cell = Cell::new(self.node, self.row);
        self.left -= 1;
        self.row += 1;
        seed.deserialize(cell).map(Some)
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.left)
    }
}

// === impl Bytes ===

impl<'a> Bytes<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self(bytes.iter())
    }
}

impl<'de> SeqAccess<'de> for Bytes<'_> {
    type Error = ParquetError;

    fn next_element_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, ParquetError> {
        let Some(byte) = self.0.next() else {
            return Ok(None);
        };
        let byte: U8Deserializer<ParquetError> = byte.into_deserializer();
        seed.deserialize(byte).map(Some)
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.0.len())
    }
}

// === impl Entries ===

impl<'a> Entries<'a> {
    pub(super) const fn new(entry: &'a (Node, Node), row: usize, end: usize) -> Self {
        Self { entry, row, end }
    }
}

impl<'de> MapAccess<'de> for Entries<'_> {
    type Error = ParquetError;

    fn next_key_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, ParquetError> {
        if self.row >= self.end {
            return Ok(None);
        }
        seed.deserialize(Cell::new(&self.entry.0, self.row)).map(Some)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<S::Value, ParquetError> {
        let cell = Cell::new(&self.entry.1, self.row);
        self.row += 1;
        seed.deserialize(cell)
    }
}
