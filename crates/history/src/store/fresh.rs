//! Rows of a family that are in no part yet, in the order in which they came, and where those of
//! one user are.
//!
//! The latter is an index that is brought up to date when somebody asks, so that taking a row costs
//! nothing more.

use hashbrown::HashMap;

use crate::part::Row;

/// Rows in no part yet.
#[derive(Default)]
pub(super) struct Fresh {
    rows: Vec<Row>,
    /// The last row of each user among those that are indexed.
    last: HashMap<u32, u32>,
    /// For each row that is indexed, the one of the same user before it.
    before: Vec<Option<u32>>,
}

impl Fresh {
    pub(super) fn push(&mut self, row: Row) {
        self.rows.push(row);
    }

    pub(super) fn len(&self) -> usize {
        self.rows.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Row> {
        self.rows.iter()
    }

    /// All rows; none are left.
    pub(super) fn take(&mut self) -> Vec<Row> {
        std::mem::take(self).rows
    }

    /// Gives every row to the user that its origin is part of now.
    pub(super) fn renumber(&mut self, user_of: &dyn Fn(u32) -> u32) {
        self.rows.iter_mut().for_each(|row| row.renumber(user_of));
        self.last.clear();
        self.before.clear();
    }

    /// The rows under a number, the latest first. Cost: those rows, and once each row that came
    /// since this was asked before.
    pub(super) fn of(&mut self, user: u32) -> impl Iterator<Item = &Row> {
        for row in self.before.len()..self.rows.len() {
            self.before.push(self.last.insert(self.rows[row].user, row as u32));
        }
        let (rows, before) = (&self.rows, &self.before);
        let mut next = self.last.get(&user).copied();
        std::iter::from_fn(move || {
            let row = next? as usize;
            next = before[row];
            Some(&rows[row])
        })
    }
}
