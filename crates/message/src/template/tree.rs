//! The compiled form of a template.
//!
//! Invariant: literals are ranges of the source, so that rendering copies them and allocates
//! nothing; names are symbols, so that looking up a variable of the template is one index.

use std::ops::Range;

use model::Text;

use super::filter::Filter;
use crate::Value;

/// A sequence of operations.
pub(super) type Block = Box<[Node]>;

/// A name that the template mentions, as an index into the template's names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Symbol(pub u32);

/// One operation.
#[derive(Clone, Debug)]
pub(super) enum Node {
    /// Copies a part of the source.
    Literal(Range<usize>),
    /// Puts out a value.
    Output(Output),
    /// The first branch whose condition holds.
    If(Box<[(Condition, Block)]>),
    /// All branches that have an equal value; the last block if there is none.
    Case(Box<Case>),
    /// A loop.
    For(Box<For>),
    /// A loop that writes rows of a table.
    TableRow(Box<For>),
    /// Leaves the loop.
    Break,
    /// Goes on with the next round of the loop.
    Continue,
    /// Names a value.
    Assign(Symbol, Box<Chain>),
    /// Names what its block renders.
    Capture(Symbol, Block),
    /// Puts out a counter, then adds one.
    Increment(Symbol),
    /// Subtracts one from a counter, then puts it out.
    Decrement(Symbol),
    /// Puts out one value after the other.
    Cycle(Box<Cycle>),
    /// The message is not sent, for the reason that the block renders.
    Abort(Block),
    /// Content of another server.
    Linked(Box<Linked>),
}

/// A value that is put out.
#[derive(Clone, Debug)]
pub(super) struct Output {
    pub chain: Chain,
    /// It stands where an address begins (`href="{{ … }}`): under HTML, an address that would run
    /// as a program is replaced.
    pub address: bool,
    /// It stands right behind `=`, where HTML may have no quotes around it.
    pub bare: bool,
    /// Where it stands in the source.
    pub place: usize,
}

/// A condition.
#[derive(Clone, Debug)]
pub(super) enum Condition {
    /// Holds always: the last branch.
    Always,
    /// Whether the value is true.
    If(Chain),
    /// Whether the value is not true.
    Unless(Chain),
}

/// An expression and the filters it goes through.
#[derive(Clone, Debug)]
pub(super) struct Chain {
    pub start: Expression,
    pub filters: Box<[Call]>,
}

/// A filter and its arguments.
#[derive(Clone, Debug)]
pub(super) struct Call {
    pub filter: &'static Filter,
    pub values: Box<[Expression]>,
    pub named: Box<[(Text, Expression)]>,
}

/// What has a value.
#[derive(Clone, Debug)]
pub(super) enum Expression {
    /// Written as it is.
    Literal(Value),
    /// `empty`: equals what has no content.
    Empty,
    /// `blank`: equals what has no visible content.
    Blank,
    /// A variable.
    Path(Box<Path>),
    /// Whole numbers from the first to the second, both included.
    Range(Box<(Expression, Expression)>),
    /// Two values compared.
    Compare(Box<(Expression, Operator, Expression)>),
    /// Both; the second is looked at only if the first holds.
    And(Box<(Expression, Expression)>),
    /// One of them; the second is looked at only if the first does not hold.
    Or(Box<(Expression, Expression)>),
    /// The opposite.
    Not(Box<Expression>),
}

/// How two values are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operator {
    Equal,
    Unequal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Contains,
}

/// A variable and what is inside it.
#[derive(Clone, Debug)]
pub(super) struct Path {
    /// The name as the template writes it, for variables of the template.
    pub symbol: Symbol,
    /// The name that the scope knows it by.
    pub head: Text,
    pub keys: Box<[Key]>,
    /// Whether all keys are names.
    pub plain: bool,
    /// Whether it is certainly a variable of the template.
    pub local: bool,
}

/// One step inside a value.
#[derive(Clone, Debug)]
pub(super) enum Key {
    Name(Text),
    Index(Expression),
}

/// `case`.
#[derive(Clone, Debug)]
pub(super) struct Case {
    pub subject: Chain,
    pub branches: Box<[(Box<[Expression]>, Block)]>,
    pub otherwise: Option<Block>,
}

/// `for` and `tablerow`.
#[derive(Clone, Debug)]
pub(super) struct For {
    pub variable: Symbol,
    /// Variable and list as they are written: what `offset: continue` goes by.
    pub name: Text,
    pub list: Expression,
    pub limit: Option<Expression>,
    pub offset: Offset,
    pub reversed: bool,
    pub columns: Option<Expression>,
    pub body: Block,
    pub otherwise: Option<Block>,
}

/// Where a loop begins.
#[derive(Clone, Debug)]
pub(super) enum Offset {
    Start,
    At(Expression),
    /// Where the last loop over the same list ended.
    Continue,
}

/// `cycle`.
#[derive(Clone, Debug)]
pub(super) struct Cycle {
    pub group: Option<Expression>,
    /// The values as they are written: cycles with equal ones go on together.
    pub name: Text,
    pub values: Box<[Chain]>,
}

/// `connected_content`.
#[derive(Clone, Debug)]
pub(super) struct Linked {
    pub url: Block,
    pub method: Option<Block>,
    pub headers: Box<[(Block, Block)]>,
    pub body: Option<Block>,
    pub content_type: Option<Block>,
    pub credentials: Option<Block>,
    pub save: Option<Symbol>,
    pub cache_s: Option<u32>,
    pub retry: bool,
}
