//! The middle of a mesh.

mod builder;
mod member;
mod publishing;
mod stats;

use std::collections::BTreeMap;
use std::fmt;
use std::time::{Duration, Instant, SystemTime};

pub use builder::ExchangeBuilder;
pub use stats::ExchangeStats;

use super::filter::{Defaults, Interest, refusal};
use super::index::{Index, Key};
use super::outbox::Outbox;
use super::{Filter, MeshFrame};
use crate::proto::control_directive::Directive;
use crate::proto::{
    ClockSyncRequest, ClockSyncResponse, ErrorInfo, StreamOpen, SubscribeRequest,
    SubscribeResponse, SubscriptionResult, SubscriptionSpec, UnsubscribeRequest,
    UnsubscribeResponse,
};
use crate::{Ack, Text};
use member::{ANSWERS, Answer, Member};

/// Who has subscribed to what, and what waits for whom. The [module](super) says how it works.
///
/// The order of calls: [`join`](Self::join) when a peer connects, [`leave`](Self::leave) when it is
/// gone; between them what the peer says, while [`is_ready`](Self::is_ready);
/// [`poll_transmit`](Self::poll_transmit) until it gives nothing, and again when the peer
/// [is woken](Self::next_woken), or at [`poll_timeout`](Self::poll_timeout). What is not known of a
/// peer that has left does nothing.
pub struct Exchange {
    config: ExchangeBuilder,
    members: BTreeMap<MemberId, Member>,
    index: Index,
    /// The last number that a member, or a subscription, got.
    last: u64,
    stats: ExchangeStats,
    /// Used again and again.
    found: Vec<Key>,
    woken: Vec<MemberId>,
}

/// A peer while it is connected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MemberId(u64);

/// The present, by both clocks.
#[derive(Clone, Copy, Debug)]
pub struct Moment {
    /// For what lasts.
    pub now: Instant,
    /// For what others say.
    pub wall: SystemTime,
}

/// What became of a payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Published {
    /// It is for so many subscribers; some may have dropped it, by their policy.
    For(usize),
    /// Somebody who may not lose it has no room. Nobody has got it yet: publish it again when the
    /// publisher is woken, and at this time at the latest.
    Wait(Instant),
}

// === impl Exchange ===

impl Exchange {
    /// Begins to configure an exchange.
    pub fn builder() -> ExchangeBuilder {
        ExchangeBuilder::default()
    }

    fn new(config: ExchangeBuilder) -> Self {
        Self {
            config,
            members: BTreeMap::new(),
            index: Index::default(),
            last: 0,
            stats: ExchangeStats::default(),
            found: Vec::new(),
            woken: Vec::new(),
        }
    }

    /// Counts so far.
    pub fn stats(&self) -> ExchangeStats {
        ExchangeStats { members: self.members.len(), ..self.stats }
    }

    /// A peer is there. `None` if there are too many.
    pub fn join(&mut self, now: Instant) -> Option<MemberId> {
        if self.members.len() >= self.config.members {
            return None;
        }
        let id = MemberId(self.next());
        self.members.insert(id, Member::new(Outbox::new(self.config.outbox, now)));
        Some(id)
    }

    /// A peer is gone, and what waited for it is discarded.
    pub fn leave(&mut self, id: MemberId) {
        self.end(id);
        self.members.remove(&id);
    }

    /// The peer wants nothing more; what waits for it is delivered still.
    pub fn close(&mut self, id: MemberId) {
        let Some(member) = self.members.get_mut(&id) else { return };
        let interests = std::mem::take(&mut member.interests);
        self.stats.subscriptions -= interests.len();
        for (number, interest) in interests {
            self.index.remove(&interest.filter, (id, number));
        }
    }

    fn end(&mut self, id: MemberId) {
        self.close(id);
        let Some(member) = self.members.get_mut(&id) else { return };
        let discarded = member.outbox.clear();
        self.stats.discarded += discarded;
        self.stats.waiting -= discarded;
        self.woken.extend(std::mem::take(&mut member.waiters));
    }

    const fn next(&mut self) -> u64 {
        self.last += 1;
        self.last
    }

    // --- what a peer says

