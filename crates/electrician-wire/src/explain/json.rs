//! A graph of stages as JSON.

use electrician_types::{Doing, GuardView, Ledger, StageView};
use serde_json::{Value, json};

use crate::explain::{Bottleneck, Topology};

impl Topology {
    /// The graph as a JSON object: `stages`, each with `id`, `name`, `kind`, `feeds`, `workers`,
    /// `doing`, `queued`, `capacity`, `in_hand`, `parked`, `guards` and `ledger`, and `bottleneck`,
    /// which is null or has `stage`, `name`, `fullness` and `why`. Counts are items.
    pub fn to_json(&self) -> Value {
        json!({
            "stages": self.stages.iter().map(stage).collect::<Vec<_>>(),
            "bottleneck": self.bottleneck().as_ref().map(bottleneck),
        })
    }
}

fn stage(view: &StageView) -> Value {
    json!({
        "id": view.id.get(),
        "name": &*view.name,
        "kind": view.kind.to_string(),
        "feeds": view.feeds.iter().map(|next| next.get()).collect::<Vec<_>>(),
        "workers": view.workers,
        "doing": doing(view.doing),
        "queued": view.queued,
        "capacity": view.capacity,
        "in_hand": view.in_hand,
        "parked": view.parked,
        "guards": view.guards.iter().map(guard).collect::<Vec<_>>(),
        "ledger": ledger(&view.ledger),
    })
}

fn doing(doing: Doing) -> Value {
    json!({
        "idle": doing.idle,
        "working": doing.working,
        "handing_on": doing.handing_on,
        "denied": doing.denied,
        "pausing": doing.pausing,
        "absent": doing.absent,
    })
}

fn guard(guard: &GuardView) -> Value {
    json!({
        "name": &*guard.name,
        "kind": guard.kind.to_string(),
        "is_admitting": guard.is_admitting,
        "state": guard.state,
    })
}

fn ledger(ledger: &Ledger) -> Value {
    json!({
        "accepted": ledger.accepted,
        "split": ledger.split,
        "delivered": ledger.delivered,
        "filtered": ledger.filtered,
        "merged": ledger.merged,
        "diverted": ledger.diverted,
        "dead_lettered": ledger.dead_lettered,
        "failed": ledger.failed,
        "dropped": ledger.dropped,
        "abandoned": ledger.abandoned,
        "returned": ledger.returned,
        "retried": ledger.retried,
    })
}

fn bottleneck(bottleneck: &Bottleneck) -> Value {
    let why = bottleneck.cause.to_string();
    json!({
        "stage": bottleneck.stage.get(),
        "name": &*bottleneck.name,
        "fullness": bottleneck.fullness,
        "why": why,
    })
}
