//! Publish and subscribe without IO: who wants what, what waits for whom, and who is too slow.
//!
//! [`Exchange`] is what a server of `MeshService` knows; with a
//! [`ReceiverSession`](crate::session::ReceiverSession) for what each peer publishes it is all of it.
//! [`MeshSession`] is the other end. As with sessions, a transport moves frames and tells the time, and
//! has no rules of its own.
//!
//! # What is published
//!
//! A payload has a channel (its own, or that of the opening), a topic (in the routing of its metadata,
//! or of the opening's), both, or none. Subscriptions are for exactly one channel, for all channels with
//! a prefix, or for a topic. A peer gets a payload once, however many of its subscriptions fit, and what
//! it published itself only if the routing says `echo_to_sender`.
//!
//! What comes to a subscriber is numbered anew, from 1 on for each connection: a gap in the numbers is
//! what was dropped for want of room. A payload without metadata gets those of its stream along, and the channel that
//! counts; else it stays as it is on the wire, with fields that are not known.
//!
//! Who is away gets nothing: what is published is not kept. Routing to single sessions, principals or
//! groups and subscriptions to regions are refused, for ignoring them would give payloads to those who
//! are not meant.
//!
//! # Subscribers that are slow
//!
//! What waits for a peer is bounded, in payloads and bytes. When three quarters are taken, who
//! publishes is asked to pause, by a throttle directive. When all is taken it depends on the
//! subscription, by its drop policy, else by the opening's, else by its delivery:
//!
//! | policy | what happens |
//! |---|---|
//! | `DROP_OLD`, and unreliable delivery, the default | the oldest such payload goes |
//! | `DROP_OLD_OR_EXPIRED` | all that have expired go, else the oldest |
//! | `DROP_NEW` | the new one goes |
//! | `DROP_NONE`, and reliable delivery | the publisher waits, and what it publishes behind it, too; a peer that takes nothing for the patience of the exchange is ended, and what waited for it is discarded |
//!
//! Each of them is counted: see [`ExchangeStats`].

mod address;
mod clock;
mod exchange;
mod filter;
mod frame;
mod index;
mod outbox;
mod session;

pub use address::{Address, Unpublished};
pub use clock::ClockSample;
pub use exchange::{Exchange, ExchangeBuilder, ExchangeStats, MemberId, Moment, Published};
pub use filter::{Filter, Interest, WhenFull};
pub use frame::MeshFrame;
pub use session::{MeshEvent, MeshSession, SubscriptionRefused};
