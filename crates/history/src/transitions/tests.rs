//! Transitions in a store against a list of them: users that turn out to be one, checkpoints that
//! fail, and stores that are opened again, at any point.

use std::sync::Arc;

use engine::Fold;
use engine::live::{Transition, WatchId};
use model::{AttributeChange, Event, EventId, Record, Span, What, Who, Zone};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use testkit::cases::{report, runner};

use super::*;
use crate::calendar::PeriodUnit;
use crate::disk::{Fault, MemoryFolder};
use crate::store::{Checkpoint, Job, Store, Upkeep};

const KEYS: [&str; 3] = ["segment/loyal", "lifecycle/default", "view"];
const USERS: usize = 5;
/// Everybody's first event.
const BIRTH: i64 = 1_700_000_000_000;
const STEP: i64 = 9 * 86_400_000;

/// What is told of a user, in few numbers so that they collide.
#[derive(Clone, Copy, Debug)]
struct Draft {
    key: usize,
    user: usize,
    at: i64,
    late: i64,
    change: Change,
}

#[derive(Clone, Copy, Debug)]
enum Deed {
    Tell(Draft),
    See(usize),
    Join(usize, usize),
    Look,
    Checkpoint,
    Begin,
    Finish,
    Fail(u64),
    Reopen,
}

fn draft() -> impl Strategy<Value = Draft> {
    let causes = [Cause::Record, Cause::Time, Cause::Definition, Cause::Merge];
    let corrections = [Correction::None, Correction::Added, Correction::Revoked];
    let places = prop_oneof![4 => 0..2u8, 1 => any::<u8>()];
    let change = (places.clone(), places, select(causes.to_vec()), select(corrections.to_vec()))
        .prop_map(|(from, to, cause, correction)| Change { from, to, cause, correction });
    (0..KEYS.len(), 0..USERS, 0..12i64, 0..4i64, change)
        .prop_map(|(key, user, at, late, change)| Draft { key, user, at, late, change })
}

fn deeds() -> impl Strategy<Value = Vec<Deed>> {
    let deed = prop_oneof![
        16 => draft().prop_map(Deed::Tell),
        1 => (0..USERS).prop_map(Deed::See),
        1 => (0..USERS, 0..USERS).prop_map(|(one, other)| Deed::Join(one, other)),
        2 => Just(Deed::Look),
        2 => Just(Deed::Checkpoint),
        1 => Just(Deed::Begin),
        1 => Just(Deed::Finish),
        1 => (1..12u64).prop_map(Deed::Fail),
        1 => Just(Deed::Reopen),
    ];
    vec(deed, 1..70)
}

/// What the log would hold.
#[derive(Clone)]
enum Entry {
    Record(Record),
    Told(Draft, u64),
}

struct Life {
    folder: MemoryFolder,
    fold: Fold,
    store: Store,
    log: Vec<Entry>,
    job: Option<Job>,
    /// Whether transitions reach the store.
    tells: bool,
}

impl Life {
    fn new(tells: bool) -> Life {
        let folder = MemoryFolder::default();
        let store = Store::open_in(Arc::new(folder.clone())).unwrap().0;
        let mut life = Life { folder, fold: Fold::new(), store, log: Vec::new(), job: None, tells };
        (0..USERS).for_each(|user| life.suffer(Deed::See(user)));
        life
    }

