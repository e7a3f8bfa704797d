//! A simulated shop app's audience that behaves like a real one, for demonstrations and load.
//!
//! What it is: a deterministic process. Equal seeds, parameters and bounds give equal records, in
//! order of acceptance, of people who arrive, sign up, come often or seldom, buy, drift away, come
//! back and leave for good. History and present are one process: [`Shop`] gives what was accepted
//! before `end`, [`Live`] goes on from there.
//! What it is not: it asks no clock and sends nothing. Times come in, records come out.
//!
//! Invariants: acceptance never decreases; no record of a person is earlier than their first open;
//! memory is proportional to the people who are not gone.
//!
//! | events | properties |
//! |---|---|
//! | `First Open` | `acquisition_channel`, `campaign` on a campaign's days |
//! | `App Launched` | `app_version`, `platform` |
//! | `Onboarding Started`, `Onboarding Step`, `Onboarding Completed` | `step` |
//! | `Signed Up`, `Signed In` (on a second device) | `method` |
//! | `Category Viewed`, `Product Viewed`, `Searched` | `category`; `category`, `price`, `product_id`; `query` |
//! | `Add To Cart` | `category`, `price`, `product_id`, `quantity` |
//! | `Checkout Started` | `cart_value`, `items` |
//! | `Purchase` | `amount`, `category` (of the dearest line), `currency`, `items`, `order_id` |
//! | `Refund` (`amount` is negative), `Review`, `Support Contact` | `amount`, `currency`; `rating`; `topic`; each `order_id` |
//! | `Plan Upgraded`, `Plan Renewed`, `Plan Ended` | `plan` |
//! | `Notifications Disabled`, `Notifications Enabled`, `App Uninstalled` | |
//!
//! Attributes: `acquisition_channel`, `app_version`, `country`, `language`, `platform`, `push_opt_in`
//! and `timezone` from the first open; `birthday`, `email`, `email_opt_in`, `name`, `phone`, `plan`,
//! `sms_opt_in`, the subscriptions of e-mail and SMS and for some `trial_ends_at` from sign up;
//! `renewal_date` with the plan "plus". Facts of each device: what it is, where it is, whether it lets
//! notifications through, and its token. Nobody can be reached with any of it (see `contact`).
//!
//! Messages that are sent to these people are answered by [`Shop::reaction`]; whom one brings back
//! ([`Shop::invite`]) is part of the process as if it had been so from the start.
//!
//! Floating point functions of the platform decide the draws: equal bits are promised on one
//! platform, not across them.

mod contact;
mod parameters;
mod person;
mod segments;
mod session;
mod world;

use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap};

use model::{Record, Span, Text, Timestamp};
use segment::RfmSettings;
use segment::tree::{EventMatch, Measure};

pub use contact::Reaction;
pub use parameters::Parameters;
pub use segments::example_segments;

use person::{Next, Person};
use session::{Session, uninstall};
use world::World;

/// The event that the shop's lifecycle is about: opening the app, which buyers and browsers do.
pub const KEY_EVENT: &str = "App Launched";

/// RFM settings that fit the shop: its purchases and what was paid.
pub fn rfm_defaults() -> RfmSettings {
    let amount = Measure::Sum(Text::const_new("amount"));
    RfmSettings::of(EventMatch::named("Purchase"), Some(amount))
}

/// The history of a simulated shop: records accepted before its end.
pub struct Shop {
    process: Process,
    end: Timestamp,
}

/// A simulated shop that goes on from the end of its history.
pub struct Live {
    process: Process,
}

impl Shop {
    /// The shop whose first day starts at `start` and whose history goes up to `end`, exclusive.
    /// [`Parameters::users`] are expected to arrive between the two.
    pub fn new(seed: u64, parameters: Parameters, start: Timestamp, end: Timestamp) -> Shop {
        Shop { process: Process::new(World::new(seed, parameters, start, end)), end }
    }

    /// Records accepted up to `at`, inclusive, that were not given yet; never beyond the history's end.
    pub fn records_until(&mut self, at: Timestamp) -> impl Iterator<Item = Record> + '_ {
        let at = at.min(Timestamp(self.end.0.saturating_sub(1)));
        std::iter::from_fn(move || self.process.next_until(at))
    }

    /// What the person with this e-mail address does with one of several messages; of an address that is
    /// nobody's: nothing. It changes nothing: whoever is brought back is invited.
    pub fn reaction(&self, email: &str, message: u64) -> Reaction {
        let world = &self.process.world;
        contact::number_of(email)
            .map_or(Reaction::None, |number| contact::reaction(world, number, message))
    }

    /// The number of the person with this e-mail address, for [`Shop::invite`].
    pub fn number_of(email: &str) -> Option<u32> {
        contact::number_of(email)
    }

    /// Something brings a person back at `at`, keener to buy than else: they use the app then, whatever they
    /// would have done next. Somebody who is gone for good, or not there yet, is not brought back. Told at
    /// any time before what is accepted at `at` was given, it makes the same shop.
    pub fn invite(&mut self, person: u32, at: Timestamp) {
        self.process.invited.insert((at, person));
    }

    /// The same people from the end of the history on. What the iterator has not given yet comes
    /// first; to go on after a history that was kept elsewhere, see [`Live::after`].
    pub fn live(self) -> Live {
        Live { process: self.process }
    }
}

impl Iterator for Shop {
    type Item = Record;

    fn next(&mut self) -> Option<Record> {
        self.process.next_until(Timestamp(self.end.0.saturating_sub(1)))
    }
}

