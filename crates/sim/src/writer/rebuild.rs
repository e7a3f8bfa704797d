//! Users whose past changed in bulk are built anew, while records flow.

use std::sync::Arc;

use engine::live::{Correction, Known, Rebuild};
use history::Snapshot;
use model::{Timestamp, UserIndex};
use segment::live::Scratch;

use super::Writer;

/// Users on their way.
pub(super) struct Rebuilding {
    rebuild: Rebuild,
    snapshot: Arc<Snapshot>,
    /// What was told when it began.
    told: usize,
    done: usize,
}

impl Writer {
    /// Whether users are being built anew.
    pub(crate) fn rebuilding(&self) -> bool {
        self.rebuilding.is_some()
    }

    /// Takes users that are to be built anew, at most so many, unless some are being built or
    /// definitions join.
    pub(crate) fn begin_rebuild(&mut self, users_max: usize) {
        if self.rebuilding.is_none()
            && let Some(rebuild) = self.live.begin_rebuild(users_max)
        {
            let snapshot = self.store.snapshot().expect("a history in memory can be read");
            let told = self.told.all.len();
            self.rebuilding = Some(Rebuilding { rebuild, snapshot, told, done: 0 });
        }
    }

    /// Builds the next so many users and puts them in place.
    pub(crate) fn rebuild(&mut self, n: usize) {
        let Some(mut rebuilding) = self.rebuilding.take() else { return };
        let Rebuilding { rebuild, snapshot, told, done } = &mut rebuilding;
        let mut scratch = Scratch::default();
        let mut transitions = Vec::new();
        let users = rebuild.users();
        let end = users.len().min(done.saturating_add(n));
        for waiting in &users[*done..end] {
            let user = waiting.user();
            let seen = Timestamp(snapshot.facts_of(user).first_seen);
            let history = snapshot.history_of(user).expect("a history in memory can be read");
            let known = if waiting.told() { self.net(user, *told) } else { Vec::new() };
            let rebuilt = rebuild.of(&mut scratch, waiting, (&history, seen), &known);
            self.live.install(rebuilt, &mut transitions);
        }
        *done = end;
        self.see_moves(&transitions);
        self.tell(transitions);
        if end < rebuilding.rebuild.users().len() {
            self.rebuilding = Some(rebuilding);
        }
    }

    /// What was told of a user, without what was revoked, by instant.
    fn net(&self, user: UserIndex, told: usize) -> Vec<Known> {
        let mut net: Vec<Known> = Vec::new();
        for (key, t) in self.told.all[..told].iter().filter(|(_, t)| t.user == user) {
            let known = Known { key: key.clone(), at: t.at, from: t.from, to: t.to };
            match t.correction {
                Correction::Revoked => {
                    if let Some(n) = net.iter().position(|other| *other == known) {
                        net.remove(n);
                    }
                }
                Correction::None | Correction::Added => net.push(known),
            }
        }
        net.sort_by_key(|known| known.at);
        net
    }
}
