//! What is told of text messages, WhatsApp and push, and what recipients write.
//!
//! Every adapter's words are brought into one form, [`Said`]. What a recipient wrote is something that they did: an
//! event of theirs, unlike what becomes of our messages.

use channels::contract::{Address, Code, Destination, Outgoing, Payload};
use channels::huawei::receipts;
use channels::sms::{self, Keyword, generic, smpp, twilio};
use channels::whatsapp;
use engine::outreach::LAST_WROTE;
use engine::subscription::attribute;
use gateway::validate;
use model::facts::{REASON, SUBSCRIBED, TOKEN_HMS};
use model::outreach::{
    self, BOUNCE, CHANNEL, CODE, DETAIL, MACHINE, MESSAGE, PROVIDER_ID, SENT, event_id,
};
use model::{
    About, AttributeChange, Event, EventId, Facts, Identity, Record, Span, Text, Timestamp, Value,
    What, Who,
};
use segment::Predicate;
use segment::tree::{Op, ProfilePredicate, Test};
use wire::api::SmsReplies;

use super::{message_of, property};
use crate::failure::Failure;
use crate::outbox::provider::Kind;
use crate::outbox::told;
use crate::service::subscriptions::unsubscribed;
use crate::service::{Service, links};

/// The event that tells that a recipient wrote.
pub const RECEIVED: &str = "Inbound Message";

/// Bytes of what a recipient wrote that are kept: ten text messages.
const TEXT_BYTES_KEPT: usize = 4_096;

/// How long after a message its receipt is still looked for by the provider's name for it.
const SOUGHT: Span = Span::days(14);

/// One thing that was told.
#[derive(Clone, Debug)]
pub enum Said {
    /// Of an e-mail.
    Mail(channels::email::feedback::Feedback),
    /// Of a message on another channel.
    Receipt(Receipt),
    /// A recipient wrote.
    Inbound(Inbound),
    /// A recipient said in the app whether marketing is wanted.
    Marketing {
        /// Who.
        number: Text,
        /// Whether.
        wanted: bool,
        /// When.
        at: Option<Timestamp>,
    },
}

/// What became of a message.
#[derive(Clone, Debug)]
pub struct Receipt {
    /// The channel.
    channel: &'static str,
    /// Our name for it.
    key: Option<String>,
    /// The provider's.
    provider_id: Option<String>,
    /// The recipient's number.
    number: Option<Text>,
    /// The recipient's token.
    token: Option<String>,
    at: Option<Timestamp>,
    state: Progress,
}

/// How far it came.
#[derive(Clone, Debug)]
enum Progress {
    Delivered,
    Read,
    Failed { code: Code, address: Address, detail: String },
}

/// What a recipient wrote.
#[derive(Clone)]
pub struct Inbound {
    channel: &'static str,
    /// The provider's name for it; without one it is told apart by when it came.
    id: Option<String>,
    number: Text,
    to: String,
    text: String,
    /// What the adapter takes it for.
    keyword: Option<Keyword>,
    /// What stands behind the button that was chosen.
    payload: Option<String>,
    /// The provider's name for the message that it answers.
    about: Option<String>,
    at: Option<Timestamp>,
}

/// Shows no number and no text.
impl std::fmt::Debug for Inbound {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Inbound({}, {:?})", self.channel, self.keyword)
    }
}

/// A number as it is kept, however the provider writes it; `None`: it is none.
fn number(written: &str) -> Option<Text> {
    let bare = written.trim();
    let with_plus = match bare.starts_with('+') {
        true => bare.to_owned(),
        false => format!("+{}", bare.trim_start_matches("00")),
    };
    validate::phone(&with_plus).map(|identity| identity.value)
}

