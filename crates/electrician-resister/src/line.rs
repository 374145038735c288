//! The line of those who wait: a state machine without locks, clocks or files.

use std::collections::{HashMap, VecDeque};
use std::mem;

use electrician_types::Refusal;

use crate::aging::Aging;
use crate::heap::Heap;
use crate::herald::News;
use crate::time::{NEVER, Nanos};
use crate::{Counters, Key};

/// What the queue knows of an element beside its value.
#[derive(Clone, Debug)]
pub(crate) struct Ticket {
    /// The same as long as the element lives.
    pub(crate) id: u64,
    /// Who came first. A new one for each turn in the line.
    pub(crate) sequence: u64,
    pub(crate) key: Option<Key>,
    pub(crate) priority: i32,
    pub(crate) retries: u32,
    pub(crate) first_seen: Nanos,
    /// When this turn in the line began.
    pub(crate) queued: Nanos,
    pub(crate) deadline: Nanos,
    /// What it weighs.
    pub(crate) bytes: u64,
}

/// Everything the queue holds, waiting or not, each in a place of its own.
#[derive(Debug)]
pub(crate) struct Line<P> {
    places: Vec<Option<Entry<P>>>,
    free: Vec<u32>,
    order: Heap,
    deadlines: Heap,
    /// Overdue ones, first to expire first.
    expired: VecDeque<u32>,
    /// Those that made their last attempt, in the order in which they came back.
    exhausted: VecDeque<u32>,
    max_attempts: u32,
    /// Where the waiting ones are that have a name.
    keys: HashMap<Key, u32>,
    aging: Aging,
    capacity: usize,
    budget: u64,
    occupied: usize,
    bytes: u64,
    next: u64,
    pub(crate) counters: Counters,
    /// Of these the observer was told.
    told: Counters,
}

#[derive(Debug)]
pub(crate) struct Entry<P> {
    pub(crate) ticket: Ticket,
    pub(crate) payload: P,
}

/// What a push would do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Admission {
    /// It takes a free place.
    Enters,
    /// It takes the place of this one.
    Replaces(u32),
}

// === impl Line ===

impl<P> Line<P> {
    /// An empty line; what it needs for `reserved` elements is allocated now.
    pub(crate) fn new(aging: Aging, capacity: usize, budget: u64, reserved: usize) -> Self {
        Self {
            places: Vec::with_capacity(reserved),
            free: Vec::with_capacity(reserved),
            order: Heap::with_capacity(reserved),
            deadlines: Heap::default(),
            expired: VecDeque::new(),
            exhausted: VecDeque::new(),
            max_attempts: u32::MAX,
            keys: HashMap::new(),
            aging,
            capacity,
            budget,
            occupied: 0,
            bytes: 0,
            next: 1,
            counters: Counters::default(),
            told: Counters::default(),
        }
    }

    /// Those that come back after so many attempts wait no more.
    pub(crate) const fn limit_attempts(&mut self, max_attempts: u32) {
        self.max_attempts = max_attempts;
    }

    /// How many are waiting.
    pub(crate) fn waiting(&self) -> usize {
        self.order.len()
    }

    /// How many are overdue and were not fetched.
    pub(crate) fn expired(&self) -> usize {
        self.expired.len()
    }

    /// How many made their last attempt and were not fetched.
    pub(crate) fn exhausted(&self) -> usize {
        self.exhausted.len()
    }

    /// How many hold a place, whatever their state.
    pub(crate) const fn occupied(&self) -> usize {
        self.occupied
    }

    /// What those who hold a place weigh together.
    pub(crate) const fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Whether something of `bytes` may enter now, and where.
    pub(crate) fn admit(&self, key: Option<&Key>, bytes: u64) -> Result<Admission, Refusal> {
        if bytes > self.budget {
            return Err(Refusal::TooLarge { size: bytes, budget: self.budget });
        }
        let known = key.and_then(|key| self.keys.get(key)).copied();
        let released = known.map_or(0, |place| self.entry(place).ticket.bytes);
        let has_place = known.is_some() || self.occupied < self.capacity;
        let has_bytes = bytes <= self.budget.saturating_sub(self.bytes - released);
        match (has_place && has_bytes, known) {
            (false, _) => Err(Refusal::Full),
            (true, Some(place)) => Ok(Admission::Replaces(place)),
            (true, None) => Ok(Admission::Enters),
        }
    }

