//! `perennial user`.

use wire::api::{AtQuery, Device, DeviceList, EventsQuery, User};

use crate::arguments::{Format, UserArguments, UserCommand};
use crate::print::{self, Table};
use crate::source::Source;

pub fn run(arguments: UserArguments) -> anyhow::Result<()> {
    match arguments.command {
        UserCommand::Show { at, id } => {
            let source = Source::open(&at.result.source)?;
            let user = source.user(&id, &AtQuery { as_of: at.as_of, known_at: at.known_at })?;
            print::result(at.result.format, &user, || facts(&user))?;
            source.close()
        }
        UserCommand::Devices { result, id } => {
            let source = Source::open(&result.source)?;
            let list = source.devices(&id)?;
            print::result(result.format, &list, || devices(&list))?;
            source.close()
        }
        UserCommand::Events { at, limit, before, id } => {
            let source = Source::open(&at.result.source)?;
            let query = EventsQuery {
                name: None,
                limit: Some(limit),
                before,
                as_of: at.as_of,
                known_at: at.known_at,
            };
            let events = source.user_events(&id, &query)?;
            print::result(at.result.format, &events, || {
                let mut table = Table::new(["time", "event", "id", "properties"]);
                for event in &events.events {
                    let properties = serde_json::Value::from(event.properties.clone());
                    let (time, name) = (event.time.clone(), event.name.clone());
                    table.row(vec![time, name, event.id.clone(), properties.to_string()]);
                }
                table
            })?;
            source.close()
        }
        UserCommand::Export { source, id } => {
            let source = Source::open(&source)?;
            let export = source.export_person(&id)?;
            print::result(Format::Json, &export, || Table::new([""]))?;
            source.close()
        }
    }
}

fn devices(list: &DeviceList) -> Table {
    let mut table = Table::new(["id", "model", "system", "app", "last seen", "tokens"]);
    for device in &list.devices {
        let Device { id, facts, tokens, last_seen_at, .. } = device;
        let text =
            |name: &str| facts.get(name).and_then(|value| value.as_str()).unwrap_or_default();
        let pair =
            |one: &str, other: &str| format!("{} {}", text(one), text(other)).trim().to_owned();
        let tokens: Vec<String> =
            tokens.iter().map(|token| format!("{} {}", token.kind, token.token)).collect();
        table.row(vec![
            id.clone(),
            pair("device.manufacturer", "device.model"),
            pair("device.os", "device.os_version"),
            pair("app.version", "app.build"),
            last_seen_at.clone(),
            tokens.join(", "),
        ]);
    }
    table
}

fn facts(user: &User) -> Table {
    let mut table = Table::new(["what", "value"]);
    let mut fact = |what: &str, value: String| table.row(vec![what.into(), value]);
    fact("id", user.id.clone());
    fact("type", format!("{:?}", user.kind).to_lowercase());
    fact("user ids", user.user_ids.join(", "));
    fact("anonymous ids", user.anonymous_ids.join(", "));
    fact("first seen", user.first_seen_at.clone());
    fact("last seen", user.last_seen_at.clone());
    fact("events", user.events.to_string());
    if let Some(state) = &user.state {
        let since = state.since.as_ref().map(|at| format!(" since {at}")).unwrap_or_default();
        fact("state", format!("{}{since}", state.name));
    }
    if let Some(rfm) = &user.rfm {
        fact("rfm", format!("{}{}{} {}", rfm.r, rfm.f, rfm.m, rfm.group_name));
    }
    for segment in &user.segments {
        fact("segment", segment.name.clone());
    }
    for (name, value) in &user.attributes {
        fact(name, value.to_string());
    }
    for event in &user.summary {
        let range = format!("{} from {} to {}", event.count, event.first_at, event.last_at);
        fact(&event.event, range);
    }
    table
}
