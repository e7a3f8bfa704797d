//! `connected_content`: makes the request, and goes on if its answer is there.

use std::sync::Arc;

use model::Text;

use super::Renderer;
use crate::Value;
use crate::template::context::Escaping;
use crate::template::stop::{Answer, CACHE_DEFAULT_S, Limit, REQUESTS_MAX, Request, Stop};
use crate::template::tree::{Block, Linked};
use crate::value::{Map, parse_json};

/// The name under which the status of an answer stands beside its content.
const STATUS: &str = "__http_status_code__";

impl<'a> Renderer<'a> {
    pub(super) fn linked(&mut self, linked: &'a Linked, out: &mut String) -> Result<(), Stop> {
        self.n_requests += 1;
        if self.n_requests > REQUESTS_MAX {
            return Err(Stop::Limit { limit: Limit::Requests, max: REQUESTS_MAX });
        }
        let request = self.request(linked)?;
        let found = self.context.answers.iter().find(|(asked, _)| *asked == request);
        let Some((_, answer)) = found else {
            return Err(Stop::Needs { request: Box::new(request) });
        };
        self.budget.work(answer.body.len())?;
        match linked.save {
            Some(symbol) => self.assigned[symbol.0 as usize] = Some(content(answer)),
            None => self.put(&Value::text(&answer.body), false, out)?,
        }
        Ok(())
    }

    fn request(&mut self, linked: &'a Linked) -> Result<Request, Stop> {
        let content_type = self.optional(&linked.content_type)?;
        let json = content_type.contains("json");
        let mut headers = Vec::new();
        for (name, value) in &linked.headers {
            let (name, _) = self.apart(name, Escaping::Plain)?;
            let (value, _) = self.apart(value, Escaping::Plain)?;
            headers.push((line(&name), line(&value)));
        }
        if !content_type.is_empty() {
            headers.push(("Content-Type".to_owned(), line(&content_type)));
        }
        let body = match &linked.body {
            Some(body) => self.apart(body, if json { Escaping::Json } else { Escaping::Plain })?.0,
            None => String::new(),
        };
        let credentials = match &linked.credentials {
            Some(block) => Some(self.apart(block, Escaping::Plain)?.0),
            None => None,
        };
        let mut method = self.optional(&linked.method)?.trim().to_ascii_uppercase();
        if method.is_empty() {
            method.push_str(if linked.body.is_some() { "POST" } else { "GET" });
        }
        Ok(Request {
            method,
            url: self.apart(&linked.url, Escaping::Url)?.0.trim().to_owned(),
            headers,
            body,
            credentials,
            cache_s: linked.cache_s.unwrap_or(CACHE_DEFAULT_S),
            retry: linked.retry,
        })
    }

    fn optional(&mut self, block: &'a Option<Block>) -> Result<String, Stop> {
        match block {
            Some(block) => Ok(self.apart(block, Escaping::Plain)?.0),
            None => Ok(String::new()),
        }
    }
}

/// What the template sees of an answer: a map of its JSON and the status, or its text.
fn content(answer: &Answer) -> Value {
    let status = (Text::new(STATUS), Value::Int(answer.status.into()));
    match parse_json(&answer.body) {
        Some(Value::Map(map)) => {
            let mut entries = map.entries().to_vec();
            entries.push(status);
            Value::Map(Arc::new(Map::new(entries)))
        }
        Some(list @ Value::List(_)) => list,
        _ if !(200..300).contains(&answer.status) => Value::Map(Arc::new(Map::new(vec![status]))),
        _ => Value::text(&answer.body),
    }
}

/// One line: a value with line breaks would add headers of its own.
fn line(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).collect::<String>().trim().to_owned()
}
