//! Composite events: one name for the union of several events, each with its own conditions.

use model::Text;
use segment::check::Subject;
use segment::tree::{EventMatch, EventNames, EventPredicate, Measure, Test, Window};
use segment::{Predicate, Rules};
use serde_json::Value;
use wire::api::{Composite, CompositeInput, CompositeList, Object};

use super::{Service, definitions, frameworks};
use crate::failure::Failure;

/// Members of one composite event at most.
const MEMBERS_MAX: usize = 50;

impl Service {
    /// All composite events by name.
    pub fn composites(&self) -> Result<CompositeList, Failure> {
        let all = self.workspace.config().composites()?.into_iter();
        let sight = self.sight();
        let composite = |(name, members): (String, String)| {
            let members: Value = serde_json::from_str(&members).unwrap_or_default();
            let members = if sight.names_in(&members) { Value::Null } else { members };
            Composite { name, members: serde_json::from_value(members).unwrap_or_default() }
        };
        Ok(CompositeList { composites: all.map(composite).collect() })
    }

    /// One composite event.
    pub fn composite(&self, name: &str) -> Result<Composite, Failure> {
        let found = self.composites()?.composites.into_iter().find(|known| known.name == name);
        found.ok_or_else(|| unknown(name))
    }

    /// Writes a composite event. Members name events that are no composites themselves.
    pub fn put_composite(&self, name: &str, input: &CompositeInput) -> Result<Composite, Failure> {
        let refused = |message: String| Err(Failure::unprocessable("composite.invalid", message));
        if name.trim().is_empty() || name == "*" || name.len() > model::bounds::NAME_BYTES_MAX {
            return refused("the name of a composite event has 1 to 255 bytes and is not *".into());
        }
        if input.members.is_empty() || input.members.len() > MEMBERS_MAX {
            return refused(format!("a composite event has 1 to {MEMBERS_MAX} members"));
        }
        if self.names()?.has_event(name) {
            return refused(format!("\"{name}\" is the name of an event; choose another"));
        }
        let member = |member: &Object| definitions::event_match(&Value::Object(member.clone()));
        let members: Vec<EventMatch> =
            input.members.iter().map(member).collect::<Result<_, _>>()?;
        let unseen = self.unseen(&members)?;
        let mut rules = Rules::clone(&*self.rules()?);
        rules.composites.insert(Text::from(name), members);
        let used = Predicate::Event(EventPredicate {
            of: EventMatch::named(name),
            within: Window::ALL,
            measure: Measure::Count,
            test: Test::at_least(1),
        });
        self.check_as(&Subject::Unnamed, &used, &rules)?;
        if let Some(event) = unseen {
            let message = format!("no event \"{event}\" was seen yet, so it cannot be a member");
            return Err(Failure::unprocessable("composite.invalid", message)
                .hint("GET /api/catalogue lists the events there are"));
        }
        let members = serde_json::to_string(&input.members).unwrap_or_default();
        self.workspace.config().put_composite(name, &members)?;
        self.rules_changed();
        self.composite(name)
    }

    /// The first member that no event was ever called by.
    fn unseen(&self, members: &[EventMatch]) -> Result<Option<Text>, Failure> {
        let known = self.names()?;
        let mut names = members.iter().flat_map(names_of);
        Ok(names.find(|name| !known.has_event(name)).cloned())
    }

    /// Deletes a composite event that no definition names.
    pub fn delete_composite(&self, name: &str) -> Result<(), Failure> {
        self.composite(name)?;
        let rules = self.rules()?;
        let uses =
            |predicate: &Predicate| names_event(&Value::Object(definitions::json(predicate)), name);
        let segments = rules.segments.iter().map(|(id, predicate)| ("segment", id, predicate));
        let states = rules.lifecycle.states.iter();
        let states = states.map(|state| ("lifecycle state", &state.key, &state.predicate));
        let frameworks = frameworks::read(self.workspace.config())?;
        let stages = frameworks.iter().flat_map(|framework| {
            let stages = framework.lifecycle.states.iter();
            stages.map(|state| ("framework", &framework.key, &state.predicate))
        });
        if let Some((kind, key, _)) =
            segments.chain(states).chain(stages).find(|(.., predicate)| uses(predicate))
        {
            let message = format!("composite event \"{name}\" is used in {kind} \"{key}\"");
            let failure = Failure::new(409, "composite.in_use", message);
            return Err(failure.hint("change what refers to it first"));
        }
        if names_of(&rules.rfm.of).iter().any(|event| event == name) {
            let message = format!("composite event \"{name}\" is used in the RFM settings");
            return Err(Failure::new(409, "composite.in_use", message)
                .hint("PUT /api/rfm/settings with another event first"));
        }
        self.workspace.config().delete_composite(name)?;
        self.rules_changed();
        Ok(())
    }
}

fn names_of(of: &EventMatch) -> &[Text] {
    match &of.names {
        EventNames::Of(names) => names,
        EventNames::Any => &[],
    }
}

fn unknown(name: &str) -> Failure {
    Failure::not_found("composite.unknown", format!("there is no composite event \"{name}\""))
}

/// Whether a definition in the JSON form names an event so, anywhere.
fn names_event(json: &Value, name: &str) -> bool {
    match json {
        Value::Object(fields) => {
            fields.iter().any(|(field, value)| match (field.as_str(), value) {
                ("event", Value::String(event)) => event == name,
                ("event", Value::Array(events)) => events.iter().any(|event| event == name),
                _ => names_event(value, name),
            })
        }
        Value::Array(items) => items.iter().any(|item| names_event(item, name)),
        _ => false,
    }
}
