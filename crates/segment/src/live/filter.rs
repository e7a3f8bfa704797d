//! Which events a condition is about, decided for one event at a time.
//!
//! What it is: an [`EventMatch`] with its composite events resolved and its tests compiled, owned,
//! so that it outlives the rules it was made of. What it is not: it knows no other event, so
//! whether this is the first of its name is answered both ways ([`Passes`]), and
//! [`Where::Same`](crate::tree::Where::Same) is not its business (`chain` compares values).

use model::outreach::is_outreach;
use model::{Text, Value};

use crate::evaluate::CompiledTest;
use crate::rules::Rules;
use crate::tree::{EventMatch, EventNames, Where};

/// A match, ready for events.
#[derive(Clone, Debug)]
pub(super) struct Filter {
    /// Nothing: any name.
    names: Option<Vec<Named>>,
    /// Whether any name is that of a message's event too.
    told: bool,
    passes: Pass,
    /// Whether the answer depends on being the first of a name.
    asks_first: bool,
}

/// One name with what its member of a composite event asks for.
#[derive(Clone, Debug)]
struct Named {
    name: Text,
    passes: Pass,
}

/// Whether an event matches, if it is the first of its name, and if it is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Passes {
    pub(super) first: bool,
    pub(super) later: bool,
}

#[derive(Clone, Debug)]
enum Pass {
    All(Vec<Pass>),
    Any(Vec<Pass>),
    Not(Box<Pass>),
    Property(Text, CompiledTest),
    FirstTime,
}

impl Filter {
    pub(super) fn new(of: &EventMatch, rules: &Rules) -> Filter {
        let names = match &of.names {
            EventNames::Any => None,
            EventNames::Of(names) => Some(resolved(names, rules)),
        };
        Filter::made(names, false, Pass::new(&of.filter))
    }

    /// Events of these very names, whatever they stand for; nothing: of any, and of messages too if
    /// one of `also` is such an event.
    pub(super) fn plain(names: Option<&[Text]>, also: &[&Text]) -> Filter {
        let plain = |name: &Text| Named { name: name.clone(), passes: Pass::All(Vec::new()) };
        let names = names.map(|names| names.iter().map(plain).collect());
        let told = also.iter().any(|name| is_outreach(name));
        Filter::made(names, told, Pass::All(Vec::new()))
    }

    fn made(names: Option<Vec<Named>>, told: bool, passes: Pass) -> Filter {
        let mut members = names.iter().flatten();
        let asks_first = passes.asks_first() || members.any(|named| named.passes.asks_first());
        Filter { names, told, passes, asks_first }
    }

    /// Every name that can match; nothing: any.
    pub(super) fn names(&self) -> Option<Vec<&Text>> {
        let names = self.names.as_ref()?;
        let mut names: Vec<&Text> = names.iter().map(|named| &named.name).collect();
        names.sort_unstable();
        names.dedup();
        Some(names)
    }

    /// Whether an event of this name with these properties (sorted by name) matches.
    pub(super) fn passes(&self, name: &str, properties: &[(Text, Value)]) -> Passes {
        let own = |first| {
            let named = match &self.names {
                None => self.told || !is_outreach(name),
                Some(names) => names
                    .iter()
                    .any(|named| named.name == name && named.passes.holds(properties, first)),
            };
            named && self.passes.holds(properties, first)
        };
        let first = own(true);
        let later = if self.asks_first() { own(false) } else { first };
        Passes { first, later }
    }

    /// Whether the answer depends on being the first of a name.
    pub(super) fn asks_first(&self) -> bool {
        self.asks_first
    }
}

fn resolved(names: &[Text], rules: &Rules) -> Vec<Named> {
    let mut resolved = Vec::new();
    for name in names {
        let Some(members) = rules.composites.get(name) else {
            resolved.push(Named { name: name.clone(), passes: Pass::All(Vec::new()) });
            continue;
        };
        for member in members {
            // Members name real events only; a composite's name among them is taken literally.
            if let EventNames::Of(names) = &member.names {
                let passes = Pass::new(&member.filter);
                resolved.extend(
                    names.iter().map(|name| Named { name: name.clone(), passes: passes.clone() }),
                );
            }
        }
    }
    resolved
}

impl Pass {
    fn new(of: &Where) -> Pass {
        match of {
            Where::All(of) => Pass::All(of.iter().map(Pass::new).collect()),
            Where::Any(of) => Pass::Any(of.iter().map(Pass::new).collect()),
            Where::Not(of) => Pass::Not(Box::new(Pass::new(of))),
            Where::Property { property, test } => {
                Pass::Property(property.clone(), CompiledTest::new(test))
            }
            Where::FirstTime => Pass::FirstTime,
            // Allowed only where there is an event before; without one nothing is the same.
            Where::Same(_) => Pass::Any(Vec::new()),
        }
    }

    fn holds(&self, properties: &[(Text, Value)], first: bool) -> bool {
        match self {
            Pass::All(of) => of.iter().all(|pass| pass.holds(properties, first)),
            Pass::Any(of) => of.iter().any(|pass| pass.holds(properties, first)),
            Pass::Not(of) => !of.holds(properties, first),
            Pass::Property(name, test) => test.holds(property(properties, name)),
            Pass::FirstTime => first,
        }
    }

    fn asks_first(&self) -> bool {
        match self {
            Pass::All(of) | Pass::Any(of) => of.iter().any(Pass::asks_first),
            Pass::Not(of) => of.asks_first(),
            Pass::Property(..) => false,
            Pass::FirstTime => true,
        }
    }
}

/// A property's value; nothing if it is missing or null.
pub(super) fn property<'a>(properties: &'a [(Text, Value)], name: &str) -> Option<&'a Value> {
    let at = properties.binary_search_by(|(own, _)| own.as_str().cmp(name)).ok()?;
    Some(&properties[at].1).filter(|value| !value.missing())
}
