//! Journeys in a run: the process under test and its twin take the same steps, and the log must say what the twin
//! says; without a twin it must keep the laws.

use std::sync::Arc;

use engine::journey::Book;
use model::outreach::{ANSWERED, CAMPAIGN, CLICKED, MESSAGE, QUEUED, RUN, event_id};
use model::{Event, EventId, Record, Span, Text, Timestamp, UserIndex, Value, What, Who};

use super::World;
use crate::check;
use crate::journeys::{ASK, resumed};
use crate::twin::Twin;
use crate::writer::{Fault, Writer, Written, who};

/// Slices after which somebody goes round for ever.
const SLICES_MAX: usize = 10_000;

/// How long nobody can be in a journey.
const EVERYBODY_OUT: Span = Span::days(400);

/// A message that somebody got.
#[derive(Clone, Debug)]
pub(super) struct Went {
    message: EventId,
    run: EventId,
    who: Who,
    campaign: Text,
}

/// The message that a record says went.
pub(super) fn went(record: &Record) -> Option<Went> {
    let What::Event(event) = &record.what else { return None };
    let of = |name: &str| match event.properties.iter().find(|(own, _)| own == name) {
        Some((_, Value::Text(text))) => Some(text),
        _ => None,
    };
    let message = EventId::of(of(MESSAGE).filter(|_| event.name == QUEUED)?);
    let (run, campaign) = (EventId::of(of(RUN)?), of(CAMPAIGN)?.clone());
    Some(Went { message, run, who: record.who.clone(), campaign })
}

