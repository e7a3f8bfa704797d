//! Webhooks as people manage them: made, listed, tried, deleted; what was given up is sent again.

use std::sync::Arc;
use std::time::Instant;

use model::Timestamp;
use wire::api::{
    DeadLetter, DeadLetters, DeadLettersQuery, Retried, RetryInput, TransitionKind, Webhook,
    WebhookCreated, WebhookInput, WebhookList, WebhookTested,
};

use super::{Service, limit};
use crate::clock;
use crate::config::ConfigError;
use crate::config::webhooks::{DEAD_LETTERS_KEPT, SavedLetter, SavedWebhook};
use crate::failure::Failure;
use crate::registry::MASK;
use crate::webhooks::queue::{Message, Outcome};
use crate::webhooks::sign::{new_secret, read_secret, sign};
use crate::webhooks::{Client, Webhooks, test_message};

/// Webhooks at most: each has a queue and connections of its own.
const WEBHOOKS_MAX: usize = 20;

/// Bytes of an address at most.
const URL_BYTES_MAX: usize = 2_000;

/// Dead letters without a wish, and at most.
const LETTERS: (u64, u64) = (100, 1_000);

/// Bytes of the random part of an id.
const ID_BYTES: usize = 8;

impl Service {
    /// The queues of all webhooks.
    pub fn webhook_queues(&self) -> Arc<Webhooks> {
        Arc::clone(&self.webhooks)
    }

    /// All webhooks, without their secrets.
    pub fn webhooks(&self) -> Result<WebhookList, Failure> {
        let all = self.workspace.config().webhooks()?;
        let webhooks = all.iter().map(|saved| self.shown(saved)).collect::<Result<_, _>>()?;
        Ok(WebhookList { webhooks })
    }

    /// One webhook.
    pub fn webhook(&self, id: &str) -> Result<Webhook, Failure> {
        self.shown(&self.saved_webhook(id)?)
    }

    /// Makes a webhook. It hears what is told from now on.
    pub fn create_webhook(&self, input: &WebhookInput) -> Result<WebhookCreated, Failure> {
        let config = self.workspace.config();
        if config.webhooks()?.len() >= WEBHOOKS_MAX {
            let message = format!("there are {WEBHOOKS_MAX} webhooks already");
            return Err(Failure::unprocessable("webhook.too_many", message)
                .hint("delete one that is not used"));
        }
        check_url(&input.url)?;
        if let Some(watches) = &input.watches {
            self.check_watches(watches)?;
        }
        let every = [TransitionKind::Entered, TransitionKind::Left, TransitionKind::Changed];
        let kinds = input.kinds.clone().unwrap_or(every.to_vec());
        if kinds.is_empty() {
            return Err(Failure::unprocessable("webhook.kinds", "`kinds` is empty")
                .hint("name entered, left or changed, or leave it out"));
        }
        let secret = match &input.secret {
            None => new_secret()?,
            Some(text) => read_secret(text).ok_or_else(|| {
                Failure::unprocessable("webhook.secret", "this is no secret of a webhook")
                    .hint("write whsec_ and 24 to 64 bytes in base64, or leave it out")
            })?,
        };
        let now = clock::now();
        let saved = SavedWebhook {
            id: random_id("wh_")?,
            url: input.url.clone(),
            watches: input.watches.as_ref().map(json),
            kinds: json(&kinds),
            corrections: input.corrections,
            secret,
            created_at: now,
            settled_until: now,
        };
        config.add_webhook(&saved)?;
        self.webhooks.add(saved.clone());
        Ok(WebhookCreated { webhook: self.shown(&saved)?, secret: saved.secret.0 })
    }

    /// Deletes a webhook and what it has waiting.
    pub fn delete_webhook(&self, id: &str) -> Result<(), Failure> {
        if !self.workspace.config().delete_webhook(id)? {
            return Err(unknown(id));
        }
        self.webhooks.remove(id);
        Ok(())
    }

    /// Sends a test message now, and says what became of it.
    pub fn test_webhook(&self, id: &str) -> Result<WebhookTested, Failure> {
        let SavedWebhook { url, secret, .. } = self.saved_webhook(id)?;
        let now = clock::now();
        let message = test_message(random_id("msg_test_")?, now);
        let signed = sign(&secret, &message.id, now, &message.body);
        let started = Instant::now();
        let attempt = Client::new().send(&url, &signed, &message.body);
        let error = match attempt.outcome {
            Outcome::Delivered => None,
            Outcome::Failed { why, .. } => Some(why),
        };
        Ok(WebhookTested {
            delivered: error.is_none(),
            status: attempt.status,
            error,
            took_ms: started.elapsed().as_secs_f64() * 1e3,
        })
    }

