//! Windows of the week during which something is quiet.

use model::Day;

use crate::schedule::channel::{Channel, Channels};
use crate::schedule::holidays::{Country, Weekdays};
use crate::schedule::local::Minute;

/// Windows of one layer: seven days with a few each.
pub const WINDOWS_MAX: usize = 64;

const DAY_MS: i64 = 86_400_000;

/// Days on which a window begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Days {
    /// These weekdays,
    pub weekdays: Weekdays,
    /// and the public holidays of the person's country, whatever weekday they are.
    pub holidays: bool,
}

impl Days {
    /// Every day.
    pub const ALL: Days = Days { weekdays: Weekdays::ALL, holidays: false };

    fn has(self, day: i64, country: Option<&Country>) -> bool {
        let day = Day(day);
        self.weekdays.has(day.weekday())
            || self.holidays && country.is_some_and(|country| country.holiday(day).is_some())
    }
}

/// A quiet window: from a minute (inclusive) to a minute (exclusive) of the wall clock. One that ends
/// at or before its start runs into the next day: 22:00 to 08:00, or 00:00 to 00:00 for a whole day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Window {
    /// The days on which it begins.
    pub days: Days,
    /// Its first minute.
    pub from: Minute,
    /// The first minute after it.
    pub to: Minute,
}

impl Window {
    /// The same window every day.
    pub fn daily(from: Minute, to: Minute) -> Window {
        Window { days: Days::ALL, from, to }
    }

    /// Its length on the wall clock, in milliseconds.
    fn length(self) -> i64 {
        let plain = self.to.ms() - self.from.ms();
        if plain > 0 { plain } else { plain + DAY_MS }
    }
}

/// What the windows of one layer say, for some channels.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hours {
    channels: Channels,
    windows: Vec<Window>,
    sense: Sense,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sense {
    /// Closed inside the windows.
    Quiet,
    /// Closed outside them.
    Only,
}

impl Hours {
    /// Quiet during any of these windows, for these channels; `None` above [`WINDOWS_MAX`] windows.
    pub fn quiet(channels: Channels, windows: Vec<Window>) -> Option<Hours> {
        let sense = Sense::Quiet;
        (windows.len() <= WINDOWS_MAX).then_some(Hours { channels, windows, sense })
    }

    /// The opposite, a delivery window: quiet except during these windows; `None` above
    /// [`WINDOWS_MAX`] windows. Without any window it never opens.
    pub fn only(channels: Channels, windows: Vec<Window>) -> Option<Hours> {
        let sense = Sense::Only;
        (windows.len() <= WINDOWS_MAX).then_some(Hours { channels, windows, sense })
    }

    /// Whether the wall clock (milliseconds since 1970-01-01 of that clock) is closed, and if so, up
    /// to when on the same clock it surely stays so; what comes then has to be asked again.
    pub(super) fn closed_until(
        &self,
        wall: i64,
        channel: Channel,
        country: Option<&Country>,
    ) -> Option<i64> {
        if !self.channels.has(channel) {
            return None;
        }
        let end = self.inside_until(wall, country);
        match self.sense {
            Sense::Quiet => end,
            Sense::Only if end.is_some() => None,
            Sense::Only => Some(self.next_start(wall, country)),
        }
    }

    /// The furthest end of the windows that hold the wall clock.
    fn inside_until(&self, wall: i64, country: Option<&Country>) -> Option<i64> {
        let day = wall.div_euclid(DAY_MS);
        let mut end = None;
        for window in &self.windows {
            // A window is at most a day long, so one that holds this began today or yesterday.
            for began in [day - 1, day] {
                let from = began * DAY_MS + window.from.ms();
                let to = from + window.length();
                if from <= wall && wall < to && window.days.has(began, country) {
                    end = end.max(Some(to));
                }
            }
        }
        end
    }

    /// The next start of a window after the wall clock, or a week later if there is none sooner.
    fn next_start(&self, wall: i64, country: Option<&Country>) -> i64 {
        let day = wall.div_euclid(DAY_MS);
        let starts = (day..=day + 7).flat_map(|day| {
            let on_day = self.windows.iter().filter(move |window| window.days.has(day, country));
            on_day.map(move |window| day * DAY_MS + window.from.ms())
        });
        starts.filter(|start| *start > wall).min().unwrap_or((day + 7) * DAY_MS)
    }
}
