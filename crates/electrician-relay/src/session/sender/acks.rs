//! What a sender makes of acknowledgements.

use std::time::{Duration, Instant};

use super::{Link, Outcome, Reconnect, SenderSession};
use crate::Ack;
use crate::proto::control_directive::Directive;
use crate::session::ACKS_ARE;

// === impl SenderSession ===

impl<K> SenderSession<K> {
    /// Takes what the receiver said, at `now`.
    ///
    /// Each of them counts as what it is, whatever was asked for: one about a payload has its number,
    /// one about several has the last number and counts, the others are about the stream.
    pub fn on_ack(&mut self, ack: &Ack, now: Instant) {
        if matches!(self.link, Link::Down | Link::Dead | Link::Fresh) {
            return;
        }
        let retry_after = self.heed(ack, now);
        let has_counts = ack.ok_count > 0 || ack.err_count > 0;
        if ack.seq > 0 {
            self.on_one(ack, retry_after, now);
        } else if has_counts || (ack.last_seq > 0 && !self.is_opening()) {
            self.on_several(ack);
        } else if ack.success {
            self.on_opened(ack);
        } else if !is_throttle(ack) {
            self.news.refused = Some((ack.code, ack.message.clone()));
            self.give_up(Reconnect::Refused);
            return;
        }
        if let Link::Closing { until: Some(until) } = &mut self.link {
            *until = now + self.config.ack_timeout;
        }
        if self.link == Link::Up {
            let is_awaiting = self.window.is_awaiting();
            self.ack_by = is_awaiting.then(|| now + self.patience());
        }
    }

    const fn is_opening(&self) -> bool {
        matches!(self.link, Link::Opening { .. })
    }

    /// Directives and limits. How long to wait, if that is said.
    fn heed(&mut self, ack: &Ack, now: Instant) -> Option<Duration> {
        if let Some(flow) = ack.flow_state.filter(|flow| flow.max_in_flight > 0) {
            self.peer_limit = usize::try_from(flow.max_in_flight).ok();
        }
        let directive = ack.directive.as_ref()?;
        let Some(Directive::Throttle(throttle)) = directive.directive.as_ref() else {
            self.news.directive = Some(directive.clone());
            return None;
        };
        self.pace.throttle(throttle, now);
        if throttle.max_in_flight > 0 {
            self.peer_limit = usize::try_from(throttle.max_in_flight).ok();
        }
        let millis = u64::from(throttle.retry_after_ms);
        (millis > 0).then(|| Duration::from_millis(millis))
    }

    /// The receiver took the opening, and may say what it knows from former connections.
    fn on_opened(&mut self, ack: &Ack) {
        if self.is_opening() {
            // All of them were acknowledged; what was refused is not among them.
            self.settle_through(ack.last_seq.min(self.window.sent_ever()), &Outcome::Acked);
            self.link = Link::Up;
        }
        self.is_prompt |= ack.metadata.contains_key(ACKS_ARE);
        if self.news.opened.is_none() && ack.ok_count == 0 {
            let is_processed = ack.metadata.get(ACKS_ARE).is_some_and(|what| what == "processed");
            self.news.opened = Some(is_processed);
        }
    }

    fn on_one(&mut self, ack: &Ack, retry_after: Option<Duration>, now: Instant) {
        if !ack.success {
            self.refused = self.refused.saturating_add(1);
        }
        if ack.seq > self.window.sent_through() {
            self.stats.strays += 1;
            return;
        }
        // One that is settled already was sent twice.
        let Some(mut held) = self.window.settle(ack.seq) else { return };
        self.care.progressed(self.config.window_items);
        if ack.success {
            self.settle(ack.seq, held, Outcome::Acked);
            return;
        }
        held.attempts += 1;
        if ack.retryable && held.attempts < self.config.retry_attempts {
            self.push_later(held, now + retry_after.unwrap_or(self.config.retry_delay));
        } else {
            let outcome = Outcome::Rejected { code: ack.code, message: ack.message.clone() };
            self.settle(ack.seq, held, outcome);
        }
    }

    /// Everything up to a number. Those that were refused were named before; peers that do not name
    /// them leave all of them unclear.
    fn on_several(&mut self, ack: &Ack) {
        let unnamed = ack.err_count.saturating_sub(self.refused);
        if ack.ok_count > 0 || ack.err_count > 0 {
            self.refused = 0;
        }
        let mut through = ack.last_seq;
        if through > self.window.sent_through() {
            self.stats.strays += 1;
            through = self.window.sent_through();
        }
        let outcome = if unnamed > 0 {
            Outcome::Unclear { errors: unnamed, of: ack.ok_count.saturating_add(ack.err_count) }
        } else {
            Outcome::Acked
        };
        self.settle_through(through, &outcome);
    }

    fn settle_through(&mut self, through: u64, outcome: &Outcome) {
        if self.window.first_unsettled() <= through && self.window.live() > 0 {
            self.care.progressed(self.config.window_items);
        }
        while self.window.first_unsettled() <= through
            && let Some((seq, held)) = self.window.take_first()
        {
            self.settle(seq, held, outcome.clone());
        }
    }
}

fn is_throttle(ack: &Ack) -> bool {
    let directive = ack.directive.as_ref().and_then(|directive| directive.directive.as_ref());
    matches!(directive, Some(Directive::Throttle(_)))
}
