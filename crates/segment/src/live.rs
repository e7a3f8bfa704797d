//! Live evaluation: who is in, now, and when that changes if nothing more arrives.
//!
//! What it is: watched definitions compiled together ([`Program`]), and for one user the least that
//! decides about them, as bytes: what arrives or the time that passes gives new bytes, the next
//! instant at which anything may change, and what changed, exact to the millisecond. What it is not:
//! it keeps no users, no timers and no files; that is `engine`.
//!
//! Invariant: after every step a user's places equal what [`crate::evaluate`] says of their whole
//! history at that instant.
//!
//! ```
//! use model::{Text, Timestamp, Zone};
//! use segment::live::{Arrived, ArrivedWhat, Program, Scratch, Step, Watched, What};
//! use segment::{Lifecycle, RfmSettings, Rules, tree::EventMatch};
//! let rules = Rules {
//!     zone: Zone::utc(),
//!     seed: 1,
//!     segments: Default::default(),
//!     composites: Default::default(),
//!     lifecycle: Lifecycle { states: vec![] },
//!     rfm: RfmSettings::of(EventMatch::named("Purchase"), None),
//! };
//! let (definition, _) = segment::parse("did \"Purchase\" in last 30d");
//! let watched = Watched { key: Text::new("segment/buyers"), what: What::Segment(definition) };
//! let (program, refused) = Program::compile(&rules, &[watched], None);
//! assert!(refused.is_empty());
//!
//! let (mut scratch, mut told) = (Scratch::default(), Vec::new());
//! let time = Timestamp::parse("2026-03-01").unwrap();
//! let purchase = Arrived { time, what: ArrivedWhat::Event(&Text::new("Purchase"), &[]) };
//! let (horizon, history) = (i64::MAX, &mut || None);
//! let step = Step { id: "ada", renamed: false, now: time, horizon, since: &[], history };
//! let stepped = program.arrive(&mut scratch, &[], &[purchase], step, &mut told).unwrap();
//! assert_eq!((told[0].at, told[0].to), (time.0, 1));
//! assert_eq!(Timestamp(stepped.horizon), Timestamp::parse("2026-03-31").unwrap());
//! ```

mod chain;
mod codec;
mod compile;
mod condition;
mod due;
mod filter;
mod lists;
mod matches;
mod moving;
mod program;
mod recall;
mod scratch;
mod sliding;
mod source;
mod states;
mod times;
mod user;

pub use matches::Matches;
pub use moving::{Moved, Tables};
pub use program::{DEFAULT_LIFECYCLE, GRACE, NotLive, Program, STATES_MAX, Watched, What};
pub use scratch::{Scratch, first_seen, known_from, known_since};
pub use states::Former;
pub use user::{Arrived, ArrivedWhat, Correction, Damaged, Step, Stepped, Told};
