//! One message, as it is written: fields picked out, nothing decided.

use std::fmt;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};

use crate::flatten::{Flat, Root};
use crate::scalar::Scalar;

/// The fields of a message that mean something.
#[derive(Default)]
pub(super) struct Message {
    pub kind: Scalar,
    pub event: Scalar,
    pub user_id: Scalar,
    pub anonymous_id: Scalar,
    pub previous_id: Scalar,
    pub group_id: Scalar,
    pub message_id: Scalar,
    pub timestamp: Scalar,
    pub original_timestamp: Scalar,
    pub sent_at: Scalar,
    pub name: Scalar,
    pub category: Scalar,
    /// Properties and context.
    pub properties: Flat,
    pub traits: Flat,
}

/// Names of fields; both the envelope's and the messages'.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Field {
    Batch,
    WriteKey,
    Type,
    Event,
    UserId,
    AnonymousId,
    PreviousId,
    GroupId,
    MessageId,
    Timestamp,
    OriginalTimestamp,
    SentAt,
    Name,
    Category,
    Properties,
    Traits,
    Context,
    Unknown,
}

impl Field {
    fn of(name: &str) -> Field {
        match name {
            "batch" => Field::Batch,
            "writeKey" => Field::WriteKey,
            "type" => Field::Type,
            "event" => Field::Event,
            "userId" => Field::UserId,
            "anonymousId" => Field::AnonymousId,
            "previousId" => Field::PreviousId,
            "groupId" => Field::GroupId,
            "messageId" => Field::MessageId,
            "timestamp" => Field::Timestamp,
            "originalTimestamp" => Field::OriginalTimestamp,
            "sentAt" => Field::SentAt,
            "name" => Field::Name,
            "category" => Field::Category,
            "properties" => Field::Properties,
            "traits" => Field::Traits,
            "context" => Field::Context,
            _ => Field::Unknown,
        }
    }
}

impl<'de> Deserialize<'de> for Field {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Field, D::Error> {
        struct FieldVisitor;
        impl Visitor<'_> for FieldVisitor {
            type Value = Field;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a name")
            }
            fn visit_str<E>(self, name: &str) -> Result<Field, E> {
                Ok(Field::of(name))
            }
        }
        deserializer.deserialize_str(FieldVisitor)
    }
}

impl<'de> Deserialize<'de> for Message {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Message, D::Error> {
        deserializer.deserialize_map(MessageVisitor)
    }
}

struct MessageVisitor;

impl<'de> Visitor<'de> for MessageVisitor {
    type Value = Message;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a message")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Message, A::Error> {
        let mut message = Message::default();
        let m = &mut message;
        while let Some(key) = map.next_key()? {
            let scalar = match key {
                Field::Type => &mut m.kind,
                Field::Event => &mut m.event,
                Field::UserId => &mut m.user_id,
                Field::AnonymousId => &mut m.anonymous_id,
                Field::PreviousId => &mut m.previous_id,
                Field::GroupId => &mut m.group_id,
                Field::MessageId => &mut m.message_id,
                Field::Timestamp => &mut m.timestamp,
                Field::OriginalTimestamp => &mut m.original_timestamp,
                Field::SentAt => &mut m.sent_at,
                Field::Name => &mut m.name,
                Field::Category => &mut m.category,
                Field::Properties => {
                    map.next_value_seed(Root { flat: &mut m.properties, prefix: "" })?;
                    continue;
                }
                Field::Context => {
                    map.next_value_seed(Root { flat: &mut m.properties, prefix: "context." })?;
                    continue;
                }
                Field::Traits => {
                    map.next_value_seed(Root { flat: &mut m.traits, prefix: "" })?;
                    continue;
                }
                Field::Batch | Field::WriteKey | Field::Unknown => {
                    map.next_value::<IgnoredAny>()?;
                    continue;
                }
            };
            *scalar = map.next_value()?;
        }
        Ok(message)
    }
}
