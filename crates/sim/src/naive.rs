//! What should be: everything that is durable, by user, without any cleverness.
//!
//! What it is: folds every frame of the log once, whatever happens to the program under test, and
//! asks the reference what a place should be. What it is not: it shares nothing with the live path
//! or the history; of the engine only who is who is taken as given.

use std::collections::BTreeMap;

use engine::Fold;
use model::{Record, Text, Timestamp, UserIndex, Value, What as Said};
use segment::evaluate::{UserEvent, UserHistory};
use segment::live::{DEFAULT_LIFECYCLE, Watched, What};
use segment::{Predicate, Rules};
use testkit::reference;

/// Events and attribute changes of a user up to which the reference is asked everything.
const LASTING_ROWS: usize = 24;
/// Events of a user up to which the reference is asked for sequences of more than two steps.
const CHAIN_EVENTS: usize = 40;

/// Everything durable.
#[derive(Default)]
pub struct Naive {
    /// Who is who.
    pub fold: Fold,
    users: Vec<User>,
    arrivals: u64,
    /// Of whom each record was, as it came.
    pub whose: Vec<UserIndex>,
    /// Everything that leaves rows, with the person under whose id it came and its arrival.
    came: Vec<(UserIndex, Record, u64)>,
}

/// One user.
#[derive(Clone)]
pub struct User {
    /// All that happened.
    pub history: UserHistory,
    /// When who they are last changed: of the time before, what was told then may differ.
    pub since: Timestamp,
    changes: Vec<(Text, Timestamp, u64, Value)>,
}

impl Naive {
    /// Takes a frame of the log; whether anybody was separated.
    pub(crate) fn frame(&mut self, records: &[Record], now: Timestamp) -> bool {
        let mut any = false;
        for record in records {
            let step = self.fold.step(record);
            self.whose.push(step.user);
            if record.concerns_nobody() {
                continue;
            }
            while self.users.len() < self.fold.n_users() {
                self.users.push(User::nobody());
            }
            for merge in &step.merged {
                let gone = std::mem::replace(&mut self.users[merge.from.at()], User::nobody());
                self.users[merge.into.at()].take_over(gone);
                self.users[merge.from.at()].since = now;
            }
            let user = &mut self.users[step.user.at()];
            if step.renamed || !step.merged.is_empty() {
                user.history.id = self.fold.person(step.user).public_id.clone();
                if !step.created || !step.merged.is_empty() {
                    user.since = now;
                }
            }
            self.arrivals += 1;
            if let Some(separated) = &step.separated {
                any = true;
                for user in [step.user, separated.user] {
                    self.gather(user, record.received_at, now);
                }
                continue;
            }
            user.take(record, self.arrivals);
            if matches!(record.what, Said::Event(_) | Said::Identify(_) | Said::Facts(_)) {
                self.came.push((step.origin, record.clone(), self.arrivals));
            }
        }
        any
    }

    /// Gives a user what came under ids of persons who are part of them, and nothing else.
    fn gather(&mut self, user: UserIndex, separated_at: Timestamp, now: Timestamp) {
        let mut own = User::nobody();
        own.history.id = self.fold.person(user).public_id.clone();
        own.since = now;
        for (origin, record, arrival) in &self.came {
            if self.root(*origin) == user {
                own.take(record, *arrival);
            }
        }
        if own.changes.is_empty() && own.history.events.is_empty() {
            own.change(Text::default(), separated_at, self.arrivals, Value::Null);
        }
        self.users[user.at()] = own;
    }

    fn root(&self, mut person: UserIndex) -> UserIndex {
        while let Some(into) = self.fold.person(person).merged_into {
            person = into;
        }
        person
    }

    /// Users ever created.
    pub(crate) fn n_users(&self) -> usize {
        self.users.len()
    }

    /// A user.
    pub(crate) fn user(&self, user: UserIndex) -> &User {
        &self.users[user.at()]
    }

    /// Whether the reference takes long to say where a user is: of how long a state of the lifecycle
    /// has lasted it looks at every instant of a life, and of a sequence at every chain.
    pub(crate) fn takes_long(&self, user: UserIndex, watched: &Watched, rules: &Rules) -> bool {
        let history = &self.users[user.at()].history;
        let rows = history.events.len() + history.attributes.values().map(Vec::len).sum::<usize>();
        let (lasting, chain) = (rows > LASTING_ROWS, history.events.len() > CHAIN_EVENTS);
        let asks = |predicate: &Predicate| asks(predicate, rules, (lasting, chain));
        (lasting || chain)
            && match &watched.what {
                What::Segment(predicate) => asks(predicate),
                What::Lifecycle(states) => states.iter().any(|state| asks(&state.predicate)),
            }
    }

