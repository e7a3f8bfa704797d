//! Devices of users, and what follows from them about who a user is.

use engine::{IdentityGraph, Subject};
use model::facts::{PUSH_ENABLED, REASON, SUBSCRIBED, TOKENS};
use model::{Identity, Timestamp, UserIndex, Value};
use segment::evaluate::{UserHistory, attribute_at};
use wire::api::{Device, DeviceList, PushToken, UserType};

use super::Service;
use super::sight::Sight;
use crate::failure::Failure;
use crate::registry::MASK;

/// Devices that are shown of one user: more are a test or a shared account.
pub(super) const DEVICES_MAX: usize = 100;

/// What of a token is shown at either end.
const TOKEN_SHOWN: usize = 6;

impl Service {
    /// The devices of a user, with what is known of them now.
    pub fn devices(&self, id: &str) -> Result<DeviceList, Failure> {
        let (user, _) = self.known(id)?;
        let sight = self.sight();
        let (devices, total) = self.devices_of(user)?;
        let devices = devices.iter().map(|device| shown(&sight, device)).collect();
        Ok(DeviceList { devices, total: total as u64 })
    }

    pub(super) fn devices_of(&self, user: UserIndex) -> Result<(Vec<Subject>, usize), Failure> {
        Ok(self.workspace.fold(move |fold| fold.devices(user, DEVICES_MAX))?)
    }

    /// How well a user is known at an instant. Devices and identities are those of now.
    pub(super) fn user_type(
        &self,
        (user, graph): (UserIndex, &IdentityGraph),
        history: &UserHistory,
        at: Timestamp,
    ) -> Result<UserType, Failure> {
        let customer = self.enrichment_settings()?.customer_events;
        let until = history.events.iter().take_while(|event| event.time <= at);
        if until.into_iter().any(|event| customer.iter().any(|name| event.name == *name)) {
            return Ok(UserType::Customer);
        }
        let reaches = |identity: &Identity| {
            identity.label == Identity::EMAIL || identity.label == Identity::PHONE
        };
        let written = |name: &str| {
            let value = attribute_at(history, name, at);
            matches!(value, Some(Value::Text(text)) if !text.is_empty())
        };
        let token = |device: &Subject| TOKENS.iter().any(|name| device.get(name).is_some());
        let addressable = graph.identities().any(reaches)
            || written(Identity::EMAIL)
            || written(Identity::PHONE)
            || self.devices_of(user)?.0.iter().any(token);
        Ok(if addressable { UserType::Addressable } else { UserType::Anonymous })
    }
}

fn shown(sight: &Sight, device: &Subject) -> Device {
    let own = [PUSH_ENABLED, SUBSCRIBED, REASON];
    let plain = device
        .facts
        .iter()
        .filter(|fact| !TOKENS.contains(&fact.name) && !own.contains(&fact.name));
    let facts = plain.map(|fact| (fact.name.to_owned(), sight.json(fact.name, &fact.value)));
    let tokens = device.facts.iter().filter(|fact| TOKENS.contains(&fact.name)).map(|fact| {
        let kind = fact.name.rsplit('.').next().unwrap_or(fact.name).to_owned();
        let token = match sight.hides(fact.name) {
            true => MASK.to_owned(),
            false => shortened(&fact.value),
        };
        PushToken { kind, token, since: fact.time.to_string() }
    });
    Device {
        id: device.id.to_string(),
        first_seen_at: device.first_at.to_string(),
        last_seen_at: device.last_at.to_string(),
        facts: facts.collect(),
        tokens: tokens.collect(),
        push_enabled: device.flag(PUSH_ENABLED),
        subscribed: device.flag(SUBSCRIBED),
    }
}

/// A token as people see it: enough to tell it from another, too little to send to it.
fn shortened(token: &Value) -> String {
    let text = match token {
        Value::Text(text) => text.as_str(),
        Value::List(items) => match items.first() {
            Some(Value::Text(text)) => text.as_str(),
            _ => "",
        },
        _ => "",
    };
    let (n, letters) = (text.chars().count(), |from: usize, n: usize| -> String {
        text.chars().skip(from).take(n).collect()
    });
    match n > 3 * TOKEN_SHOWN {
        true => format!("{}…{}", letters(0, TOKEN_SHOWN), letters(n - TOKEN_SHOWN, TOKEN_SHOWN)),
        false => format!("{}…", letters(0, n / 3)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_never_shown_whole() {
        assert_eq!(shortened(&Value::text("abcdefghijklmnopqrstuvwxyz")), "abcdef…uvwxyz");
        assert_eq!(shortened(&Value::text("short")), "s…");
        let web = Value::List([Value::text("https://push.example/0123456789")].into());
        assert_eq!(shortened(&web), "https:…456789");
        assert_eq!(shortened(&Value::Null), "…");
    }
}
