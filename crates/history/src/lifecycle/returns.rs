//! After how long a silence do people stop coming back? The thresholds of lifecycle states,
//! proposed from the data.
//!
//! The gaps between a user's active days are survival times; the silence that still lasts at the
//! instant of the question is a censored one, because it may end tomorrow. The survival function S
//! of gaps is estimated with the product-limit estimator (Kaplan and Meier 1958, JASA 53, eq. 2).
//! The probability that somebody who has been silent for g days comes back within the next h days
//! is then 1 − S(g + h) ÷ S(g).
//!
//! All gaps of all users are pooled: the curve describes the average silence, not the average user.

use model::{Span, Text, Timestamp, Value};
use segment::tree::{EventMatch, EventPredicate, Measure, Op, Range, Test, Window};
use segment::{Lifecycle, Predicate, State};

use crate::evaluate::{Evaluator, QueryError};

/// What is asked of the data.
#[derive(Clone, Debug, PartialEq)]
pub struct ReturnSettings {
    /// What counts as activity.
    pub of: EventMatch,
    /// Within what time a return counts, in days; nothing: the 80th percentile of observed gaps.
    pub horizon_days: Option<u32>,
}

/// One point of the curve.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CurvePoint {
    /// Days of silence so far.
    pub gap_days: u32,
    /// Probability of coming back within the horizon, 0..=1.
    pub return_probability: f64,
}

/// The probability of return after every length of silence.
#[derive(Clone, Debug, PartialEq)]
pub struct ReturnCurve {
    /// Days within which a return counts.
    pub horizon_days: u32,
    /// Users with any activity.
    pub users: u64,
    /// Silences that ended in a return.
    pub gaps: u64,
    /// Silences that still last.
    pub censored: u64,
    /// One point per day of silence, from 0, as long as at least 30 silences were that long and
    /// another 30 lasted through the horizon after it.
    pub points: Vec<CurvePoint>,
    /// Active days per user in the last 4 horizons, of users active in the last horizon, sorted.
    active_days: Vec<u32>,
}

