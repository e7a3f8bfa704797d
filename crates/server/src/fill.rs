//! Many records into a workspace, by the way that live events take: batches wait for the writer
//! while the next ones are made, and everything is durable when it returns.

use std::collections::VecDeque;

use model::Record;

use crate::workspace::{Counts, Receipt, SubmitError, Workspace};

/// Records of one batch: few enough to be quick, many enough that the queue is no cost.
pub const BATCH: usize = 2_000;

/// Batches that wait for an answer: bounds memory while the writer is busy.
const WAITING: usize = 16;

/// A stream of records into a workspace.
pub struct Filler<'a> {
    workspace: &'a Workspace,
    source: &'a str,
    batch: Vec<Record>,
    waiting: VecDeque<Receipt>,
    counts: Counts,
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
        }
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
    pub fn finish(mut self) -> Result<Counts, SubmitError> {
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
        let batch = self.workspace.admit(self.source, batch);
        self.waiting.push_back(self.workspace.enqueue(batch)?);
        Ok(())
    }

    fn add(&mut self, receipt: Receipt) -> Result<(), SubmitError> {
        let Counts { accepted, duplicates } = receipt.wait()?;
        self.counts.accepted += accepted;
        self.counts.duplicates += duplicates;
        Ok(())
    }
}
