//! What is told of a run.

use model::journey as words;
use model::{Event, EventId, Text, Timestamp, UserIndex, Value};

/// Something that happened in a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// Whose run.
    pub user: UserIndex,
    /// Id of the journey.
    pub journey: Text,
    /// Which run.
    pub run: EventId,
    /// The number of this in the run.
    pub n: u32,
    /// When it happened.
    pub at: Timestamp,
    /// The event, or the transition, that brought it about; nothing: time did.
    pub cause: Option<EventId>,
    /// The place of that in the order of arrival; 0: none.
    pub after: u64,
    /// What.
    pub what: What,
}

/// What happened in a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// Somebody came in.
    Entered {
        /// Through which version.
        version: u32,
        /// To which step.
        step: Text,
        /// The value by which they are in several times.
        key: Option<Text>,
        /// The event that templates and splits see.
        event: Option<EventId>,
        /// Time alone brought it about.
        by_time: bool,
    },
    /// Somebody is in a control group, and does not come in.
    HeldOut {
        /// The version.
        version: u32,
        /// Which group.
        group: Text,
        /// The value by which they would have come in.
        key: Option<Text>,
    },
    /// Somebody went on.
    Moved {
        /// From this step.
        from: Text,
        /// By this way.
        path: Text,
        /// To this step.
        step: Text,
        /// The version by which they go on, if it is another one now.
        version: Option<u32>,
        /// The event that let them go: templates and splits see it from now on.
        event: Option<EventId>,
        /// The context in which a learning split found them.
        context: Option<Text>,
    },
    /// Somebody is out.
    Exited {
        /// Of this step.
        from: Text,
        /// By this way, if it was one of the step.
        path: Option<Text>,
        /// Why.
        reason: Text,
        /// What else there is to say: the goal.
        detail: Option<Text>,
        /// The context in which a learning split found them.
        context: Option<Text>,
    },
}

impl Told {
    /// The event that tells it.
    pub fn event(&self) -> Event {
        let text = |name: &'static str, value: &str| (Text::const_new(name), Value::text(value));
        let number = |name: &'static str, value: i64| (Text::const_new(name), Value::Int(value));
        let mut properties = vec![
            text(words::JOURNEY, &self.journey),
            text(words::RUN, &self.run.to_string()),
            number(words::NUMBER, i64::from(self.n)),
        ];
        properties.extend(self.cause.map(|cause| text(words::CAUSE, &cause.to_string())));
        if self.after > 0 {
            let by_time = matches!(self.what, What::Entered { by_time: true, .. });
            let place = self.after as i64;
            properties.push(number(words::SEEN, if by_time { -place } else { place }));
        }
        let name = match &self.what {
            What::Entered { version, step, key, event, .. } => {
                properties.push(number(words::VERSION, i64::from(*version)));
                properties.push(text(words::STEP, step));
                properties.extend(key.as_ref().map(|key| text(words::KEY, key)));
                properties.extend(event.map(|event| text(words::EVENT, &event.to_string())));
                words::ENTERED
            }
            What::HeldOut { version, group, key } => {
                properties.extend(key.as_ref().map(|key| text(words::KEY, key)));
                properties.push(number(words::VERSION, i64::from(*version)));
                properties.push(text(model::outreach::GROUP, group));
                words::HELD_OUT
            }
            What::Moved { from, path, step, version, event, context } => {
                properties.push(text(words::FROM, from));
                properties.push(text(words::PATH, path));
                properties.push(text(words::STEP, step));
                properties.extend(version.map(|of| number(words::VERSION, i64::from(of))));
                properties.extend(event.map(|event| text(words::EVENT, &event.to_string())));
                properties.extend(context.as_ref().map(|of| text(words::CONTEXT, of)));
                words::MOVED
            }
            What::Exited { from, path, reason, detail, context } => {
                properties.push(text(words::FROM, from));
                properties.extend(path.as_ref().map(|path| text(words::PATH, path)));
                properties.push(text(model::outreach::REASON, reason));
                properties.extend(detail.as_ref().map(|of| text(model::outreach::DETAIL, of)));
                properties.extend(context.as_ref().map(|of| text(words::CONTEXT, of)));
                words::EXITED
            }
        };
        model::record::sort_properties(&mut properties);
        let id = words::event_id(self.run, u64::from(self.n));
        Event { name: Text::const_new(name), time: self.at, id, properties }
    }
}
