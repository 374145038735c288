//! A sink that does what a script says and keeps a record of it.

use std::sync::{Arc, Mutex};

use electrician_conduit::SinkStage;
use electrician_types::{Batch, Error, ErrorKind, Item, Result, Sink};

use crate::record::Log;

/// What a sink is asked to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Act {
    Open,
    Write(u64),
    Flush,
    Close,
}

/// What it does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Do {
    Well,
    /// Takes the item, and acknowledges it at the next flush.
    Hold,
    Fail,
    Panic,
    /// Leaves the item and says that all is well.
    Nothing,
    /// Never ends.
    Hang,
}

/// A sink of numbers that asks a script before each act.
pub(crate) struct Scripted {
    log: Log<Act>,
    script: Arc<Mutex<dyn FnMut(Act) -> Do + Send>>,
    held: Vec<Item<u64>>,
}

pub(crate) fn failure(act: Act) -> String {
    format!("{act:?} failed as told")
}

impl Scripted {
    /// Writes acts that ended well to `log`.
    pub(crate) fn new(log: &Log<Act>, script: impl FnMut(Act) -> Do + Send + 'static) -> Self {
        Self { log: log.clone(), script: Arc::new(Mutex::new(script)), held: Vec::new() }
    }

    async fn act(&mut self, act: Act) -> Result<Do> {
        let what = (self.script.lock().unwrap())(act);
        match what {
            Do::Fail => return Err(Error::new(ErrorKind::Failed, failure(act))),
            Do::Panic => panic!("{act:?} panicked as told"),
            Do::Hang => std::future::pending().await,
            Do::Nothing => {}
            Do::Well | Do::Hold => self.log.add(act),
        }
        Ok(what)
    }
}

impl Sink<u64> for Scripted {
    async fn open(&mut self) -> Result<()> {
        self.act(Act::Open).await.map(drop)
    }

    async fn write(&mut self, batch: &mut Batch<u64>) -> Result<()> {
        while let Some(value) = batch.front().copied() {
            match self.act(Act::Write(value)).await? {
                Do::Nothing => return Ok(()),
                Do::Hold => self.held.extend(batch.take()),
                _ => drop(batch.accept()),
            }
        }
        Ok(())
    }

    async fn flush(&mut self) -> Result<()> {
        // What fails to be made safe is dropped, which tells its source.
        let held = std::mem::take(&mut self.held);
        self.act(Act::Flush).await?;
        held.into_iter().map(Item::accept).for_each(|_| ());
        Ok(())
    }

    async fn close(&mut self) -> Result<()> {
        self.act(Act::Close).await.map(drop)
    }
}

/// A sink stage named `out` that follows `script`.
pub(crate) fn scripted(
    log: &Log<Act>,
    script: impl FnMut(Act) -> Do + Send + 'static,
) -> SinkStage<u64, Scripted> {
    SinkStage::new("out", Scripted::new(log, script))
}

/// The values that were written.
pub(crate) fn written(log: &Log<Act>) -> Vec<u64> {
    let value = |act| {
        if let Act::Write(value) = act { Some(value) } else { None }
    };
    log.all().into_iter().filter_map(value).collect()
}
