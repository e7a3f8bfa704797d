//! Audiences to work with before there is one of one's own.
//!
//! What it is: published data sets as records ([`data_set`]).
//! What it is not: it opens no files, asks no clock and sends nothing.

pub mod data_set;
