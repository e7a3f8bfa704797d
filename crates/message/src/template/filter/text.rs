//! Filters of texts.

use model::Text;

use super::{Arguments, Filter, Work, filter, like};
use crate::Value;
use crate::template::escape::escape;
use crate::template::stop::Stop;
use crate::value::{Number, int};

pub(super) const FILTERS: &[Filter] = &[
    filter("append", (1, 1), |w, v, a| join(w, &v, a.at(0), false)),
    filter("prepend", (1, 1), |w, v, a| join(w, &v, a.at(0), true)),
    filter("upcase", (0, 0), |w, v, _| Ok(text(w.context.locale.upper(&w.text(&v)?)))),
    filter("downcase", (0, 0), |w, v, _| Ok(text(w.context.locale.lower(&w.text(&v)?)))),
    filter("capitalize", (0, 0), capitalize),
    filter("strip", (0, 0), |w, v, _| Ok(like(&v, w.text(&v)?.trim()))),
    filter("lstrip", (0, 0), |w, v, _| Ok(like(&v, w.text(&v)?.trim_start()))),
    filter("rstrip", (0, 0), |w, v, _| Ok(like(&v, w.text(&v)?.trim_end()))),
    filter("strip_newlines", (0, 0), |w, v, _| {
        Ok(like(&v, w.text(&v)?.replace("\r\n", "").replace('\n', "")))
    }),
    filter("normalize_whitespace", (0, 0), |w, v, _| {
        let spaced = w.text(&v)?.split_whitespace().collect::<Vec<_>>().join(" ");
        Ok(text(spaced))
    }),
    filter("replace", (1, 2), |w, v, a| replace(w, &v, a.at(0), a.at(1), usize::MAX)),
    filter("replace_first", (1, 2), |w, v, a| replace(w, &v, a.at(0), a.at(1), 1)),
    filter("replace_last", (1, 2), |w, v, a| replace_last(w, &v, a.at(0), a.at(1))),
    filter("remove", (1, 1), |w, v, a| replace(w, &v, a.at(0), &Value::Nil, usize::MAX)),
    filter("remove_first", (1, 1), |w, v, a| replace(w, &v, a.at(0), &Value::Nil, 1)),
    filter("remove_last", (1, 1), |w, v, a| replace_last(w, &v, a.at(0), &Value::Nil)),
    filter("size", (0, 0), |_, v, _| Ok(size(&v))),
    filter("split", (1, 1), split),
    filter("slice", (1, 2), slice),
    filter("truncate", (0, 2), truncate),
    filter("truncatewords", (0, 2), truncate_words),
    filter("number_of_words", (0, 1), |w, v, _| Ok(int(w.text(&v)?.split_whitespace().count()))),
    filter("handleize", (0, 0), |w, v, _| Ok(text(slug(&w.text(&v)?)))),
    filter("pluralize", (2, 2), |_, v, a| {
        let one = Number::of(&v).as_f64() == 1.0;
        Ok(a.at(usize::from(!one)).clone())
    }),
    filter("slugify", (0, 1), |w, v, _| Ok(text(slug(&w.text(&v)?)))),
    filter("default", (0, 1), default),
];

fn text(text: impl Into<Text>) -> Value {
    Value::Text(text.into())
}

/// Two texts one after the other. If one of them is in the form of the output, the other is brought
/// into it.
fn join(
    work: &mut Work<'_>,
    input: &Value,
    other: &Value,
    other_first: bool,
) -> Result<Value, Stop> {
    let (left, right) = if other_first { (other, input) } else { (input, other) };
    let finished = matches!(left, Value::Markup(_)) || matches!(right, Value::Markup(_));
    let mut out = String::new();
    for value in [left, right] {
        let part = work.text(value)?;
        match value {
            Value::Markup(_) => out.push_str(&part),
            _ if finished => escape(&part, work.escaping, false, &mut out),
            _ => out.push_str(&part),
        }
    }
    Ok(if finished { Value::Markup(out.into()) } else { text(out) })
}

fn capitalize(work: &mut Work<'_>, input: Value, _: &Arguments<'_>) -> Result<Value, Stop> {
    let whole = work.text(&input)?;
    let first = whole.chars().next().map_or(0, char::len_utf8);
    let locale = &work.context.locale;
    Ok(text(format!("{}{}", locale.upper(&whole[..first]), locale.lower(&whole[first..]))))
}

fn replace(
    work: &mut Work<'_>,
    input: &Value,
    from: &Value,
    to: &Value,
    times: usize,
) -> Result<Value, Stop> {
    let whole = work.text(input)?;
    let (from, to) = (work.text(from)?, work.text(to)?);
    if from.is_empty() {
        return Ok(input.clone());
    }
    let mut out = String::new();
    let mut rest = 0;
    for (at, found) in whole.match_indices(&*from).take(times) {
        out.push_str(&whole[rest..at]);
        out.push_str(&to);
        rest = at + found.len();
        work.fits(out.len())?;
    }
    out.push_str(&whole[rest..]);
    Ok(text(out))
}

