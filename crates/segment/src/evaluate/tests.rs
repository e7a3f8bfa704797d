//! Cases that the generated histories of `testkit` do not single out.
