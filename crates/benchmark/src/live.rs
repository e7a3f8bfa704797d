//! Live segments under load: definitions of mixed kinds, an endless stream of an app's events, and
//! the engine alone.
//!
//! What it is: what `perennial bench live` measures with, in this process and over HTTP. What it is
//! not: it starts no server.

pub mod alone;
pub mod definitions;
pub mod stream;

pub use definitions::{definitions, states};
pub use stream::Stream;
