//! The hits of one user while they are worked on.
//!
//! What it is: the lists that a user's bytes hold, each decoded when somebody needs it, and written
//! again. What it is not: it keeps no user; it is used for one after the other.

use super::codec::{Bytes, put, put_hits, read_hits};
use super::due::Due;
use super::source::{Carry, Hit, Source};
use model::Zone;

/// From here times are counted: 2020-01-01.
const EPOCH: i64 = 1_577_836_800_000;

/// Lists of hits by source.
#[derive(Clone, Debug, Default)]
pub(super) struct Lists {
    /// One more than the place in `lists`, by source; 0: no list.
    slots: Vec<u32>,
    lists: Vec<List>,
    used: usize,
    bytes: Vec<u8>,
}

#[derive(Clone, Debug, Default)]
struct List {
    source: u32,
    hits: Vec<Hit>,
    carry: Carry,
    raw: (usize, usize),
    form: Form,
    due: Due,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Form {
    /// As the bytes of `raw`.
    #[default]
    Raw,
    /// Decoded and as it was.
    Read,
    /// Decoded and changed.
    Changed,
}

impl Lists {
    /// No lists, for so many sources.
    pub(super) fn clear(&mut self, n_sources: usize) {
        for list in &self.lists[..self.used] {
            if let Some(slot) = self.slots.get_mut(list.source as usize) {
                *slot = 0;
            }
        }
        self.used = 0;
        self.bytes.clear();
        if self.slots.len() < n_sources {
            self.slots.resize(n_sources, 0);
        }
    }

    /// The lists that [`Lists::write`] wrote. `None`: they are something else.
    pub(super) fn read(&mut self, bytes: &[u8], n_sources: usize) -> Option<()> {
        self.clear(n_sources);
        self.bytes.extend_from_slice(bytes);
        let mut rest = Bytes(bytes);
        while !rest.0.is_empty() {
            let source = rest.number()? as u32;
            let due = Due(rest.number()?);
            let n = rest.number()? as usize;
            let start = bytes.len() - rest.0.len();
            rest.take(n)?;
            if source as usize >= n_sources {
                return None;
            }
            let list = self.list(source);
            (list.raw, list.form, list.due) = ((start, start + n), Form::Raw, due);
        }
        Some(())
    }

    fn list(&mut self, source: u32) -> &mut List {
        let slot = &mut self.slots[source as usize];
        if *slot == 0 {
            if self.used == self.lists.len() {
                self.lists.push(List::default());
            }
            let list = &mut self.lists[self.used];
            list.source = source;
            list.hits.clear();
            list.carry = Carry::default();
            list.form = Form::Changed;
            list.due = Due::NEVER;
            self.used += 1;
            *slot = self.used as u32;
        }
        &mut self.lists[*slot as usize - 1]
    }

    /// Whether the source has any hits.
    pub(super) fn has(&self, source: u32) -> bool {
        self.slots.get(source as usize).is_some_and(|slot| *slot != 0)
    }

    /// Sources that have any, in no order.
    pub(super) fn present(&self) -> impl Iterator<Item = u32> {
        self.lists[..self.used].iter().map(|list| list.source)
    }

    /// Sources of which something may be due at an instant.
    pub(super) fn due(&self, at: i64) -> impl Iterator<Item = u32> {
        let is_due = move |list: &&List| list.due.earliest() <= at;
        self.lists[..self.used].iter().filter(is_due).map(|list| list.source)
    }

    /// The least that is said of when anything is due. `horizon`: of a source, the earliest instant at
    /// which anything that it owns changes, and whether all of that was looked at; nothing if none
    /// of it was.
    pub(super) fn note_due(&mut self, horizon: impl Fn(u32) -> Option<(i64, bool)>) -> i64 {
        let mut least = i64::MAX;
        for list in &mut self.lists[..self.used] {
            match horizon(list.source) {
                Some((at, true)) => list.due = Due::at(at),
                Some((at, false)) => {
                    least = least.min(list.due.earliest());
                    list.due = list.due.sooner(Due::at(at));
                }
                None => least = least.min(list.due.earliest()),
            }
        }
        least
    }

    /// Decodes the list of a source. `None`: its bytes are damaged.
    pub(super) fn load(&mut self, source: u32, sources: &[Source]) -> Option<()> {
        if !self.has(source) {
            return Some(());
        }
        let slot = self.slots[source as usize] as usize - 1;
        let list = &mut self.lists[slot];
        if list.form == Form::Raw {
            let raw = self.bytes.get(list.raw.0..list.raw.1)?;
            list.carry = read_hits(raw, &sources[source as usize], EPOCH, &mut list.hits)?;
            list.form = Form::Read;
        }
        Some(())
    }

    /// The hits of a source that was loaded.
    pub(super) fn hits(&self, source: u32) -> &[Hit] {
        match self.slots.get(source as usize) {
            None | Some(0) => &[],
            Some(slot) => {
                let list = &self.lists[*slot as usize - 1];
                debug_assert!(list.form != Form::Raw, "a list is loaded before it is read");
                &list.hits
            }
        }
    }

