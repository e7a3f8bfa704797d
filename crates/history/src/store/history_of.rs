//! One user's history as the writer has it, without a snapshot: nothing is sorted, sealed or
//! renumbered for it.

use model::{Timestamp, UserIndex};
use segment::evaluate::UserHistory;

use super::Store;
use crate::disk::Error;
use crate::evaluate::Needs;
use crate::gather::since_first_seen;
use crate::point::OneUser;
use crate::users::UserFacts;

impl Store {
    /// When a user was first and last seen, under which id, and how many events they have.
    pub fn facts_of(&self, user: UserIndex) -> UserFacts {
        self.users.get(user)
    }

    /// The whole history of one user with everything applied so far: what
    /// [`crate::Snapshot::history_of`] of a snapshot taken now would give.
    ///
    /// Cost: the user's rows, a look at the names and months of the user's life, and once each row
    /// that is new since this was asked before; columns of parts that nobody read are read.
    pub fn history_of(&mut self, user: UserIndex) -> Result<UserHistory, Error> {
        self.read_user(&[user], None)
    }

    /// The whole histories of users as one, in the order of time and arrival, under the id of the
    /// first: what a merge makes of them before it is applied. The attribute without a name marks
    /// when they were first seen, as that can be all that is known of a user. For the live path.
    pub fn history_of_all(&mut self, users: &[UserIndex]) -> Result<UserHistory, Error> {
        let seen = users.iter().map(|user| self.users.get(*user).first_seen).min();
        let mut history = self.read_user(users, None)?;
        if let Some(seen) = seen.filter(|seen| *seen != i64::MAX) {
            history.attributes.extend(since_first_seen(Timestamp(seen)));
        }
        Ok(history)
    }

    /// The same of what some conditions need: of one user what [`crate::Snapshot::history_for`] of a
    /// snapshot taken now would give.
    pub fn history_for(
        &mut self,
        users: &[UserIndex],
        needs: &Needs,
        (from, to): (Timestamp, Timestamp),
    ) -> Result<UserHistory, Error> {
        self.read_user(users, Some((needs, (from, to))))
    }

    /// The numbers under which rows of users stand.
    pub(super) fn numbers_of(&mut self, users_as_one: &[UserIndex]) -> Result<Vec<u32>, Error> {
        if !self.separated.is_empty() {
            self.renumber()?;
        }
        // Rows of users that were merged have their old numbers until they are sealed.
        let users = &self.users;
        let there = users_as_one.iter().map(|user| user.0).filter(|n| (*n as usize) < users.len());
        let there: Vec<u32> = there.collect();
        let own = |number: &u32| there.contains(&users.remaining(*number));
        let vanished = self.vanished.iter().map(|vanished| vanished.user);
        Ok(there.iter().copied().chain(vanished).filter(own).collect())
    }

    fn read_user(
        &mut self,
        users_as_one: &[UserIndex],
        needs: Option<(&Needs, (Timestamp, Timestamp))>,
    ) -> Result<UserHistory, Error> {
        let numbers = self.numbers_of(users_as_one)?;
        let users = &self.users;
        let user = users_as_one[0];
        let mut one = OneUser::new(&self.names, users, user, needs);
        users_as_one[1..].iter().for_each(|other| one.live_as_long_as(&users.get(*other)));
        for (family, runs) in &mut self.families {
            if !one.wants(*family) {
                continue;
            }
            for number in &numbers {
                for sealed in &runs.parts {
                    one.add_part(*family, &sealed.part, *number)?;
                }
                runs.fresh_of(*number).for_each(|row| one.add_row(*family, row));
            }
        }
        Ok(one.finish())
    }
}
