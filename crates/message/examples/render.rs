//! Renders templates from standard input, for comparison with other engines (`tests/liquid`).
//!
//! Each line is a JSON object with `template` and `data`; each line of the answer is one with
//! `output`, or with `error`. The instant is 2026-11-20T10:05:09Z, the zone UTC, the output plain.

use std::io::{BufRead, Write};

use message::{Context, Template, Value, parse_json};
use model::Timestamp;

fn main() -> std::io::Result<()> {
    let now = Timestamp::parse("2026-11-20T10:05:09Z").unwrap_or(Timestamp(0));
    let context = Context::at(now);
    let mut out = std::io::stdout().lock();
    for line in std::io::stdin().lock().lines() {
        let asked = parse_json(&line?).unwrap_or_default();
        let source = asked.child("template");
        let answer = answer(source.as_text().unwrap_or(""), &asked.child("data"), &context);
        let (name, text) = match &answer {
            Ok(output) => ("output", output),
            Err(error) => ("error", error),
        };
        writeln!(out, "{{\"{name}\":{}}}", serde_json::Value::from(text.as_str()))?;
    }
    Ok(())
}

fn answer(source: &str, data: &Value, context: &Context<'_>) -> Result<String, String> {
    let template = Template::parse(source).map_err(|problems| {
        problems.iter().map(ToString::to_string).collect::<Vec<_>>().join(" | ")
    })?;
    template.render(data, context).map_err(|stop| stop.to_string())
}
