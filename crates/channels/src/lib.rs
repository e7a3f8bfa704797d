//! Adapters of the protocols by which providers deliver messages.
