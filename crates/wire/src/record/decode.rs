//! Reading a batch. Total: any bytes give records or an error.

use model::{
    About, AttributeChange, Event, EventId, Facts, Identity, Operation, Record, Text, Timestamp,
    Value, What, Who,
};

use super::*;

/// The records of a batch.
///
/// Errors: bytes that are cut, that a later version wrote, or that no version writes. Memory is
/// proportional to `bytes`.
pub fn decode_batch(bytes: &[u8]) -> Result<Vec<Record>, DecodeError> {
    let mut decoder = Decoder::new(bytes)?;
    let mut records = Vec::new();
    while decoder.at < bytes.len() {
        records.extend(decoder.record()?);
    }
    Ok(records)
}

pub(super) struct Decoder<'a> {
    bytes: &'a [u8],
    pub(super) at: usize,
    /// Known names so far.
    pub(super) names: Vec<Text>,
    received_at: i64,
}

impl<'a> Decoder<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Result<Decoder<'a>, DecodeError> {
        match bytes.first() {
            // Versions 1 and 2 have fewer kinds of records and nothing else.
            Some(&(1 | 2 | VERSION)) => {
                Ok(Decoder { bytes, at: 1, names: Vec::new(), received_at: 0 })
            }
            Some(other) => Err(DecodeError::Version(*other)),
            None => Err(DecodeError::Ends { at: 0 }),
        }
    }

    /// The next record; nothing where one was erased.
    pub(super) fn record(&mut self) -> Result<Option<Record>, DecodeError> {
        self.received_at = self.received_at.wrapping_add(self.signed()?);
        let received_at = Timestamp(self.received_at);
        let flags = self.byte()?;
        if flags == KIND_ERASED << 2 {
            self.erased()?;
            return Ok(None);
        }
        let user_id = if flags & 1 != 0 { Some(self.text()?) } else { None };
        let anonymous_id = if flags & 2 != 0 { Some(self.text()?) } else { None };
        let identities = if flags & MORE_IDENTITIES != 0 { self.identities()? } else { Vec::new() };
        let what = match (flags & !MORE_IDENTITIES) >> 2 {
            KIND_EVENT => What::Event(self.event()?),
            KIND_IDENTIFY => What::Identify(self.identify()?),
            KIND_OPERATE => What::Identify(self.operate()?),
            KIND_ALIAS => What::Alias { previous: self.text()? },
            KIND_SEPARATE => What::Separate { separated: self.text()? },
            KIND_DEVICE => What::Facts(self.facts(false)?),
            KIND_ADDRESS => What::Facts(self.facts(true)?),
            _ => return Err(self.invalid("an unknown kind of record")),
        };
        Ok(Some(Record { received_at, who: Who { user_id, anonymous_id, identities }, what }))
    }

    fn erased(&mut self) -> Result<(), DecodeError> {
        for _ in 0..self.count(1)? {
            let name = self.text()?;
            self.names.push(name);
        }
        let n = self.count(1)?;
        match self.take(n)?.iter().all(|byte| *byte == 0) {
            true => Ok(()),
            false => Err(self.invalid("something in the place of what was erased")),
        }
    }

    fn event(&mut self) -> Result<Event, DecodeError> {
        let name = self.name()?;
        let (time, id) = self.moment()?;
        Ok(Event { name, time, id, properties: self.properties()? })
    }

    fn identify(&mut self) -> Result<AttributeChange, DecodeError> {
        let (time, id) = self.moment()?;
        Ok(AttributeChange::set(time, id, self.properties()?))
    }

    fn operate(&mut self) -> Result<AttributeChange, DecodeError> {
        let change = self.identify()?;
        let clear = match self.byte()? {
            0 => false,
            1 => true,
            _ => return Err(self.invalid("an unknown kind of attribute change")),
        };
        let n = self.count(2)?;
        let mut operations = Vec::with_capacity(n);
        for _ in 0..n {
            let name = self.name()?;
            operations.push((name, self.operation()?));
        }
        Ok(AttributeChange { operations, clear, ..change })
    }

    fn facts(&mut self, of_address: bool) -> Result<Facts, DecodeError> {
        let (time, id) = self.moment()?;
        let about = match of_address {
            true => About::Address { channel: self.name()?, address: self.text()? },
            false => About::Device,
        };
        let (attributes, facts) = (self.properties()?, self.properties()?);
        Ok(Facts { time, id, about, attributes, facts })
    }

    fn operation(&mut self) -> Result<Operation, DecodeError> {
        Ok(match self.byte()? {
            OPERATION_SET_ONCE => Operation::SetOnce(self.value(0)?),
            OPERATION_ADD => Operation::Add(self.value(0)?),
            OPERATION_APPEND => Operation::Append(self.values()?),
            OPERATION_PREPEND => Operation::Prepend(self.values()?),
            OPERATION_UNION => Operation::Union(self.values()?),
            OPERATION_REMOVE => Operation::Remove(self.values()?),
            _ => return Err(self.invalid("an unknown operation")),
        })
    }

    fn values(&mut self) -> Result<Vec<Value>, DecodeError> {
        let n = self.count(1)?;
        (0..n).map(|_| self.value(0)).collect()
    }

    fn identities(&mut self) -> Result<Vec<Identity>, DecodeError> {
        let n = self.count(2)?;
        let mut identities = Vec::with_capacity(n);
        for _ in 0..n {
            let label = self.name()?;
            identities.push(Identity { label, value: self.text()? });
        }
        Ok(identities)
    }

    fn moment(&mut self) -> Result<(Timestamp, EventId), DecodeError> {
        let time = Timestamp(self.received_at.wrapping_add(self.signed()?));
        Ok((time, EventId(u128::from_le_bytes(self.array()?))))
    }

    fn properties(&mut self) -> Result<Vec<(Text, Value)>, DecodeError> {
        let n = self.count(2)?;
        let mut properties = Vec::with_capacity(n);
        for _ in 0..n {
            let name = self.name()?;
            properties.push((name, self.value(0)?));
        }
        Ok(properties)
    }

    fn name(&mut self) -> Result<Text, DecodeError> {
        if let Some(known) = self.unsigned()?.checked_sub(1) {
            let known = usize::try_from(known).ok().and_then(|k| self.names.get(k)).cloned();
            return known.ok_or_else(|| self.invalid("a name that was not written before"));
        }
        let name = self.text()?;
        if name.len() <= KNOWN_NAME_BYTES_MAX {
            self.names.push(name.clone());
        }
        Ok(name)
    }

    fn value(&mut self, depth: usize) -> Result<Value, DecodeError> {
        Ok(match self.byte()? {
            TAG_NULL => Value::Null,
            TAG_FALSE => Value::Bool(false),
            TAG_TRUE => Value::Bool(true),
            TAG_INT => Value::Int(self.signed()?),
            TAG_FLOAT => Value::Float(f64::from_bits(u64::from_le_bytes(self.array()?))),
            TAG_TEXT => Value::Text(self.text()?),
            TAG_TIME => Value::Time(Timestamp(self.signed()?)),
            TAG_LIST if depth < LIST_DEPTH_MAX => {
                let n = self.count(1)?;
                (0..n)
                    .map(|_| self.value(depth + 1))
                    .collect::<Result<Box<[_]>, _>>()
                    .map(Value::List)?
            }
            tag if tag >= TAG_SHORT_TEXT => {
                Value::Text(self.text_of(usize::from(tag - TAG_SHORT_TEXT))?)
            }
            _ => return Err(self.invalid("an unknown kind of value")),
        })
    }

    /// A number of things that take at least `bytes_each`, so that it cannot exceed what is left.
    fn count(&mut self, bytes_each: usize) -> Result<usize, DecodeError> {
        let n = self.unsigned()?;
        let most = (self.bytes.len() - self.at) / bytes_each;
        match usize::try_from(n) {
            Ok(n) if n <= most => Ok(n),
            _ => Err(DecodeError::Ends { at: self.at }),
        }
    }

    fn text(&mut self) -> Result<Text, DecodeError> {
        let n = self.count(1)?;
        self.text_of(n)
    }

    fn text_of(&mut self, n: usize) -> Result<Text, DecodeError> {
        let bytes = self.take(n)?;
        match std::str::from_utf8(bytes) {
            Ok(text) => Ok(Text::new(text)),
            Err(_) => Err(self.invalid("a text that is not UTF-8")),
        }
    }

    fn take(&mut self, n: usize) -> Result<&'a [u8], DecodeError> {
        let rest = &self.bytes[self.at..];
        match rest.get(..n) {
            Some(taken) => {
                self.at += n;
                Ok(taken)
            }
            None => Err(DecodeError::Ends { at: self.at }),
        }
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], DecodeError> {
        let at = self.at;
        self.take(N)?.try_into().map_err(|_| DecodeError::Ends { at })
    }

    fn byte(&mut self) -> Result<u8, DecodeError> {
        let byte = self.bytes.get(self.at).copied().ok_or(DecodeError::Ends { at: self.at })?;
        self.at += 1;
        Ok(byte)
    }

    fn signed(&mut self) -> Result<i64, DecodeError> {
        let n = self.unsigned()?;
        Ok((n >> 1) as i64 ^ -((n & 1) as i64))
    }

    fn unsigned(&mut self) -> Result<u64, DecodeError> {
        let mut n = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            let bits = u64::from(byte & 0x7f);
            if shift == 63 && bits > 1 {
                break;
            }
            n |= bits << shift;
            if byte < 0x80 {
                return Ok(n);
            }
        }
        Err(self.invalid("a number of more than 64 bits"))
    }

    fn invalid(&self, found: &'static str) -> DecodeError {
        DecodeError::Invalid { at: self.at, found }
    }
}
