//! Which rows an event match selects, part by part.

use std::cell::RefCell;
use std::collections::BTreeSet;

use model::{Text, Timestamp, Zone};
use segment::Rules;
use segment::evaluate::{CompiledTest, in_hours_and_weekdays};
use segment::tree::{EventMatch, EventNames, Where, Window};

use crate::column::{Column, MISSING};
use crate::names::NameId;
use crate::part::Part;
use crate::snapshot::Snapshot;

/// An event match with its composite events resolved and its tests compiled. It selects by names
/// and properties and first times, not by the event before ([`Where::Same`]).
pub(crate) struct Matching {
    /// A row matches if it matches any of these.
    alternatives: Vec<Alternative>,
}

struct Alternative {
    /// Nothing: events of every name.
    name: Option<Text>,
    filters: Vec<Filter>,
}

enum Filter {
    All(Vec<Filter>),
    Any(Vec<Filter>),
    Not(Box<Filter>),
    Property(Text, CompiledTest),
    FirstTime,
}

/// One part on its way through the filters.
struct Scanned<'a> {
    snapshot: &'a Snapshot,
    name: NameId,
    part: &'a Part,
    first: &'a RefCell<Option<FirstTimes>>,
}

/// Of the name last asked for: (time, arrival) of each user's first event.
type FirstTimes = (NameId, Vec<(i64, u64)>);

impl Matching {
    /// Nothing if a filter depends on the event before.
    pub(crate) fn of(of: &EventMatch, rules: &Rules) -> Option<Matching> {
        let mut alternatives = Vec::new();
        let names = match &of.names {
            EventNames::Any => vec![None],
            EventNames::Of(names) => names.iter().map(Some).collect(),
        };
        for name in names {
            match name.and_then(|name| rules.composites.get(name)) {
                Some(members) => {
                    for member in members {
                        add(&mut alternatives, member, &of.filter)?;
                    }
                }
                None => {
                    let filters = vec![Filter::of(&of.filter)?];
                    alternatives.push(Alternative { name: name.cloned(), filters });
                }
            }
        }
        Some(Matching { alternatives })
    }

    /// Calls `visit` for every selected row with time in `from..=to`, part by part, and inside the
    /// hours and weekdays of the window.
    pub(crate) fn scan(
        &self,
        snapshot: &Snapshot,
        (from, to): (Timestamp, Timestamp),
        (window, zone): (&Window, &Zone),
        mut visit: impl FnMut(&Part, usize),
    ) {
        let anytime = window.hours.is_none() && window.weekdays.is_empty();
        self.parts(snapshot, (from, to), |_, part, selected| {
            let whole = part.time_min >= from.0 && part.time_max <= to.0;
            for row in 0..part.len() {
                let time = part.time[row];
                if (whole || (time >= from.0 && time <= to.0))
                    && selected.get(row)
                    && (anytime || in_hours_and_weekdays(window, Timestamp(time), zone))
                {
                    visit(part, row);
                }
            }
        });
    }

    /// Calls `visit` with the selected rows of every part that has any, by time `from..=to` only as
    /// far as whole parts go.
    pub(crate) fn parts<'s>(
        &self,
        snapshot: &'s Snapshot,
        (from, to): (Timestamp, Timestamp),
        mut visit: impl FnMut(NameId, &'s Part, Selection),
    ) {
        let first = RefCell::default();
        for (name, part) in snapshot.event_parts() {
            if part.time_max < from.0 || part.time_min > to.0 {
                continue;
            }
            let scanned = Scanned { snapshot, name, part, first: &first };
            if let Some(selected) = self.select(&scanned) {
                visit(name, part, selected);
            }
        }
    }

    /// The selected rows of a part; nothing if none can be.
    fn select(&self, scanned: &Scanned) -> Option<Selection> {
        let name = scanned.snapshot.names.name(scanned.name);
        let mut chosen: Option<Selection> = None;
        for alternative in &self.alternatives {
            if alternative.name.as_ref().is_some_and(|wanted| wanted != name) {
                continue;
            }
            let mut selection = Selection::Every;
            for filter in &alternative.filters {
                selection = selection.and(filter.select(scanned));
            }
            chosen = Some(match chosen {
                Some(chosen) => chosen.or(selection),
                None => selection,
            });
        }
        chosen.filter(|chosen| !matches!(chosen, Selection::None))
    }
}

/// Adds the alternatives of one member of a composite event, which also passes `filter`.
fn add(to: &mut Vec<Alternative>, member: &EventMatch, filter: &Where) -> Option<()> {
    let names: Vec<Option<Text>> = match &member.names {
        EventNames::Any => vec![None],
        EventNames::Of(names) => {
            names.iter().collect::<BTreeSet<_>>().into_iter().cloned().map(Some).collect()
        }
    };
    for name in names {
        let filters = vec![Filter::of(&member.filter)?, Filter::of(filter)?];
        to.push(Alternative { name, filters });
    }
    Some(())
}

