//! The users of a frame, or those whose time is up, looked at by more than one thread.
//!
//! What it is: users do not depend on each other, so whichever thread is free looks at the next few
//! of them; what it found is taken over in the order of the users, so that it never shows how many
//! threads there were. What it is not: it makes no thread; whoever owns the fold hands in a pool.

use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use model::{Timestamp, UserIndex};
use rayon::ThreadPool;
use segment::evaluate::UserHistory;
use segment::live::{Arrived, Program, Scratch, Step, Stepped, Told};

use super::fold::{Live, PublicIds, put};
use super::timers::NEVER;
use crate::chunks::Chunks;

/// Users that a thread takes at once: some hundred microseconds of work.
const PIECE: usize = 16;

/// Threads beside the one that folds.
pub(super) struct Beside {
    pool: Arc<ThreadPool>,
    /// Fewer users are not worth waking a thread for.
    least: usize,
}

/// What a look at a user needs beside the user.
#[derive(Clone, Copy)]
pub(super) struct Look<'a> {
    pub(super) users: &'a Chunks<Arc<[u8]>>,
    pub(super) ids: &'a dyn PublicIds,
    pub(super) now: Timestamp,
    pub(super) since: &'a [i64],
}

/// A user who is looked at, and where what arrived of them stands in the order of the frame.
#[derive(Clone)]
pub(super) struct Due {
    pub(super) user: UserIndex,
    /// Milliseconds.
    pub(super) horizon: i64,
    pub(super) arrived: Range<usize>,
}

impl Due {
    /// Of whom nothing arrived.
    pub(super) fn by_time((at, user): (Timestamp, UserIndex)) -> Due {
        Due { user, horizon: at.0, arrived: 0..0 }
    }
}

/// What a look found.
pub(super) struct Found {
    pub(super) user: UserIndex,
    /// Nothing: it takes the user's history, which only the thread that folds can read.
    pub(super) stepped: Option<Stepped>,
    bytes: Range<usize>,
    told: Range<usize>,
}

/// What looks at a few users found, in their order.
#[derive(Default)]
pub(super) struct Piece {
    pub(super) found: Vec<Found>,
    bytes: Vec<u8>,
    told: Vec<Told>,
}

impl Piece {
    /// The new bytes of a user, if they changed.
    pub(super) fn bytes(&self, found: &Found) -> &[u8] {
        &self.bytes[found.bytes.clone()]
    }

    /// What is told of a user.
    pub(super) fn told(&self, found: &Found) -> &[Told] {
        &self.told[found.told.clone()]
    }
}

/// Where threads look, reused from frame to frame.
#[derive(Default)]
pub(super) struct Places {
    pieces: Vec<Mutex<Piece>>,
    /// One for each thread of the pool.
    scratches: Vec<Scratch>,
}

impl Look<'_> {
    /// Tells what is due of a user, and then takes in what arrived; the new bytes are in the scratch.
    pub(super) fn at(
        &self,
        (program, scratch): (&Program, &mut Scratch),
        (user, horizon): (UserIndex, i64),
        arrived: &[Arrived],
        history: &mut dyn FnMut() -> Option<UserHistory>,
        told: &mut Vec<Told>,
    ) -> Stepped {
        let bytes = self.users.get(user.at()).map_or(&[][..], |bytes| bytes);
        let damaged = |_| -> Stepped {
            // Its own bytes: nothing else writes them.
            panic!("user {}: {}", user.0, segment::live::Damaged)
        };
        let mut nothing = || None;
        let mut stepped = Stepped { late: false, changed: false, horizon };
        if bytes.is_empty() && arrived.is_empty() {
            return Stepped { horizon: NEVER, ..stepped };
        }
        if !bytes.is_empty() && horizon <= self.now.0 {
            // What is due is told before anything else happens to them, so that it makes no
            // difference whether time alone came to them before.
            let id = self.ids.public_id(user);
            let step = self.step(id, horizon, &mut nothing);
            stepped = program.advance(scratch, bytes, step, told).unwrap_or_else(damaged);
        }
        if arrived.is_empty() {
            return stepped;
        }
        let advanced = match stepped.changed {
            true => std::mem::take(&mut scratch.bytes),
            false => Vec::new(),
        };
        let bytes = if stepped.changed { &advanced[..] } else { bytes };
        // Ids lie far away in memory.
        let id = if program.asks_id() { self.ids.public_id(user) } else { "" };
        let step = self.step(id, stepped.horizon, history);
        let after = program.arrive(scratch, bytes, arrived, step, told).unwrap_or_else(damaged);
        if stepped.changed && !after.changed {
            scratch.bytes = advanced;
        }
        let late = stepped.late || after.late;
        Stepped { late, changed: stepped.changed || after.changed, horizon: after.horizon }
    }

    fn step<'h>(
        &'h self,
        id: &'h str,
        horizon: i64,
        history: &'h mut dyn FnMut() -> Option<UserHistory>,
    ) -> Step<'h, 'h> {
        Step { id, renamed: false, now: self.now, horizon, since: self.since, history }
    }

    /// Looks at a few users.
    fn fill<'r>(
        &self,
        (program, scratch): (&Program, &mut Scratch),
        due: &[Due],
        arrived: &dyn Fn(usize) -> Arrived<'r>,
        piece: &mut Piece,
    ) {
        let Piece { found, bytes, told } = piece;
        found.clear();
        bytes.clear();
        told.clear();
        let mut own: Vec<Arrived> = Vec::new();
        for Due { user, horizon, arrived: range } in due {
            own.clear();
            own.extend(range.clone().map(arrived));
            let (n_bytes, n_told, mut asked) = (bytes.len(), told.len(), false);
            let mut history = || {
                asked = true;
                None
            };
            let of = (*user, *horizon);
            let stepped = self.at((program, scratch), of, &own, &mut history, told);
            if asked {
                told.truncate(n_told);
            } else if stepped.changed {
                bytes.extend_from_slice(&scratch.bytes);
            }
            let (bytes, told) = (n_bytes..bytes.len(), n_told..told.len());
            let stepped = Some(stepped).filter(|_| !asked);
            found.push(Found { user: *user, stepped, bytes, told });
        }
    }
}

