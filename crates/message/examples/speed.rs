//! How many e-mails a second are rendered on one core: a body of 10 kB with 20 variables.
//!
//! `cargo run --release -p message --example speed`

use std::fmt::Write;
use std::time::Instant;

use message::links::{LinkSigner, MessageRef, wrap};
use message::{Context, Escaping, Template, Value};
use model::Timestamp;

const MESSAGES: usize = 100_000;

#[allow(clippy::disallowed_methods)] // measuring is what this program is for
fn main() {
    let mut source = String::from("<html><body>");
    let mut fields = vec![("name".to_owned(), Value::text("Ayşe & <Co>"))];
    for i in 0..20 {
        fields.push((format!("field_{i}"), Value::text("some text of a user")));
        let filter = ["", " | upcase", " | default: 'you'", " | truncate: 12"][i % 4];
        // Writing into a text cannot fail.
        let _ = write!(
            source,
            "<p style=\"color:#333\">{}{{{{ profile.field_{i}{filter} }}}}</p>",
            "Some words that are the same for everybody. ".repeat(10)
        );
    }
    source.push_str("{% if profile.name %}<a href=\"https://shop.example/?a=1\">x</a>{% endif %}");
    source.push_str("</body></html>");
    let profile = Value::map(fields.iter().map(|(name, value)| (name.as_str(), value.clone())));
    let scope = Value::map([("profile", profile)]);
    let Ok(template) = Template::parse(&source) else { return };
    let context = Context { escaping: Escaping::Html, ..Context::at(Timestamp(0)) };
    let mut out = String::new();
    let start = Instant::now();
    for _ in 0..MESSAGES {
        out.clear();
        if template.render_into(&scope, &context, &mut out).is_err() {
            return;
        }
    }
    report("rendered", start, out.len());
    let Ok(signer) = LinkSigner::new("https://go.example/t/", vec![vec![1; 32]]) else { return };
    let expires_at = Timestamp(i64::MAX / 2);
    let message =
        MessageRef { id: 7, expires_at, clicks: true, opens: true, parameters: Vec::new() };
    let start = Instant::now();
    let mut bytes = 0;
    for _ in 0..MESSAGES {
        bytes = wrap(&out, &signer, &message).text.len();
    }
    report("links replaced", start, bytes);
}

fn report(what: &str, start: Instant, bytes: usize) {
    let rate = MESSAGES as f64 / start.elapsed().as_secs_f64();
    println!("{what}: {rate:.0} messages of {bytes} bytes a second");
}
