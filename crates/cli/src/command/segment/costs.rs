//! `perennial segment explain --analyze`.

use wire::api::{ConditionAnswered, ConditionCost, PreviewInput};

use super::{definition, shown, written};
use crate::arguments::{AtArguments, Format};
use crate::print::{self, Table};
use crate::source::Source;

/// Counts, and shows what each condition cost.
pub fn analyze(arguments: &AtArguments, text: &str) -> anyhow::Result<()> {
    let text = written(text)?;
    let source = Source::open(&arguments.result.source)?;
    let input = PreviewInput {
        definition: definition(&text)?,
        as_of: arguments.as_of.clone(),
        known_at: arguments.known_at.clone(),
        sample: Some(0),
        analyze: true,
    };
    let preview = shown(&text, source.preview(&input))?;
    let conditions = preview.analysis.iter().flat_map(|analysis| &analysis.conditions);
    print::result(arguments.result.format, &preview, || {
        let columns = ["ms", "users", "of", "parts", "rows", "bytes", "condition"];
        let mut table = Table::new(columns);
        conditions.for_each(|cost| table.row(row(cost)));
        table
    })?;
    if let (Format::Table, Some(total)) = (arguments.result.format, &preview.analysis) {
        print::out(&format!(
            "{} users in {:.3} ms; {} rows in {} parts, {} bytes\n",
            preview.count, preview.took_ms, total.rows, total.parts, total.bytes
        ))?;
    }
    source.close()
}

fn row(cost: &ConditionCost) -> Vec<String> {
    let of = match (cost.answered, cost.candidates) {
        (ConditionAnswered::Remembered, _) => "remembered".to_owned(),
        (_, Some(candidates)) => candidates.to_string(),
        (_, None) => "everybody".to_owned(),
    };
    let indent = "  ".repeat(cost.depth as usize);
    vec![
        format!("{:.3}", cost.took_ms),
        cost.users.to_string(),
        of,
        cost.parts.to_string(),
        cost.rows.to_string(),
        cost.bytes.to_string(),
        format!("{indent}{}", cost.text),
    ]
}
