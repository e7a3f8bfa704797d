//! `perennial erase` and `perennial suppress`.

use anyhow::Context;
use server::workspace::{erase_in_backup, is_backup};
use wire::api::{
    ErasePreview, EraseRequest, ErasureList, ErasureReceipt, Suppression, SuppressionInput,
    SuppressionList,
};

use crate::WrongUse;
use crate::arguments::{EraseArguments, Format, SuppressArguments};
use crate::print::{self, Table};
use crate::source::Source;

pub fn erase(arguments: EraseArguments) -> anyhow::Result<()> {
    let EraseArguments { source, id, suppress, yes, list, receipts, format } = arguments;
    let backup = source.data_dir.clone().filter(|dir| is_backup(dir));
    if let (Some(dir), Some(id), true) = (&backup, &id, yes) {
        if suppress {
            let message =
                "a backup takes nothing: leave out --suppress, or give the directory itself";
            return Err(WrongUse(message.into()).into());
        }
        let receipt = erase_in_backup(dir, id, "command line")?;
        let receipt =
            receipt.with_context(|| format!("nobody in {} has the id \"{id}\"", dir.display()))?;
        return show(format, &receipt);
    }
    if let Some(dir) = backup {
        let message = format!(
            "{} is a backup: write `perennial erase ID --data-dir {} --yes`",
            dir.display(),
            dir.display()
        );
        return Err(WrongUse(message).into());
    }
    let source = Source::open(&source)?;
    match (id, receipts) {
        (Some(id), _) if yes => {
            let confirm = source.erase_preview(&id)?.id;
            show(format, &source.erase(&id, &EraseRequest { confirm, suppress })?)?;
        }
        (Some(id), _) => {
            let preview = source.erase_preview(&id)?;
            print::result(format, &preview, || covered(&preview))?;
            eprintln!("nothing was erased; add --yes to erase this person for good");
        }
        (None, Some(file)) => {
            let text = std::fs::read_to_string(&file)
                .with_context(|| format!("read {}", file.display()))?;
            let all: ErasureList = serde_json::from_str(&text).with_context(|| {
                format!(
                    "{} holds no receipts; `perennial erase --list --format json` writes them",
                    file.display()
                )
            })?;
            again(&source, &all, yes, format)?;
        }
        (None, None) => {
            debug_assert!(list, "one of the three is required");
            let all = source.erasures()?;
            print::result(format, &all, || listed(&all))?;
        }
    }
    source.close()
}

fn again(source: &Source, all: &ErasureList, yes: bool, format: Format) -> anyhow::Result<()> {
    let Source::Local(service) = source else {
        let message = "receipts are taken by a data directory that no server has open";
        return Err(WrongUse(message.into()).into());
    };
    if !yes {
        eprintln!(
            "nothing was erased; add --yes to erase whom {} receipts name",
            all.erasures.len()
        );
        return Ok(());
    }
    let begun = service.erase_again(all)?;
    service.finish_erasures()?;
    let done = begun.erasures.iter().map(|receipt| service.erasure(&receipt.id));
    let done = ErasureList { erasures: done.collect::<Result<_, _>>()? };
    print::result(format, &done, || listed(&done))?;
    Ok(())
}

pub fn suppress(arguments: SuppressArguments) -> anyhow::Result<()> {
    let SuppressArguments { source, id, reason, list, lift, format } = arguments;
    let source = Source::open(&source)?;
    match (id, lift) {
        (Some(id), _) => {
            let made = source.suppress(&SuppressionInput { id, reason })?;
            print::result(format, &made, || suppressions(std::slice::from_ref(&made)))?;
        }
        (None, Some(lift)) => source.lift_suppression(&lift)?,
        (None, None) => {
            debug_assert!(list, "one of the three is required");
            let SuppressionList { suppressions: all } = source.suppressions()?;
            let all = SuppressionList { suppressions: all };
            print::result(format, &all, || suppressions(&all.suppressions))?;
        }
    }
    source.close()
}

fn covered(preview: &ErasePreview) -> Table {
    let mut table = Table::new(["what", "value"]);
    let mut fact = |what: &str, value: String| table.row(vec![what.into(), value]);
    fact("id", preview.id.clone());
    for person in &preview.identity.persons {
        fact("user ids", person.user_ids.join(", "));
        fact("anonymous ids", person.anonymous_ids.join(", "));
        for identity in &person.identities {
            fact("identity", format!("{}:{}", identity.label, identity.value));
        }
    }
    fact("events", preview.events.to_string());
    fact("attribute changes", preview.attribute_changes.to_string());
    fact("first seen", preview.first_seen_at.clone());
    for backup in &preview.backups {
        fact("backup", format!("{} of {}", backup.folder, backup.made_at));
    }
    for segment in &preview.segments {
        fact("segment that names them", segment.clone());
    }
    table
}

fn show(format: Format, receipt: &ErasureReceipt) -> anyhow::Result<()> {
    print::result(format, receipt, || {
        let mut table = Table::new(["place", "removed", "how"]);
        for place in &receipt.places {
            table.row(vec![place.place.clone(), place.removed.to_string(), place.how.clone()]);
        }
        for backup in &receipt.backups {
            table.row(vec![
                "backup".into(),
                "0".into(),
                format!("{}: {}", backup.folder, backup.remedy),
            ]);
        }
        if let Some(found) = &receipt.verification {
            let left: u64 = found.found.iter().map(|of| of.times).sum();
            let how = format!(
                "{} ids looked for in {} files; found {left} times",
                found.ids,
                found.raw_files + found.decoded_files
            );
            table.row(vec!["verification".into(), "0".into(), how]);
        }
        if let Some(failed) = &receipt.failed {
            table.row(vec!["failed".into(), "0".into(), failed.clone()]);
        }
        table
    })?;
    Ok(())
}

fn listed(all: &ErasureList) -> Table {
    let mut table = Table::new(["id", "state", "asked", "by", "done", "ids"]);
    for receipt in &all.erasures {
        table.row(vec![
            receipt.id.clone(),
            format!("{:?}", receipt.state).to_lowercase(),
            receipt.asked_at.clone(),
            receipt.asked_by.clone(),
            receipt.done_at.clone().unwrap_or_default(),
            receipt.subject.len().to_string(),
        ]);
    }
    table
}

fn suppressions(all: &[Suppression]) -> Table {
    let mut table = Table::new(["suppression", "since", "by", "ids", "refused", "reason"]);
    for one in all {
        table.row(vec![
            one.id.clone(),
            one.at.clone(),
            one.by.clone(),
            one.ids.to_string(),
            one.refused.to_string(),
            one.reason.clone(),
        ]);
    }
    table
}
