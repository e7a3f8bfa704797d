//! What a definition's meaning depends on beyond its own tree: the workspace's zone and seed, the
//! other segments, composite events, the lifecycle and the RFM settings.

use std::collections::BTreeMap;

use model::{Span, Text, Zone};

use crate::tree::{EventMatch, Measure, Predicate};

/// Everything that gives names in a definition their meaning.
#[derive(Clone, Debug, PartialEq)]
pub struct Rules {
    /// The workspace's time zone.
    pub zone: Zone,
    /// The workspace's seed for buckets and draws.
    pub seed: u64,
    /// Segments by id.
    pub segments: BTreeMap<Text, Predicate>,
    /// Composite events by name: an event belongs if it matches any member. Members name real
    /// events only.
    pub composites: BTreeMap<Text, Vec<EventMatch>>,
    /// The lifecycle.
    pub lifecycle: Lifecycle,
    /// How RFM scores are made.
    pub rfm: RfmSettings,
}

/// An ordered list of states: a user is in the first whose segment holds, or in none. A user that
/// does not exist yet (no event and no attribute change at or before `T`) is in none.
#[derive(Clone, Debug, PartialEq)]
pub struct Lifecycle {
    /// In order of precedence.
    pub states: Vec<State>,
}

/// One state of a lifecycle.
#[derive(Clone, Debug, PartialEq)]
pub struct State {
    /// Stable key, as in `at_risk`.
    pub key: Text,
    /// What people read, as in `At risk`.
    pub name: Text,
    /// Who is in it, unless an earlier state holds.
    pub predicate: Predicate,
}

/// How recency, frequency and monetary scores are made. Only users with a matching event in the
/// window are scored; the others are inactive, which is not the same as the lowest group.
#[derive(Clone, Debug, PartialEq)]
pub struct RfmSettings {
    /// Which events count, as in purchases.
    pub of: EventMatch,
    /// (T − span, T]; without it, all time.
    pub window: Option<Span>,
    /// `Count` or `Distinct` (invoices with several lines).
    pub frequency: Measure,
    /// `Sum` or `Avg` of a property, if there is a monetary side.
    pub monetary: Option<Measure>,
    /// How values become scores 1 to 5.
    pub scoring: Scoring,
    /// Groups; the first whose ranges hold wins.
    pub groups: Vec<RfmGroup>,
}

/// How a value becomes a score from 1 to 5 (5 is best: most recent, most frequent, most spent).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scoring {
    /// By rank: 1 + floor(5 × (number of users with a worse value) ÷ (number of users)). Equal
    /// values get equal scores; distinct values give equal fifths.
    Rank,
    /// By cut points, as the R package `rfm` does: type-7 quantiles at 20, 40, 60 and 80 %, plus 1;
    /// the score is 1 + the number of cut points ≤ value. Recency is the number of
    /// local days between the dates, in the workspace's zone, and is reversed (6 − score).
    Cuts,
}

/// A named group of scores; every range includes both ends.
#[derive(Clone, Debug, PartialEq)]
pub struct RfmGroup {
    /// Stable key, as in `at_risk`.
    pub key: Text,
    /// What people read.
    pub name: Text,
    /// Recency scores.
    pub r: (u8, u8),
    /// Frequency scores.
    pub f: (u8, u8),
    /// Monetary scores.
    pub m: (u8, u8),
}

impl RfmSettings {
    /// Settings over all time for events of one name, counted, with a monetary property.
    pub fn of(of: EventMatch, monetary: Option<Measure>) -> RfmSettings {
        RfmSettings {
            of,
            window: None,
            frequency: Measure::Count,
            monetary,
            scoring: Scoring::Rank,
            groups: default_groups(),
        }
    }
}

/// The ten groups of the 5 × 5 grid of recency and frequency: every cell in exactly one group.
pub fn default_groups() -> Vec<RfmGroup> {
    [
        ("champions", "Champions", (5, 5), (4, 5)),
        ("loyal", "Loyal", (3, 4), (4, 5)),
        ("potential_loyalists", "Potential Loyalists", (4, 5), (2, 3)),
        ("new", "New", (5, 5), (1, 1)),
        ("promising", "Promising", (4, 4), (1, 1)),
        ("needing_attention", "Needing Attention", (3, 3), (3, 3)),
        ("about_to_sleep", "About To Sleep", (3, 3), (1, 2)),
        ("at_risk", "At Risk", (1, 2), (3, 4)),
        ("cannot_lose_them", "Cannot Lose Them", (1, 2), (5, 5)),
        ("hibernating", "Hibernating", (1, 2), (1, 2)),
    ]
    .into_iter()
    .map(|(key, name, r, f)| RfmGroup {
        key: Text::new(key),
        name: Text::new(name),
        r,
        f,
        m: (1, 5),
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_cell_is_in_exactly_one_default_group() {
        for r in 1..=5u8 {
            for f in 1..=5u8 {
                let n = default_groups()
                    .iter()
                    .filter(|g| (g.r.0..=g.r.1).contains(&r) && (g.f.0..=g.f.1).contains(&f))
                    .count();
                assert_eq!(n, 1, "r {r} f {f}");
            }
        }
    }
}
