//! Chains whose steps come in any order: as many different steps as possible, each by an event of
//! its own, inside the window.

use super::{Funnel, Hit, Place, Reached};

/// An event and the steps it can be, as bits.
type Event = (Place, u32);

/// How the first, second… different step was reached first.
pub(super) fn any_order(own: &[Hit], funnel: &Funnel) -> Vec<Option<Reached>> {
    let n = funnel.steps.len();
    let (from, until) = (funnel.begins.0.0, funnel.begins.1.0);
    let events: Vec<Event> = own
        .chunk_by(|a, b| a.place == b.place)
        .map(|event| (event[0].place, event.iter().fold(0, |bits, hit| bits | 1 << hit.step)))
        .filter(|(place, _)| place.0 >= from)
        .collect();
    let mut reached: Vec<Option<Reached>> = Vec::with_capacity(n);
    let mut first = 0;
    for (last, (place, _)) in events.iter().enumerate() {
        while funnel.window.is_some_and(|window| place.0 - events[first].0.0 > window.0) {
            first += 1;
        }
        let window = &events[first..=last];
        while reached.len() < n {
            let Some(start) = latest_start(window, reached.len() + 1, until) else { break };
            reached.push(Some(Reached {
                at: *place,
                from_start: (!reached.is_empty()).then(|| place.0 - start.0),
                from_before: None,
                times_before: None,
            }));
        }
        if reached.len() == n {
            break;
        }
    }
    reached.resize(n, None);
    reached
}

/// The latest event that can begin a chain of `n` steps within a window. Adding an event can only
/// make more steps possible, and the chain can always be made to contain the event it begins with.
fn latest_start(window: &[Event], n: usize, until: i64) -> Option<Place> {
    let mut steps = Matching::default();
    for (place, bits) in window.iter().rev() {
        steps.add(*bits);
        if steps.len() >= n && place.0 <= until {
            return Some(*place);
        }
    }
    None
}

/// Steps that have an event each, as many as possible.
/// Algorithm: H. W. Kuhn, "The Hungarian method for the assignment problem", augmenting paths.
#[derive(Default)]
struct Matching {
    /// By step: the steps that its event could also be.
    taken: [Option<u32>; 32],
    len: usize,
}

impl Matching {
    fn len(&self) -> usize {
        self.len
    }

    fn add(&mut self, bits: u32) {
        let mut seen = 0;
        if self.place(bits, &mut seen) {
            self.len += 1;
        }
    }

    /// Gives an event a step, moving others if that helps.
    fn place(&mut self, bits: u32, seen: &mut u32) -> bool {
        for step in 0..self.taken.len() {
            let bit = 1 << step;
            if bits & bit == 0 || *seen & bit != 0 {
                continue;
            }
            *seen |= bit;
            let free = match self.taken[step] {
                None => true,
                Some(other) => self.place(other, seen),
            };
            if free {
                self.taken[step] = Some(bits);
                return true;
            }
        }
        false
    }
}