pub(super) fn of_twilio(told: twilio::Told, key: Option<String>) -> Option<Said> {
    // Twilio carries WhatsApp too, and says so before the number.
    let bare = |written: &str| number(written.trim_start_matches("whatsapp:"));
    match told {
        twilio::Told::Receipt(twilio::Receipt { provider_id, to, state }) => {
            let state = match state {
                twilio::State::Sent => return None,
                twilio::State::Delivered => Progress::Delivered,
                twilio::State::Read => Progress::Read,
                twilio::State::Failed { code, address } => {
                    Progress::Failed { code, address, detail: code.explanation().to_owned() }
                }
            };
            Some(Said::Receipt(Receipt {
                channel: "sms",
                key,
                provider_id: Some(provider_id),
                number: to.as_deref().and_then(bare),
                token: None,
                at: None,
                state,
            }))
        }
        twilio::Told::Answer { id, from, to, body, keyword } => Some(Said::Inbound(Inbound {
            channel: "sms",
            id: Some(id),
            number: bare(&from)?,
            to,
            text: body,
            keyword,
            payload: None,
            about: None,
            at: None,
        })),
    }
}

pub(super) fn of_http(told: generic::feedback::Told, key: Option<String>) -> Option<Said> {
    use generic::feedback::{State, Told};
    match told {
        Told::Receipt { provider_id, message, to, state } => Some(Said::Receipt(Receipt {
            channel: "sms",
            key: key.or(message),
            provider_id,
            number: to.as_deref().and_then(number),
            token: None,
            at: None,
            state: match state {
                State::Delivered => Progress::Delivered,
                State::Failed { code, address, detail } => {
                    Progress::Failed { code, address, detail }
                }
            },
        })),
        Told::Answer { id, from, to, text } => Some(Said::Inbound(Inbound {
            channel: "sms",
            id,
            number: number(&from)?,
            to,
            keyword: Keyword::read(&text),
            text,
            payload: None,
            about: None,
            at: None,
        })),
    }
}

/// What an SMPP gateway tells; `None`: it means nothing to us.
pub(crate) fn of_smpp(told: smpp::Told) -> Option<Said> {
    match told {
        smpp::Told::Receipt { provider_id, from, state } => Some(Said::Receipt(Receipt {
            channel: "sms",
            key: None,
            provider_id: Some(provider_id),
            number: number(&from),
            token: None,
            at: None,
            state: match state {
                smpp::State::Sent => return None,
                smpp::State::Delivered => Progress::Delivered,
                smpp::State::Failed { code, detail } => {
                    Progress::Failed { code, address: Address::Unknown, detail }
                }
            },
        })),
        smpp::Told::Answer { from, to, body, keyword } => Some(Said::Inbound(Inbound {
            channel: "sms",
            id: None,
            number: number(&from)?,
            to,
            text: body,
            keyword,
            payload: None,
            about: None,
            at: None,
        })),
    }
}

pub(super) fn of_whatsapp(told: whatsapp::Told) -> Option<Said> {
    match told {
        whatsapp::Told::Receipt(whatsapp::Receipt { provider_id, key, at, state }) => {
            let state = match state {
                whatsapp::State::Sent => return None,
                whatsapp::State::Delivered => Progress::Delivered,
                whatsapp::State::Read => Progress::Read,
                whatsapp::State::Failed { code, address, detail } => {
                    Progress::Failed { code, address, detail }
                }
            };
            Some(Said::Receipt(Receipt {
                channel: "whatsapp",
                key,
                provider_id: Some(provider_id),
                number: None,
                token: None,
                at,
                state,
            }))
        }
        whatsapp::Told::Answer(answer) => Some(Said::Inbound(Inbound {
            channel: "whatsapp",
            id: Some(answer.id),
            number: number(&answer.from)?,
            to: String::new(),
            text: answer.text,
            keyword: answer.keyword,
            payload: answer.payload,
            about: answer.about,
            at: answer.at,
        })),
        whatsapp::Told::Marketing { from, wanted, at } => {
            Some(Said::Marketing { number: number(&from)?, wanted, at })
        }
    }
}

pub(super) fn of_huawei(told: receipts::Receipt) -> Said {
    let receipts::Receipt { key, provider_id, token, at, state } = told;
    let state = match state {
        receipts::State::Delivered => Progress::Delivered,
        receipts::State::Failed { code, address, detail } => {
            Progress::Failed { code, address, detail }
        }
    };
    Said::Receipt(Receipt { channel: "push", key, provider_id, number: None, token, at, state })
}

