//! Which rows an event match selects, part by part.

use std::collections::BTreeSet;
use std::sync::Arc;

use model::Text;
use segment::Rules;
use segment::evaluate::CompiledTest;
use segment::tree::{EventMatch, EventNames, Where};

use super::QueryError;
use crate::column::{Column, Values};
use crate::numbers::Packed;
use crate::part::Part;
use crate::snapshot::{AskedNames, FoundPart, Snapshot};

/// An event match with its composite events resolved and its tests compiled. It selects by names
/// and properties and first times, not by the event before ([`Where::Same`]).
pub(crate) struct Matching {
    /// A row matches if it matches any of these.
    alternatives: Vec<Alternative>,
}

struct Alternative {
    /// Nothing: events of every name.
    name: Option<Text>,
    filter: Condition,
}

/// A filter that does not yet know its part.
enum Condition {
    All(Vec<Condition>),
    Any(Vec<Condition>),
    Not(Box<Condition>),
    Property(Text, CompiledTest),
    FirstTime,
}

/// A filter with the columns of one part.
pub(crate) enum Filter {
    /// Every row, or none.
    Always(bool),
    /// Rows by the dictionary entry of a text.
    Entries {
        /// The texts.
        column: Arc<Column>,
        /// Which entries are selected.
        table: Vec<bool>,
        /// Whether a missing text is.
        missing: bool,
    },
    /// Rows by any value.
    Test(Arc<Column>, CompiledTest),
    /// Rows that are their user's first event of the name.
    First,
    /// All of these.
    All(Vec<Filter>),
    /// Any of these.
    Any(Vec<Filter>),
    /// Not this.
    Not(Box<Filter>),
}

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
                    let filter = Condition::of(&of.filter)?;
                    alternatives.push(Alternative { name: name.cloned(), filter });
                }
            }
        }
        Some(Matching { alternatives })
    }

    /// Whether it is every event of every name.
    pub(crate) fn everything(&self) -> bool {
        self.alternatives
            .iter()
            .any(|a| a.name.is_none() && matches!(&a.filter, Condition::All(of) if of.is_empty()))
    }

    /// Events of every name that pass a filter.
    pub(crate) fn every(filter: &Where) -> Option<Matching> {
        let filter = Condition::of(filter)?;
        Some(Matching { alternatives: vec![Alternative { name: None, filter }] })
    }

    /// The names that can match.
    pub(crate) fn names(&self, snapshot: &Snapshot) -> AskedNames {
        let any = self.alternatives.iter().any(|alternative| alternative.name.is_none());
        let named = self.alternatives.iter().filter_map(|alternative| alternative.name.as_ref());
        AskedNames::of(any, named.filter_map(|name| snapshot.names.number(name)).collect())
    }

    /// The rows that a part of events contributes. Only who names a derived event asks for it.
    pub(crate) fn filter(
        &self,
        snapshot: &Snapshot,
        found: &FoundPart,
    ) -> Result<Filter, QueryError> {
        let name = snapshot.names.name(found.name);
        let activity = !found.derived && !snapshot.names.is_outreach(found.name);
        let mut filters = Vec::new();
        for alternative in &self.alternatives {
            if alternative.name.as_ref().map_or(activity, |wanted| wanted == name) {
                filters.push(alternative.filter.in_part(snapshot, found.part)?);
            }
        }
        Ok(Filter::any(filters))
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
        let filter = Condition::All(vec![Condition::of(&member.filter)?, Condition::of(filter)?]);
        to.push(Alternative { name, filter });
    }
    Some(())
}

impl Condition {
    fn of(of: &Where) -> Option<Condition> {
        let each = |of: &[Where]| of.iter().map(Condition::of).collect::<Option<Vec<_>>>();
        Some(match of {
            Where::All(of) => Condition::All(each(of)?),
            Where::Any(of) => Condition::Any(each(of)?),
            Where::Not(of) => Condition::Not(Box::new(Condition::of(of)?)),
            Where::Property { property, test } => {
                Condition::Property(property.clone(), CompiledTest::new(test))
            }
            Where::FirstTime => Condition::FirstTime,
            Where::Same(_) => return None,
        })
    }

