//! The breaker once more, slow and simple: a list of everything that happened, judged from the
//! beginning each time.

/// Milliseconds since the beginning.
pub(crate) type Millis = u64;

/// How the breaker is set up.
#[derive(Clone, Debug)]
pub(crate) struct Rules {
    pub(crate) consecutive: Option<usize>,
    /// Percent of failures.
    pub(crate) failure_percent: Option<usize>,
    /// From so many milliseconds on a call is slow; percent of slow calls.
    pub(crate) slow: Option<(Millis, usize)>,
    pub(crate) window: Look,
    pub(crate) minimum: usize,
    pub(crate) debounce: Millis,
    pub(crate) open_for: Millis,
    /// Factor and cap.
    pub(crate) growth: Option<(u64, Millis)>,
    pub(crate) probes: usize,
    pub(crate) successes: usize,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Look {
    Calls(usize),
    /// So many parts of so many milliseconds.
    Parts(u64, Millis),
}

/// Something that happened.
#[derive(Clone, Debug)]
pub(crate) enum Entry {
    /// Somebody asked for so many calls, whatever the answer.
    Asked(usize),
    /// The calls of this asker came to this, in this order: failed, and milliseconds.
    Told {
        id: usize,
        outcomes: Vec<(bool, Millis)>,
    },
    Tripped,
    TrippedFor(Millis),
    Reset,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    Closed,
    Open,
    HalfOpen,
}

/// What is so after all that happened.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Verdict {
    pub(crate) mode: Option<Mode>,
    /// Milliseconds until a call may be made; `None` if that cannot be said.
    pub(crate) wait: Option<Millis>,
    /// What each asker was granted.
    pub(crate) granted: Vec<usize>,
    pub(crate) probes_out: usize,
}

/// A stretch of time in one mode.
#[derive(Clone, Copy, Debug)]
struct Stretch {
    mode: Mode,
    until: Option<Millis>,
    trips: u32,
}

/// What one asker holds.
#[derive(Clone, Debug)]
struct Held {
    /// The stretch in which it was granted.
    stretch: usize,
    calls: usize,
    is_probe: bool,
    is_out: bool,
}

/// Goes through the list of what happened when. `now` is not before the last.
pub(crate) fn judge(rules: &Rules, list: &[(Millis, Entry)], now: Millis) -> Verdict {
    let mut stretches = vec![Stretch { mode: Mode::Closed, until: None, trips: 0 }];
    let mut held: Vec<Held> = Vec::new();
    for (place, (at, entry)) in list.iter().enumerate() {
        let current = *stretches.last().unwrap();
        let next = |mode, until, trips| Stretch { mode, until, trips };
        let is_over = current.until.is_some_and(|until| *at >= until);
        let reopened = || {
            let trips = current.trips + 1;
            next(Mode::Open, Some(at + rules.open_time(trips)), trips)
        };
        match entry {
            Entry::Asked(calls) => {
                if current.mode == Mode::Open && is_over {
                    stretches.push(next(Mode::HalfOpen, None, current.trips));
                }
                let mode = stretches.last().unwrap().mode;
                let free = rules.probes - out(&held);
                let (granted, is_out) = match mode {
                    Mode::Closed => (*calls, true),
                    Mode::HalfOpen if free > 0 => ((*calls).min(free), true),
                    Mode::HalfOpen | Mode::Open => (0, false),
                };
                let is_probe = mode == Mode::HalfOpen && is_out;
                let stretch = stretches.len() - 1;
                held.push(Held { stretch, calls: granted, is_probe, is_out });
            }
            Entry::Told { id, .. } => {
                held[*id].is_out = false;
                if held[*id].stretch != stretches.len() - 1 {
                    continue;
                }
                let told =
                    Told { list: &list[..=place], held: &held, stretch: stretches.len() - 1 };
                match current.mode {
                    Mode::Closed if told.trips(rules) => stretches.push(reopened()),
                    Mode::HalfOpen if told.has_bad_probe(rules) => stretches.push(reopened()),
                    Mode::HalfOpen if told.successes() >= rules.successes => {
                        stretches.push(next(Mode::Closed, None, 0));
                    }
                    _ => {}
                }
            }
            Entry::Tripped if current.mode == Mode::Open && !is_over => {}
            Entry::Tripped => stretches.push(reopened()),
            Entry::TrippedFor(time) if current.mode == Mode::Open && !is_over => {
                let until = current.until.unwrap().max(at + time);
                stretches.last_mut().unwrap().until = Some(until);
            }
            Entry::TrippedFor(time) => {
                stretches.push(next(Mode::Open, Some(at + time), current.trips));
            }
            Entry::Reset => {
                stretches.push(next(Mode::Closed, None, 0));
                for held in &mut held {
                    held.is_probe = false;
                }
            }
        }
    }
    let current = stretches.last().unwrap();
    let is_over = current.until.is_some_and(|until| now >= until);
    let mode = if current.mode == Mode::Open && is_over { Mode::HalfOpen } else { current.mode };
    let wait = match mode {
        Mode::Closed => Some(0),
        Mode::Open => current.until.map(|until| until - now),
        Mode::HalfOpen => (out(&held) < rules.probes).then_some(0),
    };
    let granted = held.iter().map(|held| held.calls).collect();
    Verdict { mode: Some(mode), wait, granted, probes_out: out(&held) }
}

