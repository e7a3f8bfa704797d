//! Filters that make lists of lists, or one value of a list.
//!
//! A value that is no list counts as a list of itself; nothing as an empty list.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::HashSet;
use std::sync::Arc;

use super::{Arguments, Filter, Work, filter};
use crate::Value;
use crate::template::stop::Stop;
use crate::value::{DEPTH_MAX, Number, int, write_json};

pub(super) const FILTERS: &[Filter] = &[
    filter("first", (0, 0), |_, v, _| Ok(end(&v, "first"))),
    filter("last", (0, 0), |_, v, _| Ok(end(&v, "last"))),
    filter("join", (0, 1), join),
    filter("reverse", (0, 0), |w, v, _| {
        let items = items(w, &v)?;
        Ok(items.iter().rev().cloned().collect::<Vec<_>>().into())
    }),
    filter("sort", (0, 1), |w, v, a| sort(w, &v, a.at(0), false)),
    filter("sort_natural", (0, 1), |w, v, a| sort(w, &v, a.at(0), true)),
    filter("map", (1, 1), |w, v, a| {
        let name = w.text(a.at(0))?;
        let items = items(w, &v)?;
        Ok(items.iter().map(|item| property(item, &name)).collect::<Vec<_>>().into())
    }),
    filter("sum", (0, 1), sum),
    filter("uniq", (0, 1), uniq),
    filter("compact", (0, 1), compact),
    filter("concat", (1, 1), |w, v, a| {
        let mut all = items(w, &v)?.to_vec();
        all.extend_from_slice(&items(w, a.at(0))?);
        Ok(all.into())
    }),
    filter("push", (1, 1), |w, v, a| {
        let mut all = items(w, &v)?.to_vec();
        all.push(a.at(0).clone());
        Ok(all.into())
    }),
    filter("unshift", (1, 1), |w, v, a| {
        let mut all = items(w, &v)?.to_vec();
        all.insert(0, a.at(0).clone());
        Ok(all.into())
    }),
    filter("pop", (0, 0), |w, v, _| {
        let mut all = items(w, &v)?.to_vec();
        all.pop();
        Ok(all.into())
    }),
    filter("shift", (0, 0), |w, v, _| {
        Ok(items(w, &v)?.iter().skip(1).cloned().collect::<Vec<_>>().into())
    }),
    filter("array_to_sentence_string", (0, 1), sentence),
    filter("property_accessor", (1, 1), |w, v, a| Ok(property(&v, &w.text(a.at(0))?))),
];

/// The elements of a value; each costs a step.
pub(super) fn items(work: &mut Work<'_>, value: &Value) -> Result<Arc<[Value]>, Stop> {
    let items: Arc<[Value]> = match value {
        Value::List(items) => items.clone(),
        Value::Nil => [].into(),
        other => [other.clone()].into(),
    };
    work.budget.steps(items.len())?;
    Ok(items)
}

/// Steps of a path in the name of a property; it is walked for every element.
const PATH_MAX: usize = 16;

/// What is inside an element under a name, or under several with dots between.
pub(super) fn property(item: &Value, name: &str) -> Value {
    match item {
        Value::Map(map) if map.get(name).is_none() && name.contains('.') => {
            let names = name.split('.').take(PATH_MAX);
            names.fold(item.clone(), |value, name| value.child(name))
        }
        item => item.child(name),
    }
}

/// The value that an element counts for: itself, or what a property of it is.
fn keyed<'v>(item: &'v Value, name: &str) -> Cow<'v, Value> {
    if name.is_empty() { Cow::Borrowed(item) } else { Cow::Owned(property(item, name)) }
}

fn end(value: &Value, which: &str) -> Value {
    match value {
        Value::List(_) | Value::Map(_) => value.child(which),
        Value::Text(text) | Value::Markup(text) => {
            let c = if which == "first" { text.chars().next() } else { text.chars().next_back() };
            c.map_or(Value::text(""), |c| Value::text(c.encode_utf8(&mut [0; 4])))
        }
        _ => Value::Nil,
    }
}

fn join(work: &mut Work<'_>, input: Value, arguments: &Arguments<'_>) -> Result<Value, Stop> {
    let by = match arguments.values.first() {
        Some(by) => work.text(by)?.into_owned(),
        None => " ".to_owned(),
    };
    let mut out = String::new();
    for (i, item) in items(work, &input)?.iter().enumerate() {
        if i > 0 {
            out.push_str(&by);
        }
        let text = work.item_text(item);
        out.push_str(&text);
        work.fits(out.len())?;
    }
    Ok(Value::Text(out.into()))
}

