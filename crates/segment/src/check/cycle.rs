//! Definitions that depend on themselves, through segments and lifecycle states.
//!
//! The state a user is in depends on every state of the lifecycle, so the lifecycle is one thing
//! that depends on all its states.

use std::collections::BTreeSet;

use model::Text;

use super::Subject;
use crate::problem::{Problem, code};
use crate::rules::Rules;
use crate::tree::Predicate;

/// Definitions that may stand one inside the other: every one is a level of the evaluation.
const REFERENCES_MAX: usize = 64;

/// What a definition can depend on.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Node {
    /// The definition that is checked and has no name.
    Root,
    Segment(Text),
    Lifecycle,
}

impl Node {
    fn name(&self) -> &str {
        match self {
            Node::Root => "this definition",
            Node::Segment(id) => id,
            Node::Lifecycle => "lifecycle",
        }
    }
}

/// One problem for each cycle that can be reached from the definition, with the path that closes
/// it, at the place in the definition where the path begins.
pub(super) fn cycles(subject: &Subject, predicate: &Predicate, rules: &Rules) -> Vec<Problem> {
    let start = match subject {
        Subject::Unnamed => Node::Root,
        Subject::Segment(id) => Node::Segment(id.clone()),
        Subject::State(_) => Node::Lifecycle,
    };
    let mut walk = Walk {
        subject,
        predicate,
        rules,
        trail: vec![start],
        done: BTreeSet::new(),
        problems: Vec::new(),
    };
    for (path, node) in references(predicate, String::new()) {
        let before = walk.problems.len();
        walk.visit(node);
        for problem in &mut walk.problems[before..] {
            problem.path = Some(path.clone());
        }
    }
    if let Subject::State(_) = subject {
        walk.go_on(&Node::Lifecycle);
    }
    walk.problems
}

struct Walk<'a> {
    subject: &'a Subject,
    predicate: &'a Predicate,
    rules: &'a Rules,
    /// From the start to the present node.
    trail: Vec<Node>,
    /// Nodes below which everything was visited.
    done: BTreeSet<Node>,
    problems: Vec<Problem>,
}

impl Walk<'_> {
    fn visit(&mut self, node: Node) {
        if let Some(at) = self.trail.iter().position(|earlier| *earlier == node) {
            return self.report(at, &node);
        }
        if self.done.contains(&node) {
            return;
        }
        if self.trail.len() > REFERENCES_MAX {
            let message = format!("more than {REFERENCES_MAX} definitions stand one in another");
            self.problems.push(Problem::error(code::TOO_LARGE, message).path(""));
            return;
        }
        self.trail.push(node.clone());
        self.go_on(&node);
        self.trail.pop();
        self.done.insert(node);
    }

    fn go_on(&mut self, node: &Node) {
        for next in self.dependencies(node) {
            self.visit(next);
        }
    }

    fn report(&mut self, at: usize, node: &Node) {
        let mut names: Vec<&str> = self.trail[at..].iter().map(Node::name).collect();
        names.push(node.name());
        let cycle = names.join(" → ");
        let problem =
            Problem::error(code::CYCLE, format!("a definition depends on itself: {cycle}"))
                .found(cycle)
                .hint("remove one of these references")
                .path("");
        if !self.problems.iter().any(|known| known.found == problem.found) {
            self.problems.push(problem);
        }
    }

    fn dependencies(&self, node: &Node) -> Vec<Node> {
        let of = |predicate: &Predicate| {
            references(predicate, String::new()).into_iter().map(|(_, node)| node)
        };
        match node {
            Node::Root => of(self.predicate).collect(),
            Node::Segment(id) if *self.subject == Subject::Segment(id.clone()) => {
                of(self.predicate).collect()
            }
            Node::Segment(id) => self.rules.segments.get(id).into_iter().flat_map(of).collect(),
            Node::Lifecycle => {
                let states = self.rules.lifecycle.states.iter();
                states
                    .flat_map(|state| match *self.subject == Subject::State(state.key.clone()) {
                        true => of(self.predicate).collect::<Vec<_>>(),
                        false => of(&state.predicate).collect(),
                    })
                    .collect()
            }
        }
    }
}

/// What a definition refers to, with the paths of the references.
fn references(predicate: &Predicate, path: String) -> Vec<(String, Node)> {
    let below = |part: &str| match path.is_empty() {
        true => part.to_owned(),
        false => format!("{path}.{part}"),
    };
    match predicate {
        Predicate::All(of) | Predicate::Any(of) => of
            .iter()
            .enumerate()
            .flat_map(|(i, part)| references(part, below(&format!("of[{i}]"))))
            .collect(),
        Predicate::Not(of) => references(of, below("of")),
        Predicate::Segment(id) => vec![(below("id"), Node::Segment(id.clone()))],
        Predicate::Lifecycle(_) => vec![(below("is"), Node::Lifecycle)],
        _ => Vec::new(),
    }
}