    fn suffer(&mut self, deed: Deed) {
        let n = self.log.len() as u64;
        match deed {
            Deed::Tell(draft) => self.add(Entry::Told(draft, n)),
            Deed::See(user) => {
                let id = EventId::of(&n.to_string());
                let time = Timestamp(BIRTH);
                let what = match n < USERS as u64 {
                    true => {
                        What::Event(Event { name: "view".into(), time, id, properties: vec![] })
                    }
                    false => {
                        let attributes = vec![(Text::new("plan"), model::Value::Int(n as i64))];
                        What::Identify(AttributeChange::set(time, id, attributes))
                    }
                };
                let who = Who::anonymous(&format!("u{user}"));
                self.add(Entry::Record(Record { received_at: time, who, what }));
            }
            Deed::Join(one, other) => {
                let what = What::Alias { previous: Text::from(format!("u{other}")) };
                let who = Who::anonymous(&format!("u{one}"));
                self.add(Entry::Record(Record { received_at: Timestamp(BIRTH), who, what }));
            }
            Deed::Look => drop(self.store.snapshot()),
            Deed::Begin => self.begin(),
            Deed::Finish => self.finish(),
            Deed::Checkpoint => {
                self.finish();
                self.begin();
                self.finish();
            }
            Deed::Fail(after) => {
                self.folder.set_fault(Some(Fault::At(self.folder.operations() + after)));
            }
            Deed::Reopen => {
                self.job = None;
                self.folder = self.folder.after_power_loss(|| false);
                let (store, checkpoint) = Store::open_in(Arc::new(self.folder.clone())).unwrap();
                self.store = store;
                self.fold = Fold::restore(checkpoint.fold.map(Result::unwrap)).unwrap();
                let rest = self.log.split_off(checkpoint.log_position as usize);
                rest.into_iter().for_each(|entry| self.add(entry));
            }
        }
    }

    fn add(&mut self, entry: Entry) {
        let arrival = self.log.len() as u64;
        self.log.push(entry.clone());
        match entry {
            Entry::Record(record) => {
                let step = self.fold.step(&record);
                let public_id = self.fold.person(step.user).public_id.clone();
                self.store.apply(&step, record, &public_id, arrival);
            }
            Entry::Told(draft, arrival) if self.tells => {
                let told = self.told(&draft, arrival);
                let Change { from, to, cause, correction } = told.change;
                let (user, at, recorded_at) = (told.user, told.at, told.recorded_at);
                let watch = WatchId(7);
                let transition =
                    Transition { user, watch, at, recorded_at, from, to, cause, correction };
                self.store.apply_transition(&told.key, &transition, arrival);
            }
            Entry::Told(..) => {}
        }
    }

    /// A draft as it is read, with the user of today.
    fn told(&self, draft: &Draft, arrival: u64) -> StoredTransition {
        let at = Timestamp(BIRTH + draft.at * STEP);
        StoredTransition {
            key: Text::new(KEYS[draft.key]),
            user: self.fold.find(&format!("u{}", draft.user)).unwrap(),
            at,
            arrival,
            recorded_at: at.plus(Span(draft.late * STEP)),
            change: draft.change,
        }
    }

    fn begin(&mut self) {
        if self.job.is_none() {
            let log_position = self.log.len() as u64;
            let now = Checkpoint::of(log_position, log_position, &self.fold);
            self.job = self.store.begin(now, &Upkeep::default()).ok().flatten();
        }
    }

    fn finish(&mut self) {
        if let Some(job) = self.job.take() {
            drop(self.store.finish(job.run()));
        }
    }

    /// The naive view: everything told, in order of instants.
    fn naive(&self) -> Vec<StoredTransition> {
        let told = self.log.iter().filter_map(|entry| match entry {
            Entry::Told(draft, arrival) => Some(self.told(draft, *arrival)),
            Entry::Record(_) => None,
        });
        let mut told: Vec<_> = told.collect();
        told.sort_by_key(|told| (told.at, told.arrival));
        told
    }

    fn snapshot(&mut self) -> Arc<Snapshot> {
        self.folder.set_fault(None);
        self.store.snapshot().unwrap()
    }
}

