//! A view of a snapshot in which derived events are seen, too.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError};

use model::{EventId, Timestamp, UserIndex};
use segment::derived::{self, SessionSettings};
use segment::evaluate::UserHistory;

use super::{EventFacts, Families, FoundPart, Snapshot, StoredEvent};
use crate::derived::{Base, Deriving, Group, derive};
use crate::evaluate::QueryError;
use crate::names::NameId;
use crate::part::{Family, Part};
use crate::set::UserSet;

impl Snapshot {
    /// The same, with the events that nobody sends ([`segment::derived`]) as they are known at `now`.
    /// Costs nothing until a question names one; what was derived then serves all views of this
    /// snapshot with these settings.
    pub fn deriving(&self, settings: &SessionSettings, now: Timestamp) -> Snapshot {
        let mut base = self.base.lock().unwrap_or_else(PoisonError::into_inner);
        let of_these = base.as_ref().filter(|base| base.settings == *settings).cloned();
        let of_these = of_these.unwrap_or_else(|| Arc::new(Base::new(settings.clone())));
        *base = Some(Arc::clone(&of_these));
        Snapshot {
            names: Arc::clone(&self.names),
            users: self.users.clone(),
            families: Arc::clone(&self.families),
            everybody: Arc::clone(&self.everybody),
            active: Arc::clone(&self.active),
            derived: Some(Deriving::new(of_these, now)),
            base: Arc::clone(&self.base),
        }
    }

    /// What is taken for activity, and where a session ends.
    pub fn session_settings(&self) -> SessionSettings {
        self.derived
            .as_ref()
            .map_or_else(SessionSettings::default, |deriving| deriving.base().settings.clone())
    }

    /// Families of the derived events of a name, among others; nothing if it is none of theirs, or
    /// they are not to be seen.
    pub(super) fn derived_families(&self, name: NameId) -> Result<Option<&Families>, QueryError> {
        let Some(deriving) = &self.derived else { return Ok(None) };
        match Group::of(self.names.name(name)) {
            Some(group) => deriving.families(self, group).map(Some),
            None => Ok(None),
        }
    }

    /// What is known of every derived event that there is, most frequent first. Cost: deriving all
    /// of them.
    pub fn derived_events(&self) -> Result<Vec<EventFacts>, QueryError> {
        let mut parts: BTreeMap<NameId, Vec<&Part>> = BTreeMap::new();
        let names = derived::ALL.iter().filter_map(|derived| self.names.number(derived.name));
        for name in names {
            for (family, of) in self.derived_families(name)?.into_iter().flatten() {
                if family.name() == name {
                    parts.entry(name).or_default().extend(of.iter().map(Arc::as_ref));
                }
            }
        }
        self.facts_of_events(parts)
    }

    /// The whole history of one user, with derived events.
    pub fn history_with_derived(&self, user: UserIndex) -> Result<UserHistory, QueryError> {
        let mut history = self.history_of(user)?;
        let derived = self.derived_of(user)?.into_iter().map(|stored| stored.event);
        history.events.extend(derived);
        history.events.sort_by_key(|event| (event.time, event.arrival));
        Ok(history)
    }

    /// All events of one user by (time, arrival), derived ones among them.
    pub fn events_with_derived(&self, user: UserIndex) -> Result<Vec<StoredEvent>, QueryError> {
        let mut events = self.events_of(user)?;
        events.extend(self.derived_of(user)?);
        events.sort_by_key(|stored| (stored.event.time, stored.event.arrival));
        Ok(events)
    }

    /// The derived events of one user, whose events alone are read for it.
    fn derived_of(&self, user: UserIndex) -> Result<Vec<StoredEvent>, QueryError> {
        let mut events = Vec::new();
        let Some(deriving) = &self.derived else { return Ok(events) };
        let facts = self.facts_of(user);
        if facts.first_event > facts.last_seen {
            return Ok(events);
        }
        let id = self.public_id(user);
        for group in Group::ALL {
            let families = derive(self, &deriving.base().settings, group, Some(user))?;
            for (family, parts) in deriving.visible(self, families)? {
                let Family::Event { name, .. } = family else { continue };
                for part in &parts {
                    let found = FoundPart { name, place: 0, part, derived: true };
                    self.read_events(&found, part.rows_of(user.0)?, &mut events)?;
                }
            }
        }
        for StoredEvent { event, .. } in &mut events {
            event.id = EventId::of(&format!("{}/{id}/{}", event.name, event.time.0));
        }
        Ok(events)
    }

    /// Who has a stored event of any of these names, of one user or of everybody; nothing: nobody.
    pub(crate) fn have_events_named(
        &self,
        names: &[&str],
        user: Option<UserIndex>,
    ) -> Result<Option<UserSet>, QueryError> {
        let numbers: Vec<_> = names.iter().filter_map(|name| self.names.number(name)).collect();
        let mut set = None;
        for (_, part) in self.event_parts().filter(|(name, _)| numbers.contains(name)) {
            let set = set.get_or_insert_with(|| UserSet::empty(self.n_places()));
            match user {
                Some(user) if part.has_user(user.0)? => set.insert(user),
                Some(_) => {}
                None => part.runs()?.users.iter().for_each(|user| set.insert(UserIndex(*user))),
            }
        }
        Ok(set)
    }
}
