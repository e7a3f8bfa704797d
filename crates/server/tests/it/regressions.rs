//! What goes wrong elsewhere, by the names of the list of regressions: each through the public API
//! in and to observable effect out, with the clock in our hands.
//!
//! After every step the live numbers are compared with the history's at the same instant, and with
//! what was told.

mod anything;
mod definitions;
mod records;
mod restart;
mod time;
mod volume;
