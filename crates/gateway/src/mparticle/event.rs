//! One event of a batch: its fields, and what it is called here.

use std::borrow::Cow;
use std::fmt;

use model::{Identity, Text, Value};
use serde::de::{Deserialize, DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};

use super::identity;
use crate::flatten::{Flat, Named, Root};
use crate::scalar::Scalar;
use crate::{Problem, validate};

/// An event as it is written: `{"event_type":…,"data":{…}}`.
#[derive(Default)]
pub(super) struct Written {
    pub kind: Scalar,
    pub data: Data,
}

/// The fields of `data` that mean something; all others are properties.
#[derive(Default)]
pub(super) struct Data {
    pub event_name: Scalar,
    pub screen_name: Scalar,
    pub time: Scalar,
    pub message_id: Scalar,
    /// Of a product action, and of a promotion action.
    pub actions: [Scalar; 2],
    pub transaction_id: Scalar,
    pub impressions: bool,
    pub attribute: Scalar,
    pub opted_out: bool,
    pub deleted: bool,
    pub properties: Flat,
}

/// What an event means.
pub(super) enum Meaning {
    Happened(Text, Vec<(Text, Value)>),
    Changed(Vec<(Text, Value)>, Vec<Identity>, Option<Text>),
}

/// Product actions.
const PRODUCT: [(&str, &str); 11] = [
    ("purchase", "Purchase"),
    ("refund", "Refund"),
    ("add_to_cart", "Add To Cart"),
    ("remove_from_cart", "Remove From Cart"),
    ("add_to_wishlist", "Add To Wishlist"),
    ("remove_from_wishlist", "Remove From Wishlist"),
    ("remove_from_wish_list", "Remove From Wishlist"),
    ("checkout", "Checkout"),
    ("checkout_option", "Checkout Option"),
    ("view_detail", "Product Viewed"),
    ("click", "Product Clicked"),
];

/// Other types that are events of a name of their own.
const OTHERS: [(&str, &str); 6] = [
    ("session_start", "Session Start"),
    ("session_end", "Session End"),
    ("application_state_transition", "Application State Changed"),
    ("crash_report", "Crash Reported"),
    ("push_message", "Push Message"),
    ("network_performance", "Network Performance"),
];

impl Written {
    /// What it means.
    pub fn meaning(mut self) -> Result<Meaning, Problem> {
        if let Some(problem) = self.data.properties.problem.take() {
            return Err(problem);
        }
        let Scalar::Text(kind) = &self.kind else { return Err(no_type()) };
        let kind = kind.clone();
        let data = self.data;
        match kind.as_str() {
            "custom_event" => {
                let name = match &data.event_name {
                    Scalar::Text(name) => validate::event_name(name)?,
                    _ => validate::event_name("")?,
                };
                data.happened(name)
            }
            "screen_view" => {
                let mut data = data;
                if let Scalar::Text(screen) = std::mem::take(&mut data.screen_name) {
                    validate::text_value("name", &screen)?;
                    data.properties.found.push((Text::const_new("name"), Value::Text(screen)));
                }
                data.happened(Text::const_new("Screen Viewed"))
            }
            "commerce_event" => {
                let name = data.commerce()?;
                data.happened(name)
            }
            "user_attribute_change" => data.attribute_change(),
            "user_identity_change" => data.identity_change(),
            "opt_out" => {
                let out = data.opted_out;
                let consent = (Text::const_new("consent.tracking"), Value::Bool(!out));
                Ok(Meaning::Changed(vec![consent], Vec::new(), None))
            }
            other => {
                let known = OTHERS.iter().find(|(written, _)| *written == other);
                let name = known.map_or_else(|| titled(other), |(_, name)| (*name).to_owned());
                data.happened(validate::event_name(&name)?)
            }
        }
    }
}

impl Data {
    fn happened(self, name: Text) -> Result<Meaning, Problem> {
        let mut found = self.properties.found;
        found.retain(|(_, value)| !value.missing());
        Ok(Meaning::Happened(name, validate::properties(found)?))
    }

    fn commerce(&self) -> Result<Text, Problem> {
        match &self.actions {
            [Scalar::Text(action), _] => {
                let known = PRODUCT.iter().find(|(written, _)| action == written);
                let name = known.map_or_else(|| titled(action), |(_, name)| (*name).to_owned());
                validate::event_name(&name)
            }
            [_, Scalar::Text(action)] => match action.as_str() {
                "click" => Ok(Text::const_new("Promotion Clicked")),
                _ => Ok(Text::const_new("Promotion Viewed")),
            },
            _ if self.impressions => Ok(Text::const_new("Product List Viewed")),
            _ => Ok(Text::const_new("Commerce Event")),
        }
    }

    fn attribute_change(self) -> Result<Meaning, Problem> {
        let Scalar::Text(name) = &self.attribute else {
            let hint = "set user_attribute_name";
            return Err(Problem::new("event.no_attribute", "the attribute has no name", hint));
        };
        validate::property_name(name)?;
        let found = self.properties.found;
        let mut attributes = Vec::new();
        for (written, value) in found {
            match written.strip_prefix("new") {
                Some("") => attributes.push((name.clone(), value)),
                Some(rest) if rest.starts_with('.') => {
                    let inner = format!("{name}{rest}");
                    validate::property_name(&inner)?;
                    attributes.push((Text::from(inner), value));
                }
                _ => {}
            }
        }
        if self.deleted || attributes.is_empty() {
            attributes = vec![(name.clone(), Value::Null)];
        }
        Ok(Meaning::Changed(validate::properties(attributes)?, Vec::new(), None))
    }

