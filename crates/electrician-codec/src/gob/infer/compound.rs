//! The types of what has other things in it.

use std::borrow::Cow;

use serde::ser::{
    Serialize, SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant, SerializeTuple,
    SerializeTupleStruct, SerializeTupleVariant,
};

use super::Infer;
use crate::gob::fault::Fault;
use crate::gob::schema::{Name, Shape, merge};
use crate::gob::text::text_of;

#[derive(Debug)]
pub(super) struct Items {
    infer: Infer,
    is_array: bool,
    count: usize,
    elem: Shape,
}

#[derive(Debug)]
pub(super) struct Pairs {
    infer: Infer,
    key: Shape,
    elem: Shape,
}

#[derive(Debug)]
pub(super) struct Fields {
    infer: Infer,
    name: &'static str,
    fields: Vec<(Name, Shape)>,
    /// Of an interface: the name that was given.
    held: Option<Name>,
    is_interface: bool,
}

/// A variant of an enum, which is in an interface.
#[derive(Debug)]
pub(super) struct Held<C> {
    variant: &'static str,
    content: C,
}

// === impl Items ===

impl Items {
    pub(super) fn new(infer: Infer, is_array: bool) -> Self {
        Self { infer, is_array, count: 0, elem: Shape::Unknown }
    }

    fn add<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Fault> {
        let found = value.serialize(self.infer)?;
        self.count += 1;
        if found != self.elem {
            let known = std::mem::replace(&mut self.elem, Shape::Unknown);
            self.elem = merge(known, found)?;
        }
        Ok(())
    }

    fn done(self) -> Shape {
        match self.elem {
            elem if self.is_array => Shape::Array(Box::new(elem), self.count),
            Shape::Byte => Shape::Bytes,
            elem => Shape::Slice(Box::new(elem)),
        }
    }
}

macro_rules! items {
    ($($contract:ident::$method:ident,)*) => {$(
        impl $contract for Items {
            type Ok = Shape;
            type Error = Fault;

            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Fault> {
                self.add(value)
            }

            fn end(self) -> Result<Shape, Fault> {
                Ok(self.done())
            }
        }
    )*};
}

items! {
    SerializeSeq::serialize_element,
    SerializeTuple::serialize_element,
    SerializeTupleStruct::serialize_field,
}

// === impl Pairs ===

impl Pairs {
    pub(super) fn new(infer: Infer) -> Self {
        Self { infer, key: Shape::Unknown, elem: Shape::Unknown }
    }
}

impl SerializeMap for Pairs {
    type Ok = Shape;
    type Error = Fault;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Fault> {
        let found = key.serialize(self.infer)?;
        let known = std::mem::replace(&mut self.key, Shape::Unknown);
        self.key = merge(known, found)?;
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Fault> {
        let found = value.serialize(self.infer)?;
        let known = std::mem::replace(&mut self.elem, Shape::Unknown);
        self.elem = merge(known, found)?;
        Ok(())
    }

    fn end(self) -> Result<Shape, Fault> {
        Ok(Shape::Map(Box::new(self.key), Box::new(self.elem)))
    }
}

// === impl Fields ===

impl Fields {
    pub(super) fn new(infer: Infer, name: &'static str, len: usize, is_interface: bool) -> Self {
        Self { infer, name, fields: Vec::with_capacity(len), held: None, is_interface }
    }

    fn add<T: Serialize + ?Sized>(&mut self, key: &'static str, value: &T) -> Result<(), Fault> {
        if self.is_interface && key == "name" {
            self.held = Some(Cow::Owned(text_of(value)?));
            return Ok(());
        }
        let found = value.serialize(self.infer).map_err(|fault| fault.in_field(self.name, key))?;
        let name = self.held.take().unwrap_or(Cow::Borrowed(key));
        self.fields.push((name, found));
        Ok(())
    }

    fn done(self) -> Shape {
        if self.is_interface {
            return Shape::Interface(self.fields);
        }
        Shape::Struct(Cow::Borrowed(self.name), self.fields)
    }
}

impl SerializeStruct for Fields {
    type Ok = Shape;
    type Error = Fault;

    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        key: &'static str,
        value: &T,
    ) -> Result<(), Fault> {
        self.add(key, value)
    }

    fn end(self) -> Result<Shape, Fault> {
        Ok(self.done())
    }
}

// === impl Held ===

impl<C> Held<C> {
    pub(super) fn new(variant: &'static str, content: C) -> Self {
        Self { variant, content }
    }
}

impl SerializeTupleVariant for Held<Items> {
    type Ok = Shape;
    type Error = Fault;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Fault> {
        self.content.add(value)
    }

    fn end(self) -> Result<Shape, Fault> {
        Ok(Shape::Interface(vec![(Cow::Borrowed(self.variant), self.content.done())]))
    }
}

impl SerializeStructVariant for Held<Fields> {
    type Ok = Shape;
    type Error = Fault;

    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        key: &'static str,
        value: &T,
    ) -> Result<(), Fault> {
        self.content.add(key, value)
    }

    fn end(self) -> Result<Shape, Fault> {
        Ok(Shape::Interface(vec![(Cow::Borrowed(self.variant), self.content.done())]))
    }
}
