//! The hits of one user while they are worked on.
//!
//! What it is: the lists that a user's bytes hold, of which those that somebody asks for are decoded;
//! all others are copied as they are. What it is not: it keeps no user; it is used for one after the
//! other.
//!
//! A list is the number of its source, the length of its hits, when anything of it may be due
//! ([`Due`]), and its hits; lists are sorted by source.

use model::Zone;

use super::codec::{Bytes, put, put_hits, read_hits};
use super::due::Due;
use super::source::{Carry, Hit, Source};

/// From here times are counted: 2020-01-01.
const EPOCH: i64 = 1_577_836_800_000;

/// Lists of hits by source.
#[derive(Clone, Debug, Default)]
pub(super) struct Lists {
    /// One more than the place in `lists`, by source; 0: no list, or one that nobody asked for.
    slots: Vec<u32>,
    lists: Vec<List>,
    used: usize,
    /// Sources that somebody asks for.
    wanted: Vec<bool>,
    bytes: Vec<u8>,
}

#[derive(Clone, Debug, Default)]
struct List {
    source: u32,
    hits: Vec<Hit>,
    carry: Carry,
    /// Where it begins in the bytes, where its hits do, and where it ends; equal for a new one.
    raw: (usize, usize, usize),
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

/// A list as bytes.
#[derive(Clone, Copy, Debug)]
pub(super) struct RawList {
    pub(super) source: u32,
    pub(super) due: Due,
    raw: (usize, usize, usize),
}

/// Goes over lists without decoding them; nothing further where the bytes are something else.
pub(super) struct RawLists<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> RawLists<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> RawLists<'a> {
        RawLists { bytes, at: 0 }
    }

    /// The hits of a list.
    pub(super) fn hits(&self, list: &RawList) -> &'a [u8] {
        &self.bytes[list.raw.1..list.raw.2]
    }

    /// Whether everything was read.
    pub(super) fn is_over(&self) -> bool {
        self.at == self.bytes.len()
    }
}

