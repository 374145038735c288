//! Cases, counted: the sink at the end of the pipeline.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use electrician::{Batch, Result, Sink};

use crate::strikes::case::{Animal, Case, Season, Severity};
use crate::strikes::rules::Suspicion;
use crate::strikes::strike::Date;
use crate::strikes::words::{Damage, Light, Phase, Word};

/// The sums over some cases.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// How many cases.
    pub strikes: u64,
    /// How many of them did damage.
    pub damaging: u64,
    /// What they cost, US dollars.
    pub cost: u64,
    /// How many of them have a known speed.
    pub timed: u64,
    /// The sum of the known speeds, knots.
    pub knots: u64,
}

/// The sums over all cases, and over the parts that the report shows.
#[derive(Clone, Debug)]
pub struct Summary {
    /// All cases.
    pub all: Tally,
    /// How many cases have a cost.
    pub with_cost: u64,
    /// The first and the last day.
    pub days: Option<(Date, Date)>,
    /// By name of the species, or what is known of it.
    pub species: HashMap<String, Tally>,
    /// By name of the state.
    pub states: HashMap<String, Tally>,
    /// By index of the [`Phase`].
    pub phases: Vec<Tally>,
    /// By index of the [`Season`].
    pub seasons: Vec<Tally>,
    /// By index of the [`Light`].
    pub lights: Vec<Tally>,
    /// By index of the [`Animal`].
    pub animals: Vec<Tally>,
    /// By index of the [`Severity`].
    pub severities: Vec<Tally>,
    /// By year.
    pub years: BTreeMap<u16, Tally>,
    /// How many cases have any suspicion.
    pub suspicious: u64,
    /// By index of the [`Suspicion`].
    pub suspicions: Vec<u64>,
}

/// Where a sink leaves its summary at the end of a run.
pub type Published = Arc<Mutex<Summary>>;

/// Counts cases. The one task that writes to it owns the counts, so counting takes no lock; they
/// are published once, at the end of the run.
#[derive(Debug, Default)]
pub struct SummarySink {
    summary: Summary,
    published: Published,
}

// === impl Tally ===

impl Tally {
    fn add(&mut self, case: &Case) {
        let strike = &case.strike;
        self.strikes += 1;
        self.damaging += u64::from(strike.damage != Damage::None);
        self.cost += u64::from(strike.cost);
        if let Some(knots) = strike.knots {
            self.timed += 1;
            self.knots += u64::from(knots);
        }
    }
}

// === impl Summary ===

impl Summary {
    /// Counts a case.
    pub fn add(&mut self, case: &Case) {
        let strike = &case.strike;
        let date = strike.date;
        self.all.add(case);
        self.with_cost += u64::from(strike.cost > 0);
        let (first, last) = self.days.unwrap_or((date, date));
        self.days = Some((first.min(date), last.max(date)));
        named(&mut self.species, &strike.species).add(case);
        named(&mut self.states, &strike.state).add(case);
        self.phases[strike.phase.index()].add(case);
        self.seasons[case.season.index()].add(case);
        self.lights[strike.light.index()].add(case);
        self.animals[case.animal.index()].add(case);
        self.severities[case.severity.index()].add(case);
        self.years.entry(date.year()).or_default().add(case);
        self.suspicious += u64::from(!strike.suspicions.is_empty());
        for suspicion in strike.suspicions.iter() {
            self.suspicions[suspicion.index()] += 1;
        }
    }
}

impl Default for Summary {
    fn default() -> Self {
        Self {
            all: Tally::default(),
            with_cost: 0,
            days: None,
            species: HashMap::new(),
            states: HashMap::new(),
            phases: tallies::<Phase>(),
            seasons: tallies::<Season>(),
            lights: tallies::<Light>(),
            animals: tallies::<Animal>(),
            severities: tallies::<Severity>(),
            years: BTreeMap::new(),
            suspicious: 0,
            suspicions: vec![0; Suspicion::ALL.len()],
        }
    }
}

fn tallies<W: Word>() -> Vec<Tally> {
    vec![Tally::default(); W::ALL.len()]
}

/// The tally of a name. Allocates for a new name only.
fn named<'a>(tallies: &'a mut HashMap<String, Tally>, name: &str) -> &'a mut Tally {
    if !tallies.contains_key(name) {
        tallies.insert(name.to_owned(), Tally::default());
    }
    tallies.get_mut(name).expect("it was there or has been put there")
}

// === impl SummarySink ===

impl SummarySink {
    /// A sink, and where its summary will be.
    pub fn new() -> (Self, Published) {
        let sink = Self::default();
        let published = Arc::clone(&sink.published);
        (sink, published)
    }
}

impl Sink<Case> for SummarySink {
    async fn open(&mut self) -> Result<()> {
        self.summary = Summary::default();
        Ok(())
    }

    async fn write(&mut self, batch: &mut Batch<Case>) -> Result<()> {
        while let Some(case) = batch.front() {
            self.summary.add(case);
            batch.accept();
        }
        Ok(())
    }

    async fn close(&mut self) -> Result<()> {
        let mut published = self.published.lock().unwrap_or_else(PoisonError::into_inner);
        *published = std::mem::take(&mut self.summary);
        Ok(())
    }
}
