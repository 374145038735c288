//! The types that a stream has defined, by their ids.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::fault::Fault;
use super::options::Options;

pub(super) type Id = i64;

pub(super) const BOOL: Id = 1;
pub(super) const INT: Id = 2;
pub(super) const UINT: Id = 3;
pub(super) const FLOAT: Id = 4;
pub(super) const BYTES: Id = 5;
pub(super) const STRING: Id = 6;
pub(super) const COMPLEX: Id = 7;
pub(super) const INTERFACE: Id = 8;
/// Ids below are kept by the format for its own types.
pub(super) const FIRST_USER: Id = 64;

/// A type, ready to be read by.
#[derive(Clone, Debug)]
pub(super) enum Type {
    Bool,
    Int,
    Uint,
    Float,
    Bytes,
    String,
    Complex,
    Interface,
    Array(Id, usize),
    Slice(Id),
    Map(Id, Id),
    Struct(Arc<StructType>),
    Blob(Arc<str>),
}

#[derive(Debug)]
pub(super) struct StructType {
    pub(super) name: String,
    pub(super) fields: Vec<FieldType>,
}

#[derive(Debug)]
pub(super) struct FieldType {
    pub(super) name: String,
    pub(super) id: Id,
}

/// For the fields of a type in their order: the Rust field that each goes to.
pub(super) type Plan = Arc<[Option<&'static str>]>;

/// What a stream has defined so far, and what was derived from it.
#[derive(Clone, Debug, Default)]
pub(super) struct Types {
    defined: BTreeMap<Id, Type>,
    /// In the order of their arrival, so that those of a failed message can be taken back.
    order: Vec<(Id, usize)>,
    /// What they take.
    bytes: usize,
    plans: Vec<(Id, usize, usize, Plan)>,
    /// The fields of Rust types, by their lists, that have no default: serde says so when one is
    /// missing, and then the value is read again.
    needed: Vec<(usize, usize, &'static str)>,
}

// === impl Types ===

impl Types {
    pub(super) fn len(&self) -> usize {
        self.order.len()
    }

    pub(super) fn resolve(&self, id: Id) -> Result<Type, Fault> {
        Ok(match id {
            BOOL => Type::Bool,
            INT => Type::Int,
            UINT => Type::Uint,
            FLOAT => Type::Float,
            BYTES => Type::Bytes,
            STRING => Type::String,
            COMPLEX => Type::Complex,
            INTERFACE => Type::Interface,
            _ => return self.defined.get(&id).cloned().ok_or_else(|| unknown(id)),
        })
    }

    pub(super) fn define(&mut self, id: Id, defined: Type, options: &Options) -> Result<(), Fault> {
        if id < FIRST_USER {
            return Err(Fault::malformed(format!(
                "a definition of type {id}, defined types begin at {FIRST_USER}"
            )));
        }
        if self.order.len() >= options.types {
            return Err(Fault::too_large("the number of types", options.types));
        }
        if self.defined.contains_key(&id) {
            return Err(Fault::malformed(format!("a second definition of type {id}")));
        }
        let bytes = defined.bytes();
        let most = options.limits.decoded_bytes;
        if bytes > most.saturating_sub(self.bytes) {
            return Err(Fault::too_large("what types take", format!("{most} bytes")));
        }
        self.defined.insert(id, defined);
        self.order.push((id, bytes));
        self.bytes += bytes;
        Ok(())
    }

    /// Forgets all but the first `count`.
    pub(super) fn truncate(&mut self, count: usize) {
        if self.order.len() > count {
            for (id, bytes) in self.order.drain(count..) {
                self.defined.remove(&id);
                self.bytes -= bytes;
            }
            self.plans.clear();
        }
    }

    /// The plan for the fields of struct type `id` that a Rust type with `fields` has.
    pub(super) fn plan(
        &mut self,
        id: Id,
        fields: &'static [&'static str],
        make: impl FnOnce() -> Result<Plan, Fault>,
    ) -> Result<Plan, Fault> {
        let key = (id, fields.as_ptr().addr(), fields.len());
        let known = self.plans.iter().find(|(id, at, len, _)| (*id, *at, *len) == key);
        if let Some((.., plan)) = known {
            return Ok(Arc::clone(plan));
        }
        let plan = make()?;
        self.plans.push((key.0, key.1, key.2, Arc::clone(&plan)));
        Ok(plan)
    }

    /// Notes that serde has no default for `field`, one of `fields`. Whether that is new.
    pub(super) fn need(&mut self, fields: &'static [&'static str], field: &'static str) -> bool {
        let need = (fields.as_ptr().addr(), fields.len(), field);
        let is_new = fields.contains(&field) && !self.needed.contains(&need);
        if is_new {
            self.needed.push(need);
        }
        is_new
    }

    /// The fields of `fields` that serde has no default for, as far as is known, from `at` on.
    pub(super) fn needed(
        &self,
        fields: &'static [&'static str],
        at: usize,
    ) -> Option<(usize, &'static str)> {
        let list = (fields.as_ptr().addr(), fields.len());
        let mut needed = self.needed.iter().enumerate().skip(at);
        let found = needed.find(|(_, (at, len, _))| (*at, *len) == list);
        found.map(|(at, (.., field))| (at, *field))
    }

    pub(super) fn needs(&self) -> usize {
        self.needed.len()
    }
}

// === impl Type ===

impl Type {
    /// About what it takes in memory.
    fn bytes(&self) -> usize {
        let more = match self {
            Self::Struct(of) => {
                let fields =
                    of.fields.iter().map(|field| size_of::<FieldType>() + field.name.len());
                of.name.len() + fields.sum::<usize>()
            }
            Self::Blob(name) => name.len(),
            _ => 0,
        };
        64 + more
    }
}

fn unknown(id: Id) -> Fault {
    Fault::malformed(format!("type {id} is not defined"))
}