impl Iterator for RawLists<'_> {
    type Item = RawList;

    #[inline]
    fn next(&mut self) -> Option<RawList> {
        let start = self.at;
        let mut rest = Bytes(self.bytes.get(start..)?);
        let source = u32::try_from(rest.number()?).ok()?;
        let n = rest.number()? as usize;
        let due = Due::of_bytes(rest.take(3)?.try_into().ok()?);
        let hits = self.bytes.len() - rest.0.len();
        rest.take(n)?;
        self.at = hits + n;
        Some(RawList { source, due, raw: (start, hits, hits + n) })
    }
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

    /// The lists that [`Lists::write`] wrote: nobody has asked for any yet.
    pub(super) fn read(&mut self, bytes: &[u8], n_sources: usize) {
        self.clear(n_sources);
        self.bytes.extend_from_slice(bytes);
    }

    /// The list of a source will be asked for.
    pub(super) fn want(&mut self, source: u32) {
        let source = source as usize;
        if self.wanted.len() <= source {
            self.wanted.resize(source + 1, false);
        }
        self.wanted[source] = true;
    }

    /// Finds the lists that were asked for. Gives the least that is known of when anything of the
    /// others is due; `None`: the bytes are something else.
    pub(super) fn find(&mut self) -> Option<i64> {
        let mut wanted = std::mem::take(&mut self.wanted);
        let rest = self.find_those(|list| wanted.get(list.source as usize) == Some(&true));
        wanted.fill(false);
        self.wanted = wanted;
        rest
    }

    /// Finds all lists.
    pub(super) fn find_all(&mut self) -> Option<()> {
        self.find_those(|_| true).map(|_| ())
    }

    fn find_those(&mut self, wanted: impl Fn(&RawList) -> bool) -> Option<i64> {
        let bytes = std::mem::take(&mut self.bytes);
        let mut lists = RawLists::new(&bytes);
        let mut rest = Due::NEVER;
        for list in &mut lists {
            if !wanted(&list) {
                rest = rest.min(list.due);
                continue;
            }
            if list.source as usize >= self.slots.len() {
                return None;
            }
            let own = self.list(list.source);
            (own.raw, own.form, own.due) = (list.raw, Form::Raw, list.due);
        }
        let whole = lists.is_over();
        self.bytes = bytes;
        whole.then_some(rest.earliest())
    }

    /// Sources of which something may be due at an instant. `None`: the bytes are something else.
    pub(super) fn due(&self, at: i64, due: &mut Vec<u32>) -> Option<()> {
        due.clear();
        let mut lists = RawLists::new(&self.bytes);
        let latest = Due::at(at);
        due.extend((&mut lists).filter(|list| list.due <= latest).map(|list| list.source));
        lists.is_over().then_some(())
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
            (list.raw, list.form, list.due) = ((0, 0, 0), Form::Changed, Due::NEVER);
            if list.carry.n > 0 {
                list.carry = Carry::default();
            }
            self.used += 1;
            *slot = self.used as u32;
        }
        &mut self.lists[*slot as usize - 1]
    }

    /// Says when anything is due of the lists that were found. `horizon`: of a source, the earliest
    /// instant at which anything that it owns changes, and whether all of that was looked at; nothing
    /// if none of it was. Gives the least that is known of what was not.
    pub(super) fn note_due(&mut self, horizon: impl Fn(u32) -> Option<(i64, bool)>) -> i64 {
        let mut rest = Due::NEVER;
        for list in &mut self.lists[..self.used] {
            match horizon(list.source) {
                Some((at, true)) => list.due = Due::at(at),
                Some((at, false)) => {
                    rest = rest.min(list.due);
                    list.due = list.due.min(Due::at(at));
                }
                None => rest = rest.min(list.due),
            }
        }
        rest.earliest()
    }

    /// Whether the source has any hits that were found.
    pub(super) fn has(&self, source: u32) -> bool {
        self.slots.get(source as usize).is_some_and(|slot| *slot != 0)
    }

    /// Sources that have any that were found, in no order.
    pub(super) fn present(&self) -> impl Iterator<Item = u32> {
        self.lists[..self.used].iter().map(|list| list.source)
    }

    /// Decodes all that were found. `None`: their bytes are damaged.
    pub(super) fn load_found(&mut self, sources: &[Source]) -> Option<()> {
        for list in &mut self.lists[..self.used] {
            if list.form == Form::Raw {
                let raw = self.bytes.get(list.raw.1..list.raw.2)?;
                let source = sources.get(list.source as usize)?;
                list.carry = read_hits(raw, source, EPOCH, &mut list.hits)?;
                list.form = Form::Read;
            }
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
        // What lies between those that were found is copied as it is.
        let mut copied = 0;
        for list in &self.lists[..self.used] {
            let (start, hits, end) = list.raw;
            match end > 0 {
                true => {
                    out.extend_from_slice(&self.bytes[copied..start]);
                    copied = end;
                }
                false => {
                    let before = RawLists { bytes: &self.bytes, at: copied };
                    let before = before.take_while(|other| other.source < list.source).last();
                    if let Some(before) = before {
                        out.extend_from_slice(&self.bytes[copied..before.raw.2]);
                        copied = before.raw.2;
                    }
                }
            }
            if !read[list.source as usize] {
                continue;
            }
            match list.form {
                Form::Raw | Form::Read => {
                    put(out, u64::from(list.source));
                    put(out, (end - hits) as u64);
                    out.extend_from_slice(&list.due.bytes());
                    out.extend_from_slice(&self.bytes[hits..end]);
                }
                Form::Changed if list.hits.is_empty() && list.carry.n == 0 => {}
                Form::Changed => {
                    put(out, u64::from(list.source));
                    // Most lists need one byte for their length: it is made wider if need be.
                    let at = out.len();
                    out.push(0);
                    out.extend_from_slice(&list.due.bytes());
                    let source = &sources[list.source as usize];
                    put_hits(out, source, &list.hits, &list.carry, EPOCH);
                    let n = out.len() - at - 4;
                    if n < 0x80 {
                        out[at] = n as u8;
                    } else {
                        let rest = out.split_off(at + 1);
                        out.truncate(at);
                        put(out, n as u64);
                        out.extend(rest);
                    }
                }
            }
        }
        out.extend_from_slice(&self.bytes[copied..]);
    }
}
