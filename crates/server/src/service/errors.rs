//! The error stream as people look at it.

use std::collections::BTreeMap;

use model::Timestamp;
use wire::api::{ErrorKind, ErrorSample, Errors, ErrorsQuery};

use super::{Service, limit};
use crate::config::errors::{Counted, Filter, HOUR_MS, Kind};
use crate::errors::outcome;
use crate::failure::Failure;
use crate::registry::MASK;

/// Samples of an answer without a wish, and at most.
const SAMPLES: (u64, u64) = (100, 1_000);

/// Hours of the trend without a wish, and at most.
const HOURS: (u64, u64) = (24, 720);

impl Service {
    /// What was sent and not accepted as it came: counts by kind, hour by hour, and samples.
    pub fn errors(&self, query: &ErrorsQuery) -> Result<Errors, Failure> {
        let n = limit("limit", query.limit, SAMPLES.0, SAMPLES.1)?;
        let n_hours = limit("hours", query.hours, HOURS.0, HOURS.1)?;
        self.workspace.errors().flush();
        let config = self.workspace.config();
        let text = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
        let (code, source) = (text(&query.code), text(&query.source));
        let filter = Filter {
            code: code.as_deref(),
            source: source.as_deref(),
            event: query.event.as_deref(),
        };
        let this_hour = self.workspace.now().0.div_euclid(HOUR_MS);
        let from = this_hour + 1 - n_hours as i64;
        let mut trends: BTreeMap<Kind, Vec<u64>> = BTreeMap::new();
        for (kind, hour, count) in config.error_hours(filter, from)? {
            let place = usize::try_from(hour - from).unwrap_or(usize::MAX);
            let trend = trends.entry(kind).or_insert_with(|| vec![0; n_hours]);
            if let Some(place) = trend.get_mut(place) {
                *place += count;
            }
        }
        let counted = config.error_kinds(filter)?;
        let hints: BTreeMap<Kind, String> =
            counted.iter().map(|one| (one.kind.clone(), one.hint.clone())).collect();
        let before = query.before.and_then(|n| i64::try_from(n).ok()).unwrap_or(i64::MAX);
        let mut rows = config.error_samples(filter, before, n + 1)?;
        let more = rows.len() > n;
        rows.truncate(n);
        let next = rows.last().filter(|_| more).and_then(|(id, ..)| u64::try_from(*id).ok());
        let masked = self.sight().masked();
        let samples = rows.into_iter().map(|(id, kind, sample)| {
            let hint = hints.get(&kind).cloned().unwrap_or_default();
            let shown = |text: String| if masked { MASK.to_owned() } else { text };
            ErrorSample {
                id: u64::try_from(id).unwrap_or(0),
                at: Timestamp(sample.at).to_string(),
                outcome: outcome(&kind.outcome),
                code: kind.code,
                source: kind.source,
                event: kind.event,
                message: shown(sample.message),
                hint,
                raw: shown(sample.record),
            }
        });
        Ok(Errors {
            hours: (from..=this_hour).map(|hour| Timestamp(hour * HOUR_MS).to_string()).collect(),
            samples: samples.collect(),
            next,
            kinds: counted.into_iter().map(|one| counted_kind(one, &mut trends, n_hours)).collect(),
        })
    }
}

fn counted_kind(one: Counted, trends: &mut BTreeMap<Kind, Vec<u64>>, n_hours: usize) -> ErrorKind {
    let Counted { kind, count, first_at, last_at, hint } = one;
    ErrorKind {
        count,
        first_at: Timestamp(first_at).to_string(),
        last_at: Timestamp(last_at).to_string(),
        hint,
        trend: trends.remove(&kind).unwrap_or_else(|| vec![0; n_hours]),
        outcome: outcome(&kind.outcome),
        code: kind.code,
        source: kind.source,
        event: kind.event,
    }
}
