//! Erasing a person from everything that a data directory holds.
//!
//! What it is: first the writer, between two groups of records, writes down durably what is to be done
//! and takes the person out of everything in memory, so that no answer after that has them; then this
//! rewrites the files beside it: a checkpoint without them, the log where it stands, the configuration;
//! and at last it looks for the ids in every file. What it is not: it does not reach backups and
//! exports; the receipt names them.
//!
//! Invariants:
//! - the intent names the position of the log at which it happened. A replay does the same when it
//!   comes to that position, and a checkpoint has it exactly if it lies after it: a mark of its own
//!   frame stands there;
//! - the log is rewritten only after such a checkpoint, in closed files, frame by frame at the same
//!   length, each file by renaming, so that every crash leaves a log that can be replayed;
//! - the ids leave the configuration last, when nothing more is to be done.

use std::collections::{BTreeMap, HashSet};
use std::io::Read;
use std::sync::PoisonError;
use std::time::Duration;

use ::log::Offset;
use engine::IdentityGraph;
use model::{About, EventId, Facts, Identity, Record, Text, What};
use serde::{Deserialize, Serialize};
use wire::api::{
    ErasedBackup, ErasedPlace, ErasureFinding, ErasureReceipt, ErasureState, ErasureVerification,
};

use super::writer::{Erasing, Struck};
use super::*;
use crate::config::privacy::{Known, Purged, SavedErasure, SavedSuppression};
use crate::privacy::{Hash, Salt, WORD_BYTES_MIN, hex, names, words, words_from};

/// How long files that somebody still reads are waited for before the receipt says so.
const READERS_MAX: Duration = Duration::from_secs(60);

/// How often it is looked whether they are gone.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// Bytes of a file that are looked through at once.
const PIECE_BYTES: u64 = 4 * 1024 * 1024;

/// Bytes of the random part of an id.
const ID_BYTES: usize = 8;

/// What cannot be known here.
const OUT_OF_REACH: [&str; 3] = [
    "exports and access copies that somebody downloaded",
    "messages that webhooks and streams delivered before",
    "the systems that send records here: unless they stop, they send the person again",
];

/// What is still to be done of an erasure.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Intent {
    /// Where in the log it happened.
    pub(crate) position: u64,
    pub(crate) public_id: String,
    user_ids: Vec<String>,
    /// All that are theirs now.
    anonymous_ids: Vec<String>,
    /// Those that were never anybody else's.
    own_devices: Vec<String>,
    /// As `label:value`.
    identities: Vec<String>,
}

/// A wish to erase somebody.
pub struct EraseWish<'a> {
    /// An id of theirs.
    pub id: &'a str,
    /// Nothing of them is taken any more.
    pub suppress: bool,
    /// By whom.
    pub by: &'a str,
}

/// What the writer noted when it took somebody out.
type Begun = Arc<Mutex<Option<(Intent, Purged)>>>;

/// Which records of the log are theirs.
struct Theirs {
    deliveries: HashSet<EventId>,
    deciding: HashSet<String>,
    named: HashSet<String>,
}

impl Intent {
    fn of(graph: &IdentityGraph, own_devices: &[Text], position: u64) -> Intent {
        let texts = |ids: &mut dyn Iterator<Item = &Text>| ids.map(ToString::to_string).collect();
        let identities = graph.identities();
        Intent {
            position,
            public_id: graph.public_id.to_string(),
            user_ids: texts(&mut graph.user_ids()),
            anonymous_ids: texts(&mut graph.anonymous_ids()),
            own_devices: texts(&mut own_devices.iter()),
            identities: identities.map(|of| format!("{}:{}", of.label, of.value)).collect(),
        }
    }

    /// Every id, as people write it.
    pub(crate) fn ids(&self) -> impl Iterator<Item = &String> {
        self.user_ids.iter().chain(&self.anonymous_ids).chain(&self.identities)
    }

    /// What is looked for in files: ids, and values of identities as they are sent.
    fn words(&self) -> Vec<String> {
        let values = self.identities.iter().filter_map(|of| of.split_once(':'));
        let values = values.map(|(_, value)| value.to_owned());
        let all: HashSet<String> =
            self.user_ids.iter().chain(&self.anonymous_ids).cloned().chain(values).collect();
        all.into_iter().collect()
    }

