//! The server as a library: the API document, and promises of the workspace across restarts.

mod document;
mod workspace;
