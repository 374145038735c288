//! A JSON value in memory, with all its entries in their order.

use std::cell::Cell;
use std::fmt;

use serde::de::{self, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};

#[derive(Debug)]
pub(super) enum Node {
    Null,
    Bool(bool),
    Unsigned(u64),
    Signed(i64),
    Float(f64),
    Text(String),
    Array(Vec<Self>),
    Object(Vec<(String, Self)>),
}

/// The bytes that a value may still take.
pub(super) struct Budget {
    left: Cell<usize>,
    is_spent: Cell<bool>,
}

/// Reads a node within a budget.
pub(super) struct Seed<'a>(pub(super) &'a Budget);

// === impl Budget ===

impl Budget {
    pub(super) const fn new(bytes: usize) -> Self {
        Self { left: Cell::new(bytes), is_spent: Cell::new(false) }
    }

    pub(super) fn is_spent(&self) -> bool {
        self.is_spent.get()
    }

    fn spend<E: de::Error>(&self, bytes: usize) -> Result<(), E> {
        let Some(left) = self.left.get().checked_sub(bytes) else {
            self.is_spent.set(true);
            return Err(E::custom("too large"));
        };
        self.left.set(left);
        Ok(())
    }
}

// === impl Seed ===

impl<'de> DeserializeSeed<'de> for Seed<'_> {
    type Value = Node;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Node, D::Error> {
        self.0.spend(size_of::<Node>())?;
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Seed<'_> {
    type Value = Node;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Node, E> {
        Ok(Node::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Node, E> {
        Ok(Node::Signed(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Node, E> {
        Ok(Node::Unsigned(value))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Node, E> {
        Ok(Node::Float(value))
    }

    fn visit_str<E: de::Error>(self, value: &str) -> Result<Node, E> {
        self.0.spend(value.len())?;
        Ok(Node::Text(value.to_owned()))
    }

    fn visit_unit<E>(self) -> Result<Node, E> {
        Ok(Node::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut parts: A) -> Result<Node, A::Error> {
        let mut nodes = Vec::new();
        while let Some(node) = parts.next_element_seed(Self(self.0))? {
            nodes.push(node);
        }
        Ok(Node::Array(nodes))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut parts: A) -> Result<Node, A::Error> {
        let mut entries = Vec::new();
        while let Some(key) = parts.next_key::<String>()? {
            self.0.spend(size_of::<String>() + key.len())?;
            entries.push((key, parts.next_value_seed(Self(self.0))?));
        }
        Ok(Node::Object(entries))
    }
}
