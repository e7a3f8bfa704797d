//! The commands, one file each.

pub mod backup;
pub mod bench;
pub mod demo;
pub mod export;
pub mod history;
pub mod import;
pub mod key;
pub mod lifecycle;
pub mod rfm;
pub mod segment;
pub mod serve;
pub mod user;