impl Live {
    /// Looks at users on the threads of a pool, too, if there are so many (at least one). What is told
    /// is the same.
    pub fn look_beside(&mut self, pool: Arc<ThreadPool>, least: usize) {
        self.beside = Some(Beside { pool, least: least.max(1) });
    }

    /// Looks at users, each of whom is there once, if there are threads for it and enough users;
    /// nothing otherwise. `arrived` gives what arrived at a place of the frame.
    pub(super) fn look_at_all<'r>(
        &mut self,
        due: &[Due],
        ids: &dyn PublicIds,
        arrived: &(dyn Fn(usize) -> Arrived<'r> + Sync),
    ) -> Option<Vec<Piece>> {
        let beside = self.beside.as_ref()?;
        if due.len() < beside.least || self.joining.is_some() {
            return None;
        }
        let n = due.len().div_ceil(PIECE);
        let Places { pieces, scratches } = &mut self.places;
        pieces.resize_with(n.max(pieces.len()), Mutex::default);
        scratches.resize_with(beside.pool.current_num_threads(), Scratch::default);
        let (pieces, program) = (&pieces[..n], &self.program);
        let look = Look { users: &self.users, ids, now: self.now, since: &self.since };
        let next = AtomicUsize::new(0);
        let work = |scratch: &mut Scratch| {
            loop {
                let at = next.fetch_add(1, Ordering::Relaxed);
                let (Some(piece), Some(due)) = (pieces.get(at), due.chunks(PIECE).nth(at)) else {
                    return;
                };
                let mut piece = piece.lock().unwrap_or_else(PoisonError::into_inner);
                look.fill((program, scratch), due, arrived, &mut piece);
            }
        };
        let (own, pool) = (&mut self.scratch, &beside.pool);
        pool.in_place_scope(|scope| {
            // Each takes a piece at least, or need not wake up.
            for other in scratches.iter_mut().take(n - 1) {
                scope.spawn(|_| work(other));
            }
            work(own);
        });
        let taken = |piece: &Mutex<Piece>| {
            std::mem::take(&mut *piece.lock().unwrap_or_else(PoisonError::into_inner))
        };
        Some(pieces.iter().map(taken).collect())
    }

    /// The pieces' memory serves again.
    pub(super) fn give_back(&mut self, pieces: Vec<Piece>) {
        for (place, piece) in self.places.pieces.iter_mut().zip(pieces) {
            *place = Mutex::new(piece);
        }
    }

    /// Takes over what was found of a user.
    pub(super) fn take_found(&mut self, piece: &Piece, found: &Found, stepped: Stepped) {
        self.told.clear();
        self.told.extend_from_slice(piece.told(found));
        if stepped.changed {
            put(&mut self.users[found.user.at()], piece.bytes(found));
        }
        self.settled(found.user, stepped);
    }
}
