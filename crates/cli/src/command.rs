//! The commands, one file each.

pub mod about;
pub mod activity;
pub mod backup;
pub mod bench;
pub mod campaign;
pub mod demo;
pub mod export;
pub mod flows;
pub mod funnel;
pub mod history;
pub mod import;
pub mod imports;
pub mod key;
pub mod lifecycle;
pub mod privacy;
pub mod retention;
pub mod revenue;
pub mod rfm;
pub mod schema;
pub mod segment;
pub mod serve;
pub mod sessions;
pub mod simulate;
mod sink;
pub mod trends;
pub mod user;
