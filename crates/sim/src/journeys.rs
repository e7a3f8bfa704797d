//! Journeys of a simulation.
//!
//! What it is: random journeys over the events, attributes and segments of the other definitions, with every kind
//! of step that waits, draws, writes, sends or lets into another journey. What it is not: it moves nobody.
//!
//! Left out is what may turn out otherwise after a start, when more is known: dates in attributes, which are read again
//! then; audiences, of which nobody writes down who was refused; clocks that are ahead, by which something may happen at
//! the very instant at which time alone moves its user. Where ids turn out to be one person, whose histories are read
//! together from then on, no second process says what should be written, and the laws of `laws` alone are kept.

use std::collections::BTreeMap;
use std::sync::Arc;

use engine::journey::{
    Action, Again, Answered, Book, Choose, Condition, Context, Emitted, Goal, Happening, Journey,
    Path, Since, Standing, Step, To, Wait,
};
use engine::schedule::Minute;
use experiment::assign::{Arms, Share};
use model::outreach::CLICKED;
use model::{Span, Text, Timestamp, Value};
use segment::live::{DEFAULT_LIFECYCLE, Matches};
use segment::tree::EventMatch;
use segment::{Predicate, Rules};
use testkit::generate::ATTRIBUTES;

use crate::dice::Dice;

/// What people do that journeys ask about.
const EVENTS: [&str; 3] = ["view", "cart", "buy"];

/// What steps write: nothing lets anybody in by it, so that nobody goes round at one instant.
const NOTE: &str = "note";

/// What the campaigns end with as which steps ask servers.
pub(crate) const ASK: &str = "ask";

/// How long steps wait.
const SPANS: [Span; 7] = [
    Span(1),
    Span(90_000),
    Span::HOUR,
    Span(5 * Span::HOUR.0),
    Span::days(1),
    Span::days(7),
    Span::days(40),
];

/// What journeys may refer to.
pub(crate) struct Known<'a> {
    /// What names mean.
    pub rules: &'a Rules,
    /// Keys of watched segments.
    pub segments: &'a [Text],
    /// Conditions of every kind.
    pub predicates: &'a [Predicate],
}

/// Some journeys.
pub(crate) fn random(known: &Known, dice: &mut Dice) -> Arc<Book> {
    let n = dice.between(2, 4);
    let journeys = (0..n).map(|number| Arc::new(journey(number, n, known, dice)));
    Arc::new(Book::new(journeys.collect()))
}

/// Other journeys from an instant on: one is paused, goes on, or has a new version by which some go on.
pub(crate) fn edited(book: &Book, known: &Known, now: Timestamp, dice: &mut Dice) -> Arc<Book> {
    let mut all: Vec<Journey> = book.all().iter().map(|of| Journey::clone(of)).collect();
    let current: Vec<usize> = (0..all.len()).filter(|at| all[*at].current).collect();
    let number = dice.below(current.len());
    let old = all[current[number]].clone();
    let own = |of: &&mut Journey| of.id == old.id;
    match old.standing {
        Standing::Running if dice.once_in(2) => {
            all.iter_mut().filter(own).for_each(|of| of.standing = Standing::Paused);
        }
        Standing::Running => {
            let new = journey(number, current.len(), known, dice);
            let mut moves = BTreeMap::new();
            for step in &old.steps {
                match dice.below(3) {
                    0 => continue,
                    1 => moves.insert(step.id.clone(), To::Out),
                    _ => moves.insert(step.id.clone(), To::Step(dice.pick(&new.steps).id.clone())),
                };
            }
            all[current[number]].current = false;
            let (entry, key, again) = (old.entry, old.key, old.again);
            let (version, control, since) = (old.version + 1, old.control, old.since);
            let published_at = now;
            all.push(Journey {
                version,
                entry,
                key,
                again,
                control,
                since,
                published_at,
                moves,
                ..new
            });
        }
        _ => resume(all.iter_mut().filter(own), now),
    }
    Arc::new(Book::new(all.into_iter().map(Arc::new).collect()))
}

