//! Chains whose steps come in order, in one pass over a user's hits.

use super::{Funnel, Hit, Order, Place, Reached};

/// The latest chain up to one step.
///
/// Of chains that end in one step, the one that ends latest also started latest: its predecessor
/// is the latest there was, and so on down. So it has most of every window left, and no other need
/// be kept.
#[derive(Clone, Copy)]
struct State {
    start: Place,
    last: Place,
    /// How many things the user had done with the last step.
    with: u32,
}

/// How each step was reached first. `own` are the hits of one user and held value, by place; with a
/// `group`, only first steps of it count.
pub(super) fn ordered(own: &[Hit], funnel: &Funnel, group: Option<u16>) -> Vec<Option<Reached>> {
    let n = funnel.steps.len();
    let mut states: Vec<Option<State>> = vec![None; n];
    let mut reached: Vec<Option<Reached>> = vec![None; n];
    let mut fresh: Vec<(usize, State)> = Vec::new();
    // One event may match several steps, but serves only one step of a chain.
    for event in own.chunk_by(|a, b| a.place == b.place) {
        for hit in event {
            let step = usize::from(hit.step);
            let before = step.checked_sub(1).map(|before| states[before]);
            let start = match before {
                None if starts(hit, funnel, group) => hit.place,
                Some(Some(before)) if follows(before, hit, funnel) => before.start,
                _ => continue,
            };
            fresh.push((step, State { start, last: hit.place, with: hit.with }));
            if reached[step].is_none() {
                let before = before.flatten();
                reached[step] = Some(Reached {
                    at: hit.place,
                    from_start: before.map(|_| hit.place.0 - start.0),
                    from_before: before.map(|before| hit.place.0 - before.last.0),
                    times_before: before.map(|_| times(own, step - 1, (start, hit.place), group)),
                });
            }
        }
        for (step, state) in fresh.drain(..) {
            states[step] = Some(state);
        }
        if reached[n - 1].is_some() {
            break;
        }
    }
    reached
}

fn starts(hit: &Hit, funnel: &Funnel, group: Option<u16>) -> bool {
    let (from, to) = funnel.begins;
    (from.0..=to.0).contains(&hit.place.0) && group.is_none_or(|group| group == hit.group)
}

fn follows(before: State, hit: &Hit, funnel: &Funnel) -> bool {
    let time = hit.place.0;
    let step_window = funnel.step_windows.get(usize::from(hit.step)).copied().flatten();
    funnel.window.is_none_or(|window| time - before.start.0 <= window.0)
        && step_window.is_none_or(|window| time - before.last.0 <= window.0)
        && (funnel.order != Order::Strict || hit.before == before.with)
}

/// How often a step was done from one place on and before another.
fn times(own: &[Hit], step: usize, (from, to): (Place, Place), group: Option<u16>) -> u64 {
    let inside = |hit: &&Hit| {
        usize::from(hit.step) == step
            && from <= hit.place
            && hit.place < to
            && (step > 0 || group.is_none_or(|group| group == hit.group))
    };
    own.iter().filter(inside).count() as u64
}
