//! Where a user is worked on, and the form of a user's bytes.
//!
//! What it is: lists, truths and horizons of one user at a time, read from bytes and written again.
//! What it is not: it decides nothing.

use model::Timestamp;

use super::codec::{Bytes, put, put_signed};
use super::condition::NEVER;
use super::lists::{Lists, RawLists};
use super::program::{GRACE, Program};
use super::source::Hit;
use super::user::Damaged;

/// Where a user is worked on: reused from one to the next, so that little is allocated.
#[derive(Debug, Default)]
pub struct Scratch {
    pub(super) lists: Lists,
    pub(super) old_lists: Lists,
    pub(super) bits: Vec<u8>,
    pub(super) before: Vec<u8>,
    pub(super) active: Vec<u32>,
    pub(super) is_active: Vec<bool>,
    pub(super) horizons: Vec<i64>,
    pub(super) dirty: Vec<u32>,
    pub(super) hits: Vec<(u32, Hit)>,
    due: Vec<u32>,
    /// The user's new bytes.
    pub bytes: Vec<u8>,
}

/// A user as the bytes say.
#[derive(Clone, Copy, Debug)]
pub(super) struct Header {
    /// Up to here everything was told.
    pub(super) settled: i64,
    pub(super) first_seen: i64,
    /// Since when they are who they are: what was told before was told of others.
    pub(super) since: i64,
}

impl Header {
    /// Of somebody of whom nothing was told.
    pub(super) fn new(first_seen: i64) -> Header {
        Header { settled: i64::MIN, first_seen, since: i64::MIN }
    }

    pub(super) fn write(&self, out: &mut Vec<u8>) {
        put_signed(out, self.settled);
        put_signed(out, self.first_seen);
        // Mostly since ever, which is one byte.
        put(out, self.since.saturating_add(1).max(0) as u64);
    }

    fn read(bytes: &mut Bytes) -> Option<Header> {
        let (settled, first_seen) = (bytes.signed()?, bytes.signed()?);
        let since = match bytes.number()? {
            0 => i64::MIN,
            n => n as i64 - 1,
        };
        Some(Header { settled, first_seen, since })
    }
}

impl Scratch {
    /// A user without anything.
    pub(super) fn start(&mut self, program: &Program) {
        self.lists.clear(program.sources.len());
        self.forget(program);
    }

    /// What holds of a user without anything, and everything to be looked at.
    pub(super) fn forget(&mut self, program: &Program) {
        self.bits.clone_from(&program.empty);
        self.activate_all(program);
    }

    pub(super) fn read(&mut self, program: &Program, bytes: &[u8]) -> Result<Header, Damaged> {
        let (header, rest) = read_header(bytes, &mut self.bits).ok_or(Damaged)?;
        let known = self.bits.len();
        if known < program.empty.len() {
            self.bits.extend_from_slice(&program.empty[known..]);
        }
        self.lists.read(rest, program.sources.len());
        Ok(header)
    }

    pub(super) fn load_all(&mut self, program: &Program) -> Result<(), Damaged> {
        self.lists.find_all().ok_or(Damaged)?;
        self.lists.load_found(&program.sources).ok_or(Damaged)
    }

    pub(super) fn take_hits(&mut self) {
        for (source, hit) in self.hits.drain(..) {
            self.lists.insert(source, hit);
        }
    }

    pub(super) fn reset_active(&mut self, program: &Program) {
        for condition in self.active.drain(..) {
            self.is_active[condition as usize] = false;
        }
        let n = program.conditions.len();
        if self.is_active.len() < n {
            self.is_active.resize(n, false);
            self.horizons.resize(n, NEVER);
        }
    }

    pub(super) fn activate(&mut self, condition: u32) {
        let active = &mut self.is_active[condition as usize];
        if !*active {
            *active = true;
            self.active.push(condition);
            self.horizons[condition as usize] = i64::MIN;
        }
    }

    /// The conditions of every source that has hits, those that need none, and all that hold of
    /// nobody for others.
    pub(super) fn activate_all(&mut self, program: &Program) {
        self.reset_active(program);
        self.activate(0);
        let present: Vec<u32> = self.lists.present().collect();
        for source in present {
            for condition in &program.dependents[source as usize] {
                self.activate(*condition);
            }
        }
        for condition in program.named.iter().chain(&program.lived) {
            self.activate(*condition);
        }
    }

    /// The conditions of the sources that the hits touch, with the lists that they read. Gives the
    /// least that is known of when anything of the other lists is due.
    pub(super) fn activate_touched(&mut self, program: &Program) -> Result<i64, Damaged> {
        self.reset_active(program);
        for n in 0..self.hits.len() {
            let source = self.hits[n].0;
            self.lists.want(source);
            for condition in &program.dependents[source as usize] {
                self.activate(*condition);
            }
        }
        self.load_wanted(program)
    }

    /// The same of the conditions of which time may have changed anything by an instant.
    pub(super) fn activate_due(&mut self, program: &Program, at: i64) -> Result<i64, Damaged> {
        self.reset_active(program);
        self.activate(0);
        let mut due = std::mem::take(&mut self.due);
        self.lists.due(at, &mut due).ok_or(Damaged)?;
        for source in &due {
            self.lists.want(*source);
            for condition in program.owners.get(*source as usize).ok_or(Damaged)? {
                self.activate(*condition);
            }
        }
        self.due = due;
        self.load_wanted(program)
    }