/// All journeys, and those that were paused go on.
pub(crate) fn resumed(book: &Book, now: Timestamp) -> Arc<Book> {
    let mut all: Vec<Journey> = book.all().iter().map(|of| Journey::clone(of)).collect();
    resume(all.iter_mut().filter(|of| of.standing == Standing::Paused), now);
    Arc::new(Book::new(all.into_iter().map(Arc::new).collect()))
}

fn resume<'a>(journeys: impl Iterator<Item = &'a mut Journey>, now: Timestamp) {
    journeys.for_each(|of| (of.standing, of.since) = (Standing::Running, now));
}

fn journey(number: usize, of: usize, known: &Known, dice: &mut Dice) -> Journey {
    let id = Text::from(format!("journey{number}"));
    let n_steps = dice.between(1, 6);
    let steps = (0..n_steps).map(|at| step(&id, at, (n_steps, number, of), known, dice)).collect();
    let keyed = dice.once_in(4);
    let entry = match dice.below(4) {
        0 if number > 0 => None,
        1 if !keyed => Some(moves(known, dice)),
        _ => Some(event(deed(dice), known)),
    };
    let again = match dice.below(3) {
        0 => Again::Once,
        1 => Again::Always,
        _ => Again::After(*dice.pick(&SPANS)),
    };
    let goals = (0..dice.below(3)).map(|n| Goal {
        id: Text::from(format!("goal{n}")),
        when: event(deed(dice), known),
        within: *dice.pick(&SPANS),
        exits: true,
    });
    let goals = goals.collect();
    let exits = match dice.below(4) {
        0 => vec![event(deed(dice), known)],
        1 => vec![moves(known, dice)],
        _ => Vec::new(),
    };
    let share = *dice.pick(&[0.0, 0.0, 25.0]);
    Journey {
        id,
        version: 1,
        current: true,
        entry,
        audience: None,
        again,
        key: keyed.then(|| Text::const_new("item")),
        control: Share::percent(share).unwrap_or(Share::NONE),
        groups: Vec::new(),
        transactional: false,
        goals,
        exits,
        timeout: *dice.pick(&[Span::days(3), Span::days(90)]),
        priority: *dice.pick(&[10, 50, 50]),
        steps,
        standing: Standing::Running,
        since: Timestamp::MIN,
        published_at: Timestamp::MIN,
        moves: Default::default(),
    }
}