impl Live {
    /// The process of `shop` after everything accepted up to `at`, inclusive: derives it again, at
    /// the speed of the simulation.
    pub fn after(shop: Shop, at: Timestamp) -> Live {
        let mut live = shop.live();
        while live.process.next_until(at).is_some() {}
        live
    }

    /// Records accepted up to `now`, inclusive, that were not given yet, in order of acceptance.
    /// Small and large steps give the same records.
    pub fn records_until(&mut self, now: Timestamp) -> Vec<Record> {
        std::iter::from_fn(|| self.process.next_until(now)).collect()
    }
}

/// Something that is due; equal instants in order of person, so that no order depends on the heap.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Due {
    at: Timestamp,
    /// `u32::MAX` stands for the start of a day.
    person: u32,
    next: Next,
}

/// A record that waits for its acceptance; `made` keeps the order of equal instants.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Waiting {
    received_at: Timestamp,
    made: u64,
    slot: u32,
}

const START_OF_DAY: u32 = u32::MAX;

/// The simulation: a queue of what is due, and records that wait for their acceptance.
struct Process {
    world: World,
    people: Vec<Option<Box<Person>>>,
    due: BinaryHeap<Reverse<Due>>,
    /// Who is brought back, and when.
    invited: BTreeSet<(Timestamp, u32)>,
    waiting: BinaryHeap<Reverse<Waiting>>,
    slots: Vec<Option<Record>>,
    free: Vec<u32>,
    n_made: u64,
}

impl Process {
    fn new(world: World) -> Process {
        let first = Due { at: world.start, person: START_OF_DAY, next: Next::Never };
        Process {
            world,
            people: Vec::new(),
            due: BinaryHeap::from([Reverse(first)]),
            invited: BTreeSet::new(),
            waiting: BinaryHeap::new(),
            slots: Vec::new(),
            free: Vec::new(),
            n_made: 0,
        }
    }

    /// The next record in order of acceptance, if it is accepted by `limit`.
    fn next_until(&mut self, limit: Timestamp) -> Option<Record> {
        loop {
            // Whatever is due makes records that are accepted later than it is due.
            let due_at = self.due.peek().map_or(Timestamp::MAX, |Reverse(due)| due.at);
            let due_at = self.invited.first().map_or(due_at, |(at, _)| due_at.min(*at));
            match self.waiting.peek() {
                Some(Reverse(w)) if w.received_at <= due_at => {
                    return if w.received_at <= limit { self.take() } else { None };
                }
                _ if due_at > limit => return None,
                _ => self.advance()?,
            }
        }
    }

    fn take(&mut self) -> Option<Record> {
        let Reverse(waiting) = self.waiting.pop()?;
        self.free.push(waiting.slot);
        self.slots[waiting.slot as usize].take()
    }

    /// Lets happen what is due first. `None`: nothing ever is again.
    fn advance(&mut self) -> Option<()> {
        let due_at = self.due.peek().map_or(Timestamp::MAX, |Reverse(due)| due.at);
        if self.invited.first().is_some_and(|(at, _)| *at <= due_at) {
            self.bring_back();
            return Some(());
        }
        let Reverse(due) = self.due.pop()?;
        if due.person == START_OF_DAY {
            self.arrivals(due.at);
            self.due.push(Reverse(Due { at: due.at + Span::DAY, ..due }));
            return Some(());
        }
        let mut person = self.people[due.person as usize].take()?;
        let next = match due.next {
            Next::Session(at) => {
                Session::play(&self.world, &mut person, at).into_iter().for_each(|r| self.put(r));
                person.after_session(&self.world)
            }
            Next::Look(at) => person.look(&self.world, at),
            Next::Uninstall(at) => {
                let record = uninstall(&self.world, &mut person, at);
                self.put(record);
                Next::Never
            }
            Next::Never => Next::Never,
        };
        if let Next::Session(at) | Next::Look(at) | Next::Uninstall(at) = next {
            self.people[due.person as usize] = Some(person);
            self.due.push(Reverse(Due { at, person: due.person, next }));
        }
        Some(())
    }

    /// The first who is invited comes instead of doing what they would have done next.
    fn bring_back(&mut self) {
        let Some((at, number)) = self.invited.pop_first() else { return };
        let Some(Some(person)) = self.people.get_mut(number as usize) else { return };
        if !person.come_back(at) {
            return;
        }
        self.due.retain(|Reverse(due)| due.person != number);
        self.due.push(Reverse(Due { at, person: number, next: Next::Session(at) }));
    }

    /// People who open the app for the first time on this day.
    fn arrivals(&mut self, day: Timestamp) {
        let n = self.world.chance_of_day(day).poisson(self.world.arrivals(day));
        for _ in 0..n {
            let number = self.people.len() as u32;
            let person = Person::new(&self.world, number, day);
            let at = person.first_at;
            self.people.push(Some(Box::new(person)));
            self.due.push(Reverse(Due { at, person: number, next: Next::Session(at) }));
        }
    }

    fn put(&mut self, record: Record) {
        let received_at = record.received_at;
        let slot = match self.free.pop() {
            Some(slot) => slot,
            None => {
                self.slots.push(None);
                (self.slots.len() - 1) as u32
            }
        };
        self.slots[slot as usize] = Some(record);
        self.n_made += 1;
        self.waiting.push(Reverse(Waiting { received_at, made: self.n_made, slot }));
    }
}

#[cfg(test)]
mod tests;
