//! Numbers and texts out of bytes, with every bound checked.

use model::Text;

/// What is wrong with bytes, and where.
#[derive(Debug)]
pub(super) struct Wrong {
    pub(super) at: usize,
    pub(super) what: &'static str,
}

/// Reads from the beginning to the end.
pub(super) struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Reader<'a> {
        Reader { bytes, at: 0 }
    }

    pub(super) fn at_end(&self) -> bool {
        self.at == self.bytes.len()
    }

    /// Something is wrong here.
    pub(super) fn wrong(&self, what: &'static str) -> Wrong {
        Wrong { at: self.at, what }
    }

    pub(super) fn number(&mut self) -> Result<u32, Wrong> {
        let (number, _) = self.bytes[self.at..].split_first_chunk().ok_or(self.cut())?;
        self.at += 4;
        Ok(u32::from_le_bytes(*number))
    }

    pub(super) fn text(&mut self) -> Result<Text, Wrong> {
        let length = self.number()? as usize;
        let bytes = self.bytes[self.at..].get(..length).ok_or(self.cut())?;
        let text = Text::from_utf8(bytes).map_err(|_| self.wrong("a text is not UTF-8"))?;
        self.at += length;
        Ok(text)
    }

    pub(super) fn bytes(&mut self) -> Result<&'a [u8], Wrong> {
        let length = self.number()? as usize;
        let bytes = self.bytes[self.at..].get(..length).ok_or(self.cut())?;
        self.at += length;
        Ok(bytes)
    }

    pub(super) fn texts(&mut self) -> Result<Vec<Text>, Wrong> {
        let n = self.number()?;
        (0..n).map(|_| self.text()).collect()
    }

    pub(super) fn numbers(&mut self) -> Result<Vec<u32>, Wrong> {
        let n = self.number()?;
        (0..n).map(|_| self.number()).collect()
    }

    pub(super) fn flag(&mut self) -> Result<bool, Wrong> {
        match self.number()? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(self.wrong("it is neither yes nor no")),
        }
    }

    fn cut(&self) -> Wrong {
        self.wrong("it ends too early")
    }
}
