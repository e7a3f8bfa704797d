//! Reads the history for definitions that join and for users that are built anew, on a thread of
//! its own.
//!
//! What it is: from an immutable snapshot to bytes of users, a range after the other, handed to the
//! writer through a queue that holds a few. What it is not: it changes nothing.

use std::io;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use engine::live::{Base, Known, Rebuild, Rebuilt, Waiting};
use history::{Gathering, Needs, QueryError, Snapshot};
use model::{Text, Timestamp, UserIndex};
use segment::Rules;
use segment::evaluate::UserHistory;
use segment::live::{GRACE, Scratch};
use tokio::sync::mpsc;

use super::Command;

/// Users that are read at once.
const USERS: u32 = 8_192;

/// Ranges that wait for the writer.
const WAITING: usize = 2;

/// Users of a range below which each is read by itself.
const FEW: usize = 64;

/// What the thread hands over.
pub(super) enum Chunk {
    /// What definitions need of users, from one number on.
    Base { from: u32, users: Vec<Box<[u8]>> },
    /// Users, built anew.
    Rebuilt { users: Vec<Rebuilt> },
    /// The history cannot be read.
    Failed,
}

/// Tells the writer of what it hands over.
struct Way {
    chunks: SyncSender<Chunk>,
    nudge: mpsc::WeakSender<Command>,
}

impl Way {
    /// Whether anybody still wants it.
    fn send(&self, chunk: Chunk) -> bool {
        let sent = self.chunks.send(chunk).is_ok();
        self.nudge();
        sent
    }

    fn nudge(&self) {
        if let Some(queue) = self.nudge.upgrade() {
            let _ = queue.try_send(Command::Nudge);
        }
    }
}

/// What definitions need of every user of a snapshot.
pub(super) fn base(
    snapshot: Arc<Snapshot>,
    base: Base,
    rules: Rules,
    nudge: mpsc::WeakSender<Command>,
) -> io::Result<Receiver<Chunk>> {
    spawn("definitions", nudge, move |way| {
        let predicates: Vec<_> = base.predicates().iter().collect();
        let needs = Needs::of(&predicates, &rules);
        let from = base.at().minus(GRACE);
        let gathering = Gathering::new(&snapshot, &needs, (from, Timestamp::MAX))?.without_ids();
        let mut scratch = Scratch::default();
        let end = base.users().end;
        for from in (0..end).step_by(USERS as usize) {
            let to = end.min(from + USERS);
            let mut users: Vec<Box<[u8]>> = vec![Box::default(); (to - from) as usize];
            gathering.each(from..to, |user, history| {
                let seen = Timestamp(snapshot.facts_of(user).first_seen);
                users[(user.0 - from) as usize] = base.of(&mut scratch, history, seen);
            })?;
            for (user, bytes) in (from..to).zip(&mut users) {
                let user = UserIndex(user);
                let known = user.at() < snapshot.n_places();
                let seen = known.then(|| snapshot.facts_of(user).first_seen);
                // Whoever was merged away was never seen.
                if let Some(seen) = seen.filter(|seen| bytes.is_empty() && *seen != i64::MAX) {
                    let history = nothing(snapshot.public_id(user));
                    *bytes = base.of(&mut scratch, &history, Timestamp(seen));
                }
            }
            if !way.send(Chunk::Base { from, users }) {
                break;
            }
        }
        if end == 0 {
            way.send(Chunk::Base { from: 0, users: Vec::new() });
        }
        Ok(())
    })
}

/// Users, from their whole history.
pub(super) fn rebuild(
    snapshot: Arc<Snapshot>,
    rebuild: Rebuild,
    needs: Needs,
    nudge: mpsc::WeakSender<Command>,
) -> io::Result<Receiver<Chunk>> {
    spawn("rebuild", nudge, move |way| {
        let ever = (Timestamp::MIN, Timestamp::MAX);
        let mut gathering: Option<Gathering> = None;
        let mut scratch = Scratch::default();
        for of_range in rebuild.users().chunk_by(|a, b| a.user().0 / USERS == b.user().0 / USERS) {
            let mut users = Vec::with_capacity(of_range.len());
            let mut build = |waiting: &Waiting, history: &UserHistory| {
                let user = waiting.user();
                let seen = Timestamp(snapshot.facts_of(user).first_seen);
                let known = if waiting.told() { net(&snapshot, user)? } else { Vec::new() };
                users.push(rebuild.of(&mut scratch, waiting, (history, seen), &known));
                Ok::<(), QueryError>(())
            };
            let seen = |of: &Waiting| snapshot.facts_of(of.user()).first_seen != i64::MAX;
            if of_range.len() < FEW {
                for waiting in of_range.iter().filter(|waiting| seen(waiting)) {
                    build(waiting, &snapshot.history_for(waiting.user(), &needs, ever)?)?;
                }
            } else {
                let gathering = match &mut gathering {
                    Some(gathering) => gathering,
                    None => {
                        gathering.insert(Gathering::new(&snapshot, &needs, ever)?.without_ids())
                    }
                };
                let (first, last) = (of_range[0].user(), of_range[of_range.len() - 1].user());
                let mut wanted = of_range.iter().peekable();
                let mut failed = None;
                let mut visit = |user: UserIndex, history: &UserHistory| {
                    // Those without anything that is needed are not visited.
                    while let Some(next) = wanted.next_if(|next| next.user() <= user) {
                        let empty = nothing(snapshot.public_id(next.user()));
                        let history = if next.user() == user { history } else { &empty };
                        if seen(next)
                            && let Err(error) = build(next, history)
                        {
                            failed = Some(error);
                        }
                    }
                };
                gathering.each(first.0..last.0 + 1, &mut visit)?;
                let empty = nothing(&Text::default());
                visit(last, &empty);
                if let Some(error) = failed {
                    return Err(error);
                }
            }
            if !way.send(Chunk::Rebuilt { users }) {
                break;
            }
        }
        Ok(())
    })
}

fn spawn(
    name: &str,
    nudge: mpsc::WeakSender<Command>,
    read: impl FnOnce(&Way) -> Result<(), QueryError> + Send + 'static,
) -> io::Result<Receiver<Chunk>> {
    let (chunks, receiver) = sync_channel(WAITING);
    thread::Builder::new().name(name.into()).spawn(move || {
        let way = Way { chunks, nudge };
        if let Err(error) = read(&way) {
            tracing::error!(%error, "the history cannot be read");
            way.send(Chunk::Failed);
        }
        let Way { chunks, nudge } = way;
        drop(chunks);
        // The writer learns that this was the last.
        if let Some(queue) = nudge.upgrade() {
            let _ = queue.try_send(Command::Nudge);
        }
    })?;
    Ok(receiver)
}

/// A user who did nothing.
pub(super) fn nothing(id: &Text) -> UserHistory {
    UserHistory { id: id.clone(), events: Vec::new(), attributes: Default::default() }
}

/// What was told of a user, without what was revoked, by instant.
fn net(snapshot: &Snapshot, user: UserIndex) -> Result<Vec<Known>, QueryError> {
    let mut known: Vec<(Known, i64)> = Vec::new();
    for stored in snapshot.transitions_of(user, Timestamp::MAX)? {
        let one = Known {
            key: stored.key,
            at: stored.at,
            from: stored.change.from,
            to: stored.change.to,
        };
        match known.iter_mut().find(|(other, _)| *other == one) {
            Some((_, n)) => *n += stored.change.sign(),
            None => known.push((one, stored.change.sign())),
        }
    }
    known.retain(|(_, n)| *n > 0);
    Ok(known.into_iter().map(|(known, _)| known).collect())
}