fn out(held: &[Held]) -> usize {
    held.iter().filter(|held| held.is_out && held.is_probe).map(|held| held.calls).sum()
}

/// A call that counts: when it was told, whether it failed, whether it was slow.
#[derive(Clone, Copy, Debug)]
struct Call {
    at: Millis,
    failed: bool,
    took: Millis,
}

/// What was told so far of calls that were granted in one stretch.
struct Told<'a> {
    list: &'a [(Millis, Entry)],
    held: &'a [Held],
    stretch: usize,
}

impl Told<'_> {
    /// Batches of calls, oldest first.
    fn batches(&self) -> Vec<Vec<Call>> {
        let batch = |(at, entry): &(Millis, Entry)| match entry {
            Entry::Told { id, outcomes } if self.held[*id].stretch == self.stretch => {
                let granted = outcomes.iter().take(self.held[*id].calls);
                let call = |&(failed, took): &(bool, Millis)| Call { at: *at, failed, took };
                Some(granted.map(call).collect())
            }
            _ => None,
        };
        self.list.iter().filter_map(batch).collect()
    }

    /// The same without the failures that follow another one that counts too closely.
    fn debounced(&self, rules: &Rules) -> Vec<Vec<Call>> {
        let mut last: Option<Millis> = None;
        let mut counts = |call: &Call| {
            let counts = !call.failed
                || rules.debounce == 0
                || last.is_none_or(|last| call.at - last >= rules.debounce);
            if call.failed && counts {
                last = Some(call.at);
            }
            counts
        };
        let mut batches = self.batches();
        for batch in &mut batches {
            batch.retain(&mut counts);
        }
        batches
    }

    fn successes(&self) -> usize {
        self.batches().iter().flatten().filter(|call| !call.failed).count()
    }

    fn has_bad_probe(&self, rules: &Rules) -> bool {
        self.batches().iter().flatten().any(|call| call.failed || rules.is_slow(call))
    }

    /// Whether the last batch trips.
    fn trips(&self, rules: &Rules) -> bool {
        let mut batches = self.debounced(rules);
        let calls: Vec<Call> = batches.iter().flatten().copied().collect();
        let last = batches.last().map_or(0, Vec::len);
        let in_a_row =
            |end: usize| calls[..end].iter().rev().take_while(|call| call.failed).count();
        let row = (calls.len() - last..=calls.len()).map(in_a_row).max().unwrap_or(0);
        if rules.consecutive.is_some_and(|limit| row >= limit) {
            return true;
        }
        // A window takes the good ones of a batch first.
        let key = |call: &Call| (call.failed, rules.is_slow(call));
        for batch in &mut batches {
            batch.sort_by_key(key);
        }
        let now = self.list.last().map_or(0, |(at, _)| *at);
        let calls: Vec<Call> = batches.concat();
        let seen: Vec<&Call> = match rules.window {
            Look::Calls(size) => calls.iter().rev().take(size).collect(),
            Look::Parts(parts, width) => {
                calls.iter().filter(|call| call.at / width + parts > now / width).collect()
            }
        };
        let failed = seen.iter().filter(|call| call.failed).count();
        let slow = seen.iter().filter(|call| rules.is_slow(call)).count();
        let reaches = |part, percent| part * 100 >= percent * seen.len();
        seen.len() >= rules.minimum
            && (rules.failure_percent.is_some_and(|percent| reaches(failed, percent))
                || rules.slow.is_some_and(|(_, percent)| reaches(slow, percent)))
    }
}

impl Rules {
    fn open_time(&self, trips: u32) -> Millis {
        let Some((factor, cap)) = self.growth else {
            return self.open_for;
        };
        (1..trips).fold(self.open_for, |time, _| (time * factor).min(cap))
    }

    fn is_slow(&self, call: &Call) -> bool {
        self.slow.is_some_and(|(threshold, _)| call.took >= threshold)
    }
}
