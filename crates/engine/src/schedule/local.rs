//! From the wall clock to instants.

use model::{Day, Timestamp, Zone};

/// A minute of the local wall clock's day, 0..=1440; 1440 is the end of the day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Minute(u16);

impl Minute {
    /// 00:00.
    pub const START: Minute = Minute(0);
    /// 24:00, the end of the day.
    pub const END: Minute = Minute(1_440);

    /// Hours (0..=24) and minutes; `None` beyond 24:00.
    pub const fn at(hour: u16, minute: u16) -> Option<Minute> {
        if minute < 60 && hour <= 24 && hour * 60 + minute <= 1_440 {
            Some(Minute(hour * 60 + minute))
        } else {
            None
        }
    }

    /// Reads `21:30`, two digits each; `24:00` is the end of the day.
    pub fn parse(text: &str) -> Option<Minute> {
        let (hour, minute) = text.split_once(':')?;
        let number = |digits: &str| -> Option<u16> {
            let plain = digits.len() == 2 && digits.bytes().all(|b| b.is_ascii_digit());
            plain.then(|| digits.parse().ok()).flatten()
        };
        Minute::at(number(hour)?, number(minute)?)
    }

    /// In milliseconds of the wall clock.
    pub(crate) fn ms(self) -> i64 {
        i64::from(self.0) * 60_000
    }
}

impl std::fmt::Display for Minute {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:02}:{:02}", self.0 / 60, self.0 % 60)
    }
}

/// The furthest that any zone's wall clock ever was from UTC, rounded up.
const OFFSET_MAX_MS: i64 = 16 * 3_600_000;

/// What the wall clock shows at an instant, as milliseconds since 1970-01-01 00:00 of that clock.
pub(crate) fn wall(zone: &Zone, at: Timestamp) -> i64 {
    let (day, ms) = zone.local(at);
    day.0 * 86_400_000 + ms
}

/// The zone's offset at an instant: wall clock − UTC.
pub(crate) fn offset(zone: &Zone, at: Timestamp) -> i64 {
    wall(zone, at) - at.0
}

/// The instant at which the wall clock shows a time of a day. A time that a change of clocks skips
/// is moved forward by the length of the gap; one that happens twice means the first.
///
/// It is exact unless a zone changes its clocks twice within 32 hours, which none does.
pub fn instant(zone: &Zone, day: Day, minute: Minute) -> Timestamp {
    let day = day.0.clamp(Timestamp::MIN.0 / 86_400_000, Timestamp::MAX.0 / 86_400_000);
    let wall = day * 86_400_000 + minute.ms();
    let before = offset(zone, Timestamp(wall - OFFSET_MAX_MS));
    let after = offset(zone, Timestamp(wall + OFFSET_MAX_MS));
    let fits = |by: i64| offset(zone, Timestamp(wall - by)) == by;
    // Where both fit, the larger offset is the earlier instant.
    let by = match (fits(before), fits(after)) {
        (true, true) => before.max(after),
        (false, true) => after,
        (true, false) | (false, false) => before,
    };
    Timestamp(wall - by)
}

/// The first instant in (from, to] whose offset differs from that at `from`, to the millisecond;
/// `None` if the offset at `to` is the same.
pub(crate) fn change(zone: &Zone, from: Timestamp, to: Timestamp) -> Option<Timestamp> {
    let same = offset(zone, from);
    if to <= from || offset(zone, to) == same {
        return None;
    }
    let (mut low, mut high) = (from.0, to.0);
    while high - low > 1 {
        let middle = low + (high - low) / 2;
        if offset(zone, Timestamp(middle)) == same {
            low = middle;
        } else {
            high = middle;
        }
    }
    Some(Timestamp(high))
}

#[cfg(test)]
mod tests;
