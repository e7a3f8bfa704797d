//! Flows.

use std::collections::BTreeMap;

use history::flows::{self, DEPTH_MAX, Direction, Question, Stop};
use history::groups::UserGroups;
use model::{Span, Timestamp};
use wire::api::{FlowDirection, FlowKind, FlowLink, FlowNode, Flows, FlowsInput};

use super::super::{Service, limit, span};
use super::{event, event_or_any, optional_instant};
use crate::failure::Failure;

/// Steps of a path without a wish.
const DEPTH: u64 = 4;

/// Names of a step without a wish, and at most.
const TOP: (u64, u64) = (6, 50);

/// Silence that ends a path without a wish.
const GAP: Span = Span(30 * Span::MINUTE.0);

impl Service {
    /// What happens after an event, or before it.
    pub fn flows(&self, input: &FlowsInput) -> Result<Flows, Failure> {
        let question = question(input)?;
        let view = self.view(input.as_of.as_deref(), input.known_at.as_deref())?;
        let evaluator = view.evaluator();
        let within = self.within(&view, &evaluator, input.segment.as_deref())?;
        let found = flows::flows(&evaluator, &question, &UserGroups::one(within.as_ref()))?;
        let ids: BTreeMap<(u8, &Stop), u64> =
            found.nodes.iter().map(|node| (node.step, &node.stop)).zip(0..).collect();
        let node = |(id, node): (u64, &flows::Node)| {
            let (kind, event) = kind(&node.stop);
            let step = u64::from(node.step);
            FlowNode { id, step, kind, event, users: node.users, paths: node.paths }
        };
        let id = |step: u8, stop: &Stop| ids.get(&(step, stop)).copied().unwrap_or_default();
        let link = |link: &flows::Link| FlowLink {
            from: id(link.step - 1, &link.from),
            to: id(link.step, &link.to),
            users: link.users,
            paths: link.paths,
        };
        Ok(Flows {
            as_of: view.at.to_string(),
            nodes: (0..).zip(&found.nodes).map(node).collect(),
            links: found.links.iter().map(link).collect(),
        })
    }
}

fn question(input: &FlowsInput) -> Result<Question, Failure> {
    let gap = match input.gap.as_deref() {
        None => Some(GAP),
        Some("none") => None,
        Some(text) => Some(span("gap", text)?),
    };
    let since = optional_instant("since", input.since.as_deref())?;
    let until = optional_instant("until", input.until.as_deref())?;
    Ok(Question {
        anchor: event(&input.anchor)?,
        range: (since.unwrap_or(Timestamp::MIN), until.unwrap_or(Timestamp::MAX)),
        steps: event_or_any(input.steps.as_ref())?,
        direction: match input.direction {
            FlowDirection::After => Direction::After,
            FlowDirection::Before => Direction::Before,
        },
        depth: limit("depth", input.depth, DEPTH, u64::from(DEPTH_MAX))? as u8,
        gap,
        window: input.window.as_deref().map(|text| span("window", text)).transpose()?,
        collapse: input.collapse,
        top: limit("top", input.top, TOP.0, TOP.1)?,
    })
}

fn kind(stop: &Stop) -> (FlowKind, Option<String>) {
    match stop {
        Stop::Anchor => (FlowKind::Anchor, None),
        Stop::Event(name) => (FlowKind::Event, Some(name.to_string())),
        Stop::Other => (FlowKind::Other, None),
        Stop::End => (FlowKind::End, None),
    }
}
