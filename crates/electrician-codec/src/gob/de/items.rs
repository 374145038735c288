//! The elements of slices, arrays and maps.

use serde::de::{DeserializeSeed, MapAccess, SeqAccess};

use super::Slot;
use crate::gob::fault::Fault;
use crate::gob::reader::Reader;
use crate::gob::types::{Id, UINT};

#[derive(Debug)]
pub(super) struct Items<'r, 'de, 'd> {
    reader: &'r mut Reader<'de, 'd>,
    elem: Id,
    left: usize,
    is_zero: bool,
}

#[derive(Debug)]
pub(super) struct Pairs<'r, 'de, 'd> {
    reader: &'r mut Reader<'de, 'd>,
    key: Id,
    elem: Id,
    left: usize,
}

// === impl Items ===

impl<'r, 'de, 'd> Items<'r, 'de, 'd> {
    pub(super) fn new(
        reader: &'r mut Reader<'de, 'd>,
        elem: Id,
        left: usize,
        is_zero: bool,
    ) -> Self {
        Self { reader, elem, left, is_zero }
    }

    /// All of them, if each is a byte: `[N]byte` travels as integers.
    pub(super) fn bytes(&mut self) -> Result<Vec<u8>, Fault> {
        if self.elem != UINT {
            return Err(Fault::malformed("elements that are not bytes"));
        }
        let mut bytes = Vec::new();
        while self.left > 0 {
            self.left -= 1;
            self.reader.charge(1)?;
            let uint = if self.is_zero { 0 } else { self.reader.uint()? };
            let byte = u8::try_from(uint)
                .map_err(|_| Fault::malformed(format!("{uint} is out of the range of a byte")))?;
            bytes.push(byte);
        }
        Ok(bytes)
    }

    /// The receiver has taken all of them, or it did not want them.
    pub(super) fn finish(self) -> Result<(), Fault> {
        match self.left {
            0 => Ok(()),
            left => Err(Fault::malformed(format!("{left} elements more than the type takes"))),
        }
    }
}

impl<'de> SeqAccess<'de> for &mut Items<'_, 'de, '_> {
    type Error = Fault;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Fault> {
        let Some(left) = self.left.checked_sub(1) else { return Ok(None) };
        self.left = left;
        if self.is_zero {
            // The elements of an array that was left out cost its sender nothing.
            self.reader.charge(8)?;
        }
        seed.deserialize(Slot::new(self.reader, self.elem, self.is_zero)).map(Some)
    }

    fn size_hint(&self) -> Option<usize> {
        // As many as there are bytes, at most: the count of a zero array is but a claim.
        Some(self.left.min(self.reader.left()).min(self.reader.room()))
    }
}

// === impl Pairs ===

impl<'r, 'de, 'd> Pairs<'r, 'de, 'd> {
    pub(super) fn new(reader: &'r mut Reader<'de, 'd>, key: Id, elem: Id, left: usize) -> Self {
        Self { reader, key, elem, left }
    }
}

impl<'de> MapAccess<'de> for Pairs<'_, 'de, '_> {
    type Error = Fault;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Fault> {
        let Some(left) = self.left.checked_sub(1) else { return Ok(None) };
        self.left = left;
        self.reader.charge(16)?;
        seed.deserialize(Slot::new(self.reader, self.key, false)).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Fault> {
        seed.deserialize(Slot::new(self.reader, self.elem, false))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.left.min(self.reader.left() / 2).min(self.reader.room()))
    }
}
