//! Load, accidents, and the end of it.

use std::time::Duration;

use electrician_kafka::rdkafka::consumer::{BaseConsumer, Consumer};
use electrician_kafka::rdkafka::{Offset, TopicPartitionList};

use crate::Guarantee;
use crate::brokers::Brokers;
use crate::support::{Kafka, unique};
use crate::troupe::{Troupe, Word};
use crate::verdict::Verdict;

const PARTITIONS: i32 = 6;
const WORKERS: usize = 3;

/// The part of the producer; those before it are workers.
const FEEDER: usize = WORKERS;

/// At most so many records per accident, so that a thousand of them can be compared.
const CHUNKS_PER_ACT: u64 = 10;

/// How long nobody needs to say anything before something else is done.
const SILENCE: Duration = Duration::from_millis(300);

/// So often at most until everything is worked off: minutes.
const PATIENCE: u32 = 600;

/// A topic, a group of workers that read it and write another, and a producer.
pub(crate) struct Play {
    kafka: Kafka,
    brokers: Brokers,
    troupe: Troupe,
    random: fastrand::Rng,
    guarantee: Guarantee,
    group: String,
    input: String,
    output: String,
    verdict: Verdict,
    /// How many chunks the producer may still write in this act.
    chunks: u64,
}

// === impl Play ===

impl Play {
    pub(crate) fn begin(name: &str, guarantee: Guarantee, seed: u64) -> Option<Self> {
        let kafka = Kafka::cluster()?;
        println!("{name}: seed {seed}");
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let topic = |what: &str| {
            let settings = [("min.insync.replicas", "2")];
            runtime.block_on(kafka.topic_with(what, PARTITIONS, &settings))
        };
        let (input, output) = (topic("chaos-in"), topic("chaos-out"));
        let brokers = Brokers::of(&kafka, &[&input, &output])?;
        let verdict = Verdict { name: name.to_owned(), seed, ..Verdict::default() };
        let mut play = Self {
            brokers,
            troupe: Troupe::new(WORKERS + 1),
            random: fastrand::Rng::with_seed(seed),
            guarantee,
            group: unique("chaos"),
            input,
            output,
            verdict,
            chunks: 0,
            kafka,
        };
        (0..=FEEDER).for_each(|part| play.enter(part));
        Some(play)
    }

    /// Kills somebody, again and again. At most one broker is down at a time.
    pub(crate) fn kill_at_random(&mut self, kills: u32) {
        let mut raise_in = 0;
        for _ in 0..kills {
            self.act();
            let at_once = self.random.bool();
            let victim = self.random.u8(..10);
            if self.brokers.is_one_down() {
                raise_in -= 1;
                if raise_in == 0 {
                    self.brokers.raise();
                }
            }
            let who = if victim == 0 {
                self.brokers.raise();
                self.settle("all brokers have everything", |play| play.brokers.are_well());
                let node = Brokers::any(&mut self.random);
                self.brokers.kill(node);
                raise_in = self.random.u32(1..5);
                "broker"
            } else if victim < 4 {
                self.troupe.kill(FEEDER);
                self.enter(FEEDER);
                "producer"
            } else {
                let part = self.random.usize(..WORKERS);
                self.troupe.kill(part);
                if !at_once {
                    self.act();
                }
                self.enter(part);
                "consumer"
            };
            *self.verdict.kills.entry(who).or_default() += 1;
        }
    }

    /// Kills a broker, which comes back at the end only.
    pub(crate) fn work_without_a_broker(&mut self, acts: u32) {
        self.act();
        let node = Brokers::any(&mut self.random);
        self.brokers.kill(node);
        (0..acts).for_each(|_| self.act());
        *self.verdict.kills.entry("broker").or_default() += 1;
    }

    /// Has somebody leave, and come back.
    pub(crate) fn come_and_go(&mut self, times: u32) {
        for _ in 0..times {
            self.act();
            let part = self.random.usize(..WORKERS);
            self.troupe.dismiss(part);
            self.await_exit(part);
            if self.random.bool() {
                self.act();
            }
            self.enter(part);
            *self.verdict.kills.entry("leave").or_default() += 1;
        }
    }

