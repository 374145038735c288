//! Which strikes cannot be, and which are hard to believe.
//!
//! A strike is rejected only if two of its columns exclude each other and a table would have to
//! choose between them. What is merely odd is kept, counted and named: an odd record is still a
//! record of a dead bird.

use crate::strikes::case::Animal;
use crate::strikes::strike::Strike;
use crate::strikes::words::{Damage, Phase, Word, words};

/// Why a strike cannot have happened as it is written down.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum Contradiction {
    /// The parts of the cost are not its total. None in the bundled file.
    #[error("repair {repair} $ and other cost {other} $ are not the total of {total} $")]
    Cost {
        /// US dollars.
        repair: u32,
        /// US dollars.
        other: u32,
        /// US dollars.
        total: u32,
    },
    /// No aircraft is as fast as that while it does this. Three in the bundled file: 130 knots on
    /// a taxiway, 250 and 320 knots on a take-off run.
    #[error("{knots} knots cannot be in the phase {:?}, at most {limit}", .phase.word())]
    Speed {
        /// What the aircraft did.
        phase: Phase,
        /// How fast it was, knots.
        knots: u16,
        /// How fast it may have been, knots.
        limit: u16,
    },
}

words! {
    /// Something about a strike that is hard to believe. The counts are those of the bundled file.
    Suspicion {
        // 24: military aircraft mostly. Perhaps a formation that met a flock, perhaps a form that
        // was filed twice.
        Repeated = "the same in every column as the row before",
        // 27. Perhaps an inspection that found nothing: the cost is counted, the damage is not.
        RepairWithoutDamage = "no damage, but a cost of repair",
        // 16: 9 in the air, one of them a four-engined jet at 30 knots; 7 on the runway. The zero
        // of somebody who did not know; the speed counts as unknown.
        TooSlow = "airborne below 40 knots, or rolling at 0",
        // 7. Below 10,000 feet 250 knots are the limit, 14 CFR 91.117(a); the armed forces have
        // exceptions.
        TooFast = "approaching at more than 250 knots",
        // 5: deer and coyotes. Perhaps met by the wheels in the last moment of an approach.
        LandAnimalAloft = "a land animal, met in the air",
    }
}

/// What is hard to believe about a strike.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Suspicions(u8);

/// Rejects what cannot be and marks what is hard to believe.
pub fn validate(strike: &mut Strike) -> Result<(), Contradiction> {
    let Strike { cost_repair: repair, cost_other: other, cost: total, phase, .. } = *strike;
    if repair.checked_add(other) != Some(total) {
        return Err(Contradiction::Cost { repair, other, total });
    }
    let limit = speed_limit(phase);
    if let Some(knots) = strike.knots.filter(|knots| *knots > limit) {
        return Err(Contradiction::Speed { phase, knots, limit });
    }

    let is_slow = match strike.knots {
        Some(knots) => phase.is_airborne() && knots < 40 || phase.is_roll() && knots == 0,
        None => false,
    };
    let is_fast = phase == Phase::Approach && strike.knots.is_some_and(|knots| knots > 250);
    let is_land_animal = Animal::of(&strike.species) == Animal::Land;
    let mut suspicions = Suspicions::default();
    suspicions.add_if(strike.row.is_repeated, Suspicion::Repeated);
    suspicions.add_if(strike.damage == Damage::None && repair > 0, Suspicion::RepairWithoutDamage);
    suspicions.add_if(is_slow, Suspicion::TooSlow);
    suspicions.add_if(is_fast, Suspicion::TooFast);
    suspicions.add_if(is_land_animal && phase.is_airborne(), Suspicion::LandAnimalAloft);
    strike.suspicions = suspicions;
    if is_slow {
        strike.knots = None;
    }
    Ok(())
}

/// Knots, and generous.
const fn speed_limit(phase: Phase) -> u16 {
    match phase {
        Phase::Parked => 0,
        // A fast turn off the runway.
        Phase::Taxi => 60,
        // The tyres of airliners are made for 235 miles an hour at most, 204 knots; the rest is for
        // headwind.
        Phase::TakeOffRun | Phase::LandingRoll => 225,
        // Fighters at sea level.
        Phase::Climb | Phase::Descent | Phase::Approach => 800,
    }
}

// === impl Contradiction ===

impl Contradiction {
    /// In few words, the same for all strikes with this defect.
    pub fn rule(&self) -> String {
        match self {
            Self::Cost { .. } => "costs do not add up".into(),
            Self::Speed { phase, .. } => format!("too fast for {:?}", phase.word()),
        }
    }
}

// === impl Suspicions ===

impl Suspicions {
    /// Whether there is none.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Those there are.
    pub fn iter(self) -> impl Iterator<Item = Suspicion> {
        let all = Suspicion::ALL.iter().copied();
        all.filter(move |suspicion| self.0 & (1 << suspicion.index()) != 0)
    }

    fn add_if(&mut self, is_so: bool, suspicion: Suspicion) {
        self.0 |= u8::from(is_so) << suspicion.index();
    }
}