/// Everything that is not of transitions.
fn others(life: &mut Life) -> Vec<String> {
    let snapshot = life.snapshot();
    let mut ids = Vec::new();
    life.store.each_event_id(&mut |id| ids.push(id)).unwrap();
    ids.sort_unstable();
    // Which examples are given depends on parts.
    let attributes = snapshot.attribute_facts().unwrap().into_iter().map(|of| (of.name, of.kinds));
    let mut all = vec![
        format!("{ids:?} {}", life.store.n_rows()),
        format!("{:?} {:?}", snapshot.events().unwrap(), attributes.collect::<Vec<_>>()),
        format!("{:?} {:?}", snapshot.span(), snapshot.n_events(Timestamp::MAX).unwrap()),
    ];
    let stats = life.store.stats().families.into_iter().map(|of| (of.name, of.month, of.rows));
    all.push(format!("{:?}", stats.collect::<Vec<_>>()));
    let early = snapshot.known_at(Timestamp(BIRTH)).unwrap();
    for user in (0..snapshot.n_places() as u32).map(UserIndex) {
        all.push(format!("{:?} {:?}", snapshot.facts_of(user), early.facts_of(user)));
        all.push(format!("{:?}", snapshot.history_of(user).unwrap()));
    }
    all
}

fn of_user(naive: &[StoredTransition], user: UserIndex, at: Timestamp) -> Vec<StoredTransition> {
    naive.iter().filter(|told| told.user == user && told.at <= at).cloned().collect()
}

/// What really happened at an instant and before, of one key.
fn happened(naive: &[StoredTransition], key: &str, at: Timestamp) -> Vec<StoredTransition> {
    let of_key = || naive.iter().filter(move |told| told.key == key && told.at <= at);
    let same = |a: &StoredTransition, b: &StoredTransition| {
        (a.user, a.at, a.change.from, a.change.to) == (b.user, b.at, b.change.from, b.change.to)
    };
    of_key()
        .filter(|told| {
            of_key().filter(|other| same(told, other)).map(|other| other.change.sign()).sum::<i64>()
                > 0
        })
        .cloned()
        .collect()
}

fn compare(snapshot: &Snapshot, naive: &[StoredTransition], at: Timestamp) {
    let mut since: Vec<_> = naive.iter().filter(|told| told.recorded_at >= at).cloned().collect();
    let place = |told: &StoredTransition| (told.recorded_at, told.at, told.arrival);
    since.sort_by_key(place);
    let mut pages = Vec::new();
    loop {
        let page = snapshot.transitions_told_since(at, pages.len(), 3).unwrap();
        assert!(page.len() <= 3);
        if page.is_empty() {
            break;
        }
        pages.extend(page);
    }
    assert!(pages.is_sorted_by_key(place));
    // Definitions that tell at one instant have no order among themselves.
    let whole = |told: &StoredTransition| (place(told), told.key.clone());
    pages.sort_by_key(whole);
    since.sort_by_key(whole);
    assert_eq!(pages, since);
    for user in (0..snapshot.n_places() as u32).map(UserIndex) {
        assert_eq!(snapshot.transitions_of(user, at).unwrap(), of_user(naive, user, at));
    }
    for key in KEYS {
        let mut latest: Vec<_> = naive.iter().filter(|told| told.key == key).cloned().collect();
        latest.retain(|told| told.at <= at && told.at.0 >= BIRTH + STEP);
        latest.reverse();
        let range = (Timestamp(BIRTH + STEP), at);
        let (mut pages, mut before) = (Vec::new(), None);
        loop {
            let page = snapshot.transitions(key, range, before, 3).unwrap();
            assert!(page.len() <= 3);
            let Some(last) = page.last() else { break };
            before = Some((last.at, last.arrival));
            pages.extend(page);
        }
        assert_eq!(pages, latest);

        let end = Timestamp(BIRTH + 9 * STEP);
        let periods = Periods::new(PeriodUnit::Week, &Zone::utc(), Timestamp(BIRTH), end);
        let mut expected = vec![BTreeMap::<(u8, u8), i64>::new(); periods.len()];
        for told in naive.iter().filter(|told| told.key == key && told.at <= at) {
            if let Some(period) = periods.of(told.at.0) {
                let pair = (told.change.from, told.change.to);
                *expected[period].entry(pair).or_default() += told.change.sign();
            }
        }
        let expected: Vec<PairCounts> = expected
            .into_iter()
            .map(|of| {
                of.into_iter().filter(|(_, n)| *n > 0).map(|(of, n)| (of, n as u64)).collect()
            })
            .collect();
        assert_eq!(snapshot.transition_counts(key, &periods, at).unwrap(), expected);

        let mut last: BTreeMap<UserIndex, StoredTransition> = BTreeMap::new();
        for told in happened(naive, key, at) {
            last.insert(told.user, told);
        }
        let mut expected: BTreeMap<u8, Distribution> = BTreeMap::new();
        for told in last.into_values() {
            expected.entry(told.change.to).or_default().add((at.0 - told.at.0) as f64);
        }
        assert_eq!(snapshot.time_in_place(key, at).unwrap(), expected);

        // Of a range, who went to the place 1 from another, each instant once.
        let wanted = |from: u8, to: u8| to == 1 && from != 1;
        let within = happened(naive, key, at)
            .into_iter()
            .filter(|told| told.at >= range.0 && wanted(told.change.from, told.change.to));
        let each: std::collections::BTreeSet<_> =
            within.map(|told| (told.user, told.at, told.change.from)).collect();
        let expected: Vec<_> = each.into_iter().map(|(user, at, _)| (user, at)).collect();
        let mut found = snapshot.happened(key, range, &wanted).unwrap();
        found.sort_unstable();
        assert_eq!(found.len(), expected.len());
        assert_eq!(found, expected);
    }
}

