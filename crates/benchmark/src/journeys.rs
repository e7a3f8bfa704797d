//! Journeys under load: the fold alone, and the past of many played again.
//!
//! What it is: what `perennial bench journeys` measures with, in this process. What it is not: it starts no server,
//! reads no clock but for measuring, and sends nothing.

mod many;
mod past;
mod world;

use std::sync::Arc;
use std::time::Instant;

use engine::journey::{
    Action, Again, Book, Happening, Journey, Journeys, Moves, Occurred, Path, Since, Standing,
    Step, Wait,
};
use experiment::assign::{Arms, Share};
use model::{Event, EventId, Span, Text, Timestamp, UserIndex};
use segment::live::Matches;
use segment::tree::EventMatch;
use serde::Serialize;

use crate::live::alone::rules;
use crate::machine::{memory, milliseconds, quantile};
use world::Silent;

pub use many::{Many, measure as many};
pub use past::{Played, play};

/// What is hoped for: steps a second on a core, bytes of a person who waits, seconds for timers of one instant,
/// milliseconds by which 99 timers of a hundred are late at most.
pub const TARGETS: Targets = Targets {
    steps_per_second: 200_000.0,
    bytes_waiting: 150.0,
    drain_seconds: 15.0,
    late_ms: 10.0,
};

/// People that are let go between two events, as the writer does.
const AT_ONCE: usize = 500;

const HOUR: Span = Span(3_600_000);

/// What is hoped for.
#[derive(Clone, Copy, Debug)]
pub struct Targets {
    /// Steps a second on a core, at least.
    pub steps_per_second: f64,
    /// Bytes of a person who waits, at most.
    pub bytes_waiting: f64,
    /// Seconds until everybody is through whose time comes at one instant, at most.
    pub drain_seconds: f64,
    /// Milliseconds by which 99 of a hundred timers are late in a server under load, at most.
    pub late_ms: f64,
}

/// What came out.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Measured {
    /// Steps that were taken for the first figure.
    pub steps: u64,
    /// Steps a second, one thread.
    pub steps_per_second: f64,
    /// People who wait at the same time.
    pub waiting: u32,
    /// Bytes of each, as the system counts memory; nothing where it does not tell.
    pub bytes_waiting: Option<f64>,
    /// Seconds to let all of them go, at one instant, with events of others in between.
    pub drain_seconds: f64,
    /// How many events came in between.
    pub events_between: u64,
    /// Milliseconds from when such an event came until it was through, the median.
    pub event_ms_median: f64,
    /// Of 99 % of them at most.
    pub event_ms_p99: f64,
    /// The longest.
    pub event_ms_max: f64,
}

/// Measures the fold with so many people who wait.
pub fn measure(waiting: u32) -> Measured {
    let (steps, seconds) = steps(waiting.min(200_000));
    let (held, bytes) = everybody_waits(waiting);
    let (drain_seconds, mut events) = drain(held, waiting);
    let events_between = events.len() as u64;
    Measured {
        steps,
        steps_per_second: steps as f64 / seconds,
        waiting,
        bytes_waiting: bytes,
        drain_seconds,
        events_between,
        event_ms_median: quantile(&mut events, 0.5),
        event_ms_p99: quantile(&mut events, 0.99),
        event_ms_max: quantile(&mut events, 1.0),
    }
}

fn way(id: &str, next: Option<u16>) -> Path {
    Path { id: Text::new(id), next }
}

fn step(id: &str, action: Action) -> Step {
    Step { id: Text::new(id), action }
}

fn event_named(name: &str) -> Happening {
    let matches = Matches::of(&EventMatch::named(name), &rules());
    Happening::Event(matches.unwrap_or_else(|| unreachable!("a name alone is told from one event")))
}

fn journey(entry: &str, steps: Vec<Step>) -> Journey {
    Journey {
        id: Text::new("measured"),
        version: 1,
        current: true,
        entry: Some(event_named(entry)),
        audience: None,
        again: Again::Always,
        key: None,
        control: Share::NONE,
        groups: Vec::new(),
        transactional: false,
        goals: Vec::new(),
        exits: Vec::new(),
        timeout: Span::days(90),
        priority: 50,
        steps,
        standing: Standing::Running,
        since: Timestamp::MIN,
        published_at: Timestamp::MIN,
        moves: Moves::new(),
    }
}

fn event(n: u128, name: &str, time: Timestamp) -> Arc<Event> {
    let id = EventId(n << 32 | 1 << 127);
    Arc::new(Event { name: Text::new(name), time, id, properties: Vec::new() })
}

