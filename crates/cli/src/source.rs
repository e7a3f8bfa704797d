//! Where answers come from: a data directory, or the API of a server. Both give the same.

mod analyses;
mod privacy;

use std::io::Read;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, anyhow};
use serde::Serialize;
use serde::de::DeserializeOwned;
use server::workspace::{Clock, KeepLog, Opened};
use server::{Service, Workspace};
use wire::api;

use crate::WrongUse;
use crate::arguments::{self, LogArguments, MemoryArguments, SourceArguments};

/// Where answers come from.
pub enum Source {
    /// A data directory that this process has open.
    Local(Arc<Service>),
    /// A server.
    Remote(Client),
}

/// The API of a server.
pub struct Client {
    root: String,
    key: Option<String>,
    agent: ureq::Agent,
}

impl Source {
    /// Opens what the arguments name.
    pub fn open(arguments: &SourceArguments) -> anyhow::Result<Source> {
        match (&arguments.data_dir, &arguments.server) {
            (Some(dir), None) => {
                if !dir.is_dir() {
                    return Err(WrongUse(format!(
                        "there is no data directory {}; `import`, `serve` and `demo` make one",
                        dir.display()
                    ))
                    .into());
                }
                Ok(Source::Local(open(dir, &arguments.memory)?))
            }
            (None, Some(_)) if arguments.memory.memory.is_some() => {
                let message = "--memory bounds this process; give it to the server";
                Err(WrongUse(message.into()).into())
            }
            (None, Some(url)) => Ok(Source::Remote(Client::new(url, arguments.key.clone())?)),
            _ => Err(WrongUse("give either --data-dir or --server".into()).into()),
        }
    }

    /// Ends well: a data directory is left with a checkpoint.
    pub fn close(self) -> anyhow::Result<()> {
        if let Source::Local(service) = self {
            service.workspace().close()?;
        }
        Ok(())
    }

    pub fn validate(&self, input: &api::ValidateInput) -> anyhow::Result<api::Validation> {
        match self {
            Source::Local(service) => Ok(service.validate(input)?),
            Source::Remote(client) => client.post("/api/segments/validate", input),
        }
    }

    pub fn preview(&self, input: &api::PreviewInput) -> anyhow::Result<api::Preview> {
        match self {
            Source::Local(service) => Ok(service.preview(input)?),
            Source::Remote(client) => client.post("/api/segments/preview", input),
        }
    }

    pub fn evaluate(&self, input: &api::EvaluateInput) -> anyhow::Result<api::Evaluated> {
        match self {
            Source::Local(service) => Ok(service.evaluate(input)?),
            Source::Remote(client) => client.post("/api/segments/evaluate", input),
        }
    }

    pub fn members(&self, input: &api::MembersInput) -> anyhow::Result<api::Members> {
        match self {
            Source::Local(service) => Ok(service.members(input)?),
            Source::Remote(client) => client.post("/api/segments/members", input),
        }
    }

    pub fn explain(&self, input: &api::ExplainInput) -> anyhow::Result<api::Explanation> {
        match self {
            Source::Local(service) => Ok(service.explain(input)?),
            Source::Remote(client) => client.post("/api/segments/explain", input),
        }
    }

    pub fn lifecycle(&self, query: &api::AtQuery) -> anyhow::Result<api::Lifecycle> {
        match self {
            Source::Local(service) => Ok(service.lifecycle(query)?),
            Source::Remote(client) => client.get("/api/lifecycle", query),
        }
    }

    pub fn lifecycle_transitions(
        &self,
        query: &api::BetweenQuery,
    ) -> anyhow::Result<api::Transitions> {
        match self {
            Source::Local(service) => Ok(service.lifecycle_transitions(query)?),
            Source::Remote(client) => client.get("/api/lifecycle/transitions", query),
        }
    }

    pub fn thresholds(&self, query: &api::ThresholdsQuery) -> anyhow::Result<api::Thresholds> {
        match self {
            Source::Local(service) => Ok(service.thresholds(query)?),
            Source::Remote(client) => client.get("/api/lifecycle/thresholds", query),
        }
    }

