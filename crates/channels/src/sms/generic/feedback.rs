//! What a provider of text messages tells over HTTP, in the words that its owner says it uses.
//!
//! A body is JSON (an object, or a list of objects) or a form. Each object is either something that a
//! recipient wrote (it has a text) or a receipt (it has a status). Which field holds what, and which
//! statuses mean what, are settings; a field of JSON may be named by a pointer (`/message/id`).
//! What it is not: it checks no secret, and knows no message.

use serde_json::Value;

use crate::contract::{Address, Code, clip};
use crate::form;

/// Largest body in bytes.
pub const BODY_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Most objects of one body.
pub const EVENTS_MAX: usize = 10_000;
/// Most fields of a form.
const FIELDS_MAX: usize = 200;

/// Names of fields, and what statuses mean.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fields {
    /// The provider's name for the message, as it was told when it was accepted.
    pub id: String,
    /// Our own name for the message, where the provider repeats it.
    pub message: String,
    /// How far it came.
    pub status: String,
    /// Why not, in the provider's words.
    pub error: String,
    /// Of a receipt, the recipient; of a text, who it was written to.
    pub to: String,
    /// Of a text, who wrote it.
    pub from: String,
    /// What was written.
    pub text: String,
    /// Statuses that say that it arrived, whatever their case.
    pub delivered: Vec<String>,
    /// Statuses that say that it will not arrive.
    pub failed: Vec<String>,
    /// Statuses that say that the number leads nowhere.
    pub dead: Vec<String>,
}

impl Default for Fields {
    fn default() -> Fields {
        let own = |name: &str| name.to_owned();
        let list = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        Fields {
            id: own("id"),
            message: own("message"),
            status: own("status"),
            error: own("error"),
            to: own("to"),
            from: own("from"),
            text: own("text"),
            delivered: list(&["delivered", "delivrd"]),
            failed: list(&["failed", "undelivered", "undeliv", "rejected", "rejectd", "expired"]),
            dead: list(&["invalid", "unknown_subscriber"]),
        }
    }
}

/// What is told.
#[derive(Clone, PartialEq)]
pub enum Told {
    /// What became of a message.
    Receipt {
        /// The provider's name for it.
        provider_id: Option<String>,
        /// Our name for it.
        message: Option<String>,
        /// The recipient.
        to: Option<String>,
        /// How far it came.
        state: State,
    },
    /// A recipient wrote.
    Answer {
        /// The provider's name for what was written.
        id: Option<String>,
        /// Who wrote.
        from: String,
        /// To which of our numbers.
        to: String,
        /// What was written.
        text: String,
    },
}

/// Shows no number and no text.
impl std::fmt::Debug for Told {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Told::Receipt { provider_id, message, state, .. } => {
                write!(f, "Receipt({provider_id:?}, {message:?}, {state:?})")
            }
            Told::Answer { id, .. } => write!(f, "Answer({id:?})"),
        }
    }
}

/// How far a message came.
#[derive(Clone, Debug, PartialEq)]
pub enum State {
    /// It is on the telephone.
    Delivered,
    /// It did not arrive.
    Failed {
        /// Why.
        code: Code,
        /// What it says about the number.
        address: Address,
        /// The provider's words.
        detail: String,
    },
}

/// Why something is not understood.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Neither JSON nor a form.
    #[error("the body is neither JSON nor a form of at most {FIELDS_MAX} fields")]
    Malformed,
    /// Too large, or too many.
    #[error("the body has more than {BODY_BYTES_MAX} bytes or {EVENTS_MAX} objects")]
    TooLarge,
    /// An object that is neither.
    #[error(
        "the {n}. object has neither the field \"{text}\" (what was written) nor \"{status}\" (what became of a message); say in the provider's settings what they are called"
    )]
    Neither {
        /// Which one, from 1.
        n: usize,
        /// The field of texts.
        text: String,
        /// The field of statuses.
        status: String,
    },
    /// An object without what tells whom it is about.
    #[error("the {n}. object does not have the field \"{field}\"")]
    Missing {
        /// Which one, from 1.
        n: usize,
        /// The field.
        field: String,
    },
}

/// Reads a body. What is no end of a message (queued, sent) is left out.
pub fn read(body: &[u8], fields: &Fields) -> Result<Vec<Told>, Error> {
    if body.len() > BODY_BYTES_MAX {
        return Err(Error::TooLarge);
    }
    let objects = match serde_json::from_slice::<Value>(body) {
        Ok(Value::Array(objects)) => objects,
        Ok(object @ Value::Object(_)) => vec![object],
        _ => {
            let pairs = form::fields(body, FIELDS_MAX).ok_or(Error::Malformed)?;
            if pairs.is_empty() {
                return Err(Error::Malformed);
            }
            let pairs = pairs.into_iter().map(|(name, value)| (name, Value::String(value)));
            vec![Value::Object(pairs.collect())]
        }
    };
    if objects.len() > EVENTS_MAX {
        return Err(Error::TooLarge);
    }
    let mut all = Vec::new();
    for (at, object) in objects.iter().enumerate() {
        all.extend(one(object, fields, at + 1)?);
    }
    Ok(all)
}