impl World<'_> {
    /// Nobody is in a journey yet. What is watched is in a checkpoint, as after the first start of a server.
    pub(super) fn begin_journeys(&mut self) {
        let now = self.now();
        if self.laws.is_none() {
            return;
        }
        if let Some(twin) = &mut self.twin {
            while twin.writer.joining() {
                twin.writer.join(u32::MAX / 2);
            }
            twin.begin(now);
        }
        self.writer.asking(|writer, before| writer.fill_journeys(now, before));
        self.writer.freeze();
        self.writer.save();
    }

    /// After a start, everybody is put where they were.
    pub(super) fn fill_journeys(&mut self) -> Result<(), String> {
        if self.laws.is_none() {
            return Ok(());
        }
        let now = self.now();
        let written = self.writer.asking(|writer, before| writer.fill_journeys(now, before));
        self.write(written, None)?;
        self.settle_journeys()
    }

    /// Everybody goes as far as they can, whatever happens to the process meanwhile.
    pub(super) fn settle_journeys(&mut self) -> Result<(), String> {
        for _ in 0..SLICES_MAX {
            if self.laws.is_none() {
                return Ok(());
            }
            // No crash turns the clock back.
            let now = self.clock.max(self.writer.live.now());
            self.clock = now;
            let twin = &mut self.twin;
            let idle = twin.as_ref().is_none_or(|twin| !twin.writer.journeys_busy(now));
            if twin.as_mut().is_none_or(Twin::caught_up) {
                if idle && !self.writer.journeys_busy(now) {
                    return self.keeps_laws();
                }
                twin.iter_mut().for_each(|twin| twin.slice(now));
            }
            let most = self.dice.between(1, 3) * self.dice.between(1, 3);
            let decides = |id| twin.as_ref().is_none_or(|twin| twin.expects(id));
            let written = self
                .writer
                .asking(|writer, before| writer.journeys_slice(now, most, before, &decides));
            let fault = self.fault();
            self.write(written, fault)?;
            self.fire_all();
        }
        self.check_journeys()?;
        Err("journeys go on for ever".into())
    }

    /// Nobody sleeps when a planned message is due: of what is overdue by then, messages and timers of one user, either
    /// may come first.
    pub(super) fn awake_until(&mut self, until: Timestamp) -> Result<(), String> {
        let next = |world: &World| world.writer.next_planned().filter(|due| *due < until);
        while self.laws.is_some()
            && let Some(due) = next(self)
        {
            self.clock = self.now().max(due);
            self.fire_all();
            self.settle_journeys()?;
            if next(self) == Some(due) {
                break;
            }
        }
        Ok(())
    }

    fn fault(&mut self) -> Option<Fault> {
        const FAULTS: [Fault; 6] = [
            Fault::BeforeAppend,
            Fault::BeforeSync,
            Fault::Disk(1),
            Fault::AfterSync,
            Fault::BeforeHistory,
            Fault::BeforeAnswer,
        ];
        self.dice.once_in(12).then(|| *self.dice.pick(&FAULTS))
    }

    /// Makes durable what journeys brought about.
    fn write(&mut self, written: Written, fault: Option<Fault>) -> Result<(), String> {
        if written.is_empty() {
            return Ok(());
        }
        let records = self.writer.records_of(written, self.now());
        let frame_records = if self.dice.once_in(3) { 1 } else { usize::MAX };
        self.before = self.writer.disk.after_kill();
        let submitted = self.writer.submit(vec![records], frame_records, fault);
        if !submitted.acknowledged {
            return self.recover(submitted.frames, self.options.remembers);
        }
        for frame in submitted.frames {
            self.take_frame(&frame)?;
            self.acknowledged.push(frame);
        }
        Ok(())
    }

    /// A journey is paused, goes on, or has a new version. What happened before is seen before, and not again.
    pub(super) fn edit_journeys(&mut self) -> Result<(), String> {
        self.settle_journeys()?;
        if self.writer.unseen() || self.writer.joining() {
            return Ok(());
        }
        self.writer.save();
        self.writer.freeze();
        self.writer.save();
        self.clock = self.now().plus(Span(1));
        let (now, wanted) = (self.now(), &self.writer.wanted);
        let book = self.source.edited_journeys(wanted, now, &mut self.dice);
        self.numbers.definitions += 1;
        self.define_journeys(&book)
    }

    fn define_journeys(&mut self, book: &Arc<Book>) -> Result<(), String> {
        let now = self.now();
        if let Some(twin) = &mut self.twin {
            twin.define(book, now);
        }
        let written = self
            .writer
            .asking(|writer, before| writer.define_journeys(Arc::clone(book), now, before));
        let fault = self.fault();
        self.write(written, fault)?;
        self.settle_journeys()
    }

    /// Somebody is let in by name.
    pub(super) fn let_in(&mut self) -> Result<(), String> {
        self.settle_journeys()?;
        let (now, n) = (self.now(), self.naive.n_users());
        if n == 0 {
            return Ok(());
        }
        let user = UserIndex(self.dice.below(n) as u32);
        if who(&self.writer.fold, self.writer.remaining(user)).is_none() {
            return Ok(());
        }
        let journey = Text::from(format!("journey{}", self.dice.below(3)));
        let cause = format!("request {}", self.numbers.steps);
        let (whom, why) = ((journey.as_str(), user), (cause.as_str(), now));
        if let Some(twin) = &mut self.twin {
            twin.enter(whom, why);
        }
        // Whoever is not sure of an answer asks again.
        for fault in [None, self.fault()] {
            let enter = |writer: &mut Writer, before: &dyn Fn(EventId) -> bool| {
                writer.enter_journey(whom, why, before)
            };
            let written = self.writer.asking(enter);
            self.write(written, fault)?;
        }
        self.settle_journeys()
    }

    /// Somebody clicks a message that they got, or a server answers what it was asked.
    pub(super) fn click(&mut self, now: Timestamp) -> Option<Record> {
        if self.queued.is_empty() || !self.dice.once_in(3) {
            return None;
        }
        let Went { message, run, who, campaign } = self.dice.pick(&self.queued).clone();
        let (name, id) = match campaign.ends_with(ASK) {
            true => (ANSWERED, event_id(message, ANSWERED, 0)),
            false => (CLICKED, EventId::of(&format!("{message} {}", self.dice.below(3)))),
        };
        let mut properties = vec![
            (Text::const_new(MESSAGE), Value::text(&message.to_string())),
            (Text::const_new(CAMPAIGN), Value::text(&campaign)),
            (Text::const_new(RUN), Value::text(&run.to_string())),
        ];
        model::record::sort_properties(&mut properties);
        let event = Event { name: Text::const_new(name), time: now, id, properties };
        Some(Record { received_at: now, who, what: What::Event(event) })
    }

    fn keeps_laws(&mut self) -> Result<(), String> {
        if let Some(laws) = &self.laws {
            let (positions, writer) = (self.writer.positions(), &self.writer);
            self.numbers.checks += laws.settled(positions, &|user| writer.remaining(user))?;
        }
        Ok(())
    }

    /// The log says what the twin says.
    pub(super) fn check_journeys(&mut self) -> Result<(), String> {
        self.keeps_laws()?;
        let Some(twin) = &self.twin else { return Ok(()) };
        self.numbers.checks += twin.check(&self.acknowledged, &self.naive.whose)?;
        let (ours, theirs) = (self.writer.positions(), twin.writer.positions());
        match ours == theirs {
            true => Ok(()),
            false => Err(format!("{ours} people are in journeys, not {theirs}")),
        }
    }

    /// After so long nobody is in a journey any more.
    pub(super) fn end_journeys(&mut self) -> Result<(), String> {
        if self.laws.is_none() {
            return Ok(());
        }
        self.settle_journeys()?;
        self.clock = self.now().plus(Span(1));
        let book = resumed(&self.writer.wanted.book, self.now());
        self.define_journeys(&book)?;
        self.check_journeys()?;
        // Time alone moves people, which may let others in.
        for _ in 0..4 {
            self.awake_until(self.now().plus(EVERYBODY_OUT))?;
            self.clock = self.now().plus(EVERYBODY_OUT);
            self.fire_all();
            self.settle_journeys()?;
        }
        self.check_journeys()?;
        self.numbers.checks += check::counts(&self.writer)?;
        if self.writer.positions() > 0 {
            return Err(format!("{} people are in journeys for ever", self.writer.positions()));
        }
        if let Some(laws) = &self.laws {
            self.numbers.checks += laws.ended()?;
            (self.numbers.entries, self.numbers.moves) = laws.numbers();
        }
        Ok(())
    }
}
