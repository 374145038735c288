//! Consumers, producers and brokers that are killed at work, and what is left afterwards.
//!
//! It is a program of its own because it kills the brokers that other tests use. Eight kills for
//! each guarantee, or as many as `KAFKA_CHAOS_KILLS` says; `KAFKA_CHAOS_SEED` repeats the choices of
//! another run. `cargo xtask chaos` sets both.

mod brokers;
mod child;
mod play;
mod troupe;
mod verdict;

#[path = "../it/support.rs"]
mod support;

use std::env;
use std::sync::{Mutex, MutexGuard, PoisonError};

use play::Play;

/// How many kills, unless told.
const KILLS: u32 = 8;

/// What is promised for each record that is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Guarantee {
    AtLeastOnce,
    ExactlyOnce,
}

/// One play at a time: each takes the whole cluster.
static STAGE: Mutex<()> = Mutex::new(());

fn stage() -> MutexGuard<'static, ()> {
    STAGE.lock().unwrap_or_else(PoisonError::into_inner)
}

fn number(variable: &str) -> Option<u64> {
    env::var(variable).ok().map(|text| text.parse().unwrap())
}

fn kills() -> u32 {
    number("KAFKA_CHAOS_KILLS").map_or(KILLS, |kills| u32::try_from(kills).unwrap())
}

fn seed() -> u64 {
    number("KAFKA_CHAOS_SEED").unwrap_or_else(|| fastrand::u64(..))
}

#[test]
fn kills_lose_nothing() {
    let _stage = stage();
    let Some(mut play) = Play::begin("at-least-once", Guarantee::AtLeastOnce, seed()) else {
        return;
    };
    play.kill_at_random(kills());
    let verdict = play.end();
    println!("{verdict}");
    assert_eq!((verdict.unfed, verdict.lost), (0, 0), "{verdict}");
}

#[test]
fn kills_lose_and_repeat_nothing_in_transactions() {
    let _stage = stage();
    let Some(mut play) = Play::begin("exactly-once", Guarantee::ExactlyOnce, seed()) else {
        return;
    };
    play.kill_at_random(kills());
    let verdict = play.end();
    println!("{verdict}");
    assert_eq!((verdict.unfed, verdict.lost, verdict.repeated), (0, 0, 0), "{verdict}");
}

/// All partitions have other leaders than before, and are one copy short, for as long as it takes.
#[test]
fn a_broker_that_stays_away_is_not_missed() {
    let _stage = stage();
    let Some(mut play) = Play::begin("away", Guarantee::AtLeastOnce, seed()) else { return };
    play.work_without_a_broker(kills());
    let verdict = play.end();
    println!("{verdict}");
    assert_eq!((verdict.unfed, verdict.lost), (0, 0), "{verdict}");
}

/// Members who come and go one after the other, but by their own will: nothing is lost, and nothing
/// is read twice.
#[test]
fn members_who_come_and_go_lose_and_repeat_nothing() {
    let _stage = stage();
    let Some(mut play) = Play::begin("storm", Guarantee::AtLeastOnce, seed()) else { return };
    play.come_and_go(kills().min(60));
    let verdict = play.end();
    println!("{verdict}");
    assert_eq!((verdict.unfed, verdict.lost, verdict.repeated), (0, 0, 0), "{verdict}");
}
