//! A schema, ready to be written by: numbered types and the bytes that define them.

use super::fault::Fault;
use super::names::is_exported;
use super::schema::{Blob, Name, Shape};
use super::types::{BOOL, BYTES, COMPLEX, FIRST_USER, FLOAT, INT, INTERFACE, Id, STRING, UINT};
use super::{Names, put};

/// What is written by. The nodes form a tree, whose root is the last.
#[derive(Clone, Debug, Default)]
pub(super) struct Plan {
    nodes: Vec<Node>,
    /// The types that were defined, each once; the first has the id `first`.
    defined: Vec<Definition>,
    first: Id,
    /// The messages that define them.
    pub(super) definitions: Vec<u8>,
}

/// The place of a node.
pub(super) type At = usize;

/// Nothing is known of what is here, so only emptiness may be.
pub(super) const UNKNOWN: At = 0;
/// One byte of a slice of bytes.
pub(super) const RAW: At = 1;
/// A part of a complex number.
pub(super) const PART: At = 2;

#[derive(Clone, Debug)]
pub(super) struct Node {
    pub(super) id: Id,
    pub(super) kind: Kind,
}

#[derive(Clone, Debug)]
pub(super) enum Kind {
    Unknown,
    Raw,
    Bool,
    Int,
    Uint,
    Float,
    Complex,
    String,
    Bytes,
    Blob,
    Slice(At),
    Array(At, usize),
    Map(At, At),
    /// The names that serde gives the fields.
    Struct(Vec<(Name, At)>),
    Interface(Vec<(Name, At)>),
}

#[derive(Clone, Debug, PartialEq)]
enum Definition {
    Array(Id, usize),
    Slice(Id),
    Struct(Name, Vec<(String, Id)>),
    Map(Id, Id),
    Blob(Blob, Name),
}

// === impl Plan ===

impl Plan {
    /// The plan of `shape`, whose types have ids from `first` on.
    pub(super) fn new(shape: &Shape, names: Names, first: Id) -> Result<Self, Fault> {
        let mut plan = Self { first, ..Self::default() };
        for (id, kind) in [(0, Kind::Unknown), (UINT, Kind::Raw), (FLOAT, Kind::Float)] {
            plan.nodes.push(Node { id, kind });
        }
        plan.add(shape, names)?;
        Ok(plan)
    }

    /// The id after those that it uses.
    pub(super) fn next_id(&self) -> Id {
        self.first.max(FIRST_USER + 1) + number(self.defined.len())
    }

    pub(super) fn root(&self) -> At {
        self.nodes.len() - 1
    }

    pub(super) fn node(&self, at: At) -> &Node {
        &self.nodes[at]
    }

    /// Adds a type after those that it is made of.
    fn add(&mut self, shape: &Shape, names: Names) -> Result<At, Fault> {
        let (id, kind) = match shape {
            Shape::Unknown => {
                return Err(Fault::unencodable(
                    "a type of which nothing is known, because all that was seen is empty: give it \
                     a schema",
                ));
            }
            Shape::Bool => (BOOL, Kind::Bool),
            Shape::Int => (INT, Kind::Int),
            Shape::Uint | Shape::Byte => (UINT, Kind::Uint),
            Shape::Float => (FLOAT, Kind::Float),
            Shape::Complex => (COMPLEX, Kind::Complex),
            Shape::String => (STRING, Kind::String),
            Shape::Bytes => (BYTES, Kind::Bytes),
            Shape::Blob(kind, name) => {
                (self.define(Definition::Blob(*kind, name.clone()), shape), Kind::Blob)
            }
            Shape::Slice(elem) => {
                let elem = self.add(elem, names)?;
                let id = self.define(Definition::Slice(self.nodes[elem].id), shape);
                (id, Kind::Slice(elem))
            }
            Shape::Array(elem, length) => {
                let elem = self.add(elem, names)?;
                let id = self.define(Definition::Array(self.nodes[elem].id, *length), shape);
                (id, Kind::Array(elem, *length))
            }
            Shape::Map(key, elem) => {
                let (key, elem) = (self.add(key, names)?, self.add(elem, names)?);
                let ids = (self.nodes[key].id, self.nodes[elem].id);
                (self.define(Definition::Map(ids.0, ids.1), shape), Kind::Map(key, elem))
            }
            Shape::Struct(name, fields) => self.add_struct(name, fields, names, shape)?,
            Shape::Interface(types) => {
                let mut held = Vec::with_capacity(types.len());
                for (name, shape) in types {
                    let at = self.add(shape, names).map_err(|fault| fault.in_field("", name))?;
                    held.push((name.clone(), at));
                }
                (INTERFACE, Kind::Interface(held))
            }
        };
        self.nodes.push(Node { id, kind });
        Ok(self.root())
    }

