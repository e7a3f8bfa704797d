//! Parquet, in and out: history and profiles as files that any other tool reads.
//!
//! What it is: [`EventWriter`] and [`ProfileWriter`] write tables with one column for each property,
//! typed by what was seen in it; [`Rows`] reads any flat Parquet file through a
//! [`gateway::import::Mapping`], and files of [`EventWriter`] without one, with equal ids.
//! What it is not: it opens no file and knows no store. It is a crate of its own because its
//! dependencies are the heaviest of the project.
//!
//! Columns of events: `user_id`, `event`, `time`, `received_at` (UTC, milliseconds), `event_id` (16
//! or 32 hexadecimal digits), then the properties by name. A property with one of these names, or whose
//! name begins with `properties.`, gets `properties.` before its name. Values of different kinds
//! under one name, and lists, stand as JSON texts; integers beside floats become floats if all of
//! them are exact as floats. Nothing and absence are both null.

mod columns;
mod json;
mod read;
mod write;

#[cfg(test)]
mod tests;

pub use columns::Columns;
pub use read::Rows;
pub use write::{EventWriter, ProfileWriter};

/// What can go wrong with a Parquet file.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It is no Parquet file, it is damaged, or it cannot be read or written.
    #[error("read or write the Parquet file")]
    Parquet(#[from] parquet::errors::ParquetError),
    /// The file says impossible things about itself.
    #[error("the Parquet file is damaged; export it again")]
    Damaged,
    /// A batch of rows cannot be built.
    #[error("build a batch of rows")]
    Arrow(#[from] arrow_schema::ArrowError),
    /// The mapping does not fit the file, or the file has columns that cannot be read; all of them.
    #[error("the file does not fit: {}", .0.iter().map(|p| p.to_string()).collect::<Vec<_>>().join("; "))]
    Mapping(Vec<gateway::Problem>),
}

/// What the file's own metadata calls the list of columns that hold JSON texts.
const JSON_COLUMNS_KEY: &str = "perennial.json_columns";
/// What the file's own metadata calls the kind of table.
const TABLE_KEY: &str = "perennial.table";
const EVENTS_TABLE: &str = "events.1";
const PROFILES_TABLE: &str = "profiles.1";
const EVENT_COLUMNS: [&str; 5] = ["user_id", "event", "time", "received_at", "event_id"];
const PROFILE_COLUMNS: [&str; 1] = ["user_id"];
/// What stands before a property's name where it would collide.
const ESCAPE: &str = "properties.";
