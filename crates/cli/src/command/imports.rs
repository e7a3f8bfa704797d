//! `perennial imports`: folders and buckets that are looked through again and again.

use wire::api::{ImportPlace, ImportRun, ImportSource, ImportSourceInput, ImportSourceList};

use crate::WrongUse;
use crate::arguments::{
    Format, ImportsAddArguments, ImportsArguments, ImportsCommand, ImportsListArguments,
    ImportsOneArguments,
};
use crate::print::{self, Table, number};
use crate::source::{self, Source, encode};

/// The environment variable with the secret of a bucket's key: arguments are seen by everybody on the
/// machine.
const SECRET_KEY: &str = "PERENNIAL_SECRET_KEY";

pub fn run(arguments: ImportsArguments) -> anyhow::Result<()> {
    match arguments.command {
        ImportsCommand::List(arguments) => list(&arguments),
        ImportsCommand::Add(arguments) => add(*arguments),
        ImportsCommand::Run(arguments) => run_one(&arguments),
        ImportsCommand::Delete(arguments) => delete(&arguments),
    }
}

fn list(arguments: &ImportsListArguments) -> anyhow::Result<()> {
    let source = Source::open(&arguments.source)?;
    let all: ImportSourceList = match &source {
        Source::Local(service) => service.import_sources()?,
        Source::Remote(client) => client.get("/api/imports", &())?,
    };
    print::result(arguments.format, &all, || table(&all.sources))?;
    source.close()
}

fn add(arguments: ImportsAddArguments) -> anyhow::Result<()> {
    let source = Source::open(&arguments.source)?;
    let place = match (arguments.directory, arguments.bucket) {
        (Some(path), _) => ImportPlace::Directory { path },
        (None, Some(bucket)) => ImportPlace::Bucket {
            endpoint: arguments.endpoint.unwrap_or_default(),
            region: arguments.region,
            bucket,
            prefix: arguments.prefix,
            access_key: arguments.access_key.unwrap_or_default(),
            secret_key: Some(std::env::var(SECRET_KEY).map_err(|_| {
                WrongUse(format!("put the secret of the key into the variable {SECRET_KEY}"))
            })?),
        },
        (None, None) => return Err(WrongUse("give --directory or --bucket".into()).into()),
    };
    let input = ImportSourceInput {
        name: arguments.name,
        place,
        format: arguments.form.get(),
        mapping: arguments.map,
        every_minutes: arguments.every,
        paused: arguments.paused,
    };
    let made: ImportSource = match &source {
        Source::Local(service) => {
            source::allow_imports(service, arguments.import_dir.as_deref())?;
            service.create_import_source(&input)?
        }
        Source::Remote(client) => client.post("/api/imports", &input)?,
    };
    print::out(&format!("{}\n", made.id))?;
    source.close()
}

fn run_one(arguments: &ImportsOneArguments) -> anyhow::Result<()> {
    let source = Source::open(&arguments.source)?;
    match &source {
        Source::Local(service) => {
            source::allow_imports(service, arguments.import_dir.as_deref())?;
            let run = service.run_import_here(&arguments.id)?;
            print::result(Format::Table, &run, || run_table(&run))?;
            service.settle()?;
            if let Some(error) = run.error {
                source.close()?;
                return Err(anyhow::anyhow!("the import failed: {error}"));
            }
        }
        Source::Remote(client) => {
            let path = format!("/api/imports/{}/run", encode(&arguments.id));
            let _: ImportSource = client.post(&path, &())?;
            print::out("asked for; `perennial imports list` shows how it goes\n")?;
        }
    }
    source.close()
}

fn delete(arguments: &ImportsOneArguments) -> anyhow::Result<()> {
    let source = Source::open(&arguments.source)?;
    match &source {
        Source::Local(service) => service.delete_import_source(&arguments.id)?,
        Source::Remote(client) => {
            client.delete(&format!("/api/imports/{}", encode(&arguments.id)))?;
        }
    }
    source.close()
}

fn table(sources: &[ImportSource]) -> Table {
    let mut table =
        Table::new(["id", "name", "files", "last run", "accepted", "rejected", "state"]);
    for source in sources {
        let last = source.last_run.as_ref();
        let figure =
            |read: fn(&ImportRun) -> u64| last.map_or(String::new(), |run| number(read(run)));
        let state = match (source.running, last.and_then(|run| run.error.as_deref())) {
            (true, _) => "running".to_owned(),
            (false, Some(error)) => format!("failed: {error}"),
            (false, None) if source.paused => "paused".to_owned(),
            (false, None) => String::new(),
        };
        table.row(vec![
            source.id.clone(),
            source.name.clone(),
            number(source.files),
            last.map_or(String::new(), |run| run.ended_at.clone()),
            figure(|run| run.accepted),
            figure(|run| run.rejected),
            state,
        ]);
    }
    table
}

fn run_table(run: &ImportRun) -> Table {
    let mut table = Table::new(["what", "n"]);
    let figures = [
        ("files read", run.files),
        ("rows read", run.rows),
        ("accepted", run.accepted),
        ("duplicates", run.duplicates),
        ("rejected", run.rejected),
    ];
    for (what, n) in figures {
        table.row(vec![what.into(), number(n)]);
    }
    if let Some(error) = &run.error {
        table.row(vec![format!("failed: {error}"), String::new()]);
    }
    table
}