impl Said {
    /// Whether it is about a message that may not be known yet: a receipt that was faster than what tells that the
    /// message was taken.
    pub(crate) fn may_be_early(&self) -> bool {
        matches!(self, Said::Receipt(Receipt { key: None, .. }))
    }
}

impl Service {
    pub(super) fn records_of_receipt(&self, receipt: &Receipt) -> Result<Vec<Record>, Failure> {
        let message = match (&receipt.key, &receipt.provider_id) {
            (Some(key), _) => Some(message_of(key)),
            (None, Some(id)) => {
                self.message_by_provider(receipt.channel, receipt.number.as_deref(), id)?
            }
            (None, None) => None,
        };
        let unknown = || Failure::not_found("link.unknown", "this message is not known any more");
        let message = message.ok_or_else(unknown)?;
        let known = self.message(message)?;
        let now = self.workspace.now();
        let time = receipt.at.filter(|at| *at <= now).unwrap_or(now);
        let (name, more) = match &receipt.state {
            Progress::Delivered => (outreach::DELIVERED, Vec::new()),
            Progress::Read => {
                (outreach::OPENED, vec![(Text::const_new(MACHINE), Value::Bool(false))])
            }
            Progress::Failed { code, address, detail } => {
                let hard = matches!(address, Address::Dead { .. });
                let more = vec![
                    property(CODE, code.name()),
                    property(DETAIL, detail),
                    property(BOUNCE, if hard { "hard" } else { "soft" }),
                ];
                (outreach::BOUNCED, more)
            }
        };
        let mut properties = known.own.clone();
        properties.extend(more);
        model::record::sort_properties(&mut properties);
        let id = event_id(message, name, 0);
        let event = Event { name: Text::const_new(name), time, id, properties };
        let who = known.who.clone();
        let mut records = vec![Record { received_at: now, who, what: What::Event(event) }];
        if let Progress::Failed { code, address, .. } = &receipt.state {
            records.extend(self.ended(&known, receipt, (*code, *address), (message, time))?);
        }
        Ok(records)
    }

    /// What a failure says about the place that the message went to.
    fn ended(
        &self,
        known: &links::Known,
        receipt: &Receipt,
        (code, address): (Code, Address),
        (message, at): (EventId, Timestamp),
    ) -> Result<Vec<Record>, Failure> {
        let dead = matches!(address, Address::Dead { .. });
        if receipt.channel == "push" {
            let Some(token) = receipt.token.as_deref().filter(|_| dead) else {
                return Ok(Vec::new());
            };
            let Some((user, _)) = self.workspace.identity(&known.user)? else {
                return Ok(Vec::new());
            };
            let devices = self.devices_of(user)?.0;
            let has = |value: Option<&Value>| matches!(value, Some(Value::Text(own)) if own.as_str() == token);
            let device = devices.iter().find(|device| has(device.get(TOKEN_HMS)));
            let gone = device.map(|of| told::device_gone(message, &of.id, TOKEN_HMS, at));
            return Ok(gone.unwrap_or_default());
        }
        let reason = match code {
            _ if dead => "bounced",
            Code::AddressOptedOut => "opted_out",
            _ => return Ok(Vec::new()),
        };
        let number = match &receipt.number {
            Some(number) => Some(number.clone()),
            None => self.only_address(&known.user, Identity::PHONE)?,
        };
        let Some(number) = number else { return Ok(Vec::new()) };
        let id = EventId::of(&format!("feedback\0{message}\0{reason}"));
        Ok(vec![told::blocked(Text::const_new(receipt.channel), number, reason, (id, at))])
    }

