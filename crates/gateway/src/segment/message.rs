//! One message, as it is written: fields picked out, nothing decided.

use model::bounds::BATCH_RECORDS_MAX;

use crate::cut::{self, List};
use crate::fields::{self, Fields};
use crate::flatten::Flat;
use crate::json::{Broken, Reader};
use crate::scalar::Scalar;

/// The fields of a message that mean something.
#[derive(Debug, Default)]
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

impl<'a> Fields<'a> for Message {
    fn field(&mut self, name: &str, reader: &mut Reader<'a>) -> Result<(), Broken> {
        let scalar = match name {
            "type" => &mut self.kind,
            "event" => &mut self.event,
            "userId" => &mut self.user_id,
            "anonymousId" => &mut self.anonymous_id,
            "previousId" => &mut self.previous_id,
            "groupId" => &mut self.group_id,
            "messageId" => &mut self.message_id,
            "timestamp" => &mut self.timestamp,
            "originalTimestamp" => &mut self.original_timestamp,
            "sentAt" => &mut self.sent_at,
            "name" => &mut self.name,
            "category" => &mut self.category,
            "properties" => return self.properties.read("", reader),
            "context" => return self.properties.read("context.", reader),
            "traits" => return self.traits.read("", reader),
            _ => return reader.skip(),
        };
        *scalar = Scalar::read(reader)?;
        Ok(())
    }
}

/// A request: one message, or a list of them and what stands around it.
#[derive(Debug, Default)]
pub(super) struct Envelope<'a> {
    pub batch: Batch<'a>,
    pub write_key: Scalar,
    /// Whether it has a `type`.
    pub typed: bool,
    /// What else it says; all of it, if it is no batch.
    pub message: Message,
}

/// What stands in `batch`.
#[derive(Debug, Default)]
pub(super) enum Batch<'a> {
    #[default]
    Absent,
    /// No list.
    Wrong,
    Messages(List<'a, Message>),
}

impl<'a> Envelope<'a> {
    /// Reads a request, which may also be a list of messages alone.
    pub fn read(&mut self, reader: &mut Reader<'a>) -> Result<(), Broken> {
        match reader.peek()? {
            b'[' => self.field("batch", reader),
            b'{' => fields::object(reader, self),
            _ => reader.amiss("a message or a batch of messages"),
        }
    }
}

impl<'a> Fields<'a> for Envelope<'a> {
    fn field(&mut self, name: &str, reader: &mut Reader<'a>) -> Result<(), Broken> {
        match name {
            "batch" if reader.peek()? == b'[' => {
                let messages = cut::list(reader, BATCH_RECORDS_MAX, fields::object)?;
                self.batch = Batch::Messages(messages);
                Ok(())
            }
            "batch" => {
                self.batch = Batch::Wrong;
                reader.skip()
            }
            "writeKey" => {
                self.write_key = Scalar::read(reader)?;
                Ok(())
            }
            _ => {
                self.typed |= name == "type";
                self.message.field(name, reader)
            }
        }
    }
}