#[test]
fn what_was_told_is_read_and_shows_nowhere_else() {
    let case = (deeds(), 0..14i64, 0..16i64);
    report(runner(400).run(&case, |(deeds, at, known)| {
        let (mut life, mut silent) = (Life::new(true), Life::new(false));
        for deed in &deeds {
            life.suffer(*deed);
            if matches!(deed, Deed::Tell(_) | Deed::See(_) | Deed::Join(..)) {
                silent.suffer(*deed);
            }
        }
        prop_assert_eq!(others(&mut life), others(&mut silent));
        let (snapshot, mut naive) = (life.snapshot(), life.naive());
        let mut keys: Vec<Text> = naive.iter().map(|told| told.key.clone()).collect();
        keys.sort_unstable();
        keys.dedup();
        prop_assert_eq!(snapshot.transition_keys(), keys);
        compare(&snapshot, &naive, Timestamp(BIRTH + at * STEP));
        let known = Timestamp(BIRTH + known * STEP);
        naive.retain(|told| told.recorded_at <= known);
        compare(&snapshot.known_at(known).unwrap(), &naive, Timestamp(BIRTH + at * STEP));
        Ok(())
    }));
}

#[test]
fn every_change_comes_back_from_its_number() {
    for code in 0..=0xf_ffff {
        match Change::of_code(code) {
            Some(change) => assert_eq!(change.code(), code),
            None => assert_eq!(code >> 2 & 3, 3),
        }
    }
    assert_eq!([Change::of_code(-1), Change::of_code(1 << 20)], [None, None]);
}

#[test]
fn ids_of_transitions_take_no_room() {
    let mut life = Life::new(true);
    for n in 0..2_000 {
        let change = Change { from: 0, to: 1, cause: Cause::Time, correction: Correction::None };
        life.suffer(Deed::Tell(Draft { key: 0, user: n % USERS, at: 2, late: 0, change }));
    }
    life.suffer(Deed::Checkpoint);
    let stats = life.store.stats();
    assert_eq!((stats.transitions.len(), stats.transitions[0].rows), (1, 2_000));
    assert!(stats.transitions[0].bytes < 2_000 * 4, "{}", stats.transitions[0].bytes);
    let part = life.snapshot();
    let told = part.transitions(KEYS[0], (Timestamp::MIN, Timestamp::MAX), None, 1).unwrap();
    assert_eq!(told[0].arrival, 2_000 + USERS as u64 - 1);
    let ids = stats.sections.iter().find(|of| of.kind == "ids").unwrap();
    assert!(ids.bytes < 200, "only those of events: {}", ids.bytes);
}
