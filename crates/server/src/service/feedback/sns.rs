//! What Amazon's SNS needs before it is believed: the certificate that signed, fetched from Amazon alone, and an
//! answer to its question whether we want what it tells.
//!
//! Invariant: nothing is fetched from an address that is not Amazon's own over HTTPS, whatever a message says.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};

use channels::email::feedback::{Error, ses};
use channels::http::{Client, Request, Settings};
use serde_json::Value;

use super::{malformed, refused};
use crate::failure::Failure;
use crate::service::Service;

/// Certificates that are kept: Amazon has one per region, and replaces it once a year.
const KEPT: usize = 32;

/// What an address of Amazon's answered, or why it did not.
pub type Fetched = Pin<Box<dyn Future<Output = Result<Vec<u8>, String>> + Send>>;

/// Fetches an address of Amazon's.
pub type Fetch = dyn Fn(String) -> Fetched + Send + Sync;

/// See the [module](self).
#[derive(Default)]
pub(crate) struct Sns {
    /// Instead of HTTPS, for tests without Amazon.
    fetch: Mutex<Option<Arc<Fetch>>>,
    /// Public keys by the address of their certificate.
    keys: Mutex<BTreeMap<String, Vec<u8>>>,
}

impl Sns {
    async fn get(&self, url: &str) -> Result<Vec<u8>, String> {
        if !ses::is_amazon(url) {
            return Err("the address is not Amazon's".to_owned());
        }
        let own = self.fetch.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(fetch) = own {
            return fetch(url.to_owned()).await;
        }
        let client = Client::new(Settings::guarded()).map_err(|error| error.to_string())?;
        let request = Request {
            method: axum::http::Method::GET,
            url: url.to_owned(),
            headers: Vec::new(),
            body: Default::default(),
        };
        let response = client.send(request).await.map_err(|error| error.to_string())?;
        match response.status == 200 && response.complete {
            true => Ok(response.body.to_vec()),
            false => Err(format!("Amazon answered with status {}", response.status)),
        }
    }

    async fn key(&self, url: &str) -> Result<Vec<u8>, String> {
        let kept = self.keys.lock().unwrap_or_else(PoisonError::into_inner).get(url).cloned();
        if let Some(key) = kept {
            return Ok(key);
        }
        let pem = String::from_utf8(self.get(url).await?).map_err(|_| "no certificate")?;
        let key = ses::public_key(&pem).ok_or("what was fetched is no certificate")?;
        let mut keys = self.keys.lock().unwrap_or_else(PoisonError::into_inner);
        if keys.len() >= KEPT {
            keys.clear();
        }
        keys.insert(url.to_owned(), key.clone());
        Ok(key)
    }
}

impl Service {
    /// What is Amazon's is fetched like this from now on, not over HTTPS.
    pub fn fetch_amazon_with(&self, fetch: Arc<Fetch>) {
        *self.sns.fetch.lock().unwrap_or_else(PoisonError::into_inner) = Some(fetch);
    }

    /// Believes a message of SNS, or refuses it. `false`: it was a question, which is answered.
    pub(super) async fn heard_of_amazon(
        &self,
        body: &[u8],
        topic: Option<&str>,
    ) -> Result<bool, Failure> {
        let envelope: Value = serde_json::from_slice(body).map_err(|error| malformed(&error))?;
        let text = |name: &str| envelope.get(name).and_then(Value::as_str).unwrap_or_default();
        if let Some(topic) = topic
            && text("TopicArn") != topic
        {
            return Err(refused("the message is of another topic than `sns_topic`"));
        }
        let certificate = text("SigningCertURL");
        if !ses::is_amazon(certificate) {
            return Err(refused(
                "its SigningCertURL is not Amazon's; raw delivery is not taken, as it is not signed",
            ));
        }
        let unreachable = |what: String| {
            Failure::new(502, "feedback.amazon", format!("Amazon cannot be asked: {what}"))
                .hint("this server has to reach sns.*.amazonaws.com; SNS tells again by itself")
        };
        let key = self.sns.key(certificate).await.map_err(unreachable)?;
        ses::verify(body, &key).map_err(|error| match error {
            Error::Signature(_) => refused(&error.to_string()),
            other => malformed(&other),
        })?;
        match ses::read(body).map_err(|error| malformed(&error))? {
            ses::Told::Feedback(_) => Ok(true),
            ses::Told::Confirm { url } => {
                self.sns.get(&url).await.map_err(unreachable)?;
                tracing::info!(topic = text("TopicArn"), "a subscription of SNS was confirmed");
                Ok(false)
            }
        }
    }
}
