//! What is live, with names: the numbers of the hub beside what the configuration knows.

use std::collections::BTreeSet;

use engine::live::Cause;
use model::{Text, Timestamp, Value};
use segment::{Lifecycle, Predicate, Rules, derived};
use wire::api::{
    Key, Live, LiveCounts, LiveEvent, LiveFlow, LivePlace, LiveProgress, LiveQuery, LiveWatch,
    Object, WatchKind, WatchStatus, WatchTransition,
};

use super::sight::Sight;
use super::{Service, frameworks, values};
use crate::failure::Failure;
use crate::live::{
    Accepted, Flow, Flows, NotLive, Position, Standing, Told, View, WatchView, transition,
};

/// Transitions and events without a wish, and at most.
const LATEST: (u64, u64) = (100, 1_000);

/// Bytes of one text that is shown of an event.
const TEXT_BYTES: usize = 200;

impl Service {
    /// Everything that is live, and what could be.
    pub fn live_view(&self, query: &LiveQuery) -> Result<Live, Failure> {
        let latest = query.latest.unwrap_or(LATEST.0);
        if latest > LATEST.1 {
            let message = format!("`latest` is {latest}; ask for 0 to {}", LATEST.1);
            return Err(Failure::bad_request("request.limit", message));
        }
        let now = self.workspace.now();
        let wanted = query.watch.as_deref().map(listed);
        let view = self.workspace.hub().view(now, LATEST.1 as usize);
        let mut watches = self.watches(&view)?;
        // Nobody moved when a definition was made.
        let moved = |told: &&Told| told.transition.cause != Cause::Definition;
        let told = view.transitions.iter().filter(moved).filter(|told| {
            wanted.as_ref().is_none_or(|wanted| wanted.contains(told.watched.key.as_str()))
        });
        if let Some(wanted) = &wanted {
            watches.retain(|watch| wanted.contains(watch.key.as_str()));
            let missing = |key: &&&str| watches.iter().all(|watch| watch.key != **key);
            if let Some(other) = wanted.iter().find(missing) {
                return Err(no_watch(other));
            }
        }
        let sight = self.sight();
        let told = told.take(latest as usize).map(|told| seen(&sight, told)).collect();
        let shown = view.events.iter().filter(|event| sight.shows(event));
        Ok(Live {
            as_of: now.to_string(),
            exact_as_of: view.exact_as_of.as_ref().map(Timestamp::to_string),
            watches,
            transitions: told,
            events: shown.take(latest as usize).map(|of| event(&sight, of)).collect(),
            last_id: position(view.position),
        })
    }

    /// Keys of everything that can be watched.
    pub(super) fn watch_keys(&self) -> Result<BTreeSet<String>, Failure> {
        let config = self.workspace.config();
        let segments = config.segments()?.into_iter().map(|saved| format!("segment/{}", saved.id));
        let frameworks = config.frameworks()?.into_iter().map(|saved| saved.key);
        let lifecycles = frameworks.chain([frameworks::DEFAULT.into()]);
        Ok(segments.chain(lifecycles.map(|key| format!("lifecycle/{key}"))).collect())
    }

    fn watches(&self, view: &View) -> Result<Vec<LiveWatch>, Failure> {
        let rules = self.rules()?;
        let config = self.workspace.config();
        let lifecycle = |id: &str, name: &str, of: &Lifecycle| {
            let states = of.states.iter();
            let places = states.map(|s| Key { key: s.key.to_string(), name: s.name.to_string() });
            let mut states = of.states.iter();
            let reason = states.find_map(|state| refused(&state.predicate, &rules));
            let reason = reason.unwrap_or(NotLive::NotWatched);
            watch(view, WatchKind::Lifecycle, (id, name), places.collect(), reason)
        };
        let mut watches = vec![lifecycle(frameworks::DEFAULT, "Lifecycle", &rules.lifecycle)];
        for framework in frameworks::read(config)? {
            watches.push(lifecycle(&framework.key, &framework.name, &framework.lifecycle));
        }
        for saved in config.segments()? {
            let predicate = rules.segments.get(saved.id.as_str());
            let refused = predicate.and_then(|predicate| refused(predicate, &rules));
            let reason = refused.unwrap_or(NotLive::NotWatched);
            let places = vec![Key { key: "in".into(), name: "In".into() }];
            let names = (saved.id.as_str(), saved.name.as_str());
            watches.push(watch(view, WatchKind::Segment, names, places, reason));
        }
        Ok(watches)
    }
}

