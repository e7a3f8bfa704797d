//! Many records into a workspace, by the way that live events take: batches wait for the writer
//! while the next ones are made, and everything is durable when it returns.

use std::collections::{HashSet, VecDeque};

use model::{EventId, Record};

use crate::workspace::{Counts, Receipt, SubmitError, Workspace};

/// Records of one batch: few enough to be quick, many enough that the queue is no cost.
pub const BATCH: usize = 2_000;

/// Batches that wait for an answer: bounds memory while the writer is busy.
const WAITING: usize = 16;

/// Deliveries that a dry run remembers, to tell of repetitions within a file: 32 MB. Of a longer file,
/// repetitions farther apart are told as accepted.
const REMEMBERED: usize = 1 << 20;

/// A stream of records into a workspace.
pub struct Filler<'a> {
    workspace: &'a Workspace,
    source: &'a str,
    batch: Vec<Record>,
    waiting: VecDeque<Receipt>,
    counts: Counts,
    left_out: u64,
    /// Deliveries so far, where nothing is stored.
    dry: Option<HashSet<EventId>>,
}

impl<'a> Filler<'a> {
    /// Nothing yet. `source`: under what the schema's findings are noted.
    pub fn new(workspace: &'a Workspace, source: &'a str) -> Filler<'a> {
        Filler {
            workspace,
            source,
            batch: Vec::with_capacity(BATCH),
            waiting: VecDeque::new(),
            counts: Counts::default(),
            left_out: 0,
            dry: None,
        }
    }

    /// The same, and nothing is stored: its counts are what would be.
    pub fn dry(workspace: &'a Workspace, source: &'a str) -> Filler<'a> {
        Filler { dry: Some(HashSet::new()), ..Filler::new(workspace, source) }
    }

    /// Records that the schema did not let in; after [`Filler::finish`], of all.
    pub fn left_out(&self) -> u64 {
        self.left_out
    }

    /// Adds a record. What came of it shows later.
    pub fn push(&mut self, record: Record) -> Result<(), SubmitError> {
        self.batch.push(record);
        if self.batch.len() < BATCH { Ok(()) } else { self.flush() }
    }

    /// What is known to be durable.
    pub fn counts(&self) -> Counts {
        self.counts
    }

    /// Waits until everything is durable.
    pub fn finish(&mut self) -> Result<Counts, SubmitError> {
        self.flush()?;
        while let Some(receipt) = self.waiting.pop_front() {
            self.add(receipt)?;
        }
        Ok(self.counts)
    }

    fn flush(&mut self) -> Result<(), SubmitError> {
        if self.batch.is_empty() {
            return Ok(());
        }
        if self.waiting.len() >= WAITING
            && let Some(receipt) = self.waiting.pop_front()
        {
            self.add(receipt)?;
        }
        let batch = std::mem::replace(&mut self.batch, Vec::with_capacity(BATCH));
        let n = batch.len();
        if self.dry.is_some() {
            let batch = self.workspace.would_admit(batch);
            self.left_out += (n - batch.len()) as u64;
            return self.try_out(batch);
        }
        let (batch, let_in) = self.workspace.admit_counted(self.source, batch);
        self.left_out += (n - let_in) as u64;
        self.waiting.push_back(self.workspace.enqueue(batch)?);
        Ok(())
    }

    /// Counts what a batch would come to.
    fn try_out(&mut self, batch: Vec<Record>) -> Result<(), SubmitError> {
        let Some(seen) = &mut self.dry else { return Ok(()) };
        let (mut fresh, mut repeated) = (Vec::with_capacity(batch.len()), 0);
        for record in batch {
            match record.delivery() {
                Some(id) if seen.contains(&id) => repeated += 1,
                Some(id) => {
                    if seen.len() < REMEMBERED {
                        seen.insert(id);
                    }
                    fresh.push(record);
                }
                None => fresh.push(record),
            }
        }
        let Counts { accepted, duplicates } = self.workspace.would_count(fresh)?;
        self.counts.accepted += accepted;
        self.counts.duplicates += duplicates + repeated;
        Ok(())
    }

    fn add(&mut self, receipt: Receipt) -> Result<(), SubmitError> {
        let Counts { accepted, duplicates } = receipt.wait()?;
        self.counts.accepted += accepted;
        self.counts.duplicates += duplicates;
        Ok(())
    }
}
