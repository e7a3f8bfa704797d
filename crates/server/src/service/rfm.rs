//! RFM: groups, grid, transitions, settings.

use history::rfm::{RfmAt, RfmFigures, transitions};
use model::Span;
use segment::rules::{RfmGroup as Group, RfmSettings as Settings};
use segment::tree::Measure;
use wire::api::{
    AtQuery, BetweenQuery, Key, Rfm, RfmCell, RfmCuts, RfmFrequency, RfmGroup, RfmGroupRule,
    RfmMonetary, RfmScoring, RfmSettings, RfmTransitions,
};

use super::lifecycle::between;
use super::{Service, rules, share, span};
use crate::failure::Failure;

/// Groups at most: five scores of three kinds make no more.
const GROUPS_MAX: usize = 125;

impl Service {
    /// Groups and grid at an instant.
    pub fn rfm(&self, query: &AtQuery) -> Result<Rfm, Failure> {
        let view = self.view(query.as_of.as_deref(), query.known_at.as_deref())?;
        let evaluator = view.evaluator();
        let at = evaluator.rfm()?;
        let settings = &view.rules.rfm;
        let scored = at.scored.len();
        let (figures, _) = at.groups();
        let groups = settings.groups.iter().zip(&figures);
        Ok(Rfm {
            as_of: view.at.to_string(),
            settings: written(settings),
            scored,
            inactive: evaluator.everybody().len() - scored,
            health: at.health().unwrap_or(0.0),
            cuts: at.cuts.map(|[recency, frequency, monetary]| RfmCuts {
                recency: recency.into(),
                frequency: frequency.into(),
                monetary: monetary.into(),
            }),
            groups: groups.map(|(group, figures)| of_group(group, figures, scored)).collect(),
            cells: cells(&at, settings),
        })
    }

    /// Who moved from which group to which.
    pub fn rfm_transitions(&self, query: &BetweenQuery) -> Result<RfmTransitions, Failure> {
        let (from, to) = between(query)?;
        let view = self.view(Some(&query.to), query.known_at.as_deref())?;
        let before = view.evaluator_at(from).rfm()?;
        let after = view.evaluator_at(to).rfm()?;
        let key = |g: &Group| Key { key: g.key.to_string(), name: g.name.to_string() };
        let mut groups: Vec<Key> = view.rules.rfm.groups.iter().map(key).collect();
        groups.push(Key { key: "inactive".into(), name: "Inactive".into() });
        Ok(RfmTransitions {
            from_at: from.to_string(),
            to_at: to.to_string(),
            groups,
            matrix: transitions(&before, &after),
        })
    }

    /// How scores are made.
    pub fn rfm_settings(&self) -> Result<RfmSettings, Failure> {
        Ok(written(&self.rules()?.rfm))
    }

    /// Replaces how scores are made.
    pub fn set_rfm_settings(&self, settings: &RfmSettings) -> Result<RfmSettings, Failure> {
        check(settings)?;
        self.store_rfm(settings)?;
        self.rfm_settings()
    }

    pub(super) fn store_rfm(&self, settings: &RfmSettings) -> Result<(), Failure> {
        rules::store_rfm(self.workspace.config(), settings)?;
        self.rules_changed();
        Ok(())
    }
}

/// Settings in the form of the API.
pub fn written(settings: &Settings) -> RfmSettings {
    let Settings { of, window, frequency, monetary, scoring, groups } = settings;
    let groups = groups.iter().map(|group| RfmGroupRule {
        key: group.key.to_string(),
        name: group.name.to_string(),
        r: group.r.into(),
        f: group.f.into(),
        m: group.m.into(),
    });
    RfmSettings {
        event: rules::event_name(of).unwrap_or("*").into(),
        window: window.map(|span| span.to_string()),
        frequency: match frequency {
            Measure::Distinct(property) => RfmFrequency::Distinct(property.to_string()),
            _ => RfmFrequency::Count {},
        },
        monetary: monetary.as_ref().and_then(|measure| match measure {
            Measure::Sum(property) => Some(RfmMonetary::Sum(property.to_string())),
            Measure::Avg(property) => Some(RfmMonetary::Avg(property.to_string())),
            _ => None,
        }),
        scoring: match scoring {
            segment::Scoring::Rank => RfmScoring::Rank,
            segment::Scoring::Cuts => RfmScoring::Cuts,
        },
        groups: groups.collect(),
    }
}

