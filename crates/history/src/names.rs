//! Names of events, properties and attributes as small numbers.

use hashbrown::HashMap;
use model::Text;
use model::outreach::is_outreach;
use segment::derived;

use crate::part::Family;

/// The number of a name in one store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NameId(pub u32);

impl NameId {
    /// The column that holds the value of an attribute change.
    pub const VALUE: NameId = NameId(0);

    /// The column that holds, of rows that came to a user by a merge, under whose number they stood
    /// before: whose they are if the two are separated. No name has this number.
    pub(crate) const ORIGIN: NameId = NameId(u32::MAX);

    /// The column that holds, of a change of an attribute whose value followed from the one before,
    /// what was done to that. No name has this number.
    pub(crate) const OPERATIONS: NameId = NameId(u32::MAX - 1);

    /// Whether a column holds something of which no question knows.
    pub(crate) fn hidden(self) -> bool {
        self >= NameId::OPERATIONS
    }
}

/// Names and their numbers, in order of first sight. Names of derived events and of their properties
/// are known from the beginning.
#[derive(Clone, Debug)]
pub struct Names {
    names: Vec<Text>,
    numbers: HashMap<Text, NameId>,
    /// Of events that tell of messages, ascending.
    outreach: Vec<NameId>,
}

impl Default for Names {
    fn default() -> Names {
        Names::of([Text::const_new("value")])
    }
}

impl Names {
    /// Names in the order of their numbers, as [`Names::all`] gave them, if need be of a program that
    /// knew fewer derived events.
    pub(crate) fn of(names: impl IntoIterator<Item = Text>) -> Names {
        let mut known = Names { names: Vec::new(), numbers: HashMap::new(), outreach: Vec::new() };
        for name in names {
            known.intern(&name);
        }
        for derived in &derived::ALL {
            let properties = derived.properties.iter().map(|(property, _)| *property);
            for name in [derived.name].into_iter().chain(properties) {
                known.intern(&Text::new(name));
            }
        }
        known
    }

    /// The number of a name that has been seen.
    pub fn number(&self, name: &str) -> Option<NameId> {
        self.numbers.get(name).copied()
    }

    /// The name of a number of this store.
    pub fn name(&self, number: NameId) -> &Text {
        &self.names[number.0 as usize]
    }

    /// All names in order of their numbers.
    pub fn all(&self) -> &[Text] {
        &self.names
    }

    /// The number of a name, a new one if it has not been seen.
    pub fn intern(&mut self, name: &Text) -> NameId {
        if let Some(number) = self.numbers.get(name) {
            return *number;
        }
        let number = NameId(self.names.len() as u32);
        self.names.push(name.clone());
        self.numbers.insert(name.clone(), number);
        if is_outreach(name) {
            self.outreach.push(number);
        }
        number
    }

    /// Numbers of events that tell of messages, ascending.
    pub(crate) fn outreach(&self) -> &[NameId] {
        &self.outreach
    }

    /// Whether a family holds events that users did.
    pub(crate) fn is_activity(&self, family: Family) -> bool {
        matches!(family, Family::Event { name, .. } if !self.is_outreach(name))
    }

    /// Whether events of a name tell of messages: they are nothing that a user does.
    #[inline]
    pub(crate) fn is_outreach(&self, name: NameId) -> bool {
        !self.outreach.is_empty() && self.outreach.binary_search(&name).is_ok()
    }
}