    fn in_part(&self, snapshot: &Snapshot, part: &Part) -> Result<Filter, QueryError> {
        let each = |of: &[Condition]| {
            of.iter().map(|one| one.in_part(snapshot, part)).collect::<Result<Vec<_>, _>>()
        };
        Ok(match self {
            Condition::All(of) => Filter::all(each(of)?),
            Condition::Any(of) => Filter::any(each(of)?),
            Condition::Not(of) => match of.in_part(snapshot, part)? {
                Filter::Always(all) => Filter::Always(!all),
                other => Filter::Not(Box::new(other)),
            },
            Condition::FirstTime => Filter::First,
            Condition::Property(property, test) => {
                let id = snapshot.names.number(property);
                match id.map(|id| part.column(id)).transpose()?.flatten() {
                    Some(column) => Filter::column(column, test),
                    None => Filter::Always(test.holds(None)),
                }
            }
        })
    }
}

impl Filter {
    /// Texts are tested once per dictionary entry.
    fn column(column: Arc<Column>, test: &CompiledTest) -> Filter {
        let Values::Text(_, dictionary) = &column.values else {
            return Filter::Test(column, test.clone());
        };
        let holds = |text: &Text| test.holds(Some(&model::Value::Text(text.clone())));
        let table: Vec<bool> = dictionary.iter().map(holds).collect();
        let missing = test.holds(None);
        let all = |wanted: bool| {
            table.iter().all(|holds| *holds == wanted)
                && (missing == wanted || column.present.is_none())
        };
        match () {
            _ if all(false) => Filter::Always(false),
            _ if all(true) => Filter::Always(true),
            _ => Filter::Entries { column, table, missing },
        }
    }

    fn all(mut of: Vec<Filter>) -> Filter {
        of.retain(|one| !matches!(one, Filter::Always(true)));
        match of.len() {
            0 => Filter::Always(true),
            _ if of.iter().any(|one| matches!(one, Filter::Always(false))) => Filter::Always(false),
            1 => of.remove(0),
            _ => Filter::All(of),
        }
    }

    fn any(mut of: Vec<Filter>) -> Filter {
        of.retain(|one| !matches!(one, Filter::Always(false)));
        match of.len() {
            0 => Filter::Always(false),
            _ if of.iter().any(|one| matches!(one, Filter::Always(true))) => Filter::Always(true),
            1 => of.remove(0),
            _ => Filter::Any(of),
        }
    }

    /// Whether it selects every row.
    pub(crate) fn selects_all(&self) -> bool {
        matches!(self, Filter::Always(true))
    }

    /// Whether it asks which event of a user is the first.
    pub(crate) fn asks_first(&self) -> bool {
        match self {
            Filter::First => true,
            Filter::All(of) | Filter::Any(of) => of.iter().any(Filter::asks_first),
            Filter::Not(of) => of.asks_first(),
            Filter::Always(_) | Filter::Entries { .. } | Filter::Test(..) => false,
        }
    }

    /// Whether a row is selected; `first`: it is its user's first event of the name.
    #[inline]
    pub(crate) fn holds(&self, row: usize, first: bool) -> bool {
        match self {
            Filter::Always(all) => *all,
            Filter::Entries { column, table, missing } => match (&column.present, &column.values) {
                (None, Values::Text(Packed::U8(codes), _)) => table[usize::from(codes[row])],
                (Some(present), _) if !present.get(row) => *missing,
                (_, Values::Text(codes, _)) => table[codes.get(row) as usize],
                _ => false,
            },
            Filter::Test(column, test) => test.holds(column.get(row).as_ref()),
            Filter::First => first,
            Filter::All(of) => of.iter().all(|one| one.holds(row, first)),
            Filter::Any(of) => of.iter().any(|one| one.holds(row, first)),
            Filter::Not(of) => !of.holds(row, first),
        }
    }
}
