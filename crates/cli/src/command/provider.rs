//! `perennial provider`: how messages leave, and whether receivers trust their domain.

use anyhow::bail;
use wire::api::{DnsRecords, ProviderList};

use crate::arguments::{ProviderArguments, ProviderCommand, ProviderOneArguments};
use crate::print::{self, Table, number};
use crate::source::{Source, encode};

pub fn run(arguments: ProviderArguments) -> anyhow::Result<()> {
    match arguments.command {
        ProviderCommand::List(arguments) => {
            let source = Source::open(&arguments.source)?;
            let all: ProviderList = match &source {
                Source::Local(service) => service.providers()?,
                Source::Remote(client) => client.get("/api/providers", &())?,
            };
            print::result(arguments.format, &all, || list(&all))?;
            source.close()
        }
        ProviderCommand::Check(arguments) => check(&arguments),
    }
}

fn list(all: &ProviderList) -> Table {
    let mut table = Table::new(["id", "name", "channel", "waiting", "sent", "failed"]);
    for one in &all.providers {
        let channel = serde_json::to_value(one.channel).unwrap_or_default();
        table.row(vec![
            one.id.clone(),
            one.name.clone(),
            channel.as_str().unwrap_or_default().to_owned(),
            number(one.status.waiting),
            number(one.status.sent),
            number(one.status.failed),
        ]);
    }
    table
}

fn check(arguments: &ProviderOneArguments) -> anyhow::Result<()> {
    let source = Source::open(&arguments.source)?;
    let checked: DnsRecords = match &source {
        Source::Local(service) => service.check_dns_here(&arguments.id)?,
        Source::Remote(client) => {
            client.get(&format!("/api/providers/{}/dns", encode(&arguments.id)), &())?
        }
    };
    print::result(arguments.format, &checked, || {
        let mut table = Table::new(["purpose", "state", "kind", "name", "should say", "advice"]);
        for one in &checked.records {
            table.row(vec![
                one.purpose.clone(),
                one.state.clone(),
                one.kind.clone(),
                one.name.clone(),
                one.value.clone(),
                one.advice.clone().unwrap_or_default(),
            ]);
        }
        table
    })?;
    source.close()?;
    if !checked.right {
        bail!("the domain {} does not say what receivers want to see", checked.domain);
    }
    Ok(())
}
