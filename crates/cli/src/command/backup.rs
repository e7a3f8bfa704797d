//! `perennial backup` and `perennial restore`.

use std::path::Path;

use server::service::history::written;
use wire::api::{Backup, BackupInput};

use crate::arguments::{BackupArguments, Format, RestoreArguments};
use crate::print::{self, Table};
use crate::source::Source;

pub fn backup(arguments: BackupArguments) -> anyhow::Result<()> {
    let BackupArguments { source, to, format } = arguments;
    let source = Source::open(&source)?;
    let made = match &source {
        Source::Local(service) => service.backup_to(Path::new(&to))?,
        Source::Remote(client) => client.post("/api/backups", &BackupInput { name: to })?,
    };
    show(format, &made)?;
    source.close()
}

pub fn restore(arguments: RestoreArguments) -> anyhow::Result<()> {
    let RestoreArguments { from, data_dir, format } = arguments;
    show(format, &written(server::workspace::restore(&from, &data_dir)?))
}

fn show(format: Format, made: &Backup) -> anyhow::Result<()> {
    print::result(format, made, || {
        let mut table = Table::new(["folder", "log position", "files", "bytes"]);
        table.row(vec![
            made.folder.clone(),
            made.log_position.to_string(),
            made.files.to_string(),
            made.bytes.to_string(),
        ]);
        table
    })?;
    Ok(())
}
