//! The guards of a stage: who is asked before items are worked on, and what happens when one of
//! them gives no leave.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use electrician_types::{Denial, Guard, GuardView, Item, Leave, Outcomes, Refused, Submit};

/// The most guards a stage may have.
pub(crate) const MAX_GUARDS: usize = 4;

/// What happens to items while a guard gives no leave.
pub enum WhenDenied<T> {
    /// They wait in the stage's queue. It fills up, and then submits wait and sources pause.
    Pause,
    /// Submits are refused and give the item back
    /// ([`Refusal::Denied`](electrician_types::Refusal::Denied)); one that waits for room already
    /// goes on waiting. What is inside waits, and what a source or another stage brings waits with
    /// it.
    Reject,
    /// They go another way: see [`divert`](Self::divert).
    Divert(Diversion<T>),
}

/// Another way for items: a neutral wire, a backup, a queue beside.
pub struct Diversion<T>(Arc<dyn Divert<T>>);

/// The guards of a stage, in the order in which they are asked.
pub struct Guards<T> {
    posts: Vec<Post<T>>,
    is_timing: bool,
}

struct Post<T> {
    guard: Arc<dyn Guard>,
    when: WhenDenied<T>,
}

/// Leave from all guards of a stage. What is left of it when it goes away was not used.
pub(crate) struct Held<'a> {
    guards: &'a dyn Settle,
    tokens: Tokens,
    left: usize,
}

/// A guard gave no leave.
pub(crate) struct Closed<'a, T> {
    pub(crate) guard: &'a dyn Guard,
    pub(crate) when: &'a WhenDenied<T>,
}

type Tokens = [u64; MAX_GUARDS];

type Diverting<'a, T> = Pin<Box<dyn Future<Output = Result<(), Refused<Item<T>>>> + Send + 'a>>;

trait Divert<T>: Send + Sync {
    fn divert(&self, item: Item<T>) -> Diverting<'_, T>;
}

trait Settle: Sync {
    fn settle(&self, tokens: &Tokens, outcomes: Outcomes);
    fn is_timing(&self) -> bool;
}

// === impl WhenDenied ===

impl<T: Send + 'static> WhenDenied<T> {
    /// Items go to `way`: they are accounted for as diverted, and their receipts go along. What
    /// `way` refuses has failed.
    pub fn divert(way: impl Submit<T> + 'static) -> Self {
        Self::Divert(Diversion(Arc::new(way)))
    }
}

impl<T> Clone for WhenDenied<T> {
    fn clone(&self) -> Self {
        match self {
            Self::Pause => Self::Pause,
            Self::Reject => Self::Reject,
            Self::Divert(way) => Self::Divert(way.clone()),
        }
    }
}

impl<T> fmt::Debug for WhenDenied<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Pause => "Pause",
            Self::Reject => "Reject",
            Self::Divert(_) => "Divert",
        })
    }
}

// === impl Diversion ===

impl<T> Diversion<T> {
    pub(crate) async fn divert(&self, item: Item<T>) -> Result<(), Refused<Item<T>>> {
        self.0.divert(item).await
    }
}

impl<T> Clone for Diversion<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T> fmt::Debug for Diversion<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Diversion")
    }
}

impl<T: Send + 'static, S: Submit<T>> Divert<T> for S {
    fn divert(&self, item: Item<T>) -> Diverting<'_, T> {
        Box::pin(self.submit_item(item))
    }
}

// === impl Guards ===

impl<T> Guards<T> {
    /// No guard yet.
    pub const fn new() -> Self {
        Self { posts: Vec::new(), is_timing: false }
    }

    /// Adds a guard, asked after those before it.
    pub fn add(&mut self, guard: impl Guard, when: WhenDenied<T>) {
        self.is_timing |= guard.is_timing();
        self.posts.push(Post { guard: Arc::new(guard), when });
    }

    /// Whether there is none.
    pub const fn is_empty(&self) -> bool {
        self.posts.is_empty()
    }

    /// What is wrong with them, and what would be right.
    pub fn problems(&self) -> Vec<String> {
        let many = self.posts.len() > MAX_GUARDS;
        let text =
            || format!("{} guards are too many: give at most {MAX_GUARDS}", self.posts.len());
        many.then(text).into_iter().collect()
    }

    /// How they are at this moment; those that say nothing of themselves are left out.
    pub(crate) fn views(&self) -> Vec<GuardView> {
        self.posts.iter().filter_map(|post| post.guard.view()).collect()
    }

    /// Why submits are refused now, if they are.
    pub(crate) fn refusal(&self) -> Option<Denial> {
        let mut rejecting =
            self.posts.iter().filter(|post| matches!(post.when, WhenDenied::Reject));
        rejecting.find_map(|post| post.guard.denial()).map(|denied| denied.reason)
    }

    /// Asks every guard for leave to make up to `want` attempts.
    pub(crate) fn admit(&self, want: usize) -> Result<Held<'_>, Closed<'_, T>>
    where
        T: Send,
    {
        let mut held = Held {
            guards: self,
            tokens: Tokens::default(),
            left: if self.is_timing { want.min(1) } else { want },
        };
        for (index, Post { guard, when }) in self.posts.iter().enumerate() {
            let granted = match guard.admit(held.left) {
                Ok(Leave { count, token }) => {
                    held.tokens[index] = token;
                    count.min(held.left)
                }
                Err(_) => 0,
            };
            // What the earlier ones gave beyond that is not used.
            let ignored = held.left - granted;
            if ignored > 0 {
                self.settle_first(index, &held.tokens, Outcomes { ignored, ..Outcomes::default() });
                held.left = granted;
            }
            if granted == 0 {
                return Err(Closed { guard: &**guard, when });
            }
        }
        Ok(held)
    }

    fn settle_first(&self, posts: usize, tokens: &Tokens, outcomes: Outcomes) {
        for (Post { guard, .. }, token) in self.posts[..posts].iter().zip(tokens) {
            guard.settle(Leave { count: outcomes.count(), token: *token }, outcomes);
        }
    }
}

impl<T: Send> Settle for Guards<T> {
    fn settle(&self, tokens: &Tokens, outcomes: Outcomes) {
        self.settle_first(self.posts.len(), tokens, outcomes);
    }

    fn is_timing(&self) -> bool {
        self.is_timing
    }
}

impl<T> Default for Guards<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> Clone for Guards<T> {
    fn clone(&self) -> Self {
        let post =
            |post: &Post<T>| Post { guard: Arc::clone(&post.guard), when: post.when.clone() };
        Self { posts: self.posts.iter().map(post).collect(), is_timing: self.is_timing }
    }
}

impl<T> fmt::Debug for Guards<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.posts.iter().map(|post| &post.when)).finish()
    }
}

// === impl Held ===

impl Held<'_> {
    /// For how many attempts.
    pub(crate) const fn left(&self) -> usize {
        self.left
    }

    /// Whether the guards want to know how long attempts take.
    pub(crate) fn is_timing(&self) -> bool {
        self.guards.is_timing()
    }

    /// Tells of `successes`, then of a failure if there was one.
    pub(crate) fn settle(&mut self, successes: usize, failures: usize, elapsed: Duration) {
        let successes = successes.min(self.left);
        let failures = failures.min(self.left - successes);
        self.left -= successes + failures;
        if successes + failures > 0 {
            let outcomes = Outcomes { successes, failures, ignored: 0, elapsed };
            self.guards.settle(&self.tokens, outcomes);
        }
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        if self.left > 0 {
            let outcomes = Outcomes { ignored: self.left, ..Outcomes::default() };
            self.guards.settle(&self.tokens, outcomes);
        }
    }
}
