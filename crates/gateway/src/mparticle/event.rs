//! One event of a batch: its fields, and what it is called here.

use model::{Identity, Text, Value};

use super::identity;
use crate::fields::{self, Fields, object_or_null};
use crate::flatten::Flat;
use crate::json::{Broken, Reader};
use crate::order::Orders;
use crate::scalar::Scalar;
use crate::{Problem, validate};

/// An event as it is written: `{"event_type":…,"data":{…}}`.
#[derive(Debug, Default)]
pub(super) struct Written {
    pub kind: Scalar,
    pub data: Data,
}

/// The fields of `data` that mean something; all others are properties.
#[derive(Debug, Default)]
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
    pub fn meaning(mut self, orders: &mut Orders) -> Result<Meaning, Problem> {
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
                data.happened(name, orders)
            }
            "screen_view" => {
                let mut data = data;
                if let Scalar::Text(screen) = std::mem::take(&mut data.screen_name) {
                    validate::text_value("name", &screen)?;
                    data.properties.found.push((Text::const_new("name"), Value::Text(screen)));
                }
                data.happened(Text::const_new("Screen Viewed"), orders)
            }
            "commerce_event" => {
                let name = data.commerce()?;
                data.happened(name, orders)
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
                data.happened(validate::event_name(&name)?, orders)
            }
        }
    }
}

impl Data {
    fn happened(self, name: Text, orders: &mut Orders) -> Result<Meaning, Problem> {
        let mut found = self.properties.found;
        found.retain(|(_, value)| !value.missing());
        Ok(Meaning::Happened(name, orders.properties(found)?))
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

impl<'a> Fields<'a> for Written {
    fn field(&mut self, name: &str, reader: &mut Reader<'a>) -> Result<(), Broken> {
        match name {
            "event_type" => Scalar::read(reader).map(|kind| self.kind = kind),
            "data" => object_or_null(reader, &mut self.data),
            _ => reader.skip(),
        }
    }
}

impl<'a> Fields<'a> for Data {
    fn field(&mut self, name: &str, reader: &mut Reader<'a>) -> Result<(), Broken> {
        let flat = &mut self.properties;
        let scalar = match name {
            "event_name" => &mut self.event_name,
            "screen_name" => &mut self.screen_name,
            "timestamp_unixtime_ms" => &mut self.time,
            "source_message_id" => &mut self.message_id,
            "user_attribute_name" => &mut self.attribute,
            "is_opted_out" => return fields::truth(reader).map(|truth| self.opted_out = truth),
            "deleted" => return fields::truth(reader).map(|truth| self.deleted = truth),
            "custom_attributes" => return flat.read("", reader),
            "product_action" => {
                let before = flat.found.len();
                flat.read("", reader)?;
                self.actions[0] = text_named(&flat.found[before..], "action");
                self.transaction_id = text_named(&flat.found[before..], "transaction_id");
                return Ok(());
            }
            "promotion_action" => {
                flat.read("promotion.", reader)?;
                self.actions[1] = text_named(&flat.found, "promotion.action");
                return Ok(());
            }
            name => {
                self.impressions |= name == "product_impressions";
                return flat.named("", name, reader);
            }
        };
        *scalar = Scalar::read(reader)?;
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
