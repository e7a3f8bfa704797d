//! Nested JSON, flattened to dotted names while it is read.
//!
//! What breaks a bound is remembered as the first [`Problem`] and the rest is skipped: the reading of
//! the neighbours must go on.

use model::{Text, Value};

use crate::json::{Broken, Reader, Token};
use crate::{Problem, validate};

/// Properties for which room is made at once, if the message before had so many: more would let a large
/// message make its small neighbours take as much.
const ROOM_MAX: usize = 32;

/// Lists whose room is kept.
const SPARE_MAX: usize = 16;

/// What is kept from one message to the next, so that it need not be allocated again.
#[derive(Default)]
pub(crate) struct Room {
    /// The name of what is being read.
    path: String,
    /// Empty vectors for the elements of lists, and for their columns.
    spare: Vec<Vec<Value>>,
    columns: Vec<(Text, Vec<Value>)>,
    /// Properties that were found last.
    n_found: usize,
}

/// Collects properties.
#[derive(Debug, Default)]
pub(crate) struct Flat {
    /// What was found, in the order of the text.
    pub found: Vec<(Text, Value)>,
    /// The first broken bound.
    pub problem: Option<Problem>,
    /// Where in `found` the object that is being read begins, if it stands in a list.
    base: usize,
    depth: usize,
}

impl Flat {
    /// Reads an object of properties, with names under a prefix (which ends with a dot, or is empty).
    pub fn read(&mut self, prefix: &'static str, reader: &mut Reader<'_>) -> Result<(), Broken> {
        match reader.peek()? {
            b'{' => {
                reader.value()?;
                reader.room.begin(prefix);
                self.object(reader)?;
                reader.room.n_found = self.found.len();
                Ok(())
            }
            b'n' => reader.skip(),
            // An empty list is what some languages send for an empty object.
            b'[' => {
                reader.value()?;
                let mut first = true;
                if reader.element(&mut first)? {
                    self.wrong(prefix);
                    reader.skip()?;
                    reader.rest()?;
                }
                Ok(())
            }
            _ => {
                self.wrong(prefix);
                reader.skip()
            }
        }
    }

    /// Reads one value under a name that was read before it.
    pub fn named(
        &mut self,
        prefix: &'static str,
        name: &str,
        reader: &mut Reader<'_>,
    ) -> Result<(), Broken> {
        reader.room.begin(prefix);
        reader.room.path.push_str(name);
        self.value(reader)?;
        reader.room.n_found = self.found.len();
        Ok(())
    }

    /// Adds a name alone, with nothing as its value.
    pub fn name(&mut self, name: &str, reader: &mut Reader<'_>) {
        reader.room.begin(name);
        self.push(&reader.room, Value::Null);
    }

    /// What was found, unless a bound was broken.
    pub fn into_found(self) -> Result<Vec<(Text, Value)>, Problem> {
        self.problem.map_or(Ok(self.found), Err)
    }

    /// Keeps the problem of a check, if it is the first.
    #[inline]
    fn check(&mut self, result: Result<(), Problem>) -> bool {
        if let Err(problem) = result {
            self.problem.get_or_insert(problem);
        }
        self.problem.is_none()
    }

    fn wrong(&mut self, prefix: &str) {
        let what = if prefix.is_empty() { "properties or traits" } else { "context" };
        self.check(Err(Problem::new(
            "event.properties_not_object",
            format!("{what} is not an object"),
            "send an object of names and values",
        )));
    }

    fn push(&mut self, room: &Room, value: Value) {
        if self.check(validate::property_count(self.n_found() + 1))
            && self.check(validate::property_name(&room.path))
        {
            if self.found.capacity() == 0 {
                self.found.reserve(room.n_found.min(ROOM_MAX));
            }
            self.found.push((Text::new(&room.path), value));
        }
    }

    /// Properties of the object that is being read so far.
    fn n_found(&self) -> usize {
        self.found.len() - self.base
    }

    fn text(&mut self, room: &Room, text: &str) -> Value {
        if self.check(validate::text_value(&room.path, text)) {
            Value::text(text)
        } else {
            Value::Null
        }
    }

    fn object(&mut self, reader: &mut Reader<'_>) -> Result<(), Broken> {
        let base = reader.room.path.len();
        let mut first = true;
        while let Some(name) = reader.name(&mut first)? {
            reader.room.path.push_str(&name);
            self.value(reader)?;
            reader.room.path.truncate(base);
        }
        Ok(())
    }

    /// Reads an object one level down; its names continue the path.
    fn nested(&mut self, reader: &mut Reader<'_>) -> Result<(), Broken> {
        let base = reader.room.path.len();
        self.depth += 1;
        if self.check(validate::nesting(&reader.room.path, self.depth)) {
            reader.room.path.push('.');
            self.object(reader)?;
        } else {
            let mut first = true;
            while reader.name(&mut first)?.is_some() {
                reader.skip()?;
            }
        }
        self.depth -= 1;
        reader.room.path.truncate(base);
        Ok(())
    }

