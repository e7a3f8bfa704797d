//! People who come into a journey because a request names them.

use std::collections::BTreeSet;

use wire::api::{EnterInput, Entered, JourneyStatus, Trigger};

use super::super::Service;
use super::super::campaigns::random_id;
use super::{read_version, status};
use crate::failure::Failure;

/// People of one request at most.
const USERS_MAX: usize = 10_000;

impl Service {
    /// Lets people into a journey; what became of it is durable when this returns.
    pub fn enter_journey(&self, id: &str, input: &EnterInput) -> Result<Entered, Failure> {
        let saved = self.saved_journey(id)?;
        let published = self.workspace.config().published_journey(id)?;
        let by_request = published
            .map(|version| read_version(&version))
            .transpose()?
            .is_some_and(|of| matches!(of.entry, Trigger::Api));
        if !by_request || status(&saved.status) != JourneyStatus::Running {
            let message = format!("nobody comes into the journey \"{id}\" by requests now");
            return Err(Failure::new(409, "journey.not_by_request", message)
                .hint("its entry must be {\"kind\": \"api\"}, and it must be running"));
        }
        if input.users.len() > USERS_MAX {
            let message = format!("there are more than {USERS_MAX} users");
            return Err(
                Failure::unprocessable("journey.users", message).hint("send several requests")
            );
        }
        let request = match &input.request {
            Some(request) => request.clone(),
            None => random_id("")?,
        };
        let (mut users, mut unknown) = (Vec::new(), Vec::new());
        for name in input.users.iter().collect::<BTreeSet<_>>() {
            match self.workspace.identity(name)? {
                Some((user, _)) => users.push(user),
                None => unknown.push(name.clone()),
            }
        }
        let cause = format!("request/{request}");
        let done = self.workspace.enter(id.into(), cause, users)?;
        let (entered, held_out, refused) = (done.entered, done.held_out, done.refused);
        Ok(Entered { entered, held_out, refused, unknown })
    }
}
