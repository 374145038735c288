//! A directory of files as the sink of a pipeline.

use std::fmt;

use electrician_types::{Batch, Error, ErrorKind, Flushing, Item, Receipt, Result, Sink};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::task::{JoinHandle, spawn_blocking};

use crate::dataset::{Files, Pushed};
use crate::{DatasetOptions, DatasetWritten, ParquetError};

/// Writes the items of a pipeline to the files of a directory.
///
/// A row is gathered where the pipeline runs; encoding and writing happen on tokio's threads for
/// what blocks. The receipt of an item is acknowledged when its file is complete: forced to the
/// disk, and under its name. Items whose file could not be completed are nacked, and the file is not
/// there.
///
/// A flush ends the files. So that files are large, the sink asks the engine to flush when as many
/// items as a file has rows are written, and at the end of the run; see
/// [`with_flush_when_idle`](DatasetOptions::with_flush_when_idle).
///
/// # Cancellation
///
/// A write or flush that is given up goes on where it was, and the next one waits for it. A sink
/// that is dropped deletes the files that are not complete and nacks their items.
///
/// # Panics
///
/// Outside of a tokio runtime.
pub struct ParquetSink<T> {
    state: State<T>,
    failure: Option<ParquetError>,
    flushing: Flushing,
    written: DatasetWritten,
}

enum State<T> {
    Here(Box<Files<T, Receipt>>),
    Away(JoinHandle<Box<Files<T, Receipt>>>),
    /// It panicked.
    Lost,
}

// === impl ParquetSink ===

impl<T: Serialize + DeserializeOwned + Send + 'static> ParquetSink<T> {
    /// A sink to a directory, which is made with the first file.
    ///
    /// # Errors
    ///
    /// [`Config`](crate::ParquetErrorKind::Config) or [`Schema`](crate::ParquetErrorKind::Schema).
    pub fn new(options: DatasetOptions<T>) -> Result<Self, ParquetError> {
        let files = Box::new(Files::new(options)?);
        let flushing =
            Flushing::EAGER.with_items(files.file_rows()).with_when_idle(files.flush_when_idle());
        let written = DatasetWritten::default();
        Ok(Self { state: State::Here(files), failure: None, flushing, written })
    }
}

impl<T: Send + 'static> ParquetSink<T> {
    /// What was completed so far, in all runs.
    pub fn written(&self) -> DatasetWritten {
        self.written
    }

    /// The files, when nobody works on them any more.
    async fn files(&mut self) -> Result<&mut Box<Files<T, Receipt>>> {
        if let State::Away(work) = &mut self.state {
            // The handle stays where it is while this waits, so that giving up loses nothing.
            let files = work.await;
            self.state = State::Lost;
            let files =
                files.map_err(|error| Error::new(ErrorKind::Panicked, error.to_string()))?;
            self.state = State::Here(files);
            self.settle();
        }
        match &mut self.state {
            State::Here(files) => Ok(files),
            _ => Err(Error::new(ErrorKind::Closed, "writing files, which panicked before")),
        }
    }

    /// Has `work` done where it may block.
    async fn work(&mut self, work: fn(&mut Files<T, Receipt>)) -> Result<()> {
        self.files().await?;
        match std::mem::replace(&mut self.state, State::Lost) {
            State::Here(mut files) => {
                self.state = State::Away(spawn_blocking(move || {
                    work(&mut files);
                    files
                }));
            }
            state => self.state = state,
        }
        self.files().await.map(drop)
    }

    /// Acknowledges what is safe.
    fn settle(&mut self) {
        let State::Here(files) = &mut self.state else {
            return;
        };
        files.take_done().into_iter().for_each(Receipt::ack);
        self.written = files.written();
        let failure = files.take_failure();
        self.failure = self.failure.take().or(failure);
    }
}

impl<T: Serialize + DeserializeOwned + Send + 'static> Sink<T> for ParquetSink<T> {
    async fn write(&mut self, batch: &mut Batch<T>) -> Result<()> {
        loop {
            let files = self.files().await?;
            let mut is_room = true;
            while is_room
                && !files.is_due()
                && let Some(front) = batch.front()
            {
                match files.push(front)? {
                    Pushed::NoRoom => is_room = false,
                    Pushed::Taken => {
                        let Some((value, receipt)) = batch.take().map(Item::into_parts) else {
                            break;
                        };
                        if receipt.is_tracked() {
                            files.hold(receipt);
                        }
                        drop(value);
                    }
                }
            }
            if is_room && !files.is_due() {
                return Ok(());
            }
            self.work(Files::work).await?;
        }
    }

    async fn flush(&mut self) -> Result<()> {
        self.work(Files::end_all).await?;
        match self.failure.take() {
            Some(failure) => Err(failure.into()),
            None => Ok(()),
        }
    }

    fn flushing(&self) -> Flushing {
        self.flushing
    }

    async fn close(&mut self) -> Result<()> {
        self.flush().await
    }
}

impl<T> fmt::Debug for ParquetSink<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ParquetSink").field("written", &self.written).finish_non_exhaustive()
    }
}