    fn add_struct(
        &mut self,
        name: &Name,
        fields: &[(Name, Shape)],
        names: Names,
        shape: &Shape,
    ) -> Result<(Id, Kind), Fault> {
        let mut known = Vec::with_capacity(fields.len());
        let mut sent = Vec::with_capacity(fields.len());
        for (field, of) in fields {
            // Always left out of the value, so it needs no type.
            if of.is_void() {
                continue;
            }
            let go = names.go(field);
            if !is_exported(&go) {
                let message = "Go has no such field, they begin with an upper-case letter: rename \
                               it, or use `Names::Snake`";
                return Err(Fault::unencodable(message).in_field(name, field));
            }
            if sent.iter().any(|(other, _)| *other == *go) {
                let message = "a second field of its name in Go";
                return Err(Fault::unencodable(message).in_field(name, field));
            }
            let at = self.add(of, names).map_err(|fault| fault.in_field(name, field))?;
            sent.push((go.into_owned(), self.nodes[at].id));
            known.push((field.clone(), at));
        }
        let id = self.define(Definition::Struct(name.clone(), sent), shape);
        Ok((id, Kind::Struct(known)))
    }

    /// The id of a type. The same type has one id only: Go insists on it.
    fn define(&mut self, definition: Definition, shape: &Shape) -> Id {
        let first = self.first.max(FIRST_USER + 1);
        if let Some(at) = self.defined.iter().position(|known| *known == definition) {
            return first + number(at);
        }
        let id = self.next_id();
        let mut message = Vec::new();
        put::int(-id, &mut message);
        definition.write(id, &shape.label(), &mut message);
        put::bytes(&message, &mut self.definitions);
        self.defined.push(definition);
        id
    }
}

/// More than there can be is more than Go takes.
fn number(count: usize) -> Id {
    Id::try_from(count).unwrap_or(Id::MAX)
}

// === impl Definition ===

impl Definition {
    /// As Go's `wireType`: a struct of pointers to kinds of types, of which one is not nil.
    fn write(&self, id: Id, name: &str, into: &mut Vec<u8>) {
        let kind = match self {
            Self::Array(..) => 0,
            Self::Slice(_) => 1,
            Self::Struct(..) => 2,
            Self::Map(..) => 3,
            Self::Blob(Blob::Gob, _) => 4,
            Self::Blob(Blob::Binary, _) => 5,
            Self::Blob(Blob::Text, _) => 6,
        };
        put::uint(kind + 1, into);
        // `CommonType`, field 0.
        put::uint(1, into);
        let delta = if name.is_empty() {
            2
        } else {
            put::uint(1, into);
            put::bytes(name.as_bytes(), into);
            1
        };
        put::uint(delta, into);
        put::int(id, into);
        put::uint(0, into);
        match self {
            Self::Array(elem, length) => {
                put::uint(1, into);
                put::int(*elem, into);
                if *length > 0 {
                    put::uint(1, into);
                    put::int(number(*length), into);
                }
            }
            Self::Slice(elem) => {
                put::uint(1, into);
                put::int(*elem, into);
            }
            Self::Map(key, elem) => {
                put::uint(1, into);
                put::int(*key, into);
                put::uint(1, into);
                put::int(*elem, into);
            }
            Self::Struct(_, fields) if !fields.is_empty() => {
                put::uint(1, into);
                put::uint(fields.len() as u64, into);
                for (name, id) in fields {
                    put::uint(1, into);
                    put::bytes(name.as_bytes(), into);
                    put::uint(1, into);
                    put::int(*id, into);
                    put::uint(0, into);
                }
            }
            Self::Struct(..) | Self::Blob(..) => {}
        }
        // The end of the kind, and of the `wireType`.
        put::uint(0, into);
        put::uint(0, into);
    }
}
