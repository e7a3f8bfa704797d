//! A world that knows nothing and counts what it is told: what is left is the fold.

use std::hint::black_box;
use std::sync::Arc;

use engine::journey::{Changes, Journey, Message, Sent, Told, World};
use experiment::assign::Arms;
use model::{Event, EventId, Text, Timestamp, UserIndex, Value, Zone};
use segment::Predicate;

/// Nobody has a history; every message goes.
#[derive(Default)]
pub(super) struct Silent {
    /// What was told.
    pub(super) told: u64,
}

impl World for Silent {
    fn known(&mut self, _: EventId, _: UserIndex) -> bool {
        false
    }
    fn held_out(&mut self, _: &Journey, _: UserIndex) -> Option<Text> {
        None
    }
    fn seed(&self) -> u64 {
        1
    }
    fn shares(&mut self, _: &Journey, _: &Text, _: Option<&Text>) -> Option<Arms> {
        None
    }
    fn holds(&mut self, _: UserIndex, _: &Predicate, _: Timestamp) -> bool {
        false
    }
    fn place(&mut self, _: UserIndex, _: &str) -> u8 {
        0
    }
    fn attribute(&mut self, _: UserIndex, _: &str, _: Timestamp) -> Option<Value> {
        None
    }
    fn zone(&mut self, _: UserIndex, _: Timestamp) -> Zone {
        Zone::utc()
    }
    fn event(&mut self, _: UserIndex, _: EventId) -> Option<Arc<Event>> {
        None
    }
    fn first(
        &mut self,
        _: UserIndex,
        _: (Timestamp, Timestamp),
        _: &mut dyn FnMut(&Event) -> bool,
    ) -> Option<Arc<Event>> {
        None
    }
    fn last(
        &mut self,
        _: UserIndex,
        _: Timestamp,
        _: &mut dyn FnMut(&Event) -> bool,
    ) -> Option<Arc<Event>> {
        None
    }
    fn engaged(&mut self, _: UserIndex, _: &Text, _: Timestamp) -> Option<Timestamp> {
        None
    }
    fn reaches(&mut self, _: UserIndex, _: &Text, _: Timestamp) -> bool {
        true
    }
    fn send(&mut self, _: Message) -> (Sent, Option<Timestamp>) {
        (Sent::Queued, None)
    }
    fn tell(&mut self, told: Told) {
        black_box(&told);
        self.told += 1;
    }
    fn update(&mut self, _: UserIndex, _: EventId, _: Timestamp, _: Changes<'_>) {}
    fn emit(&mut self, _: UserIndex, _: Event) {}
}
