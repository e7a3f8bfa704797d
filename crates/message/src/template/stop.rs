//! Why a rendering ended before its end, and what linked content asks for.

/// Why there is no message.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Stop {
    /// The template says that this user gets no message. Not an error: it is counted as its own
    /// reason.
    #[error("the template stopped the message: {reason}")]
    Abort {
        /// What the template says; empty if it says nothing.
        reason: String,
    },
    /// A bound was passed.
    #[error("the template needs more than {max} {limit}; make it shorter or its loops smaller")]
    Limit {
        /// Which one.
        limit: Limit,
        /// The bound, in the unit of the limit.
        max: u64,
    },
    /// The answer of another server is needed: fetch it, hand it in with the context, render again.
    #[error("the template needs the answer of {} {}", request.method, request.url)]
    Needs {
        /// What to ask.
        request: Box<Request>,
    },
}

/// What is limited while rendering.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// Operations and filters.
    Steps,
    /// Bytes of the rendered text.
    OutputBytes,
    /// Bytes of everything that filters made.
    WorkBytes,
    /// Rounds of all loops together.
    Iterations,
    /// Requests for linked content.
    Requests,
}

impl std::fmt::Display for Limit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Limit::Steps => "steps",
            Limit::OutputBytes => "bytes of output",
            Limit::WorkBytes => "bytes of work",
            Limit::Iterations => "rounds of loops",
            Limit::Requests => "requests",
        })
    }
}

/// What to ask of another server. Equal requests have equal answers for as long as they are kept.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Request {
    /// `GET`, `POST`, in capitals.
    pub method: String,
    /// The address, rendered.
    pub url: String,
    /// Names and values, in the order in which they were written.
    pub headers: Vec<(String, String)>,
    /// What is sent; empty for nothing.
    pub body: String,
    /// The name of stored credentials to send along, if any.
    pub credentials: Option<String>,
    /// How long an answer may be kept, in seconds.
    pub cache_s: u32,
    /// Whether to try again later instead of rendering without an answer.
    pub retry: bool,
}

/// What another server answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status; 0 if there was no answer.
    pub status: u16,
    /// The body; JSON becomes a map or list that the template can look into.
    pub body: String,
}

/// How long an answer is kept if the template does not say, in seconds: the same for all users of
/// one campaign, gone by the next.
pub const CACHE_DEFAULT_S: u32 = 300;
/// Requests of one message: each of them delays it.
pub const REQUESTS_MAX: u64 = 10;
