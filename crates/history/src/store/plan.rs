//! Which parts of a family become one: a pure function over numbers of rows.
//!
//! The tier of a part is the logarithm of its rows to base 4, rounded down. Four parts or more of
//! one tier become one part, which is of a higher tier. So a row that was written is written again
//! only to reach a higher tier, and no part exceeds [`PART_ROWS_MAX`] = 4^11 rows: **a row is written
//! at most 12 times**, once when it is flushed and once for each of 11 tiers, and `log4(rows)` times
//! on the average of a family that grows evenly. A family holds at most three parts of a tier
//! beside those that are too large to be merged.

/// No part is made larger than this: bounds the memory and the time of one merge.
pub(crate) const PART_ROWS_MAX: usize = 4 * 1_024 * 1_024;
/// So many parts of one tier become one.
pub(crate) const TIER_PARTS: usize = 4;
/// The most times that a row is written because of its family's growth.
#[cfg(test)]
pub(crate) const ROW_WRITES_MAX: u64 = 12;

/// How far merging goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Merging {
    /// Parts of one tier, as they come to be four: cheap, for every checkpoint.
    Tiered,
    /// Everything that fits into one part: dear, on demand.
    Full,
}

/// What the plan must know of a part.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Candidate {
    /// Its rows.
    pub(crate) rows: usize,
    /// Whether it must be written in any case.
    pub(crate) unwritten: bool,
}

/// Parts that become one.
#[derive(Clone, Debug, PartialEq)]
struct Node {
    members: Vec<usize>,
    rows: usize,
    unwritten: bool,
}

/// Which parts are written, each inner list as one new part, by their places. Parts in no list stay
/// as they are.
pub(crate) fn plan(parts: &[Candidate], merging: Merging) -> Vec<Vec<usize>> {
    let mut nodes: Vec<Node> = Vec::new();
    let (unwritten, written): (Vec<_>, Vec<_>) =
        parts.iter().enumerate().partition(|(_, part)| part.unwritten);
    nodes.extend(written.into_iter().map(node));
    // What must be written anyway costs nothing more as one.
    nodes.extend(packed(unwritten.into_iter().map(node).collect(), PART_ROWS_MAX));
    match merging {
        Merging::Tiered => {
            while let Some(tier) = full_tier(&nodes, PART_ROWS_MAX) {
                nodes = join(nodes, &tier);
            }
        }
        Merging::Full => nodes = packed(nodes, PART_ROWS_MAX),
    }
    let mut groups: Vec<Vec<usize>> = nodes
        .into_iter()
        .filter(|node| node.unwritten || node.members.len() > 1)
        .map(|node| node.members)
        .collect();
    groups.iter_mut().for_each(|members| members.sort_unstable());
    groups.sort_unstable();
    groups
}

/// The first tier of parts with at most `rows_max` rows together that is full: places of its parts.
pub(crate) fn full_tier_of(rows: &[usize], rows_max: usize) -> Option<Vec<usize>> {
    let candidates = rows.iter().map(|rows| Candidate { rows: *rows, unwritten: true });
    let nodes: Vec<Node> = candidates.enumerate().map(|(at, part)| node((at, &part))).collect();
    full_tier(&nodes, rows_max)
}

fn node((place, part): (usize, &Candidate)) -> Node {
    Node { members: vec![place], rows: part.rows, unwritten: part.unwritten }
}

fn tier(rows: usize) -> u32 {
    rows.max(1).ilog2() / 2
}

fn full_tier(nodes: &[Node], rows_max: usize) -> Option<Vec<usize>> {
    (0..=tier(rows_max)).find_map(|wanted| {
        let (mut chosen, mut rows) = (Vec::new(), 0);
        for (place, node) in nodes.iter().enumerate() {
            if tier(node.rows) == wanted && rows + node.rows <= rows_max {
                rows += node.rows;
                chosen.push(place);
            }
        }
        (chosen.len() >= TIER_PARTS).then_some(chosen)
    })
}

/// Makes one node of those at ascending places.
fn join(nodes: Vec<Node>, places: &[usize]) -> Vec<Node> {
    let mut joined = Node { members: Vec::new(), rows: 0, unwritten: false };
    let mut others = Vec::new();
    for (place, node) in nodes.into_iter().enumerate() {
        if places.binary_search(&place).is_ok() {
            joined.members.extend(node.members);
            joined.rows += node.rows;
            joined.unwritten |= node.unwritten;
        } else {
            others.push(node);
        }
    }
    others.push(joined);
    others
}

/// As few nodes as come from filling one after the other up to `rows_max`, smallest first.
fn packed(mut nodes: Vec<Node>, rows_max: usize) -> Vec<Node> {
    nodes.sort_by_key(|node| node.rows);
    let mut full: Vec<Node> = Vec::new();
    for node in nodes {
        match full.last_mut() {
            Some(last) if last.rows + node.rows <= rows_max => {
                last.rows += node.rows;
                last.unwritten |= node.unwritten;
                last.members.extend(node.members);
            }
            _ => full.push(node),
        }
    }
    full
}