    pub(super) fn records_of_inbound(
        &self,
        inbound: &Inbound,
        provider: &str,
        words: Option<&SmsReplies>,
    ) -> Result<Vec<Record>, Failure> {
        let now = self.workspace.now();
        let at = inbound.at.filter(|at| *at <= now).unwrap_or(now);
        let who = self.who_writes(&inbound.number)?;
        let keyword = keyword(inbound, words);
        let own = inbound.id.clone().unwrap_or_else(|| {
            format!("{}\0{}\0{}\0{at}", inbound.number, inbound.to, inbound.text)
        });
        let id = |what: &str| EventId::of(&format!("inbound\0{provider}\0{own}\0{what}"));
        let mut properties =
            vec![property(CHANNEL, inbound.channel), property("provider", provider)];
        properties.push(property("text", clipped(&inbound.text)));
        properties.extend(inbound.id.as_deref().map(|id| property(PROVIDER_ID, id)));
        properties.extend(keyword.map(|keyword| property("keyword", keyword.name())));
        if let Some(payload) = &inbound.payload {
            properties.push(property("button", clipped(payload)));
        }
        let answered = match &inbound.about {
            Some(about) => {
                self.message_by_provider(inbound.channel, Some(&inbound.number), about)?
            }
            None => None,
        };
        properties.extend(answered.map(|message| property(MESSAGE, &message.to_string())));
        model::record::sort_properties(&mut properties);
        let event =
            Event { name: Text::const_new(RECEIVED), time: at, id: id("event"), properties };
        let record = |what: What| Record { received_at: now, who: who.clone(), what };
        let mut records = vec![record(What::Event(event))];
        let mut attributes = Vec::new();
        if inbound.channel == "whatsapp" {
            attributes.push((Text::const_new(LAST_WROTE), Value::Time(at)));
        }
        if let Some(keyword @ (Keyword::Stop | Keyword::Start)) = keyword {
            let on = keyword == Keyword::Start;
            let name = attribute(inbound.channel);
            attributes.push((Text::from(name.clone()), Value::Bool(on)));
            // Who was unsubscribed before does not unsubscribe again.
            if !on && self.chosen_of(&inbound.number, inbound.channel) != Some(false) {
                records.push(record(What::Event(unsubscribed(&name, at, id("unsubscribed")))));
            }
            records.push(self.address_says(inbound, on, (id("address"), at)));
        }
        if !attributes.is_empty() {
            let change = AttributeChange::set(at, id("change"), attributes);
            records.push(record(What::Identify(change)));
        }
        if let (Some(message), Some(chosen)) = (answered, &inbound.payload) {
            records.extend(self.chosen(message, chosen, (now, at))?);
        }
        Ok(records)
    }

