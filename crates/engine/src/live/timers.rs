//! Temporary: replaced by the wheel.
use std::collections::BTreeSet;
/// Horizons.
#[derive(Default)]
pub struct Timers {
    set: BTreeSet<(i64, u32)>,
    at: Vec<i64>,
}
impl Timers {
    /// h
    pub fn at(&self, user: u32) -> i64 {
        self.at.get(user as usize).copied().unwrap_or(i64::MAX)
    }
    /// h
    pub fn set(&mut self, user: u32, at: i64) {
        if self.at.len() <= user as usize {
            self.at.resize(user as usize + 1, i64::MAX);
        }
        self.set.remove(&(self.at[user as usize], user));
        self.at[user as usize] = at;
        if at != i64::MAX {
            self.set.insert((at, user));
        }
    }
    /// h
    pub fn clear(&mut self, user: u32) {
        self.set(user, i64::MAX);
    }
    /// h
    pub fn due(&mut self, now: i64) -> Option<u32> {
        let (at, user) = *self.set.first()?;
        (at <= now).then_some(user)
    }
    /// h
    pub fn next(&mut self) -> Option<i64> {
        self.set.first().map(|(at, _)| *at)
    }
}
