use proptest::prelude::*;

use super::*;
use crate::disk::testing::{encode, open};
use crate::numbers::Series;

proptest! {
    #[test]
    fn runs_are_found_by_user(
        users in prop::collection::btree_set(any::<u32>(), 0..200),
        shift in 0u32..32,
        asked in prop::collection::vec(any::<u32>(), 1..60),
    ) {
        let mut users: Vec<u32> = users.into_iter().map(|user| user >> shift).collect();
        users.dedup();
        let runs = Runs::new(users.clone(), (0..=users.len() as u32).collect());
        let near = users.iter().flat_map(|user| [*user, user.saturating_add(1), user.saturating_sub(1)]);
        for user in asked.into_iter().map(|user| user >> shift).chain(near) {
            prop_assert_eq!(runs.first_from(user), users.partition_point(|other| *other < user));
        }
    }
}

fn value(kind: u8, n: i64) -> Value {
    match kind {
        0 => Value::Null,
        1 => Value::Int(n),
        2 => Value::Float(n as f64 / 8.0),
        3 => Value::text(&format!("çay {n}")),
        4 => Value::Time(Timestamp(n)),
        5 => Value::Bool(n % 2 == 0),
        _ => Value::List(Box::new([Value::Int(n), Value::Null])),
    }
}

/// Rows of one family; properties 1 to 6 are of one kind each, 7 is of any.
fn rows() -> impl Strategy<Value = Vec<Row>> {
    let row = (0u32..9, 0i64..40, any::<bool>(), prop::collection::vec((0u8..7, 0i64..4), 7));
    (prop::collection::vec(row, 1..60), any::<bool>()).prop_map(|(rows, wide)| {
        let rows = rows.into_iter().enumerate();
        rows.map(|(place, (user, time, late, values))| {
            let arrival = ((place / 7) as u64) << 24 | (place % 7) as u64;
            let property = |(name, (kind, n)): (usize, (u8, i64))| {
                let kind = if name < 6 && kind > 0 { name as u8 + 1 } else { kind };
                // The third property is the user's own.
                let n = if name == 2 { i64::from(user) } else { n };
                (NameId(name as u32 + 1), value(kind, n))
            };
            Row {
                user: user * 7,
                time: 1_700_000_000_000 + time * 50_000_000,
                arrival,
                received: 1_700_000_000_000 + (place / 7) as i64 * 1_000 + i64::from(late),
                id: if wide { u128::MAX - place as u128 } else { place as u128 },
                properties: values.into_iter().enumerate().map(property).collect(),
            }
        })
        .collect()
    })
}

/// User, time, arrival, received, id, properties.
type Told = (u32, i64, u64, i64, u128, Vec<(NameId, Value)>);

/// Everything a part says, row by row.
fn told(part: &Part) -> Vec<Told> {
    let (runs, times) = (part.runs().unwrap(), part.times().unwrap());
    let (arrivals, received) = (part.arrivals().unwrap(), part.received().unwrap());
    let ids = part.ids(0..part.len()).unwrap();
    let mut told = Vec::new();
    for (run, user) in runs.users.iter().enumerate() {
        assert_eq!(part.rows_of(*user).unwrap(), runs.rows(run));
        for row in runs.rows(run) {
            let value = |name: NameId| Some((name, part.column(name).unwrap()?.get(row)?));
            told.push((
                *user,
                part.facts().time_min + i64::from(times[row]),
                arrivals.get(row, times[row]),
                received.get(row, times[row]),
                ids[row],
                part.properties().filter_map(value).collect(),
            ));
        }
    }
    told
}

fn expected(rows: &[Row]) -> Vec<Told> {
    let mut rows = rows.to_vec();
    rows.sort_by_key(|row| (row.user, row.time, row.arrival, row.id));
    let there = |properties: Vec<(NameId, Value)>| {
        properties.into_iter().filter(|(_, value)| !value.missing()).collect()
    };
    rows.into_iter()
        .map(|r| (r.user, r.time, r.arrival, r.received, r.id, there(r.properties)))
        .collect()
}

