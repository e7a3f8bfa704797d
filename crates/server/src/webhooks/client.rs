//! Sends one message: a POST with a time limit that follows no redirect.

use std::time::Duration;

use model::Span;
use ureq::http::{Response, StatusCode};

use super::queue::Outcome;
use super::sign::Signed;

/// How long a connection may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// How long everything may take.
const TIMEOUT: Duration = Duration::from_secs(15);

/// Bytes of an answer that are read, so that the connection can be used again; nobody looks at them.
const ANSWER_BYTES: u64 = 64 * 1024;

/// An HTTP client for webhooks; cheap to clone.
#[derive(Clone, Debug)]
pub struct Client(ureq::Agent);

/// What became of one attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// HTTP status, if there was an answer.
    pub status: Option<u16>,
    /// What that means for the message.
    pub outcome: Outcome,
}

impl Client {
    /// A client.
    pub fn new() -> Client {
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            // A receiver that moved has to be told to whoever made the webhook: following would send
            // to an address that nobody chose.
            .max_redirects(0)
            .timeout_connect(Some(CONNECT_TIMEOUT))
            .timeout_global(Some(TIMEOUT))
            .user_agent(concat!("Perennial/", env!("CARGO_PKG_VERSION")))
            .build();
        Client(config.into())
    }

    /// Sends a message. Blocks its thread.
    pub fn send(&self, url: &str, signed: &Signed, body: &str) -> Attempt {
        let answer = self
            .0
            .post(url)
            .header("content-type", "application/json")
            .header("webhook-id", &signed.id)
            .header("webhook-timestamp", &signed.timestamp)
            .header("webhook-signature", &signed.signature)
            .send(body);
        match answer {
            Ok(answer) => Attempt::answered(answer),
            Err(error) => Attempt {
                status: None,
                outcome: Outcome::Failed { why: error.to_string(), refused: false, pause: None },
            },
        }
    }
}

impl Default for Client {
    fn default() -> Client {
        Client::new()
    }
}

impl Attempt {
    fn answered(mut answer: Response<ureq::Body>) -> Attempt {
        let status = answer.status();
        let pause = answer.headers().get("retry-after").and_then(|value| value.to_str().ok());
        let pause = pause.and_then(|text| text.trim().parse::<u32>().ok());
        let pause = pause.map(|seconds| Span(i64::from(seconds) * Span::SECOND.0));
        // What cannot be read costs the connection and nothing else.
        let _ = answer.body_mut().with_config().limit(ANSWER_BYTES).read_to_vec();
        let outcome = match status.is_success() {
            true => Outcome::Delivered,
            false => Outcome::Failed { why: why(status), refused: refused(status), pause },
        };
        Attempt { status: Some(status.as_u16()), outcome }
    }
}

fn why(status: StatusCode) -> String {
    match status.is_redirection() {
        true => format!("HTTP {}; redirects are not followed", status.as_u16()),
        false => format!("HTTP {}", status.as_u16()),
    }
}

/// Whether the receiver says that the message, not the moment, is wrong.
fn refused(status: StatusCode) -> bool {
    let later = [StatusCode::REQUEST_TIMEOUT, StatusCode::CONFLICT, StatusCode::TOO_EARLY];
    status.is_client_error() && status != StatusCode::TOO_MANY_REQUESTS && !later.contains(&status)
}