/// Words with commas between, and a word before the last (`and` if not written).
fn sentence(work: &mut Work<'_>, input: Value, arguments: &Arguments<'_>) -> Result<Value, Stop> {
    let word = match arguments.values.first() {
        Some(word) => work.text(word)?.into_owned(),
        None => "and".to_owned(),
    };
    let list = items(work, &input)?;
    let mut out = String::new();
    for (i, item) in list.iter().enumerate() {
        let before = match i {
            0 => String::new(),
            1 if list.len() == 2 => format!(" {word} "),
            i if i + 1 == list.len() => format!(", {word} "),
            _ => ", ".to_owned(),
        };
        out.push_str(&before);
        let text = work.item_text(item);
        out.push_str(&text);
        work.fits(out.len())?;
    }
    Ok(Value::Text(out.into()))
}

/// Numbers before texts before instants before everything else; nothing comes last. Total, so that
/// sorting never depends on where an element stood.
pub(super) fn total_order(a: &Value, b: &Value) -> Ordering {
    rank(a).cmp(&rank(b)).then_with(|| match (a, b) {
        (Value::Int(_) | Value::Float(_), _) => {
            let (x, y) = (Number::of(a), Number::of(b));
            let whole = |n: Number| if let Number::Int(n) = n { n } else { 0 };
            let by_size = x.as_f64().total_cmp(&y.as_f64());
            by_size.then_with(|| whole(x).cmp(&whole(y)))
        }
        (Value::Bool(a), Value::Bool(b)) => a.cmp(b),
        (Value::Time(a) | Value::Zoned(a, _), Value::Time(b) | Value::Zoned(b, _)) => a.cmp(b),
        _ => a.as_text().cmp(&b.as_text()),
    })
}

fn rank(value: &Value) -> u8 {
    match value {
        Value::Int(_) | Value::Float(_) => 0,
        Value::Text(_) | Value::Markup(_) => 1,
        Value::Time(_) | Value::Zoned(..) => 2,
        Value::Bool(_) => 3,
        Value::List(_) => 4,
        Value::Map(_) => 5,
        Value::Nil => 6,
    }
}

fn sort(work: &mut Work<'_>, input: &Value, name: &Value, natural: bool) -> Result<Value, Stop> {
    let name = work.text(name)?;
    let list = items(work, input)?;
    // Comparing costs more than passing by: about the logarithm of the length.
    work.budget.steps(list.len().saturating_mul(list.len().max(1).ilog2() as usize))?;
    let mut keyed: Vec<(Value, &Value)> = list
        .iter()
        .map(|item| {
            let key = keyed(item, &name).into_owned();
            if natural && !key.is_nil() {
                let text = work.item_text(&key).to_lowercase();
                return (Value::Text(text.into()), item);
            }
            (key, item)
        })
        .collect();
    keyed.sort_by(|a, b| total_order(&a.0, &b.0));
    Ok(keyed.into_iter().map(|(_, item)| item.clone()).collect::<Vec<_>>().into())
}

fn sum(work: &mut Work<'_>, input: Value, arguments: &Arguments<'_>) -> Result<Value, Stop> {
    let name = work.text(arguments.at(0))?;
    let mut total = Value::Int(0);
    for item in &*items(work, &input)? {
        let number = Number::of(&keyed(item, &name));
        total = Number::of(&total).with(number, i64::checked_add, |a, b| a + b);
    }
    Ok(total)
}

fn uniq(work: &mut Work<'_>, input: Value, arguments: &Arguments<'_>) -> Result<Value, Stop> {
    let name = work.text(arguments.at(0))?;
    let mut seen = HashSet::new();
    let mut kept = Vec::new();
    for item in &*items(work, &input)? {
        let mut key = String::new();
        write_json(&keyed(item, &name), &mut key, work.budget.work_left(), DEPTH_MAX);
        work.budget.work(key.len())?;
        if seen.insert(key) {
            kept.push(item.clone());
        }
    }
    Ok(kept.into())
}

fn compact(work: &mut Work<'_>, input: Value, arguments: &Arguments<'_>) -> Result<Value, Stop> {
    let name = work.text(arguments.at(0))?;
    let list = items(work, &input)?;
    let kept = list.iter().filter(|item| !keyed(item, &name).is_nil());
    Ok(kept.cloned().collect::<Vec<_>>().into())
}

/// A list of maps with `name` and `items`, in order of first sight.
pub(super) fn grouped(work: &mut Work<'_>, input: &Value, name: &str) -> Result<Value, Stop> {
    let mut places = std::collections::HashMap::new();
    let mut groups: Vec<(Value, Vec<Value>)> = Vec::new();
    for item in &*items(work, input)? {
        let value = property(item, name);
        let mut key = String::new();
        write_json(&value, &mut key, work.budget.work_left(), DEPTH_MAX);
        work.budget.work(key.len())?;
        let at = *places.entry(key).or_insert(groups.len());
        match groups.get_mut(at) {
            Some((_, members)) => members.push(item.clone()),
            None => groups.push((value, vec![item.clone()])),
        }
    }
    let group = |(name, members): (Value, Vec<Value>)| {
        let size = int(members.len());
        Value::map([("name", name), ("items", members.into()), ("size", size)])
    };
    Ok(groups.into_iter().map(group).collect::<Vec<_>>().into())
}
