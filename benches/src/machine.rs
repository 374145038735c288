//! Where and when the numbers were taken.

use std::fs;
use std::process::Command;
use std::thread::available_parallelism;
use std::time::{SystemTime, UNIX_EPOCH};

/// From this share on, others have a say in the numbers, percent.
const DISTURBING: f64 = 5.0;

/// The machine at the time of a run.
#[derive(Clone, Debug)]
pub(crate) struct Machine {
    pub(crate) cpu: String,
    pub(crate) cores: usize,
    pub(crate) os: String,
    pub(crate) rustc: String,
    /// Year, month, day, hour and minute, in UTC.
    pub(crate) date: String,
    /// Percent of its time that the machine spent on other processes, or lent to other machines.
    pub(crate) busy_elsewhere: Option<f64>,
}

/// What the kernel has counted at one moment, in ticks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ticks {
    /// All cores, idle or not.
    all: u64,
    /// All cores, working for whomever.
    busy: u64,
    /// This process.
    own: u64,
}

// === impl Machine ===

impl Machine {
    /// Looks around; `since` are the ticks at the beginning of the run.
    pub(crate) fn describe(since: Option<Ticks>) -> Self {
        Self {
            cpu: field("/proc/cpuinfo", "model name", ':').unwrap_or_else(unknown),
            cores: available_parallelism().map_or(1, usize::from),
            os: system(),
            rustc: compiler().unwrap_or_else(unknown),
            date: date(),
            busy_elsewhere: since.zip(Ticks::now()).and_then(|(since, now)| now.elsewhere(since)),
        }
    }

    /// What to think of the numbers, if others had a say in them.
    pub(crate) fn warning(&self) -> Option<String> {
        let percent = self.busy_elsewhere.filter(|percent| *percent >= DISTURBING)?;
        Some(format!("{percent:.0} % of the machine's time went elsewhere: the numbers are noisy"))
    }
}

// === impl Ticks ===

impl Ticks {
    pub(crate) fn now() -> Option<Self> {
        let total = fs::read_to_string("/proc/stat").ok()?;
        let own = fs::read_to_string("/proc/self/stat").ok()?;
        Self::parse(&total, &own)
    }

    fn parse(total: &str, own: &str) -> Option<Self> {
        // user, nice, system, idle, iowait, irq, softirq, steal
        let counts: Vec<u64> =
            total.lines().next()?.split_whitespace().skip(1).take(8).flat_map(str::parse).collect();
        let all = counts.iter().sum();
        let busy = all - counts.get(3)? - counts.get(4)?;
        // The name of the process may hold spaces; it ends with the last parenthesis.
        let mut times = own.rsplit_once(')')?.1.split_whitespace().skip(11);
        let mut time = || times.next()?.parse::<u64>().ok();
        let own = time()? + time()?;
        Some(Self { all, busy, own })
    }

    fn elsewhere(self, since: Self) -> Option<f64> {
        let (all, own) = (self.all.checked_sub(since.all)?, self.own.checked_sub(since.own)?);
        let others = self.busy.checked_sub(since.busy)?.saturating_sub(own);
        (all > 0).then(|| 100.0 * others as f64 / all as f64)
    }
}

fn unknown() -> String {
    "unknown".into()
}

/// The value of the first line like `name : value`.
fn field(file: &str, name: &str, separator: char) -> Option<String> {
    let text = fs::read_to_string(file).ok()?;
    let mut pairs = text.lines().filter_map(|line| line.split_once(separator));
    pairs
        .find(|(key, _)| key.trim() == name)
        .map(|(_, value)| value.trim().trim_matches('"').to_owned())
}

fn system() -> String {
    let name =
        field("/etc/os-release", "PRETTY_NAME", '=').unwrap_or_else(|| std::env::consts::OS.into());
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let kernel = kernel.trim();
    let architecture = std::env::consts::ARCH;
    if kernel.is_empty() {
        format!("{name}, {architecture}")
    } else {
        format!("{name}, Linux {kernel}, {architecture}")
    }
}

fn compiler() -> Option<String> {
    let output = Command::new("rustc").arg("--version").output().ok()?;
    Some(String::from_utf8(output.stdout).ok()?.trim().to_owned())
}

fn date() -> String {
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs());
    let (year, month, day) = civil(seconds / 86_400);
    let (hour, minute) = (seconds / 3600 % 24, seconds / 60 % 60);
    format!("{year}-{month:02}-{day:02} {hour:02}:{minute:02} UTC")
}

/// Year, month and day, so many days after 1 January 1970 (H. Hinnant, "chrono-Compatible
/// Low-Level Date Algorithms").
fn civil(days: u64) -> (u64, u64, u64) {
    let shifted = days + 719_468;
    let (era, day_of_era) = (shifted / 146_097, shifted % 146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    (year, month, day)
}

#[cfg(test)]
mod tests;
