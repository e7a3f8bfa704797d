//! What whoever asks may see.
//!
//! What it is: the one place that decides what is masked: values that are declared personal, and
//! whatever is an e-mail address or a telephone number by its form, ids and identities among it. Every
//! answer with ids, or with values of properties or attributes, writes them through it. What it is not:
//! it does not look into texts that people wrote; questions and definitions that name what is masked
//! are refused or hidden as a whole.

use std::sync::Arc;

use model::{Identity, Text, Value};
use segment::{Predicate, Rules};
use serde_json::Value as Json;
use wire::api::Object;

use super::{Service, definitions, values};
use crate::caller::Caller;
use crate::failure::Failure;
use crate::live::Accepted;
use crate::privacy::{Suppressed, hex};
use crate::registry::{MASK, Registry};

/// What one asker may see; by default, everything.
#[derive(Clone, Default)]
pub struct Sight {
    registry: Arc<Registry>,
    /// Has the salt of hashes.
    suppressed: Arc<Suppressed>,
    masked: bool,
}

impl Service {
    /// The same service for somebody.
    pub fn asked_by(&self, caller: Caller) -> Service {
        Service { caller: Arc::new(caller), ..self.clone() }
    }

    /// What whoever asks may see.
    pub fn sight(&self) -> Sight {
        let (registry, suppressed) = (self.workspace.registry(), self.workspace.suppressed());
        Sight { registry, suppressed, masked: self.caller.masked() }
    }
}

impl Sight {
    /// Whether anything is masked.
    pub fn masked(&self) -> bool {
        self.masked
    }

    /// Whether values of a property or attribute are masked.
    pub fn hides(&self, name: &str) -> bool {
        // What a server says about somebody may be anything.
        let answered = name.starts_with(model::outreach::ANSWERED_FIELDS);
        self.masked && (answered || self.registry.masks.hide(name))
    }

    /// Whether a value of a property or attribute is masked, because of its name or its form.
    pub fn hides_value(&self, name: &str, value: &Value) -> bool {
        self.hides(name) || self.masked && is_personal_value(value)
    }

    /// A value as it may be seen, as JSON.
    pub fn json(&self, name: &str, value: &Value) -> Json {
        if self.hides_value(name, value) { Json::from(MASK) } else { values::json(value) }
    }

    /// A value as it may be seen.
    pub fn value(&self, name: &str, value: Value) -> Value {
        if self.hides_value(name, &value) { Value::text(MASK) } else { value }
    }

    /// An id as it may be seen: in the place of one that says who somebody is stands another one, the
    /// same whenever it is shown, by which the user is found, too.
    pub fn id(&self, id: &str) -> String {
        match self.masked && is_personal(id) {
            true => {
                let hash = self.suppressed.salt().hash(id);
                format!("{MASK}{}", hex(&hash[..MASKED_ID_BYTES]))
            }
            false => id.to_owned(),
        }
    }

    /// Whether an identity is masked: telephone numbers and e-mail addresses always are.
    pub fn hides_identity(&self, identity: &Identity) -> bool {
        let kind = [Identity::EMAIL, Identity::PHONE].contains(&identity.label.as_str());
        self.hides(&identity.label) || self.masked && (kind || is_personal(&identity.value))
    }

    /// A text that was put together, of definitions and values: hidden as a whole if it has anything
    /// in it that is personal.
    pub fn said(&self, text: String) -> String {
        let personal = || text.split(|c: char| c.is_whitespace() || "\"'(),;".contains(c));
        match self.masked && personal().any(is_personal) {
            true => MASK.to_owned(),
            false => text,
        }
    }

