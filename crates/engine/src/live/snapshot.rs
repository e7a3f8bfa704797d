//! The live state as pieces of bytes, and back.
//!
//! What it is: what a checkpoint holds so that a start need not read the history: the program's
//! tables by their keys, counts, and every user's bytes and horizon. What it is not: it carries no
//! definitions; they are configuration. A definition of which everything is in the pieces is taken
//! up as it is; any other joins anew.
//!
//! Numbers are little-endian; whoever stores the pieces adds checksums. Definitions that were
//! joining when the pieces were made are not in them, nor what those that were edited meant before.

use std::collections::HashMap;
use std::sync::Arc;

use model::{Text, Timestamp, UserIndex};
use segment::Rules;
use segment::live::{Moved, Program, Tables, Watched};

use super::fold::Live;
use super::timers::NEVER;
use crate::chunks::{CHUNK, Chunks};

const VERSION: u32 = 4;

/// Users of a piece: about a MB at most, so that its memory serves for the next one.
const PIECE: usize = 16 * CHUNK;

/// Bytes of a user in a piece beside the state: the horizon and a length.
const HEAD: usize = 12;

/// A live state that cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the live state is damaged in piece {piece}; it is built anew from the history")]
pub struct LiveDamaged {
    /// Which, counted from 0.
    pub piece: usize,
}

/// The live state at one moment, to be encoded by another thread.
pub struct FrozenLive {
    head: Vec<u8>,
    users: Chunks<Arc<[u8]>>,
    horizons: Chunks<i64>,
}

impl Live {
    /// The state as it is now. Cost: microseconds.
    pub fn freeze(&self) -> FrozenLive {
        let mut head = Vec::new();
        put(&mut head, VERSION);
        put_i64(&mut head, self.now.0);
        put(&mut head, self.users.len() as u32);
        let tables = self.program.tables();
        for keys in [&tables.sources, &tables.conditions] {
            put(&mut head, keys.len() as u32);
            keys.iter().for_each(|key| put_text(&mut head, key));
        }
        put(&mut head, tables.watches.len() as u32);
        for (key, states) in &tables.watches {
            put_text(&mut head, key);
            put(&mut head, states.len() as u32);
            head.extend_from_slice(states);
        }
        // Those who have joined are followed by the new meaning of what was edited alone.
        let edited = |watch: u32| self.joining.as_ref().is_some_and(|j| j.replaces(watch));
        let live: Vec<(u32, &Watched)> =
            self.program.live().filter(|(watch, _)| !edited(*watch)).collect();
        put(&mut head, live.len() as u32);
        for (watch, watched) in live {
            put_text(&mut head, &watched.key);
            put_i64(&mut head, self.program.meaning(watch) as i64);
            let counts = &self.counts[watch as usize];
            put(&mut head, counts.len() as u32);
            counts.iter().for_each(|count| put_i64(&mut head, *count));
            put_i64(&mut head, self.since[watch as usize]);
        }
        put(&mut head, self.n_stale() as u32);
        self.stale.iter().chain(&self.building).for_each(|user| put(&mut head, user.0));
        FrozenLive { head, users: self.users.freeze(), horizons: self.timers.freeze() }
    }

    /// The state of pieces, for the definitions of now. What of them is not in the pieces is not
    /// watched yet: [`Live::define`] lets it join. An empty workspace if there are no pieces.
    pub fn restore(
        pieces: impl Iterator<Item = Vec<u8>>,
        rules: &Rules,
        watched: &[Watched],
    ) -> Result<Live, LiveDamaged> {
        let mut restoring: Option<(Live, Moved, u32)> = None;
        let mut n = 0;
        for piece in pieces {
            let damaged = LiveDamaged { piece: n };
            match &mut restoring {
                None => restoring = Some(head(&piece, rules, watched).ok_or(damaged)?),
                Some((live, moved, _)) => users(&piece, live, moved).ok_or(damaged)?,
            }
            n += 1;
        }
        match restoring {
            None => Ok(Live::new(Program::compile(rules, &[], None).0)),
            Some((live, _, total)) if live.users.len() == total as usize => Ok(live),
            Some(_) => Err(LiveDamaged { piece: n }),
        }
    }
}

impl FrozenLive {
    /// Pieces of a MB at most, each made when it is asked for.
    pub fn pieces(self) -> impl Iterator<Item = Vec<u8>> + Send {
        let FrozenLive { head, users, horizons } = self;
        let firsts = (0..users.len()).step_by(PIECE);
        let piece = move |first: usize| {
            let n: usize = users.some(first, PIECE).map(|bytes| HEAD + bytes.len()).sum();
            let mut out = Vec::with_capacity(n);
            for (at, bytes) in (first..).zip(users.some(first, PIECE)) {
                put_i64(&mut out, horizons.get(at).copied().unwrap_or(NEVER));
                put(&mut out, bytes.len() as u32);
                out.extend_from_slice(bytes);
            }
            out
        };
        std::iter::once(head).chain(firsts.map(piece))
    }
}

