//! What a profile says: attributes, operations on them, identities, consent.
//!
//! | written | becomes |
//! |---|---|
//! | `Identity` | the user id |
//! | `Email`, `Phone` | identities `email`, `phone`, and attributes of those names |
//! | `FBID`, `GPID` | identities `facebook`, `google` |
//! | `Name`, `Gender`, `Photo` | `name`, `gender`, `photo` |
//! | `DOB` | `birthday` |
//! | `Tz`, `tz` | `timezone` |
//! | `MSG-email`, `MSG-push-all`, `MSG-sms`, `MSG-whatsapp` | `subscription.email` … |
//! | `MSG-push` | `device.subscribed` from a device, else `subscription.push` |
//! | `MSG-dndEmail`, `MSG-dndPhone`, `MSG-dndPush` | `subscription.email`, `.sms`, `.push`, the other way round |
//! | `ct_optout` | `consent.tracking`, the other way round |
//! | `{"$incr":n}`, `{"$decr":n}` | a number is added or taken away |
//! | `{"$set":[…]}` | the list is set |
//! | `{"$add":…}`, `{"$remove":…}` | values join a list, or leave it |
//! | `{"$delete":…}` | the attribute is unset |
//!
//! Every other name stays as it is.

use model::{Identity, Operation, Text, Value};

use crate::{Problem, validate};

/// The label of Facebook's ids.
pub(super) const FACEBOOK: &str = "facebook";
/// The label of Google's ids.
pub(super) const GOOGLE: &str = "google";

/// What one profile says.
#[derive(Default)]
pub(super) struct Profile {
    pub user_id: Option<Text>,
    pub identities: Vec<Identity>,
    pub attributes: Vec<(Text, Value)>,
    pub operations: Vec<(Text, Operation)>,
    /// Values of reserved keys that are not what they should be, in words.
    pub wrong: Vec<Wrong>,
    /// A device says it, and what it says of push is of this one device.
    of_device: bool,
}

/// A reserved key with a value that it cannot have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wrong {
    Email,
    Phone,
    Gender,
}

/// Reads flattened fields, whose marked texts have been turned into values.
pub(super) fn read(found: Vec<(Text, Value)>, of_device: bool) -> Result<Profile, Problem> {
    let mut profile = Profile { of_device, ..Profile::default() };
    for (name, value) in found {
        match name.rsplit_once(".$") {
            Some((attribute, command)) if !attribute.is_empty() => {
                profile.command(attribute, command, value)?;
            }
            _ => profile.field(name, value)?,
        }
    }
    profile.attributes = validate::properties(std::mem::take(&mut profile.attributes))?;
    Ok(profile)
}

impl Profile {
    fn field(&mut self, name: Text, value: Value) -> Result<(), Problem> {
        match name.as_str() {
            "Identity" => {
                if let Some(text) = plain(&value) {
                    self.user_id = validate::id("Identity", &text)?;
                }
            }
            "FBID" => self.identity(FACEBOOK, &value)?,
            "GPID" => self.identity(GOOGLE, &value)?,
            "Email" => {
                let written = plain(&value);
                match written.as_deref().map(validate::email) {
                    Some(Some(identity)) => {
                        self.set("email", Value::Text(identity.value.clone()));
                        self.identities.push(identity);
                    }
                    Some(None) => {
                        self.wrong.push(Wrong::Email);
                        self.set("email", value);
                    }
                    None => self.set("email", value),
                }
            }
            "Phone" => {
                let written = plain(&value);
                match written.as_deref().map(validate::phone) {
                    Some(Some(identity)) => {
                        self.set("phone", Value::Text(identity.value.clone()));
                        self.identities.push(identity);
                    }
                    Some(None) => {
                        self.wrong.push(Wrong::Phone);
                        self.set("phone", value);
                    }
                    None => self.set("phone", value),
                }
            }
            "Gender" => {
                let known = ["m", "f", "o", "u", "male", "female", "others", "unknown", ""];
                let text = plain(&value).unwrap_or_default().to_lowercase();
                if !known.contains(&text.as_str()) {
                    self.wrong.push(Wrong::Gender);
                }
                self.set("gender", value);
            }
            "MSG-push" if self.of_device => self.set(crate::device::DEVICE_SUBSCRIBED, value),
            "MSG-dndEmail" => self.set("subscription.email", opposite(value)),
            "MSG-dndPhone" => self.set("subscription.sms", opposite(value)),
            "MSG-dndPush" => self.set("subscription.push", opposite(value)),
            "ct_optout" => self.set("consent.tracking", opposite(value)),
            written => match renamed(written) {
                Some(name) => self.set(name, value),
                None => self.attributes.push((name, value)),
            },
        }
        Ok(())
    }