    fn load_wanted(&mut self, program: &Program) -> Result<i64, Damaged> {
        for n in 0..self.active.len() {
            let condition = &program.conditions[self.active[n] as usize];
            condition.sources.iter().chain(&condition.zone).for_each(|s| self.lists.want(*s));
        }
        program.places.iter().for_each(|source| self.lists.want(*source));
        let rest = self.lists.find().ok_or(Damaged)?;
        self.lists.load_found(&program.sources).ok_or(Damaged)?;
        Ok(rest)
    }

    /// The bytes with other numbers: bits are carried over by one function, sources renamed by
    /// another, which drops those that it gives no number.
    pub(super) fn moved(
        &mut self,
        bytes: &[u8],
        empty: &[u8],
        carry_over: impl Fn(&[u8], &mut [u8]),
        renamed: impl Fn(u32) -> Option<u32>,
    ) -> Result<Box<[u8]>, Damaged> {
        let (header, rest) = read_header(bytes, &mut self.before).ok_or(Damaged)?;
        self.bits.clear();
        self.bits.extend_from_slice(empty);
        carry_over(&self.before, &mut self.bits);
        self.bytes.clear();
        header.write(&mut self.bytes);
        put(&mut self.bytes, self.bits.len() as u64);
        self.bytes.extend_from_slice(&self.bits);
        let mut raw = RawLists::new(rest);
        let mut lists = Vec::new();
        while let Some(list) = raw.next() {
            let hits = raw.hits(&list);
            lists.extend(renamed(list.source).map(|source| (source, list.due, hits)));
        }
        if !raw.is_over() {
            return Err(Damaged);
        }
        lists.sort_unstable_by_key(|(source, ..)| *source);
        for (source, due, hits) in lists {
            put(&mut self.bytes, u64::from(source));
            put(&mut self.bytes, hits.len() as u64);
            self.bytes.extend_from_slice(&due.bytes());
            self.bytes.extend_from_slice(hits);
        }
        Ok(self.bytes.as_slice().into())
    }

    /// Writes the user. Gives the least that is known of when anything changes of what was found and
    /// not looked at.
    pub(super) fn write(&mut self, program: &Program, header: Header) -> i64 {
        let floor = header.settled.saturating_sub(GRACE.0);
        self.lists.trim(&program.sources, floor, program.zone());
        let Scratch { lists, is_active, horizons, .. } = self;
        let rest = lists.note_due(|source| {
            let (mut least, mut looked_at, mut all) = (NEVER, false, true);
            for condition in &program.owners[source as usize] {
                if is_active.get(*condition as usize).copied().unwrap_or(false) {
                    least = least.min(horizons[*condition as usize]);
                    looked_at = true;
                } else {
                    all = false;
                }
            }
            (looked_at || all).then_some((least, all))
        });
        self.bytes.clear();
        header.write(&mut self.bytes);
        put(&mut self.bytes, self.bits.len() as u64);
        self.bytes.extend_from_slice(&self.bits);
        self.lists.write(&mut self.bytes, &program.sources, &program.read);
        rest
    }
}

/// When a user was first seen, by their bytes; nothing if nothing is known of them.
pub fn first_seen(bytes: &[u8]) -> Option<Timestamp> {
    peek(bytes).map(|header| Timestamp(header.first_seen))
}

/// Since when a user is who they are, by their bytes; what was told before was told of others.
pub fn known_since(bytes: &[u8]) -> Option<Timestamp> {
    peek(bytes).map(|header| Timestamp(header.since))
}

/// The bytes of a user who is somebody else from an instant on: two turned out to be one. Empty bytes
/// become those of somebody who is nowhere.
pub fn known_from(bytes: &[u8], at: Timestamp) -> Box<[u8]> {
    let mut rest = Bytes(bytes);
    let mut out = Vec::with_capacity(bytes.len() + 8);
    match Header::read(&mut rest) {
        Some(header) => {
            Header { since: at.0, ..header }.write(&mut out);
            out.extend_from_slice(rest.0);
        }
        None => {
            Header { settled: at.0, first_seen: i64::MAX, since: at.0 }.write(&mut out);
            put(&mut out, 0);
        }
    }
    out.into()
}

/// Which conditions hold of a user.
pub(super) fn truths(bytes: &[u8]) -> Option<&[u8]> {
    let mut bytes = Bytes(bytes);
    Header::read(&mut bytes)?;
    let n = bytes.number()? as usize;
    bytes.take(n)
}

pub(super) fn peek(bytes: &[u8]) -> Option<Header> {
    Header::read(&mut Bytes(bytes))
}

pub(super) fn read_header<'a>(bytes: &'a [u8], bits: &mut Vec<u8>) -> Option<(Header, &'a [u8])> {
    let mut bytes = Bytes(bytes);
    let header = Header::read(&mut bytes)?;
    let n = bytes.number()? as usize;
    bits.clear();
    bits.extend_from_slice(bytes.take(n)?);
    Some((header, bytes.0))
}