proptest! {
    #[test]
    fn a_part_tells_its_rows_in_memory_and_from_a_file(rows in rows()) {
        let part = Part::of(&rows);
        prop_assert_eq!(told(&part), expected(&rows));
        let bytes = encode(&part).unwrap();
        let stored = open(bytes, 10).unwrap();
        prop_assert_eq!(stored.facts(), part.facts());
        prop_assert_eq!(told(&stored), expected(&rows));
        for at in (0..part.len()).step_by(5) {
            prop_assert_eq!(stored.ids(at..part.len()).unwrap(), part.ids(at..part.len()).unwrap());
        }
    }

    #[test]
    fn merging_is_making_one_part_of_all_rows(rows in rows(), cut in 0usize..60, same in any::<bool>()) {
        let cut = cut.min(rows.len());
        let parts: Vec<Part> = [&rows[..cut], &rows[cut..]]
            .into_iter()
            .filter(|rows| !rows.is_empty())
            .map(Part::of)
            .collect();
        let parts: Vec<Part> = parts
            .into_iter()
            .map(|part| open(encode(&part).unwrap(), 10).unwrap())
            .collect();
        let parts: Vec<&Part> = parts.iter().collect();
        let merged = Part::merged(&parts).unwrap();
        prop_assert_eq!(told(&merged), expected(&rows));
        // Users 7 and 14 are one.
        let user_of = |user: u32| if same && user == 14 { 7 } else { user };
        let one = merged.renumbered(&user_of).unwrap();
        let renamed: Vec<Row> =
            rows.iter().map(|row| Row { user: user_of(row.user), ..row.clone() }).collect();
        prop_assert_eq!(told(&one), expected(&renamed));
        let moved = rows.iter().any(|row| user_of(row.user) != row.user);
        prop_assert_eq!(one.has_origins(), moved);
        // They are two again, also out of a file and beside other rows.
        let one = open(encode(&one).unwrap(), 10).unwrap();
        let two = Part::merged(&[&one]).unwrap().renumbered(&|user| user).unwrap();
        prop_assert_eq!(told(&two), expected(&rows));
        prop_assert!(!two.has_origins());
    }
}

#[test]
fn no_flipped_or_missing_byte_goes_unnoticed() {
    let row = |n: u32| Row {
        user: n / 3,
        time: i64::from(n) * 1_000,
        arrival: u64::from(n % 5) << 24 | u64::from(n % 2),
        received: 4,
        id: u128::from(n),
        properties: (1..7).map(|kind| (NameId(kind), value(kind as u8, i64::from(n)))).collect(),
    };
    let part = Part::of(&(0..40).map(row).collect::<Vec<_>>());
    let bytes = encode(&part).unwrap();
    let whole = |bytes: &[u8]| -> Result<(), Error> {
        let part = open(bytes.to_vec(), 10)?;
        part.verify()
    };
    whole(&bytes).unwrap();
    for at in 0..bytes.len() {
        let mut flipped = bytes.clone();
        flipped[at] ^= 0x10;
        assert!(whole(&flipped).is_err(), "byte {at} of {} flipped", bytes.len());
        assert!(whole(&bytes[..at]).is_err(), "cut at {at}");
    }
    assert!(open(bytes, 3).is_err(), "names that do not exist are refused");
}

#[test]
fn what_follows_time_takes_no_room() {
    let row = |n: u32| Row {
        user: n * 7_919 % 1_000,
        time: i64::from(n) * 1_000,
        arrival: u64::from(n / 4_000) << 24,
        received: i64::from(n / 4_000) * 60_000,
        id: u128::from(n),
        properties: Vec::new(),
    };
    let part = Part::of(&(0..20_000).map(row).collect::<Vec<_>>());
    assert!(matches!(&part.arrivals().unwrap().frames, Series::Steps(steps) if steps.len() == 5));
    assert!(matches!(&*part.received().unwrap(), Series::Steps(steps) if steps.len() == 5));
}