    pub fn rfm(&self, query: &api::AtQuery) -> anyhow::Result<api::Rfm> {
        match self {
            Source::Local(service) => Ok(service.rfm(query)?),
            Source::Remote(client) => client.get("/api/rfm", query),
        }
    }

    pub fn rfm_transitions(
        &self,
        query: &api::BetweenQuery,
    ) -> anyhow::Result<api::RfmTransitions> {
        match self {
            Source::Local(service) => Ok(service.rfm_transitions(query)?),
            Source::Remote(client) => client.get("/api/rfm/transitions", query),
        }
    }

    pub fn user(&self, id: &str, query: &api::AtQuery) -> anyhow::Result<api::User> {
        match self {
            Source::Local(service) => Ok(service.user(id, query)?),
            Source::Remote(client) => client.get(&format!("/api/users/{}", encode(id)), query),
        }
    }

    pub fn devices(&self, id: &str) -> anyhow::Result<api::DeviceList> {
        match self {
            Source::Local(service) => Ok(service.devices(id)?),
            Source::Remote(client) => {
                client.get(&format!("/api/users/{}/devices", encode(id)), &api::AtQuery::default())
            }
        }
    }

    pub fn user_events(
        &self,
        id: &str,
        query: &api::EventsQuery,
    ) -> anyhow::Result<api::UserEvents> {
        match self {
            Source::Local(service) => Ok(service.user_events(id, query)?),
            Source::Remote(client) => {
                client.get(&format!("/api/users/{}/events", encode(id)), query)
            }
        }
    }
}

/// Opens a data directory, and says what that mended.
pub fn open(dir: &Path, memory: &MemoryArguments) -> anyhow::Result<Arc<Service>> {
    opened(Workspace::open(dir)?, memory)
}

/// The same by another clock.
pub fn open_at(dir: &Path, memory: &MemoryArguments, clock: Clock) -> anyhow::Result<Arc<Service>> {
    opened(Workspace::open_at(dir, clock)?, memory)
}

fn opened(
    (workspace, opened): (Workspace, Opened),
    memory: &MemoryArguments,
) -> anyhow::Result<Arc<Service>> {
    if let Some(bytes) = memory.memory {
        workspace.cache().set_limit(bytes);
    }
    if opened.cut_bytes > 0 {
        tracing::warn!(
            bytes = opened.cut_bytes,
            "the log ended in an unfinished write that nobody was told of; it was cut"
        );
    }
    Ok(Arc::new(Service::new(Arc::new(workspace))))
}

/// Lets imports read folders below this one.
pub fn allow_imports(service: &Service, root: Option<&Path>) -> anyhow::Result<()> {
    let Some(root) = root else { return Ok(()) };
    service
        .imports()
        .allow(root)
        .with_context(|| format!("the folder of imports {} cannot be read", root.display()))
}

/// Does what the command line says of the log.
pub fn keep_log(service: &Service, log: &LogArguments) -> anyhow::Result<()> {
    let keep = match log.keep_log {
        None => return Ok(()),
        Some(arguments::KeepLog::All) => KeepLog::All,
        Some(arguments::KeepLog::Checkpoint) => KeepLog::Checkpoint,
    };
    Ok(service.workspace().keep_log(keep)?)
}

impl Client {
    /// A client of one server.
    fn new(url: &str, key: Option<String>) -> anyhow::Result<Client> {
        let root = url.trim_end_matches('/').to_owned();
        if !root.starts_with("http://") {
            return Err(WrongUse(format!(
                "\"{url}\" is no address of a server; write it like http://127.0.0.1:7300"
            ))
            .into());
        }
        let agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
        Ok(Client { root, key, agent })
    }

    /// Asks with a query in the address.
    pub fn get<T: DeserializeOwned>(
        &self,
        path: &str,
        query: &impl Serialize,
    ) -> anyhow::Result<T> {
        let url = format!("{}{path}{}", self.root, query_of(query)?);
        let mut request = self.agent.get(&url);
        if let Some(key) = &self.key {
            request = request.header("authorization", format!("Bearer {key}"));
        }
        self.read(request.call())
    }

