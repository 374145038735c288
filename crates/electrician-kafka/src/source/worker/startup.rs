//! The first steps: who answers, and does it have what is to be read?

use std::rc::Rc;
use std::time::{Duration, Instant};

use electrician_types::{Error, ErrorKind, Result};
use rdkafka::TopicPartitionList;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::RDKafkaErrorCode;
use rdkafka::metadata::MetadataTopic;

use super::{Intake, Worker};
use crate::dead_letter::DeadLetters;
use crate::error::failed;
use crate::source::clock;
use crate::source::context::Context;
use crate::source::exchange::{CHUNK, Chunk, Exchange, Wish};
use crate::source::plan::{Choice, Plan};

/// How long one attempt may take, and so how long a stop may have to wait for it.
const SLICE: Duration = Duration::from_secs(1);

/// How long a topic may be unknown that was created just now.
const NEWS: Duration = Duration::from_secs(3);

// === impl Worker ===

impl<'a, T> Worker<'a, T> {
    pub(super) fn open(plan: &'a Plan<T>, exchange: &'a Exchange<T>) -> Result<Self> {
        let consumer: BaseConsumer<Context> = plan
            .consumer
            .create_with_context(Context::new(plan.tokens.clone()))
            .map_err(|error| failed("creating a consumer", error))?;
        // The first token is asked for here, so that it need not be waited for later.
        consumer.poll(Duration::ZERO);
        // In transactions they go through the producer of the sink.
        let topic = plan.dead_letters.as_deref().filter(|_| plan.link.is_none());
        let dead_letters =
            topic.map(|topic| DeadLetters::new(topic, plan.producer.clone(), plan.tokens.clone()));
        let now = clock::now();
        Ok(Self {
            plan,
            exchange,
            consumer: Rc::new(consumer),
            dead_letters: dead_letters.transpose()?,
            seats: Vec::new(),
            assigned: 0,
            recent: 0,
            chunk: Chunk::with_capacity(CHUNK),
            change: None,
            leaving: None,
            intake: Intake::Open,
            transaction: None,
            is_held: false,
            blocked: None,
            crowded: None,
            next_look: now,
            delivered: 0,
            redelivered: 0,
        })
    }

    /// Looks whether everything is there, and subscribes. `None`: it is not wanted any more.
    pub(super) fn start(mut self) -> Result<Option<Self>> {
        let is_wanted = self.begin()?;
        Ok(is_wanted.then_some(self))
    }

    fn begin(&mut self) -> Result<bool> {
        let deadline = clock::now() + self.plan.startup_time;
        let (topics, partitions) = match &self.plan.choice {
            Choice::Topics(topics) => (topics.clone(), None),
            Choice::Pattern(_) => (Vec::new(), None),
            Choice::Partitions(some) => {
                (some.iter().map(|(topic, _)| topic.clone()).collect(), Some(some))
            }
        };
        for topic in topics.iter().chain(&self.plan.dead_letters) {
            let Some(count) = self.partitions_of(topic, deadline)? else { return Ok(false) };
            let named = partitions.into_iter().flatten().filter(|(other, _)| other == topic);
            for partition in named.flat_map(|(_, partitions)| partitions) {
                if usize::try_from(*partition).is_ok_and(|partition| partition >= count) {
                    let problem = format!(
                        "topic `{topic}` has no partition {partition}, it has {count}: 0 to {}",
                        count - 1
                    );
                    return Err(Error::new(ErrorKind::Config, problem));
                }
            }
        }
        if !self.attach(deadline)? {
            return Ok(false);
        }
        match &self.plan.choice {
            Choice::Topics(topics) => {
                let topics: Vec<_> = topics.iter().map(String::as_str).collect();
                self.subscribe(&topics)?;
            }
            Choice::Pattern(pattern) => {
                if self.ask(deadline, |consumer| consumer.fetch_metadata(None, SLICE))?.is_none() {
                    return Ok(false);
                }
                self.subscribe(&[pattern])?;
            }
            Choice::Partitions(partitions) => return self.assign_named(partitions, deadline),
        }
        Ok(true)
    }