/// A journey of waits for time and for events, a draw and an end: everybody takes eight steps.
fn long() -> Journey {
    let arms = Arms::equal(["a", "b"].map(Text::new));
    let arms = arms.unwrap_or_else(|error| unreachable!("two equal arms: {error}"));
    let wait =
        |next| Action::Wait { wait: Wait::For { span: HOUR, until: None }, next: Some(next) };
    let wait_for = |next| Action::WaitFor {
        any: vec![(way("did", Some(next)), event_named("Purchase"))],
        within: HOUR,
        otherwise: Some(next),
        since: Since::Step,
    };
    let draw =
        Action::Random { arms, paths: vec![way("a", Some(4)), way("b", Some(5))], anew: true };
    journey(
        "Start",
        vec![
            step("first", wait(1)),
            step("second", wait_for(2)),
            step("third", wait(3)),
            step("draw", draw),
            step("one", wait_for(6)),
            step("other", wait_for(6)),
            step("last", wait(7)),
            step("end", Action::Wait { wait: Wait::For { span: HOUR, until: None }, next: None }),
        ],
    )
}

/// Steps that were told, and in how many seconds: entries, time, and events that let people go.
fn steps(users: u32) -> (u64, f64) {
    let mut world = Silent::default();
    let mut journeys = Journeys::new(Arc::new(Book::new(vec![Arc::new(long())])));
    let began = Instant::now();
    let mut now = Timestamp(1_700_000_000_000);
    let mut n = 0u128;
    for user in 0..users {
        n += 1;
        let start = event(n, "Start", now);
        let of = (n as u64, true);
        journeys.occurred(UserIndex(user), Occurred::Event(&start), of, &mut world);
        now = now.plus(Span(7));
    }
    while let Some(next) = journeys.next() {
        now = now.max(next).plus(Span(60_000));
        while journeys.due(now, AT_ONCE, &mut world) {}
        // A few do what others wait for in vain.
        for user in (0..users).step_by(997) {
            n += 1;
            let purchase = event(n, "Purchase", now);
            let of = (n as u64, true);
            journeys.occurred(UserIndex(user), Occurred::Event(&purchase), of, &mut world);
        }
    }
    (world.told, began.elapsed().as_secs_f64())
}

/// Everybody waits until one instant, and what that costs each.
fn everybody_waits(users: u32) -> (Journeys, Option<f64>) {
    let wait = Action::Wait { wait: Wait::For { span: HOUR, until: None }, next: Some(1) };
    let last = Action::Wait { wait: Wait::For { span: HOUR, until: None }, next: None };
    let of = journey("Start", vec![step("wait", wait), step("last", last)]);
    let mut world = Silent::default();
    let mut journeys = Journeys::new(Arc::new(Book::new(vec![Arc::new(of)])));
    let before = memory("RssAnon");
    for user in 0..users {
        let start = event(u128::from(user) + 1, "Start", Timestamp(0));
        let of = (u64::from(user) + 1, true);
        journeys.occurred(UserIndex(user), Occurred::Event(&start), of, &mut world);
    }
    let after = memory("RssAnon");
    let bytes = before.zip(after).map(|(before, after)| after.saturating_sub(before) as f64);
    (journeys, bytes.map(|bytes| bytes / f64::from(users.max(1))))
}

/// Lets all of them go, a slice after the other; in between comes an event of somebody else, and is through.
/// Seconds, and for how many milliseconds each event waited.
fn drain(mut journeys: Journeys, users: u32) -> (f64, Vec<f64>) {
    let mut world = Silent::default();
    let now = Timestamp(HOUR.0);
    let began = Instant::now();
    let mut waited = Vec::new();
    let mut n = u128::from(users) + 1;
    loop {
        // The event comes just as a slice begins.
        let came = Instant::now();
        let more = journeys.due(now, AT_ONCE, &mut world);
        n += 1;
        let start = event(n, "Start", now);
        let of = (n as u64, true);
        let stranger = UserIndex(users.saturating_add(waited.len() as u32));
        journeys.occurred(stranger, Occurred::Event(&start), of, &mut world);
        waited.push(milliseconds(came));
        if !more {
            return (began.elapsed().as_secs_f64(), waited);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everybody_takes_every_step_and_goes_at_their_instant() {
        // In, seven moves, and out.
        let (told, _) = steps(100);
        assert_eq!(told, 100 * 8);
        let (journeys, _) = everybody_waits(2_000);
        assert_eq!(journeys.n_positions(), 2_000);
        assert_eq!(journeys.next().map(|at| at.0 <= HOUR.0), Some(true));
        let (_, events) = drain(journeys, 2_000);
        assert_eq!(events.len(), 2_000 / AT_ONCE);
    }
}
