//! Groups (companies, teams): what is said of one belongs to a profile of its own, not to whoever
//! says it.

use model::{Text, Who};

use crate::{Problem, validate};

/// The profile of a group. Its user id is `group:KIND:ID`, as in `group:company:acme`.
pub(crate) fn profile(kind: &str, id: &str) -> Result<Who, Problem> {
    let written = format!("group:{kind}:{id}");
    let user_id: Option<Text> = validate::id("the id of the group", &written)?;
    Ok(Who::of(user_id, None))
}
