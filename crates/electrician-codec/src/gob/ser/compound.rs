//! Sequences, maps and structs, as serde gives them.

use serde::ser::{
    Serialize, SerializeMap, SerializeSeq, SerializeStruct, SerializeTuple, SerializeTupleStruct,
};

use super::held::Held;
use super::parts::{Entries, List, Record};
use super::{Spot, Writer};
use crate::gob::fault::Fault;
use crate::gob::text::text_of;

#[derive(Debug)]
pub(super) struct Items<'a, 'w> {
    pub(super) writer: &'a mut Writer<'w>,
    pub(super) list: List,
}

#[derive(Debug)]
pub(super) struct Pairs<'a, 'w> {
    pub(super) writer: &'a mut Writer<'w>,
    pub(super) entries: Entries,
}

#[derive(Debug)]
pub(super) struct Fields<'a, 'w> {
    pub(super) writer: &'a mut Writer<'w>,
    pub(super) record: Record<'w>,
}

/// A struct, or an [`Interface`](crate::gob::Interface), which looks like one.
#[derive(Debug)]
pub(super) enum Content<'a, 'w> {
    Fields(Fields<'a, 'w>),
    /// Its name is not there yet.
    Interface(Option<Spot<'a, 'w>>),
    Held(Held<'a, 'w>),
}

macro_rules! items {
    ($($contract:ident::$method:ident,)*) => {$(
        impl $contract for Items<'_, '_> {
            type Ok = bool;
            type Error = Fault;

            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Fault> {
                self.list.add(self.writer, value)
            }

            fn end(self) -> Result<bool, Fault> {
                self.list.done(self.writer)
            }
        }
    )*};
}

items! {
    SerializeSeq::serialize_element,
    SerializeTuple::serialize_element,
    SerializeTupleStruct::serialize_field,
}

impl SerializeMap for Pairs<'_, '_> {
    type Ok = bool;
    type Error = Fault;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Fault> {
        self.entries.key(self.writer, key)
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Fault> {
        self.entries.value(self.writer, value)
    }

    fn end(self) -> Result<bool, Fault> {
        self.entries.done(self.writer)
    }
}

impl SerializeStruct for Content<'_, '_> {
    type Ok = bool;
    type Error = Fault;

    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        key: &'static str,
        value: &T,
    ) -> Result<(), Fault> {
        match self {
            Self::Fields(fields) => fields.record.add(fields.writer, key, value),
            Self::Interface(spot) => {
                let spot = spot.take().ok_or_else(out_of_order)?;
                *self = Self::Held(spot.hold(&text_of(value)?)?);
                Ok(())
            }
            Self::Held(held) => {
                value.serialize(held.spot())?;
                Ok(())
            }
        }
    }

    fn end(self) -> Result<bool, Fault> {
        match self {
            Self::Fields(fields) => {
                Record::close(fields.writer);
                Ok(true)
            }
            Self::Held(held) => Ok(held.close()),
            Self::Interface(_) => Err(out_of_order()),
        }
    }
}

fn out_of_order() -> Fault {
    Fault::unencodable("an interface is its name, and then its value")
}
