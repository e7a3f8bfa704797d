//! What providers tell of messages after they took them: arrived, came back, unwanted.
//!
//! What it is: records of what was told, under the message's own ids, so that what is told again counts once.
//! What it is not: it believes nobody who does not have the address that this server gave to its owner; and
//! only a report that says so for good ends the use of an address.

use channels::contract::Address;
use channels::email::feedback::{self, Event as Told, Feedback, postmark, report, sendgrid};
use hmac::{Hmac, KeyInit, Mac};
use model::outreach::{self, CODE, DETAIL, event_id};
use model::{Event, EventId, Identity, Record, Text, Value, What};
use sha2::Sha256;

use super::Service;
use crate::failure::Failure;
use crate::outbox::told;

/// Bytes of the part of an address that nobody can guess.
const TOKEN_BYTES: usize = 16;

/// Where messages come back to, before the `+`.
const BOUNCES: &str = "bounces";

impl Service {
    /// The path under which a provider tells; only whoever may see providers knows it.
    pub(super) fn feedback_path(&self, provider: &str) -> Result<String, Failure> {
        Ok(format!("/feedback/{provider}/{}", self.feedback_token(provider)?))
    }

    fn feedback_token(&self, provider: &str) -> Result<String, Failure> {
        let secret = self.workspace.config().secret()?;
        let mut mac = Hmac::<Sha256>::new_from_slice(&secret)
            .map_err(|error| Failure::new(500, "server.secret", error.to_string()))?;
        mac.update(b"feedback/");
        mac.update(provider.as_bytes());
        let bytes = mac.finalize().into_bytes();
        Ok(bytes[..TOKEN_BYTES].iter().map(|byte| format!("{byte:02x}")).collect())
    }

    /// The records of what was told. `form`: `report` (an e-mail as it came to the return path), `postmark`
    /// or `sendgrid`; `to`: of a report, the address that it came to.
    pub fn feedback(
        &self,
        (provider, token): (&str, &str),
        (form, to): (&str, &str),
        body: &[u8],
    ) -> Result<Vec<Record>, Failure> {
        if token != self.feedback_token(provider)? {
            return Err(Failure::not_found("feedback.unknown", "nothing is told at this address")
                .hint("GET /api/providers shows the address of each provider"));
        }
        let told: Result<Vec<Feedback>, feedback::Error> = match form {
            "report" => report::read(body, to, BOUNCES),
            "postmark" => postmark::read(body).map(|one| one.into_iter().collect()),
            "sendgrid" => sendgrid::read(body),
            other => {
                let message = format!("`form` is \"{other}\"; write report, postmark or sendgrid");
                return Err(Failure::bad_request("feedback.form", message));
            }
        };
        let told =
            told.map_err(|error| Failure::bad_request("feedback.body", error.to_string()))?;
        let mut records = Vec::new();
        for one in &told {
            // What is about a message that nobody knows any more is nobody's fault.
            match self.records_of(one) {
                Ok(of) => records.extend(of),
                Err(failure) if failure.status == 404 => {}
                Err(failure) => return Err(failure),
            }
        }
        Ok(records)
    }

    fn records_of(&self, told_of: &Feedback) -> Result<Vec<Record>, Failure> {
        let about = &told_of.about;
        let own = about.delivery.clone().or_else(|| {
            about.message_id.as_deref().and_then(|id| id.split('@').next()).map(str::to_owned)
        });
        let Some(message) = own.map(|id| EventId::of(&id)) else { return Ok(Vec::new()) };
        let known = self.message(message)?;
        let now = self.workspace.now();
        let text = |name: &'static str, value: &str| (Text::const_new(name), Value::text(value));
        let (name, more, dead) = match &told_of.event {
            Told::Delivered => (outreach::DELIVERED, Vec::new(), None),
            Told::Delayed { .. } => return Ok(Vec::new()),
            Told::Bounced { code, address, detail } => {
                let gone = matches!(address, Address::Dead { .. });
                let more = vec![text(CODE, code.name()), text(DETAIL, detail)];
                (outreach::BOUNCED, more, gone.then_some("bounced"))
            }
            Told::Complained { kind } => {
                (outreach::COMPLAINED, vec![text(DETAIL, kind)], Some("complained"))
            }
            Told::Unsubscribed => (outreach::COMPLAINED, Vec::new(), Some("unsubscribed")),
        };
        let mut properties = known.own.clone();
        properties.extend(more);
        model::record::sort_properties(&mut properties);
        let time = told_of.at.filter(|at| *at <= now).unwrap_or(now);
        let id = event_id(message, name, 0);
        let event = Event { name: Text::const_new(name), time, id, properties };
        let mut records =
            vec![Record { received_at: now, who: known.who, what: What::Event(event) }];
        if let Some(reason) = dead
            && let Some(address) = self.address_of(&known.user, about.recipient.as_deref())?
        {
            let id = EventId::of(&format!("feedback\0{message}\0{reason}"));
            let channel = Text::const_new("email");
            records.push(told::blocked(channel, address, reason, (id, time)));
        }
        Ok(records)
    }

    /// The address that was meant: as it was told, else the only one that the user has.
    fn address_of(&self, user: &str, told: Option<&str>) -> Result<Option<Text>, Failure> {
        if let Some(identity) = told.and_then(gateway::validate::email) {
            return Ok(Some(identity.value));
        }
        let Some((_, graph)) = self.workspace.identity(user)? else { return Ok(None) };
        let mut own = graph.identities().filter(|identity| identity.label == Identity::EMAIL);
        let only = own.next().map(|identity| identity.value.clone());
        Ok(only.filter(|_| own.next().is_none()))
    }
}
