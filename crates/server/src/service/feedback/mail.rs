//! What is told of e-mails.

use channels::contract::{Address, Code};
use channels::email::feedback::{Event as Told, Feedback};
use gateway::validate;
use model::outreach::{self, BOUNCE, CODE, DETAIL, MACHINE, URL, event_id};
use model::{Event, EventId, Identity, Record, Text, Value, What};
use wire::api::SubscriptionChanges;

use super::{message_of, property};
use crate::failure::Failure;
use crate::outbox::told;
use crate::service::Service;
use crate::service::links::Known;

/// The channel.
const EMAIL: &str = "email";

impl Service {
    pub(super) fn records_of_mail(&self, told_of: &Feedback) -> Result<Vec<Record>, Failure> {
        if matches!(told_of.event, Told::Delayed { .. }) {
            return Ok(Vec::new());
        }
        let Some(message) = self.message_of_mail(told_of)? else { return Ok(Vec::new()) };
        let known = self.message(message)?;
        let now = self.workspace.now();
        let time = told_of.at.filter(|at| *at <= now).unwrap_or(now);
        let mut n = 0;
        let (name, more, dead) = match &told_of.event {
            Told::Delayed { .. } => return Ok(Vec::new()),
            Told::Delivered => (outreach::DELIVERED, Vec::new(), None),
            Told::Bounced { code, address, detail } => {
                let gone = matches!(address, Address::Dead { .. });
                let kind = if gone { "hard" } else { "soft" };
                let more = vec![
                    property(CODE, code.name()),
                    property(DETAIL, detail),
                    property(BOUNCE, kind),
                ];
                let dead = match code {
                    _ if gone => Some("bounced"),
                    Code::AddressOptedOut => Some("opted_out"),
                    _ => None,
                };
                (outreach::BOUNCED, more, dead)
            }
            Told::Complained { kind } => {
                (outreach::COMPLAINED, vec![property(DETAIL, kind)], Some("complained"))
            }
            Told::Unsubscribed => return self.records_of_leaving(&known, told_of, message),
            Told::Opened { machine } => {
                n = u64::from(*machine);
                (outreach::OPENED, vec![flag(MACHINE, *machine)], None)
            }
            Told::Clicked { url, machine } => {
                // Our own links tell it themselves.
                if self.links()?.is_some_and(|links| links.signer.ours(url)) {
                    return Ok(Vec::new());
                }
                n = clicked(url) | u64::from(*machine);
                (outreach::CLICKED, vec![property(URL, url), flag(MACHINE, *machine)], None)
            }
        };
        let mut properties = known.own.clone();
        properties.extend(more);
        model::record::sort_properties(&mut properties);
        let event =
            Event { name: Text::const_new(name), time, id: event_id(message, name, n), properties };
        let who = known.who.clone();
        let mut records = vec![Record { received_at: now, who, what: What::Event(event) }];
        if let Some(reason) = dead
            && let Some(address) = self.mailbox_of(&known, told_of)?
        {
            let id = EventId::of(&format!("feedback\0{message}\0{reason}"));
            records.push(told::blocked(Text::const_new(EMAIL), address, reason, (id, time)));
        }
        Ok(records)
    }

    /// Who left at the provider has left here, and the provider delivers to the address no more.
    fn records_of_leaving(
        &self,
        known: &Known,
        told_of: &Feedback,
        message: EventId,
    ) -> Result<Vec<Record>, Failure> {
        let mut changes = SubscriptionChanges::default();
        changes.channels.insert(EMAIL.to_owned(), false);
        let mut records = self.subscription_records(&known.user, &changes, None)?;
        if let Some(address) = self.mailbox_of(known, told_of)? {
            let id = EventId::of(&format!("feedback\0{message}\0unsubscribed"));
            let now = self.workspace.now();
            let channel = Text::const_new(EMAIL);
            records.push(told::blocked(channel, address, "unsubscribed", (id, now)));
        }
        Ok(records)
    }

    /// The message that is meant: by our name for it, else by what the provider called it when it took it.
    fn message_of_mail(&self, told_of: &Feedback) -> Result<Option<EventId>, Failure> {
        let about = &told_of.about;
        let by_id = about.message_id.as_deref().and_then(|id| id.split('@').next()).map(message_of);
        let own = about.delivery.as_deref().map(message_of).or(by_id);
        if let Some(message) = own
            && self.message(message).is_ok()
        {
            return Ok(Some(message));
        }
        let recipient = about.recipient.as_deref().and_then(validate::email);
        let recipient = recipient.map(|identity| identity.value);
        match &about.provider_id {
            Some(id) => self.message_by_provider(EMAIL, recipient.as_deref(), id),
            None => Ok(own),
        }
    }

    /// The address that was meant: as it was told, else the only one that the user has.
    fn mailbox_of(&self, known: &Known, told_of: &Feedback) -> Result<Option<Text>, Failure> {
        let told = told_of.about.recipient.as_deref();
        if let Some(identity) = told.and_then(validate::email) {
            return Ok(Some(identity.value));
        }
        self.only_address(&known.user, Identity::EMAIL)
    }
}

/// Tells clicks of one message on several links apart; the last bit is left free.
fn clicked(url: &str) -> u64 {
    // Beyond the numbers of our own links, which are small.
    ((EventId::of(&format!("url {url}")).0 as u64) | 1 << 63) & !1
}

fn flag(name: &'static str, on: bool) -> (Text, Value) {
    (Text::const_new(name), Value::Bool(on))
}
