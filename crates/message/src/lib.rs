//! What is said to people: templates, content per channel, links, and what is wrong with them.
//!
//! What it is: pure functions from what people wrote and what is known of a user to the strings
//! that a channel sends. What it is not: it sends nothing, asks no server and no clock, reads no
//! storage and knows no serialisation.
//!
//! ```
//! use message::{Context, Template, Value};
//! let template = Template::parse("Hello {{ profile.name | default: 'you' }}!").unwrap();
//! let scope = Value::map([("profile", Value::map([("name", "Ayşe".into())]))]);
//! let context = Context::at(model::Timestamp(0));
//! assert_eq!(template.render(&scope, &context).unwrap(), "Hello Ayşe!");
//! ```

pub mod content;
mod html;
pub mod links;
pub mod lint;
pub mod locale;
pub mod problem;
pub mod sms;
pub mod template;
pub mod value;

pub use content::{Body, Compiled, Content, Rendered};
pub use locale::Locale;
pub use problem::{Problem, Severity};
pub use template::{
    Answer, Context, Escaping, Limit, Limits, Read, Request, Scope, Stop, Template,
};
pub use value::{Map, Value, parse_json};
