//! Users who are separated: everybody has what came under their own ids.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

#[test]
fn after_a_merge_and_a_separation_everything_is_as_it_was() {
    let script = [
        event(Who::user("ada"), "view", 1, 1),
        event(Who::anonymous("phone"), "buy", 2, 2),
        change(Who::anonymous("phone"), 3),
        event(Who::user("ada"), "buy", 70, 4),
    ];
    let mut process = Process::in_memory(&records(&script));
    let before = process.content();
    let both = [join("ada", "phone", 10), separate("ada", "phone", 11)];
    assert!(play(&mut process, &both[..1]).is_empty());
    let merged = process.content();
    assert!(merged[0].contains("buy") && merged != before, "{merged:?}");
    assert!(play(&mut process, &both[1..]).is_empty());
    assert_eq!(process.content(), before);
}

fn ids() -> impl Strategy<Value = Who> {
    (0..3u8, 0..3u8, 0..3u8).prop_map(|(user, device, kind)| {
        let user = Some(Text::from(format!("u{user}"))).filter(|_| kind != 1);
        Who::of(user, Some(Text::from(format!("d{device}"))).filter(|_| kind != 0))
    })
}

fn deeds() -> impl Strategy<Value = Deed> {
    let id = (0..6u8).prop_map(|n| if n < 3 { format!("u{n}") } else { format!("d{}", n - 3) });
    (ids(), id, 0..13u8, 0..4i64, any::<u16>()).prop_map(|(who, id, kind, month, n)| {
        let n = u64::from(n);
        let record = |what| Record { received_at: Timestamp(n as i64), who: who.clone(), what };
        match kind {
            0 | 1 => Deed::Apply(record(What::Separate { separated: id.as_str().into() })),
            2 => Deed::Apply(record(What::Alias { previous: id.as_str().into() })),
            3 => Deed::Look,
            4 => Deed::Checkpoint,
            5 => change(who, n),
            6 => Deed::Seal,
            _ => event(who, if n.is_multiple_of(2) { "view" } else { "buy" }, month * 31, n),
        }
    })
}

/// Times of everything that each user has: what came under ids of persons who are part of them.
fn expected(records: &[Record]) -> BTreeMap<u32, Vec<i64>> {
    let mut fold = Fold::new();
    let mut came: Vec<(UserIndex, i64)> = Vec::new();
    for record in records {
        let step = fold.step(record);
        match &record.what {
            What::Event(event) => came.push((step.origin, event.time.0)),
            What::Identify(change) => came.push((step.origin, change.time.0)),
            What::Facts(facts) => came.push((step.origin, facts.time.0)),
            What::Alias { .. } | What::Separate { .. } => {}
        }
    }
    let mut of_users: BTreeMap<u32, Vec<i64>> = BTreeMap::new();
    for (mut person, time) in came {
        while let Some(into) = fold.person(person).merged_into {
            person = into;
        }
        of_users.entry(person.0).or_default().push(time);
    }
    of_users.values_mut().for_each(|times| times.sort_unstable());
    of_users
}

fn found(process: &mut Process) -> BTreeMap<u32, Vec<i64>> {
    let snapshot = process.store.snapshot().unwrap();
    let mut of_users = BTreeMap::new();
    for user in (0..snapshot.n_places() as u32).map(UserIndex) {
        let history = snapshot.history_of(user).unwrap();
        let changes = history.attributes.iter().filter(|(name, _)| !name.is_empty());
        let changes = changes.flat_map(|(_, changes)| changes).map(|change| change.0.0);
        let mut times: Vec<i64> =
            history.events.iter().map(|event| event.time.0).chain(changes).collect();
        times.sort_unstable();
        assert_eq!(history, process.store.history_of(user).unwrap());
        if !times.is_empty() {
            of_users.insert(user.0, times);
        }
    }
    of_users
}

proptest! {
    #[test]
    fn everybody_has_what_came_under_their_own_ids(script in prop::collection::vec(deeds(), 1..50)) {
        let folder = MemoryFolder::default();
        let (store, _) = Store::open_in(Arc::new(folder.clone())).unwrap();
        let mut process = Process::of(store, false);
        prop_assert!(play(&mut process, &script).is_empty());
        let records = records(&script);
        prop_assert_eq!(found(&mut process), expected(&records));
        let content = process.content();
        prop_assert_eq!(&Process::in_memory(&records).content(), &content);
        let reopened = Process::open(&folder, &records).unwrap().content();
        prop_assert_eq!(&reopened, &content);
    }
}
