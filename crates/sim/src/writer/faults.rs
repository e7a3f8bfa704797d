//! What can go wrong: by nature, and on purpose to see whether the simulation notices.

use engine::live::{Live, NEVER};

use super::Writer;

/// Where a process ends while it takes a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Nothing was written.
    BeforeAppend,
    /// Everything is in the buffer.
    BeforeSync,
    /// An operation of the disk fails; the process refuses everything and is started again.
    Disk(u64),
    /// It is durable and nobody knows.
    AfterSync,
    /// The live path has seen the last frame, the history not.
    BeforeHistory,
    /// All is done but the senders' answer.
    BeforeAnswer,
}

impl Fault {
    /// Whether the process is gone for sure.
    pub fn kills(self) -> bool {
        !matches!(self, Fault::Disk(_))
    }
}

/// What is wrong on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Defect {
    /// The live path does not see a record.
    SkipRecord,
    /// A user's timer is gone.
    DropTimer,
    /// The disk says that it has synced, and has not.
    LyingDisk,
}

impl Writer {
    /// Takes the first timer away from the state.
    pub(super) fn drop_timer(&mut self) {
        let mut pieces = self.live_bytes();
        for piece in &mut pieces[1..] {
            let mut at = 0;
            while let Some(horizon) = piece.get(at..at + 8) {
                let horizon = i64::from_le_bytes(horizon.try_into().unwrap_or_default());
                let n = piece
                    .get(at + 8..at + 12)
                    .map_or(0, |n| u32::from_le_bytes(n.try_into().unwrap_or_default()) as usize);
                if horizon != NEVER {
                    piece[at..at + 8].copy_from_slice(&NEVER.to_le_bytes());
                    break;
                }
                at += 12 + n;
            }
        }
        let restored = Live::restore(pieces.into_iter(), &self.joined.rules, &self.joined.watched);
        if let Ok(live) = restored {
            self.live = live;
        }
    }
}
