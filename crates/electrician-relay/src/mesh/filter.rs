//! What a subscriber wants.

use std::fmt;
use std::time::{Duration, Instant};

use crate::proto::{DeliveryMode, DropPolicy, ErrorInfo, StreamOpen, SubscriptionSpec};

/// Which payloads.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Filter {
    /// Those on exactly this channel.
    Channel(String),
    /// Those on channels that begin so.
    Prefix(String),
    /// Those of this topic.
    Topic(String),
}

/// What happens to a payload for which a subscriber has no room, the milder first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum WhenFull {
    /// The oldest that may be dropped goes.
    DropOld,
    /// Those that have expired go, or else the oldest that may be dropped.
    DropOldOrExpired,
    /// The new one goes.
    DropNew,
    /// The publisher waits.
    Wait,
}

/// A subscription that can be had.
#[derive(Clone, Debug)]
pub struct Interest {
    pub(super) id: String,
    pub(super) filter: Filter,
    pub(super) when_full: WhenFull,
    pub(super) pace: Option<Pace>,
}

/// At most so many in a second.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pace {
    each: Duration,
    next: Option<Instant>,
}

/// What an opening says for subscriptions that do not.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Defaults {
    policy: i32,
    delivery: i32,
}

// === impl Filter ===

impl Filter {
    /// The longest name of a channel, prefix, topic or subscription, bytes.
    pub const MAX_BYTES: usize = 256;

    /// Payloads on exactly this channel.
    pub fn channel(name: impl Into<String>) -> Self {
        Self::Channel(name.into())
    }

    /// Payloads on channels that begin so; all channels, if it is empty.
    pub fn prefix(prefix: impl Into<String>) -> Self {
        Self::Prefix(prefix.into())
    }

    /// Payloads of this topic.
    pub fn topic(name: impl Into<String>) -> Self {
        Self::Topic(name.into())
    }

    /// Whether a payload on this channel and of this topic fits; empty is none.
    pub fn fits(&self, channel: &str, topic: &str) -> bool {
        match self {
            Self::Channel(name) => !channel.is_empty() && name == channel,
            Self::Prefix(prefix) => !channel.is_empty() && channel.starts_with(prefix.as_str()),
            Self::Topic(name) => !topic.is_empty() && name == topic,
        }
    }

    /// A subscription to these payloads, with an id of its own for a connection.
    pub fn subscription(&self, id: impl Into<String>) -> SubscriptionSpec {
        let mut spec =
            SubscriptionSpec { subscription_id: id.into(), ..SubscriptionSpec::default() };
        match self {
            Self::Channel(name) => spec.channel.clone_from(name),
            Self::Prefix(prefix) => spec.channel_prefix.clone_from(prefix),
            Self::Topic(name) => spec.topic.clone_from(name),
        }
        spec
    }

    fn of(spec: &SubscriptionSpec) -> Result<Self, ErrorInfo> {
        let SubscriptionSpec { channel, channel_prefix, topic, spatial, max_entities, .. } = spec;
        if spatial.is_some() || *max_entities > 0 {
            return Err(refusal(501, "subscriptions to regions are not served"));
        }
        let names = [channel, channel_prefix, topic];
        let mut said = names.iter().filter(|name| !name.is_empty());
        let (Some(name), None) = (said.next(), said.next()) else {
            return Err(refusal(400, "say one of channel, channel_prefix and topic"));
        };
        check_name("the name", name)?;
        Ok(match () {
            () if !channel.is_empty() => Self::Channel(channel.clone()),
            () if !channel_prefix.is_empty() => Self::Prefix(channel_prefix.clone()),
            () => Self::Topic(topic.clone()),
        })
    }
}

impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Channel(name) => write!(f, "channel {name:?}"),
            Self::Prefix(prefix) => write!(f, "channels that begin with {prefix:?}"),
            Self::Topic(name) => write!(f, "topic {name:?}"),
        }
    }
}

// === impl Interest ===

impl Interest {
    /// What is asked for, or why it cannot be had.
    pub(super) fn of(spec: &SubscriptionSpec, defaults: Defaults) -> Result<Self, ErrorInfo> {
        if spec.subscription_id.is_empty() {
            return Err(refusal(400, "a subscription needs an id"));
        }
        check_name("the id", &spec.subscription_id)?;
        let filter = Filter::of(spec)?;
        let when_full = defaults.when_full(spec)?;
        let rate = spec.max_updates_per_second;
        if rate > 0 && when_full == WhenFull::Wait {
            return Err(refusal(
                400,
                "max_updates_per_second drops, and this is not to be dropped",
            ));
        }
        let pace = (rate > 0).then(|| Pace { each: Duration::from_secs(1) / rate, next: None });
        Ok(Self { id: spec.subscription_id.clone(), filter, when_full, pace })
    }

    /// Which payloads.
    pub const fn filter(&self) -> &Filter {
        &self.filter
    }
}

// === impl Pace ===

impl Pace {
    /// Whether one more may go at `now`; then it counts.
    pub(super) fn take(&mut self, now: Instant) -> bool {
        if self.next.is_some_and(|next| next > now) {
            return false;
        }
        self.next = Some(now + self.each);
        true
    }
}

// === impl Defaults ===

impl Defaults {
    pub(super) const fn of(open: &StreamOpen) -> Self {
        Self { policy: open.default_drop_policy, delivery: open.default_delivery }
    }

    fn when_full(self, spec: &SubscriptionSpec) -> Result<WhenFull, ErrorInfo> {
        let said = |own: i32, other: i32| if own == 0 { other } else { own };
        let policy = said(spec.drop_policy, self.policy);
        let policy = DropPolicy::try_from(policy)
            .map_err(|_| refusal(400, &format!("drop policy {policy} is not known")))?;
        let delivery = said(spec.delivery, self.delivery);
        let delivery = DeliveryMode::try_from(delivery)
            .map_err(|_| refusal(400, &format!("delivery mode {delivery} is not known")))?;
        Ok(match (policy, delivery) {
            (DropPolicy::DropNone, _)
            | (
                DropPolicy::Unspecified,
                DeliveryMode::DeliveryReliableOrdered | DeliveryMode::DeliveryReliableUnordered,
            ) => WhenFull::Wait,
            (DropPolicy::DropNew, _) => WhenFull::DropNew,
            (DropPolicy::DropOldOrExpired, _) => WhenFull::DropOldOrExpired,
            (DropPolicy::DropOld | DropPolicy::Unspecified, _) => WhenFull::DropOld,
        })
    }
}

pub(super) fn refusal(code: i32, message: &str) -> ErrorInfo {
    ErrorInfo { code, message: message.to_owned(), details: Vec::new() }
}

/// That a name is not too long.
pub(super) fn check_name(what: &str, name: &str) -> Result<(), ErrorInfo> {
    let (length, most) = (name.len(), Filter::MAX_BYTES);
    if length > most {
        return Err(refusal(400, &format!("{what} has {length} bytes, at most {most} are taken")));
    }
    Ok(())
}