    /// How many new elements of these `weights` may enter one after the other, and why not more.
    #[cfg(feature = "disk")]
    pub(crate) fn room_for(&self, weights: impl Iterator<Item = u64>) -> (usize, Option<Refusal>) {
        let (mut count, mut left) = (0, self.budget.saturating_sub(self.bytes));
        for weight in weights {
            if weight > self.budget {
                let reason = Refusal::TooLarge { size: weight, budget: self.budget };
                return (count, Some(reason));
            }
            if weight > left || self.occupied + count >= self.capacity {
                return (count, Some(Refusal::Full));
            }
            (count, left) = (count + 1, left - weight);
        }
        (count, None)
    }

    /// A number that was not given out before.
    pub(crate) fn number(&mut self) -> u64 {
        self.next += 1;
        self.next - 1
    }

    /// Does not give out numbers up to `taken`.
    #[cfg(feature = "disk")]
    pub(crate) fn skip(&mut self, taken: u64) {
        self.next = self.next.max(taken.saturating_add(1));
    }

    /// The next number to be given out.
    #[cfg(feature = "disk")]
    pub(crate) const fn next_number(&self) -> u64 {
        self.next
    }

    /// Takes an element in, among the waiting.
    pub(crate) fn insert(&mut self, ticket: Ticket, payload: P) -> u32 {
        let place = self.seat(ticket, payload);
        self.stand(place);
        place
    }

    /// Takes an element in that came back. Whether it waits: after its last attempt it does not.
    pub(crate) fn insert_again(&mut self, ticket: Ticket, payload: P) -> bool {
        let place = self.seat(ticket, payload);
        self.come_back(place)
    }

    fn seat(&mut self, ticket: Ticket, payload: P) -> u32 {
        self.occupied += 1;
        self.bytes += ticket.bytes;
        let entry = Some(Entry { ticket, payload });
        if let Some(place) = self.free.pop() {
            self.places[place as usize] = entry;
            return place;
        }
        self.places.push(entry);
        u32::try_from(self.places.len() - 1).expect("the capacity has at most 32 bits")
    }

    /// Gives the waiting element at `place` another ticket and payload. Returns the former payload.
    pub(crate) fn replace(&mut self, place: u32, ticket: Ticket, payload: P) -> P {
        let entry = self.entry_mut(place);
        let former = mem::replace(entry, Entry { ticket, payload });
        let bytes = entry.ticket.bytes;
        self.bytes = self.bytes - former.ticket.bytes + bytes;
        self.stand(place);
        former.payload
    }

    /// Puts an element that was taken back among the waiting, as its ticket says.
    pub(crate) fn stand(&mut self, place: u32) {
        let (rank, sequence, deadline) = {
            let ticket = &self.entry(place).ticket;
            (self.aging.rank(ticket.priority, ticket.queued), ticket.sequence, ticket.deadline)
        };
        self.order.put(place, rank, sequence);
        if deadline == NEVER {
            self.deadlines.remove(place);
        } else {
            self.deadlines.put(place, i128::from(deadline), sequence);
        }
        // A name belongs to the newest: one that comes back does not take it away.
        if let Some(key) = self.entry(place).ticket.key.clone() {
            let id = self.entry(place).ticket.id;
            let places = &self.places;
            let owner = self.keys.entry(key).or_insert(place);
            let owned = places[*owner as usize].as_ref().map_or(0, |entry| entry.ticket.id);
            if owned < id {
                *owner = place;
            }
        }
    }

    /// Puts an element that came back where it belongs. Whether it waits.
    pub(crate) fn come_back(&mut self, place: u32) -> bool {
        if self.entry(place).ticket.retries >= self.max_attempts {
            self.exhausted.push_back(place);
            self.counters.exhausted += 1;
            return false;
        }
        self.stand(place);
        self.counters.requeued += 1;
        true
    }

