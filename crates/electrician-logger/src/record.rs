//! From `tracing`'s values to encoded fields.

use std::error::Error;
use std::fmt::{self, Debug, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};

use tracing::field::{Field, Visit};

use crate::component::SEPARATOR;
use crate::encode::{REDACTED, escape, float, integer};
use crate::fields::{Fields, redacted};
use crate::names::{Meaning, Place, Slot};
use crate::redact::Secrets;
use crate::scratch::Text;

/// How fields are recorded.
#[derive(Debug)]
pub(crate) struct Rules {
    /// Unique to this logger in the process.
    pub(crate) logger: u64,
    pub(crate) secrets: Secrets,
    /// The bound of a value, in bytes as encoded.
    pub(crate) max_value: usize,
}

/// Records fields.
pub(crate) struct Recorder<'a> {
    pub(crate) rules: &'a Rules,
    pub(crate) text: &'a mut Text,
    pub(crate) fields: &'a mut Fields,
}

/// Text up to a limit; what is beyond is counted.
struct Bounded<'a> {
    text: &'a mut String,
    limit: usize,
    unseen: usize,
}

// === impl Recorder ===

impl Recorder<'_> {
    /// The text in `raw`, of which `unseen` bytes are missing at the end.
    fn store(&mut self, name: &str, meaning: Meaning, unseen: usize) {
        let Self { rules, text, fields } = self;
        let limit = rules.max_value;
        rules.secrets.clean(&mut text.raw, &mut text.spare);
        match meaning.place {
            Place::Nowhere => {}
            Place::Slot(_) if meaning.is_secret => self.hide(name, meaning.place),
            Place::Slot(Slot::ComponentName) => self.component(),
            Place::Slot(slot) => fields.set(slot, |out| escape(out, &text.raw, limit, unseen)),
            Place::Free | Place::Renamed => {
                fields.put(meaning.place == Place::Renamed, name, limit, |out| {
                    out.push('"');
                    escape(out, &text.raw, limit, unseen);
                    out.push('"');
                });
            }
        }
    }

    fn hide(&mut self, name: &str, place: Place) {
        match place {
            Place::Nowhere => {}
            Place::Slot(slot) => self.fields.set(slot, |out| out.push_str(REDACTED)),
            Place::Free | Place::Renamed => {
                let is_renamed = place == Place::Renamed;
                self.fields.put(is_renamed, name, self.rules.max_value, redacted);
            }
        }
    }

    /// A name, or three parts.
    fn component(&mut self) {
        let limit = self.rules.max_value;
        let raw = self.text.raw.as_str();
        let mut parts = raw.splitn(3, SEPARATOR);
        let (id, kind, name) = match (parts.next(), parts.next(), parts.next()) {
            (Some(id), Some(kind), Some(name)) => (Some(id), Some(kind), name),
            _ => (None, None, raw),
        };
        self.fields.set(Slot::ComponentName, |out| escape(out, name, limit, 0));
        for (slot, part) in [(Slot::ComponentId, id), (Slot::ComponentType, kind)] {
            if let Some(part) = part {
                self.fields.set(slot, |out| escape(out, part, limit, 0));
            }
        }
    }

    fn meaning(&mut self, name: &'static str) -> Meaning {
        self.text.names.get(self.rules.logger, name, &self.rules.secrets)
    }

    /// A number or a truth value: text where the schema wants text.
    fn scalar(&mut self, field: &Field, write: impl Fn(&mut String)) {
        let meaning = self.meaning(field.name());
        self.put_scalar(field.name(), meaning, write);
    }

    fn put_scalar(&mut self, name: &str, meaning: Meaning, write: impl Fn(&mut String)) {
        match meaning.place {
            place if meaning.is_secret => self.hide(name, place),
            Place::Free | Place::Renamed => {
                let is_renamed = meaning.place == Place::Renamed;
                self.fields.put(is_renamed, name, self.rules.max_value, write);
            }
            Place::Slot(slot) => {
                self.text.raw.clear();
                write(&mut self.text.raw);
                let raw = self.text.raw.trim_matches('"');
                self.fields.set(slot, |out| out.push_str(raw));
            }
            Place::Nowhere => {}
        }
    }

    /// A field whose name is not a literal of the program.
    pub(crate) fn named(&mut self, name: &str, value: &crate::FieldValue) {
        let meaning = Meaning::of(name, &self.rules.secrets);
        match value {
            crate::FieldValue::Bool(value) => {
                self.put_scalar(name, meaning, |out| out.push_str(truth(*value)));
            }
            crate::FieldValue::Integer(value) => {
                self.put_scalar(name, meaning, |out| integer(out, (*value).into()));
            }
            crate::FieldValue::Float(value) => {
                self.put_scalar(name, meaning, |out| float(out, *value));
            }
            crate::FieldValue::Text(value) => self.string(name, meaning, value),
        }
    }

    fn string(&mut self, name: &str, meaning: Meaning, value: &str) {
        if meaning.is_secret {
            return self.hide(name, meaning.place);
        }
        let unseen = self.fill(|out| out.write_str(value));
        self.store(name, meaning, unseen);
    }

    /// Lets `write` fill `raw`, whatever it does. Returns how many bytes had no room.
    fn fill(&mut self, write: impl FnOnce(&mut Bounded<'_>) -> fmt::Result) -> usize {
        let raw = &mut self.text.raw;
        raw.clear();
        let mut bounded = Bounded { text: raw, limit: self.rules.max_value, unseen: 0 };
        // A value that cannot be shown must not take down what logs it.
        let written = catch_unwind(AssertUnwindSafe(|| write(&mut bounded)));
        let unseen = bounded.unseen;
        match written {
            Ok(Ok(())) => {}
            Ok(Err(_)) => self.text.raw.push_str("[its Display failed]"),
            Err(_) => self.text.raw.push_str("[its Display panicked]"),
        }
        unseen
    }
}

