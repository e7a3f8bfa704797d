//! The history: every event and attribute change of every user, as columns, queryable as of any
//! instant.
//!
//! What it is: dense user numbers, parts by event name and month sorted by (user, time), immutable
//! snapshots, evaluation of segment definitions for all users at once, and the analyses that read
//! the same scans (lifecycle, RFM, retention, funnels, flows, trends, activity, revenue,
//! sessions). What it is not: it decides nothing about identity (that is `engine`), sends nothing
//! and knows no HTTP.
//!
//! ```
//! use engine::Fold;
//! use history::{Evaluator, Store};
//! use model::{Event, EventId, Record, Timestamp, What, Who};
//! use segment::tree::{EventMatch, Measure};
//! use segment::{Lifecycle, Predicate, RfmSettings, Rules};
//!
//! let (mut fold, mut store) = (Fold::new(), Store::in_memory());
//! let time = Timestamp::parse("2026-03-01").unwrap();
//! let event = Event { name: "Purchase".into(), time, id: EventId::of("1"), properties: vec![] };
//! let record = Record { received_at: time, who: Who::user("ada"), what: What::Event(event) };
//! let step = fold.step(&record);
//! store.apply(&step, record, &fold.person(step.user).public_id.clone(), 0);
//!
//! let rules = Rules {
//!     zone: model::Zone::utc(),
//!     seed: 1,
//!     segments: Default::default(),
//!     composites: Default::default(),
//!     lifecycle: Lifecycle { states: vec![] },
//!     rfm: RfmSettings::of(EventMatch::named("Purchase"), None),
//! };
//! let snapshot = store.snapshot().unwrap();
//! let everybody = Evaluator::new(&snapshot, &rules, time).members(&Predicate::All(vec![])).unwrap();
//! assert_eq!(everybody.len(), 1);
//! ```

pub mod activity;
mod cache;
pub mod calendar;
pub mod column;
mod derived;
mod disk;
pub mod distribution;
mod evaluate;
pub mod flows;
pub mod funnel;
mod gather;
pub mod groups;
#[cfg(test)]
mod histories;
pub mod journeys;
pub mod lifecycle;
mod masks;
pub mod names;
pub mod numbers;
pub mod outreach;
pub mod part;
mod point;
mod ranges;
pub mod retention;
pub mod revenue;
pub mod rfm;
pub mod sessions;
mod set;
mod snapshot;
mod store;
pub mod transitions;
pub mod trends;
pub mod users;

pub use cache::{Cache, CacheUse};
pub use disk::{CheckReport, Error, Pieces, SavedPieces, SectionSize, TextsRead, check, each_text};
pub use evaluate::{Answered, ConditionCost, Evaluator, Needs, QueryError, Reads};
pub use gather::{Gathering, gather};
pub use set::UserSet;
pub use snapshot::{EventFacts, SeenValues, Snapshot, StoredEvent, ValueFacts, Values};
pub use store::{
    Asked, Checkpoint, Done, Earlier, Erased, FamilyStats, Job, Load, Merging, SavedCheckpoint,
    Sealing, Spent, Store, StoreStats, Upkeep,
};
