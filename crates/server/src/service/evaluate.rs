//! Segments counted by one evaluator, and what their conditions cost.

use std::time::Instant;

use history::{Answered, ConditionCost as Cost, Evaluator, QueryError};
use segment::Predicate;
use wire::api::{
    Analysis, ConditionAnswered, ConditionCost, Definition, EvaluateInput, EvaluateItem, Evaluated,
    EvaluatedSegment,
};

use super::{Service, share};
use crate::failure::Failure;

/// Segments of one question at most: each keeps its conditions' sets until all are counted.
const SEGMENTS_MAX: usize = 200;

impl Service {
    /// Counts several segments; conditions that they have in common are answered once.
    pub fn evaluate(&self, input: &EvaluateInput) -> Result<Evaluated, Failure> {
        let n = input.segments.len();
        if n == 0 || n > SEGMENTS_MAX {
            let message = format!("`segments` has {n} entries; ask for 1 to {SEGMENTS_MAX}");
            return Err(Failure::bad_request("request.limit", message));
        }
        let predicates = input
            .segments
            .iter()
            .map(|item| self.predicate_of(item))
            .collect::<Result<Vec<_>, _>>()?;
        let view = self.view(input.as_of.as_deref(), input.known_at.as_deref())?;
        let started = Instant::now();
        let evaluator = view.evaluator();
        let users = evaluator.everybody().len();
        let counts = counts(&evaluator, predicates.iter());
        let segments = counts.into_iter().zip(&predicates).map(|(count, predicate)| {
            let count = count?;
            let text = view.sight.text(predicate);
            Ok(EvaluatedSegment { count, share: share(count, users), text })
        });
        Ok(Evaluated {
            as_of: view.at.to_string(),
            users,
            segments: segments.collect::<Result<_, Failure>>()?,
            took_ms: started.elapsed().as_secs_f64() * 1e3,
        })
    }

    fn predicate_of(&self, item: &EvaluateItem) -> Result<Predicate, Failure> {
        match (&item.definition, &item.segment) {
            (Some(Definition(definition)), None) => self.definition(definition),
            (None, Some(id)) => self.saved_predicate(id),
            _ => {
                let message = "each of `segments` has either `definition` or `segment`";
                Err(Failure::bad_request("request.shape", message))
            }
        }
    }
}

/// How many users each segment holds for.
pub fn counts<'p>(
    evaluator: &Evaluator,
    predicates: impl Iterator<Item = &'p Predicate>,
) -> Vec<Result<u64, QueryError>> {
    predicates.map(|predicate| Ok(evaluator.members(predicate)?.len())).collect()
}

/// What an evaluator recorded, in the form of the API.
pub fn analysis(evaluator: &Evaluator) -> Analysis {
    let total = evaluator.reads();
    Analysis {
        conditions: evaluator.costs().into_iter().map(written).collect(),
        parts: total.parts,
        rows: total.rows,
        bytes: total.bytes,
    }
}

fn written(cost: Cost) -> ConditionCost {
    let (answered, candidates) = match cost.answered {
        Answered::Fresh => (ConditionAnswered::Everybody, None),
        Answered::Among(users) => (ConditionAnswered::Candidates, Some(users)),
        Answered::Remembered => (ConditionAnswered::Remembered, None),
    };
    ConditionCost {
        text: segment::print(&cost.condition),
        depth: cost.depth,
        answered,
        candidates,
        users: cost.users,
        parts: cost.reads.parts,
        rows: cost.reads.rows,
        bytes: cost.reads.bytes,
        took_ms: cost.micros as f64 / 1e3,
    }
}
