//! What waits to be seen: the order in which it is, and that nothing of it is lost.

use model::{Record, What as Said, Who};

use super::*;
use crate::live::{Cause, Correction, Transition, WatchId};

/// In by A, out by B; in by a move, out by B.
fn book() -> Arc<Book> {
    let mut first = journey("first", "A", vec![step("rest", wait(Span::HOUR, None))]);
    first.exits = vec![event_named("B")];
    let mut second = journey("second", "-", vec![step("rest", wait(Span::HOUR, None))]);
    second.entry =
        Some(Happening::Moves { watch: Text::new("segment/s"), from: vec![0], to: vec![1] });
    second.exits = vec![event_named("B")];
    Arc::new(Book::new(vec![Arc::new(first), Arc::new(second)]))
}

struct Queue {
    intake: Intake,
    world: Small,
    frames: u64,
}

impl Queue {
    fn new() -> Queue {
        let mut queue = Queue { intake: Intake::new(book()), world: Small::default(), frames: 0 };
        queue.intake.replayed();
        queue.intake.restore(Restored::default(), at("2026-03-01T00:00:00Z"), &mut queue.world);
        queue
    }

    fn frame(&mut self, records: &[(UserIndex, &str, &str)], moves: &[(UserIndex, &str)]) {
        self.frames += 1;
        let frame = self.frames;
        let of = |(n, (user, name, when)): (usize, &(UserIndex, &str, &str))| {
            let (name, id) = (Text::new(name), EventId::of(&format!("{frame}/{n}")));
            let what = Said::Event(Event { name, time: at(when), id, properties: Vec::new() });
            (*user, Record { received_at: at("2026-03-01T10:30:00Z"), who: Who::default(), what })
        };
        let records: Vec<(UserIndex, Record)> = records.iter().enumerate().map(of).collect();
        let moved = |(user, when): &(UserIndex, &str)| Transition {
            user: *user,
            watch: WatchId(0),
            at: at(when),
            recorded_at: at(when),
            from: 0,
            to: 1,
            cause: Cause::Record,
            correction: Correction::None,
        };
        let told: Vec<Transition> = moves.iter().map(moved).collect();
        let naming = Naming { key: &|_| Some(Text::new("segment/s")), hidden: &|_| false };
        let records = records.iter().map(|(user, record)| (*user, record));
        self.intake.frame(frame, records, &told, naming);
    }

    fn story(&mut self, user: UserIndex) -> Vec<String> {
        while self.intake.unseen() > 0 {
            self.intake.see(1, &mut self.world);
        }
        let mut own: Vec<&Told> = self.world.told.values().filter(|of| of.user == user).collect();
        own.sort_by_key(|told| (told.at, told.journey.clone(), told.n));
        own.into_iter().map(|told| format!("{} {}", told.journey, line(told))).collect()
    }
}

#[test]
fn what_is_sent_together_is_seen_by_whoever_comes_in_by_it() {
    let mut queue = Queue::new();
    queue.frame(&[(ADA, "A", "2026-03-01T10:00:00Z"), (ADA, "B", "2026-03-01T10:10:00Z")], &[]);
    let story = queue.story(ADA);
    assert_eq!(
        story,
        ["first 2026-03-01T10:00 in to rest", "first 2026-03-01T10:10 rest  out: exit"]
    );
}

#[test]
fn what_comes_while_somebody_is_about_to_come_in_is_seen() {
    let mut queue = Queue::new();
    queue.frame(&[(ADA, "A", "2026-03-01T10:00:00Z")], &[]);
    queue.frame(&[(ADA, "B", "2026-03-01T10:10:00Z")], &[]);
    assert_eq!(queue.story(ADA).len(), 2);
}

#[test]
fn a_move_comes_between_what_happened_before_and_after_it() {
    let mut queue = Queue::new();
    let records = [
        (ADA, "B", "2026-03-01T10:00:00Z"),
        (ADA, "C", "2026-03-01T10:05:00Z"),
        (BEN, "B", "2026-03-01T10:05:00Z"),
        (ADA, "B", "2026-03-01T10:10:00Z"),
    ];
    queue.frame(&records, &[(ADA, "2026-03-01T10:05:00Z")]);
    assert_eq!(
        queue.story(ADA),
        ["second 2026-03-01T10:05 in to rest", "second 2026-03-01T10:10 rest  out: exit"]
    );
    assert_eq!(queue.story(BEN), Vec::<String>::new());
}

#[test]
fn a_move_by_a_late_record_comes_after_it() {
    let mut queue = Queue::new();
    let records = [(ADA, "B", "2026-03-01T10:10:00Z"), (ADA, "C", "2026-03-01T10:05:00Z")];
    queue.frame(&records, &[(ADA, "2026-03-01T10:05:00Z")]);
    assert_eq!(queue.story(ADA), ["second 2026-03-01T10:05 in to rest"]);
}

#[test]
fn what_waits_of_users_who_turn_out_to_be_one_is_seen_where_either_is() {
    let mut queue = Queue::new();
    queue.frame(&[(BEN, "A", "2026-03-01T10:00:00Z")], &[]);
    queue.story(BEN);
    queue.frame(&[(BEN, "B", "2026-03-01T10:10:00Z")], &[]);
    queue.intake.merged(BEN, ADA, at("2026-03-01T10:30:00Z"));
    queue.world.merged.insert(BEN.0, ADA);
    let out = "first 2026-03-01T10:10 rest  out: exit";
    assert_eq!(queue.story(BEN).last().map(String::as_str), Some(out));
    assert_eq!(queue.intake.journeys().n_positions(), 0);
}

#[test]
fn a_frame_that_is_read_again_changes_nothing() {
    let records = [(ADA, "A", "2026-03-01T10:00:00Z"), (ADA, "B", "2026-03-01T10:10:00Z")];
    let mut queue = Queue::new();
    queue.frame(&records, &[(ADA, "2026-03-01T10:05:00Z")]);
    let story = queue.story(ADA);
    queue.frames = 0;
    queue.frame(&records, &[(ADA, "2026-03-01T10:05:00Z")]);
    assert_eq!(queue.story(ADA), story);
    assert_eq!(story.len(), 4);
}

#[test]
fn of_whoever_is_forgotten_nothing_is_left_under_the_number_that_they_had() {
    let mut queue = Queue::new();
    queue.frame(&[(BEN, "A", "2026-03-01T10:00:00Z")], &[]);
    queue.story(BEN);
    queue.intake.merged(BEN, ADA, at("2026-03-01T10:30:00Z"));
    queue.world.merged.insert(BEN.0, ADA);
    queue.intake.forget(&[ADA]);
    assert_eq!((queue.intake.unseen(), queue.intake.journeys().n_positions()), (0, 0));
}
