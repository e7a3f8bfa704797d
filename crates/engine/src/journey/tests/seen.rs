//! What was seen before the program ended is not seen again, and what was not is seen in its turn.

use model::outreach::{QUEUED, event_id};
use model::{Record, What as Said, Who};

use super::*;

const START: &str = "2026-03-01T00:00:00Z";

/// The process, and what a log would hold of what it was handed.
struct Process {
    intake: Intake,
    world: Small,
    log: Vec<(UserIndex, Record)>,
}

impl Process {
    fn new(journeys: Vec<Journey>) -> Process {
        let mut process =
            Process { intake: Intake::default(), world: Small::default(), log: Vec::new() };
        process.restart(journeys, START);
        process
    }

    /// Ends, and begins again: every frame is handed in again.
    fn restart(&mut self, journeys: Vec<Journey>, now: &str) {
        let book = Book::new(journeys.into_iter().map(Arc::new).collect());
        self.intake = Intake::new(Arc::new(book));
        for n in 0..self.log.len() {
            self.hand_in(n);
        }
        self.intake.replayed();
        let told = restored(&self.world);
        self.intake.restore(told, at(now), &mut self.world);
    }

    fn hand_in(&mut self, n: usize) {
        let naming = Naming { key: &|_| None, hidden: &|_| false };
        let records = self.log[n..=n].iter().map(|(user, record)| (*user, record));
        self.intake.frame(n as u64 + 1, records, &[], naming);
    }

    fn does(&mut self, name: &str, when: &str, received: &str) {
        let id = EventId::of(&format!("{name} {when}"));
        let event = Event { name: Text::new(name), time: at(when), id, properties: Vec::new() };
        self.world.events.entry(ADA.0).or_default().push(Arc::new(event.clone()));
        self.takes(event, received);
    }

    fn takes(&mut self, event: Event, received: &str) {
        let (received_at, what) = (at(received), Said::Event(event));
        self.log.push((ADA, Record { received_at, who: Who::default(), what }));
        self.hand_in(self.log.len() - 1);
    }

    fn define(&mut self, journeys: Vec<Journey>, now: &str) {
        let book = Book::new(journeys.into_iter().map(Arc::new).collect());
        self.intake.define(Arc::new(book), at(now), &mut self.world);
    }

    /// Everything is seen, and done until an instant.
    fn pass(&mut self, until: &str) {
        while self.intake.busy(at(until)) {
            if self.intake.see(1, &mut self.world) {
                self.intake.due(at(until), 1, &mut self.world);
            }
        }
    }

    fn story(&self) -> Vec<String> {
        let mut own: Vec<&Told> = self.world.told.values().collect();
        own.sort_by_key(|told| (told.at, told.run.0, told.n));
        own.into_iter().map(line).collect()
    }
}

fn rests() -> Journey {
    journey("j", "A", vec![step("rest", wait(Span::HOUR, None))])
}

fn mails() -> Journey {
    let steps =
        vec![step("mail", message("j/mail", Some(1))), step("rest", wait(Span::HOUR, None))];
    Journey { exits: vec![event_named("B")], ..journey("j", "A", steps) }
}

#[test]
fn a_late_event_lets_in_again_also_when_it_is_looked_at_after_a_crash() {
    let mut process = Process::new(vec![rests()]);
    process.does("A", "2026-03-01T10:00:00Z", "2026-03-01T10:00:00Z");
    process.pass("2026-03-01T11:00:00Z");
    // Dated before the end of the run, and received after it.
    process.does("A", "2026-03-01T10:30:00Z", "2026-03-01T11:10:00Z");
    let before = process.world.told.clone();
    process.pass("2026-03-01T11:10:00Z");
    let story = process.story();
    assert_eq!(story.iter().filter(|line| line.contains(" in to ")).count(), 2, "{story:?}");
    process.world.told = before;
    process.restart(vec![rests()], "2026-03-01T11:10:00Z");
    process.pass("2026-03-01T11:10:00Z");
    assert_eq!(process.story(), story);
}

#[test]
fn an_event_that_was_seen_while_somebody_was_in_lets_nobody_in_after_a_crash() {
    let mut process = Process::new(vec![rests()]);
    process.does("A", "2026-03-01T10:00:00Z", "2026-03-01T10:00:00Z");
    process.does("A", "2026-03-01T10:30:00Z", "2026-03-01T10:30:00Z");
    process.pass("2026-03-01T12:00:00Z");
    let story = process.story();
    assert_eq!(story.len(), 2);
    process.restart(vec![rests()], "2026-03-01T12:00:00Z");
    process.pass("2026-03-01T12:00:00Z");
    assert_eq!(process.story(), story);
}

