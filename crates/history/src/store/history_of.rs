//! One user's history as the writer has it, without a snapshot: nothing is sorted, sealed or
//! renumbered for it.

use model::{Timestamp, UserIndex};
use segment::evaluate::UserHistory;

use super::Store;
use crate::disk::Error;
use crate::evaluate::Needs;
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
        self.read_user(user, None)
    }

    /// The same of what some conditions need: what [`crate::Snapshot::history_for`] of a snapshot
    /// taken now would give.
    pub fn history_for(
        &mut self,
        user: UserIndex,
        needs: &Needs,
        (from, to): (Timestamp, Timestamp),
    ) -> Result<UserHistory, Error> {
        self.read_user(user, Some((needs, (from, to))))
    }

    fn read_user(
        &mut self,
        user: UserIndex,
        needs: Option<(&Needs, (Timestamp, Timestamp))>,
    ) -> Result<UserHistory, Error> {
        // Rows of users that were merged have their old numbers until they are sealed.
        let users = &self.users;
        let own = |number: &u32| users.remaining(*number) == user.0;
        let vanished = self.vanished.iter().map(|vanished| vanished.user);
        let numbers: Vec<u32> = [user.0].into_iter().chain(vanished).filter(own).collect();
        let mut one = OneUser::new(&self.names, users, user, needs);
        for (family, runs) in &mut self.families {
            if !one.wants(*family) {
                continue;
            }
            for number in &numbers {
                for sealed in &runs.parts {
                    one.add_part(*family, &sealed.part, *number)?;
                }
                runs.fresh.of(*number).for_each(|row| one.add_row(*family, row));
            }
        }
        Ok(one.finish())
    }
}
