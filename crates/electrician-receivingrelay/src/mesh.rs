//! Publish and subscribe, beside the relay.

mod room;
mod service;
mod talk;

use std::fmt;
use std::sync::Arc;

use electrician_auth::Identity;
use electrician_relay::mesh::{Address, ExchangeBuilder, Filter};

pub(crate) use room::Room;
pub(crate) use service::MeshDesk;

/// Serves `electrician.MeshService/Connect` beside the relay: peers publish payloads on channels and
/// topics, and get those that they have subscribed to. How it works, and what happens to subscribers
/// that are slow, is said by [`electrician_relay::mesh`].
///
/// # What reaches the pipeline
///
/// A payload without a channel and a topic, for which nobody can have a subscription: the pipeline is
/// who it is for, as with the relay service. With
/// [`with_pipeline_for`](Self::with_pipeline_for) others, too. Subscribers get the bytes as they came;
/// the reader of the relay reads for the pipeline alone.
///
/// # Acknowledgements
///
/// A publisher's payload is acknowledged when each of its subscribers has it in its outbox or has
/// dropped it by its policy, and, if it reaches the pipeline, when its receipt is resolved. One that
/// fails there, or comes back, is refused for now, and when it is sent again subscribers get it again.
/// While the queue of the pipeline, or the outbox of a subscriber that may lose nothing, is full,
/// nothing more is read from the publisher.
///
/// # Who may
///
/// Callers are authenticated as those of the relay service, and end with their token or certificate.
/// Without [`with_permission`](Self::with_permission) who is let in may publish and subscribe
/// everywhere. What a payload says of its publisher is not checked.
#[derive(Clone, Default)]
pub struct Mesh {
    pub(crate) exchange: ExchangeBuilder,
    intake: Vec<Filter>,
    permission: Option<Arc<Permission>>,
}

/// What a peer wants to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum MeshAccess<'a> {
    /// Publish on a channel and a topic, one of which may be empty.
    Publish {
        /// The channel.
        channel: &'a str,
        /// The topic.
        topic: &'a str,
    },
    /// Subscribe.
    Subscribe(&'a Filter),
}

/// Says who may what.
type Permission = dyn Fn(&Identity, MeshAccess<'_>) -> bool + Send + Sync;

// === impl Mesh ===

impl Mesh {
    /// One with the limits that [`ExchangeBuilder`] has.
    pub fn new() -> Self {
        Self::default()
    }

    /// Limits: peers, subscriptions, what waits for a peer, pauses and patience.
    pub const fn with_exchange(mut self, exchange: ExchangeBuilder) -> Self {
        self.exchange = exchange;
        self
    }

    /// Payloads that fit one of `filters` reach the pipeline, too. `Filter::prefix("")` fits all that
    /// have a channel.
    pub fn with_pipeline_for(mut self, filters: impl IntoIterator<Item = Filter>) -> Self {
        self.intake.extend(filters);
        self
    }

    /// Who may do what. It is called for each payload and each subscription, and must not block.
    pub fn with_permission(
        mut self,
        permission: impl Fn(&Identity, MeshAccess<'_>) -> bool + Send + Sync + 'static,
    ) -> Self {
        self.permission = Some(Arc::new(permission));
        self
    }

    fn allows(&self, identity: &Identity, access: MeshAccess<'_>) -> bool {
        self.permission.as_ref().is_none_or(|permission| permission(identity, access))
    }

    fn may_publish(&self, identity: &Identity, address: &Address) -> bool {
        let (channel, topic) = (address.channel(), address.topic());
        self.allows(identity, MeshAccess::Publish { channel, topic })
    }

    fn is_for_pipeline(&self, address: &Address) -> bool {
        let fits = |filter: &Filter| filter.fits(address.channel(), address.topic());
        address.is_nowhere() || self.intake.iter().any(fits)
    }
}

impl fmt::Debug for Mesh {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mesh")
            .field("exchange", &self.exchange)
            .field("intake", &self.intake)
            .field("has_permission", &self.permission.is_some())
            .finish()
    }
}
