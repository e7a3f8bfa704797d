//! `perennial journey test`: stories of journeys, played without a server.

use std::path::Path;

use anyhow::{Context, bail};
use server::journeys::story::{self, BYTES_MAX, Outcome};

use crate::arguments::JourneyTestArguments;
use crate::print;

pub fn run(arguments: &JourneyTestArguments) -> anyhow::Result<()> {
    let (mut stories, mut failed) = (0, 0);
    for file in &arguments.files {
        let text = read(file)?;
        let folder = file.parent().unwrap_or(Path::new("."));
        let journey = |name: &str| read(&folder.join(name)).map_err(|error| format!("{error:#}"));
        let report = story::run(&file.display().to_string(), &text, &journey)?;
        for told in &report.stories {
            stories += 1;
            failed += usize::from(!told.failures.is_empty());
            print::out(&shown(file, told, arguments.paths))?;
        }
    }
    if failed > 0 {
        bail!("{failed} of {stories} stories are not as told");
    }
    print::out(&format!("{stories} stories are as told\n"))?;
    Ok(())
}

fn read(path: &Path) -> anyhow::Result<String> {
    let size = std::fs::metadata(path)
        .with_context(|| format!("{} cannot be read", path.display()))?
        .len();
    if size > BYTES_MAX {
        bail!("{} has {size} bytes; at most {BYTES_MAX} are read", path.display());
    }
    std::fs::read_to_string(path).with_context(|| format!("{} cannot be read", path.display()))
}

fn shown(file: &Path, told: &Outcome, paths: bool) -> String {
    let is = if told.failures.is_empty() { "ok    " } else { "failed" };
    let mut text = format!("{is}  {}: {}\n", file.display(), told.name);
    for failure in &told.failures {
        text.push_str(&format!("        {failure}\n"));
    }
    if paths || !told.failures.is_empty() {
        text.push_str("        what happened:\n");
        for line in &told.path {
            text.push_str(&format!("          {line}\n"));
        }
    }
    text
}
