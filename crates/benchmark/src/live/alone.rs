//! The engine alone: records in memory in, transitions in memory out, one thread.

use std::time::Instant;

use engine::live::{Folded, Live, NoHistories, Transition};
use engine::{Fold, Step};
use model::{Record, Span, Text, Timestamp, Zone};
use segment::live::{DEFAULT_LIFECYCLE, Program, Watched, What};
use segment::tree::EventMatch;
use segment::{Lifecycle, RfmSettings, Rules, State};
use serde::Serialize;

use super::{Stream, definitions, states};
use crate::machine::milliseconds;

/// What is measured.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// Users.
    pub users: u32,
    /// Segments, beside the lifecycle.
    pub segments: usize,
    /// Events before the measurement, spread over thirty days.
    pub warm: u64,
    /// Events measured.
    pub events: u64,
    /// Events of one frame.
    pub frame: usize,
    /// Events in one second of the fold's clock.
    pub per_second: u64,
}

/// What came out.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Measured {
    /// Segments, beside the lifecycle.
    pub segments: usize,
    /// Users with any state.
    pub users: usize,
    /// Events a second, one thread.
    pub events_per_second: f64,
    /// Transitions told for each event.
    pub transitions_per_event: f64,
    /// Bytes of state of a user who did anything.
    pub bytes_per_user: f64,
    /// Milliseconds to work off what is due when a day passes without events, per thousand users.
    pub expiry_ms_per_thousand: f64,
}

/// Rules with the lifecycle of [`states`].
pub fn rules() -> Rules {
    let state = |(key, text): (&str, &str)| State {
        key: Text::new(key),
        name: Text::new(key),
        predicate: segment::parse(text).0,
    };
    Rules {
        zone: Zone::utc(),
        seed: 1,
        segments: Default::default(),
        composites: Default::default(),
        lifecycle: Lifecycle { states: states().into_iter().map(state).collect() },
        rfm: RfmSettings::of(EventMatch::named("Purchase"), None),
    }
}

/// So many segments, and the lifecycle.
pub fn watched(segments: usize, rules: &Rules) -> Vec<Watched> {
    let segment = |(n, text): (usize, String)| Watched {
        key: Text::from(format!("segment/bench-{n}")),
        what: What::Segment(segment::parse(&text).0),
    };
    let lifecycle = Watched {
        key: Text::new(DEFAULT_LIFECYCLE),
        what: What::Lifecycle(rules.lifecycle.states.clone()),
    };
    definitions(segments).into_iter().enumerate().map(segment).chain([lifecycle]).collect()
}

/// Measures the engine.
pub fn measure(settings: &Settings) -> Measured {
    let rules = rules();
    let (program, refused) = Program::compile(&rules, &watched(settings.segments, &rules), None);
    assert!(refused.is_empty(), "every definition can be watched: {refused:?}");
    let mut fold = Fold::new();
    let mut live = Live::new(program);
    let mut stream = Stream::new(settings.users, 7);
    let mut transitions = Vec::new();
    let start = Timestamp(crate::generate::END_MS);
    let warm_ms = Span::days(30).0;
    let mut feed = |n: u64, at: &dyn Fn(u64) -> Timestamp, live: &mut Live| {
        let (mut folded_ms, mut told, mut done) = (0.0, 0u64, 0u64);
        let mut records: Vec<Record> = Vec::new();
        while done < n {
            // Frames that span hours would be imports.
            let long = |n: u64| at(done + n - 1).0 - at(done).0 > Span::MINUTE.0 * 10;
            let mut frame = settings.frame.min((n - done) as usize);
            while frame > 1 && long(frame as u64) {
                frame /= 2;
            }
            records.clear();
            records.extend((0..frame as u64).map(|i| stream.next(at(done + i))));
            let steps: Vec<Step> = records.iter().map(|record| fold.step(record)).collect();
            let folded: Vec<Folded> =
                steps.iter().zip(&records).map(|(step, record)| Folded { step, record }).collect();
            let now = records[frame - 1].received_at;
            let began = Instant::now();
            while live.fire(now, usize::MAX, &fold, &mut transitions) {}
            live.frame(now, &folded, (&fold, &mut NoHistories), &mut transitions);
            folded_ms += milliseconds(began);
            told += transitions.len() as u64;
            transitions.clear();
            done += frame as u64;
        }
        (folded_ms, told)
    };
    let (warm, per_second) = (settings.warm, settings.per_second);
    let warmed = |n: u64| start.minus(Span(warm_ms - (n as i64) * warm_ms / warm.max(1) as i64));
    feed(warm, &warmed, &mut live);
    let measured = |n: u64| start.plus(Span((n * 1_000 / per_second) as i64));
    let (ms, told) = feed(settings.events, &measured, &mut live);
    let end = live.now();
    let users = live.n_users();
    let bytes_per_user = live.bytes() as f64 / users.max(1) as f64;
    let began = Instant::now();
    let mut gone: Vec<Transition> = Vec::new();
    while live.fire(end.plus(Span::DAY), 10_000, &fold, &mut gone) {}
    let expiry = milliseconds(began);
    Measured {
        segments: settings.segments,
        users,
        events_per_second: settings.events as f64 / ms * 1e3,
        transitions_per_event: told as f64 / settings.events as f64,
        bytes_per_user,
        expiry_ms_per_thousand: expiry / (users.max(1) as f64 / 1e3),
    }
}
