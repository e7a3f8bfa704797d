//! What the server answers when it cannot do what it was asked.

use wire::api::{Error, ErrorDetail, Problem, Sentence};

use crate::config::ConfigError;
use crate::sentences::Said;
use crate::workspace::{SubmitError, WorkspaceError};

/// An answer that is not a success: an HTTP status with its body.
#[derive(Clone, Debug, PartialEq)]
pub struct Failure {
    /// HTTP status.
    pub status: u16,
    /// Seconds after which the same may succeed, where that is known.
    pub retry_after: Option<u64>,
    /// Code, message, hint, problems.
    pub detail: Box<ErrorDetail>,
    /// Message and hint as data, where they have codes.
    pub said: Box<SaidToo>,
}

/// What a failure says, as data.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SaidToo {
    /// Its message, without the field that it may name first.
    pub message: Option<Sentence>,
    /// Its hint.
    pub hint: Option<Sentence>,
}

impl Failure {
    /// A failure without hint and problems.
    pub fn new(status: u16, code: &str, message: impl Into<String>) -> Failure {
        let detail = ErrorDetail {
            code: code.into(),
            message: message.into(),
            hint: None,
            problems: Vec::new(),
        };
        Failure { status, retry_after: None, detail: Box::new(detail), said: Box::default() }
    }

    /// What was sent cannot be read.
    pub fn bad_request(code: &str, message: impl Into<String>) -> Failure {
        Failure::new(400, code, message)
    }

    /// What was asked for does not exist.
    pub fn not_found(code: &str, message: impl Into<String>) -> Failure {
        Failure::new(404, code, message)
    }

    /// What was sent can be read and makes no sense.
    pub fn unprocessable(code: &str, message: impl Into<String>) -> Failure {
        Failure::new(422, code, message)
    }

    /// With how to mend it.
    pub fn hint(mut self, hint: impl Into<Said>) -> Failure {
        let Said { text, code } = hint.into();
        (self.detail.hint, self.said.hint) = (Some(text), code);
        self
    }

    /// With when to try again.
    pub fn retry_after(mut self, seconds: u64) -> Failure {
        self.retry_after = Some(seconds);
        self
    }

    /// With all problems.
    pub fn problems(mut self, problems: Vec<Problem>) -> Failure {
        self.detail.problems = problems;
        self
    }

    /// The body.
    pub fn body(&self) -> Error {
        Error { error: (*self.detail).clone() }
    }

    pub(crate) fn internal(code: &str, error: &dyn std::fmt::Display) -> Failure {
        tracing::error!(%error, code, "a request failed inside the server");
        Failure::new(500, code, error.to_string()).hint("see the server's own output")
    }
}

/// Message and hint on one line, for terminals.
impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.detail.message)?;
        match &self.detail.hint {
            Some(hint) => write!(f, "; {hint}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Failure {}

impl From<gateway::Problem> for Failure {
    fn from(problem: gateway::Problem) -> Failure {
        Failure::unprocessable(problem.code, problem.message).hint(problem.hint)
    }
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Failure {
        Failure::internal("server.configuration", &error)
    }
}

impl From<WorkspaceError> for Failure {
    fn from(error: WorkspaceError) -> Failure {
        Failure::internal("server.workspace", &error)
    }
}

impl From<SubmitError> for Failure {
    fn from(error: SubmitError) -> Failure {
        let code = match error {
            SubmitError::ReadOnly(_) => "server.read_only",
            SubmitError::History(_) => "server.history",
            SubmitError::Closing => "server.closing",
        };
        Failure::new(503, code, error.to_string())
    }
}
