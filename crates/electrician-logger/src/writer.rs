//! The thread that writes for a sink.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::{io, thread};

use crate::queue::{Buffer, Job, Queue};
use crate::sink::{Lines, LogSink};
use crate::{SinkError, scratch};

/// Starts the thread of a sink. It ends when the queue is closed, or the sink panics.
pub(crate) fn start(queue: Arc<Queue>, sink: Box<dyn LogSink>) -> io::Result<()> {
    let name = format!("log-{}", queue.id());
    thread::Builder::new().name(name).spawn(move || run(&queue, sink))?;
    Ok(())
}

fn run(queue: &Queue, mut sink: Box<dyn LogSink>) {
    scratch::mark_writer();
    let mut batch = queue.spare();
    let (mut panicked, error) = loop {
        let job = queue.next(&mut batch);
        let is_last = matches!(job, Job::Close { .. });
        match catch_unwind(AssertUnwindSafe(|| work(queue, &mut *sink, &job, &mut batch))) {
            Ok(error) if is_last => break (false, error),
            Ok(_) => {}
            Err(_) => break (true, None),
        }
    };
    // Its destructor is user code, too.
    panicked |= catch_unwind(AssertUnwindSafe(|| drop(sink))).is_err();
    queue.wrote(&mut batch, 0, None);
    let error = if panicked { Some("the sink panicked".to_owned()) } else { error };
    queue.ended(panicked, error);
}

/// Does the job. Returns why closing failed.
fn work(queue: &Queue, sink: &mut dyn LogSink, job: &Job, batch: &mut Buffer) -> Option<String> {
    match *job {
        Job::Write => {
            let count = batch.count;
            let result = if queue.is_abandoned() {
                Err(SinkError::new(0, "nobody waits for these lines any more"))
            } else {
                sink.write(Lines::new(&batch.bytes, count))
            };
            match result {
                Ok(()) => queue.wrote(batch, count, None),
                Err(SinkError { written, source }) => {
                    queue.wrote(batch, written as u64, Some(source.to_string()));
                }
            }
        }
        Job::Flush { ticket, within, reopens } => {
            let reopened = if reopens { sink.reopen() } else { Ok(()) };
            let result = reopened.and_then(|()| sink.flush(within));
            queue.flushed(ticket, result.err().map(|error| error.to_string()));
        }
        Job::Close { within } => return sink.flush(within).err().map(|error| error.to_string()),
    }
    None
}
