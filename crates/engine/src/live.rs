//! Live segments and lifecycles: what changes for whom, at which instant.
//!
//! What it is: the part of the fold that keeps, for every user, the least that decides about every
//! watched definition, and tells each change of it with its exact instant. What it is not: it reads
//! no clock; the instant up to which it has told everything is handed in.

mod beside;
mod fold;
mod forget;
mod histories;
mod join;
mod snapshot;
mod stale;
mod timers;
mod transition;

pub use fold::{BULK, Folded, Live, PublicIds};
pub use histories::{Histories, NoHistories};
pub use join::{Base, Defined, Joining};
pub use snapshot::{FrozenLive, LiveDamaged};
pub use stale::{Known, Rebuild, Rebuilt, Waiting};
pub use timers::{NEVER, Timers};
pub use transition::{Cause, Correction, Transition, WatchId, news};