    /// Asks with a body.
    pub fn post<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &impl Serialize,
    ) -> anyhow::Result<T> {
        self.send(path, "application/json", &serde_json::to_vec(body)?)
    }

    /// Deletes.
    pub fn delete(&self, path: &str) -> anyhow::Result<()> {
        let mut request = self.agent.delete(format!("{}{path}", self.root));
        if let Some(key) = &self.key {
            request = request.header("authorization", format!("Bearer {key}"));
        }
        match request.call() {
            Ok(answer) if answer.status().is_success() => Ok(()),
            refused => self.read::<serde_json::Value>(refused).map(|_| ()),
        }
    }

    /// Replaces with a body.
    pub fn put<T: DeserializeOwned>(&self, path: &str, body: &impl Serialize) -> anyhow::Result<T> {
        let url = format!("{}{path}", self.root);
        let mut request = self.agent.put(url).header("content-type", "application/json");
        if let Some(key) = &self.key {
            request = request.header("authorization", format!("Bearer {key}"));
        }
        self.read(request.send(&serde_json::to_vec(body)?))
    }

    /// Sends bytes.
    pub fn send<T: DeserializeOwned>(
        &self,
        path: &str,
        kind: &str,
        bytes: &[u8],
    ) -> anyhow::Result<T> {
        let mut request =
            self.agent.post(format!("{}{path}", self.root)).header("content-type", kind);
        if let Some(key) = &self.key {
            request = request.header("authorization", format!("Bearer {key}"));
        }
        self.read(request.send(bytes))
    }

    /// Asks with a query in the address, and hands over the answer as it comes.
    pub fn stream(
        &self,
        path: &str,
        query: &api::ExportQuery,
    ) -> anyhow::Result<impl Read + use<>> {
        let url = format!("{}{path}{}", self.root, query_of(query)?);
        let mut request = self.agent.get(&url);
        if let Some(key) = &self.key {
            request = request.header("authorization", format!("Bearer {key}"));
        }
        let answer = request.call();
        match answer {
            Ok(answer) if answer.status().is_success() => Ok(answer.into_body().into_reader()),
            refused => Err(self
                .read::<serde_json::Value>(refused)
                .err()
                .unwrap_or_else(|| anyhow!("{} answered something unexpected", self.root))),
        }
    }

    fn read<T: DeserializeOwned>(
        &self,
        answer: Result<ureq::http::Response<ureq::Body>, ureq::Error>,
    ) -> anyhow::Result<T> {
        let mut answer = answer.with_context(|| format!("ask {}", self.root))?;
        let status = answer.status();
        let limit = 1 << 30; // bytes
        let body = answer.body_mut().with_config().limit(limit).read_to_vec()?;
        if status.is_success() {
            return serde_json::from_slice(&body)
                .with_context(|| format!("{} answered something unexpected", self.root));
        }
        match serde_json::from_slice::<api::Error>(&body) {
            Ok(api::Error { error }) => Err(server::Failure {
                status: status.as_u16(),
                retry_after: None,
                said: Box::default(),
                detail: Box::new(error),
            }
            .into()),
            Err(_) => Err(anyhow!("{} answered {status}", self.root)),
        }
    }
}

/// The fields of a flat structure as the query of an address.
pub fn query_of(query: &impl Serialize) -> anyhow::Result<String> {
    let serde_json::Value::Object(fields) = serde_json::to_value(query)? else {
        return Ok(String::new());
    };
    let mut text = String::new();
    for (name, value) in fields {
        let value = match value {
            serde_json::Value::String(text) => text,
            other => other.to_string(),
        };
        text.push(if text.is_empty() { '?' } else { '&' });
        text += &format!("{name}={}", encode(&value));
    }
    Ok(text)
}

/// Percent-encoding of everything that is not unreserved.
pub(crate) fn encode(text: &str) -> String {
    let mut encoded = String::new();
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                encoded.push(char::from(byte));
            }
            other => encoded += &format!("%{other:02X}"),
        }
    }
    encoded
}
