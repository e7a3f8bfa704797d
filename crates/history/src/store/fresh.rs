//! Rows of a family that are in no part yet, in the order in which they came, and where those of
//! one user are.

use hashbrown::HashMap;

use crate::part::Row;

/// Rows in no part yet.
#[derive(Default)]
pub(super) struct Fresh {
    pub(super) rows: Vec<Row>,
    pub(super) by_user: ByUser,
}

/// Where the rows of users are: an index that is brought up to date when somebody asks, so that
/// taking a row costs nothing more.
#[derive(Default)]
pub(super) struct ByUser {
    /// The last row of each user among those that are indexed.
    last: HashMap<u32, u32>,
    /// For each row that is indexed, the one of the same user before it.
    before: Vec<Option<u32>>,
}

impl Fresh {
    /// Gives every row to the user that its origin is part of now.
    pub(super) fn renumber(&mut self, user_of: &dyn Fn(u32) -> u32) {
        self.rows.iter_mut().for_each(|row| row.renumber(user_of));
        self.by_user = ByUser::default();
    }
}

impl ByUser {
    /// Those of `rows` that stand under a number, the latest first. `rows` is always the same, or
    /// begins with what it was before. Cost: those rows, and once each that came since this was
    /// asked before.
    pub(super) fn of<'a>(
        &'a mut self,
        rows: &'a [Row],
        user: u32,
    ) -> impl Iterator<Item = &'a Row> + use<'a> {
        for row in &rows[self.before.len()..] {
            let n = self.before.len() as u32;
            self.before.push(self.last.insert(row.user, n));
        }
        let before = &self.before;
        let mut next = self.last.get(&user).copied();
        std::iter::from_fn(move || {
            let row = next? as usize;
            next = before[row];
            Some(&rows[row])
        })
    }
}
