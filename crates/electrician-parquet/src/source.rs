//! A file of Parquet as the source of a pipeline.

use std::fmt;
use std::path::PathBuf;

use arrow_array::RecordBatch;
use electrician_types::{Batch, Error, ErrorKind, Next, OpenSource, Result, Source};
use serde::de::DeserializeOwned;
use tokio::task::{JoinHandle, spawn_blocking};

use crate::reader::{ParquetBatches, ReadOptions, file, records};
use crate::{ParquetError, Rows};

/// Opens a [`ParquetSource`] at each start: what a generator is given.
///
/// ```
/// use electrician_parquet::{ParquetFile, ReadOptions};
/// # #[derive(serde::Deserialize)] struct Flight { delay: i64 }
/// let flights = ParquetFile::<Flight>::new("flights.parquet", ReadOptions::new());
/// // Generator::new("flights", flights)
/// # let _ = flights;
/// ```
pub struct ParquetFile<T> {
    path: PathBuf,
    options: ReadOptions,
    record: std::marker::PhantomData<fn() -> T>,
}

/// The records of a file.
///
/// Reading and decoding happen on tokio's threads for what blocks, one batch ahead of the pipeline;
/// records are made where the pipeline runs. A row that is no record fails the source.
///
/// # Cancellation
///
/// A read that is given up loses nothing: what is being decoded is there for the next.
///
/// # Panics
///
/// Outside of a tokio runtime.
pub struct ParquetSource<T> {
    state: State,
    rows: Option<Rows<T>>,
}

enum State {
    New(PathBuf, Box<ReadOptions>),
    Reading(JoinHandle<Read>),
    End,
}

/// The file and its next batch.
type Read = std::result::Result<(ParquetBatches, Option<RecordBatch>), ParquetError>;

// === impl ParquetFile ===

impl<T> ParquetFile<T> {
    /// The file at `path`, which is opened by the first read.
    pub fn new(path: impl Into<PathBuf>, options: ReadOptions) -> Self {
        Self { path: path.into(), options, record: std::marker::PhantomData }
    }
}

impl<T: DeserializeOwned + Send + 'static> OpenSource for ParquetFile<T> {
    type Source = ParquetSource<T>;

    fn open(&self) -> Result<ParquetSource<T>> {
        Ok(ParquetSource::new(self.path.clone(), self.options.clone()))
    }
}

impl<T> fmt::Debug for ParquetFile<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ParquetFile").field("path", &self.path).finish_non_exhaustive()
    }
}

// === impl ParquetSource ===

impl<T: DeserializeOwned + Send + 'static> ParquetSource<T> {
    /// The records of the file at `path`, which is opened by the first read.
    pub fn new(path: impl Into<PathBuf>, options: ReadOptions) -> Self {
        Self { state: State::New(path.into(), Box::new(options)), rows: None }
    }

    /// Waits for the next batch and has the one after it read.
    async fn advance(&mut self) -> Result<bool> {
        if let State::New(path, options) = &self.state {
            let (path, options) = (path.clone(), options.clone());
            self.state = State::Reading(spawn_blocking(move || {
                let batches = records::<T>(file(&path)?, &options);
                next(batches.map_err(|error| error.within(path.display()))?)
            }));
        }
        let State::Reading(reading) = &mut self.state else {
            return Ok(false);
        };
        // The handle stays where it is while this waits, so that giving up loses nothing.
        let read = reading.await;
        self.state = State::End;
        let read = read.map_err(|error| Error::new(ErrorKind::Panicked, error.to_string()))?;
        let (batches, batch) = read?;
        let Some(batch) = batch else {
            return Ok(false);
        };
        self.rows = Some(Rows::new(&batch)?);
        self.state = State::Reading(spawn_blocking(move || next(batches)));
        Ok(true)
    }
}

fn next(mut batches: ParquetBatches) -> Read {
    let batch = batches.next().transpose()?;
    Ok((batches, batch))
}

impl<T: DeserializeOwned + Send + 'static> Source for ParquetSource<T> {
    type Item = T;

    async fn read(&mut self, batch: &mut Batch<T>, demand: usize) -> Result<Next> {
        loop {
            let before = batch.len();
            if let Some(rows) = &mut self.rows {
                for record in rows.take(demand) {
                    batch.push(record?);
                }
            }
            if batch.len() > before || demand == 0 {
                return Ok(Next::More);
            }
            if !self.advance().await? {
                return Ok(Next::End);
            }
        }
    }

    async fn close(&mut self) -> Result<()> {
        self.rows = None;
        if let State::Reading(reading) = &mut self.state {
            // What it read is wanted by nobody, whether or not it could.
            drop(reading.await);
            self.state = State::End;
        }
        Ok(())
    }
}

impl<T> fmt::Debug for ParquetSource<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = match &self.state {
            State::New(path, _) => format!("new: {}", path.display()),
            State::Reading(_) => "reading".to_owned(),
            State::End => "at its end".to_owned(),
        };
        f.debug_struct("ParquetSource").field("state", &state).finish_non_exhaustive()
    }
}
