//! Thousands of journeys at once, and people who are in ten of them.

use std::sync::Arc;
use std::time::Instant;

use engine::journey::{Action, Book, Journeys, Occurred, Since, Wait};
use model::{Text, Timestamp, UserIndex};
use serde::Serialize;

use super::world::Silent;
use super::{AT_ONCE, HOUR, event, event_named, journey, step};

/// Journeys that an event of one name lets into.
const OF_A_NAME: u32 = 10;

/// What came out.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Many {
    /// Journeys that run.
    pub journeys: u32,
    /// People, each in ten of them.
    pub users: u32,
    /// Steps that were told until everybody was out.
    pub steps: u64,
    /// Steps a second, one thread.
    pub steps_per_second: f64,
    /// Events a second that concern nobody, of people who are in.
    pub others_per_second: f64,
}

/// Measures so many journeys with so many people.
pub fn measure(n_journeys: u32, users: u32) -> Many {
    let n_names = (n_journeys / OF_A_NAME).max(1);
    let journeys = (0..n_journeys).map(|n| {
        let wait_for = Action::WaitFor {
            any: vec![(super::way("did", Some(1)), event_named("Purchase"))],
            within: HOUR,
            otherwise: Some(1),
            since: Since::Step,
        };
        let rest = Action::Wait { wait: Wait::For { span: HOUR, until: None }, next: None };
        let entry = format!("Start {}", n % n_names);
        let steps = vec![step("waits", wait_for), step("rests", rest)];
        let mut journey = journey(&entry, steps);
        journey.id = Text::from(format!("journey-{n}"));
        Arc::new(journey)
    });
    let book = Arc::new(Book::new(journeys.collect()));
    let mut journeys = Journeys::new(book);
    let mut world = Silent::default();
    let began = Instant::now();
    let mut n = 0u64;
    let mut occurs = |journeys: &mut Journeys, world: &mut Silent, user: u32, name: &str, at| {
        n += 1;
        let event = event(u128::from(n), name, at);
        journeys.occurred(UserIndex(user), Occurred::Event(&event), (n, true), world);
    };
    let start = Timestamp(1_700_000_000_000);
    for user in 0..users {
        occurs(&mut journeys, &mut world, user, &format!("Start {}", user % n_names), start);
    }
    let mut seconds = began.elapsed().as_secs_f64();
    let idle = Instant::now();
    for user in 0..users {
        occurs(&mut journeys, &mut world, user, "Viewed", start);
    }
    let others_per_second = f64::from(users) / idle.elapsed().as_secs_f64();
    let began = Instant::now();
    // Half of them do what lets them go at once; the others go on by time.
    for user in (0..users).step_by(2) {
        occurs(&mut journeys, &mut world, user, "Purchase", start.plus(model::Span(1_000)));
    }
    while let Some(next) = journeys.next() {
        while journeys.due(next, AT_ONCE, &mut world) {}
    }
    seconds += began.elapsed().as_secs_f64();
    Many {
        journeys: n_journeys,
        users,
        steps: world.told,
        steps_per_second: world.told as f64 / seconds,
        others_per_second,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everybody_is_in_ten_and_goes_through() {
        let many = measure(200, 100);
        // In, on, and out, ten times each.
        assert_eq!(many.steps, 100 * 10 * 3);
    }
}