fn replace_last(
    work: &mut Work<'_>,
    input: &Value,
    from: &Value,
    to: &Value,
) -> Result<Value, Stop> {
    let whole = work.text(input)?;
    let (from, to) = (work.text(from)?, work.text(to)?);
    match whole.rfind(&*from) {
        Some(at) if !from.is_empty() => {
            Ok(text(format!("{}{to}{}", &whole[..at], &whole[at + from.len()..])))
        }
        _ => Ok(input.clone()),
    }
}

/// Characters of a text, elements of a list, entries of a map; everything else has none.
fn size(value: &Value) -> Value {
    match value {
        Value::Text(_) | Value::Markup(_) | Value::List(_) => value.child("size"),
        Value::Map(map) => int(map.entries().len()),
        _ => int(0),
    }
}

/// Splits a text; empty texts at the end are dropped, and a single blank splits at all whitespace.
fn split(work: &mut Work<'_>, input: Value, arguments: &Arguments<'_>) -> Result<Value, Stop> {
    let whole = work.text(&input)?;
    let by = work.text(arguments.at(0))?;
    let mut parts: Vec<Value> = Vec::new();
    let mut push = |part: &str| parts.push(Value::text(part));
    match &*by {
        "" => {
            let mut buffer = [0; 4];
            whole.chars().for_each(|c| push(c.encode_utf8(&mut buffer)));
        }
        " " => whole.split_whitespace().for_each(push),
        by => whole.split(by).for_each(push),
    }
    while parts.last().is_some_and(Value::empty) {
        parts.pop();
    }
    Ok(Value::list(parts))
}

/// A part of a text or list, from an index (from the end if negative), of a length (1 if not
/// written).
fn slice(work: &mut Work<'_>, input: Value, arguments: &Arguments<'_>) -> Result<Value, Stop> {
    let length = match arguments.at(1) {
        Value::Nil => 1,
        length => usize::try_from(Number::of(length).as_i64()).unwrap_or(0),
    };
    let offset = Number::of(arguments.at(0)).as_i64();
    let from = |n: usize| {
        let n = i64::try_from(n).unwrap_or(i64::MAX);
        let at = if offset < 0 { n.saturating_add(offset) } else { offset };
        usize::try_from(at).ok().filter(|_| at <= n)
    };
    if let Value::List(items) = &input {
        let part = from(items.len()).map(|at| items.iter().skip(at).take(length).cloned());
        return Ok(Value::list(part.map(Iterator::collect).unwrap_or_default()));
    }
    let whole = work.text(&input)?;
    let part = from(whole.chars().count()).map(|at| whole.chars().skip(at).take(length));
    Ok(text(part.map(Iterator::collect::<Text>).unwrap_or_default()))
}

/// At most so many characters (50 if not written), with the sign for what was cut among them.
fn truncate(work: &mut Work<'_>, input: Value, arguments: &Arguments<'_>) -> Result<Value, Stop> {
    let most = match arguments.at(0) {
        Value::Nil => 50,
        most => usize::try_from(Number::of(most).as_i64()).unwrap_or(0),
    };
    let whole = work.text(&input)?;
    if whole.chars().count() <= most {
        return Ok(text(&*whole));
    }
    let sign = ellipsis(work, arguments)?;
    let kept = most.saturating_sub(sign.chars().count());
    let mut out: String = whole.chars().take(kept).collect();
    out.push_str(&sign);
    Ok(text(out))
}

/// At most so many words (15 if not written, at least 1).
fn truncate_words(
    work: &mut Work<'_>,
    input: Value,
    arguments: &Arguments<'_>,
) -> Result<Value, Stop> {
    let most = match arguments.at(0) {
        Value::Nil => 15,
        most => usize::try_from(Number::of(most).as_i64()).unwrap_or(0).max(1),
    };
    let whole = work.text(&input)?;
    let mut words = whole.split_whitespace();
    let mut out = words.by_ref().take(most).collect::<Vec<_>>().join(" ");
    if words.next().is_none() {
        return Ok(text(&*whole));
    }
    out.push_str(&ellipsis(work, arguments)?);
    Ok(text(out))
}

fn ellipsis(work: &mut Work<'_>, arguments: &Arguments<'_>) -> Result<String, Stop> {
    match arguments.values.get(1) {
        Some(sign) => Ok(work.text(sign)?.into_owned()),
        None => Ok("...".to_owned()),
    }
}

/// Letters and digits in lower case, everything between them as one hyphen.
fn slug(whole: &str) -> String {
    let lower = whole.to_lowercase();
    let words = lower.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join("-")
}

/// The argument in place of nothing, `false` and what is empty. `allow_false: true` keeps `false`.
fn default(_: &mut Work<'_>, input: Value, arguments: &Arguments<'_>) -> Result<Value, Stop> {
    let keeps_false = arguments.named("allow_false").is_some_and(Value::truthy);
    let absent = match &input {
        Value::Nil => true,
        Value::Bool(false) => !keeps_false,
        value => value.empty(),
    };
    Ok(if absent { arguments.at(0).clone() } else { input })
}
