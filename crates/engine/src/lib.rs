//! The fold: what every accepted record does to the state of the workspace.
//!
//! What it is: a deterministic function over records, today deciding which user each record belongs
//! to and its place in the order of arrival; what is known of devices and addresses; and a compact set
//! of the deliveries that were counted. What it is not: it knows no files, no clock and no threads;
//! the same records in the same order give the same state, byte for byte.
//!
//! ```
//! use engine::Fold;
//! use model::{AttributeChange, EventId, Record, Timestamp, What, Who};
//! let mut fold = Fold::new();
//! let at = Timestamp(0);
//! let who = Who::of(Some("ada".into()), Some("phone-1".into()));
//! let what = What::Identify(AttributeChange::set(at, EventId::of("1"), vec![]));
//! fold.step(&Record { received_at: at, who, what });
//! assert_eq!(fold.find("phone-1"), fold.find("ada"));
//! ```

mod arrival;
mod chunks;
mod codec;
mod deliveries;
mod facts;
mod fold;
mod identity;
pub mod journey;
pub mod live;
pub mod outreach;
pub mod schedule;
pub mod subscription;

pub use arrival::{SEQUENCE_BITS, arrivals};
pub use chunks::{CHUNK, Chunks};
pub use codec::{Damaged, Frozen, Restoring};
pub use deliveries::Deliveries;
pub use facts::{Fact, Subject};
pub use fold::{Fold, Separation, Step};
pub use identity::{Claim, Deed, IdentityGraph, Merge, Node, Person, Plan};
