//! All journeys in all versions by which somebody goes, and which of them something concerns.

use std::collections::BTreeMap;
use std::sync::Arc;

use hashbrown::{HashMap, HashSet};
use model::Text;
use model::outreach::{ANSWERED, FAILED};

use super::{Action, Happening, Journey};

/// Journeys by number.
#[derive(Clone, Debug, Default)]
pub struct Book {
    journeys: Vec<Arc<Journey>>,
    current: HashMap<Text, u32>,
    by_version: BTreeMap<(Text, u32), u32>,
    entries: HashMap<Text, Vec<u32>>,
    any_entries: Vec<u32>,
    watched_entries: HashMap<Text, Vec<u32>>,
    names: HashSet<Text>,
    any_name: bool,
    watches: HashSet<Text>,
}

impl Book {
    /// Journeys in their versions; of each journey one at most is current.
    pub fn new(mut journeys: Vec<Arc<Journey>>) -> Book {
        journeys.sort_by(|a, b| (&a.id, a.version).cmp(&(&b.id, b.version)));
        let mut book = Book::default();
        for (journey, number) in journeys.iter().zip(0..) {
            book.by_version.insert((journey.id.clone(), journey.version), number);
            for happening in journey.happenings() {
                book.listen(happening);
            }
            if journey.asks_servers() {
                book.names.extend([ANSWERED, FAILED].map(Text::const_new));
            }
            if !journey.current {
                continue;
            }
            book.current.insert(journey.id.clone(), number);
            match &journey.entry {
                None | Some(Happening::Message { .. }) => {}
                Some(Happening::Event(matches)) => match matches.names() {
                    None => book.any_entries.push(number),
                    Some(names) => names
                        .into_iter()
                        .for_each(|name| book.entries.entry(name).or_default().push(number)),
                },
                Some(Happening::Moves { watch, .. }) => {
                    book.watched_entries.entry(watch.clone()).or_default().push(number);
                }
            }
        }
        book.journeys = journeys;
        book
    }

    fn listen(&mut self, happening: &Happening) {
        match happening {
            Happening::Event(matches) => match matches.names() {
                None => self.any_name = true,
                Some(names) => self.names.extend(names),
            },
            Happening::Moves { watch, .. } => _ = self.watches.insert(watch.clone()),
            Happening::Message { name, .. } => _ = self.names.insert(name.clone()),
        }
    }

    /// Whether there is no journey at all.
    pub fn is_empty(&self) -> bool {
        self.journeys.is_empty()
    }

    /// One by its number.
    pub(super) fn get(&self, number: u32) -> &Arc<Journey> {
        &self.journeys[number as usize]
    }

    /// All, by number.
    pub fn all(&self) -> &[Arc<Journey>] {
        &self.journeys
    }

    /// The number of what whoever comes in goes through.
    pub(super) fn current(&self, id: &str) -> Option<u32> {
        self.current.get(id).copied()
    }

    /// The version that whoever comes in goes through.
    pub fn journey(&self, id: &str) -> Option<&Arc<Journey>> {
        self.current(id).map(|number| self.get(number))
    }

    /// The number of a version.
    pub(super) fn version(&self, id: &Text, version: u32) -> Option<u32> {
        self.by_version.get(&(id.clone(), version)).copied()
    }

    /// Journeys into which an event of a name may let somebody.
    pub(super) fn entries(&self, name: &str) -> impl Iterator<Item = u32> {
        let own = self.entries.get(name).into_iter().flatten();
        own.chain(&self.any_entries).copied()
    }

    /// Journeys into which a move in a watched definition may let somebody.
    pub(super) fn watched_entries(&self, key: &str) -> &[u32] {
        self.watched_entries.get(key).map_or(&[], Vec::as_slice)
    }

    /// Whether an event of a name may let somebody in.
    pub fn lets_in(&self, name: &str) -> bool {
        !self.any_entries.is_empty() || self.entries.contains_key(name)
    }

    /// Whether events of a name, and not just of any, may let somebody in.
    pub(super) fn lets_in_by_name(&self, name: &str) -> bool {
        self.entries.contains_key(name)
    }

    /// Whether an event of a name may concern somebody who is in.
    pub fn listens_to(&self, name: &str) -> bool {
        self.names.contains(name) || self.any_name && !model::outreach::is_outreach(name)
    }

    /// Whether moves in a watched definition may concern anybody.
    pub fn watches(&self, key: &str) -> bool {
        self.watches.contains(key) || self.watched_entries.contains_key(key)
    }

    /// Campaigns as which a step of a journey sends messages.
    pub(super) fn messages(journey: &Journey, step: u16) -> &[Text] {
        match journey.steps.get(usize::from(step)).map(|step| &step.action) {
            Some(Action::Message { messages, .. }) => messages,
            Some(Action::Webhook { campaign, .. }) => std::slice::from_ref(campaign),
            _ => &[],
        }
    }
}
