//! Which messages are in the hands of a provider: written down before each call, so that after a crash it is
//! known which messages may have left and which certainly did not.
//!
//! What it is: a small log of its own beside the main one. A frame names the messages that are about to be
//! handed over; it is durable before they are. What became of them stands in the main log; a file whose
//! messages are all settled there is removed. What it is not: a queue; what waits is in the history.
//!
//! Invariant: of a message that was decided and has no outcome, either its id stands here, and it is in doubt,
//! or nothing of it ever left. A folder that is not there (a backup that was restored) tells nothing, so
//! everything without an outcome is in doubt then.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::Path;

use log::{Log, Offset, Options};
use model::EventId;

/// Bytes of one file: small, because a file goes when its last message is settled.
const FILE_BYTES: u64 = 1024 * 1024;

/// Bytes of an id.
const ID_BYTES: usize = 16;

/// What an earlier run left in doubt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Left {
    /// These messages had been handed over when it ended, or were about to be; some may have been settled.
    These(HashSet<EventId>),
    /// There is no journal: nobody knows.
    Unknown,
}

impl Left {
    /// Whether a message without an outcome may have left.
    pub fn doubts(&self, message: EventId) -> bool {
        match self {
            Left::These(ids) => ids.contains(&message),
            Left::Unknown => true,
        }
    }
}

/// See the [module](self).
pub struct Journal {
    log: Log,
    /// Of frames that are not settled: how many of their messages are not.
    open: BTreeMap<u64, usize>,
    frame_of: HashMap<EventId, u64>,
}

impl Journal {
    /// Opens the journal in a folder, and says what an earlier run left there.
    pub fn open(folder: &Path) -> Result<(Journal, Left), log::Error> {
        let known = folder.exists();
        std::fs::create_dir_all(folder).map_err(|source| log::Error::Io {
            action: "create the folder of the outbox",
            path: folder.to_path_buf(),
            source,
        })?;
        let options = Options { segment_bytes_max: FILE_BYTES, ..Options::default() };
        let (log, _) = Log::open(folder, options)?;
        let mut left = HashSet::new();
        let reader = log.reader();
        let mut frames = reader.read_from(reader.first())?;
        while let Some((_, payload)) = frames.next_frame()? {
            left.extend(ids(payload));
        }
        let left = if known { Left::These(left) } else { Left::Unknown };
        Ok((Journal { log, open: BTreeMap::new(), frame_of: HashMap::new() }, left))
    }

    /// Everything that an earlier run left is settled in the main log.
    pub fn forget_earlier(&mut self) -> Result<(), log::Error> {
        let end = self.log.close_segment()?;
        self.log.remove_before(end).map(|_| ())
    }

    /// Messages are about to be handed over; durable when it returns.
    pub fn claim(&mut self, messages: &[EventId]) -> Result<(), log::Error> {
        if messages.is_empty() {
            return Ok(());
        }
        let payload: Vec<u8> = messages.iter().flat_map(|id| id.0.to_le_bytes()).collect();
        let offset = self.log.append(&payload)?;
        self.log.sync()?;
        self.open.insert(offset.0, messages.len());
        for message in messages {
            // Tried again: the later frame keeps its file.
            if let Some(before) = self.frame_of.insert(*message, offset.0) {
                self.settle_one(before);
            }
        }
        Ok(())
    }

    /// What became of messages is durable in the main log, or they certainly did not leave.
    pub fn settle(&mut self, messages: &[EventId]) -> Result<(), log::Error> {
        for message in messages {
            if let Some(frame) = self.frame_of.remove(message) {
                self.settle_one(frame);
            }
        }
        let keep = self.open.keys().next().map_or(self.log.end(), |first| Offset(*first));
        self.log.remove_before(keep).map(|_| ())
    }

    fn settle_one(&mut self, frame: u64) {
        if let Some(n) = self.open.get_mut(&frame) {
            *n -= 1;
            if *n == 0 {
                self.open.remove(&frame);
            }
        }
    }
}

fn ids(payload: &[u8]) -> impl Iterator<Item = EventId> + '_ {
    payload.chunks_exact(ID_BYTES).map(|bytes| {
        let mut own = [0; ID_BYTES];
        own.copy_from_slice(bytes);
        EventId(u128::from_le_bytes(own))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(ids: impl IntoIterator<Item = u128>) -> Vec<EventId> {
        ids.into_iter().map(EventId).collect()
    }

    #[test]
    fn a_message_is_in_doubt_from_its_claim_on_until_the_files_go() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("outbox");
        let (mut journal, left) = Journal::open(&path).unwrap();
        assert_eq!(left, Left::Unknown);
        assert!(left.doubts(EventId(1)));
        journal.claim(&of([1, 2])).unwrap();
        journal.claim(&of([3])).unwrap();
        drop(journal);
        let (mut journal, left) = Journal::open(&path).unwrap();
        assert_eq!(left, Left::These(of([1, 2, 3]).into_iter().collect()));
        assert!(left.doubts(EventId(3)) && !left.doubts(EventId(4)));
        journal.forget_earlier().unwrap();
        drop(journal);
        let (_, left) = Journal::open(&path).unwrap();
        assert_eq!(left, Left::These(HashSet::new()));
    }

    #[test]
    fn files_go_when_their_last_message_is_settled() {
        let folder = tempfile::tempdir().unwrap();
        let (mut journal, _) = Journal::open(folder.path()).unwrap();
        // One message of the first file stays open; the others fill several files.
        journal.claim(&of([0])).unwrap();
        for n in 0..40_u128 {
            let many = of((0..4_096).map(|id| 1 + n * 4_096 + id));
            journal.claim(&many).unwrap();
            journal.settle(&many).unwrap();
        }
        let files = || std::fs::read_dir(folder.path()).unwrap().count();
        let before = files();
        assert!(before > 2, "{before}");
        // A message that is tried again stands in a later file.
        journal.claim(&of([0])).unwrap();
        journal.settle(&of([77_777_777])).unwrap();
        assert!(files() < before);
        journal.settle(&of([0])).unwrap();
        drop(journal);
        let (_, left) = Journal::open(folder.path()).unwrap();
        let Left::These(left) = left else { panic!("there is a journal") };
        assert!(left.len() <= 1 + 2 * 65_536, "{}", left.len());
    }
}