    /// Sets aside what is overdue at `now`. How many.
    pub(crate) fn expire(&mut self, now: Nanos) -> usize {
        let before = self.expired.len();
        while let Some((place, deadline)) = self.deadlines.first() {
            if deadline > i128::from(now) {
                break;
            }
            self.leave(place);
            self.expired.push_back(place);
            self.counters.expired += 1;
        }
        self.expired.len() - before
    }

    /// Takes the first out of the line. It keeps its place until it is [released](Self::release).
    pub(crate) fn first(&mut self) -> Option<u32> {
        let (place, _) = self.order.first()?;
        self.leave(place);
        Some(place)
    }

    /// Takes the first of the overdue. It keeps its place, too.
    pub(crate) fn first_expired(&mut self) -> Option<u32> {
        self.expired.pop_front()
    }

    /// Takes the first of those that made their last attempt. It keeps its place, too.
    pub(crate) fn first_exhausted(&mut self) -> Option<u32> {
        self.exhausted.pop_front()
    }

    /// What has happened since this was asked last.
    pub(crate) fn news(&mut self) -> Option<News> {
        let news = News::between(&self.told, &self.counters, self.order.len() == 0);
        self.told = self.counters;
        news
    }

    /// Frees a place whose element does not stand in line any more.
    pub(crate) fn release(&mut self, place: u32) -> Entry<P> {
        let entry = self.places[place as usize].take().expect("released once");
        self.free.push(place);
        self.occupied -= 1;
        self.bytes -= entry.ticket.bytes;
        entry
    }

    /// Takes the waiting element of this name out.
    #[cfg(feature = "tower")]
    pub(crate) fn withdraw(&mut self, key: &Key) -> Option<Entry<P>> {
        let place = *self.keys.get(key)?;
        self.leave(place);
        Some(self.release(place))
    }

    pub(crate) fn entry(&self, place: u32) -> &Entry<P> {
        self.places[place as usize].as_ref().expect("the place is taken")
    }

    pub(crate) fn entry_mut(&mut self, place: u32) -> &mut Entry<P> {
        self.places[place as usize].as_mut().expect("the place is taken")
    }

    fn leave(&mut self, place: u32) {
        self.order.remove(place);
        self.deadlines.remove(place);
        let key = self.places[place as usize].as_ref().and_then(|entry| entry.ticket.key.as_ref());
        if let Some(key) = key
            && self.keys.get(key) == Some(&place)
        {
            self.keys.remove(key);
        }
    }
}

/// What only the log on disk asks for.
#[cfg(feature = "disk")]
impl<P> Line<P> {
    /// Begins a life after a restart with what is waiting: those that made their last attempt wait
    /// no more, and nothing of this is news.
    pub(crate) fn awake(&mut self, max_attempts: u32) {
        self.max_attempts = max_attempts;
        let is_spent = |entry: &Entry<P>| entry.ticket.retries >= max_attempts;
        let mut spent: Vec<(u64, u32)> = self
            .entries()
            .filter(|(_, entry)| is_spent(entry))
            .map(|(place, entry)| (entry.ticket.sequence, place))
            .collect();
        spent.sort_unstable();
        for (_, place) in spent {
            self.leave(place);
            self.exhausted.push_back(place);
        }
        self.told = self.counters;
    }

    /// The element at `place`, if there is one.
    pub(crate) fn get(&self, place: u32) -> Option<&Entry<P>> {
        self.places.get(place as usize)?.as_ref()
    }

    /// Everything that has a place.
    pub(crate) fn entries(&self) -> impl Iterator<Item = (u32, &Entry<P>)> {
        (0..).zip(&self.places).filter_map(|(place, entry)| Some((place, entry.as_ref()?)))
    }

    /// Takes the element at `place` out, wherever it is.
    pub(crate) fn forget(&mut self, place: u32) -> Entry<P> {
        self.leave(place);
        self.release(place)
    }
}
