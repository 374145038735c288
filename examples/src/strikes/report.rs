//! What a run has found out, for people to read.

use std::io::{self, Write};
use std::path::Path;
use std::time::Duration;

use electrician::Ledger;
use electrician::types::StageView;

use crate::strikes::case::{Animal, Season, Severity};
use crate::strikes::rejected::Rejections;
use crate::strikes::rules::Suspicion;
use crate::strikes::summary::{Summary, Tally};
use crate::strikes::table::Table;
use crate::strikes::words::{Light, Phase, Word};

/// How many species and states are shown.
const TOP: usize = 8;

/// Everything that a run has found out.
#[derive(Debug)]
pub struct Report<'a> {
    /// The sums.
    pub summary: &'a Summary,
    /// What was rejected.
    pub rejections: &'a Rejections,
    /// Where the rejected rows are.
    pub rejected_path: &'a Path,
    /// The account of each stage.
    pub stages: &'a [StageView],
    /// The account of the run.
    pub ledger: Ledger,
    /// How long the run took.
    pub elapsed: Duration,
    /// How many bytes were read.
    pub bytes: u64,
    /// Whether headings can be bold.
    pub is_bold: bool,
}

// === impl Report ===

impl Report<'_> {
    /// Writes all of it.
    pub fn write(&self, out: &mut impl Write) -> io::Result<()> {
        if let Some((first, last)) = self.summary.days {
            writeln!(out, "Wildlife strikes on aircraft, {first} to {last}\n")?;
            self.totals(out)?;
            self.species(out)?;
            self.states(out)?;
            self.phases(out)?;
            self.times(out)?;
        } else {
            writeln!(out, "No strike to report.\n")?;
        }
        self.suspicious(out)?;
        self.rejected(out)?;
        self.pipeline(out)
    }

    fn totals(&self, out: &mut impl Write) -> io::Result<()> {
        let Summary { all, with_cost, severities, animals, .. } = self.summary;
        let identified = all.strikes - animals[Animal::Unknown.index()].strikes;
        let severe = severities[Severity::Severe.index()];
        line(out, "strikes", all.strikes, "")?;
        line(out, "with damage", all.damaging, &percent(all.damaging, all.strikes))?;
        let note = format!("{}: {}", percent(severe.strikes, all.strikes), Severity::Severe.word());
        line(out, "severe", severe.strikes, &note)?;
        line(out, "animal identified", identified, &percent(identified, all.strikes))?;
        let note =
            format!("US dollars, of {} strikes; the others report none", grouped(*with_cost));
        line(out, "cost", all.cost, &note)?;
        writeln!(out)
    }

    fn species(&self, out: &mut impl Write) -> io::Result<()> {
        let species = || self.summary.species.iter().map(|(name, tally)| (name.as_str(), *tally));
        self.costliest(out, "Species, costliest first", species())?;
        let identified = species().filter(|(name, _)| Animal::of(name) != Animal::Unknown);
        most(out, "most strikes of those identified", identified)
    }

    fn states(&self, out: &mut impl Write) -> io::Result<()> {
        let states = || self.summary.states.iter().map(|(name, tally)| (name.as_str(), *tally));
        self.costliest(out, "State, costliest first", states())?;
        most(out, "most strikes", states())
    }

    fn costliest<'a>(
        &self,
        out: &mut impl Write,
        title: &str,
        tallies: impl Iterator<Item = (&'a str, Tally)>,
    ) -> io::Result<()> {
        let mut table = Table::new(&[title, "strikes", "damaging", "cost $", "of cost"]);
        let tallies = sorted(tallies, |tally| (tally.cost, tally.strikes));
        let highest = tallies.first().map_or(0, |(_, tally)| tally.cost);
        for (name, tally) in &tallies[..TOP.min(tallies.len())] {
            table.bar(self.cost_cells(name, tally), ratio(tally.cost, highest));
        }
        table.write(out, self.is_bold)?;
        if let Some(others) = tallies.len().checked_sub(TOP).filter(|others| *others > 0) {
            writeln!(out, "and {others} more")?;
        }
        Ok(())
    }

    fn phases(&self, out: &mut impl Write) -> io::Result<()> {
        let heading = ["Phase of flight", "strikes", "damaging", "cost $", "of cost", "mean knots"];
        let mut table = Table::new(&heading);
        let phases =
            sorted(by_word::<Phase>(&self.summary.phases), |tally| (tally.cost, tally.strikes));
        for (phase, tally) in phases {
            let mut cells = self.cost_cells(phase, &tally);
            cells.push(match tally.timed {
                0 => "-".into(),
                timed => format!("{:.0}", tally.knots as f64 / timed as f64),
            });
            table.row(cells);
        }
        table.write(out, self.is_bold)?;
        writeln!(out)
    }

    fn times(&self, out: &mut impl Write) -> io::Result<()> {
        self.by_number(out, "Season", by_word::<Season>(&self.summary.seasons))?;
        self.by_number(out, "Time of day", by_word::<Light>(&self.summary.lights))?;
        self.years(out)
    }

    fn by_number<'a>(
        &self,
        out: &mut impl Write,
        title: &str,
        tallies: impl Iterator<Item = (&'a str, Tally)>,
    ) -> io::Result<()> {
        let mut table = Table::new(&[title, "strikes", "damaging", "cost $", "of cost"]);
        for (name, tally) in tallies {
            table.row(self.cost_cells(name, &tally));
        }
        table.write(out, self.is_bold)?;
        writeln!(out)
    }

    /// One sign for each year that has strikes.
    fn years(&self, out: &mut impl Write) -> io::Result<()> {
        const SIGNS: [&str; 8] = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"];
        let years = &self.summary.years;
        let Some((peak, most)) = years.iter().max_by_key(|(_, tally)| tally.strikes) else {
            return Ok(());
        };
        let sign = |tally: &Tally| {
            let signs = SIGNS.iter().enumerate().rev();
            let reached = |index| tally.strikes * 8 > most.strikes * index as u64;
            signs.filter(|(index, _)| reached(*index)).map(|(_, sign)| *sign).next()
        };
        let signs: String = years.values().filter_map(sign).collect();
        self.title(out, "Strikes by year")?;
        let (first, last) =
            (years.keys().next().unwrap_or(peak), years.keys().last().unwrap_or(peak));
        writeln!(out, "{first} {signs} {last}, most in {peak}: {}\n", grouped(most.strikes))
    }

    fn suspicious(&self, out: &mut impl Write) -> io::Result<()> {
        let Summary { suspicious, suspicions, .. } = self.summary;
        let title = format!("Hard to believe, kept all the same: {}", grouped(*suspicious));
        self.title(out, &title)?;
        for (suspicion, count) in Suspicion::ALL.iter().zip(suspicions) {
            writeln!(out, "{:>8}  {suspicion}", grouped(*count))?;
        }
        writeln!(out)
    }

    fn rejected(&self, out: &mut impl Write) -> io::Result<()> {
        let Rejections { rows, cost, rules } = self.rejections;
        self.title(out, &format!("Rejected: {}", grouped(*rows)))?;
        for ((stage, rule), count) in rules {
            writeln!(out, "{:>8}  by {stage:?}: {rule}", grouped(*count))?;
        }
        if *cost > 0 {
            writeln!(
                out,
                "          they report a cost of {} $, which no table includes",
                grouped(*cost)
            )?;
        }
        writeln!(out, "          see {}\n", shortened(self.rejected_path).display())
    }

    fn pipeline(&self, out: &mut impl Write) -> io::Result<()> {
        let mut table = Table::new(&["Stage", "workers", "in", "out", "rejected", "other"]);
        for StageView { name, workers, ledger, .. } in self.stages {
            let gone = ledger.delivered + ledger.dead_lettered;
            let counts = [ledger.accepted, ledger.delivered, ledger.dead_lettered];
            let others = ledger.inflow().saturating_sub(gone);
            let numbers = [*workers as u64].into_iter().chain(counts).chain([others]).map(grouped);
            table.row([name.to_string()].into_iter().chain(numbers));
        }
        table.write(out, self.is_bold)?;
        let seconds = self.elapsed.as_secs_f64().max(1e-9);
        let rows = self.ledger.accepted;
        writeln!(
            out,
            "\n{} rows in {seconds:.3} s: {} rows/s, {:.1} MB/s",
            grouped(rows),
            grouped(per_second(rows, seconds)),
            self.bytes as f64 / 1e6 / seconds,
        )?;
        let verdict = if self.ledger.is_balanced() { "balanced" } else { "NOT BALANCED" };
        writeln!(out, "ledger: {} ({verdict})", self.ledger)
    }

    fn title(&self, out: &mut impl Write, title: &str) -> io::Result<()> {
        Table::new(&[title]).write(out, self.is_bold)
    }

    fn cost_cells(&self, name: &str, tally: &Tally) -> Vec<String> {
        vec![
            name.to_owned(),
            grouped(tally.strikes),
            percent(tally.damaging, tally.strikes),
            grouped(tally.cost),
            percent(tally.cost, self.summary.all.cost),
        ]
    }
}