/// What is in the log once a planned message is decided.
fn decided(process: &Process, when: &str) -> (EventId, Event) {
    let (message, run) = process.world.asked[&(ADA.0, "j/mail".to_owned())];
    let text = |name: &'static str, value: &str| (Text::const_new(name), Value::text(value));
    let mut properties = vec![
        text(CAMPAIGN, "j/mail"),
        text(MESSAGE, &message.to_string()),
        text(RUN, &run.to_string()),
    ];
    model::record::sort_properties(&mut properties);
    let id = event_id(message, "decision", 0);
    (message, Event { name: Text::const_new(QUEUED), time: at(when), id, properties })
}

#[test]
fn what_was_decided_about_a_planned_message_is_seen_after_what_came_before_it() {
    for exits in [false, true] {
        let mut process = Process::new(vec![mails()]);
        process.world.fate.insert("j/mail".into(), Sent::Later);
        process.does("A", "2026-03-01T10:00:00Z", "2026-03-01T10:00:00Z");
        process.pass("2026-03-01T10:30:00Z");
        assert!(process.intake.may_decide(ADA));
        if exits {
            process.does("B", "2026-03-01T11:00:00Z", "2026-03-01T11:00:00Z");
            assert!(!process.intake.may_decide(ADA), "there is something to see first");
        }
        let (message, event) = decided(&process, "2026-03-01T11:00:00Z");
        process.world.went.insert(message.0, at("2026-03-01T11:00:00Z"));
        process.takes(event, "2026-03-01T11:00:00Z");
        let before = process.world.told.clone();
        process.pass("2026-03-01T11:30:00Z");
        let story = process.story();
        let last = match exits {
            true => "2026-03-01T11:00 mail  out: exit",
            false => "2026-03-01T11:00 mail -next-> rest",
        };
        assert_eq!(story.last().map(String::as_str), Some(last));
        // Nothing of that was written yet.
        process.world.told = before;
        process.restart(vec![mails()], "2026-03-01T11:30:00Z");
        process.pass("2026-03-01T11:30:00Z");
        assert_eq!(process.story(), story);
    }
}

#[test]
fn whoever_was_paused_with_a_planned_message_still_waits_for_it_after_a_start() {
    let paused = || Journey { standing: Standing::Paused, ..mails() };
    let mut process = Process::new(vec![mails()]);
    process.world.fate.insert("j/mail".into(), Sent::Later);
    process.does("A", "2026-03-01T10:00:00Z", "2026-03-01T10:00:00Z");
    process.pass("2026-03-01T10:30:00Z");
    process.define(vec![paused()], "2026-03-01T10:40:00Z");
    process.restart(vec![paused()], "2026-03-01T10:50:00Z");
    let (message, _) = decided(&process, START);
    assert!(process.intake.awaits(ADA, &Text::new("j/mail"), message));
}

#[test]
fn what_happened_in_a_pause_counts_also_if_a_crash_comes_as_the_journey_goes_on() {
    let since = at("2026-03-01T12:00:00Z");
    let resumed = || Journey { since, exits: vec![event_named("B")], ..rests() };
    let mut process = Process::new(vec![Journey { exits: vec![event_named("B")], ..rests() }]);
    process.does("A", "2026-03-01T10:00:00Z", "2026-03-01T10:00:00Z");
    process.pass("2026-03-01T10:10:00Z");
    process
        .define(vec![Journey { standing: Standing::Paused, ..resumed() }], "2026-03-01T10:10:00Z");
    process.does("B", "2026-03-01T10:30:00Z", "2026-03-01T10:40:00Z");
    process.does("B", "2026-03-01T10:20:00Z", "2026-03-01T10:50:00Z");
    process.pass("2026-03-01T11:30:00Z");
    let before = process.world.told.clone();
    process.define(vec![resumed()], "2026-03-01T12:00:00Z");
    process.pass("2026-03-01T12:00:00Z");
    let story = process.story();
    assert_eq!(story[1..], ["2026-03-01T10:20 rest  out: exit"], "the first of them");
    process.world.told = before;
    process.restart(vec![resumed()], "2026-03-01T12:01:00Z");
    process.pass("2026-03-01T12:01:00Z");
    assert_eq!(process.story(), story);
}

#[test]
fn a_new_version_does_not_look_again_at_what_came_before_it() {
    let old = || Journey { current: false, ..rests() };
    let new = || Journey {
        version: 2,
        published_at: at("2026-03-01T10:20:00Z"),
        exits: vec![event_named("B")],
        moves: Moves::from([(Text::new("rest"), To::Step(Text::new("rest")))]),
        ..rests()
    };
    let mut process = Process::new(vec![rests()]);
    process.does("A", "2026-03-01T10:00:00Z", "2026-03-01T10:00:00Z");
    process.does("B", "2026-03-01T10:10:00Z", "2026-03-01T10:10:00Z");
    process.pass("2026-03-01T10:15:00Z");
    process.define(vec![old(), new()], "2026-03-01T10:20:01Z");
    let story = process.story();
    assert_eq!(story[1..], ["2026-03-01T10:20 rest -published-> rest"]);
    process.restart(vec![old(), new()], "2026-03-01T10:30:00Z");
    process.pass("2026-03-01T10:30:00Z");
    assert_eq!(process.story(), story);
}