    /// Hashes of all ids, in their own order.
    pub(crate) fn hashes(&self, salt: &Salt) -> Vec<Hash> {
        let mut hashes: Vec<Hash> = self.ids().map(|id| salt.hash(id)).collect();
        hashes.sort_unstable();
        hashes.dedup();
        hashes
    }
}

impl Theirs {
    fn of(intent: &Intent, deliveries: &[u8]) -> Theirs {
        let ids = deliveries.chunks_exact(16).filter_map(|bytes| bytes.try_into().ok());
        let Intent { user_ids, own_devices, identities, .. } = intent;
        Theirs {
            deliveries: ids.map(u128::from_le_bytes).map(EventId).collect(),
            deciding: user_ids.iter().chain(own_devices).chain(identities).cloned().collect(),
            named: intent.ids().cloned().collect(),
        }
    }

    /// What the history had of the person is theirs; of what it had no more, because it was too old,
    /// and of links, the ids decide.
    fn has(&self, record: &Record) -> bool {
        let written = |of: &model::Identity| format!("{}:{}", of.label, of.value);
        let who = &record.who;
        let named = |other: &Text| {
            let ids = who.user_id.iter().chain(&who.anonymous_id).chain([other]);
            ids.map(|id| id.as_str()).any(|id| self.named.contains(id))
                || who.identities.iter().any(|of| self.named.contains(&written(of)))
        };
        let delivery = match &record.what {
            What::Event(event) => event.id,
            What::Identify(change) => change.id,
            What::Facts(Facts { about: About::Address { address, .. }, .. }) => {
                let labels = [Identity::EMAIL, Identity::PHONE];
                let identity = |label: &str| named(&Text::from(format!("{label}:{address}")));
                return labels.into_iter().any(identity);
            }
            What::Facts(facts) => facts.id,
            What::Alias { previous: other } | What::Separate { separated: other } => {
                return named(other);
            }
        };
        let decides = || match (&who.user_id, who.identities.first(), &who.anonymous_id) {
            (Some(id), ..) | (None, None, Some(id)) => self.deciding.contains(id.as_str()),
            (None, Some(identity), _) => self.deciding.contains(&written(identity)),
            (None, None, None) => false,
        };
        self.deliveries.contains(&delivery) || decides()
    }
}

/// Forgets the messages about users of whom something is true; how many.
pub type Forgetting<'a> = dyn Fn(&dyn Fn(&str) -> bool) -> u64 + 'a;

impl Workspace {
    /// Takes a person out of every answer, durably. What stands in files goes with
    /// [`Workspace::finish_erasures`]. `None`: nobody has the id. Blocks its thread.
    ///
    /// Errors: the log refused, or the history cannot be read; nothing is erased then, or a start
    /// does it.
    pub fn erase(
        &self,
        wish: &EraseWish<'_>,
        forget_messages: &Forgetting<'_>,
    ) -> Result<Option<ErasureReceipt>, WorkspaceError> {
        // What waits to be written there would come back after it.
        self.errors.flush();
        let (id, at) = (new_id()?, self.now());
        let salt = Salt::of(&self.config)?;
        let receipt = Begun::default();
        let erasing = Erasing { id: wish.id.to_owned(), durable: self.intent(wish, &id, &receipt) };
        let Some(struck) = self.ask(|reply| Command::Erase(Box::new(erasing), reply))?? else {
            return Ok(None);
        };
        let begun = receipt.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some((intent, purged)) = begun else { return Ok(None) };
        let theirs: HashSet<&str> =
            intent.ids().map(String::as_str).chain([intent.public_id.as_str()]).collect();
        self.shared.hub.forget(&|user| theirs.contains(user));
        let messages = forget_messages(&|user| theirs.contains(user));
        if wish.suppress {
            self.suppressions_changed()?;
        }
        let mut receipt = begun_receipt((&id, at), wish, (&intent, &salt));
        receipt.places = places(&struck, purged, messages);
        self.config.put_receipt(&id, &written(&receipt))?;
        receipt.backups = self.backups_of_before(at)?;
        Ok(Some(receipt))
    }

