//! Objects read field by field, each field into its place while the text is read.

use crate::Problem;
use crate::json::{self, Broken, Reader};

/// What takes the fields of an object.
pub(crate) trait Fields<'a> {
    /// Reads the value of the field of this name.
    fn field(&mut self, name: &str, reader: &mut Reader<'a>) -> Result<(), Broken>;
}

/// Reads an object; anything else is a fault.
pub(crate) fn object<'a, T: Fields<'a>>(
    reader: &mut Reader<'a>,
    target: &mut T,
) -> Result<(), Broken> {
    if reader.peek()? != b'{' {
        return reader.amiss("an object");
    }
    reader.value()?;
    let mut first = true;
    while let Some(name) = reader.name(&mut first)? {
        target.field(&name, reader)?;
    }
    Ok(())
}

/// Reads an object; null counts as an empty one.
pub(crate) fn object_or_null<'a, T: Fields<'a>>(
    reader: &mut Reader<'a>,
    target: &mut T,
) -> Result<(), Broken> {
    match reader.peek()? {
        b'n' => reader.skip(),
        _ => object(reader, target),
    }
}

/// Reads whether a value is `true`, whatever it is.
pub(crate) fn truth(reader: &mut Reader<'_>) -> Result<bool, Broken> {
    reader.raw().map(|raw| raw == "true")
}

/// Reads the JSON text of one message.
pub(crate) fn read<'a, T: Fields<'a>>(json: &'a str, message: &mut T) -> Result<(), Problem> {
    json::whole(json, |reader| object_or_null(reader, message)).map_err(|words| malformed(&words))
}

/// The problem of a message that cannot be read.
pub(crate) fn malformed(words: &str) -> Problem {
    Problem::new(
        "event.malformed",
        format!("the message cannot be read: {words}"),
        "send a JSON object in the form that the client library documents",
    )
}