    /// Waits until everything is worked off, and looks at what is there.
    pub(crate) fn end(mut self) -> Verdict {
        self.brokers.raise();
        self.troupe.dismiss(FEEDER);
        self.await_exit(FEEDER);
        self.settle("all brokers have everything", |play| play.brokers.are_well());
        let input = self.kafka.read(&self.input);
        let end = i64::try_from(input.len()).unwrap();
        let look = self.kafka.connection().with("group.id", &self.group).to_config();
        let look: BaseConsumer = look.create().unwrap();
        self.settle("everything is committed", |play| play.committed(&look) == Some(end));
        for part in 0..WORKERS {
            self.troupe.dismiss(part);
            self.await_exit(part);
        }
        let output = self.kafka.read(&self.output);
        self.verdict.compare(&input, &output);
        std::mem::take(&mut self.verdict)
    }

    fn enter(&mut self, part: usize) {
        let Self { kafka, group, input, output, verdict, guarantee, .. } = self;
        let bootstrap = &kafka.bootstrap;
        let role = match (part, *guarantee) {
            (FEEDER, _) => format!("feed {bootstrap} {input} {}", verdict.fed),
            (_, Guarantee::AtLeastOnce) => format!("work {bootstrap} {group} {input} {output}"),
            (part, Guarantee::ExactlyOnce) => {
                format!("once {bootstrap} {group} {input} {output} {group}-{part}")
            }
        };
        self.troupe.enter(part, &role);
    }

    /// Lets everybody work for a while of random length.
    fn act(&mut self) {
        self.chunks = CHUNKS_PER_ACT;
        self.feed();
        let words = self.random.u32(1..12);
        let mut silences = 0;
        let mut heard = 0;
        while heard < words && silences < 10 {
            match self.troupe.hear(SILENCE) {
                Some(word) => {
                    heard += 1;
                    self.take_in(word);
                }
                None => silences += 1,
            }
        }
    }

    fn feed(&mut self) {
        if self.chunks > 0 && self.troupe.tell(FEEDER, "more") {
            self.chunks -= 1;
        }
    }

    fn take_in(&mut self, (part, id, line): Word) {
        if !self.troupe.is_current(part, id) {
            // Said before it was killed. What was fed is fed.
            if let Some(fed) = line.as_deref().and_then(|line| line.strip_prefix("fed ")) {
                self.verdict.fed = self.verdict.fed.max(fed.parse().unwrap());
            }
            return;
        }
        let Some(line) = line else {
            // Nobody has killed it.
            self.troupe.leave(part);
            self.enter(part);
            return;
        };
        match line.split_once(' ') {
            Some(("fed", number)) => {
                self.verdict.fed = number.parse().unwrap();
                self.feed();
            }
            Some(("ended" | "failed", why)) => {
                *self.verdict.ended.entry(why.to_owned()).or_default() += 1;
            }
            _ => {}
        }
    }

    /// Hears everybody until the part, which was dismissed, has been played to its end.
    fn await_exit(&mut self, part: usize) {
        for _ in 0..PATIENCE {
            match self.troupe.hear(SILENCE) {
                Some((other, id, line)) if other == part && self.troupe.is_current(part, id) => {
                    match line.as_deref().map(|line| line.split_once(' ')) {
                        None => {
                            self.troupe.leave(part);
                            return;
                        }
                        Some(Some(("fed", number))) => self.verdict.fed = number.parse().unwrap(),
                        Some(Some(("failed", why))) => panic!("{part} was dismissed: {why}"),
                        Some(_) => {}
                    }
                }
                Some(word) => self.take_in(word),
                None => {}
            }
            if !self.troupe.is_on(part) {
                return;
            }
        }
        panic!("{part} does not end");
    }

    /// How much of the input is committed, unless who knows is just moving.
    fn committed(&self, look: &BaseConsumer) -> Option<i64> {
        let mut list = TopicPartitionList::new();
        (0..PARTITIONS).for_each(|partition| {
            list.add_partition(&self.input, partition);
        });
        let list = look.committed_offsets(list, Duration::from_secs(5)).ok()?;
        let offset = |offset| if let Offset::Offset(offset) = offset { offset } else { 0 };
        Some(list.elements().iter().map(|one| offset(one.offset())).sum())
    }

    fn settle(&mut self, what: &str, is_settled: impl Fn(&Self) -> bool) {
        for _ in 0..PATIENCE {
            if is_settled(self) {
                return;
            }
            if let Some(word) = self.troupe.hear(SILENCE) {
                self.take_in(word);
            }
        }
        panic!("it is not so that {what}");
    }
}
