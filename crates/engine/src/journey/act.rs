//! What steps do.

use std::sync::Arc;

use experiment::assign::Arms;
use model::journey::{OTHERS, path};
use model::{Event, EventId, Text, Timestamp, UserIndex, Value, journey};

use super::positions::Waits;
use super::run::Whose;
use super::{
    Action, Choose, Happening, Journey, Journeys, Message, Path, Position, Sent, Since, World,
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
                let mut holds = |(_, condition): &&(Path, super::Condition)| {
                    condition.fits(event.as_deref())
                        && condition.user().is_none_or(|of| world.holds(user, of, at))
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
                        let run = position.run();
                        let id = message_id(campaign, run, position.n);
                        world.send(Message { user, campaign, id, run, at, event })
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
            Action::Update { set, operations, next } => {
                let id = EventId::of(&format!("{}/update", cause(position.run(), position.n)));
                world.update(user, id, at, (set, operations));
                self.leave_written(slot, *next, now, world)
            }
            Action::Emit { name, properties, next } => {
                let id = EventId::of(&format!("{}/emit", cause(position.run(), position.n)));
                let event = position.event().and_then(|id| world.event(user, id));
                world.emit(user, id, at, (name, properties, event.as_deref()));
                self.leave_written(slot, *next, now, world)
            }
            Action::Enter { journey: other, next } => {
                let cause = cause(position.run(), position.n);
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
                    let mut fits = |event: &Event| match when {
                        Happening::Message { step, name } => {
                            event.name == *name && self.is_own_message(journey, *step, slot, event)
                        }
                        _ => when.is(event),
                    };
                    world.first(user, between, &mut fits).is_some()
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

/// The id of the message of a step: that of whoever began the run, who may have turned out to be another user since.
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
