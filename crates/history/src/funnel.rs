//! Funnels: how many go how far along steps in order.
//!
//! Steps must follow one another strictly by (time, arrival); other events may come between. With
//! a window, the whole chain must lie within it, counted from its first step; any first step may
//! start the chain that goes farthest.

use model::value::ValueKey;
use model::{Span, Timestamp};
use segment::tree::EventMatch;

use crate::evaluate::{Evaluator, QueryError};

/// What is asked.
#[derive(Clone, Debug, PartialEq)]
pub struct Funnel {
    /// The steps in order.
    pub steps: Vec<EventMatch>,
    /// From the first step of a chain to its last at the most.
    pub window: Option<Span>,
    /// Chains stay within one value of this property (such as a session); nothing: within a user.
    pub per: Option<model::Text>,
}

/// Whose chain, (time, arrival), and which step.
type Hit = ((u32, Option<ValueKey>), (i64, u64), u32);

/// How many users (or values of `per`) reached each step. Cost: one pass per step and one sort.
pub fn funnel(evaluator: &Evaluator, funnel: &Funnel) -> Result<Vec<u64>, QueryError> {
    let mut hits: Vec<Hit> = Vec::new();
    let per: Vec<&str> = funnel.per.as_deref().into_iter().collect();
    for (step, of) in funnel.steps.iter().enumerate() {
        let source = evaluator.source(of, (Timestamp::MIN, evaluator.at), &per)?;
        source.each(0..evaluator.snapshot.n_places() as u32, |hit| {
            let key = (!per.is_empty()).then(|| hit.value(0).and_then(|value| value.key()));
            if key != Some(None) {
                hits.push(((hit.user, key.flatten()), (hit.time, hit.arrival()), step as u32));
            }
        });
    }
    hits.sort_unstable();
    let mut reached = vec![0; funnel.steps.len()];
    for own in hits.chunk_by(|a, b| a.0 == b.0) {
        let farthest = farthest(own.iter().map(|hit| (hit.1, hit.2)), funnel);
        reached[..farthest].iter_mut().for_each(|count| *count += 1);
    }
    Ok(reached)
}

/// How many steps the best chain has. For every step the latest possible start is kept: a chain
/// that started later has more of its window left, so no other can go farther.
fn farthest(hits: impl Iterator<Item = ((i64, u64), u32)>, funnel: &Funnel) -> usize {
    let mut starts: Vec<Option<i64>> = vec![None; funnel.steps.len()];
    let (mut now, mut reached) = (None, Vec::new());
    for (place, step) in hits {
        // One event may match several steps, but serves only one step of a chain.
        if now != Some(place) {
            apply(&mut starts, &mut reached);
            now = Some(place);
        }
        let start = match step {
            0 => Some(place.0),
            _ => starts[step as usize - 1],
        };
        let inside = |start: &i64| funnel.window.is_none_or(|window| place.0 - start <= window.0);
        reached.extend(start.filter(inside).map(|start| (step, start)));
    }
    apply(&mut starts, &mut reached);
    starts.iter().take_while(|start| start.is_some()).count()
}

fn apply(starts: &mut [Option<i64>], reached: &mut Vec<(u32, i64)>) {
    for (step, start) in reached.drain(..) {
        let held = &mut starts[step as usize];
        *held = Some(held.map_or(start, |held| held.max(start)));
    }
}
