//! RFM scores of a whole population, user by user.

use model::{Timestamp, Value};
use segment::Rules;
use segment::evaluate::{RfmScore, UserHistory};
use segment::rules::Scoring;

use super::World;

/// What a scored user is scored by.
struct Figures {
    last: Timestamp,
    frequency: f64,
    monetary: Option<f64>,
}

/// The scores of a user at an instant; nothing for the inactive, who have no matching event in the
/// window. A monetary average of nothing counts as 0.
pub fn rfm(
    user: &str,
    population: &[UserHistory],
    rules: &Rules,
    at: Timestamp,
) -> Option<RfmScore> {
    let world = |user| World { user, population, rules, at };
    let all: Vec<Figures> = population.iter().filter_map(|user| world(user).figures()).collect();
    let own = world(population.iter().find(|u| u.id == user)?).figures()?;
    let score = |of: &dyn Fn(&Figures) -> f64| {
        let values: Vec<f64> = all.iter().map(of).collect();
        match rules.rfm.scoring {
            Scoring::Rank => rank(of(&own), &values),
            Scoring::Cuts => cuts(of(&own), &values),
        }
    };
    let r = match rules.rfm.scoring {
        Scoring::Rank => score(&|f| f.last.0 as f64),
        Scoring::Cuts => 6 - score(&|f| (rules.zone.day(at).0 - rules.zone.day(f.last).0) as f64),
    };
    let f = score(&|f| f.frequency);
    let m = own.monetary.map(|_| score(&|f| f.monetary.unwrap_or(0.0)));
    let inside = |range: (u8, u8), score: u8| range.0 <= score && score <= range.1;
    let group = rules
        .rfm
        .groups
        .iter()
        .find(|g| inside(g.r, r) && inside(g.f, f) && m.is_none_or(|m| inside(g.m, m)));
    Some(RfmScore { r, f, m, group: group.map(|g| g.key.clone()) })
}

impl World<'_> {
    fn figures(&self) -> Option<Figures> {
        let settings = &self.rules.rfm;
        let mut events = self.events();
        events.retain(|e| settings.window.is_none_or(|span| self.at - span < e.time));
        events.retain(|e| self.matches(&settings.of, e, None));
        let last = events.iter().map(|e| e.time).max()?;
        let number = |value: Option<Value>| value.and_then(|v| v.number()).unwrap_or(0.0);
        let frequency = number(self.measure(&settings.frequency, &events));
        let monetary = settings.monetary.as_ref().map(|m| number(self.measure(m, &events)));
        Some(Figures { last, frequency, monetary })
    }
}

/// 1 + the fifths of users that are worse.
fn rank(own: f64, all: &[f64]) -> u8 {
    let worse = all.iter().filter(|other| **other < own).count();
    (1 + 5 * worse / all.len()) as u8
}

/// 1 + the number of cut points that are not above. Cut points: type-7 quantiles plus 1.
fn cuts(own: f64, all: &[f64]) -> u8 {
    let mut sorted = all.to_vec();
    sorted.sort_by(f64::total_cmp);
    let quantile = |p: f64| {
        let h = (sorted.len() - 1) as f64 * p;
        let low = sorted[h.floor() as usize];
        let high = sorted[h.ceil() as usize];
        low + (h - h.floor()) * (high - low)
    };
    let cuts = [0.2, 0.4, 0.6, 0.8].map(|p| quantile(p) + 1.0);
    (1 + cuts.iter().filter(|cut| **cut <= own).count()) as u8
}