    /// A button of a message was chosen.
    fn chosen(
        &self,
        message: EventId,
        button: &str,
        (now, time): (Timestamp, Timestamp),
    ) -> Result<Vec<Record>, Failure> {
        let known = self.message(message)?;
        let of = |name: &'static str, n: u64, more: Vec<(Text, Value)>| {
            let mut properties = known.own.clone();
            properties.extend(more);
            properties.push((Text::const_new(MACHINE), Value::Bool(false)));
            model::record::sort_properties(&mut properties);
            let id = event_id(message, name, n);
            let event = Event { name: Text::const_new(name), time, id, properties };
            Record { received_at: now, who: known.who.clone(), what: What::Event(event) }
        };
        let n = (EventId::of(&format!("button {button}")).0 as u64 | 1 << 63) & !1;
        Ok(vec![
            of(outreach::CLICKED, n, vec![property("button", clipped(button))]),
            of(outreach::OPENED, 0, Vec::new()),
        ])
    }

    pub(super) fn records_of_marketing(
        &self,
        number: &Text,
        wanted: bool,
        at: Option<Timestamp>,
    ) -> Result<Vec<Record>, Failure> {
        let now = self.workspace.now();
        let at = at.filter(|at| *at <= now).unwrap_or(now);
        let who = self.who_writes(number)?;
        let id = |what: &str| EventId::of(&format!("marketing\0{number}\0{at}\0{what}"));
        let name = attribute("whatsapp");
        let set = vec![(Text::from(name.clone()), Value::Bool(wanted))];
        let change = What::Identify(AttributeChange::set(at, id("change"), set));
        let mut records = vec![Record { received_at: now, who: who.clone(), what: change }];
        if !wanted && self.chosen_of(number, "whatsapp") != Some(false) {
            let what = What::Event(unsubscribed(&name, at, id("event")));
            records.push(Record { received_at: now, who, what });
        }
        Ok(records)
    }

    /// The number itself takes messages again, or takes none, whoever has it.
    fn address_says(&self, inbound: &Inbound, on: bool, (id, at): (EventId, Timestamp)) -> Record {
        let (channel, address) = (Text::const_new(inbound.channel), inbound.number.clone());
        if !on {
            return told::blocked(channel, address, "stop", (id, at));
        }
        let facts = vec![
            (Text::const_new(REASON), Value::Null),
            (Text::const_new(SUBSCRIBED), Value::Bool(true)),
        ];
        let about = About::Address { channel, address };
        let facts = Facts { time: at, id, about, attributes: Vec::new(), facts };
        let received_at = self.workspace.now();
        Record { received_at, who: Who::default(), what: What::Facts(facts) }
    }

    /// The user with a number; nobody has it yet: whoever that is, known by the number from now on.
    fn who_writes(&self, number: &Text) -> Result<Who, Failure> {
        let known = match self.user_with(number)? {
            Some(user) => self.workspace.identity(&user)?,
            None => None,
        };
        let known = known.and_then(|(_, graph)| links::who(&graph));
        Ok(known.unwrap_or_else(|| Who {
            identities: vec![Identity::new(Identity::PHONE, number.clone())],
            ..Who::default()
        }))
    }

    /// What whoever has a number said about a channel.
    fn chosen_of(&self, number: &str, channel: &str) -> Option<bool> {
        let user = self.user_with(number).ok()??;
        let all = self.subscriptions(&user).ok()?.channels;
        all.into_iter().find(|own| own.channel == channel)?.subscribed
    }

    /// The user with an address: by identity, else by the attribute, as people write it.
    fn user_with(&self, address: &str) -> Result<Option<Text>, Failure> {
        let (label, written) = match address.strip_prefix('+') {
            Some(digits) => {
                let forms = [address.to_owned(), digits.to_owned(), format!("00{digits}")];
                (Identity::PHONE, forms.to_vec())
            }
            None => (Identity::EMAIL, vec![address.to_owned()]),
        };
        if let Some((user, _)) = self.workspace.identity(&format!("{label}:{address}"))? {
            return Ok(Some(self.workspace.snapshot()?.public_id(user).clone()));
        }
        let written = written.iter().map(|form| Value::text(form)).collect();
        let test = Test::of(Op::In(written));
        let predicate = Predicate::Profile(ProfilePredicate {
            attribute: Text::const_new(label),
            test,
            for_at_least: None,
        });
        let (snapshot, rules) = (self.workspace.snapshot()?, self.rules()?);
        let evaluator = history::Evaluator::new(&snapshot, &rules, Timestamp::MAX);
        let members = evaluator.members(&predicate)?;
        // Of several nobody is meant more than another: the first whom we knew.
        Ok(members.iter().next().map(|user| snapshot.public_id(user).clone()))
    }

    /// The message that a provider calls so: among those of whoever has the address, else among all of late.
    pub(super) fn message_by_provider(
        &self,
        channel: &str,
        address: Option<&str>,
        id: &str,
    ) -> Result<Option<EventId>, Failure> {
        let snapshot = self.workspace.snapshot()?;
        let user = match address {
            Some(address) => self.user_with(address)?,
            None => None,
        };
        let user = match user {
            Some(user) => self.workspace.identity(&user)?,
            None => None,
        };
        if let Some((user, _)) = user.filter(|(user, _)| user.at() < snapshot.n_places()) {
            let events = snapshot.events_of(user)?;
            let sent = events.iter().rev().filter(|stored| stored.event.name == SENT);
            for stored in sent {
                let text = |name: &str| {
                    let own = stored.event.properties.iter().find(|(own, _)| own == name);
                    match own {
                        Some((_, Value::Text(text))) => text.as_str(),
                        _ => "",
                    }
                };
                if text(CHANNEL) == channel && is_called(text(PROVIDER_ID), id) {
                    return Ok(Some(EventId::of(text(MESSAGE))));
                }
            }
        }
        let rules = self.rules()?;
        let evaluator = history::Evaluator::new(&snapshot, &rules, Timestamp::MAX);
        let since = self.workspace.now().minus(SOUGHT);
        let mut found = None;
        let more = [PROVIDER_ID, CHANNEL];
        history::outreach::scan(&evaluator, &[SENT], since, &more, &mut |_, _, _, values| {
            let text = |at: usize| match values.get(at) {
                Some(Some(Value::Text(text))) => text.as_str(),
                _ => "",
            };
            // Message and campaign stand before what was asked for.
            if found.is_none() && text(3) == channel && is_called(text(2), id) {
                found = Some(EventId::of(text(0)));
            }
        })?;
        Ok(found)
    }

    /// Answers a command, as the provider's settings say. What cannot be sent is logged and not tried again.
    pub(super) async fn reply(
        &self,
        provider: &str,
        inbound: &Inbound,
        replies: Option<&SmsReplies>,
    ) {
        let Some(replies) = replies else { return };
        let reply = match keyword(inbound, Some(replies)) {
            Some(Keyword::Stop) => &replies.stop,
            Some(Keyword::Start) => &replies.start,
            Some(Keyword::Help) => &replies.help,
            None => &None,
        };
        let Some(body) = reply.clone().filter(|body| !body.trim().is_empty()) else { return };
        let Some(equipment) = self.outbox.equipment() else { return };
        let Some(own) = equipment.providers.iter().find(|own| own.id == provider) else { return };
        let payload = match &own.kind {
            Kind::Sms | Kind::Smpp(_) => {
                Payload::Sms(sms::Message { body, ..sms::Message::default() })
            }
            Kind::WhatsApp => {
                Payload::WhatsApp(Box::new(whatsapp::Message::Text { body, preview_url: false }))
            }
            _ => return,
        };
        let now = self.workspace.now();
        let key = format!("reply-{}", EventId::of(&format!("{}{now}", inbound.number)));
        let to = Destination::Phone(inbound.number.to_string());
        let outcome = own.channel.send(Outgoing { key, to, payload, now }).await;
        if let Some(code) = outcome.code() {
            tracing::warn!(
                provider,
                code = code.name(),
                "a command of a recipient was not answered"
            );
        }
    }
}

