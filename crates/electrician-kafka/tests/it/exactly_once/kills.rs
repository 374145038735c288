//! Processes that are killed.

use std::env;
use std::process::{Child, Command, Stdio};

use super::copies::Copies;
use super::picky;
use crate::support::Kafka;

/// Tells a process of this binary that it is one to be killed, and what it works at.
const ROLE: &str = "ELECTRICIAN_KAFKA_MEMBER";

const MEMBERS: usize = 2;
const KILLS: u64 = 8;

/// A process of its own, with a pipeline.
struct Member(Child);

impl Member {
    fn start(copies: &Copies, id: usize) -> Self {
        let Copies { input, output, dead, group, .. } = copies;
        let child = Command::new(env::current_exe().unwrap())
            .args(["exactly_once::kills::member", "--exact", "--nocapture"])
            .env(ROLE, [input, output, dead, group, &id.to_string()].map(String::as_str).join(" "))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        Self(child.unwrap())
    }
}

impl Drop for Member {
    fn drop(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

/// The work of such a process. In any other it does nothing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn member() {
    let Ok(role) = env::var(ROLE) else { return };
    let words: Vec<&str> = role.split(' ').collect();
    let [input, output, dead, group] = [0, 1, 2, 3].map(|at| words[at].to_owned());
    let kafka = Kafka::one().unwrap();
    let copies = Copies { kafka, input, output, dead, group };
    let (_running, _) = copies.start(words[4], copies.source(), picky());
    std::future::pending::<()>().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn members_that_are_killed_lose_and_repeat_nothing() {
    let Some(kafka) = Kafka::one() else { return };
    let copies = Copies::new(&kafka, 0).await;
    let mut members: Vec<Member> = (0..MEMBERS).map(|id| Member::start(&copies, id)).collect();
    for round in 0..KILLS {
        let so_far = round * 2000;
        copies.produce(so_far..so_far + 2000);
        // Somewhere in the middle of the work.
        copies.until(so_far + 100 + 200 * (round * 7 % 10)).await;
        let id = usize::try_from(round).unwrap() % MEMBERS;
        members[id] = Member::start(&copies, id);
    }
    copies.until(KILLS * 2000).await;
    drop(members);
    copies.check(&format!("{KILLS} processes killed"), KILLS * 2000, |_| false);
}
