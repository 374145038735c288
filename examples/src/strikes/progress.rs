//! How far a run is, for whoever waits.

use std::convert::Infallible;
use std::io::IsTerminal;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use electrician::{Event, Observer};
use indicatif::{ProgressBar, ProgressFinish, ProgressStyle};

/// Counters that the pipeline writes and nobody waits for.
#[derive(Debug, Default)]
pub struct Progress {
    expected: AtomicU64,
    read: AtomicU64,
    strikes: AtomicU64,
}

// === impl Progress ===

impl Progress {
    /// Says how many bytes there are to read.
    pub fn expect(&self, bytes: u64) {
        self.expected.store(bytes, Ordering::Relaxed);
    }

    /// Says how many bytes have been read so far.
    pub fn read(&self, bytes: u64) {
        self.read.store(bytes, Ordering::Relaxed);
    }

    /// How many bytes have been read so far.
    pub fn bytes(&self) -> u64 {
        self.read.load(Ordering::Relaxed)
    }

    /// Counts the strikes that go through a stage. It is called once per batch, on the thread that
    /// does the work, so it only counts.
    pub fn observer(self: Arc<Self>) -> impl Observer {
        move |event: &Event<'_>| {
            if let Event::Processed { taken, .. } = event {
                self.strikes.fetch_add(*taken as u64, Ordering::Relaxed);
            }
        }
    }

    /// Shows progress on standard error until it is dropped: a bar on a terminal, from the first
    /// moment, elsewhere a line now and then.
    pub async fn show(&self) -> Infallible {
        if std::io::stderr().is_terminal() { self.draw().await } else { self.print().await }
    }

    /// Leaves one line on standard error that says how far the run came.
    pub fn close(&self) {
        eprintln!("{}", self.line());
    }

    async fn draw(&self) -> Infallible {
        let template = "{bar:40.cyan} {percent:>3} %  {msg} strikes  {elapsed_precise}, {eta} left";
        let style = ProgressStyle::with_template(template)
            .unwrap_or_else(|_| ProgressStyle::default_bar())
            .progress_chars("█▉▊▋▌▍▎▏ ");
        let bar = ProgressBar::new(self.expected.load(Ordering::Relaxed))
            .with_style(style)
            .with_finish(ProgressFinish::AndClear);
        loop {
            bar.set_message(self.strikes());
            bar.set_position(self.bytes());
            bar.tick();
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    async fn print(&self) -> Infallible {
        let mut pause = Duration::from_secs(2);
        loop {
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(Duration::from_mins(1));
            eprintln!("{}", self.line());
        }
    }

    fn line(&self) -> String {
        let percent = self.bytes() * 100 / self.expected.load(Ordering::Relaxed).max(1);
        format!("{percent:>3} %  {} strikes", self.strikes())
    }

    fn strikes(&self) -> String {
        super::grouped(self.strikes.load(Ordering::Relaxed))
    }
}
