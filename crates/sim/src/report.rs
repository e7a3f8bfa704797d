//! What a run did, and what is wrong with it.

use std::fmt;
use std::ops::AddAssign;

use crate::world::Settings;

/// What a run did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Numbers {
    /// Steps of the simulation.
    pub steps: usize,
    /// Records that became durable.
    pub records: usize,
    /// Comparisons with what should be.
    pub checks: usize,
    /// Transitions that were told.
    pub transitions: usize,
    /// Of those, the ones that put right what was told before.
    pub corrections: usize,
    /// Processes that ended and were started again.
    pub crashes: usize,
    /// Starts that were compared with the process that went on.
    pub starts: usize,
    /// Times that definitions were edited.
    pub definitions: usize,
    /// Times that somebody came into a journey.
    pub entries: usize,
    /// Steps that were taken in journeys.
    pub moves: usize,
    /// Of everything that was told, the live state and the log.
    pub hash: u64,
}

/// What is wrong, and how to see it again.
#[derive(Clone, Debug)]
pub struct Failure {
    /// With which it goes wrong.
    pub settings: Settings,
    /// In which step.
    pub step: usize,
    /// What is wrong.
    pub what: String,
}

impl AddAssign for Numbers {
    fn add_assign(&mut self, other: Numbers) {
        let Numbers {
            steps,
            records,
            checks,
            transitions,
            corrections,
            crashes,
            starts,
            definitions,
            entries,
            moves,
            hash,
        } = other;
        self.steps += steps;
        self.records += records;
        self.checks += checks;
        self.transitions += transitions;
        self.corrections += corrections;
        self.crashes += crashes;
        self.starts += starts;
        self.definitions += definitions;
        self.entries += entries;
        self.moves += moves;
        self.hash ^= hash;
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Failure { settings, step, what } = self;
        writeln!(f, "seed {}, step {step}: {what}", settings.seed)?;
        write!(f, "again: perennial simulate --seeds 1 --from {}", settings.seed)?;
        if settings.journeys {
            write!(f, " --journeys")?;
        }
        if let Some(users) = settings.users {
            write!(f, " --users {users}")?;
        }
        if let Some(steps) = settings.steps {
            write!(f, " --steps {steps}")?;
        }
        Ok(())
    }
}
