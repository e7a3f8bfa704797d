//! What is brought together against whole histories: it is what the conditions name of them, and
//! decides as they do, at every instant that was asked for.

use engine::Fold;
use model::{Record, Who};
use proptest::prelude::*;
use segment::evaluate::{Context, NoPopulation, holds};
use testkit::cases::{report, runner};
use testkit::generate;

use super::*;
use crate::disk::MemoryFolder;
use crate::store::{Checkpoint, Store};

/// A population in files and fresh parts; every other record comes under an id of a device, which is
/// linked at the end.
fn stored(population: &[UserHistory], seal_every: usize) -> Arc<Snapshot> {
    let folder = MemoryFolder::default();
    let (mut fold, mut store) = (Fold::new(), Store::open_in(Arc::new(folder)).unwrap().0);
    let mut arrival = 0;
    let mut apply = |store: &mut Store, record: Record| {
        let step = fold.step(&record);
        let public_id = fold.person(step.user).public_id.clone();
        arrival += 1;
        store.apply(&step, record, &public_id, arrival);
        if (arrival as usize).is_multiple_of(seal_every) {
            store.checkpoint(Checkpoint::of(arrival, arrival, &fold)).unwrap();
        }
    };
    for (place, mut record) in generate::records(population).into_iter().enumerate() {
        if place % 2 == 1
            && let Some(user) = &record.who.user_id
        {
            record.who = Who::anonymous(&format!("device of {user}"));
        }
        apply(&mut store, record);
    }
    for user in population {
        let previous = Text::from(format!("device of {}", user.id));
        let (received_at, who) = (Timestamp::MAX, Who::user(&user.id));
        apply(&mut store, Record { received_at, who, what: model::What::Alias { previous } });
    }
    store.snapshot().unwrap()
}

/// What conditions name of a whole history.
fn restricted(
    snapshot: &Snapshot,
    whole: &UserHistory,
    needs: &Needs,
    of: (Timestamp, Timestamp),
) -> UserHistory {
    let names = &snapshot.names;
    let (events, properties) = (needs.names(names), needs.properties(names));
    let attributes = needs.attributes(names);
    let mut own = whole.clone();
    own.events.retain(|event| {
        let name = names.number(&event.name).unwrap();
        let named = events.wants(names, name);
        named && event.time >= needs.earliest(of.0) && event.time <= of.1
    });
    for event in &mut own.events {
        event.properties.retain(|(name, _)| properties.contains(&names.number(name).unwrap()));
    }
    own.attributes.retain(|name, changes| {
        changes.retain(|(time, _)| *time <= of.1);
        attributes.contains(&names.number(name).unwrap()) && !changes.is_empty()
    });
    own
}

#[test]
fn what_is_brought_together_decides_like_all_of_it() {
    let case = (
        (generate::population(), 1..30usize, any::<bool>()),
        generate::rules(),
        proptest::collection::vec(generate::segment(), 1..3),
        generate::instants(),
    );
    report(runner(1_500).run(
        &case,
        |((population, seal_every, ids), rules, segments, instants)| {
            let snapshot = stored(&population, seal_every);
            let predicates: Vec<&Predicate> = segments.iter().collect();
            let needs = Needs::of(&predicates, &rules);
            let (from, to) = (*instants.iter().min().unwrap(), *instants.iter().max().unwrap());
            let mut gathering = Gathering::new(&snapshot, &needs, (from, to)).unwrap();
            if !ids {
                gathering = gathering.without_ids();
            }
            let n = snapshot.n_places() as u32;
            // In ranges of different lengths, some of which begin where no piece does.
            let (mut all, mut start) = (Vec::new(), 0);
            for length in [1, 3, 5, n.max(1)] {
                let range = start.min(n)..(start + length).min(n);
                all.extend(gathering.users(range.clone()).unwrap());
                start += length;
            }
            let mut visited = Vec::new();
            gathering
                .each(0..u32::MAX, |user, history| visited.push((user, history.clone())))
                .unwrap();
            prop_assert_eq!(format!("{visited:?}"), format!("{all:?}"), "by visits");
            let ctx = Context { rules: &rules, population: &NoPopulation };
            let mut all = all.into_iter().peekable();
            for user in (0..n).map(UserIndex) {
                let mut whole = snapshot.history_of(user).unwrap();
                let mut expected = restricted(&snapshot, &whole, &needs, (from, to));
                let anything = !expected.events.is_empty() || !expected.attributes.is_empty();
                let seen = since_first_seen(Timestamp(snapshot.facts_of(user).first_seen));
                expected.attributes.extend(seen.clone());
                let one = snapshot.history_for(user, &needs, (from, to)).unwrap();
                prop_assert_eq!(format!("{one:?}"), format!("{expected:?}"), "one user");
                let own = all.next_if(|(next, _)| *next == user);
                prop_assert_eq!(own.is_some(), anything);
                let own = own.map_or_else(|| one.clone(), |(_, own)| own);
                if !ids {
                    expected.events.iter_mut().for_each(|event| event.id = EventId(0));
                }
                if anything {
                    prop_assert_eq!(format!("{own:?}"), format!("{expected:?}"), "many users");
                }
                whole.attributes.extend(seen);
                for (predicate, at) in
                    predicates.iter().flat_map(|p| instants.iter().map(move |t| (p, *t)))
                {
                    let truth = [&own, &whole].map(|history| holds(predicate, history, at, &ctx));
                    prop_assert_eq!(truth[0], truth[1], "{:?} at {}", user, at);
                }
            }
            prop_assert!(all.next().is_none());
            let at = gather(&snapshot, &rules, &predicates, 0..n, from).unwrap();
            let once =
                Gathering::new(&snapshot, &needs, (from, from)).unwrap().users(0..n).unwrap();
            prop_assert_eq!(format!("{at:?}"), format!("{once:?}"));
            Ok(())
        },
    ));
}

#[test]
fn how_far_back_conditions_look() {
    let at = Timestamp::parse("2026-03-31T12:00:00Z").unwrap();
    let check = |text: &str, days: Option<i64>| {
        let (predicate, problems) = segment::parse(text);
        assert!(problems.is_empty(), "{text}: {problems:?}");
        let lifecycle = segment::Lifecycle { states: vec![] };
        let rfm = segment::RfmSettings::of(segment::tree::EventMatch::named("buy"), None);
        let rules = Rules {
            zone: model::Zone::utc(),
            seed: 1,
            segments: BTreeMap::from([(
                Text::new("lately"),
                segment::parse("did \"buy\" in last 7d").0,
            )]),
            composites: BTreeMap::new(),
            lifecycle,
            rfm,
        };
        let earliest = Needs::of(&[&predicate], &rules).earliest(at);
        let expected = days.map_or(Timestamp::MIN, |days| at.minus(model::Span::days(days)));
        // Four days for local days of users that differ.
        let slack = if days.is_some() { model::Span::days(4) } else { model::Span(0) };
        assert!(earliest >= expected.minus(slack) && earliest <= expected, "{text}: {earliest}");
    };
    check("did \"buy\" in last 30d", Some(30));
    check("did \"buy\" in last 30d and not did \"view\" in last 60d", Some(60));
    check("in segment \"lately\" or plan = \"pro\"", Some(7));
    check("count of \"buy\" in last 14d below 0.5 of own 60d baseline", Some(74));
    check("did \"buy\"", None);
    check("did \"buy\" in last 30d and did \"view\"", None);
    check("did \"view\" and then not \"buy\" for 24h", None);
}
