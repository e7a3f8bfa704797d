//! A year of many people played again: histories from files, each user by a rehearsal, on two threads.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use engine::Fold;
use engine::journey::rehearsal::{Part, Rehearsal, Scene, Setting};
use engine::journey::{Action, Again, Book, Choose, Journey, Path as Way, Since};
use engine::outreach::{Campaign, Delivery, Policy, Standing, Trigger};
use engine::schedule::caps::{Labels, Rule, Scope};
use engine::schedule::quiet_hours::{Hours, Policy as OnQuiet, Window};
use engine::schedule::{Channel, Channels, Minute};
use experiment::assign::{Arms, Groups, Share};
use history::{Gathering, Needs};
use model::{Span, Text, Timestamp, Zone};
use segment::live::Program;
use serde::Serialize;

use super::{event_named, journey, step};
use crate::generate::Settings;
use crate::live::alone::rules;
use crate::questions::AS_OF_MS;
use crate::run::loaded;

/// Users whose histories are brought together at a time.
const USERS: u32 = 8_192;
/// Threads.
const THREADS: usize = 2;

/// What came out.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Played {
    /// Events in the history.
    pub events: u64,
    /// Users in it.
    pub users: u32,
    /// Rows that the journey needs, and that were read.
    pub rows: u64,
    /// How often somebody came in.
    pub entered: u64,
    /// What was told of runs.
    pub told: u64,
    /// Messages that would have gone.
    pub messages: u64,
    /// Seconds, from the first row to the last person.
    pub seconds: f64,
}

/// A cart, a day for a purchase, a message that is no annoyance, and two days more.
fn cart() -> Journey {
    let wait_for = |within: Span, otherwise| Action::WaitFor {
        any: vec![(Way { id: Text::new("bought"), next: None }, event_named("Purchase"))],
        within,
        otherwise,
        since: Since::Step,
    };
    let message = |next| Action::Message {
        messages: vec![Text::new("measured/message")],
        choose: Choose::First,
        next,
        unreachable: next,
    };
    let steps = vec![
        step("day", wait_for(Span::days(1), Some(1))),
        step("message", message(Some(2))),
        step("days", wait_for(Span::days(2), Some(3))),
        step("last", message(None)),
    ];
    Journey { again: Again::After(Span::days(7)), ..journey("Add To Cart", steps) }
}

fn campaign() -> anyhow::Result<Campaign> {
    Ok(Campaign {
        id: Text::new("measured/message"),
        channel: Channel::Push,
        trigger: Trigger::Named,
        again: engine::outreach::Again::Always,
        arms: Arms::equal(vec![Text::new("only")])?,
        control: Share::NONE,
        groups: Vec::new(),
        by: None,
        winner: None,
        labels: Labels(0),
        label_names: Vec::new(),
        topic: None,
        free_text: Vec::new(),
        transactional: false,
        priority: 50,
        hours: None,
        delivery: Delivery::default(),
        standing: Standing::Running,
        since: Timestamp::MIN,
    })
}

fn policy() -> Policy {
    let night = Minute::at(22, 0).zip(Minute::at(8, 0));
    let night = night.map(|(from, to)| vec![Window::daily(from, to)]);
    Policy {
        seed: 1,
        control: Share::NONE,
        groups: Groups::default(),
        caps: vec![Rule::Limit { limit: 2, window: Span::days(7), scope: Scope::ALL }],
        caps_in_words: vec!["two a week".to_owned()],
        quiet: night.and_then(|night| Hours::quiet(Channels::ALL, night)),
        on_quiet: OnQuiet::Delay,
        legal_hours: false,
        zone: Zone::utc(),
    }
}

/// Makes a history of generated events in a folder, and plays a year of it.
pub fn play(settings: &Settings, folder: &Path) -> anyhow::Result<Played> {
    let ours = loaded(settings, folder)?;
    let snapshot = ours.snapshot();
    let (program, _) = Program::compile(&rules(), &[], None);
    let (campaign, policy) = (campaign()?, policy());
    let part = Part { campaign: &campaign, matches: None, audience: None, answer: None };
    let parts = BTreeMap::from([(campaign.id.clone(), part)]);
    // Nobody of generated people has a device: each is asked for one, and each message is decided.
    let fold = people(snapshot.n_places())?;
    let (address, labels) = (|_: &str, _: &str| None, |_: &str| Labels(0));
    let setting = Setting { policy: &policy, fold: &fold, address: &address, labels: &labels };
    let to = Timestamp(AS_OF_MS);
    let between = (to.minus(Span::days(365)), to);
    let book = Arc::new(Book::new(vec![Arc::new(cart())]));
    let scene = Scene::new(book, (&program, &parts), setting, between);
    let (definition, _) =
        segment::parse("did \"Add To Cart\" in last 1d and did \"Purchase\" in last 1d");
    let began = Instant::now();
    let needs = Needs::of(&[&definition], &rules());
    let gathering = Gathering::new(snapshot, &needs, between)?;
    let end = snapshot.n_places() as u32;
    let next = AtomicU32::new(0);
    let (entered, told, messages) = (AtomicU64::new(0), AtomicU64::new(0), AtomicU64::new(0));
    let failed = Mutex::new(None);
    let work = || {
        loop {
            let from = next.fetch_add(USERS, Ordering::Relaxed);
            if from >= end {
                return;
            }
            let users = from..end.min(from + USERS);
            let visited = gathering.each(users, |user, history| {
                let played = Rehearsal::play(&scene, user, history);
                let into = played.told.iter().filter(|told| told.n == 0).count() as u64;
                entered.fetch_add(into, Ordering::Relaxed);
                told.fetch_add(played.told.len() as u64, Ordering::Relaxed);
                messages.fetch_add(played.messages.len() as u64, Ordering::Relaxed);
            });
            if let Err(error) = visited {
                *failed.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
                return;
            }
        }
    };
    std::thread::scope(|scope| (0..THREADS).for_each(|_| drop(scope.spawn(work))));
    if let Some(error) = failed.into_inner().unwrap_or_else(PoisonError::into_inner) {
        return Err(error.into());
    }
    Ok(Played {
        events: settings.events,
        users: settings.users(),
        rows: gathering.n_rows(),
        entered: entered.into_inner(),
        told: told.into_inner(),
        messages: messages.into_inner(),
        seconds: began.elapsed().as_secs_f64(),
    })
}

/// So many people, of whom nothing is known.
fn people(n: usize) -> anyhow::Result<Fold> {
    let mut fold = Fold::new();
    for user in 0..n {
        let id = Text::from(format!("u{user}"));
        fold.resolve(&model::Who::of(Some(id), None));
    }
    Ok(fold)
}
