//! Templates: Liquid, compiled once and rendered for every user.
//!
//! What it is: Liquid 5 with its filters, the words of two other platforms that marketers bring
//! (`{{${first_name}}}`, `abort_message`, `connected_content`; `{{Profile.x}}`, `abort`), and
//! bounds on everything. What it is not: it reads no storage and asks no server; variables come
//! from a [`Scope`], answers of servers from the [`Context`], and what is missing of the latter is
//! returned as [`Stop::Needs`].
//!
//! Where the family of this language disagrees with itself, ours is as follows: an absent variable
//! is nothing and renders as nothing; whole numbers divide to whole numbers; a float without
//! fraction is written without `.0`; sizes count characters; `and` and `or` bind alike, from the
//! right; dividing by zero gives nothing; a backslash in a quoted text escapes the next character.

mod context;
mod escape;
mod expression;
pub(crate) mod filter;
mod lexer;
mod parse;
mod render;
mod stop;
mod tree;
mod unguarded;

use std::collections::BTreeSet;
use std::fmt;

use model::Text;

use crate::problem::Problem;

pub use context::{Context, Escaping, Limits, Scope, find_flat};
pub use parse::{NESTING_MAX, SOURCE_BYTES_MAX};
pub use stop::{Answer, CACHE_DEFAULT_S, Limit, REQUESTS_MAX, Request, Stop};

pub(crate) use escape::{escape_html, runs};
pub(crate) use filter::unescape;
pub(crate) use lexer::cut_spans;

/// A compiled template.
#[derive(Clone, Debug)]
pub struct Template {
    source: Box<str>,
    block: tree::Block,
    /// How many names the template mentions.
    names: usize,
    reads: BTreeSet<Read>,
}

/// A path that a template reads, with everything inside it: `profile.first_name`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Read(pub Vec<Text>);

impl fmt::Display for Read {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join("."))
    }
}

/// The names of all filters, for editors.
pub fn filter_names() -> impl Iterator<Item = &'static str> {
    filter::names()
}

/// The names of all tags, for editors.
pub fn tag_names() -> impl Iterator<Item = &'static str> {
    parse::TAGS.iter().copied()
}

impl Template {
    /// Compiles a template. Errors: everything that is wrong with it, by place. Cost: linear.
    pub fn parse(source: &str) -> Result<Template, Vec<Problem>> {
        let parsed = parse::parse(source);
        if !parsed.problems.is_empty() {
            return Err(parsed.problems);
        }
        Ok(Template {
            source: source.into(),
            block: parsed.block,
            names: parsed.names,
            reads: parsed.reads.into_iter().map(Read).collect(),
        })
    }

    /// The paths it may ask of a scope, sorted, under our names for them. A path stands for
    /// everything inside it; one with a computed part ends before that part.
    pub fn reads(&self) -> impl Iterator<Item = &Read> {
        self.reads.iter()
    }

    /// The text that was compiled.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// The paths that it puts out without a word for those who do not have them, and the byte offset
    /// of each in the source. A path has a fallback if `default` follows it, if a condition around it
    /// mentions it, or if a condition before it mentions it and stops the message.
    pub fn unguarded(&self) -> Vec<(Read, usize)> {
        unguarded::unguarded(&self.block)
    }

    /// Whether it is the same text for everybody.
    pub fn constant(&self) -> bool {
        self.block.iter().all(|node| matches!(node, tree::Node::Literal(_)))
    }

    /// Renders for one scope.
    pub fn render(&self, scope: &dyn Scope, context: &Context<'_>) -> Result<String, Stop> {
        let mut out = String::with_capacity(self.source.len() + self.source.len() / 8);
        self.render_into(scope, context, &mut out)?;
        Ok(out)
    }

    /// Renders for one scope at the end of `out`, which is as before if rendering stops. The bound
    /// on output counts what is added.
    pub fn render_into(
        &self,
        scope: &dyn Scope,
        context: &Context<'_>,
        out: &mut String,
    ) -> Result<(), Stop> {
        self.render_as(scope, context, context.escaping, out)
    }

    /// As [`Template::render_into`], in another form than the context says.
    pub(crate) fn render_as(
        &self,
        scope: &dyn Scope,
        context: &Context<'_>,
        escaping: Escaping,
        out: &mut String,
    ) -> Result<(), Stop> {
        let before = out.len();
        let result = render::render(self, scope, context, escaping, out);
        if result.is_err() {
            out.truncate(before);
        }
        result
    }
}

#[cfg(test)]
mod tests;
