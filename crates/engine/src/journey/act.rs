//! What steps do.

use std::collections::BTreeMap;
use std::sync::Arc;

use experiment::assign::Arms;
use model::journey::{self, OTHERS, path};
use model::{Event, EventId, Text, Timestamp, UserIndex, Value};

use super::answer;
use super::positions::Waits;
use super::run::Whose;
use super::{
    Action, Choose, Emitted, Happening, Journey, Journeys, Message, Path, Position, Sent, Since,
    World,
};
use crate::outreach::Candidate;

impl Journeys {
    /// Does what the step says; whether the user is at another one now that is to be done.
    pub(super) fn act(&mut self, slot: u32, world: &mut dyn World) -> bool {
        let position = self.positions.get(slot).clone();
        let journey = Arc::clone(self.book.get(position.journey));
        let step = &journey.steps[usize::from(position.step)];
        let (user, at) = (position.user, position.arrived_at());
        let now = (at, false);
        match &step.action {
            Action::Wait { wait, next } => match wait.until(user, at, world) {
                None => {
                    self.missing(slot, wait, at, world);
                    false
                }
                Some(due) if due <= at => self.leave(slot, (&next_way(), *next), now, world),
                Some(due) => self.wait(slot, due),
            },
            Action::WaitFor { any, within, since, .. } => {
                match self.happened(&journey, slot, (any, *since), world) {
                    Some(way) => self.leave(slot, (&way.id, way.next), now, world),
                    None => self.wait(slot, at.plus(*within)),
                }
            }
            Action::Split { paths, otherwise } => {
                let event = position.event().and_then(|id| world.event(user, id));
                let of = (user, position.run(), at);
                let mut holds = |(_, condition): &&(Path, super::Condition)| {
                    let answered = |asked: &super::Answered, world: &mut dyn World| {
                        asked.holds(answer::latest(of, &asked.campaign, world).as_deref())
                    };
                    condition.fits(event.as_deref())
                        && condition.answer.as_ref().is_none_or(|asked| answered(asked, world))
                        && condition.user.as_ref().is_none_or(|of| world.holds(user, of, at))
                };
                let found = paths.iter().find(|path| holds(path)).map(|(way, _)| way);
                match found {
                    Some(way) => self.leave(slot, (&way.id, way.next), now, world),
                    None => {
                        let way = Text::const_new(path::OTHERWISE);
                        self.leave(slot, (&way, *otherwise), now, world)
                    }
                }
            }
            Action::Random { arms, paths, anew } => {
                let subject = if *anew { draws(position.run()) } else { u64::from(user.0) };
                let salt = format!("journey/{}/{}", journey.id, step.id);
                let way = &paths[arms.pick(world.seed(), &salt, subject)];
                self.leave(slot, (&way.id, way.next), now, world)
            }
            Action::Learn { arms, paths, contexts, winners } => {
                let found = contexts.iter().position(|of| world.holds(user, &of.holds, at));
                let context = found.map_or(Text::const_new(OTHERS), |n| contexts[n].id.clone());
                let context = Some(context).filter(|_| !contexts.is_empty());
                let won = winners.get(found.unwrap_or(contexts.len())).copied().flatten();
                let won = won.and_then(|won| paths.get(usize::from(won)));
                let way = won.unwrap_or_else(|| {
                    let learned = world.shares(&journey, &step.id, context.as_ref());
                    let fits = |of: &&Arms| of.all().len() == paths.len();
                    let arms = learned.as_ref().filter(fits).unwrap_or(arms);
                    let salt = format!("journey/{}/{}", journey.id, step.id);
                    &paths[arms.pick(world.seed(), &salt, draws(position.run()))]
                });
                self.leave_from(slot, (&way.id, way.next), context, now, world)
            }
            Action::Message { messages, choose, .. } => {
                let (sent, decided_at) = match chosen(messages, *choose, (user, at), world) {
                    None => (Sent::Withheld, None),
                    Some(campaign) => {
                        let event = position.event().and_then(|id| world.event(user, id));
                        let (id, run) = (own_message(campaign, &position), position.run());
                        self.send(Message { user, id, campaign, run, at, event }, world)
                    }
                };
                if sent == Sent::Later {
                    self.wait(slot, Timestamp::MAX);
                    self.positions.get_mut(slot).waits = Waits::Message;
                    return false;
                }
                let when = decided_at.map_or(at, |decided| decided.max(at));
                self.leave_message(slot, &journey, sent, (when, false), world)
            }
            Action::Webhook { .. } => self.ask(slot, &journey, world),
            Action::Update { set, operations, next } => {
                let id = EventId::of(&format!("{}/update", own_cause(&position)));
                let set = written(&position, set, world);
                if set.is_empty() && operations.is_empty() {
                    return self.leave(slot, (&next_way(), *next), now, world);
                }
                world.update(user, id, at, (&set, operations));
                self.leave_written(slot, *next, now, world)
            }
            Action::Emit { name, properties, next } => {
                let id = EventId::of(&format!("{}/emit", own_cause(&position)));
                let mut properties = written(&position, properties, world);
                model::record::sort_properties(&mut properties);
                world.emit(user, Event { name: name.clone(), time: at, id, properties });
                self.leave_written(slot, *next, now, world)
            }
            Action::Enter { journey: other, next } => {
                let cause = own_cause(&position);
                let goes_on = self.leave(slot, (&next_way(), *next), now, world);
                let whose = Whose { user, origin: journey::user_of(position.run()) };
                self.enter_after(other, whose, (&cause, at, position.after), world);
                goes_on
            }
            Action::Exit { reason } => {
                self.out(slot, (None, reason.clone(), None), now, world);
                false
            }
        }
    }

