//! Topics for examples.

use std::env;
use std::time::{Duration, SystemTime};

use electrician::BoxError;
use electrician::kafka::Connection;
use electrician::kafka::rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use electrician::kafka::rdkafka::client::DefaultClientContext;

/// How long a broker may take to make or delete a topic.
const PATIENCE: Duration = Duration::from_secs(10);

/// The broker: the first argument, or what `KAFKA_BOOTSTRAP` says.
pub fn broker() -> Result<String, BoxError> {
    let broker = env::args().nth(1).or_else(|| env::var("KAFKA_BOOTSTRAP").ok());
    Ok(broker.ok_or(
        "which broker? Start one by `cargo xtask services up kafka`, and give what it prints, \
         `HOST:PORT`, as an argument or in KAFKA_BOOTSTRAP",
    )?)
}

/// Topics that are deleted when they are no longer needed.
#[derive(Debug)]
pub struct Topics {
    connection: Connection,
    names: Vec<String>,
}

// === impl Topics ===

impl Topics {
    /// Makes topics with names that begin as told and that no run before has used, each with as many
    /// partitions.
    pub async fn create<const N: usize>(
        connection: &Connection,
        topics: [(&str, i32); N],
    ) -> Result<(Self, [String; N]), BoxError> {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?.as_micros();
        let names = topics.map(|(name, _)| format!("{name}-{now:x}"));
        let new: Vec<_> = names
            .iter()
            .zip(topics)
            .map(|(name, (_, count))| NewTopic::new(name, count, TopicReplication::Fixed(1)))
            .collect();
        for created in admin(connection)?.create_topics(&new, &options()).await? {
            created
                .map_err(|(topic, error)| format!("topic {topic} could not be made: {error}"))?;
        }
        Ok((Self { connection: connection.clone(), names: names.to_vec() }, names))
    }

    /// Deletes them.
    pub async fn delete(self) -> Result<(), BoxError> {
        let names: Vec<_> = self.names.iter().map(String::as_str).collect();
        for deleted in admin(&self.connection)?.delete_topics(&names, &options()).await? {
            deleted.map_err(|(topic, error)| format!("topic {topic} stays: {error}"))?;
        }
        Ok(())
    }
}

/// The first error of a run that its stages did not have, if there is one.
pub fn ended_well(errors: [Vec<electrician::Error>; 2]) -> Result<(), BoxError> {
    errors.into_iter().flatten().next().map_or(Ok(()), |error| Err(error.into()))
}

fn admin(connection: &Connection) -> Result<AdminClient<DefaultClientContext>, BoxError> {
    Ok(connection.to_config().create()?)
}

fn options() -> AdminOptions {
    AdminOptions::new().operation_timeout(Some(PATIENCE)).request_timeout(Some(PATIENCE))
}