    /// Whether the peer may be asked for more: so many answers wait for it, and no more.
    pub fn is_ready(&self, id: MemberId) -> bool {
        self.members.get(&id).is_some_and(|member| member.answers.len() < ANSWERS)
    }

    /// An opening, and the subscriptions in it. `allow` says which may be had.
    pub fn open(
        &mut self,
        id: MemberId,
        open: &StreamOpen,
        allow: &mut dyn FnMut(&Filter) -> bool,
    ) {
        let Some(member) = self.members.get_mut(&id) else { return };
        member.stream_id = Text::from(open.stream_id.as_str());
        member.defaults = Defaults::of(open);
        if !open.initial_subscriptions.is_empty() {
            self.subscribe_to(id, &open.initial_subscriptions, allow);
        }
    }

    /// Wishes, each of which is answered. `allow` says which may be had. One with the id of an earlier
    /// one takes its place.
    pub fn subscribe(
        &mut self,
        id: MemberId,
        request: &SubscribeRequest,
        allow: &mut dyn FnMut(&Filter) -> bool,
    ) {
        self.subscribe_to(id, &request.subscriptions, allow);
    }

    fn subscribe_to(
        &mut self,
        id: MemberId,
        specs: &[SubscriptionSpec],
        allow: &mut dyn FnMut(&Filter) -> bool,
    ) {
        let most = self.config.per_member;
        let results = if specs.len() > most {
            vec![result("", Err(too_many(specs.len(), "in a request", most)))]
        } else {
            let one = |spec| result(id_of(spec), self.subscribe_one(id, spec, allow));
            specs.iter().map(one).collect()
        };
        self.answer(id, MeshFrame::Subscribed(SubscribeResponse { results }));
    }

    fn subscribe_one(
        &mut self,
        id: MemberId,
        spec: &SubscriptionSpec,
        allow: &mut dyn FnMut(&Filter) -> bool,
    ) -> Result<(), ErrorInfo> {
        let Some(member) = self.members.get(&id).filter(|member| !member.is_ended) else {
            return Err(refusal(503, "the stream ends"));
        };
        let interest = Interest::of(spec, member.defaults)?;
        if !allow(&interest.filter) {
            return Err(refusal(403, &format!("{} is not for you", interest.filter)));
        }
        let is_new = !member.interests.iter().any(|(_, other)| other.id == interest.id);
        let (each, all) = (self.config.per_member, self.config.subscriptions);
        if is_new && member.interests.len() >= each {
            return Err(too_many(each + 1, "of a peer", each));
        }
        if is_new && self.stats.subscriptions >= all {
            return Err(too_many(all + 1, "in all", all));
        }
        self.remove(id, &interest.id);
        let number = self.next();
        self.index.insert(&interest.filter, (id, number));
        if let Some(member) = self.members.get_mut(&id) {
            member.interests.push((number, interest));
            self.stats.subscriptions += 1;
        }
        Ok(())
    }

    /// Ends subscriptions, each of which is answered. What waits already is delivered still.
    pub fn unsubscribe(&mut self, id: MemberId, request: &UnsubscribeRequest) {
        let (ids, most) = (&request.subscription_ids, self.config.per_member);
        let results = if ids.len() > most {
            vec![result("", Err(too_many(ids.len(), "in a request", most)))]
        } else {
            let mut one = |name: &String| {
                let known = self.remove(id, name);
                let known = known.then_some(()).ok_or_else(|| refusal(404, "no such subscription"));
                result(cut(name), known)
            };
            ids.iter().map(&mut one).collect()
        };
        self.answer(id, MeshFrame::Unsubscribed(UnsubscribeResponse { results }));
    }

    fn remove(&mut self, id: MemberId, name: &str) -> bool {
        let Some(member) = self.members.get_mut(&id) else { return false };
        let Some(at) = member.interests.iter().position(|(_, other)| other.id == name) else {
            return false;
        };
        let (number, interest) = member.interests.remove(at);
        self.index.remove(&interest.filter, (id, number));
        self.stats.subscriptions -= 1;
        true
    }

    /// How many subscriptions the peer has.
    pub fn interests(&self, id: MemberId) -> usize {
        self.members.get(&id).map_or(0, |member| member.interests.len())
    }