    /// What was dropped of a source's hits and still counts.
    pub(super) fn carry(&self, source: u32) -> &Carry {
        const NOTHING: Carry = Carry { sum: model::ExactSum::ZERO, n: 0 };
        match self.slots.get(source as usize) {
            None | Some(0) => &NOTHING,
            Some(slot) => &self.lists[*slot as usize - 1].carry,
        }
    }

    /// Puts a hit after all that are not later. The list must be loaded.
    pub(super) fn insert(&mut self, source: u32, hit: Hit) {
        let list = self.list(source);
        debug_assert!(list.form != Form::Raw, "a list is loaded before it is changed");
        list.form = Form::Changed;
        let at = list.hits.partition_point(|other| other.time <= hit.time);
        list.hits.insert(at, hit);
    }

    /// Drops hits of a source from an instant on. The list must be loaded.
    pub(super) fn cut(&mut self, source: u32, from: i64) {
        if self.has(source) {
            let list = self.list(source);
            list.form = Form::Changed;
            let at = list.hits.partition_point(|hit| hit.time < from);
            list.hits.truncate(at);
        }
    }

    /// Puts the hits of another list before those of a source: whatever is of one millisecond
    /// arrived earlier. Of places, those that change nothing are dropped. Both must be loaded.
    pub(super) fn put_before(&mut self, source: u32, other: &Lists, places: bool) {
        let (hits, carry) = (other.hits(source), *other.carry(source));
        if hits.is_empty() && carry.n == 0 {
            return;
        }
        let list = self.list(source);
        list.form = Form::Changed;
        list.hits.splice(0..0, hits.iter().cloned());
        list.hits.sort_by_key(|hit| hit.time);
        if places {
            list.hits.dedup_by_key(|hit| hit.key);
        }
        list.carry.n += carry.n;
        list.carry.sum.merge(&carry.sum);
    }

    /// Drops every list but those of some sources, ascending.
    pub(super) fn keep_only(&mut self, sources: &[u32]) {
        for list in &mut self.lists[..self.used] {
            if sources.binary_search(&list.source).is_err() {
                list.hits.clear();
                list.carry = Carry::default();
                list.form = Form::Changed;
            }
        }
    }

    /// Adds all hits of another user's list. `None` if the order of two of one millisecond matters
    /// and is not known. Both must be loaded.
    pub(super) fn unite(&mut self, source: u32, other: &Lists, ordered: bool) -> Option<()> {
        let (hits, carry) = (other.hits(source), *other.carry(source));
        let list = self.list(source);
        list.form = Form::Changed;
        let equal = |hit: &Hit| list.hits.binary_search_by_key(&hit.time, |own| own.time).is_ok();
        if ordered && hits.iter().any(equal) {
            return None;
        }
        list.hits.extend(hits.iter().cloned());
        list.hits.sort_by_key(|hit| hit.time);
        list.carry.n += carry.n;
        list.carry.sum.merge(&carry.sum);
        Some(())
    }

    /// Drops what cannot decide at `floor` or later from lists that were decoded.
    pub(super) fn trim(&mut self, sources: &[Source], floor: i64, zone: &Zone) {
        for list in &mut self.lists[..self.used] {
            if list.form != Form::Raw {
                let n = list.hits.len();
                sources[list.source as usize].trim(&mut list.hits, &mut list.carry, floor, zone);
                if list.hits.len() != n {
                    list.form = Form::Changed;
                }
            }
        }
    }

    /// Appends all lists that are not empty and whose sources are kept, by number of the source:
    /// equal lists are equal bytes, however they came about.
    pub(super) fn write(&mut self, out: &mut Vec<u8>, sources: &[Source], read: &[bool]) {
        if !self.lists[..self.used].is_sorted_by_key(|list| list.source) {
            self.lists[..self.used].sort_unstable_by_key(|list| list.source);
            for (slot, list) in (1..).zip(&self.lists[..self.used]) {
                self.slots[list.source as usize] = slot;
            }
        }
        for list in &self.lists[..self.used] {
            if !read[list.source as usize] {
                continue;
            }
            let start = out.len();
            match list.form {
                Form::Raw | Form::Read => {
                    put(out, u64::from(list.source));
                    put(out, list.due.0);
                    put(out, (list.raw.1 - list.raw.0) as u64);
                    out.extend_from_slice(&self.bytes[list.raw.0..list.raw.1]);
                }
                Form::Changed if list.hits.is_empty() && list.carry.n == 0 => {}
                Form::Changed => {
                    put(out, u64::from(list.source));
                    put(out, list.due.0);
                    // Most lists need one byte for their length: it is made wider if need be.
                    let at = out.len();
                    out.push(0);
                    let source = &sources[list.source as usize];
                    put_hits(out, source, &list.hits, &list.carry, EPOCH);
                    let n = out.len() - at - 1;
                    if n < 0x80 {
                        out[at] = n as u8;
                    } else {
                        let hits = out.split_off(at + 1);
                        out.truncate(at);
                        put(out, n as u64);
                        out.extend(hits);
                    }
                    debug_assert!(out.len() > start);
                }
            }
        }
    }
}
