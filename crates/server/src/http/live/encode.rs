//! One stream of server-sent events as text: what a client asked for, of what the hub passes on.
//!
//! What it is: pure; batches and numbers in, text out. What it is not: it waits for nobody.
//! Invariant: an id that was sent stands for everything before it, filtered or not, so that going on
//! after it misses nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use model::{Text, Timestamp};
use serde::Serialize;
use wire::api::{LiveStreamQuery, StreamCounts, StreamEnd, StreamMissed, StreamSkipped};

use crate::failure::Failure;
use crate::live::{Accepted, Batch, Position, Replay, Rows, Told, WatchView};
use crate::service::live::{counts, event, listed, position, seen};
use crate::service::sight::Sight;

/// What a client asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// Transitions.
    pub transitions: bool,
    /// Events.
    pub events: bool,
    /// Numbers.
    pub counts: bool,
    /// Keys of definitions; nothing: all.
    watches: Option<BTreeSet<String>>,
    user: Option<String>,
    /// Names of events; nothing: all.
    names: Option<BTreeSet<String>>,
}

/// One stream on its way.
pub struct Stream {
    wanted: Wanted,
    sight: Sight,
    /// What everything so far has been looked at up to.
    heard: Position,
    /// The numbers as they were last sent.
    sent: BTreeMap<Text, WatchView>,
    exact_as_of: Option<Timestamp>,
    /// No numbers were sent yet.
    fresh: bool,
}

impl Wanted {
    /// Reads the query of an address.
    pub fn read(query: &LiveStreamQuery) -> Result<Wanted, Failure> {
        let kinds = query.kind.as_deref().map(listed).unwrap_or_default();
        let known = ["transitions", "events", "counts"];
        if let Some(other) = kinds.iter().find(|kind| !known.contains(kind)) {
            let message = format!("`kind` is \"{other}\"");
            return Err(Failure::bad_request("request.query", message)
                .hint("write transitions, events or counts, several separated by commas"));
        }
        let wants = |kind| kinds.is_empty() || kinds.contains(kind);
        let owned = |text: &Option<String>| -> Option<BTreeSet<String>> {
            let listed = listed(text.as_deref()?);
            (!listed.is_empty()).then(|| listed.into_iter().map(str::to_owned).collect())
        };
        Ok(Wanted {
            transitions: wants("transitions"),
            events: wants("events"),
            counts: wants("counts"),
            watches: owned(&query.watch),
            user: query.user.clone().filter(|user| !user.is_empty()),
            names: owned(&query.event),
        })
    }

    fn told(&self, told: &Told) -> bool {
        self.transitions && self.watch(&told.watched.key) && self.of(&told.user)
    }

    fn event(&self, event: &Accepted) -> bool {
        let named = self.names.as_ref().is_none_or(|names| names.contains(event.name.as_str()));
        self.events && named && self.of(&event.user)
    }

    fn watch(&self, key: &str) -> bool {
        self.watches.as_ref().is_none_or(|watches| watches.contains(key))
    }

    fn of(&self, user: &str) -> bool {
        self.user.as_ref().is_none_or(|wanted| wanted == user)
    }
}

impl Stream {
    /// A stream that begins now.
    pub fn new(wanted: Wanted, sight: Sight, heard: Position) -> Stream {
        Stream { wanted, sight, heard, sent: BTreeMap::new(), exact_as_of: None, fresh: true }
    }

    /// What came between the client's last event and now, in the order of its numbers.
    pub fn replay(&mut self, replay: &Replay) -> String {
        let mut out = String::new();
        if let Some(missed) = replay.missed {
            let missed = StreamMissed {
                reason: if missed.restarted { "restarted" } else { "too_old" }.into(),
                transitions: missed.transitions && self.wanted.transitions,
                events: missed.events && self.wanted.events,
            };
            if missed.transitions || missed.events {
                write(&mut out, "missed", None, &missed);
            }
        }
        let mut events = replay.events.iter().peekable();
        for (number, told) in &replay.transitions {
            while let Some((number, event)) = events.next_if(|(n, _)| n < number) {
                self.event(&mut out, *number, event);
            }
            self.told(&mut out, *number, told);
        }
        for (number, event) in events {
            self.event(&mut out, *number, event);
        }
        out
    }

    /// What of a batch the client asked for.
    pub fn batch(&mut self, batch: &Batch) -> String {
        let mut out = String::new();
        let mut number = batch.first;
        for told in batch.transitions.iter() {
            self.told(&mut out, number, told);
            number += 1;
        }
        for event in batch.events.iter() {
            self.event(&mut out, number, event);
            number += 1;
        }
        self.heard.number = number - 1;
        if self.wanted.events && batch.events_skipped > 0 {
            let skipped = StreamSkipped { events: batch.events_skipped };
            write(&mut out, "skipped", Some(self.heard), &skipped);
        }
        out
    }

    /// The numbers that changed since they were last sent, and how exact they are.
    pub fn counts(&mut self, exact_as_of: Option<Timestamp>, rows: &Rows) -> String {
        let mut out = String::new();
        if !self.wanted.counts {
            return out;
        }
        let wanted = rows.iter().filter(|(key, _)| self.wanted.watch(key));
        let changed: Vec<(&Text, &WatchView)> =
            wanted.filter(|(key, row)| self.sent.get(*key) != Some(row)).collect();
        let gone = self.sent.keys().filter(|key| !rows.contains_key(*key));
        let gone: Vec<Text> = gone.cloned().collect();
        let same = changed.is_empty() && gone.is_empty() && self.exact_as_of == exact_as_of;
        if same && !self.fresh {
            return out;
        }
        let told = StreamCounts {
            exact_as_of: exact_as_of.as_ref().map(Timestamp::to_string),
            watches: changed.iter().map(|(_, row)| counts(row)).collect(),
            gone: gone.iter().map(ToString::to_string).collect(),
        };
        write(&mut out, "counts", Some(self.heard), &told);
        for key in &gone {
            self.sent.remove(key);
        }
        self.sent.extend(changed.into_iter().map(|(key, row)| (key.clone(), row.clone())));
        (self.exact_as_of, self.fresh) = (exact_as_of, false);
        out
    }

    /// Shows that the stream lives, and how far it has come.
    pub fn heartbeat(&self) -> String {
        format!(": still here\nid: {}\n\n", position(self.heard))
    }

    /// The last thing that is sent.
    pub fn end(&self, reason: &str) -> String {
        let mut out = String::new();
        write(&mut out, "end", None, &StreamEnd { reason: reason.into() });
        out
    }

    fn told(&self, out: &mut String, number: u64, told: &Told) {
        if self.wanted.told(told) {
            let at = Position { number, ..self.heard };
            write(out, "transition", Some(at), &seen(&self.sight, told));
        }
    }

    fn event(&self, out: &mut String, number: u64, of: &Accepted) {
        if self.wanted.event(of) && self.sight.shows(of) {
            let at = Position { number, ..self.heard };
            write(out, "event", Some(at), &event(&self.sight, of));
        }
    }
}

/// One event. JSON has no line breaks outside of texts, where they are escaped.
fn write(out: &mut String, name: &str, id: Option<Position>, data: &impl Serialize) {
    let data = serde_json::to_string(data).unwrap_or_default();
    if let Some(id) = id {
        let _ = writeln!(out, "id: {}", position(id));
    }
    let _ = write!(out, "event: {name}\ndata: {data}\n\n");
}

#[cfg(test)]
mod tests;
