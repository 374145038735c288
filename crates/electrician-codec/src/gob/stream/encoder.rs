//! Values after one another, their types before the first that needs them.

use electrician_types::{BoxError, Encoder};
use serde::Serialize;

use crate::CodecError;
use crate::gob::fault::Fault;
use crate::gob::infer;
use crate::gob::payload::{Gob, message};
use crate::gob::plan::Plan;
use crate::gob::put;
use crate::gob::schema::{Schema, Shape, merge};
use crate::gob::types::{FIRST_USER, Id};

/// Writes a stream as one encoder of Go does: types are sent once.
///
/// It is an [`Encoder`], so a wire's encoder sink takes it; `begin` starts a new stream. Without a
/// schema, a value that shows more of a type than those before is preceded by the larger type: Go
/// takes a new type for the same struct at any time. The values may be of several types.
#[derive(Debug)]
pub struct GobEncoder {
    gob: Gob,
    sent: Vec<(Shape, Plan)>,
    /// Of the plan that served last.
    last: usize,
    next_id: Id,
    value: Vec<u8>,
}

// === impl GobEncoder ===

impl GobEncoder {
    /// Values as `gob` writes them.
    pub fn new(gob: Gob) -> Self {
        Self { gob, sent: Vec::new(), last: 0, next_id: FIRST_USER + 1, value: Vec::new() }
    }

    /// Appends a value, and before it the types that were not sent. On error nothing is appended.
    pub fn write<T: Serialize + ?Sized>(
        &mut self,
        value: &T,
        into: &mut Vec<u8>,
    ) -> Result<(), CodecError> {
        self.write_to(value, into).map_err(|fault| fault.into_error(None))
    }

    /// Forgets what was sent: the next value begins a new stream.
    pub fn reset(&mut self) {
        self.sent.clear();
        self.last = 0;
        self.next_id = FIRST_USER + 1;
    }

    fn write_to<T: Serialize + ?Sized>(
        &mut self,
        value: &T,
        into: &mut Vec<u8>,
    ) -> Result<(), Fault> {
        let names = self.gob.names();
        if let Some((_, plan)) = self.sent.get(self.last) {
            match message(value, plan, names, &mut self.value) {
                Ok(()) => {
                    put::bytes(&self.value, into);
                    return Ok(());
                }
                Err(fault) if !fault.is_outgrown() || self.gob.schema().is_some() => {
                    return Err(fault);
                }
                Err(_) => {}
            }
        }
        let (at, shape) = match self.gob.schema() {
            Some(Schema(shape)) => (0, shape.clone()),
            None => self.place(infer::shape(value)?),
        };
        if let Some((known, plan)) = self.sent.get(at)
            && *known == shape
        {
            message(value, plan, names, &mut self.value)?;
        } else {
            let plan = Plan::new(&shape, names, self.next_id)?;
            message(value, &plan, names, &mut self.value)?;
            // Nothing fails from here on: what counts as sent is sent.
            self.next_id = plan.next_id();
            into.extend_from_slice(&plan.definitions);
            match self.sent.get_mut(at) {
                Some(sent) => *sent = (shape, plan),
                None => self.sent.push((shape, plan)),
            }
        }
        self.last = at;
        put::bytes(&self.value, into);
        Ok(())
    }

    /// The types that `found` goes with, and what they become with it.
    fn place(&self, found: Shape) -> (usize, Shape) {
        for (at, (known, _)) in self.sent.iter().enumerate() {
            if let Ok(shape) = merge(known.clone(), found.clone()) {
                return (at, shape);
            }
        }
        (self.sent.len(), found)
    }
}

impl<T: Serialize> Encoder<T> for GobEncoder {
    fn begin(&mut self, _into: &mut Vec<u8>) -> Result<(), BoxError> {
        self.reset();
        Ok(())
    }

    fn encode(&mut self, record: &T, into: &mut Vec<u8>) -> Result<(), BoxError> {
        Ok(self.write(record, into)?)
    }
}
