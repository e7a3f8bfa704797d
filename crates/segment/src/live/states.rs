//! What a watch says, as bytes over the numbers of conditions: for tables that outlive a program.
//!
//! What it is: enough to tell in which place a user was by what a definition meant before it was
//! edited ([`Former`]). What it is not: it evaluates no condition.

use model::Text;

use super::codec::{Bytes, put};
use super::program::{Expression, bit};
use super::scratch::truths;

/// Definitions within definitions at most: what is written here is bounded by its own checks.
const DEPTH_MAX: usize = 10_000;

/// A watch that is watched no more as it was, and what it said over the numbers of some tables.
#[derive(Clone, Debug)]
pub struct Former {
    key: Text,
    states: Vec<Expression>,
}

impl Former {
    /// Of a key, from what [`super::Tables`] have of it; nothing if that cannot be read.
    pub(super) fn new(key: &Text, states: &[u8]) -> Option<Former> {
        Some(Former { key: key.clone(), states: read(states)? })
    }

    /// `segment/ID` or `lifecycle/KEY`.
    pub fn key(&self) -> &Text {
        &self.key
    }

    /// The place of a user, by bytes with the numbers of the tables.
    pub fn place(&self, bytes: &[u8]) -> u8 {
        let Some(bits) = truths(bytes).filter(|bits| bit(bits, 0)) else { return 0 };
        let state = self.states.iter().position(|state| state.holds(bits));
        state.map_or(0, |n| n as u8 + 1)
    }
}

pub(super) fn write(states: &[Expression]) -> Vec<u8> {
    let mut out = Vec::new();
    put(&mut out, states.len() as u64);
    states.iter().for_each(|state| write_one(state, &mut out));
    out
}

fn write_one(expression: &Expression, out: &mut Vec<u8>) {
    let mut several = |tag, of: &[Expression]| {
        put(out, tag);
        put(out, of.len() as u64);
        of.iter().for_each(|part| write_one(part, out));
    };
    match expression {
        Expression::All(of) => several(0, of),
        Expression::Any(of) => several(1, of),
        Expression::Not(of) => {
            put(out, 2);
            write_one(of, out);
        }
        Expression::Condition(n) => {
            put(out, 3);
            put(out, u64::from(*n));
        }
        Expression::Always(truth) => put(out, 4 + u64::from(*truth)),
    }
}

fn read(bytes: &[u8]) -> Option<Vec<Expression>> {
    let mut bytes = Bytes(bytes);
    let n = bytes.number()?;
    (0..n).map(|_| read_one(&mut bytes, 0)).collect()
}

fn read_one(bytes: &mut Bytes, depth: usize) -> Option<Expression> {
    if depth > DEPTH_MAX {
        return None;
    }
    let several = |bytes: &mut Bytes| -> Option<Vec<Expression>> {
        let n = bytes.number()?;
        (0..n).map(|_| read_one(bytes, depth + 1)).collect()
    };
    Some(match bytes.number()? {
        0 => Expression::All(several(bytes)?),
        1 => Expression::Any(several(bytes)?),
        2 => Expression::Not(Box::new(read_one(bytes, depth + 1)?)),
        3 => Expression::Condition(u32::try_from(bytes.number()?).ok()?),
        4 => Expression::Always(false),
        5 => Expression::Always(true),
        _ => return None,
    })
}
