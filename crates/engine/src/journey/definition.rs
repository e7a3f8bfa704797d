//! A journey as the fold needs it: steps by number, everything that can be wrong with it told before.

use experiment::assign::{Arms, Share};
use model::{Day, Event, Operation, Span, Text, Timestamp, UserIndex, Value, Weekday};
use segment::Predicate;
use segment::live::Matches;

use super::answer;
use crate::outreach::Policy;
use crate::schedule::Minute;

/// One version of a journey.
#[derive(Clone, Debug)]
pub struct Journey {
    /// Stable id.
    pub id: Text,
    /// The number of the version.
    pub version: u32,
    /// Whoever comes in goes through this version.
    pub current: bool,
    /// What lets somebody in; nothing: somebody else names them.
    pub entry: Option<Happening>,
    /// Only these.
    pub audience: Option<Predicate>,
    /// How often.
    pub again: Again,
    /// The property of the entry event by whose values one user can be in several times.
    pub key: Option<Text>,
    /// Share of those who would come in that does not.
    pub control: Share,
    /// Ids of the named control groups of the policy that it respects.
    pub groups: Vec<Text>,
    /// No control group.
    pub transactional: bool,
    /// What it is to bring about.
    pub goals: Vec<Goal>,
    /// What ends it.
    pub exits: Vec<Happening>,
    /// Whoever is in for so long is out.
    pub timeout: Span,
    /// Of several journeys of a user the greater is looked at first.
    pub priority: u8,
    /// At least one; the first is where people begin.
    pub steps: Vec<Step>,
    /// Whether people come in and go on.
    pub standing: Standing,
    /// What happened before this instant lets nobody in.
    pub since: Timestamp,
    /// When it was published.
    pub published_at: Timestamp,
    /// Where those go who were at a step of an earlier version then.
    pub moves: super::Moves,
}

/// How often one user comes in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Again {
    /// Once and never again.
    Once,
    /// Whenever they are not in.
    Always,
    /// Not within so long after the last entry.
    After(Span),
}

/// Whether people come in and go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// They do.
    Running,
    /// Everybody stays where they are.
    Paused,
    /// Nobody is in.
    Stopped,
}

/// Something that can happen to a user.
#[derive(Clone, Debug)]
pub enum Happening {
    /// An event.
    Event(Matches),
    /// They come from one place of a watched definition into another. Of a segment, 0 is outside and 1 inside.
    Moves {
        /// Key of the definition.
        watch: Text,
        /// Out of these places; nothing: any.
        from: Vec<u8>,
        /// Into these.
        to: Vec<u8>,
    },
    /// An event of this name tells of a message that a step of the journey sent.
    Message {
        /// Number of the step.
        step: u16,
        /// Name of the event.
        name: Text,
    },
}

/// What a journey is to bring about.
#[derive(Clone, Debug)]
pub struct Goal {
    /// Stable id.
    pub id: Text,
    /// What happens.
    pub when: Happening,
    /// How long after somebody came in it counts.
    pub within: Span,
    /// Whoever reaches it is out.
    pub exits: bool,
}

/// A step.
#[derive(Clone, Debug)]
pub struct Step {
    /// Stable id.
    pub id: Text,
    /// What it does.
    pub action: Action,
}

/// A way out of a step: its id, and the number of the step that follows; nothing: the journey is completed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Path {
    /// Stable id.
    pub id: Text,
    /// Number of the step that follows.
    pub next: Option<u16>,
}

/// What a step does.
#[derive(Clone, Debug)]
pub enum Action {
    /// Waits for a time.
    Wait {
        /// Which.
        wait: Wait,
        /// What follows.
        next: Option<u16>,
    },
    /// Waits until something happens, or the time is up.
    WaitFor {
        /// What lets people go, and where to.
        any: Vec<(Path, Happening)>,
        /// How long.
        within: Span,
        /// What follows for whoever waited in vain.
        otherwise: Option<u16>,
        /// From when on what happened counts.
        since: Since,
    },
    /// The first path whose condition holds.
    Split {
        /// Paths.
        paths: Vec<(Path, Condition)>,
        /// What follows for all others.
        otherwise: Option<u16>,
    },
    /// Chance decides.
    Random {
        /// Shares, in the order of `paths`.
        arms: Arms,
        /// Paths.
        paths: Vec<Path>,
        /// Draws anew for each run.
        anew: bool,
    },
    /// Chance decides, by what was learned.
    Learn {
        /// Shares without anything learned, in the order of `paths`.
        arms: Arms,
        /// Paths.
        paths: Vec<Path>,
        /// Who is learned about apart: the first that holds at the instant of the split, or others. Nothing:
        /// everybody together.
        contexts: Vec<Context>,
        /// The path that has won, by context, that of others last.
        winners: Vec<Option<u16>>,
    },
    /// Sends one of several messages.
    Message {
        /// Ids of the campaigns as which they are sent: at least one.
        messages: Vec<Text>,
        /// Which of them.
        choose: Choose,
        /// What follows.
        next: Option<u16>,
        /// What follows for whoever could be sent none.
        unreachable: Option<u16>,
    },
    /// Asks a server, and waits for its answer.
    Webhook {
        /// Id of the campaign as which it is sent.
        campaign: Text,
        /// How long it waits.
        within: Span,
        /// What follows an answer.
        next: Option<u16>,
        /// What follows if there is none.
        failed: Option<u16>,
    },
    /// Changes attributes.
    Update {
        /// New values; [`Value::Null`] takes one away, and what is not there changes nothing.
        set: Vec<(Text, Emitted)>,
        /// What is done to values.
        operations: Vec<(Text, Operation)>,
        /// What follows.
        next: Option<u16>,
    },
    /// Writes an event.
    Emit {
        /// Its name.
        name: Text,
        /// Its properties.
        properties: Vec<(Text, Emitted)>,
        /// What follows.
        next: Option<u16>,
    },
    /// Lets the user into another journey.
    Enter {
        /// Its id.
        journey: Text,
        /// What follows.
        next: Option<u16>,
    },
    /// Ends the journey.
    Exit {
        /// Why, in a word.
        reason: Text,
    },
}