    /// What let somebody go before they came to where they would wait for it.
    pub(super) fn happened<'a>(
        &self,
        journey: &Journey,
        slot: u32,
        (any, since): (&'a [(Path, Happening)], Since),
        world: &mut dyn World,
    ) -> Option<&'a Path> {
        if since == Since::Step {
            return None;
        }
        let position = self.positions.get(slot);
        let (user, at) = (position.user, position.arrived_at());
        let between = (from_when(position, since), at);
        any.iter().find_map(|(way, when)| {
            let found = match when {
                Happening::Moves { watch, to, .. } => to.contains(&world.place(user, watch)),
                _ => {
                    let fits = |event: &Event| match when {
                        Happening::Message { step, name } => {
                            event.name == *name && self.is_own_message(journey, *step, slot, event)
                        }
                        _ => when.is(event),
                    };
                    let mut seen = |event: &Event| fits(event) && !self.sees_later(slot, event.id);
                    world.first(user, between, &mut seen).is_some()
                }
            };
            found.then_some(way)
        })
    }

    /// Leaves a step that has written something: what follows reads it.
    fn leave_written(
        &mut self,
        slot: u32,
        next: Option<u16>,
        at: (Timestamp, bool),
        world: &mut dyn World,
    ) -> bool {
        if self.leave(slot, (&next_way(), next), at, world) {
            self.goes_on_later(slot);
        }
        false
    }
}

/// From when on what happened counts for a step that waits.
pub(super) fn from_when(position: &Position, since: Since) -> Timestamp {
    match since {
        Since::Step => position.arrived_at(),
        Since::Entry => position.entered_at(),
        Since::Before(span) => position.arrived_at().minus(span),
    }
}

/// The only way out of a step.
fn next_way() -> Text {
    Text::const_new(path::NEXT)
}

/// What a change is told apart by.
fn cause(run: EventId, n: u32) -> String {
    format!("{run}/{n}")
}

/// What somebody at a step sends or changes is told apart by: the same whichever version they go on by.
fn own_cause(position: &Position) -> String {
    cause(position.run(), position.came)
}

/// The id of a message that somebody at a step is sent. Whoever the user turns out to be, it stays the same.
pub(super) fn own_message(campaign: &str, position: &Position) -> EventId {
    message_id(campaign, position.run(), position.came)
}

/// Values as a step writes them; what is not there is left out.
fn written(
    position: &Position,
    values: &[(Text, Emitted)],
    world: &mut dyn World,
) -> Vec<(Text, Value)> {
    let (user, at) = (position.user, position.arrived_at());
    let reads = values.iter().any(|(_, of)| matches!(of, Emitted::Event(_)));
    let event = position.event().filter(|_| reads).and_then(|id| world.event(user, id));
    let mut answers: BTreeMap<&Text, Option<Arc<Event>>> = BTreeMap::new();
    let mut all = Vec::with_capacity(values.len());
    for (name, of) in values {
        let value = match of {
            Emitted::Value(value) => Some(value.clone()),
            Emitted::Profile(attribute) => world.attribute(user, attribute, at),
            Emitted::Event(property) => event.as_ref().and_then(|event| {
                let own = event.properties.iter().find(|(own, _)| own == property);
                own.map(|(_, value)| value.clone())
            }),
            Emitted::Answer { campaign, field } => {
                let of = (user, position.run(), at);
                let found =
                    answers.entry(campaign).or_insert_with(|| answer::latest(of, campaign, world));
                found.as_ref().and_then(|event| answer::field(event, field))
            }
        };
        all.extend(value.map(|value| (name.clone(), value)));
    }
    all
}

/// The id of a message: that of whoever began the run, who may have turned out to be another user since.
pub(super) fn message_id(campaign: &str, run: EventId, n: u32) -> EventId {
    Candidate::message_of(campaign, journey::user_of(run), &cause(run, n))
}

/// Bits of a run for draws.
fn draws(run: EventId) -> u64 {
    (run.0 >> 32) as u64
}

/// A value as a text by which people are told apart.
fn shown(value: &Value) -> Option<Text> {
    match value {
        Value::Text(text) => Some(text.clone()),
        Value::Bool(truth) => Some(Text::const_new(if *truth { "true" } else { "false" })),
        Value::Int(number) => Some(Text::from(number.to_string())),
        Value::Float(number) => Some(Text::from(number.to_string())),
        _ => None,
    }
}

/// The value by which an event lets somebody in several times; empty: it has none.
pub(super) fn key_of(name: &str, event: Option<&Arc<Event>>) -> Text {
    let properties = event.map(|event| event.properties.as_slice()).unwrap_or_default();
    let found = properties.iter().find(|(own, _)| own == name);
    found.and_then(|(_, value)| shown(value)).unwrap_or_default()
}

/// Which of several messages a user is sent; nothing: none reaches them.
fn chosen<'a>(
    messages: &'a [Text],
    choose: Choose,
    (user, at): (UserIndex, Timestamp),
    world: &mut dyn World,
) -> Option<&'a Text> {
    if let [only] = messages {
        return Some(only);
    }
    let open: Vec<&Text> =
        messages.iter().filter(|campaign| world.reaches(user, campaign, at)).collect();
    if choose == Choose::Engaged {
        let mut best: Option<(Timestamp, &Text)> = None;
        for campaign in &open {
            let Some(last) = world.engaged(user, campaign, at) else { continue };
            if best.is_none_or(|(than, _)| last > than) {
                best = Some((last, campaign));
            }
        }
        if let Some((_, campaign)) = best {
            return Some(campaign);
        }
    }
    open.first().copied()
}
