//! What a field's name means.

use std::collections::HashMap;
use std::hash::{BuildHasher, Hasher};

use crate::redact::Secrets;

/// The keys of the schema whose value comes from fields, always as text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Slot {
    Message,
    ComponentId,
    ComponentType,
    ComponentName,
    Event,
    Result,
    Error,
    TraceId,
    SpanId,
    Stack,
}

/// What a name means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Meaning {
    pub(crate) place: Place,
    pub(crate) is_secret: bool,
}

/// Where a value goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    Slot(Slot),
    /// Under its own name.
    Free,
    /// Under its own name behind [`PREFIX`], because the schema has another use for it.
    Renamed,
    /// Nowhere: it has no name.
    Nowhere,
}

/// Stands before the name of a free field that is also a key of the schema.
pub(crate) const PREFIX: &str = "field.";

/// The bound of a [`Cache`]. Names are literals in the program, so it is not reached in practice.
const CACHED: usize = 4096;

/// The meanings found so far, by the address of the name: fields have static names.
#[derive(Default)]
pub(crate) struct Cache(HashMap<(u64, usize, usize), Meaning, Mix>);

#[derive(Clone, Copy, Default)]
struct Mix;

/// Enough for addresses, which nobody chooses to make them collide.
struct Mixer(u64);

// === impl Meaning ===

impl Meaning {
    pub(crate) fn of(name: &str, secrets: &Secrets) -> Self {
        let place = match name {
            "" => Place::Nowhere,
            "message" => Place::Slot(Slot::Message),
            "component" | "component.name" => Place::Slot(Slot::ComponentName),
            "component.id" => Place::Slot(Slot::ComponentId),
            "component.type" => Place::Slot(Slot::ComponentType),
            "event" => Place::Slot(Slot::Event),
            "result" => Place::Slot(Slot::Result),
            "error" => Place::Slot(Slot::Error),
            "trace_id" => Place::Slot(Slot::TraceId),
            "span_id" => Place::Slot(Slot::SpanId),
            "stack" => Place::Slot(Slot::Stack),
            "log_schema" | "ts" | "level" | "msg" | "logger" | "caller" | "fields_cut" => {
                Place::Renamed
            }
            _ => Place::Free,
        };
        Self { place, is_secret: secrets.is_secret(name) }
    }
}

// === impl Slot ===

impl Slot {
    pub(crate) const ALL: [Self; 10] = [
        Self::Message,
        Self::ComponentId,
        Self::ComponentType,
        Self::ComponentName,
        Self::Event,
        Self::Result,
        Self::Error,
        Self::TraceId,
        Self::SpanId,
        Self::Stack,
    ];
    pub(crate) const COUNT: usize = Self::ALL.len();

    pub(crate) const fn index(self) -> usize {
        self as usize
    }
}

// === impl Cache ===

impl Cache {
    /// The meaning of a name to the logger `logger`, which has these secrets.
    pub(crate) fn get(&mut self, logger: u64, name: &'static str, secrets: &Secrets) -> Meaning {
        let key = (logger, name.as_ptr() as usize, name.len());
        if let Some(meaning) = self.0.get(&key) {
            return *meaning;
        }
        if self.0.len() == CACHED {
            self.0.clear();
        }
        let meaning = Meaning::of(name, secrets);
        self.0.insert(key, meaning);
        meaning
    }
}

// === impl Mix ===

impl BuildHasher for Mix {
    type Hasher = Mixer;

    fn build_hasher(&self) -> Mixer {
        Mixer(0)
    }
}

// === impl Mixer ===

impl Hasher for Mixer {
    fn finish(&self) -> u64 {
        self.0 ^ self.0 >> 32
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u64(u64::from(*byte));
        }
    }

    fn write_u64(&mut self, value: u64) {
        // The multiplier is 2^64 over the golden ratio, odd (Knuth's multiplicative hashing).
        self.0 = (self.0.rotate_left(5) ^ value).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }

    fn write_usize(&mut self, value: usize) {
        self.write_u64(value as u64);
    }
}