    /// What the writer calls with what it is about to remove.
    fn intent(&self, wish: &EraseWish<'_>, id: &str, begun: &Begun) -> super::writer::Durable {
        let (config, begun) = (Arc::clone(&self.config), Arc::clone(begun));
        let (id, by, suppress, at) = (id.to_owned(), wish.by.to_owned(), wish.suppress, self.now());
        let asked = wish.id.to_owned();
        Box::new(move |graph, own_devices, position, deliveries| {
            let salt = Salt::of(&config)?;
            let intent = Intent::of(graph, own_devices, position);
            let wish = EraseWish { id: &asked, suppress, by: &by };
            let receipt = written(&begun_receipt((&id, at), &wish, (&intent, &salt)));
            let bytes = deliveries.iter().flat_map(|id| id.0.to_le_bytes()).collect();
            let body = serde_json::to_string(&intent).unwrap_or_default();
            let erasure =
                SavedErasure { id: id.clone(), receipt, intent: Some(body), deliveries: bytes };
            let suppression = suppress.then(|| SavedSuppression {
                id: id.clone(),
                at: at.0,
                who: by.clone(),
                reason: "erased".into(),
                hashes: intent.hashes(&salt),
            });
            let ids: Vec<String> = intent.ids().cloned().collect();
            let named: HashSet<String> = ids.iter().cloned().chain(intent.words()).collect();
            let known = Known { ids: &ids, named: &|text| names(text, &named) };
            let purged = config.begin_erasure((&erasure, at.0), suppression.as_ref(), &known)?;
            *begun.lock().unwrap_or_else(PoisonError::into_inner) = Some((intent, purged));
            Ok(())
        })
    }

    /// Rewrites the files of every erasure that has not come to its end, those of earlier runs too.
    /// Blocks its thread for as long as that takes; one at a time.
    ///
    /// Errors: that of the first that fails. It stays to be done.
    pub fn finish_erasures(&self) -> Result<(), WorkspaceError> {
        let _one = self.erasing.lock().unwrap_or_else(PoisonError::into_inner);
        let mut pending = self.config.erasures()?;
        pending.retain(|erasure| erasure.intent.is_some());
        for erasure in pending.iter().rev() {
            if let Err(error) = self.finish(erasure) {
                if let Ok(mut receipt) = serde_json::from_str::<ErasureReceipt>(&erasure.receipt) {
                    receipt.failed = Some(error.to_string());
                    self.config.put_receipt(&erasure.id, &written(&receipt))?;
                }
                return Err(error);
            }
        }
        Ok(())
    }

    /// The erasures as their receipts say, newest first.
    pub fn erasures(&self) -> Result<Vec<ErasureReceipt>, WorkspaceError> {
        let all = self.config.erasures()?;
        let receipts = all.iter().filter_map(|saved| serde_json::from_str(&saved.receipt).ok());
        receipts
            .map(|receipt: ErasureReceipt| {
                let asked = Timestamp::parse(&receipt.asked_at).unwrap_or(Timestamp::MAX);
                Ok(ErasureReceipt { backups: self.backups_of_before(asked)?, ..receipt })
            })
            .collect()
    }

    fn finish(&self, erasure: &SavedErasure) -> Result<(), WorkspaceError> {
        let SavedErasure { id, intent, deliveries, .. } = erasure;
        let Some(intent) = intent else { return Ok(()) };
        let unreadable = |error: serde_json::Error| WorkspaceError::Erasure(error.to_string());
        let intent: Intent = serde_json::from_str(intent).map_err(unreadable)?;
        let mut receipt: ErasureReceipt =
            serde_json::from_str(&erasure.receipt).map_err(unreadable)?;
        self.checkpoint()?;
        self.let_files_go()?;
        let (files, records) = self.rewrite_log(&intent, deliveries)?;
        let how = format!(
            "records were overwritten where they stand in {files} files of the log, which keeps its \
             length"
        );
        receipt.places.push(ErasedPlace { place: "log".into(), removed: records, how });
        receipt.failed = None;
        receipt.state = ErasureState::Done;
        receipt.done_at = Some(self.now().to_string());
        self.config.erasure_done(id, &written(&receipt))?;
        self.config.rewrite()?;
        receipt.verification = Some(self.verified(&intent)?);
        self.config.put_receipt(id, &written(&receipt))?;
        tracing::info!(erasure = id, "a person was erased");
        Ok(())
    }

