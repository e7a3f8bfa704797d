//! Filters that look for elements of a list by a property.

use super::list::{grouped, items, property};
use super::{Arguments, Filter, Work, filter};
use crate::Value;
use crate::template::stop::Stop;
use crate::value::int;

pub(super) const FILTERS: &[Filter] = &[
    filter("where", (1, 2), |w, v, a| Ok(matching(w, &v, a, true)?.into())),
    filter("reject", (1, 2), |w, v, a| Ok(matching(w, &v, a, false)?.into())),
    filter("find", (1, 2), |w, v, a| Ok(position(w, &v, a)?.map_or(Value::Nil, |(_, item)| item))),
    filter("find_index", (1, 2), |w, v, a| {
        Ok(position(w, &v, a)?.map_or(Value::Nil, |(at, _)| int(at)))
    }),
    filter("has", (1, 2), |w, v, a| Ok(Value::Bool(position(w, &v, a)?.is_some()))),
    filter("group_by", (1, 1), |w, v, a| {
        let name = w.text(a.at(0))?;
        grouped(w, &v, &name)
    }),
];

/// Whether a property equals the second argument; without one, whether it is true.
fn matches(item: &Value, name: &str, arguments: &Arguments<'_>) -> bool {
    let value = property(item, name);
    match arguments.values.get(1) {
        Some(wanted) => value.same(wanted),
        None => value.truthy(),
    }
}

fn matching(
    work: &mut Work<'_>,
    input: &Value,
    arguments: &Arguments<'_>,
    wanted: bool,
) -> Result<Vec<Value>, Stop> {
    let name = work.text(arguments.at(0))?;
    let list = items(work, input)?;
    Ok(list.iter().filter(|item| matches(item, &name, arguments) == wanted).cloned().collect())
}

fn position(
    work: &mut Work<'_>,
    input: &Value,
    arguments: &Arguments<'_>,
) -> Result<Option<(usize, Value)>, Stop> {
    let name = work.text(arguments.at(0))?;
    let list = items(work, input)?;
    let found = list.iter().position(|item| matches(item, &name, arguments));
    Ok(found.map(|at| (at, list[at].clone())))
}
