//! Giving up: an evaluator looks at a mark before each condition, before each reading of events,
//! and between users that are decided one by one. A scan that has begun is finished first.

use std::sync::atomic::{AtomicBool, Ordering};

use model::Timestamp;
use segment::Rules;

use super::{Evaluator, QueryError};
use crate::snapshot::Snapshot;

impl<'a> Evaluator<'a> {
    /// The same evaluator, which gives up with [`QueryError::Cancelled`] soon after `stop` is set.
    pub fn cancelled_by(self, stop: &'a AtomicBool) -> Evaluator<'a> {
        Evaluator { stop: Some(stop), ..self }
    }

    /// An evaluator for another instant, cancelled by the same.
    pub fn at(&self, at: Timestamp) -> Evaluator<'a> {
        self.template().at(at)
    }

    /// What evaluators of other instants, on other threads, are made of.
    pub(crate) fn template(&self) -> Template<'a> {
        Template { snapshot: self.snapshot, rules: self.rules, stop: self.stop }
    }

    pub(crate) fn go_on(&self) -> Result<(), QueryError> {
        match self.stop.is_some_and(|stop| stop.load(Ordering::Relaxed)) {
            true => Err(QueryError::Cancelled),
            false => Ok(()),
        }
    }
}

/// See [`Evaluator::template`].
#[derive(Clone, Copy)]
pub(crate) struct Template<'a> {
    snapshot: &'a Snapshot,
    rules: &'a Rules,
    stop: Option<&'a AtomicBool>,
}

impl<'a> Template<'a> {
    /// An evaluator for one instant.
    pub(crate) fn at(&self, at: Timestamp) -> Evaluator<'a> {
        Evaluator { stop: self.stop, ..Evaluator::new(self.snapshot, self.rules, at) }
    }
}