/// People about whom a learning split learns apart from others.
#[derive(Clone, Debug)]
pub struct Context {
    /// What is told of whoever is found in it.
    pub id: Text,
    /// What holds for them.
    pub holds: Box<Predicate>,
}

/// For what time a step waits.
#[derive(Clone, Debug)]
pub enum Wait {
    /// So long, and then until a local time.
    For {
        /// How long.
        span: Span,
        /// Until when then.
        until: Option<(Minute, Vec<Weekday>)>,
    },
    /// A local time of a day.
    Date(Day, Minute),
    /// The instant in an attribute, and so much later.
    Attribute {
        /// Its name.
        name: Text,
        /// So much later.
        offset: Span,
        /// What follows for whoever has none.
        missing: Exit,
    },
}

/// Where somebody goes for whom there is no date.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Out.
    Out,
    /// To a step.
    To(u16),
}

/// From when on what happened counts for a step that waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Since {
    /// Since the user came there.
    Step,
    /// Since they came into the journey.
    Entry,
    /// Since so long before they came there.
    Before(Span),
}

/// What tells people apart: all that it asks must hold.
#[derive(Clone, Debug, Default)]
pub struct Condition {
    /// It holds for the user.
    pub user: Option<Box<Predicate>>,
    /// The event that brought them in, or last let them go on, is such.
    pub event: Option<Matches>,
    /// A server that an earlier step asked has answered so.
    pub answer: Option<Answered>,
}

/// What is asked of the answer to a webhook.
#[derive(Clone, Debug)]
pub struct Answered {
    /// Id of the campaign as which the step sent it.
    pub campaign: Text,
    /// What its fields are; nothing: there is an answer.
    pub matches: Option<Matches>,
}

/// Of several messages, which is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Choose {
    /// The first that reaches the user.
    First,
    /// Of those that reach the user, the one on whose channel they opened or clicked last.
    Engaged,
}

/// A value that a step writes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Emitted {
    /// Itself.
    Value(Value),
    /// The value of an attribute.
    Profile(Text),
    /// The value of a property of the event that brought the user in.
    Event(Text),
    /// The value of a field of the answer to a webhook of this run.
    Answer {
        /// Id of the campaign as which the step sent it.
        campaign: Text,
        /// Dotted name of the field.
        field: Text,
    },
}

impl Condition {
    /// Whether an event, if there is one, fits as far as the condition asks.
    pub(super) fn fits(&self, event: Option<&Event>) -> bool {
        self.event.as_ref().is_none_or(|matches| {
            event.is_some_and(|event| matches.holds(&event.name, &event.properties))
        })
    }
}

impl Answered {
    /// Whether an answer, if there is one, is such.
    pub(super) fn holds(&self, answer: Option<&Event>) -> bool {
        answer.is_some_and(|event| {
            let matches = |of: &Matches| of.holds(&event.name, &answer::fields(event));
            self.matches.as_ref().is_none_or(matches)
        })
    }
}

impl Journey {
    /// The number of a step.
    pub fn step(&self, id: &str) -> Option<u16> {
        self.steps.iter().position(|step| step.id == id).and_then(|at| u16::try_from(at).ok())
    }

    /// The control group that a user is in, as far as it is this journey's business; nobody of it comes in.
    pub fn held_out(&self, policy: &Policy, user: UserIndex) -> Option<Text> {
        match self.transactional {
            true => None,
            false => policy.held_out(&self.groups, (&self.id, self.control), user),
        }
    }

    /// Everything that it asks of users by their history.
    pub fn predicates(&self) -> impl Iterator<Item = &Predicate> {
        let splits = self.steps.iter().flat_map(|step| match &step.action {
            Action::Split { paths, .. } => paths.as_slice(),
            _ => &[],
        });
        let contexts = self.steps.iter().flat_map(|step| match &step.action {
            Action::Learn { contexts, .. } => contexts.as_slice(),
            _ => &[],
        });
        let splits = splits.filter_map(|(_, condition)| condition.user.as_deref());
        self.audience.iter().chain(splits).chain(contexts.map(|of| &*of.holds))
    }

    /// Whether a step of it waits for answers.
    pub(super) fn asks_servers(&self) -> bool {
        self.steps.iter().any(|step| matches!(step.action, Action::Webhook { .. }))
    }

    /// Everything that happens to users that it asks about after they came in.
    pub(super) fn happenings(&self) -> impl Iterator<Item = &Happening> {
        let waits = self.steps.iter().flat_map(|step| match &step.action {
            Action::WaitFor { any, .. } => any.as_slice(),
            _ => &[],
        });
        let ends = self.goals.iter().filter(|goal| goal.exits).map(|goal| &goal.when);
        self.exits.iter().chain(ends).chain(waits.map(|(_, when)| when))
    }
}

impl Happening {
    /// Whether an event, by name and properties, is it; of messages see the run.
    pub(super) fn is(&self, event: &Event) -> bool {
        matches!(self, Happening::Event(matches) if matches.holds(&event.name, &event.properties))
    }

    /// Whether a move in a watched definition is it.
    pub(super) fn is_move(&self, key: &str, (from, to): (u8, u8)) -> bool {
        match self {
            Happening::Moves { watch, from: out_of, to: into } => {
                watch == key && into.contains(&to) && (out_of.is_empty() || out_of.contains(&from))
            }
            _ => false,
        }
    }
}
