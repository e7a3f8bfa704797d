//! Messages of a request, each with the text that it was read from, so that a bad one does not cost its
//! neighbours.

use model::bounds::BATCH_RECORDS_MAX;

use crate::Problem;
use crate::body::Refusal;
use crate::fields::{self, Fields};
use crate::json::{Broken, Fault, Reader};

/// Messages for which room is made at once, where the text is as long as so many usually are.
const ROOM_MAX: usize = 128;
const MESSAGE_BYTES: usize = 512;

/// A message, and how it was written.
#[derive(Debug, Default)]
pub(crate) struct Cut<'a, T> {
    pub written: &'a str,
    pub message: T,
    /// Why it says nothing that counts.
    pub fault: Option<Fault>,
}

impl<'a, T> Cut<'a, T> {
    fn read(
        &mut self,
        reader: &mut Reader<'a>,
        read: impl FnOnce(&mut Reader<'a>, &mut T) -> Result<(), Broken>,
    ) -> Result<(), Broken> {
        let start = reader.begin()?;
        let around = reader.exchange(None);
        read(reader, &mut self.message)?;
        self.fault = reader.exchange(around);
        self.written = reader.since(start);
        Ok(())
    }

    /// The message, if it can be read.
    pub fn sound(self) -> Result<T, Problem> {
        match self.fault {
            None => Ok(self.message),
            Some(fault) => Err(fields::malformed(&fault.words(self.written))),
        }
    }
}

/// Reads one message. Nothing that is wrong with it is a fault of what stands around it.
pub(crate) fn one<'a, T: Default>(
    reader: &mut Reader<'a>,
    read: impl FnOnce(&mut Reader<'a>, &mut T) -> Result<(), Broken>,
) -> Result<Cut<'a, T>, Broken> {
    let mut cut = Cut::default();
    cut.read(reader, read)?;
    Ok(cut)
}

/// The messages of a list.
#[derive(Debug)]
pub(crate) struct List<'a, T> {
    pub messages: Vec<Cut<'a, T>>,
    /// There are more, which were passed over.
    pub too_long: bool,
}

/// Reads a list of so many messages at most. Anything else is a fault.
pub(crate) fn list<'a, T: Default>(
    reader: &mut Reader<'a>,
    n_max: usize,
    read: fn(&mut Reader<'a>, &mut T) -> Result<(), Broken>,
) -> Result<List<'a, T>, Broken> {
    let mut list = List { messages: Vec::new(), too_long: false };
    if reader.peek()? != b'[' {
        reader.amiss("a list of messages")?;
        return Ok(list);
    }
    reader.value()?;
    list.messages.reserve((reader.n_left() / MESSAGE_BYTES + 1).min(ROOM_MAX));
    let mut first = true;
    while reader.element(&mut first)? {
        if list.messages.len() == n_max {
            list.too_long = true;
            reader.skip()?;
            reader.rest()?;
            break;
        }
        // Messages are large: they are read where they stay.
        let place = list.messages.len();
        list.messages.push(Cut::default());
        list.messages[place].read(reader, read)?;
    }
    Ok(list)
}

/// The messages of a JSON text: a list of them or one object.
pub(crate) fn messages<'a, T: Default + Fields<'a>>(
    json: &'a str,
) -> Result<Vec<Cut<'a, T>>, Refusal> {
    let read = crate::json::whole(json, |reader| match json.starts_with('[') {
        true => list(reader, BATCH_RECORDS_MAX, fields::object_or_null),
        false => {
            let message = one(reader, fields::object_or_null)?;
            Ok(List { messages: vec![message], too_long: false })
        }
    });
    bounded(read.map_err(|words| unreadable(&words))?)
}

/// Refuses a list that is too long.
pub(crate) fn bounded<T>(list: List<'_, T>) -> Result<Vec<Cut<'_, T>>, Refusal> {
    if list.too_long {
        let message = format!("the batch has more than {BATCH_RECORDS_MAX} messages");
        let hint = "send several smaller batches";
        return Err(Refusal { status: 413, code: "request.too_many_records", message, hint });
    }
    Ok(list.messages)
}

/// The refusal of a text that is not the JSON it should be.
pub(crate) fn unreadable(words: &str) -> Refusal {
    let message = format!("the body is not JSON of the expected form: {words}");
    Refusal::bad("request.not_json", message, "send JSON; NaN and Infinity are not JSON")
}