    fn identity(&mut self, label: &'static str, value: &Value) -> Result<(), Problem> {
        if let Some(id) = plain(value).map(|text| validate::id(label, &text)).transpose()?.flatten()
        {
            self.identities.push(Identity::new(Text::const_new(label), id));
        }
        Ok(())
    }

    fn set(&mut self, name: &'static str, value: Value) {
        self.attributes.push((Text::const_new(name), value));
    }

    fn command(&mut self, attribute: &str, command: &str, value: Value) -> Result<(), Problem> {
        let name = renamed(attribute).map_or_else(|| Text::new(attribute), Text::const_new);
        let operation = match command {
            "incr" | "decr" => match (command, value) {
                ("incr", number @ (Value::Int(_) | Value::Float(_))) => Operation::Add(number),
                ("decr", Value::Int(n)) => Operation::Add(Value::Int(n.saturating_neg())),
                ("decr", Value::Float(x)) => Operation::Add(Value::Float(-x)),
                _ => return Err(no_number(attribute, command)),
            },
            "add" => Operation::Union(listed(value)),
            "remove" => Operation::Remove(listed(value)),
            "set" => {
                self.attributes.push((name, Value::List(listed(value).into())));
                return Ok(());
            }
            "delete" => {
                self.attributes.push((name, Value::Null));
                return Ok(());
            }
            _ => return Err(unknown_command(attribute, command)),
        };
        self.operations.push((name, operation));
        Ok(())
    }
}

/// What a reserved key is called here.
fn renamed(written: &str) -> Option<&'static str> {
    Some(match written {
        "Name" => "name",
        "Email" => "email",
        "Phone" => "phone",
        "Gender" => "gender",
        "Photo" => "photo",
        "DOB" => "birthday",
        "Tz" | "tz" => "timezone",
        "MSG-email" => "subscription.email",
        "MSG-push" | "MSG-push-all" => "subscription.push",
        "MSG-sms" => "subscription.sms",
        "MSG-whatsapp" => "subscription.whatsapp",
        _ => return None,
    })
}

/// A value as the text that an id is written as.
fn plain(value: &Value) -> Option<String> {
    match value {
        Value::Text(text) => Some(text.to_string()),
        Value::Int(n) => Some(n.to_string()),
        // What a client writes for a number of more digits than a float has; it is an id no more.
        Value::Float(x) if x.fract() == 0.0 && x.abs() < 1e15 => Some(format!("{x:.0}")),
        _ => None,
    }
}

/// What a "do not" says of the thing itself. Anything but a truth value stays.
fn opposite(value: Value) -> Value {
    match value {
        Value::Bool(b) => Value::Bool(!b),
        Value::Text(text) if text.eq_ignore_ascii_case("true") => Value::Bool(false),
        Value::Text(text) if text.eq_ignore_ascii_case("false") => Value::Bool(true),
        other => other,
    }
}

fn listed(value: Value) -> Vec<Value> {
    match value {
        Value::List(items) => items.into_vec(),
        Value::Null => Vec::new(),
        plain => vec![plain],
    }
}

fn no_number(attribute: &str, command: &str) -> Problem {
    let attribute = crate::body::clip(attribute);
    let message = format!("\"${command}\" of the attribute \"{attribute}\" is not a number");
    Problem::new("profile.no_number", message, "send a number, as in {\"$incr\":5}")
}

fn unknown_command(attribute: &str, command: &str) -> Problem {
    let (attribute, command) = (crate::body::clip(attribute), crate::body::clip(command));
    let message = format!("the command \"${command}\" of the attribute \"{attribute}\" is unknown");
    let hint = "use $incr, $decr, $set, $add, $remove or $delete";
    Problem::new("profile.unknown_command", message, hint)
}