    /// Waits until nobody reads a file that the last checkpoint does not name, and removes it.
    fn let_files_go(&self) -> Result<(), WorkspaceError> {
        let begun = std::time::Instant::now();
        loop {
            match self.ask(Command::Sweep)? {
                0 => return Ok(()),
                n if begun.elapsed() > READERS_MAX => {
                    return Err(WorkspaceError::Erasure(format!(
                        "{n} files of before are still being read by questions under way; it is \
                         tried again at the next erasure or start"
                    )));
                }
                _ => std::thread::sleep(LOOK_EVERY),
            }
        }
    }

    /// Overwrites their records in the closed files of the log; in how many files, how many records.
    fn rewrite_log(
        &self,
        intent: &Intent,
        deliveries: &[u8],
    ) -> Result<(u64, u64), WorkspaceError> {
        let theirs = Theirs::of(intent, deliveries);
        let (mut files, mut records, mut failed) = (0, 0, None);
        for first in self.reader.closed_segments(Offset(intent.position)) {
            let changed =
                self.reader.rewrite(
                    first,
                    &mut |at, payload| match wire::record::erase_records(payload, |record| {
                        theirs.has(record)
                    }) {
                        Ok(Some((payload, n))) => {
                            records += n;
                            Some(payload)
                        }
                        Ok(None) => None,
                        Err(source) => {
                            failed = Some(WorkspaceError::Record { offset: at.0, source });
                            None
                        }
                    },
                )?;
            if let Some(error) = failed.take() {
                return Err(error);
            }
            files += u64::from(changed > 0);
        }
        Ok((files, records))
    }

    /// Looks for the ids in every file of the directory, backups left out.
    fn verified(&self, intent: &Intent) -> Result<ErasureVerification, WorkspaceError> {
        let all = intent.words();
        let (long, short): (Vec<String>, Vec<String>) =
            all.into_iter().partition(|word| word.len() >= WORD_BYTES_MIN);
        let count =
            |bytes: &[u8]| long.iter().map(|word| words(bytes, word.as_bytes())).sum::<u64>();
        let mut found: BTreeMap<String, u64> = BTreeMap::new();
        let history = self.dir.join("history");
        let read = ::history::each_text(&history, &mut |file, text| {
            let n = count(text);
            if n > 0 {
                *found.entry(format!("history/{file}")).or_default() += n;
            }
        })?;
        let (mut raw_files, mut bytes) = (0, read.bytes);
        for (name, path) in raw_files_of(&self.dir)? {
            let (length, n) = match count_in(&path, &long) {
                Ok(counted) => counted,
                // The log let it go meanwhile.
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
                Err(source) => return Err(WorkspaceError::Directory { dir: path, source }),
            };
            (raw_files, bytes) = (raw_files + 1, bytes + length);
            if n > 0 {
                *found.entry(name).or_default() += n;
            }
        }
        let found = found.into_iter().map(|(file, times)| ErasureFinding { file, times });
        Ok(ErasureVerification {
            at: self.now().to_string(),
            raw_files,
            decoded_files: read.files.len() as u64,
            bytes,
            ids: long.len() as u64,
            ids_too_short: short.len() as u64,
            found: found.collect(),
        })
    }

    /// Backups that were made up to an instant and are still there.
    pub fn backups_of_before(&self, at: Timestamp) -> Result<Vec<ErasedBackup>, WorkspaceError> {
        let made = self.config.backups()?;
        let there = made.into_iter().filter(|(folder, made_at)| {
            *made_at <= at.0 && Path::new(folder).join(backup::LIST).exists()
        });
        let shown = there.map(|(folder, made_at)| ErasedBackup {
            remedy: format!(
                "delete it, or erase there, too: perennial erase ID --data-dir {folder} --yes"
            ),
            folder,
            made_at: Timestamp(made_at).to_string(),
        });
        Ok(shown.collect())
    }
}