/// A step: what follows it has a greater number.
fn step(
    journey: &Text,
    at: usize,
    (n_steps, number, of): (usize, usize, usize),
    known: &Known,
    dice: &mut Dice,
) -> Step {
    let next = |dice: &mut Dice| {
        let next = dice.between(at + 1, n_steps);
        (next < n_steps).then_some(next as u16)
    };
    let path = |id: &str, dice: &mut Dice| Path { id: Text::new(id), next: next(dice) };
    let action = match dice.below(14) {
        0 | 1 => {
            let until = dice.once_in(3).then(|| (minute(dice.below(24)), Vec::new()));
            let wait = Wait::For { span: *dice.pick(&SPANS), until };
            Action::Wait { wait, next: next(dice) }
        }
        2..=4 => {
            let mut any = Vec::new();
            for n in 0..dice.between(1, 2) {
                let when = match dice.below(4) {
                    0 if at > 0 => {
                        let step = dice.below(at) as u16;
                        Happening::Message { step, name: Text::const_new(CLICKED) }
                    }
                    _ => event(deed(dice), known),
                };
                any.push((path(["one", "two"][n], dice), when));
            }
            let since = match dice.below(3) {
                0 => Since::Entry,
                1 => Since::Before(*dice.pick(&SPANS)),
                _ => {
                    if dice.once_in(3) {
                        any.push((path("moved", dice), moves(known, dice)));
                    }
                    Since::Step
                }
            };
            Action::WaitFor { any, within: *dice.pick(&SPANS), otherwise: next(dice), since }
        }
        5 => {
            let holds = Box::new(dice.pick(known.predicates).clone());
            let event = Some(matches(deed(dice), known));
            let (user, event) = match dice.below(3) {
                0 => (None, event),
                1 => (Some(holds), event),
                _ => (Some(holds), None),
            };
            let campaign = Text::from(format!("{journey}/step{}/{ASK}", dice.below(at + 1)));
            let answered = Answered { campaign, matches: None };
            let condition = Condition { user, event, answer: dice.once_in(4).then_some(answered) };
            Action::Split { paths: vec![(path("fits", dice), condition)], otherwise: next(dice) }
        }
        6 => {
            let (paths, anew) = (vec![path("a", dice), path("b", dice)], dice.once_in(2));
            Action::Random { arms: arms(), paths, anew }
        }
        7 => {
            let paths = vec![path("a", dice), path("b", dice)];
            let holds = Box::new(dice.pick(known.predicates).clone());
            let contexts = match dice.once_in(2) {
                true => vec![Context { id: Text::const_new("keen"), holds }],
                false => Vec::new(),
            };
            Action::Learn { arms: arms(), paths, contexts, winners: Vec::new() }
        }
        8 | 9 => {
            let messages = (0..dice.between(1, 2))
                .map(|n| Text::from(format!("{journey}/step{at}/{n}")))
                .collect();
            let choose = if dice.once_in(2) { Choose::First } else { Choose::Engaged };
            Action::Message { messages, choose, next: next(dice), unreachable: next(dice) }
        }
        10 => {
            let name = Text::new(dice.pick(&ATTRIBUTES));
            let value = dice.pick(&[Value::Int(1), Value::text("a"), Value::Null]).clone();
            let set = vec![(name, Emitted::Value(value))];
            Action::Update { set, operations: Vec::new(), next: next(dice) }
        }
        12 => Action::Webhook {
            campaign: Text::from(format!("{journey}/step{at}/{ASK}")),
            within: *dice.pick(&SPANS),
            next: next(dice),
            failed: next(dice),
        },
        11 => {
            let item = Emitted::Event(Text::const_new("item"));
            let properties = vec![(Text::const_new("item"), item)];
            Action::Emit { name: Text::const_new(NOTE), properties, next: next(dice) }
        }
        // Only into a later one: nobody goes round at one instant.
        _ if number + 1 < of => {
            let other = dice.between(number + 1, of - 1);
            Action::Enter { journey: Text::from(format!("journey{other}")), next: next(dice) }
        }
        _ => Action::Exit { reason: Text::const_new("enough") },
    };
    Step { id: Text::from(format!("step{at}")), action }
}

fn deed(dice: &mut Dice) -> &'static str {
    dice.pick::<&str>(&EVENTS)
}

fn arms() -> Arms {
    Arms::equal(["a", "b"].map(Text::new)).expect("two arms of one half each")
}

fn minute(hour: usize) -> Minute {
    Minute::at(hour as u16, 0).expect("an hour of a day")
}

fn matches(name: &str, known: &Known) -> Matches {
    Matches::of(&EventMatch::named(name), known.rules).expect("a name alone refers to nothing")
}

fn event(name: &str, known: &Known) -> Happening {
    Happening::Event(matches(name, known))
}

fn moves(known: &Known, dice: &mut Dice) -> Happening {
    match dice.once_in(3) {
        true => {
            let to = dice.between(1, 3) as u8;
            Happening::Moves {
                watch: Text::const_new(DEFAULT_LIFECYCLE),
                from: vec![],
                to: vec![to],
            }
        }
        false => {
            let to = u8::from(!dice.once_in(4));
            let watch = dice.pick(known.segments).clone();
            Happening::Moves { watch, from: vec![1 - to], to: vec![to] }
        }
    }
}
