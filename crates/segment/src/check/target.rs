//! Checks of which events a predicate is about: names, composite events, properties, conditions.

use model::Text;

use super::Checker;
use crate::catalogue::Kinds;
use crate::problem::{Problem, code, nearest};
use crate::tree::*;

impl Checker<'_> {
    /// Checks names and conditions. `same`: there is an event before, so [`Where::Same`] is allowed.
    pub(super) fn events(&mut self, of: &EventMatch, same: bool) {
        if let EventNames::Of(names) = &of.names {
            self.at("event", |c| {
                if names.is_empty() {
                    c.empty("no event is named");
                }
                match names.as_slice() {
                    [name] => c.event_name(name),
                    names => {
                        for (i, name) in names.iter().enumerate() {
                            c.at(&format!("[{i}]"), |c| c.event_name(name));
                        }
                    }
                }
            });
        }
        match &of.filter {
            Where::All(parts) if parts.len() != 1 => {
                for (i, part) in parts.iter().enumerate() {
                    self.at(&format!("where[{i}]"), |c| c.condition(part, of, same));
                }
            }
            one => self.at("where[0]", |c| c.condition(one, of, same)),
        }
    }

    fn event_name(&mut self, name: &Text) {
        if !self.name(name) {
            return;
        }
        if let Some(members) = self.rules.composites.get(name) {
            return self.composite(name, members);
        }
        if !self.catalogue.has_event(name) {
            let composites = self.rules.composites.keys().map(Text::as_str);
            let near = nearest(name, self.catalogue.events().chain(composites));
            let problem =
                Problem::warning(code::UNKNOWN_EVENT, format!("event \"{name}\" was never seen"));
            let problem = problem.found(name.as_str()).expected("the name of an event");
            self.report(problem.suggest(near));
        }
    }

    /// The members of a composite event must be real events without a relation to others.
    fn composite(&mut self, name: &str, members: &[EventMatch]) {
        let wrong = |message: String| Problem::error(code::WRONG_COMPOSITE, message).found(name);
        if members.is_empty() {
            self.report(wrong(format!("composite event \"{name}\" has no members")));
        }
        for member in members {
            let EventNames::Of(names) = &member.names else {
                self.report(wrong(format!(
                    "composite event \"{name}\" has a member without a name"
                )));
                continue;
            };
            for inner in names.iter().filter(|n| self.rules.composites.contains_key(*n)) {
                self.problems.push(
                    wrong(format!(
                        "composite event \"{name}\" has the composite event \"{inner}\" as a member"
                    ))
                    .expected("names of real events")
                    .hint(format!("name the members of \"{inner}\" themselves"))
                    .path(self.path.clone()),
                );
            }
            if has_same(&member.filter) {
                let message = format!("composite event \"{name}\" has a member with `same`");
                self.report(wrong(message).hint("put `same` where the composite event is used"));
            }
        }
    }

    fn condition(&mut self, condition: &Where, of: &EventMatch, same: bool) {
        match condition {
            Where::All(parts) => self.conditions("all", parts, of, same),
            Where::Any(parts) => self.conditions("any", parts, of, same),
            Where::Not(part) => self.at("not", |c| c.condition(part, of, same)),
            Where::Property { property, test } => {
                let kinds = self.property(of, property, "property");
                self.test(test, kinds, "property", property);
            }
            Where::FirstTime => {}
            Where::Same(properties) => self.at("same", |c| c.same(properties, of, same)),
        }
    }

    fn conditions(&mut self, field: &str, parts: &[Where], of: &EventMatch, same: bool) {
        for (i, part) in parts.iter().enumerate() {
            self.at(&format!("{field}[{i}]"), |c| c.condition(part, of, same));
        }
    }

    fn same(&mut self, properties: &[Text], of: &EventMatch, allowed: bool) {
        if !allowed {
            let problem = Problem::error(code::MISPLACED, "`same` needs an event before this one")
                .found("same")
                .expected("a later step of a sequence, what must not follow, or an anchored event")
                .hint("put it on the later of the two events");
            self.report(problem);
        }
        if properties.is_empty() {
            self.empty("`same` names no property");
        }
        for (i, property) in properties.iter().enumerate() {
            self.property(of, property, &format!("[{i}]"));
        }
    }

    /// Checks the name of a property of these events, at `part` of the path; the kinds it has in
    /// them, if they are known. Where no event of these names was seen, the properties of all
    /// events are looked through.
    pub(super) fn property(&mut self, of: &EventMatch, name: &str, part: &str) -> Option<Kinds> {
        let mut events = self.real_events(of);
        let strangers = events.is_empty();
        if strangers {
            events = self.catalogue.events().map(Text::new).collect();
        }
        let mut kinds = Kinds::default();
        let mut seen = false;
        for event in &events {
            if let Some(known) = self.catalogue.property_kinds(event, name) {
                seen = true;
                kinds = kinds.or(known);
            }
        }
        let near = nearest(name, events.iter().flat_map(|event| self.catalogue.properties(event)));
        self.at(part, |c| {
            if c.name(name) && !seen && !events.is_empty() {
                let message = match &of.names {
                    _ if strangers => format!("property \"{name}\" was never seen"),
                    EventNames::Of(names) if names.len() == 1 => {
                        format!("property \"{name}\" was never seen on event \"{}\"", names[0])
                    }
                    _ => format!("property \"{name}\" was never seen on these events"),
                };
                let problem = Problem::warning(code::UNKNOWN_PROPERTY, message);
                let problem = problem.found(name).expected("the name of a property");
                c.report(problem.suggest(near));
            }
        });
        Some(kinds).filter(|kinds| !kinds.empty())
    }

    /// The events of these names that were seen, composite events replaced by their members.
    fn real_events(&self, of: &EventMatch) -> Vec<Text> {
        let EventNames::Of(names) = &of.names else {
            return self.catalogue.events().map(Text::new).collect();
        };
        let mut events = Vec::new();
        for name in names {
            match self.rules.composites.get(name) {
                Some(members) => {
                    let names = members.iter().filter_map(|member| match &member.names {
                        EventNames::Of(names) => Some(names),
                        EventNames::Any => None,
                    });
                    events.extend(names.flatten().cloned());
                }
                None => events.push(name.clone()),
            }
        }
        events.retain(|event| self.catalogue.has_event(event));
        events
    }
}

fn has_same(condition: &Where) -> bool {
    match condition {
        Where::All(of) | Where::Any(of) => of.iter().any(has_same),
        Where::Not(of) => has_same(of),
        Where::Same(_) => true,
        Where::Property { .. } | Where::FirstTime => false,
    }
}
