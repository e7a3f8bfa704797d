//! Comparisons with what should be.
//!
//! What it is: places and counts of now, and of instants in the past by what was told, against
//! [`Naive`]; two programs that should be the same. What it is not: it changes nothing.

use std::collections::{BTreeMap, HashMap};

use engine::live::{Correction, Transition, WatchId};
use model::{Text, Timestamp, UserIndex};
use segment::live::Watched;

use crate::dice::Dice;
use crate::naive::{Naive, User};
use crate::told::{Since, place_before, place_now};
use crate::writer::Writer;

/// Instants of a user and definition in the past at which is compared.
const INSTANTS: usize = 10;

/// What is wrong.
pub type Checked = Result<usize, String>;

/// Definitions that have joined for everybody, with their numbers.
fn settled(writer: &Writer) -> Vec<(u32, Watched)> {
    let joining = writer.live.joining_keys();
    let live = writer.live.program().live();
    live.filter(|(_, w)| !joining.contains(&w.key)).map(|(n, w)| (n, w.clone())).collect()
}

/// Places of these users now, who have no timer that is due.
pub(crate) fn places(writer: &Writer, naive: &Naive, users: &[UserIndex]) -> Checked {
    let (at, rules) = (writer.live.now(), &writer.wanted.rules);
    let mut checks = 0;
    for (n, watched) in settled(writer) {
        for user in users.iter().filter(|user| !naive.takes_long(**user, &watched, rules)) {
            let ours = writer.live.place(*user, WatchId(n));
            let theirs = naive.place(*user, &watched, rules, at);
            checks += 1;
            if ours != theirs {
                return Err(described(naive, *user, &watched, at, (ours, theirs)));
            }
        }
    }
    Ok(checks)
}

/// Counts are those of the places.
pub(crate) fn counts(writer: &Writer) -> Checked {
    let mut checks = 0;
    for (n, watched) in settled(writer) {
        let places = writer.live.program().n_places(n);
        let mut counts = vec![0i64; places];
        for user in 0..writer.fold.n_users() as u32 {
            let place = writer.live.place(UserIndex(user), WatchId(n));
            counts[usize::from(place)] += 1;
        }
        let told = writer.live.counts(WatchId(n));
        checks += 1;
        if told.get(1..) != Some(&counts[1..]) {
            let key = &watched.key;
            return Err(format!("counts of {key} are {told:?}, users in places {counts:?}"));
        }
    }
    Ok(checks)
}

/// What was told of these users says where they were.
pub(crate) fn past(
    writer: &Writer,
    naive: &Naive,
    users: &[UserIndex],
    dice: &mut Dice,
) -> Checked {
    let mut of_user: HashMap<(UserIndex, &Text), Vec<(usize, &Transition)>> = HashMap::new();
    for (n, (key, transition)) in writer.told.all.iter().enumerate() {
        of_user.entry((transition.user, key)).or_default().push((n, transition));
    }
    let mut checks = 0;
    for (watch, watched) in settled(writer) {
        let Some(since) = writer.told.since.get(&watched.key) else { continue };
        let rules = &writer.wanted.rules;
        for user in users.iter().filter(|user| !naive.takes_long(**user, &watched, rules)) {
            let told = of_user.get(&(*user, &watched.key)).map_or(&[][..], |told| told);
            let counted = told.iter().filter(|(n, _)| *n >= since.first);
            let told: Vec<&Transition> = counted.map(|(_, t)| *t).collect();
            let place = writer.live.place(*user, WatchId(watch));
            let first = since.places.get(user.at()).copied().unwrap_or(0);
            let now = place_now(told.iter().copied(), first);
            if now != Ok(place) {
                let told = shortly(told.iter().copied());
                return Err(format!(
                    "user {} in {}: from {first} by what was told to {now:?}, not {place}; told:\n{told}",
                    user.0, watched.key
                ));
            }
            checks += past_of(writer, naive, (*user, &watched), (&told, since, place), dice)?;
        }
    }
    Ok(checks)
}

fn past_of(
    writer: &Writer,
    naive: &Naive,
    (user, watched): (UserIndex, &Watched),
    (told, since, place): (&[&Transition], &Since, u8),
    dice: &mut Dice,
) -> Checked {
    let of = naive.user(user);
    let (from, now) = (since.at.max(of.since), writer.live.now());
    revoked_was_told(told, from)
        .map_err(|wrong| format!("{wrong}; of user {} in {}: {told:?}", user.0, watched.key))?;
    let mut instants: Vec<Timestamp> = told.iter().map(|t| t.at).collect();
    instants.extend(of.history.events.iter().map(|event| event.time));
    instants.extend(of.history.attributes.values().flatten().map(|(time, _)| *time));
    instants.extend([from, now]);
    for _ in 0..3 {
        let span = (now.0 - from.0).max(1);
        instants.push(Timestamp(from.0 + (dice.number() % span as u64) as i64));
    }
    let mut checks = 0;
    for _ in 0..INSTANTS.min(instants.len() * 2) {
        let at = Timestamp(dice.pick(&instants).0 - dice.below(2) as i64);
        if at < from || at > now {
            continue;
        }
        let theirs = naive.place(user, watched, &writer.wanted.rules, at);
        let ours = place_before(told.iter().copied().filter(|t| t.at > at), place);
        checks += 1;
        if ours != Ok(theirs) {
            let ours = ours.map_or_else(|wrong| wrong, |place| place.to_string());
            let place = described(naive, user, watched, at, (255, theirs));
            let told = shortly(told.iter().copied());
            return Err(format!("by what was told the place is {ours}: {place}\ntold:\n{told}"));
        }
    }
    Ok(checks)
}