/// The bytes of a file, and how often any of these stands in it as a word. Cost: a piece in memory.
fn count_in(path: &Path, all: &[String]) -> std::io::Result<(u64, u64)> {
    let mut file = std::fs::File::open(path)?;
    // Enough behind a word to see where it ends, and before the next to see where it begins.
    let margin = all.iter().map(String::len).max().unwrap_or(0) + 1;
    let (mut piece, mut from, mut length, mut n) = (Vec::new(), 0, 0, 0);
    loop {
        let read = file.by_ref().take(PIECE_BYTES).read_to_end(&mut piece)?;
        length += read as u64;
        let last = (read as u64) < PIECE_BYTES;
        let to = if last { piece.len() } else { piece.len() - margin.min(piece.len()) };
        let to = to.max(from);
        n += all.iter().map(|word| words_from(&piece, word.as_bytes(), from..to)).sum::<u64>();
        if last {
            return Ok((length, n));
        }
        // One byte before what was not looked at stays in view.
        let gone = to.saturating_sub(1);
        piece.drain(..gone);
        from = to - gone;
    }
}

/// Every file that is read as it is: the log, the configuration and what SQLite keeps beside it.
fn raw_files_of(dir: &Path) -> Result<Vec<(String, PathBuf)>, WorkspaceError> {
    let mut files = Vec::new();
    for folder in ["", "log"] {
        let path = dir.join(folder);
        let failed = |source| WorkspaceError::Directory { dir: path.clone(), source };
        for entry in std::fs::read_dir(&path).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            if entry.file_type().map_err(failed)?.is_file() {
                let name = entry.file_name().to_string_lossy().into_owned();
                let name = if folder.is_empty() { name } else { format!("{folder}/{name}") };
                files.push((name, entry.path()));
            }
        }
    }
    files.sort_unstable();
    Ok(files)
}

fn begun_receipt(
    (id, at): (&str, Timestamp),
    wish: &EraseWish<'_>,
    (intent, salt): (&Intent, &Salt),
) -> ErasureReceipt {
    ErasureReceipt {
        id: id.to_owned(),
        state: ErasureState::Running,
        subject: intent.hashes(salt).iter().map(|hash| hex(hash)).collect(),
        salt: salt.text().to_owned(),
        asked_by: wish.by.to_owned(),
        asked_at: at.to_string(),
        done_at: None,
        failed: None,
        suppressed: wish.suppress,
        places: Vec::new(),
        backups: Vec::new(),
        out_of_reach: OUT_OF_REACH.iter().map(ToString::to_string).collect(),
        verification: None,
    }
}

fn places(struck: &Struck, purged: Purged, messages: u64) -> Vec<ErasedPlace> {
    let Struck { erased, persons } = struck;
    let place =
        |place: &str, removed: u64, how: String| ErasedPlace { place: place.into(), removed, how };
    let rows = format!(
        "rows left {} parts at once; {} files that held any are written anew",
        erased.parts, erased.files
    );
    vec![
        place("events", erased.events, rows.clone()),
        place("attribute_changes", erased.changes, rows.clone()),
        place("transitions", erased.transitions, rows),
        place("identity", *persons, "persons with all their ids, merged ones included".into()),
        place("live", *persons, "state of live segments, and the counts that they were in".into()),
        place("caches", 0, "columns and views of before are let go".into()),
        place("error_samples", purged.samples, "what was sent, where it named the person".into()),
        place("dead_letters", purged.letters, "messages to webhooks that were given up".into()),
        place("webhook_messages", messages, "messages to webhooks that waited".into()),
        place("test_user", purged.test_users, "flags".into()),
    ]
}

fn written(receipt: &ErasureReceipt) -> String {
    serde_json::to_string(receipt).unwrap_or_default()
}

/// A new random id.
pub(crate) fn new_id() -> Result<String, ConfigError> {
    let mut bytes = [0; ID_BYTES];
    getrandom::fill(&mut bytes).map_err(ConfigError::Random)?;
    Ok(hex(&bytes))
}

/// Erasures that a replay comes to, by their place in the log.
pub(super) fn pending(config: &Config) -> Result<Vec<Intent>, WorkspaceError> {
    let all = config.erasures()?;
    let intents = all.iter().filter_map(|erasure| erasure.intent.as_deref());
    let mut intents: Vec<Intent> = intents
        .map(|intent| {
            serde_json::from_str(intent).map_err(|e| WorkspaceError::Erasure(e.to_string()))
        })
        .collect::<Result<_, _>>()?;
    intents.sort_by_key(|intent| intent.position);
    Ok(intents)
}
