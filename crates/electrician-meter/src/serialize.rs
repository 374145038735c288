//! How types of the contracts are written.

use std::time::Duration;

use electrician_types::{ComponentKind, Doing, Ledger};
use serde::Serializer;
use serde::ser::SerializeStruct;

pub(crate) fn seconds<S: Serializer>(time: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(time.as_secs_f64())
}

#[expect(clippy::ref_option, reason = "serde passes the field")]
pub(crate) fn maybe_seconds<S: Serializer>(
    time: &Option<Duration>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match time {
        Some(time) => serializer.serialize_some(&time.as_secs_f64()),
        None => serializer.serialize_none(),
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes the field")]
pub(crate) fn kind<S: Serializer>(kind: &ComponentKind, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(kind)
}

pub(crate) fn doing<S: Serializer>(doing: &Doing, serializer: S) -> Result<S::Ok, S::Error> {
    let mut fields = serializer.serialize_struct("Doing", 6)?;
    fields.serialize_field("idle", &doing.idle)?;
    fields.serialize_field("working", &doing.working)?;
    fields.serialize_field("handing_on", &doing.handing_on)?;
    fields.serialize_field("denied", &doing.denied)?;
    fields.serialize_field("pausing", &doing.pausing)?;
    fields.serialize_field("absent", &doing.absent)?;
    fields.end()
}

pub(crate) fn ledger<S: Serializer>(ledger: &Ledger, serializer: S) -> Result<S::Ok, S::Error> {
    let mut fields = serializer.serialize_struct("Ledger", 12)?;
    fields.serialize_field("accepted", &ledger.accepted)?;
    fields.serialize_field("split", &ledger.split)?;
    fields.serialize_field("delivered", &ledger.delivered)?;
    fields.serialize_field("filtered", &ledger.filtered)?;
    fields.serialize_field("merged", &ledger.merged)?;
    fields.serialize_field("diverted", &ledger.diverted)?;
    fields.serialize_field("dead_lettered", &ledger.dead_lettered)?;
    fields.serialize_field("failed", &ledger.failed)?;
    fields.serialize_field("dropped", &ledger.dropped)?;
    fields.serialize_field("abandoned", &ledger.abandoned)?;
    fields.serialize_field("returned", &ledger.returned)?;
    fields.serialize_field("retried", &ledger.retried)?;
    fields.end()
}