/// A number with a separator after every three digits.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A path as seen from the folder the program runs in, if that is shorter.
fn shortened(path: &Path) -> &Path {
    let here = std::env::current_dir();
    here.ok().and_then(|here| path.strip_prefix(here).ok()).unwrap_or(path)
}

fn line(out: &mut impl Write, what: &str, number: u64, note: &str) -> io::Result<()> {
    writeln!(out, "{}", format!("{what:<18}{:>12}  {note}", grouped(number)).trim_end())
}

/// The highest first; what is equal by name, so that every run prints the same.
fn sorted<'a>(
    tallies: impl Iterator<Item = (&'a str, Tally)>,
    key: impl Fn(&Tally) -> (u64, u64),
) -> Vec<(&'a str, Tally)> {
    let mut tallies: Vec<_> = tallies.collect();
    tallies.sort_by(|(a, one), (b, other)| key(other).cmp(&key(one)).then(a.cmp(b)));
    tallies
}

fn by_word<W: Word>(tallies: &[Tally]) -> impl Iterator<Item = (&'static str, Tally)> {
    W::ALL.iter().map(|word| word.word()).zip(tallies.iter().copied())
}

/// Those with the most strikes, in one line.
fn most<'a>(
    out: &mut impl Write,
    title: &str,
    tallies: impl Iterator<Item = (&'a str, Tally)>,
) -> io::Result<()> {
    let tallies = sorted(tallies, |tally| (tally.strikes, tally.cost));
    let names = tallies.iter().take(3);
    let names = names.map(|(name, tally)| format!("{name} {}", grouped(tally.strikes)));
    writeln!(out, "{title}: {}\n", names.collect::<Vec<_>>().join(", "))
}

fn ratio(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

fn percent(part: u64, whole: u64) -> String {
    format!("{:.1} %", ratio(part, whole) * 100.0)
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "positive, for display"
)]
fn per_second(count: u64, seconds: f64) -> u64 {
    (count as f64 / seconds) as u64
}
