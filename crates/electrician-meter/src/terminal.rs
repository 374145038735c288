//! For people at a terminal: bars and a table of rates, or plain lines.

mod text;

use std::env;
use std::future::Future;
use std::io::{self, IsTerminal, Write};
use std::pin::pin;
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use tokio::select;

use crate::clock::{after, until};
use crate::meter::Meter;
use crate::snapshot::Snapshot;

/// How often the view changes on a terminal.
const LIVE: Duration = Duration::from_millis(200);

/// How often a line is written elsewhere.
const LINES: Duration = Duration::from_secs(10);

/// Stages that the table has room for; of others it says how many there are.
const ROWS: usize = 20;

/// Shows a meter on standard error.
///
/// On an interactive terminal: a bar of the progress, if it is known how many items there will be,
/// and a row for each stage with its rate, queue, errors and latency. Elsewhere, and where the
/// environment has `NO_COLOR` or `CI`, or `TERM=dumb`: a line every ten seconds. It never clears
/// the screen; when it ends, the table goes and a line for each stage stays.
#[derive(Debug)]
pub struct Terminal {
    meter: Meter,
    interval: Option<Duration>,
    is_plain: bool,
}

/// Bars and rows that are drawn over and over.
struct Live {
    all: MultiProgress,
    bar: ProgressBar,
    rows: Vec<ProgressBar>,
}

// === impl Terminal ===

impl Terminal {
    /// A view of `meter`.
    pub fn new(meter: &Meter) -> Self {
        let is_set = |name| env::var_os(name).is_some_and(|value| !value.is_empty());
        let is_dumb = env::var_os("TERM").is_some_and(|term| term == "dumb");
        let is_plain = !io::stderr().is_terminal() || is_set("NO_COLOR") || is_set("CI") || is_dumb;
        Self { meter: meter.clone(), interval: None, is_plain }
    }

    /// Changes every `interval`. Default: 200 ms on a terminal, 10 s for lines.
    #[must_use]
    pub fn with_interval(mut self, interval: Duration) -> Self {
        self.interval = Some(interval.max(Duration::from_millis(10)));
        self
    }

    /// Writes lines wherever it is.
    #[must_use]
    pub fn plain(mut self) -> Self {
        self.is_plain = true;
        self
    }

    /// Shows the meter until `end` is ready, and gives what that gives. Cancel-safe: when it is
    /// dropped, the table goes.
    pub async fn show<F: Future>(self, end: F) -> F::Output {
        if self.is_plain {
            self.write_lines(&mut io::stderr(), end).await
        } else {
            self.draw(ProgressDrawTarget::stderr(), end).await
        }
    }

    /// Writes lines to `out` until `end` is ready. What cannot be written is not.
    pub async fn write_lines<F: Future>(self, out: &mut impl Write, end: F) -> F::Output {
        let interval = self.interval.unwrap_or(LINES);
        let output = self
            .until(end, interval, |snapshot| {
                let _: io::Result<()> = writeln!(out, "{}", text::line(snapshot));
            })
            .await;
        let snapshot = self.meter.snapshot();
        for line in text::summary(&snapshot) {
            let _: io::Result<()> = writeln!(out, "{line}");
        }
        let _: io::Result<()> = out.flush();
        output
    }

    async fn draw<F: Future>(self, target: ProgressDrawTarget, end: F) -> F::Output {
        let interval = self.interval.unwrap_or(LIVE);
        let mut live = Live::new(target);
        let output = self.until(end, interval, |snapshot| live.draw(snapshot)).await;
        live.end(&self.meter.snapshot());
        output
    }

    async fn until<F: Future>(
        &self,
        end: F,
        interval: Duration,
        mut show: impl FnMut(&Snapshot),
    ) -> F::Output {
        let clock = &self.meter.core.clock;
        let mut timer = clock.timer();
        let mut end = pin!(end);
        loop {
            select! {
                biased;
                output = &mut end => return output,
                () = until(&mut *timer, after(clock.now(), interval)) => {}
            }
            show(&self.meter.snapshot());
        }
    }
}

// === impl Live ===

impl Live {
    fn new(target: ProgressDrawTarget) -> Self {
        let all = MultiProgress::with_draw_target(target);
        let bar = all.add(ProgressBar::no_length());
        bar.set_style(spinner());
        Self { all, bar, rows: Vec::new() }
    }

    fn draw(&mut self, snapshot: &Snapshot) {
        let total = &snapshot.total;
        if let (Some(expected), None) = (total.expected, self.bar.length()) {
            self.bar.set_length(expected);
            self.bar.set_style(progress());
        }
        if let Some(expected) = total.expected {
            self.bar.set_length(expected);
        }
        self.bar.set_position(total.done);
        self.bar.set_message(text::totals(snapshot));
        self.bar.tick();
        let lines = text::table(snapshot, ROWS);
        while self.rows.len() < lines.len() {
            let row = self.all.add(ProgressBar::no_length());
            row.set_style(row_style());
            self.rows.push(row);
        }
        for (row, line) in self.rows.iter().zip(lines) {
            row.set_message(line);
            row.tick();
        }
    }

    /// The table goes, lines stay.
    fn end(self, snapshot: &Snapshot) {
        for row in &self.rows {
            row.finish_and_clear();
        }
        self.bar.finish_and_clear();
        for line in text::summary(snapshot) {
            let _: io::Result<()> = self.all.println(line);
        }
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        for row in self.rows.iter().chain([&self.bar]) {
            row.finish_and_clear();
        }
    }
}

fn progress() -> ProgressStyle {
    style("[{bar:30}] {percent:>3} % {msg}").progress_chars("=> ")
}

fn spinner() -> ProgressStyle {
    style("{spinner} {msg}")
}

fn row_style() -> ProgressStyle {
    style("{msg}")
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).expect("the templates are well-formed")
}

#[cfg(test)]
mod tests;