    /// The place that a user should have in a watched definition.
    pub(crate) fn place(
        &self,
        user: UserIndex,
        watched: &Watched,
        rules: &Rules,
        at: Timestamp,
    ) -> u8 {
        let history = &self.users[user.at()].history;
        let alone = std::slice::from_ref(history);
        match &watched.what {
            What::Segment(predicate) => {
                u8::from(reference::holds(predicate, history, alone, rules, at))
            }
            What::Lifecycle(states) => {
                let place = |rules: &Rules| {
                    reference::state(history, alone, rules, at).map_or(0, |state| state as u8 + 1)
                };
                if watched.key == DEFAULT_LIFECYCLE {
                    return place(rules);
                }
                let mut rules = rules.clone();
                rules.lifecycle.states.clone_from(states);
                place(&rules)
            }
        }
    }
}

/// Whether a predicate asks how long a state of the lifecycle has lasted or which was before
/// (`lasting`), or for a long chain of events.
fn asks(predicate: &Predicate, rules: &Rules, wanted: (bool, bool)) -> bool {
    let (lasting, chain) = wanted;
    match predicate {
        Predicate::All(of) | Predicate::Any(of) => of.iter().any(|p| asks(p, rules, wanted)),
        Predicate::Not(of) => asks(of, rules, wanted),
        Predicate::Segment(id) => rules.segments.get(id).is_some_and(|of| asks(of, rules, wanted)),
        Predicate::Sequence(p) => chain && p.steps.len() > 2,
        Predicate::Lifecycle(p) => {
            let states = &rules.lifecycle.states;
            lasting && (p.for_at_least.is_some() || p.was.is_some())
                || chain && states.iter().any(|state| asks(&state.predicate, rules, wanted))
        }
        _ => false,
    }
}

impl User {
    fn nobody() -> User {
        let history =
            UserHistory { id: Text::default(), events: vec![], attributes: BTreeMap::new() };
        User { history, since: Timestamp::MIN, changes: Vec::new() }
    }

    fn take(&mut self, record: &Record, arrival: u64) {
        match &record.what {
            Said::Event(event) => self.event(UserEvent {
                name: event.name.clone(),
                time: event.time,
                arrival,
                id: event.id,
                properties: event.properties.clone(),
                derived: false,
            }),
            Said::Identify(change) => {
                // That it was said at all means that the user was there.
                self.change(Text::default(), change.time, arrival, Value::Null);
                for (name, value) in &change.attributes {
                    self.change(name.clone(), change.time, arrival, value.clone());
                }
            }
            Said::Facts(facts) => {
                self.change(Text::default(), facts.time, arrival, Value::Null);
                for (name, value) in &facts.attributes {
                    self.change(name.clone(), facts.time, arrival, value.clone());
                }
            }
            Said::Alias { .. } | Said::Separate { .. } => {
                self.change(Text::default(), record.received_at, arrival, Value::Null);
            }
        }
    }

    fn event(&mut self, event: UserEvent) {
        let order = |e: &UserEvent| (e.time, e.arrival);
        let at = self.history.events.partition_point(|e| order(e) < order(&event));
        self.history.events.insert(at, event);
    }

    fn change(&mut self, name: Text, time: Timestamp, arrival: u64, value: Value) {
        let order = |c: &(Text, Timestamp, u64, Value)| (c.1, c.2);
        let at = self.changes.partition_point(|c| order(c) <= (time, arrival));
        self.changes.insert(at, (name.clone(), time, arrival, value));
        let of_name = self.changes.iter().filter(|change| change.0 == name);
        let values = of_name.map(|(_, time, _, value)| (*time, value.clone())).collect();
        self.history.attributes.insert(name, values);
    }

    fn take_over(&mut self, gone: User) {
        gone.history.events.into_iter().for_each(|event| self.event(event));
        for (name, time, arrival, value) in gone.changes {
            self.change(name, time, arrival, value);
        }
    }
}
