//! The power curve: in how many of the last periods people come.

use model::{Day, Timestamp};
use segment::tree::EventMatch;

use crate::calendar::{PeriodUnit, Periods};
use crate::evaluate::{Evaluator, QueryError};
use crate::groups::UserGroups;
use crate::masks::Masks;

/// For each group: how many users were active in exactly 0, 1, 2… of the last `n` periods, of
/// which the last is the one of the question. Everybody who exists is in one of these counts.
pub fn power_curve(
    evaluator: &Evaluator,
    of: &EventMatch,
    (n, unit): (u32, PeriodUnit),
    groups: &UserGroups,
) -> Result<Vec<Vec<u64>>, QueryError> {
    let n = n.max(1) as usize;
    let periods = last_periods(evaluator, n, unit);
    let source = evaluator.source(of, (periods.start(0), evaluator.at), &[])?;
    let everybody = evaluator.everybody();
    let ranges = evaluator.by_users(|users| {
        let mut counts = vec![vec![0; n + 1]; groups.len()];
        let masks = Masks::of(&source, users.clone(), &periods);
        for user in users.filter(|user| everybody.contains(model::UserIndex(*user))) {
            if let Some(group) = groups.of(user) {
                let active: u32 = masks.user(user).iter().map(|word| word.count_ones()).sum();
                counts[group][(active as usize).min(n)] += 1;
            }
        }
        counts
    });
    let mut all = vec![vec![0; n + 1]; groups.len()];
    for range in ranges {
        let more = range.iter().flatten();
        all.iter_mut().flatten().zip(more).for_each(|(all, more)| *all += more);
    }
    Ok(all)
}

/// The last `n` periods up to that of the question.
fn last_periods(evaluator: &Evaluator, n: usize, unit: PeriodUnit) -> Periods {
    let (zone, at) = (&evaluator.rules.zone, evaluator.at);
    let back = n as i64 - 1;
    let today = zone.day(at);
    let from = match unit {
        PeriodUnit::Week => zone.start_of_day(Day(today.start_of_week().0 - 7 * back)),
        PeriodUnit::Month => zone.start_of_day(today.month_plus(-back)),
        PeriodUnit::Day => zone.start_of_day(Day(today.0 - back)),
        PeriodUnit::Hour => Timestamp(at.0 - back * model::Span::HOUR.0),
        PeriodUnit::Whole => at,
    };
    Periods::new(unit, zone, from, at)
}