fn head(piece: &[u8], rules: &Rules, watched: &[Watched]) -> Option<(Live, Moved, u32)> {
    let mut reader = Reader(piece);
    if reader.number()? != VERSION {
        return None;
    }
    let now = Timestamp(reader.i64()?);
    let total = reader.number()?;
    let (sources, conditions) = (reader.texts()?, reader.texts()?);
    let watches = (0..reader.number()?).map(|_| Some((reader.text()?, reader.bytes()?)));
    let tables = Tables { sources, conditions, watches: watches.collect::<Option<_>>()? };
    let mut counts: HashMap<Text, (u64, Vec<i64>, i64)> = HashMap::new();
    for _ in 0..reader.number()? {
        let (key, meaning) = (reader.text()?, reader.i64()? as u64);
        let n = reader.number()?;
        let of: Vec<i64> = (0..n).map(|_| reader.i64()).collect::<Option<_>>()?;
        let since = reader.i64()?;
        counts.insert(key, (meaning, of, since));
    }
    let n_stale = reader.number()?;
    let stale = (0..n_stale).map(|_| reader.number().map(UserIndex)).collect::<Option<_>>()?;
    // Only what was watched before with the same meaning, and of which everything is there.
    let (all, _) = Program::compile_for(rules, watched, &tables);
    let means = |key: &Text| all.watch(key).map(|watch| all.meaning(watch));
    let meant = |key: &Text| counts.get(key).map(|(meaning, ..)| *meaning);
    let same = |w: &&Watched| means(&w.key).is_some() && means(&w.key) == meant(&w.key);
    let known: Vec<Watched> = watched.iter().filter(same).cloned().collect();
    let (all, _) = Program::compile_for(rules, &known, &tables);
    let complete = all.complete(&tables);
    let (program, _) = Program::compile_for(rules, &complete, &tables);
    let moved = program.moved(&tables);
    let mut live = Live::new(program);
    live.former = live.program.former(&tables).into_iter().map(|of| (of, Vec::new())).collect();
    (live.now, live.stale) = (now, stale);
    let watches: Vec<(u32, Text)> =
        live.program.live().map(|(watch, w)| (watch, w.key.clone())).collect();
    for (watch, key) in watches {
        let places = live.counts[watch as usize].len();
        let known = counts.get(&key).filter(|(_, counts, _)| counts.len() == places);
        if let Some((_, counts, since)) = known {
            live.counts[watch as usize].clone_from(counts);
            live.since[watch as usize] = *since;
        }
    }
    Some((live, moved, total))
}

fn users(piece: &[u8], live: &mut Live, moved: &Moved) -> Option<()> {
    let mut reader = Reader(piece);
    while !reader.0.is_empty() {
        let horizon = reader.i64()?;
        let n = reader.number()? as usize;
        let bytes = reader.take(n)?;
        for (former, places) in &mut live.former {
            places.push(former.place(bytes));
        }
        let bytes: Arc<[u8]> = match bytes.is_empty() {
            true => Arc::default(),
            false => live.program.move_over(&mut live.scratch, bytes, moved).ok()?.into(),
        };
        let user = live.users.len() as u32;
        live.users.push(bytes);
        live.timers.set(UserIndex(user), Timestamp(horizon));
    }
    Some(())
}

fn put(out: &mut Vec<u8>, n: u32) {
    out.extend_from_slice(&n.to_le_bytes());
}

fn put_i64(out: &mut Vec<u8>, n: i64) {
    out.extend_from_slice(&n.to_le_bytes());
}

fn put_text(out: &mut Vec<u8>, text: &str) {
    put(out, text.len() as u32);
    out.extend_from_slice(text.as_bytes());
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, n: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(n)?;
        self.0 = rest;
        Some(taken)
    }

    fn number(&mut self) -> Option<u32> {
        Some(u32::from_le_bytes(self.take(4)?.try_into().ok()?))
    }

    fn i64(&mut self) -> Option<i64> {
        Some(i64::from_le_bytes(self.take(8)?.try_into().ok()?))
    }

    fn text(&mut self) -> Option<Text> {
        let n = self.number()? as usize;
        Text::from_utf8(self.take(n)?).ok()
    }

    fn bytes(&mut self) -> Option<Vec<u8>> {
        let n = self.number()?;
        Some(self.take(n as usize)?.to_vec())
    }

    fn texts(&mut self) -> Option<Vec<Text>> {
        (0..self.number()?).map(|_| self.text()).collect()
    }
}
