//! Messages one by one: the latest decisions that match a wish, and every row for who keeps a state of them.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use model::outreach::{CAMPAIGN, CHANNEL, HELD_OUT, MESSAGE, QUEUED, WITHHELD};
use model::{Text, Timestamp, UserIndex, Value};
use segment::tree::{Op, Test, Where};

use super::{of, own, text};
use crate::evaluate::{Evaluator, QueryError};

/// Which messages are wished for. Nothing is any.
#[derive(Clone, Copy, Debug, Default)]
pub struct Wish<'a> {
    /// Of this campaign.
    pub campaign: Option<&'a str>,
    /// On this channel.
    pub channel: Option<&'a str>,
    /// Of these names of decisions; nothing: all three.
    pub decisions: &'a [&'a str],
    /// Before this place in the list of all decisions.
    pub before: Option<Place<'a>>,
}

/// A place in the list of decisions, which is in order of time, and of one instant by message. The empty
/// message stands before all others of its instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place<'a> {
    /// The instant.
    pub at: Timestamp,
    /// The message.
    pub message: &'a str,
}

/// A message, by its decision.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Decided {
    /// When.
    pub at: Timestamp,
    /// The message.
    pub message: Text,
    /// To whom.
    pub user: UserIndex,
}

/// The latest decided messages, newest first. Cost: one pass over the decisions; memory for `most`.
pub fn decided(evaluator: &Evaluator, wish: Wish, most: usize) -> Result<Vec<Decided>, QueryError> {
    let names = match wish.decisions {
        [] => &[HELD_OUT, WITHHELD, QUEUED][..],
        names => names,
    };
    let mut matching = of(names, wish.campaign);
    if let Some(channel) = wish.channel {
        let property = Text::const_new(CHANNEL);
        let test = Test::of(Op::Eq(Value::text(channel)));
        let filters = vec![matching.filter, Where::Property { property, test }];
        matching.filter = Where::All(filters);
    }
    let until = wish.before.map_or(evaluator.at, |place| place.at.min(evaluator.at));
    let source = evaluator.source(&matching, (Timestamp::MIN, until), &[MESSAGE])?;
    let mut latest: BinaryHeap<Reverse<Decided>> = BinaryHeap::new();
    source.each(0..evaluator.snapshot.n_places() as u32, |hit| {
        let at = Timestamp(hit.time);
        if latest.len() >= most && latest.peek().is_some_and(|oldest| at < oldest.0.at) {
            return;
        }
        let message = text(hit.value(0));
        let place = Place { at, message: message.as_str() };
        if wish.before.is_some_and(|before| place >= before) {
            return;
        }
        latest.push(Reverse(Decided { at, message, user: UserIndex(hit.user) }));
        if latest.len() > most {
            latest.pop();
        }
    });
    Ok(latest.into_sorted_vec().into_iter().map(|Reverse(decided)| decided).collect())
}

/// What [`scan`] calls with the user, the time, the name and the properties of an event.
pub type Visit<'a> = dyn FnMut(UserIndex, Timestamp, &'static str, &[Option<Value>]) + 'a;

/// Calls `visit` for every event of some names of messages or journeys since an instant, with the user, the time, the name
/// and some properties (always first: message, campaign). In no overall order of time.
pub fn scan(
    evaluator: &Evaluator,
    names: &[&str],
    since: Timestamp,
    properties: &[&str],
    visit: &mut Visit<'_>,
) -> Result<(), QueryError> {
    let wanted: Vec<&str> = [MESSAGE, CAMPAIGN].iter().chain(properties).copied().collect();
    let source = evaluator.source(&of(names, None), (since, evaluator.at), &wanted)?;
    let own: Vec<&'static str> = source.parts().iter().map(|part| own(evaluator, part)).collect();
    let mut values = Vec::with_capacity(wanted.len());
    source.each_run(&(0..evaluator.snapshot.n_places() as u32), |part, user, rows| {
        for row in rows {
            values.clear();
            values.extend((0..wanted.len()).map(|property| part.value(property, row)));
            let (user, time) = (UserIndex(user), Timestamp(part.time(row)));
            visit(user, time, own[part.index() as usize], &values);
        }
    });
    Ok(())
}