/// Nothing is revoked from an instant on that was not told.
fn revoked_was_told(told: &[&Transition], from: Timestamp) -> Result<(), String> {
    let mut real: Vec<(Timestamp, u8, u8)> = Vec::new();
    for t in told {
        let same = (t.at, t.from, t.to);
        match t.correction {
            Correction::Revoked => match real.iter().position(|other| *other == same) {
                Some(n) => drop(real.remove(n)),
                None if t.at > from => return Err(format!("{t:?} was revoked, and never told")),
                None => {}
            },
            Correction::None | Correction::Added => real.push(same),
        }
        if t.at > t.recorded_at {
            return Err(format!("{t:?} was told before it happened"));
        }
    }
    Ok(())
}

/// Two programs of which one went on and one was started again: the same places, counts, and, of
/// each user, what was told from a place in the list on. Bytes may differ: whoever was looked at later
/// has dropped more of what is over.
pub(crate) fn same(one: &Writer, other: &Writer, told_from: usize) -> Checked {
    let mut checks = 0;
    let of = |writer: &Writer| -> BTreeMap<Text, u32> {
        settled(writer).into_iter().map(|(n, w)| (w.key, n)).collect()
    };
    let (ours, theirs) = (of(one), of(other));
    if ours.keys().ne(theirs.keys()) {
        return Err(format!("a start watches {:?}, not {:?}", theirs.keys(), ours.keys()));
    }
    for ((key, n), m) in ours.iter().zip(theirs.values()) {
        let counts = (one.live.counts(WatchId(*n)), other.live.counts(WatchId(*m)));
        if counts.0[1..] != counts.1[1..] {
            return Err(format!("after a start the counts of {key} are {counts:?}"));
        }
        for user in (0..one.fold.n_users() as u32).map(UserIndex) {
            let place = |w: &Writer, n: u32| w.live.place(user, WatchId(n));
            checks += 1;
            if place(one, *n) != place(other, *m) {
                return Err(format!("after a start user {} is elsewhere in {key}", user.0));
            }
        }
    }
    // Of one instant, what is told of different definitions comes in the order of their numbers,
    // which differ.
    let of_each = |w: &Writer| {
        let mut of_each: BTreeMap<(u32, Text), Vec<Transition>> = BTreeMap::new();
        for (key, t) in &w.told.all[told_from..] {
            let told = of_each.entry((t.user.0, key.clone())).or_default();
            told.push(Transition { watch: WatchId(0), ..*t });
        }
        of_each
    };
    let (ours, theirs) = (of_each(one), of_each(other));
    for key in ours.keys().chain(theirs.keys()) {
        checks += 1;
        if ours.get(key) != theirs.get(key) {
            let told =
                |of: &BTreeMap<_, Vec<Transition>>| shortly(of.get(key).into_iter().flatten());
            return Err(format!(
                "a start tells other things of user {} in {}:\n{}again:\n{}",
                key.0,
                key.1,
                told(&ours),
                told(&theirs)
            ));
        }
    }
    Ok(checks)
}

/// Transitions, a line each.
fn shortly<'a>(told: impl Iterator<Item = &'a Transition>) -> String {
    let line = |t: &Transition| {
        let Transition { at, recorded_at, from, to, cause, correction, .. } = t;
        format!("{at} {from} -> {to} {cause:?} {correction:?}, told at {recorded_at}\n")
    };
    told.map(line).collect()
}

/// A user, shortly.
fn described(
    naive: &Naive,
    user: UserIndex,
    watched: &Watched,
    at: Timestamp,
    (ours, theirs): (u8, u8),
) -> String {
    let User { history, since, .. } = naive.user(user);
    let ours = if ours == 255 { String::from("another one") } else { ours.to_string() };
    let mut lines: Vec<(Timestamp, String)> = Vec::new();
    for event in &history.events {
        let said = format!("{} #{} {:?}", event.name, event.arrival, event.properties);
        lines.push((event.time, said));
    }
    for (name, changes) in &history.attributes {
        lines.extend(changes.iter().map(|(time, value)| (*time, format!("{name:?} = {value:?}"))));
    }
    lines.sort_by_key(|(time, _)| *time);
    let lines: Vec<String> = lines.iter().map(|(at, said)| format!("{at} {said}\n")).collect();
    format!(
        "user {} ({}) in {} at {at} ({}): place {ours}, should be {theirs}\n\
         {:?}\nwho they are last changed at {since}\n{}",
        user.0,
        history.id,
        watched.key,
        at.0,
        watched.what,
        lines.concat()
    )
}