    /// Named values as an object.
    pub fn object<'a>(&self, values: impl IntoIterator<Item = (&'a Text, &'a Value)>) -> Object {
        let seen = |(name, value): (&Text, &Value)| (name.to_string(), self.json(name, value));
        values.into_iter().map(seen).collect()
    }

    /// Whether an event that was accepted is still there.
    pub fn shows(&self, event: &Accepted) -> bool {
        let discard = self.registry.discards.get(event.name.as_str());
        discard.is_none_or(|discard| event.received_at > discard.at)
    }

    /// The text of a definition, unless it names what is masked: it may say values, too.
    pub fn text(&self, predicate: &Predicate) -> String {
        if self.names(predicate) { MASK.to_owned() } else { segment::print(predicate) }
    }

    /// The JSON form of a definition, unless it names what is masked.
    pub fn definition(&self, predicate: &Predicate) -> Object {
        if self.names(predicate) { Object::new() } else { definitions::json(predicate) }
    }

    /// Refuses a definition that names what is masked, itself or through what it refers to: its
    /// answer would tell of values.
    pub fn check(&self, predicate: &Predicate, rules: &Rules) -> Result<(), Failure> {
        if self.reaches(predicate, rules) { Err(masked()) } else { Ok(()) }
    }

    fn reaches(&self, predicate: &Predicate, rules: &Rules) -> bool {
        let referred = definitions::references(predicate);
        let mut referred = referred.iter().filter_map(|id| rules.segments.get(id));
        self.masked
            && (self.names(predicate)
                || referred.any(|of| self.reaches(of, rules))
                || names_lifecycle(predicate)
                    && rules.lifecycle.states.iter().any(|s| self.reaches(&s.predicate, rules)))
    }

    fn names(&self, predicate: &Predicate) -> bool {
        self.masked && self.names_in(&Json::from(definitions::json(predicate)))
    }

    /// Whether any text in JSON is a name that is masked, or has one in it.
    pub fn names_in(&self, json: &Json) -> bool {
        self.masked
            && match json {
                Json::String(text) => {
                    text.starts_with(model::outreach::ANSWERED_FIELDS)
                        || self.registry.masks.named_in(text)
                        || self.said(text.clone()) != *text
                }
                Json::Array(items) => items.iter().any(|item| self.names_in(item)),
                Json::Object(fields) => fields.values().any(|value| self.names_in(value)),
                _ => false,
            }
    }
}

/// Bytes of the hash that stands for an id: enough to tell any two users of a workspace apart.
const MASKED_ID_BYTES: usize = 8;

/// Digits that a telephone number has at least.
const PHONE_DIGITS_MIN: usize = 7;

/// Whether a text says by its form who somebody is: an e-mail address, an international telephone
/// number, or an identity that is one (`email:…`).
pub fn is_personal(text: &str) -> bool {
    let text = text.trim();
    let kinds = [Identity::EMAIL, Identity::PHONE];
    if text
        .split_once(':')
        .is_some_and(|(label, value)| kinds.contains(&label) && !value.is_empty())
    {
        return true;
    }
    if let Some((local, domain)) = text.rsplit_once('@') {
        let plain = |part: &str| !part.is_empty() && !part.contains(char::is_whitespace);
        return plain(local) && plain(domain) && domain.trim_end_matches('.').contains('.');
    }
    let number = text.strip_prefix('+').or_else(|| text.strip_prefix("00"));
    number.is_some_and(|number| {
        let digits = number.chars().filter(char::is_ascii_digit).count();
        let others = number.chars().all(|c| c.is_ascii_digit() || " -().".contains(c));
        digits >= PHONE_DIGITS_MIN && others
    })
}

fn is_personal_value(value: &Value) -> bool {
    match value {
        Value::Text(text) => is_personal(text),
        Value::List(items) => items.iter().any(is_personal_value),
        _ => false,
    }
}

/// What a question about masked data is answered with.
pub fn masked() -> Failure {
    Failure::new(403, "auth.masked", "this asks about personal data that the key may not see")
        .hint("leave it out of the question, or ask with a key of scope admin")
}

fn names_lifecycle(predicate: &Predicate) -> bool {
    match predicate {
        Predicate::All(of) | Predicate::Any(of) => of.iter().any(names_lifecycle),
        Predicate::Not(of) => names_lifecycle(of),
        Predicate::Lifecycle(_) => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_and_numbers_are_known_by_their_form() {
        for text in [
            "ada@example.com",
            " Ada.L+shop@mail.example.co.uk",
            "email:ada",
            "phone:5551234",
            "+90 555 123 45 67",
            "+442071234567",
            "0049 30 1234567",
        ] {
            assert!(is_personal(text), "{text}");
        }
        for text in
            ["ada", "@ada", "ada@home", "a b@c.d e", "5551234567", "+1", "", "sku:1@2", "1.5"]
        {
            assert!(!is_personal(text), "{text}");
        }
        let sight = Sight { masked: true, ..Sight::default() };
        assert_eq!(sight.said("email is \"ada@example.com\"".into()), MASK);
        assert_eq!(
            sight.said("did \"Buy\" at least 2 times".into()),
            "did \"Buy\" at least 2 times"
        );
        let id = sight.id("ada@example.com");
        assert!(id.starts_with(MASK) && id != sight.id("bob@example.com"), "{id}");
        assert_eq!(Sight::default().id("ada@example.com"), "ada@example.com");
    }
}