/// Rows of one part.
pub(crate) enum Selection {
    Every,
    None,
    Rows(Vec<bool>),
}

impl Selection {
    /// Whether a row is selected.
    pub(crate) fn get(&self, row: usize) -> bool {
        match self {
            Selection::Every => true,
            Selection::None => false,
            Selection::Rows(rows) => rows[row],
        }
    }

    fn and(self, other: Selection) -> Selection {
        match (self, other) {
            (Selection::None, _) | (_, Selection::None) => Selection::None,
            (Selection::Every, other) | (other, Selection::Every) => other,
            (Selection::Rows(mut rows), Selection::Rows(others)) => {
                rows.iter_mut().zip(others).for_each(|(row, other)| *row &= other);
                Selection::Rows(rows)
            }
        }
    }

    fn or(self, other: Selection) -> Selection {
        match (self, other) {
            (Selection::Every, _) | (_, Selection::Every) => Selection::Every,
            (Selection::None, other) | (other, Selection::None) => other,
            (Selection::Rows(mut rows), Selection::Rows(others)) => {
                rows.iter_mut().zip(others).for_each(|(row, other)| *row |= other);
                Selection::Rows(rows)
            }
        }
    }

    fn not(self) -> Selection {
        match self {
            Selection::Every => Selection::None,
            Selection::None => Selection::Every,
            Selection::Rows(mut rows) => {
                rows.iter_mut().for_each(|row| *row = !*row);
                Selection::Rows(rows)
            }
        }
    }

    fn of(all: bool) -> Selection {
        if all { Selection::Every } else { Selection::None }
    }
}

impl Filter {
    fn of(of: &Where) -> Option<Filter> {
        let each = |of: &[Where]| of.iter().map(Filter::of).collect::<Option<Vec<_>>>();
        Some(match of {
            Where::All(of) => Filter::All(each(of)?),
            Where::Any(of) => Filter::Any(each(of)?),
            Where::Not(of) => Filter::Not(Box::new(Filter::of(of)?)),
            Where::Property { property, test } => {
                Filter::Property(property.clone(), CompiledTest::new(test))
            }
            Where::FirstTime => Filter::FirstTime,
            Where::Same(_) => return None,
        })
    }

    fn select(&self, scanned: &Scanned) -> Selection {
        match self {
            Filter::All(of) => {
                of.iter().fold(Selection::Every, |all, f| all.and(f.select(scanned)))
            }
            Filter::Any(of) => of.iter().fold(Selection::None, |any, f| any.or(f.select(scanned))),
            Filter::Not(of) => of.select(scanned).not(),
            Filter::Property(property, test) => {
                let id = scanned.snapshot.names.number(property);
                match id.and_then(|id| scanned.part.columns.get(&id)) {
                    Some(column) => select_column(column, test),
                    None => Selection::of(test.holds(None)),
                }
            }
            Filter::FirstTime => scanned.first_times(),
        }
    }
}

impl Scanned<'_> {
    /// Rows that are their user's first event of the name.
    fn first_times(&self) -> Selection {
        let mut first = self.first.borrow_mut();
        if first.as_ref().is_none_or(|(name, _)| *name != self.name) {
            let mut places = vec![(i64::MAX, u64::MAX); self.snapshot.n_places()];
            for (_, part) in self.snapshot.event_parts().filter(|(name, _)| *name == self.name) {
                for row in 0..part.len() {
                    let held = &mut places[part.user[row] as usize];
                    *held = (part.time[row], part.arrival[row]).min(*held);
                }
            }
            *first = Some((self.name, places));
        }
        let places = first.as_ref().map_or(&[][..], |(_, places)| places);
        let part = self.part;
        let is_first =
            |row: usize| places[part.user[row] as usize] == (part.time[row], part.arrival[row]);
        Selection::Rows((0..part.len()).map(is_first).collect())
    }
}

/// Which rows of a column satisfy a test. Texts are tested once per dictionary entry.
fn select_column(column: &Column, test: &CompiledTest) -> Selection {
    let missing = test.holds(None);
    match column {
        Column::Text(codes, dictionary) => {
            let entries: Vec<bool> = dictionary
                .iter()
                .map(|text| test.holds(Some(&model::Value::Text(text.clone()))))
                .collect();
            if !missing && entries.iter().all(|holds| !holds) {
                return Selection::None;
            }
            let holds =
                |code: &u32| if *code == MISSING { missing } else { entries[*code as usize] };
            Selection::Rows(codes.iter().map(holds).collect())
        }
        _ => Selection::Rows(
            (0..column.len()).map(|row| test.holds(column.get(row).as_ref())).collect(),
        ),
    }
}
