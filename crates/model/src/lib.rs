//! The vocabulary of Perennial: time, values, events, records and their bounds.
//!
//! What it is: plain data and the rules that every other part must agree on (when two values are
//! equal, what a day is in a time zone, how a sum is rounded, how large a name may be).
//! What it is not: it knows no files, no clock, no serialisation and no other part.
//!
//! ```
//! use model::{Span, Timestamp, Value};
//! let at: Timestamp = "2026-03-01T09:00:00Z".parse().unwrap();
//! let month: Span = "30d".parse().unwrap();
//! assert_eq!((at - month).to_string(), "2026-01-30T09:00:00.000Z");
//! assert!(Value::Int(1).same(&Value::Float(1.0)));
//! ```

pub mod bounds;
pub mod facts;
pub mod journey;
pub mod operation;
pub mod outreach;
pub mod record;
pub mod sum;
pub mod time;
pub mod value;
pub mod zone;

pub use facts::{About, Facts};
pub use operation::Operation;
pub use record::{AttributeChange, Event, EventId, Identity, Record, What, Who};
pub use sum::ExactSum;
pub use time::{Span, Timestamp};
pub use value::{Text, Value};
pub use zone::{Day, Weekday, Zone};

/// A user's dense number in one workspace, in order of first sight. Arrays indexed by it need no
/// hash table; it never leaves the process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UserIndex(pub u32);

impl UserIndex {
    /// Who no user is: of records that concern nobody.
    pub const NOBODY: UserIndex = UserIndex(u32::MAX);

    /// The number as an index into an array that has one place per user.
    pub fn at(self) -> usize {
        self.0 as usize
    }
}