/// Settings from the form of the API.
pub fn read(settings: &RfmSettings) -> Result<Settings, Failure> {
    let RfmSettings { event, window, frequency, monetary, scoring, groups } = settings;
    let groups = groups.iter().map(|group| Group {
        key: group.key.as_str().into(),
        name: group.name.as_str().into(),
        r: group.r.into(),
        f: group.f.into(),
        m: group.m.into(),
    });
    Ok(Settings {
        of: rules::event(event),
        window: window.as_deref().map(|text| span("window", text)).transpose()?,
        frequency: match frequency {
            RfmFrequency::Count {} => Measure::Count,
            RfmFrequency::Distinct(property) => Measure::Distinct(property.as_str().into()),
        },
        monetary: monetary.as_ref().map(|monetary| match monetary {
            RfmMonetary::Sum(property) => Measure::Sum(property.as_str().into()),
            RfmMonetary::Avg(property) => Measure::Avg(property.as_str().into()),
        }),
        scoring: match scoring {
            RfmScoring::Rank => segment::Scoring::Rank,
            RfmScoring::Cuts => segment::Scoring::Cuts,
        },
        groups: groups.collect(),
    })
}

fn check(settings: &RfmSettings) -> Result<(), Failure> {
    let wrong = |message: String| Err(Failure::unprocessable("rfm.settings", message));
    let read = read(settings)?;
    if settings.event.is_empty() {
        return wrong("`event` is empty; name the event that counts as an order".into());
    }
    if read.window == Some(Span(0)) {
        return wrong("`window` is empty; write it like 365d, or null for all time".into());
    }
    let nameless = |of: &Measure| matches!(of, Measure::Sum(p) | Measure::Avg(p) | Measure::Distinct(p) if p.is_empty());
    if nameless(&read.frequency) || read.monetary.as_ref().is_some_and(nameless) {
        return wrong("a property without a name; name one, or set `monetary` to null".into());
    }
    if settings.groups.is_empty() || settings.groups.len() > GROUPS_MAX {
        return wrong(format!("there must be 1 to {GROUPS_MAX} groups"));
    }
    for (index, group) in settings.groups.iter().enumerate() {
        rules::check_key("rfm.settings", &group.key)?;
        if settings.groups[..index].iter().any(|other| other.key == group.key) {
            return wrong(format!("two groups have the key \"{}\"", group.key));
        }
        for (name, [low, high]) in [("r", group.r), ("f", group.f), ("m", group.m)] {
            if low < 1 || high > 5 || low > high {
                return wrong(format!(
                    "group \"{}\" has {name} from {low} to {high}; scores go from 1 to 5",
                    group.key
                ));
            }
        }
    }
    Ok(())
}

fn of_group(group: &Group, figures: &RfmFigures, scored: u64) -> RfmGroup {
    RfmGroup {
        key: group.key.to_string(),
        name: group.name.to_string(),
        users: figures.users,
        share: share(figures.users, scored),
        orders: figures.orders.round() as u64,
        revenue: figures.revenue,
        average_revenue: average(figures),
        r: group.r.into(),
        f: group.f.into(),
        m: group.m.into(),
    }
}

fn cells(at: &RfmAt, settings: &Settings) -> Vec<RfmCell> {
    let figures = at.cells();
    let scored = at.scored.len();
    let cell = |r: u8, f: u8| {
        let covers = |g: &&Group| (g.r.0..=g.r.1).contains(&r) && (g.f.0..=g.f.1).contains(&f);
        let figures = &figures[usize::from(r - 1)][usize::from(f - 1)];
        RfmCell {
            r,
            f,
            users: figures.users,
            share: share(figures.users, scored),
            revenue: figures.revenue,
            average_revenue: average(figures),
            group: settings
                .groups
                .iter()
                .find(covers)
                .map_or_else(String::new, |g| g.key.to_string()),
        }
    };
    (1..=5).flat_map(|r| (1..=5).map(move |f| (r, f))).map(|(r, f)| cell(r, f)).collect()
}

fn average(figures: &RfmFigures) -> f64 {
    if figures.users == 0 { 0.0 } else { figures.revenue / figures.users as f64 }
}