/// One definition with its numbers; `reason`: why it is not live, unless it is.
fn watch(
    view: &View,
    kind: WatchKind,
    (id, name): (&str, &str),
    places: Vec<Key>,
    reason: NotLive,
) -> LiveWatch {
    let key = match kind {
        WatchKind::Segment => format!("segment/{id}"),
        WatchKind::Lifecycle => format!("lifecycle/{id}"),
    };
    let unknown = || LiveCounts {
        watch: key.clone(),
        status: WatchStatus::NotLive,
        joining: None,
        reason: Some(reason.code().into()),
        places: Vec::new(),
    };
    let now = view.watches.get(key.as_str()).map_or_else(unknown, counts);
    LiveWatch { kind, id: id.into(), name: name.into(), places, now, key }
}

/// Why a definition can never be watched, if it cannot.
fn refused(predicate: &Predicate, rules: &Rules) -> Option<NotLive> {
    match derived::asked(predicate, rules) {
        Some(_) => Some(NotLive::Derived),
        None => compares(predicate, rules).then_some(NotLive::DependsOnOthers),
    }
}

/// Whether a definition compares users with each other: then it cannot be decided for one alone.
fn compares(predicate: &Predicate, rules: &Rules) -> bool {
    match predicate {
        Predicate::All(of) | Predicate::Any(of) => of.iter().any(|part| compares(part, rules)),
        Predicate::Not(of) => compares(of, rules),
        Predicate::Rfm(_) | Predicate::Score(_) | Predicate::List(_) => true,
        // What is stored depends on itself nowhere.
        Predicate::Segment(id) => rules.segments.get(id).is_some_and(|of| compares(of, rules)),
        Predicate::Lifecycle(_) => {
            rules.lifecycle.states.iter().any(|state| compares(&state.predicate, rules))
        }
        _ => false,
    }
}

/// The numbers of a watched definition.
pub fn counts(of: &WatchView) -> LiveCounts {
    let (status, joining, reason) = match of.standing {
        Standing::Live => (WatchStatus::Live, None, None),
        Standing::Joining { done, total } => {
            (WatchStatus::Joining, Some(LiveProgress { done, total }), None)
        }
        Standing::NotLive(why) => (WatchStatus::NotLive, None, Some(why.code().to_owned())),
    };
    let places = of.watched.places.iter().zip(&of.flows).enumerate();
    let places = places.map(|(n, (key, flows))| place(key, of.users.get(n + 1).copied(), flows));
    LiveCounts {
        watch: of.watched.key.to_string(),
        status,
        joining,
        reason,
        places: places.collect(),
    }
}

fn place(key: &str, users: Option<u64>, flows: &Flows) -> LivePlace {
    let flow = |of: Flow| LiveFlow { entered: of.entered, left: of.left };
    LivePlace {
        key: key.to_owned(),
        users,
        last_minute: flow(flows.minute),
        last_hour: flow(flows.hour),
        last_day: flow(flows.day),
        minutes: flows.minutes.iter().copied().map(flow).collect(),
    }
}

/// A transition as somebody sees it.
pub fn seen(sight: &Sight, told: &Told) -> WatchTransition {
    let shown = transition(told);
    WatchTransition { user: sight.id(&told.user), ..shown }
}

/// An event as somebody sees it: long texts are cut.
pub fn event(sight: &Sight, of: &Accepted) -> LiveEvent {
    let shown = |name: &Text, value: &Value| match value {
        _ if sight.hides_value(name, value) => sight.json(name, value),
        Value::Text(text) if text.len() > TEXT_BYTES => {
            let end = (0..=TEXT_BYTES).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
            format!("{}…", &text[..end]).into()
        }
        other => values::json(other),
    };
    let properties =
        of.properties.iter().map(|(name, value)| (name.to_string(), shown(name, value)));
    LiveEvent {
        user: sight.id(&of.user),
        name: of.name.to_string(),
        time: of.time.to_string(),
        received_at: of.received_at.to_string(),
        properties: properties.collect::<Object>(),
    }
}

/// A position as `Last-Event-ID`.
pub fn position(of: Position) -> String {
    format!("{:08x}-{}", of.run, of.number)
}

/// The same, read.
pub fn read_position(text: &str) -> Option<Position> {
    let (run, number) = text.split_once('-')?;
    Some(Position { run: u32::from_str_radix(run, 16).ok()?, number: number.parse().ok()? })
}

/// Texts separated by commas.
pub fn listed(text: &str) -> BTreeSet<&str> {
    text.split(',').map(str::trim).filter(|part| !part.is_empty()).collect()
}

fn no_watch(key: &str) -> Failure {
    Failure::not_found("live.no_watch", format!("nothing is called \"{key}\" here"))
        .hint("write segment/ID or lifecycle/KEY; GET /api/live lists them")
}
