//! How a payload comes to subscribers.

use std::time::Instant;

use super::member::{ANSWERS, Answer, Member};
use super::{Exchange, MemberId, Moment, Published};
use crate::mesh::index::Key;
use crate::mesh::outbox::is_expired;
use crate::mesh::{Address, MeshFrame, WhenFull};
use crate::proto::Throttle;
use crate::{Ack, RawPayload, Text};

// === impl Exchange ===

impl Exchange {
    /// Gives a payload to who has subscribed to its address. It is complete: it has left the stream it
    /// came on.
    pub fn publish(
        &mut self,
        from: MemberId,
        address: &Address,
        payload: &RawPayload,
        moment: Moment,
    ) -> Published {
        let mut found = std::mem::take(&mut self.found);
        found.clear();
        self.index.find(address.channel(), address.topic(), &mut found);
        if !address.is_echoed() {
            found.retain(|(id, _)| *id != from);
        }
        // A peer's stand together.
        found.sort_unstable();
        let waits = self.wait_for(from, &found, payload, moment.now);
        let published = waits.map_or_else(
            || Published::For(self.give_all(from, &found, payload, moment)),
            Published::Wait,
        );
        self.found = found;
        published
    }

    /// Gives a payload to all that want it. How many they are.
    fn give_all(
        &mut self,
        from: MemberId,
        found: &[Key],
        payload: &RawPayload,
        moment: Moment,
    ) -> usize {
        self.stats.published += 1;
        let of_one = |(one, _): &Key, (other, _): &Key| one == other;
        let mut count = 0;
        let mut is_pressed = false;
        for keys in found.chunk_by(of_one) {
            let is_for = self.give(keys, payload, moment, &mut is_pressed);
            count += usize::from(is_for);
        }
        if is_pressed {
            self.throttle(from, moment.now);
        }
        count
    }

    /// Until when the publisher has to wait, if somebody has no room who may not lose this. Those who
    /// took nothing for too long are ended.
    fn wait_for(
        &mut self,
        from: MemberId,
        found: &[Key],
        payload: &RawPayload,
        now: Instant,
    ) -> Option<Instant> {
        let size = payload.encoded_len() + 11;
        let mut until: Option<Instant> = None;
        for (id, number) in found {
            let Some(member) = self.members.get_mut(id) else { continue };
            let waits = member.when_full(*number) == Some(WhenFull::Wait);
            if !waits || member.outbox.would_take(size) {
                continue;
            }
            let end = member.outbox.moved() + self.config.patience;
            if end <= now {
                member.is_ended = true;
                member.answers.clear();
                self.stats.ended += 1;
                self.woken.push(*id);
                self.end(*id);
            } else {
                member.waiters.insert(from);
                until = Some(until.map_or(end, |until| until.min(end)));
            }
        }
        until
    }

    /// Gives a payload to one peer, of whom these subscriptions fit.
    fn give(
        &mut self,
        keys: &[Key],
        payload: &RawPayload,
        Moment { now, wall }: Moment,
        is_pressed: &mut bool,
    ) -> bool {
        let Some((id, _)) = keys.first() else { return false };
        let Some(member) = self.members.get_mut(id) else { return false };
        let mut when_full = None;
        let mut is_for = false;
        for (_, number) in keys {
            let mut interests = member.interests.iter_mut();
            let Some((_, interest)) = interests.find(|(own, _)| own == number) else { continue };
            is_for = true;
            if interest.pace.as_mut().is_none_or(|pace| pace.take(now)) {
                when_full = when_full.max(Some(interest.when_full));
            }
        }
        if !is_for {
            return false;
        }
        self.stats.matched += 1;
        let Some(when_full) = when_full else {
            self.stats.limited += 1;
            return true;
        };
        if is_expired(payload, wall) {
            self.stats.expired += 1;
            return true;
        }
        let lost = member.outbox.push(payload.clone(), when_full, now, wall);
        *is_pressed |= member.outbox.is_pressed();
        self.stats.waiting += 1;
        self.stats.lose(lost);
        self.woken.push(*id);
        true
    }

    fn throttle(&mut self, from: MemberId, now: Instant) {
        let pause = self.config.pause;
        let Some(member) = self.members.get_mut(&from) else { return };
        if member.next_throttle.is_some_and(|next| next > now) || member.answers.len() >= ANSWERS {
            return;
        }
        member.next_throttle = Some(now + pause);
        let retry_after_ms = u32::try_from(pause.as_millis()).unwrap_or(u32::MAX);
        let throttle = Throttle { retry_after_ms, ..Throttle::default() };
        let why = Text::from_static("a subscriber is slow");
        // Not about a payload, and no refusal: whoever heeds no directives may pass it over.
        let ack = Ack::refusal(member.stream_id.clone(), 429, why).with_throttle(throttle);
        member.answers.push_back(Answer::Frame(MeshFrame::Ack(ack)));
        self.stats.throttled += 1;
        self.woken.push(from);
    }
}

// === impl Member ===

impl Member {
    fn when_full(&self, number: u64) -> Option<WhenFull> {
        let mut interests = self.interests.iter();
        interests.find(|(own, _)| *own == number).map(|(_, interest)| interest.when_full)
    }
}