    fn subscribe(&self, topics: &[&str]) -> Result<()> {
        let subscribed = self.consumer.subscribe(topics);
        subscribed.map_err(|error| failed(format!("subscribing to {topics:?}"), error))
    }

    fn assign_named(
        &mut self,
        partitions: &[(String, Vec<i32>)],
        deadline: Instant,
    ) -> Result<bool> {
        let mut list = TopicPartitionList::new();
        for (topic, partitions) in partitions {
            for partition in partitions {
                if list.find_partition(topic, *partition).is_none() {
                    list.add_partition(topic, *partition);
                }
            }
        }
        loop {
            match self.take_over(&list) {
                Ok(()) => return Ok(true),
                Err(error) if !error.is_retryable() || clock::now() >= deadline => {
                    return Err(error);
                }
                Err(_) if self.is_unwanted() => return Ok(false),
                Err(_) => self.attend(),
            }
        }
    }

    /// How many partitions `topic` has.
    fn partitions_of(&self, topic: &str, deadline: Instant) -> Result<Option<usize>> {
        let patience = deadline.min(clock::now() + NEWS);
        loop {
            let ask =
                |consumer: &BaseConsumer<Context>| consumer.fetch_metadata(Some(topic), SLICE);
            let Some(metadata) = self.ask(deadline, ask)? else { return Ok(None) };
            let found = metadata.topics().iter().find(|one| one.name() == topic);
            let error = found.and_then(MetadataTopic::error).map(RDKafkaErrorCode::from);
            match (found, error) {
                (Some(found), None) if !found.partitions().is_empty() => {
                    return Ok(Some(found.partitions().len()));
                }
                _ if clock::now() < patience && !self.is_unwanted() => {
                    self.consumer.poll(super::IDLE);
                }
                (_, Some(RDKafkaErrorCode::TopicAuthorizationFailed)) => {
                    let problem = format!("access to topic `{topic}` is denied");
                    return Err(Error::new(ErrorKind::Denied, problem));
                }
                (_, error) => {
                    let why = error.map_or_else(String::new, |error| format!(" ({error})"));
                    let problem = format!(
                        "topic `{topic}` does not exist at `{}`{why}: create it, or check its name",
                        self.plan.brokers
                    );
                    return Err(Error::new(ErrorKind::Config, problem));
                }
            }
        }
    }

    /// Asks until there is an answer. `None`: it is not wanted any more.
    fn ask<R>(
        &self,
        deadline: Instant,
        question: impl Fn(&BaseConsumer<Context>) -> rdkafka::error::KafkaResult<R>,
    ) -> Result<Option<R>> {
        loop {
            let error = match question(&self.consumer) {
                Ok(answer) => return Ok(Some(answer)),
                Err(error) => error,
            };
            // What the driver has to say meanwhile: it knows better why. Its log comes first, and a
            // poll that does not wait hears one thing only.
            for _ in 0..CHUNK {
                if self.consumer.poll(super::IDLE).is_none() || self.refusal().is_some() {
                    break;
                }
            }
            if self.is_unwanted() {
                return Ok(None);
            }
            if let Some(refusal) = self.refusal() {
                let operation = format!("connecting to {}", self.plan.brokers);
                return Err(Error::new(ErrorKind::Denied, operation).with_source(refusal));
            }
            if clock::now() >= deadline {
                let (brokers, time) = (&self.plan.brokers, self.plan.startup_time);
                let trouble = self.consumer.context().notes().trouble.take();
                let why = trouble.map_or_else(String::new, |trouble| format!(" ({trouble})"));
                let operation = format!("no broker at `{brokers}` answered within {time:?}{why}");
                return Err(failed(operation, error));
            }
        }
    }

    /// Why the cluster, or its certificate, is not to be talked to.
    fn refusal(&self) -> Option<String> {
        self.consumer.context().notes().refusal.clone()
    }

    fn is_unwanted(&self) -> bool {
        self.exchange.look().0 != Wish::Run
    }
}
