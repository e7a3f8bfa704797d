//! The writer's part of erasing and hiding: between two groups of records, so that every record is
//! either of before or of after.

use engine::IdentityGraph;
use history::Erased;
use model::{EventId, Record, Text, UserIndex, What};

use super::*;
use crate::live::Published;
use crate::privacy::Suppressed;
use crate::workspace::erase::Intent;

/// Writes down durably what is about to be removed: the person, devices that were nobody else's, the
/// place in the log, and their deliveries.
pub(crate) type Durable =
    Box<dyn FnOnce(&IdentityGraph, &[Text], u64, &[EventId]) -> Result<(), ConfigError> + Send>;

/// Somebody who is to be erased.
pub(crate) struct Erasing {
    /// An id of theirs.
    pub(crate) id: String,
    pub(crate) durable: Durable,
}

/// What was taken out of memory.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Struck {
    pub(crate) erased: Erased,
    pub(crate) persons: u64,
}

impl Writer {
    pub(super) fn erase(&mut self, erasing: Erasing) -> Result<Option<Struck>, WorkspaceError> {
        if let Some(why) = &self.refused {
            return Err(WorkspaceError::ReadOnly(Arc::clone(why)));
        }
        let Some(user) = self.fold.find(&erasing.id) else { return Ok(None) };
        let deliveries = self.store.deliveries_of(user)?;
        let (graph, own_devices) = (self.fold.graph(user), self.fold.own_devices(user));
        let position = self.log.close_segment();
        let position = position.map_err(|error| self.refuse_all(&error))?;
        (erasing.durable)(&graph, &own_devices, position.0, &deliveries)?;
        self.mark(position)?;
        self.strike(user).map(Some)
    }

    /// A frame without records: a checkpoint after it has the erasure, one before it has not.
    fn mark(&mut self, position: Offset) -> Result<(), WorkspaceError> {
        debug_assert!(self.log.end() == position, "nothing came between");
        let marked = self.append(&Encoder::new().finish()).and_then(|()| self.log.sync());
        marked.map_err(|error| self.refuse_all(&error))?;
        self.frames += 1;
        self.shared.log_end.store(self.log.end().0, Ordering::Release);
        Ok(())
    }

    fn refuse_all(&mut self, error: &log::Error) -> WorkspaceError {
        let why: Arc<str> = with_cause(error).into();
        self.stop_accepting(Arc::clone(&why));
        WorkspaceError::ReadOnly(why)
    }

    /// Takes a user out of everything in memory.
    fn strike(&mut self, user: UserIndex) -> Result<Struck, WorkspaceError> {
        let persons = self.fold.graph(user).nodes.into_iter().map(|node| node.person);
        let persons: Vec<UserIndex> = persons.collect();
        let erased = self.store.erase(&persons)?;
        self.reach_forget(&persons, &[self.fold.person(user).public_id.clone()]);
        self.fold.forget(user);
        self.forget_live(&persons);
        persons.iter().for_each(|person| _ = self.hidden.remove(person));
        // A checkpoint is due even if no record comes.
        self.discarded = true;
        Ok(Struck { erased, persons: persons.len() as u64 })
    }

    fn forget_live(&mut self, users: &[UserIndex]) {
        self.shared.show(None);
        if users.is_empty() {
            return;
        }
        let live = self.watching.live();
        let mut changed = false;
        for user in users {
            changed |= live.forget(*user);
        }
        if changed {
            let mut published = Published::default();
            self.all_counted(&mut published);
            self.shared.hub.publish(published);
        }
    }

    /// While the log is replayed: erasures that happened at or before this place of it.
    pub(super) fn strike_until(
        &mut self,
        pending: &mut std::vec::IntoIter<Intent>,
        at: Offset,
    ) -> Result<(), WorkspaceError> {
        while let Some(intent) = pending.as_slice().first().filter(|of| of.position <= at.0) {
            let found = intent.ids().find_map(|id| self.fold.find(id));
            let same = |user: &UserIndex| *self.fold.person(*user).public_id == *intent.public_id;
            if let Some(user) = found.filter(same) {
                self.strike(user)?;
            }
            pending.next();
        }
        Ok(())
    }

    /// The log ends where an erasure was about to be marked: it is marked now.
    pub(super) fn mark_last(&mut self, last: Option<u64>) -> Result<(), WorkspaceError> {
        match last.filter(|position| *position == self.log.end().0) {
            Some(position) => self.mark(Offset(position)),
            None => Ok(()),
        }
    }

    /// Hides everybody who is suppressed, and shows again who is not any more.
    pub(super) fn suppress(&mut self, suppressed: &Suppressed) {
        let mut hidden = std::collections::BTreeSet::new();
        if !suppressed.is_empty() {
            self.fold.each_id(&mut |user, id| {
                if suppressed.of(id).is_some() {
                    hidden.insert(user);
                }
            });
        }
        let back: Vec<UserIndex> = self.hidden.difference(&hidden).copied().collect();
        let gone: Vec<UserIndex> = hidden.difference(&self.hidden).copied().collect();
        back.iter().for_each(|user| self.store.show(*user));
        gone.iter().for_each(|user| self.store.hide(*user));
        self.hidden = hidden;
        self.forget_live(&gone);
        if !back.is_empty() {
            self.watching.live().doubt(&back);
        }
    }

    /// Whether a record that was let in before names somebody who is hidden by now.
    pub(super) fn of_hidden(&self, record: &Record) -> bool {
        if self.hidden.is_empty() {
            return false;
        }
        let named = |id: &str| self.fold.find(id).is_some_and(|user| self.hidden.contains(&user));
        let who = &record.who;
        let other = match &record.what {
            What::Alias { previous: other } | What::Separate { separated: other } => Some(other),
            What::Event(_) | What::Identify(_) | What::Facts(_) => None,
        };
        let ids = who.user_id.iter().chain(&who.anonymous_id).chain(other);
        let mut identities = who.identities.iter();
        ids.map(|id| id.as_str()).any(named)
            || identities.any(|of| named(&format!("{}:{}", of.label, of.value)))
    }
}