/// Silence after which each state begins. A threshold that the data are too short to show is
/// twice the one before it, and said to be so.
#[derive(Clone, Debug, PartialEq)]
pub struct Thresholds {
    /// (state key, level that the probability falls below, days, whether the data show it).
    pub at: [(&'static str, f64, u32, bool); 3],
    /// Days since the first activity during which somebody is new.
    pub new_days: u32,
    /// Active days in the last `loyal_window_days` from which somebody is loyal.
    pub loyal_active_days: u32,
    /// The window for loyalty, in days.
    pub loyal_window_days: u32,
}

/// A point of the curve needs so many silences of that length: fewer give no stable estimate.
const AT_RISK_MIN: u64 = 30;
/// Each state begins where the probability of return has fallen to this share of its value right
/// after an activity.
const LEVELS: [(&str, f64); 3] = [("at_risk", 0.75), ("dormant", 0.5), ("churned", 0.25)];

/// Estimates the curve from everything up to the evaluator's instant. Local days are those of the
/// workspace. Cost: one pass over the matching events and one sort.
pub fn return_curve(
    evaluator: &Evaluator,
    settings: &ReturnSettings,
) -> Result<ReturnCurve, QueryError> {
    let (today, mut days) = active_days(evaluator, &settings.of)?;
    days.sort_unstable();
    days.dedup();
    let (mut ended, mut lasting, mut users) = (Vec::new(), Vec::new(), 0);
    for own in days.chunk_by(|a, b| a.0 == b.0) {
        users += 1;
        ended.extend(own.windows(2).map(|pair| (pair[1].1 - pair[0].1) as u32));
        lasting.extend(own.last().map(|(_, day)| (today - day) as u32));
    }
    ended.sort_unstable();
    let observed = ended.get(ended.len() * 4 / 5).copied().unwrap_or(30).max(1);
    let horizon_days = settings.horizon_days.unwrap_or(observed).max(1);
    let survival = survival(&ended, &lasting);
    let points = (0..survival.len())
        .take_while(|gap| survival[*gap].1 >= AT_RISK_MIN)
        .filter_map(|gap| {
            let (now, then) = (survival[gap].0, survival.get(gap + horizon_days as usize)?);
            let then = Some(then).filter(|then| then.1 >= AT_RISK_MIN)?.0;
            let return_probability = if now > 0.0 { 1.0 - then / now } else { 0.0 };
            Some(CurvePoint { gap_days: gap as u32, return_probability })
        })
        .collect();
    Ok(ReturnCurve {
        horizon_days,
        users,
        gaps: ended.len() as u64,
        censored: lasting.len() as u64,
        points,
        active_days: recent_active_days(&days, today, i64::from(horizon_days)),
    })
}

/// Thresholds at which the curve falls to fixed shares of its first value.
pub fn thresholds(curve: &ReturnCurve) -> Thresholds {
    let first = curve.points.first().map_or(0.0, |point| point.return_probability);
    let mut before = curve.horizon_days.div_ceil(2);
    let at = LEVELS.map(|(state, share)| {
        let level = first * share;
        let shown = curve
            .points
            .iter()
            .find(|point| point.return_probability < level && point.gap_days > 0);
        let shown =
            shown.map(|point| point.gap_days).filter(|days| *days > before || state == "at_risk");
        let days = shown.unwrap_or(before * 2);
        before = days;
        (state, level, days, shown.is_some())
    });
    let active = &curve.active_days;
    let high = active.get(active.len() * 4 / 5).copied().unwrap_or(0);
    Thresholds {
        at,
        new_days: at[0].2,
        loyal_active_days: high.max(3),
        loyal_window_days: curve.horizon_days * 4,
    }
}

impl ReturnCurve {
    /// The proposed thresholds.
    pub fn thresholds(&self) -> Thresholds {
        thresholds(self)
    }
}

/// The default lifecycle with these thresholds: new, active, loyal, at risk, dormant, churned.
pub fn propose(of: &EventMatch, thresholds: &Thresholds) -> Lifecycle {
    let days = |days: u32| Span::days(i64::from(days));
    let did = |range: Range| count(of, range, Test::at_least(1));
    let [at_risk, dormant, churned] = thresholds.at.map(|(_, _, days, _)| days);
    let new = Predicate::All(vec![
        did(Range::All),
        count(of, Range::BeforeLast(days(thresholds.new_days)), Test::of(Op::Lt(Value::Int(1)))),
    ]);
    let active_days = Predicate::Event(EventPredicate {
        of: of.clone(),
        within: Window::range(Range::Last(days(thresholds.loyal_window_days))),
        measure: Measure::Days,
        test: Test::of(Op::Lt(Value::Int(i64::from(thresholds.loyal_active_days)))),
    });
    let active = Predicate::All(vec![did(Range::Last(days(at_risk))), active_days]);
    let states = [
        ("new", "New", new),
        ("active", "Active", active),
        ("loyal", "Loyal", did(Range::Last(days(at_risk)))),
        ("at_risk", "At risk", did(Range::Last(days(dormant)))),
        ("dormant", "Dormant", did(Range::Last(days(churned)))),
        ("churned", "Churned", did(Range::All)),
    ];
    let state =
        |(key, name, predicate)| State { key: Text::new(key), name: Text::new(name), predicate };
    Lifecycle { states: states.into_iter().map(state).collect() }
}

fn count(of: &EventMatch, range: Range, test: Test) -> Predicate {
    let within = Window::range(range);
    Predicate::Event(EventPredicate { of: of.clone(), within, measure: Measure::Count, test })
}

/// The day of the question, and (user, day) of every matching event up to it.
fn active_days(
    evaluator: &Evaluator,
    of: &EventMatch,
) -> Result<(i64, Vec<(u32, i64)>), QueryError> {
    let zone = &evaluator.rules.zone;
    let mut days = Vec::new();
    let source = evaluator.source(of, (Timestamp::MIN, evaluator.at), &[])?;
    source.each(0..evaluator.snapshot.n_places() as u32, |hit| {
        days.push((hit.user, zone.day(Timestamp(hit.time)).0));
    });
    Ok((zone.day(evaluator.at).0, days))
}

/// S(g) for g = 0, 1, 2… and the number of silences at least so long; S(0) = 1.
fn survival(ended: &[u32], lasting: &[u32]) -> Vec<(f64, u64)> {
    let longest = ended.iter().chain(lasting).max().map_or(0, |days| *days as usize);
    let (mut returns, mut leaves) = (vec![0u64; longest + 1], vec![0u64; longest + 1]);
    ended.iter().for_each(|gap| returns[*gap as usize] += 1);
    lasting.iter().for_each(|gap| leaves[*gap as usize] += 1);
    let mut silent = (ended.len() + lasting.len()) as u64;
    let mut survival = Vec::with_capacity(longest + 1);
    let mut s = 1.0;
    for gap in 0..=longest {
        if silent > 0 {
            s *= 1.0 - returns[gap] as f64 / silent as f64;
        }
        survival.push((s, silent));
        silent -= returns[gap] + leaves[gap];
    }
    survival
}

fn recent_active_days(days: &[(u32, i64)], today: i64, horizon: i64) -> Vec<u32> {
    let mut counts = Vec::new();
    for own in days.chunk_by(|a, b| a.0 == b.0) {
        if own.last().is_some_and(|(_, day)| today - day <= horizon) {
            counts.push(own.iter().filter(|(_, day)| today - day < horizon * 4).count() as u32);
        }
    }
    counts.sort_unstable();
    counts
}

#[cfg(test)]
mod planted;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn survival_follows_a_worked_example() {
        // Kaplan and Meier's estimator by hand: returns at 1, 3, 3, 6; lasting at 2, 6.
        let s = survival(&[1, 3, 3, 6], &[2, 6]);
        let expected = [1.0, 5.0 / 6.0, 5.0 / 6.0, 5.0 / 12.0, 5.0 / 12.0, 5.0 / 12.0, 5.0 / 24.0];
        for (gap, expected) in expected.iter().enumerate() {
            assert!((s[gap].0 - expected).abs() < 1e-12, "gap {gap}: {:?}", s[gap]);
        }
        assert_eq!(s.iter().map(|point| point.1).collect::<Vec<_>>(), [6, 6, 5, 4, 2, 2, 2]);
    }

    #[test]
    fn thresholds_lie_where_the_curve_falls_to_their_share() {
        let point = |gap_days, return_probability| CurvePoint { gap_days, return_probability };
        let curve = ReturnCurve {
            horizon_days: 10,
            users: 100,
            gaps: 90,
            censored: 100,
            points: vec![point(0, 0.8), point(7, 0.61), point(8, 0.59), point(20, 0.39)],
            active_days: vec![1, 2, 3, 4, 9],
        };
        let found = thresholds(&curve);
        assert_eq!(
            found.at.map(|(_, _, days, shown)| (days, shown)),
            [(8, true), (20, true), (40, false)]
        );
        assert_eq!((found.new_days, found.loyal_active_days, found.loyal_window_days), (8, 9, 40));
    }
}