    /// The peer asks what time it is.
    pub fn clock_sync(&mut self, id: MemberId, request: ClockSyncRequest, moment: Moment) {
        let ClockSyncRequest { nonce, t1_unix_ns } = request;
        if let Some(member) = self.members.get_mut(&id) {
            let t2 = moment.unix_ns();
            member.answers.push_back(Answer::Clock { nonce, t1: t1_unix_ns, t2 });
        }
    }

    /// What the peer says of what it got: it may ask for a pause, or for a rate.
    pub fn heed(&mut self, id: MemberId, ack: &Ack, now: Instant) {
        let directive = ack.directive.as_ref().and_then(|it| it.directive.as_ref());
        if let Some(member) = self.members.get_mut(&id)
            && let Some(Directive::Throttle(throttle)) = directive
        {
            member.pace.throttle(throttle, now);
        }
    }

    fn answer(&mut self, id: MemberId, frame: MeshFrame) {
        if let Some(member) = self.members.get_mut(&id) {
            member.answers.push_back(Answer::Frame(frame));
        }
    }

    // --- what a peer is told

    /// The next peer for which there may be something: to send, or room for what it publishes.
    pub fn next_woken(&mut self) -> Option<MemberId> {
        self.woken.pop()
    }

    /// The next frame for the peer, until there is none. One that is given counts as delivered.
    pub fn poll_transmit(&mut self, id: MemberId, moment: Moment) -> Option<MeshFrame> {
        let member = self.members.get_mut(&id)?;
        match member.answers.pop_front() {
            Some(Answer::Frame(frame)) => return Some(frame),
            Some(Answer::Clock { nonce, t1, t2 }) => {
                return Some(MeshFrame::ClockSynced(ClockSyncResponse {
                    nonce,
                    t1_unix_ns: t1,
                    t2_unix_ns: t2,
                    t3_unix_ns: moment.unix_ns(),
                }));
            }
            None => {}
        }
        if member.outbox.is_empty() || !member.pace.take(moment.now) {
            return None;
        }
        let (payload, lost) = member.outbox.pop(moment.now, moment.wall);
        self.woken.extend(std::mem::take(&mut member.waiters));
        self.stats.lose(lost);
        let payload = payload?;
        self.stats.waiting -= 1;
        self.stats.delivered += 1;
        Some(MeshFrame::Payload(payload))
    }

    /// When [`poll_transmit`](Self::poll_transmit) has something, unless something else happens before.
    pub fn poll_timeout(&self, id: MemberId, now: Instant) -> Option<Instant> {
        let member = self.members.get(&id)?;
        member.pace.wake(now).filter(|_| !member.outbox.is_empty())
    }

    /// Whether nothing waits for the peer.
    pub fn is_drained(&self, id: MemberId) -> bool {
        let is_drained = |member: &Member| member.answers.is_empty() && member.outbox.is_empty();
        self.members.get(&id).is_none_or(is_drained)
    }

    /// Whether the peer was ended because it was too slow.
    pub fn is_ended(&self, id: MemberId) -> bool {
        self.members.get(&id).is_some_and(|member| member.is_ended)
    }

    /// How long a slow subscriber has.
    pub const fn patience(&self) -> Duration {
        self.config.patience
    }
}

impl fmt::Debug for Exchange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Exchange").field("stats", &self.stats()).finish_non_exhaustive()
    }
}

// === impl Moment ===

impl Moment {
    /// Nanoseconds since 1970.
    pub fn unix_ns(&self) -> u64 {
        let since = self.wall.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
    }
}

fn result(id: &str, became: Result<(), ErrorInfo>) -> SubscriptionResult {
    let error = became.err();
    SubscriptionResult { subscription_id: id.to_owned(), success: error.is_none(), error }
}

fn id_of(spec: &SubscriptionSpec) -> &str {
    cut(&spec.subscription_id)
}

/// The beginning of a name, which may be of any length.
fn cut(name: &str) -> &str {
    &name[..name.floor_char_boundary(Filter::MAX_BYTES)]
}

fn too_many(count: usize, of: &str, most: usize) -> ErrorInfo {
    refusal(429, &format!("{count} subscriptions {of}, at most {most} are taken"))
}