    /// Reads a value at the path.
    fn value(&mut self, reader: &mut Reader<'_>) -> Result<(), Broken> {
        if self.problem.is_some() {
            return reader.skip();
        }
        let value = match reader.value()? {
            Token::Object => return self.nested(reader),
            Token::List => {
                let list = self.list(reader)?;
                self.push_list(&mut reader.room, list);
                return Ok(());
            }
            plain => self.plain(&reader.room, plain),
        };
        self.push(&reader.room, value);
        Ok(())
    }

    /// The value of a plain token.
    fn plain(&mut self, room: &Room, token: Token<'_>) -> Value {
        match token {
            Token::Text(text) => self.text(room, &text),
            Token::Int(n) => Value::Int(n),
            Token::Float(x) => Value::Float(x),
            Token::Bool(b) => Value::Bool(b),
            // A whole number beyond 64 bits with sign is kept as a float.
            Token::Unsigned(n) => Value::Float(n as f64),
            Token::Null | Token::List | Token::Object => Value::Null,
        }
    }

    fn list(&mut self, reader: &mut Reader<'_>) -> Result<List, Broken> {
        let (plain, columns) = (reader.room.vector(), std::mem::take(&mut reader.room.columns));
        let mut list = List { plain, columns, n_objects: 0 };
        let mut first = true;
        while reader.element(&mut first)? {
            let n = self.element(&mut list, reader)?;
            if !self.check(validate::list_length(&reader.room.path, n))
                || !self.check(validate::property_count(list.columns.len()))
            {
                reader.rest()?;
                break;
            }
        }
        Ok(list)
    }

    /// Reads an element of a list; the length of the list's longest part.
    fn element(&mut self, list: &mut List, reader: &mut Reader<'_>) -> Result<usize, Broken> {
        match reader.value()? {
            Token::Object => {
                let (outside, start) = (self.base, self.found.len());
                self.base = start;
                self.nested(reader)?;
                self.base = outside;
                Ok(list.add_object(self.found.drain(start..), &mut reader.room))
            }
            Token::List => {
                self.depth += 1;
                if self.check(validate::nesting(&reader.room.path, self.depth)) {
                    let inner = self.list(reader)?;
                    list.add_list(inner, &mut reader.room);
                } else {
                    let mut first = true;
                    while reader.element(&mut first)? {
                        reader.skip()?;
                    }
                }
                self.depth -= 1;
                Ok(list.plain.len())
            }
            plain => {
                let value = self.plain(&reader.room, plain);
                list.plain.push(value);
                Ok(list.plain.len())
            }
        }
    }

    fn push_list(&mut self, room: &mut Room, list: List) {
        let List { mut plain, mut columns, n_objects } = list;
        if columns.is_empty() || !plain.is_empty() {
            self.push(room, Value::List(plain.drain(..).collect()));
        }
        room.keep(plain);
        for (name, mut values) in columns.drain(..) {
            if values.len() < n_objects {
                values.resize(n_objects, Value::Null);
            }
            if self.check(validate::property_count(self.n_found() + 1)) {
                self.found.push((name, Value::List(values.drain(..).collect())));
            }
            room.keep(values);
        }
        room.columns = columns;
    }
}

impl Room {
    fn begin(&mut self, path: &str) {
        self.path.clear();
        self.path.push_str(path);
    }

    fn vector(&mut self) -> Vec<Value> {
        self.spare.pop().unwrap_or_default()
    }

    fn keep(&mut self, mut vector: Vec<Value>) {
        if self.spare.len() < SPARE_MAX {
            vector.clear();
            self.spare.push(vector);
        }
    }
}

/// A list as it is read: plain elements, and one column for each key of its objects.
struct List {
    plain: Vec<Value>,
    columns: Vec<(Text, Vec<Value>)>,
    n_objects: usize,
}

impl List {
    fn add_list(&mut self, inner: List, room: &mut Room) {
        let List { mut plain, mut columns, .. } = inner;
        self.plain.append(&mut plain);
        room.keep(plain);
        for (name, mut values) in columns.drain(..) {
            self.column(0, name, room).append(&mut values);
            room.keep(values);
        }
        room.columns = columns;
    }

    fn add_object(
        &mut self,
        properties: impl Iterator<Item = (Text, Value)>,
        room: &mut Room,
    ) -> usize {
        let place = self.n_objects;
        self.n_objects += 1;
        let mut longest = self.n_objects;
        for (guess, (name, value)) in properties.enumerate() {
            let column = self.column(guess, name, room);
            if column.len() < place {
                column.resize(place, Value::Null);
            }
            match value {
                Value::List(items) => column.extend(items),
                value => column.push(value),
            }
            longest = longest.max(column.len());
        }
        longest
    }

    /// The column of a name; objects mostly have their keys in one order, so `guess` is tried first.
    fn column(&mut self, guess: usize, name: Text, room: &mut Room) -> &mut Vec<Value> {
        let hit = self.columns.get(guess).is_some_and(|(known, _)| *known == name);
        let found = if hit {
            Some(guess)
        } else {
            self.columns.iter().position(|(known, _)| *known == name)
        };
        let at = found.unwrap_or_else(|| {
            self.columns.push((name, room.vector()));
            self.columns.len() - 1
        });
        &mut self.columns[at].1
    }
}
