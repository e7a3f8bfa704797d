//! `perennial flows`.

use wire::api::{FlowDirection, FlowKind, FlowNode, Flows, FlowsInput};

use super::about::event;
use crate::arguments::FlowsArguments;
use crate::print::{self, Table};
use crate::source::Source;

pub fn run(arguments: FlowsArguments) -> anyhow::Result<()> {
    let format = arguments.at.result.format;
    let source = Source::open(&arguments.at.result.source)?;
    let direction =
        if arguments.to.is_some() { FlowDirection::Before } else { FlowDirection::After };
    let anchor = arguments.to.or(arguments.from).unwrap_or_default();
    let input = FlowsInput {
        anchor: event(&anchor)?,
        steps: arguments.steps.as_deref().map(event).transpose()?,
        direction,
        depth: Some(arguments.depth),
        gap: arguments.gap,
        window: arguments.window,
        collapse: arguments.collapse,
        top: arguments.top,
        since: arguments.since,
        until: arguments.until,
        segment: arguments.segment,
        as_of: arguments.at.as_of,
        known_at: arguments.at.known_at,
    };
    let flows = source.flows(&input)?;
    print::result(format, &flows, || links(&flows))?;
    source.close()
}

fn links(flows: &Flows) -> Table {
    let mut table = Table::new(["step", "from", "to", "paths", "users"]);
    let node = |id: u64| flows.nodes.iter().find(|node| node.id == id);
    for link in &flows.links {
        let (Some(from), Some(to)) = (node(link.from), node(link.to)) else { continue };
        table.row(vec![
            to.step.to_string(),
            name(from),
            name(to),
            link.paths.to_string(),
            link.users.to_string(),
        ]);
    }
    table
}

fn name(node: &FlowNode) -> String {
    match node.kind {
        FlowKind::Anchor => "(anchor)".into(),
        FlowKind::Event => node.event.clone().unwrap_or_default(),
        FlowKind::Other => "(other)".into(),
        FlowKind::End => "(end)".into(),
    }
}