    fn identity_change(self) -> Result<Meaning, Problem> {
        let field = |name: &str| {
            let found = self.properties.found.iter().find(|(known, _)| known == name)?;
            match &found.1 {
                Value::Text(text) => Some(text.to_string()),
                Value::Int(n) => Some(n.to_string()),
                _ => None,
            }
        };
        let mut known = identity::Known::default();
        if let (Some(kind), Some(value)) = (field("new.identity_type"), field("new.identity")) {
            known.add(&kind, &value)?;
        }
        Ok(Meaning::Changed(Vec::new(), known.identities, known.user_id))
    }
}

/// `some_action` as `Some Action`.
fn titled(written: &str) -> String {
    let mut name = String::with_capacity(written.len());
    for word in written.split('_').filter(|word| !word.is_empty()) {
        if !name.is_empty() {
            name.push(' ');
        }
        let mut characters = word.chars();
        name.extend(characters.next().into_iter().flat_map(char::to_uppercase));
        name.extend(characters);
    }
    name
}

fn no_type() -> Problem {
    let hint = "set event_type, as in custom_event";
    Problem::new("event.unknown_type", "the event has no event_type", hint)
}

/// A name in an object, borrowed where the text has no escapes.
pub(super) struct Name<'de>(pub Cow<'de, str>);

impl<'de> Deserialize<'de> for Name<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Name<'de>, D::Error> {
        struct NameVisitor;
        impl<'de> Visitor<'de> for NameVisitor {
            type Value = Name<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a name")
            }
            fn visit_borrowed_str<E>(self, name: &'de str) -> Result<Name<'de>, E> {
                Ok(Name(Cow::Borrowed(name)))
            }
            fn visit_str<E>(self, name: &str) -> Result<Name<'de>, E> {
                Ok(Name(Cow::Owned(name.to_owned())))
            }
        }
        deserializer.deserialize_str(NameVisitor)
    }
}

impl<'de> Deserialize<'de> for Written {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Written, D::Error> {
        struct WrittenVisitor;
        impl<'de> Visitor<'de> for WrittenVisitor {
            type Value = Written;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an event")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Written, A::Error> {
                let mut written = Written::default();
                while let Some(Name(name)) = map.next_key()? {
                    match name.as_ref() {
                        "event_type" => written.kind = map.next_value()?,
                        "data" => map.next_value_seed(DataSeed(&mut written.data))?,
                        _ => {
                            map.next_value::<IgnoredAny>()?;
                        }
                    }
                }
                Ok(written)
            }
        }
        deserializer.deserialize_map(WrittenVisitor)
    }
}

/// Reads `data`; null is an empty one.
struct DataSeed<'a>(&'a mut Data);

impl<'de> DeserializeSeed<'de> for DataSeed<'_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for DataSeed<'_> {
    type Value = ();
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the data of an event")
    }
    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let data = self.0;
        while let Some(Name(name)) = map.next_key()? {
            let flat = &mut data.properties;
            match name.as_ref() {
                "event_name" => data.event_name = map.next_value()?,
                "screen_name" => data.screen_name = map.next_value()?,
                "timestamp_unixtime_ms" => data.time = map.next_value()?,
                "source_message_id" => data.message_id = map.next_value()?,
                "user_attribute_name" => data.attribute = map.next_value()?,
                "is_opted_out" => data.opted_out = map.next_value::<Truth>()?.0,
                "deleted" => data.deleted = map.next_value::<Truth>()?.0,
                "custom_attributes" => map.next_value_seed(Root { flat, prefix: "" })?,
                "product_action" => {
                    let before = flat.found.len();
                    map.next_value_seed(Root { flat, prefix: "" })?;
                    data.actions[0] = text_named(&flat.found[before..], "action");
                    data.transaction_id = text_named(&flat.found[before..], "transaction_id");
                }
                "promotion_action" => {
                    map.next_value_seed(Root { flat, prefix: "promotion." })?;
                    data.actions[1] = text_named(&flat.found, "promotion.action");
                }
                name => {
                    data.impressions |= name == "product_impressions";
                    map.next_value_seed(Named { flat, prefix: "", name })?;
                }
            }
        }
        Ok(())
    }
}

fn text_named(found: &[(Text, Value)], name: &str) -> Scalar {
    match found.iter().find(|(known, _)| known == name) {
        Some((_, Value::Text(text))) if !text.is_empty() => Scalar::Text(text.clone()),
        Some((_, Value::Int(n))) => Scalar::Number((*n).into()),
        _ => Scalar::Absent,
    }
}

/// Whether a value is `true`, whatever it is.
struct Truth(bool);

impl<'de> Deserialize<'de> for Truth {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Truth, D::Error> {
        let raw = <&serde_json::value::RawValue>::deserialize(deserializer)?;
        Ok(Truth(raw.get() == "true"))
    }
}