fn one(object: &Value, fields: &Fields, n: usize) -> Result<Option<Told>, Error> {
    let get = |name: &str| field(object, name);
    let missing = |name: &str| Error::Missing { n, field: name.to_owned() };
    if let Some(text) = get(&fields.text) {
        let from = get(&fields.from).ok_or_else(|| missing(&fields.from))?;
        let (id, to) = (get(&fields.id), get(&fields.to).unwrap_or_default());
        return Ok(Some(Told::Answer { id, from, to, text }));
    }
    let Some(status) = get(&fields.status) else {
        let (text, status) = (fields.text.clone(), fields.status.clone());
        return Err(Error::Neither { n, text, status });
    };
    let among = |words: &[String]| words.iter().any(|word| word.eq_ignore_ascii_case(&status));
    let failed = |code, address| {
        let error = get(&fields.error).unwrap_or_default();
        State::Failed { code, address, detail: clip(&format!("{status} {error}")) }
    };
    let state = match () {
        () if among(&fields.delivered) => State::Delivered,
        () if among(&fields.dead) => failed(Code::AddressUnknown, Address::DEAD),
        () if among(&fields.failed) => failed(Code::ProviderRefused, Address::Unknown),
        () => return Ok(None),
    };
    let (provider_id, message) = (get(&fields.id), get(&fields.message));
    Ok(Some(Told::Receipt { provider_id, message, to: get(&fields.to), state }))
}

/// A field as text; empty counts as missing.
fn field(object: &Value, name: &str) -> Option<String> {
    let found = if name.starts_with('/') { object.pointer(name) } else { object.get(name) };
    let text = match found? {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        _ => return None,
    };
    Some(text).filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read_json(body: &Value) -> Result<Vec<Told>, Error> {
        read(body.to_string().as_bytes(), &Fields::default())
    }

    #[test]
    fn receipts_and_texts_in_one_list() {
        let told = read_json(&json!([
            {"id": "p1", "message": "k1", "status": "DELIVERED", "to": "+491701234567"},
            {"id": 7, "status": "rejected", "error": "operator"},
            {"id": "p3", "status": "invalid"},
            {"id": "p4", "status": "queued"},
            {"id": "in1", "from": "+491701234567", "to": "4711", "text": "Stop"},
        ]))
        .unwrap();
        assert_eq!(told.len(), 4);
        assert_eq!(
            told[0],
            Told::Receipt {
                provider_id: Some("p1".into()),
                message: Some("k1".into()),
                to: Some("+491701234567".into()),
                state: State::Delivered,
            }
        );
        let Told::Receipt { provider_id, state, .. } = &told[1] else { panic!() };
        assert_eq!(provider_id.as_deref(), Some("7"));
        let detail = "rejected operator".to_owned();
        let (code, address) = (Code::ProviderRefused, Address::Unknown);
        assert_eq!(*state, State::Failed { code, address, detail });
        let Told::Receipt { state: State::Failed { address, .. }, .. } = &told[2] else { panic!() };
        assert_eq!(*address, Address::DEAD);
        assert!(matches!(&told[3], Told::Answer { text, .. } if text == "Stop"));
        assert!(!format!("{told:?}").contains("4917"));
    }

    #[test]
    fn fields_are_called_as_the_settings_say() {
        let own = Fields {
            id: "/result/sid".into(),
            status: "/result/state".into(),
            delivered: vec!["3".into()],
            ..Fields::default()
        };
        let body = json!({"result": {"sid": "a", "state": 3}});
        let told = read(body.to_string().as_bytes(), &own).unwrap();
        assert!(matches!(&told[0], Told::Receipt { provider_id: Some(id), .. } if id == "a"));
        let told = read(b"from=%2B491701234567&text=Hi+there", &Fields::default()).unwrap();
        assert!(matches!(&told[0], Told::Answer { text, .. } if text == "Hi there"));
    }

    #[test]
    fn what_is_neither_is_named() {
        let error = read_json(&json!([{"status": "delivered"}, {"state": 1}])).unwrap_err();
        assert!(matches!(error, Error::Neither { n: 2, .. }), "{error}");
        let error = read_json(&json!({"text": "Hi"})).unwrap_err();
        assert_eq!(error, Error::Missing { n: 1, field: "from".into() });
        for none in [&b""[..], b"\xff\xfe=\xff"] {
            assert_eq!(read(none, &Fields::default()), Err(Error::Malformed));
        }
    }
}
