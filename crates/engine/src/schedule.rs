//! When something may happen to a person: calendars, local hours, quiet hours and frequency caps.
//!
//! What it is: pure functions over instants, zones and a compact list of what was sent. What it is
//! not: it holds no timer and sends nothing; whoever asks passes `now`, keeps the answer's instant as
//! a timer, and asks again when it is due. All local times follow two rules: one that a change of
//! clocks skips is moved forward by the length of the gap, one that happens twice means the first.

pub mod calendar;
pub mod caps;
pub mod channel;
pub mod holidays;
mod local;
pub mod quiet_hours;
pub mod user_zone;

pub use calendar::Calendar;
pub use channel::{Channel, Channels};
pub use local::{Minute, instant};
