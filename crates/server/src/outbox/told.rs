//! What became of messages, as records: the same vocabulary as everything else that happens.

use channels::answer::Answer;
use engine::outreach::To;
use model::facts::{REASON, SUBSCRIBED};
use model::outreach::{self, event_id};
use model::{About, Event, EventId, Facts, Record, Text, Timestamp, Value, What, Who};

use super::queued::Queued;

/// The event that tells that an app is gone.
const UNINSTALLED: &str = "App Uninstalled";

/// An event of a message.
pub fn event(
    queued: &Queued,
    name: &'static str,
    at: Timestamp,
    more: &[(&'static str, Value)],
) -> Record {
    let text = |name: &'static str, value: &str| (Text::const_new(name), Value::text(value));
    let mut properties = vec![
        text(outreach::MESSAGE, &queued.message.to_string()),
        text(outreach::CAMPAIGN, &queued.campaign),
        text(outreach::VARIANT, &queued.variant),
        text(outreach::CHANNEL, queued.channel.name()),
    ];
    if !queued.labels.is_empty() {
        properties.push(text(outreach::LABELS, &queued.labels));
    }
    properties.extend(more.iter().map(|(name, value)| (Text::const_new(name), value.clone())));
    model::record::sort_properties(&mut properties);
    // It fails once for each time that it was handed over; whatever else becomes of it does so once.
    let n = if name == outreach::FAILED { queued.retried } else { 0 };
    let id = event_id(queued.message, name, n);
    let event = Event { name: Text::const_new(name), time: at, id, properties };
    Record { received_at: at, who: queued.who.clone(), what: What::Event(event) }
}

/// The provider took it.
pub fn sent(queued: &Queued, provider: &str, provider_id: Option<&str>, at: Timestamp) -> Record {
    let mut more = vec![("provider", Value::text(provider))];
    more.extend(provider_id.map(|id| (outreach::PROVIDER_ID, Value::text(id))));
    event(queued, outreach::SENT, at, &more)
}

/// The server that was asked has answered.
pub fn answered(queued: &Queued, answer: Answer, at: Timestamp) -> Record {
    let mut record = event(queued, outreach::ANSWERED, at, &[]);
    if let What::Event(event) = &mut record.what {
        event.properties.push((Text::const_new(outreach::RUN), Value::Text(queued.run.clone())));
        event.properties.extend(answer_properties(answer));
        model::record::sort_properties(&mut event.properties);
    }
    record
}

/// What an answer says, as properties of its event.
pub fn answer_properties(answer: Answer) -> Vec<(Text, Value)> {
    let mut properties =
        vec![(Text::const_new(outreach::STATUS), Value::Int(i64::from(answer.status)))];
    match answer.fields {
        Ok(fields) => properties.extend(fields.into_iter().map(|(name, value)| {
            (Text::from(format!("{}{name}", outreach::ANSWERED_FIELDS)), value)
        })),
        Err(unread) => {
            properties.push((Text::const_new(outreach::UNREAD), Value::text(unread.word())));
        }
    }
    properties
}

/// It was given up.
pub fn failed(queued: &Queued, code: &str, detail: &str, at: Timestamp) -> Record {
    let mut more = vec![(outreach::CODE, Value::text(code))];
    if !detail.is_empty() {
        more.push((outreach::DETAIL, Value::text(detail)));
    }
    event(queued, outreach::FAILED, at, &more)
}

/// A place leads nowhere any more: nothing is sent there until it is told anew. Of a telephone's app it says
/// that the app is gone.
pub fn dead(queued: &Queued, to: &To, code: &str, at: Timestamp) -> Vec<Record> {
    let id = |what: &str| EventId::of(&format!("dead\0{}\0{what}", queued.message));
    match to {
        To::Address(address) => {
            let channel = Text::new(queued.channel.name());
            vec![blocked(channel, address.clone(), code, (id(address), at))]
        }
        To::Device { device, kind, .. } => device_gone(queued.message, device, kind, at),
        To::Person => Vec::new(),
    }
}

/// A token leads nowhere any more, as became clear of a message. Of a telephone's app it says that the app is gone.
pub fn device_gone(
    message: EventId,
    device: &str,
    kind: &'static str,
    at: Timestamp,
) -> Vec<Record> {
    let id = |what: &str| EventId::of(&format!("dead\0{message}\0{what}"));
    let facts = vec![(Text::new(kind), Value::Null)];
    let about = About::Device;
    let facts = Facts { time: at, id: id(device), about, attributes: Vec::new(), facts };
    let who = Who::anonymous(device);
    let mut records = vec![Record { received_at: at, who: who.clone(), what: What::Facts(facts) }];
    if kind != model::facts::TOKEN_WEB {
        let name = Text::const_new(UNINSTALLED);
        let event = Event { name, time: at, id: id("uninstalled"), properties: Vec::new() };
        records.push(Record { received_at: at, who, what: What::Event(event) });
    }
    records
}

/// Nothing is sent to an address any more, whoever has it.
pub fn blocked(
    channel: Text,
    address: Text,
    reason: &str,
    (id, at): (EventId, Timestamp),
) -> Record {
    let facts = vec![
        (Text::const_new(REASON), Value::text(reason)),
        (Text::const_new(SUBSCRIBED), Value::Bool(false)),
    ];
    let about = About::Address { channel, address };
    let facts = Facts { time: at, id, about, attributes: Vec::new(), facts };
    Record { received_at: at, who: Who::default(), what: What::Facts(facts) }
}
