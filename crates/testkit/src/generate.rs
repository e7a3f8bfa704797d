//! Random histories and random segments that meet at the edges.
//!
//! Everything is drawn from small pools so that it collides: three event names, values that are
//! almost equal, and times that lie a written span before one of a few instants, give or take a
//! millisecond. The strategies shrink. They make only what can be evaluated and what
//! `segment::check` accepts: no scores, lists, reachability or locations, no cycles, `same` only
//! where there is an event before.

mod conditions;
mod histories;
mod predicates;
mod settings;
mod times;

pub use conditions::{event_match, value};
pub use histories::{population, records};
pub use predicates::{lasting_state, segment};
pub use settings::rules;
pub use times::{CENTRE, SPANS, instants};

/// Names of events, the last of what is done to users; composite events are `anything bought` and `cheap or viewed`.
pub const EVENTS: [&str; 4] = ["view", "cart", "buy", model::outreach::SENT];
/// Names of properties.
pub const PROPERTIES: [&str; 3] = ["item", "amount", "context.app"];
/// Names of attributes beside `timezone`.
pub const ATTRIBUTES: [&str; 2] = ["plan", "renewal"];
/// Ids of segments, in an order in which each refers to earlier ones only. The last one may ask
/// for lifecycle states and scores.
pub const SEGMENTS: [&str; 3] = ["first", "second", "third"];
/// Keys of lifecycle states.
pub const STATES: [&str; 3] = ["new", "active", "gone"];