/// Which command was written: one of the provider's own words, or one of those that are known to all.
fn keyword(inbound: &Inbound, words: Option<&SmsReplies>) -> Option<Keyword> {
    let own = |list: &[String]| Keyword::is_one_of(&inbound.text, list);
    match words {
        Some(words) if own(&words.stop_words) => Some(Keyword::Stop),
        Some(words) if own(&words.start_words) => Some(Keyword::Start),
        Some(words) if own(&words.help_words) => Some(Keyword::Help),
        _ => inbound.keyword,
    }
}

/// Whether a provider's name for a message is this one. SMPP gateways write one number in hexadecimal digits when
/// they take a message and in decimal ones in its receipt.
fn is_called(known: &str, told: &str) -> bool {
    if known.is_empty() || told.is_empty() {
        return false;
    }
    let hexadecimal = |text: &str| u128::from_str_radix(text, 16).ok();
    let decimal = |text: &str| text.parse::<u128>().ok();
    known.eq_ignore_ascii_case(told)
        || hexadecimal(known).is_some_and(|known| Some(known) == decimal(told))
        || decimal(known).is_some_and(|known| Some(known) == decimal(told))
}

/// The beginning of a text, cut between characters.
fn clipped(text: &str) -> &str {
    let mut end = text.len().min(TEXT_BYTES_KEPT);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_one_however_they_are_written() {
        for written in ["+491701234567", "491701234567", "00491701234567", " 491701234567 "] {
            assert_eq!(number(written).as_deref(), Some("+491701234567"), "{written}");
        }
        for none in ["", "SHOP", "0"] {
            assert_eq!(number(none), None, "{none}");
        }
    }

    #[test]
    fn gateways_write_their_names_in_two_ways() {
        assert!(is_called("SM1", "sm1") && is_called("ff", "255") && is_called("0012", "12"));
        assert!(!is_called("ff", "254") && !is_called("", "") && !is_called("m0", "m1"));
    }

    #[test]
    fn what_is_kept_is_cut_between_characters() {
        let long = "ü".repeat(TEXT_BYTES_KEPT);
        assert_eq!(clipped(&long).len(), TEXT_BYTES_KEPT);
        let odd = format!("a{long}");
        assert_eq!(clipped(&odd).len(), TEXT_BYTES_KEPT - 1);
    }
}
