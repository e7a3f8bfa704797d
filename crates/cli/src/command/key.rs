//! `perennial key`: works beside a running server, as keys live in their own file.

use std::path::Path;

use anyhow::{Context, anyhow};
use model::Timestamp;
use server::clock;
use server::config::Config;
use server::workspace::config_path;

use crate::WrongUse;
use crate::arguments::{KeyArguments, KeyCommand};
use crate::print::{self, Table};

pub fn run(arguments: KeyArguments) -> anyhow::Result<()> {
    match arguments.command {
        KeyCommand::Create { data_dir, scope, label, events_per_second } => {
            std::fs::create_dir_all(&data_dir)
                .with_context(|| format!("data directory {}", data_dir.display()))?;
            let config = Config::open(&config_path(&data_dir))?;
            let now = clock::now().0;
            let (_, key) = config.create_limited_key(scope, &label, events_per_second, now)?;
            print::out(&format!("{key}\n"))?;
        }
        KeyCommand::List { data_dir, format } => {
            let keys = existing(&data_dir)?.keys()?;
            let created = |at: i64| Timestamp(at).to_string();
            let json: Vec<_> = keys
                .iter()
                .map(|key| {
                    serde_json::json!({
                        "id": key.id, "scope": key.scope.to_string(), "label": key.label,
                        "events_per_second": key.events_per_second,
                        "created_at": created(key.created_at),
                    })
                })
                .collect();
            print::result(format, &json, || {
                let mut table = Table::new(["id", "scope", "created", "limit", "label"]);
                for key in &keys {
                    let (id, scope) = (key.id.clone(), key.scope.to_string());
                    let limit =
                        key.events_per_second.map_or_else(String::new, |n| format!("{n}/s"));
                    table.row(vec![id, scope, created(key.created_at), limit, key.label.clone()]);
                }
                table
            })?;
        }
        KeyCommand::Revoke { data_dir, id } => {
            if !existing(&data_dir)?.revoke_key(&id)? {
                return Err(anyhow!("there is no key \"{id}\"; `perennial key list` shows them"));
            }
        }
    }
    Ok(())
}

/// The configuration of a data directory that is there.
fn existing(dir: &Path) -> anyhow::Result<Config> {
    if !config_path(dir).is_file() {
        let message = format!("there is no data directory {}", dir.display());
        return Err(WrongUse(format!("{message}; `key create` makes one")).into());
    }
    Ok(Config::open(&config_path(dir))?)
}