impl Visit for Recorder<'_> {
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.scalar(field, |out| float(out, value));
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.scalar(field, |out| integer(out, value.into()));
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.scalar(field, |out| integer(out, value.into()));
    }

    fn record_i128(&mut self, field: &Field, value: i128) {
        self.scalar(field, |out| integer(out, value));
    }

    fn record_u128(&mut self, field: &Field, value: u128) {
        self.scalar(field, |out| match i128::try_from(value) {
            Ok(value) => integer(out, value),
            Err(_) => {
                // Writing into a string cannot fail.
                let _ = write!(out, "\"{value}\"");
            }
        });
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.scalar(field, |out| out.push_str(truth(value)));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        let meaning = self.meaning(field.name());
        self.string(field.name(), meaning, value);
    }

    fn record_error(&mut self, field: &Field, value: &(dyn Error + 'static)) {
        let meaning = self.meaning(field.name());
        if meaning.is_secret {
            return self.hide(field.name(), meaning.place);
        }
        let unseen = self.fill(|out| chain(out, value));
        self.store(field.name(), meaning, unseen);
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        let meaning = self.meaning(field.name());
        if meaning.is_secret {
            return self.hide(field.name(), meaning.place);
        }
        let unseen = if field.name() == "component" {
            self.fill(|out| write!(out, "{value:+?}"))
        } else {
            self.fill(|out| write!(out, "{value:?}"))
        };
        self.store(field.name(), meaning, unseen);
    }
}

// === impl Bounded ===

impl Write for Bounded<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let room = if self.unseen == 0 { self.limit.saturating_sub(self.text.len()) } else { 0 };
        let end = text.floor_char_boundary(room.min(text.len()));
        self.text.push_str(&text[..end]);
        self.unseen += text.len() - end;
        Ok(())
    }
}

/// An error and its causes. Many errors end with their cause already; it is not said twice.
fn chain(out: &mut Bounded<'_>, error: &(dyn Error + 'static)) -> fmt::Result {
    write!(out, "{error}")?;
    let mut next = error.source();
    // A chain that bites its tail must come to an end.
    for _ in 0..32 {
        let Some(cause) = next else { break };
        let begin = out.text.len();
        write!(out, ": {cause}")?;
        if out.unseen == 0 {
            let (before, said) = out.text.split_at(begin);
            if before.ends_with(&said[2..]) {
                out.text.truncate(begin);
            }
        }
        next = cause.source();
    }
    Ok(())
}

fn truth(value: bool) -> &'static str {
    if value { "true" } else { "false" }
}
