//! Assignment to groups, and what a comparison of groups says.