    /// Messages that were given up, newest first.
    pub fn dead_letters(&self, id: &str, query: &DeadLettersQuery) -> Result<DeadLetters, Failure> {
        let n = limit("limit", query.limit, LETTERS.0, LETTERS.1)?;
        self.saved_webhook(id)?;
        let config = self.workspace.config();
        // A message says whom it is about.
        let masked = self.sight().masked();
        let letters = config.dead_letters(id, n)?.into_iter().map(|letter| DeadLetter {
            id: letter.id,
            given_up_at: letter.given_up_at.to_string(),
            attempts: letter.attempts,
            error: letter.error,
            body: if masked { MASK.to_owned() } else { letter.body },
        });
        Ok(DeadLetters { letters: letters.collect(), total: config.n_dead_letters(id)? })
    }

    /// Puts messages that were given up back into the queue, oldest first, as far as there is room.
    pub fn retry_dead_letters(&self, id: &str, input: &RetryInput) -> Result<Retried, Failure> {
        self.saved_webhook(id)?;
        let config = self.workspace.config();
        let mut letters = config.dead_letters(id, DEAD_LETTERS_KEPT as usize)?;
        letters.reverse();
        if let Some(ids) = &input.ids {
            if let Some(other) = ids.iter().find(|id| letters.iter().all(|one| one.id != **id)) {
                let message = format!("there is no dead letter \"{other}\"");
                return Err(Failure::not_found("webhook.no_letter", message)
                    .hint("GET the list again: it may have been sent meanwhile"));
            }
            letters.retain(|letter| ids.contains(&letter.id));
        }
        let taken = self.webhooks.again(id, letters.into_iter().map(message).collect());
        let ids: Vec<&str> = taken.iter().map(String::as_str).collect();
        config.remove_dead_letters(id, &ids)?;
        Ok(Retried { retried: taken.len() as u64 })
    }

    fn saved_webhook(&self, id: &str) -> Result<SavedWebhook, Failure> {
        let found = self.workspace.config().webhooks()?.into_iter().find(|saved| saved.id == id);
        found.ok_or_else(|| unknown(id))
    }

    fn shown(&self, saved: &SavedWebhook) -> Result<Webhook, Failure> {
        let (status, settled_until) =
            self.webhooks.status(&saved.id).unwrap_or((Default::default(), saved.settled_until));
        let read = |json: &String| serde_json::from_str(json).unwrap_or_default();
        Ok(Webhook {
            id: saved.id.clone(),
            url: saved.url.clone(),
            watches: saved.watches.as_ref().map(read),
            kinds: serde_json::from_str(&saved.kinds).unwrap_or_default(),
            corrections: saved.corrections,
            created_at: saved.created_at.to_string(),
            settled_until: settled_until.to_string(),
            waiting: status.waiting,
            delivered: status.delivered,
            missed: status.missed,
            dead: self.workspace.config().n_dead_letters(&saved.id)?,
            failing_since: status.failing_since.as_ref().map(Timestamp::to_string),
            last_error: status.last_error,
        })
    }

    fn check_watches(&self, watches: &[String]) -> Result<(), Failure> {
        let known = self.watch_keys()?;
        let wrong = |message: String| {
            Err(Failure::unprocessable("webhook.watch", message)
                .hint("write segment/ID or lifecycle/KEY; GET /api/live lists them"))
        };
        if watches.is_empty() {
            return wrong("`watches` is empty; leave it out for all".into());
        }
        match watches.iter().find(|key| !known.contains(*key)) {
            Some(other) => wrong(format!("nothing is called \"{other}\" here")),
            None => Ok(()),
        }
    }
}

fn message(letter: SavedLetter) -> Message {
    let SavedLetter { id, body, user, given_up_at, .. } = letter;
    // What it says became known before it was given up, and is settled: it holds nothing up.
    Message { id, body, user, known_at: given_up_at, attempts: 0 }
}

fn json<T: serde::Serialize>(value: &T) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

fn random_id(prefix: &str) -> Result<String, Failure> {
    let mut bytes = [0; ID_BYTES];
    getrandom::fill(&mut bytes).map_err(ConfigError::Random)?;
    let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(format!("{prefix}{digits}"))
}

fn check_url(url: &str) -> Result<(), Failure> {
    let refused = |message: &str| {
        Err(Failure::unprocessable("webhook.url", message)
            .hint("write it like https://example.com/hooks"))
    };
    if url.len() > URL_BYTES_MAX {
        return refused("the address is longer than 2,000 bytes");
    }
    let Ok(read) = url.parse::<axum::http::Uri>() else {
        return refused("the address cannot be read");
    };
    let known = matches!(read.scheme_str(), Some("http" | "https"));
    let authority = read.authority().map(|authority| authority.as_str()).unwrap_or_default();
    if !known || authority.is_empty() {
        return refused("the address begins with neither http:// nor https://");
    }
    if authority.contains('@') {
        return refused(
            "the address holds a name or password; receivers check the signature instead",
        );
    }
    Ok(())
}

fn unknown(id: &str) -> Failure {
    Failure::not_found("webhook.not_found", format!("there is no webhook \"{id}\""))
        .hint("GET /api/webhooks lists them")
}
